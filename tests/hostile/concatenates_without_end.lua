-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local s = "x"
  while true do s = s .. s; if #s > 200000 then s = "x" end end
end
