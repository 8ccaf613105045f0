-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Sends the packet, and parts of it, as they are: well formed or not.
function process_packet(p)
  local b = p:raw(0, #p):get()
  for at = 0, 60, 2 do
    local part = b:slice(at)
    if part then
      print(at, pcall(nf.create_packet, nil, part))
      print(at, pcall(nf.send, { part:slice(0, 4) or "", part:slice(4) or "", segment = 1 + at }))
      print(at, pcall(nf.send, { part, link = b:slice(0, 14 + at) or "", dev = "eth0" }))
    end
  end
  for _, text in ipairs{ "\x45", "\x46", "\x60" } do
    print(pcall(nf.send, { text, b:slice(1) or "" }), pcall(nf.send, { text, b, segment = 8 }))
  end
  return NF_ACCEPT
end
