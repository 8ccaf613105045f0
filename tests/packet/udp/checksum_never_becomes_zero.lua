-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A UDP sum whose checksum would be 0 is sent as FFFF, by difference and computed.
-- in: eth / ip saddr=0.0.0.0 daddr=0.0.0.0 / udp sport=0 dport=0 / hex ffcc
-- in: eth / ip saddr=0.0.0.0 daddr=0.0.0.0 / udp sport=0 dport=1 / hex ffcc
-- in: eth / ip saddr=0.0.0.0 daddr=0.0.0.1 / udp sport=0 dport=0 / hex ffcc
-- in: eth / ip saddr=0.0.0.0 daddr=0.0.0.0 / udp sport=0 dport=0 check=0 / hex ffcc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip:data(packet_udp)
  n = (n or 0) + 1
  local low = 0xFFFF - 0xFFCC - 17 - 10 - 10
  if n == 1 then
    udp.sport = low
  elseif n == 2 then
    udp.dport = low
  elseif n == 3 then
    ip.daddr = low
  else
    udp.sport = low
    udp:check():set()
  end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1, 4: eth / ip saddr=0.0.0.0 daddr=0.0.0.0 / udp sport=14 dport=0 / hex ffcc
-- out 2: eth / ip saddr=0.0.0.0 daddr=0.0.0.0 / udp sport=0 dport=14 / hex ffcc
-- out 3: eth / ip saddr=0.0.0.0 daddr=0.0.0.14 / udp sport=0 dport=0 / hex ffcc
