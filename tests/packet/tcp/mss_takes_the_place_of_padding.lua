-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A maximum segment size that a header has not got goes where four bytes of padding are; where there are none, and a value that does not fit, it raises.
-- in: eth / ip / tcp flags=2 options=0402_0000_ffff_ffff / nothing
-- in: eth / ip6 / tcp flags=2 options=01_030307_01_01_01_01 / text x
-- in: eth / ip / tcp flags=2 options=01010101 / nothing
-- in: eth / ip / tcp flags=2 options=00000000 / nothing
-- in: eth / ip / tcp flags=2 options=0402_0101 / nothing
-- in: eth / ip / tcp flags=2 / nothing
-- in: eth / ip / tcp flags=2 options=03ff_0101 / nothing
local n = 0
function process_packet(p)
  n = n + 1
  local eth = p:data(packet_eth)
  local tcp = (eth:data(packet_ip) or eth:data(packet_ip6)):data(packet_tcp)
  local ok, err = pcall(function() tcp.mss = n == 3 and 65536 or 1400 end)
  if not ok then error(err:gsub("^%S+ ", ""), 0) end
  assert(tcp.mss == 1400 and tcp:options().MSS == 1400)
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- verdict 3: error mss: the value does not fit into 16 bits
-- verdict 5-7: error mss: the header of this packet has no such field, or ends before it
-- out 1: eth / ip / tcp flags=2 options=0402_02040578_00_ff / nothing
-- out 2: eth / ip6 / tcp flags=2 options=01_030307_02040578 / text x
-- out 4: eth / ip / tcp flags=2 options=02040578 / nothing
