-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local sent, why = nf.send{ "\x45", p:raw(1, 19):get(), dev = "eth0" }
  nf.create_packet(p:raw(0, 20):get())
  nf.create_packet(nil, p)
  nf.send("\x45")
  nf.send()
  if not sent then nf.log("notice", why) end
  return nf.sent and NF_DROP or NF_ACCEPT
end
