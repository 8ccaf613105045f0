-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- TCP headers with options end at any byte: the header is found when data_off says that all of it is there.
-- link: raw
-- in: ip / tcp options=0101080a0000000100000002 / text abc / cut 1-55
function process_packet(p)
  local ip = p:data(packet_ip)
  local tcp = ip and ip:data(packet_tcp)
  if tcp then
    tcp.window_size = 1
    assert(#tcp:options() == 12 and #tcp:data() == #p - 52)
  end
  return NF_QUEUE | (ip and 2 or 0) + (tcp and 4 or 0) << 16
end

-- verdict 1-19: NF_QUEUE 0
-- verdict 20-51: NF_QUEUE 2
-- verdict 52-55: NF_QUEUE 6
-- out 1-51: same
-- out 52-55: ip / tcp options=0101080a0000000100000002 window_size=1 / text abc / cut 52-55
