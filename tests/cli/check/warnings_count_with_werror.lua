-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: -W
function process_packet(p) return 7 end
