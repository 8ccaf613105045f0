-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each field of an Ethernet header is written: addresses as text of either case, or as integers.
-- in: eth / ip / udp / text payload
-- in: eth / ip / udp / text payload
function process_packet(p)
  local eth = p:data(packet_eth)
  if eth.smac == "02:00:00:00:00:02" then
    count = (count or 0) + 1
  end
  if count == 1 then
    eth:dmac():set("00:00:5e:00:53:AF")
    eth.smac = 0xFFFFFFFFFFFF
    eth.type = 0xFFFF
  else
    eth.dmac = 0
    eth:smac():set(0x00005E005301)
    eth:type():set(0)
  end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth dmac=00:00:5E:00:53:AF smac=FF:FF:FF:FF:FF:FF type=0xffff / ip / udp / text payload
-- out 2: eth dmac=00:00:00:00:00:00 smac=00:00:5E:00:53:01 type=0x0000 / ip / udp / text payload
