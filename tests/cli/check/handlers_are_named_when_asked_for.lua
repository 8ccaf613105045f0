-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: -v
function out(p) return NF_DROP end
function back(p) p:data(packet_eth) return NF_ACCEPT end
local function helper(p) return p:data(packet_eth) end
function is_ip(p) return helper(p):data(packet_ip) ~= nil end
function seen(p) return is_ip(p) and NF_DROP or NF_ACCEPT end
