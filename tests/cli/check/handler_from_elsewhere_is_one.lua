-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: -f process_packet
process_packet = load("return function() return NF_DROP end")()
