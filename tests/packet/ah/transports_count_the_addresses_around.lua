-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- AH between IP and a transport: its fields, what is behind it, and the pseudo header, which is that of IP in front of it. In
-- IPv6 it is an extension header, which is passed over.
-- in: eth / ip / ah / udp / text abc
-- in: eth / ip options=01010100 / ah len=1 icv= / ah seq=5 / tcp options=01010101 / text abc
-- in: eth / ip / ah / udp check=0 / text abc
-- in: eth / ip / ah / ip / udp / text abc
-- in: eth / ip6 nexthdr=51 extensions=0602000000000100_0000000100010203 / tcp / text abc
-- in: eth / ip / ah len=0 / udp / text abc
-- in: eth / ip / ah len=200 / udp / text abc
-- in: eth / ip / ah len=1 icv= / icmp / text abc
function process_packet(p)
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_ip) or eth:data(packet_ip6)
  local ah, spi = ip:data(packet_ah), nil
  if not ah and ip.ttl then error("none", 0) end
  local last = ah
  while last do
    assert(last.spi == 256 and last.reserved == 0 and (last.seq == 1 or last.seq == 5))
    assert(#last:icv() == (last.len - 1) * 4 and #last:data() == #last - 4 * (last.len + 2))
    last.spi = 0x01020304
    local inner = last:data(packet_ah)
    if not inner then break end
    last = inner
  end
  local inner = ah and last:data(packet_ip)
  local l4 = (inner or last or ip):data(packet_udp) or (last or ip):data(packet_tcp) or last:data(packet_icmp)
  ip[ip.ttl and "daddr" or "nexthdr"] = ip.ttl and "198.51.100.7" or 51
  ip:saddr():set(ip.ttl and "198.51.100.8" or "2001:db8::9")
  if inner then inner.daddr = "198.51.100.9" end
  if l4.type then
    l4.id = 9
    return XT_CONTINUE
  end
  l4.dport = 9
  local check = l4.check
  if check == 0 then return XT_CONTINUE end
  l4:check():set()
  assert(l4.check == check)
  l4:data():set("another text")
  p:write("\1", l4:get_offset())
  ip:write("\192\0\2\1", ip.ttl and 12 or 20)
  return XT_CONTINUE
end

-- verdict 1-5, 8: XT_CONTINUE
-- verdict 6-7: error none
-- out 1: eth / ip saddr=192.0.2.1 daddr=198.51.100.7 / ah spi=0x01020304 / udp sport=466 dport=9 / text another text
-- out 2: eth / ip options=01010100 saddr=192.0.2.1 daddr=198.51.100.7 / ah len=1 icv= spi=0x01020304
--   / ah seq=5 spi=0x01020304 / tcp options=01010101 sport=466 dport=9 / text another text
-- out 3: eth / ip saddr=198.51.100.8 daddr=198.51.100.7 / ah spi=0x01020304 / udp check=0 dport=9 / text abc
-- out 4: eth / ip saddr=192.0.2.1 daddr=198.51.100.7 / ah spi=0x01020304 / ip daddr=198.51.100.9 / udp sport=466 dport=9
--   / text another text
-- out 5: eth / ip6 nexthdr=51 extensions=0602000000000100_0000000100010203 saddr=2001:db8::c000:201
--   / tcp sport=466 dport=9 / text another text
-- out 8: eth / ip saddr=198.51.100.8 daddr=198.51.100.7 / ah len=1 icv= spi=0x01020304 / icmp id=9 / text abc
