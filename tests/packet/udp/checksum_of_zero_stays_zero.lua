-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A UDP checksum of 0 says that there is none: no write makes one, but an explicit set() does.
-- in 2 times: eth / ip / udp check=0 / text payload
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip:data(packet_udp)
  ip.saddr = "192.0.2.1"
  udp.sport = 9
  udp.dport = 10
  udp.length = udp.length - 1
  ip.tot_len = ip.tot_len - 1
  assert(udp.check == 0)
  n = (n or 0) + 1
  if n == 2 then udp:check():set() end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip tot_len=34 saddr=192.0.2.1 / udp check=0 sport=9 dport=10 length=14 / text payload
-- out 2: eth / ip tot_len=34 saddr=192.0.2.1 / udp sport=9 dport=10 length=14 check=0xda8c / text payload
