-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each field of an IPv4 header is read, in long form and shorthand.
-- in: eth / ip tos=0xb8 id=0xbeef flags=2 ttl=255 saddr=192.0.2.255 daddr=255.255.255.255 / udp / text abc
-- in: eth / ip tos=255 id=0 flags=5 frag_off=0x1fff ttl=0 protocol=200 saddr=0.0.0.0 options=01020304 / fill 8 0x00
local names = {"version", "ihl", "tos", "tot_len", "id", "flags", "frag_off", "ttl", "protocol", "check", "saddr", "daddr"}
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local values = {}
  for i, name in ipairs(names) do
    values[i] = name .. "=" .. ip[name]
    assert(ip[name] == ip[name])
  end
  assert(ip:version():get() == ip.version and ip:ihl():get() == ip.ihl and ip:tos():get() == ip.tos)
  assert(ip:tot_len():get() == ip.tot_len and ip:id():get() == ip.id and ip:flags():get() == ip.flags)
  assert(ip:frag_off():get() == ip.frag_off and ip:ttl():get() == ip.ttl and ip:protocol():get() == ip.protocol)
  assert(ip:check():get() == ip.check and ip:saddr():get() == ip.saddr and ip:daddr():get() == ip.daddr)
  values[#values + 1] = "options=" .. tostring(ip.options)
  error(table.concat(values, " "), 0)
end

-- verdict 1: error version=4 ihl=5 tos=184 tot_len=31 id=48879 flags=2 frag_off=0 ttl=255 protocol=17 check=63782 saddr=192.0.2.255 daddr=255.255.255.255 options=
-- verdict 2: error version=4 ihl=6 tos=255 tot_len=32 id=0 flags=5 frag_off=8191 ttl=0 protocol=200 check=59920 saddr=0.0.0.0 daddr=10.0.0.2 options=01020304
