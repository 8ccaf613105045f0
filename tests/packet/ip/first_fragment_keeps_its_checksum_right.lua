-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The first fragment holds the transport header: its checksum, of the whole, follows by difference but is not computed.
-- in: eth / ip flags=1 / udp length=3000 check=0x1234 / fill 32 0x41
-- in: eth / ip flags=1 / tcp check=0x1234 / fill 32 0x41
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local transport = ip:data(packet_udp) or ip:data(packet_tcp)
  transport.dport = 5679
  assert(transport.check == 0x1233)
  ip.daddr = "10.0.0.1"
  assert(transport.check == 0x1234)
  ip.tot_len = ip.tot_len - 8
  assert(transport.check == 0x1234)
  local ok, message = pcall(function() transport:check():set() end)
  assert(not ok and message:find("cannot be computed: a fragment", 1, true), message)
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip flags=1 tot_len=52 daddr=10.0.0.1 / udp length=3000 check=0x1234 dport=5679 / fill 32 0x41
-- out 2: eth / ip flags=1 tot_len=64 daddr=10.0.0.1 / tcp check=0x1234 dport=5679 / fill 32 0x41
