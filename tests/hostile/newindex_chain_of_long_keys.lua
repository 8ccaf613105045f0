-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The same on the way of an assignment.
local long = ("x"):rep(250000)
local there, missing = long .. "a", long .. "b"
local first = {}
do
  local t = first
  long = nil
  for i = 1, 1900 do
    local next = {}
    t[there], t.__newindex = i, next
    setmetatable(t, t)
    t = next
  end
end
function process_packet(p)
  while true do first[missing] = nil end
end
