-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The handler of examples/dnat.lua for IPv6, with ip6tables and an address as of 2001:db8::/32.
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  if not ip then return NF_DROP end
  ip:daddr():set("2001:db8:1::1")
  return XT_CONTINUE
end
