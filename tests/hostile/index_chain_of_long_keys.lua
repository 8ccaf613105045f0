-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each of 1,900 tables that __index leads through has a key that differs from the one looked up in its last byte.
local long = ("x"):rep(250000)
local there, missing = long .. "a", long .. "b"
local first = {}
do
  local t = first
  long = nil
  for i = 1, 1900 do
    local next = {}
    t[there], t.__index = i, next
    setmetatable(t, t)
    t = next
  end
end
function process_packet(p)
  while true do local x = first[missing] end
end
