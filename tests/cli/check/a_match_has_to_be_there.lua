-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: --match
function match_packets(p) return true end
