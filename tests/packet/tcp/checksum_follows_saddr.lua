-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The checksums of IP and TCP follow when the source address is changed.
-- in: eth / ip / tcp
-- in: eth / ip / tcp options=0101080a0000000100000002 / text odd
-- in: eth / ip options=01010100 / tcp / text options
function process_packet(p)
  p:data(packet_eth):data(packet_ip).saddr = "255.254.253.252"
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip saddr=255.254.253.252 / tcp
-- out 2: eth / ip saddr=255.254.253.252 / tcp options=0101080a0000000100000002 / text odd
-- out 3: eth / ip options=01010100 saddr=255.254.253.252 / tcp / text options
