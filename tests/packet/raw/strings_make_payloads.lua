-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What string functions make of a payload is written back into it.
-- in: eth / ip / udp / text get /index.html
-- in: eth / ip / tcp / text get /index.html
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local transport = ip:data(packet_udp) or ip:data(packet_tcp)
  local data = transport:data()
  local text = data:get():string():upper():reverse():gsub("/", "\\")
  for i = 1, #text do data:get()[i - 1] = text:byte(i) end
  local size, kind = string.unpack(">I2I1", text)
  ip.id = size
  assert(string.format("%04x %s %q", size, "a", "b\n") == string.format("%04x", size) .. " a \"b\\\n\"" and kind == 84)
  transport:check():set()
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip id=19533 / udp / text LMTH.XEDNI\ / hex 20544547
-- out 2: eth / ip id=19533 / tcp / text LMTH.XEDNI\ / hex 20544547
