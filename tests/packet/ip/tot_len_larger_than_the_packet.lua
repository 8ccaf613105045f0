-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- If tot_len tells of more than there is, the payload ends with the packet, and no transport checksum is computed.
-- in: eth / ip tot_len=500 / udp / text abc
-- in: eth / ip tot_len=65535 / tcp / text abc
-- in: eth / ip tot_len=32 / icmp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local transport = ip:data(packet_udp) or ip:data(packet_tcp) or ip:data(packet_icmp)
  assert(#transport:data() == 3)
  ip.ttl = 1
  local ok, message = pcall(function()
    if transport.check then transport:check():set() else transport:checksum():set() end
  end)
  assert(not ok)
  error(message, 0)
end

-- verdict 1-2: error tot_len_larger_than_the_packet.lua:12: check: cannot be computed: a fragment, a truncated packet, or no network header
-- verdict 3: error tot_len_larger_than_the_packet.lua:12: checksum: cannot be computed: a fragment, a truncated packet, or no network header
