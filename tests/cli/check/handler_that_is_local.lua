-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: -f process_packet
local function process_packet(p) return NF_DROP end
