-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Every field is written with what it has: no byte changes, also where a checksum is wrong, or ffff where it would be 0.
-- wrong checksums: 18
-- in: eth / ip / icmp / text abc
-- in: eth / ip / icmp type=0 id=0 sequence=0 / fill 8 0x00
-- in: eth / ip / icmp type=0 id=0 sequence=0 checksum=0 / fill 8 0x00
-- in: eth / ip / icmp checksum=0xffff / text abc
-- in: eth / ip id=0xb9f7 check=0xffff / icmp type=0
-- in: eth / ip check=0xffff / udp check=0xffff / text abc
-- in: eth / ip check=+1 / udp check=+1 / text abc
-- in: eth / ip check=0 / udp check=0 / text abc
-- in: eth / ip check=0 / tcp check=0 / text abc
-- in: eth / ip check=0xffff options=01010100 / tcp check=0xffff options=01010100 / text abc
-- in: eth / ip / icmp type=3 checksum=0xffff / ip check=0xffff / udp check=0xffff / text abc
-- in: eth / ip / icmp type=3 checksum=+1 / ip check=+1 / udp check=+1 / text abc
-- not with partial checksums: it reads the checksum
local fields = {
  [packet_ip] = { "version", "ihl", "tos", "tot_len", "id", "flags", "frag_off", "ttl", "protocol", "saddr", "daddr" },
  [packet_icmp] = { "type", "code", "id", "sequence" },
  [packet_tcp] = { "sport", "dport", "seq", "ack", "data_off", "reserved", "flags", "window_size", "urgent" },
  [packet_udp] = { "sport", "dport", "length" },
}

local function same(header, id)
  if not header then return end
  for _, name in ipairs(fields[id]) do
    header[name] = header[name]
  end
end

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  same(ip, packet_ip)
  ip.ttl = ip.ttl
  ip:daddr():set(ip:daddr():get())
  ip:ttl():set(ip:ttl():int())
  for id = packet_icmp, packet_udp do same(ip:data(id), id) end
  local icmp = ip:data(packet_icmp)
  local quoted = icmp and icmp:data(packet_ip)
  if quoted then
    same(quoted, packet_ip)
    same(quoted:data(packet_udp), packet_udp)
    quoted.check = quoted.check
    quoted:data(packet_udp).check = quoted:data(packet_udp).check
  end
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out: same
