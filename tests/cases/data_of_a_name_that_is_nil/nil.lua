-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local tags = { [0x8100] = nil }

function process_packet(p)
  local ip = p:data(packet_eth):data(tags[0x8100]):data(packet_ip)
  if not ip then return NF_DROP end
  ip.daddr = "2.1.1.1"
  return XT_CONTINUE
end
