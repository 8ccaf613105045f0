-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The same as dnat-eth.lua, and these packets leave at once by another device:
--   packetscript attach send-eth.lua --hook xdp --dev eth0 --object eth
function process_packet(eth)
  local ip = eth:data(packet_ip)
  if not ip or ip.daddr ~= "8.8.8.8" then return XT_CONTINUE end
  ip.daddr = "2.1.1.1"
  eth.dmac = "02:00:00:00:00:99"
  return nf.redirect(eth, "rB")
end
