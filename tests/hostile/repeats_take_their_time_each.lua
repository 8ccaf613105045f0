-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each of the repeats that NF_REPEAT asks for begins anew.
function process_packet(p)
  for i = 1, 2000000 do local x = i * i end
  return NF_REPEAT
end
