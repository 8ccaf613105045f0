-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A table of 8,192 keys has no free place: each key that goes makes room for one that counts them all anew.
local t = {}
for i = 1, 8192 do t[-i] = true end
function process_packet(p)
  local last = -8192
  while true do
    t[last + 8192] = nil
    t[last - 1] = true
    last = last - 1
  end
end
