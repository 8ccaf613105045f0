-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Coroutines yield out of metamethods, pcall and the comparison of a sort.
local mt = {}
for _, name in ipairs({ "add", "concat", "index", "newindex", "eq", "lt", "le", "len", "unm", "call", "close" }) do
  mt["__" .. name] = function(...) coroutine.yield(name) return 1 end
end
local function body()
  local a, b = setmetatable({}, mt), setmetatable({}, mt)
  while true do
    local c <close> = a
    local x = a + b, a .. b, a.x, a == b, a < b, a <= b, #a, -a, a()
    pcall(function() a.x = 1; return a.y end)
    pcall(table.sort, { a, b, a, b })
  end
end
function process_packet(p)
  while true do
    local co = coroutine.create(body)
    for i = 1, 200 do coroutine.resume(co) end
    coroutine.close(co)
  end
end
