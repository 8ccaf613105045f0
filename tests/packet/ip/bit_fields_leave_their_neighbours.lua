-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Fields of a few bits are written without touching those that share their bytes.
-- in 4 times: eth / ip flags=2 frag_off=0 / tcp data_off=5 reserved=0 flags=0x12
n = 0
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local tcp = ip:data(packet_tcp)
  n = n + 1
  if n == 1 then
    ip.flags = 0
    tcp.reserved = 15
  elseif n == 2 then
    ip.flags = 5
    tcp.flags = 0
    assert(ip.frag_off == 0 and tcp.data_off == 5 and tcp.reserved == 0)
  elseif n == 3 then
    tcp.flags = 255
    assert(tcp.reserved == 0 and tcp.data_off == 5 and tcp.window_size == 8192)
    ip.frag_off = 0x1FFF
    assert(ip.flags == 2)
  else
    tcp.data_off = 15
    assert(tcp.reserved == 0 and tcp.flags == 0x12)
    ip.version = 4
    assert(ip.ihl == 5)
  end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip flags=0 frag_off=0 / tcp data_off=5 reserved=15 flags=0x12
-- out 2: eth / ip flags=5 frag_off=0 / tcp data_off=5 reserved=0 flags=0
-- out 3: eth / ip flags=2 frag_off=8191 / tcp data_off=5 reserved=0 flags=255
-- out 4: eth / ip flags=2 frag_off=0 / tcp data_off=15 reserved=0 flags=0x12
