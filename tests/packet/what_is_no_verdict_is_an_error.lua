-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- No verdict, or what is none: an error that names the handler's line.
-- in 13 times: eth / ip / udp
n = 0
local values = {false, true, "NF_ACCEPT", {}, 5, -1, -4, 0x100000000, NF_QUEUE | 65536 << 16, print, 0xFFFFFFFE, math.mininteger}

function process_packet(p)
  n = n + 1
  if n <= #values then return values[n] end
end
