-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Lets pass what comes from 100,000 prefixes of 24 bits: 11.0.0.0 on, and the sender's.
local prefixes = { "192.168.0.0/24" }
for i = 0, 99998 do
  prefixes[i + 2] = 11 + (i >> 16) .. "." .. (i >> 8 & 255) .. "." .. (i & 255) .. ".0/24"
end
local known = set.new(prefixes)
prefixes = nil

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if ip and known:has(ip.saddr) then return XT_CONTINUE end
  return NF_DROP
end
