-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- All bytes of a packet larger than a page are written, whatever pages it lies in.
-- link: raw
-- in: ip / tcp / fill 8940 0x55
function process_packet(p)
  local ip = p:data(packet_ip)
  local tcp = ip:data(packet_tcp)
  local data = tcp:data()
  data:set(0x01)
  for i = 0, #data - 1, 1000 do data:get()[i] = i // 1000 end
  tcp:check():set()
  ip.daddr = "192.0.2.1"
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: ip daddr=192.0.2.1 / tcp / hex 00 / fill 1999 0x01 / hex 02 / fill 999 0x01 / hex 03 / fill 999 0x01
--   / hex 04 / fill 999 0x01 / hex 05 / fill 999 0x01 / hex 06 / fill 999 0x01 / hex 07 / fill 999 0x01
--   / hex 08 / fill 939 0x01
