-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Error handlers fail in error handlers, with xpcall in xpcall.
local function handler(e) local x = nil + e end
local function nest(n)
  if n == 0 then error("x") end
  xpcall(nest, function() nest(n - 1) error(handler) end, n - 1)
end
function process_packet(p)
  while true do pcall(nest, 12) xpcall(error, error) xpcall(xpcall, xpcall, xpcall, handler) end
end
