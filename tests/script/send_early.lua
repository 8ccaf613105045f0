-- SPDX-License-Identifier: MIT OR GPL-2.0-only
nf.create_packet(nil, "x")
function process_packet(p) return NF_ACCEPT end
