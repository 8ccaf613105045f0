-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- DNAT of packets to one address, by a function that is given the frame, as at hooks of a device:
--   packetscript attach dnat-eth.lua --hook xdp --dev eth0 --object eth
function process_packet(eth)
  local ip = eth:data(packet_ip)
  if ip and ip.daddr == "8.8.8.8" then ip.daddr = "2.1.1.1" end
  return XT_CONTINUE
end
