-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- (tcpdump takes a route that is used up, in the fourth, for one that goes on.)
-- While a source route goes on, the pseudo header has the destination it ends at, whatever daddr says.
-- wrong checksums: 1
-- in: eth / ip options=830704c000020900 final=192.0.2.9 / udp / text abc
-- in: eth / ip options=01890b04c0000209cb007101 final=203.0.113.1 / tcp / text abc
-- in: eth / ip options=890b08c0000209cb00710101 final=203.0.113.1 / udplite length=9 / text abc
-- in: eth / ip options=830708c000020900 / udp / text abc
-- in: eth / ip options=830703c000020900 final=192.0.2.9 / udp check=0 / text abc
-- in: eth / ip options=00830704c0000209 / udp / text abc
-- in: eth / ip options=448304c000020900 / udp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  ip:daddr():set("2.1.1.1")
  ip.saddr = "10.9.8.7"
  local transport = ip:data(packet_udp) or ip:data(packet_tcp) or ip:data(packet_udplite)
  local was = transport.check
  transport:check():set()
  if was ~= 0 and was ~= transport.check then error(was .. " " .. transport.check, 0) end
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out 1: eth / ip options=830704c000020900 final=192.0.2.9 saddr=10.9.8.7 daddr=2.1.1.1 / udp / text abc
-- out 2: eth / ip options=01890b04c0000209cb007101 final=203.0.113.1 saddr=10.9.8.7 daddr=2.1.1.1 / tcp
--   / text abc
-- out 3: eth / ip options=890b08c0000209cb00710101 final=203.0.113.1 saddr=10.9.8.7 daddr=2.1.1.1
--   / udplite length=9 / text abc
-- out 4: eth / ip options=830708c000020900 saddr=10.9.8.7 daddr=2.1.1.1 / udp / text abc
-- out 5: eth / ip options=830703c000020900 final=192.0.2.9 saddr=10.9.8.7 daddr=2.1.1.1 / udp / text abc
-- out 6: eth / ip options=00830704c0000209 saddr=10.9.8.7 daddr=2.1.1.1 / udp / text abc
-- out 7: eth / ip options=448304c000020900 saddr=10.9.8.7 daddr=2.1.1.1 / udp / text abc
