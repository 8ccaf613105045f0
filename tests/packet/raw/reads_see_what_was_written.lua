-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A read after a write sees it, by any view of the same bytes.
-- in: eth / ip / tcp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local other = p:raw(14, #p - 14):data(packet_ip)
  local saddr = other:saddr()
  ip.saddr = "192.0.2.9"
  assert(other.saddr == "192.0.2.9" and saddr:get() == "192.0.2.9" and p:raw(29, 1):get()[0] == 9)
  p:raw(29, 1):set(10)
  assert(ip.saddr == "192.0.2.10" and saddr:int() == 0xC000020A)
  saddr:set("192.0.2.9")
  local before = ip.check
  saddr:data():get()[3] = 9
  assert(ip.check == before)
  ip:check():set()
  ip:data(packet_tcp):check():set()
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: eth / ip saddr=192.0.2.9 / tcp / text abc
