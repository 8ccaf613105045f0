-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- table.clone: the same entries, wherever they lie, and the metatable; what either gets later the other has not.
-- in: eth / ip / udp
local function same(a, b)
  local n = 0
  for k, v in pairs(a) do
    assert(rawequal(b[k], v))
    n = n + 1
  end
  for k in pairs(b) do n = n - 1 end
  return n == 0 and #a == #b
end

function process_packet(p)
  local inner, key, mt = {}, {}, { __index = function(_, k) return k end }
  local t = setmetatable({ 1, "two", inner, name = "n", [key] = p, [-5] = true, [1 << 40] = false, [("x"):rep(100)] = 1 }, mt)
  local c = table.clone(t)
  assert(c ~= t and same(t, c) and c[3] == inner and c[key] == p and getmetatable(c) == mt and c.absent == "absent")
  c[1], c.name, c[key] = 5, "other", nil
  for i = 4, 40 do c[i], c["k" .. i] = i, i end
  assert(t[1] == 1 and t.name == "n" and t[key] == p and #t == 3 and #c == 40 and c.k40 == 40 and rawget(t, "k4") == nil)
  t.name, t[3] = nil, nil
  assert(c.name == "other" and c[3] == inner)
  assert(same({}, table.clone{}) and same({ 1, 2, 3 }, table.clone{ 1, 2, 3 }) and same({ a = 1 }, table.clone{ a = 1 }))
  -- while entries go, and a table grows and shrinks
  local many = {}
  for i = 1, 300 do
    many[i], many["k" .. i] = i, { i }
    if i % 7 == 0 then many[i - 3], many["k" .. i - 2] = nil, nil end
    local copy = table.clone(many)
    assert(same(many, copy))
    copy["new" .. i] = i
    assert(copy["new" .. i] == i and copy["k" .. i] == many["k" .. i])
    if i % 50 == 0 then
      collectgarbage()
      assert(same(many, table.clone(many)))
    end
  end
  -- entries that the collector takes go from the copy, too
  local weak = table.clone(setmetatable({ {}, {}, inner }, { __mode = "v" }))
  collectgarbage()
  assert(weak[1] == nil and weak[2] == nil and weak[3] == inner)
  -- going through one while the other changes
  local seen = 0
  for k in pairs(c) do
    t[k], seen = nil, seen + 1
  end
  assert(seen == 81 and next(t) == key and next(t, key) == nil)
  for _, wrong in ipairs{ 1, "x", p } do assert(not pcall(table.clone, wrong)) end
  assert(not pcall(table.clone))
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: same
