-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A set of names has all that end with a dot and one of them, in whatever case; what only ends like one is another name.
-- in: eth / ip / udp / text example.com
-- in: eth / ip / udp / text WWW.Example.COM.
-- in: eth / ip / udp / text a.very.long.name.in.test
-- in: eth / ip / udp / text badexample.com
-- in: eth / ip / udp / text com
-- in: eth / ip / udp / text example.com.org
-- in: eth / ip / udp / text example.com..
-- in: eth / ip / udp / nothing
local s = set.names{ "example.com", "Name.in.TEST.", "org.com" }
function process_packet(p)
  local name = p:data(packet_eth):data(packet_ip):data(packet_udp):data():get():string()
  assert(not s:has(nil) and not pcall(s.has, s, 5) and not pcall(s.has, s, p))
  return s:has(name) and NF_DROP or NF_ACCEPT
end

-- verdict 1-3: NF_DROP
-- verdict 4-8: NF_ACCEPT
-- out: same
