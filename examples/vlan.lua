-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Moves frames from one VLAN to another on a bridge, and gives voice its priority:
--   modprobe br_netfilter
--   sysctl net.bridge.bridge-nf-filter-vlan-tagged=1
--   iptables -t mangle -A FORWARD -m physdev --physdev-is-bridged -j LUA --script vlan.lua
-- Try it: packetscript run -v vlan.lua tagged.pcap

local becomes = { [10] = 110, [20] = 120 } -- VLANs
local VOICE <const>, PRIORITY <const> = 120, 5

function process_packet(p)
  local vlan = p:data(packet_eth):data(packet_vlan)
  if not vlan then return XT_CONTINUE end
  local vid = becomes[vlan.vid]
  if not vid then return NF_DROP end -- of no VLAN that has a place there
  vlan.vid = vid
  if vid == VOICE then vlan.pcp = PRIORITY end
  return XT_CONTINUE
end
