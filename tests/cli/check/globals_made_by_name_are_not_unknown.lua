-- SPDX-License-Identifier: MIT OR GPL-2.0-only
for i, name in ipairs { "one", "two" } do
  _G[name] = function(p) return p:data(packet_eth) and NF_DROP or NF_ACCEPT end
end
function process_packet(p) return one(p) end
