-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The bytes of a record's data are written where the list says that they are.
-- in: eth / ip / udp sport=53 / hex 1234 8180 0001 0001 0000 0000 0161 00 0001 0001 c00c 0001 0001 0000003c 0004 c0a80a01
function process_packet(p)
  local dns = p:data(packet_eth):data(packet_ip):data(packet_udp):data():data(packet_dns)
  for a in dns:answers() do
    if a.data == "192.168.10.1" then dns:write("\10\1\2\3", a.offset) end
  end
  for a in dns:answers() do assert(a.data == "10.1.2.3" and a.ttl == 60 and dns:field("id"):get() == 0x1234) end
  assert(not pcall(dns.field, dns, "nothing") and not pcall(dns.field, dns, "data") and not pcall(dns.field, dns, "answers"))
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: eth / ip / udp sport=53 / hex 1234 8180 0001 0001 0000 0000 0161 00 0001 0001 c00c 0001 0001 0000003c 0004 0a010203
