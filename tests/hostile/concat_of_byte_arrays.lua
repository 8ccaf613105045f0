-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Byte arrays are joined, 12 operands at a time, and those of 60,000 bytes compared and shown.
local b = bytes.new(20000)
local join = assert(load("local b = ... return " .. ("b .. "):rep(11) .. "b"))
local x, y = bytes.new(60000), bytes.new(60000)
function process_packet(p)
  while true do
    local t = join(b)
    t = x == y
    t = tostring(x)
  end
end
