-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local function fail(why) if why then error(why) end end
function process_packet(p)
  if #p > 100 then return NF_DROP end
  fail("short")
end
