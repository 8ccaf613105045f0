-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: -f process_packet_snat
function process_packet(p) return NF_DROP end
