-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local comment = "--" .. ("x"):rep(490000)
local name = ("x"):rep(200000)
function process_packet(p)
  for i = 1, 100 do load(comment); load(name); load("return '" .. name .. "'") end
  return XT_CONTINUE
end
