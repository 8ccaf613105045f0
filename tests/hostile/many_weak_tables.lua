-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local weak = { __mode = "k" }
local first, last = {}, nil
do
  local key = first
  for i = 1, 1500 do
    local next = {}
    last = setmetatable({ [key] = next, before = last }, weak)
    key = next
  end
end

function process_packet(p)
  collectgarbage()
  collectgarbage("generational")
  for i = 1, 1000 do local t = {} end
  return XT_CONTINUE
end
