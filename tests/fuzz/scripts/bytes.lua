-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Byte arrays over the packet, and of their own.
function process_packet(p)
  local a, n = p:get(), #p
  local copy = p:to_bytes()
  print(#a, a == copy, a[n], a[-1], n > 0 and a[0], a.string ~= nil, a.nothing)
  for i = 0, n - 1, 3 do a[i] = a[i] ~ 255 end
  print(a == copy, tostring(a) == tostring(copy), #a:string())
  local both = a .. copy
  local more = bytes.many_to_one { a, copy, "text", bytes.new(3), bytes.new_from_string("x") }
  print(#both, #more, #(both .. "s"), #("s" .. both), more == both, bytes.many_to_one {} == bytes.new(0))
  for i = 0, n - 1 do a[i] = copy[i] end
  local half, own = a:slice(n // 2), copy:slice(0, n // 2)
  print(half, own, own .. half == a, a:find(half:string(0, 2) or ""), copy:find(own), a:find("\0\0", 1), a:find(bytes.new(3)))
  print(a:u16(n // 3), a:u32(n // 3), copy:u16(n - 2), copy:u32(n - 3), half:hexdump(), a:string(n // 4, n // 4), a:string(n + 1))
  for _, x in ipairs { a, copy, half, own } do
    print(pcall(x.u16, x, #x - 2, 0x1234), pcall(x.u32, x, 3, 0xfffefdfc), pcall(x.u16, x, #x // 2, n))
  end
  for i = 0, n - 1 do a[i] = copy[i] end
  for id = 0, #supported_protocols do
    local mine, its = bytes.to_packet(copy:slice(n // 3), id), bytes.to_packet(a:slice(n // 3), id)
    if (mine == nil) ~= (its == nil) then error(supported_protocols[id]) end
    if mine then
      local x, y = mine:data(), its:data()
      print(mine, its, #mine == #its, bytes.to_bytes(mine) == bytes.to_bytes(its), x and y and x:get() == y:get(), p)
      print(pcall(mine.write, mine, a:slice(0, 3)), pcall(mine.set, mine, 7), mine:to_bytes(), its:to_bytes())
      for i = 0, n - 1 do copy[i] = a[i] end
    end
  end
  for i = 0, n - 1 do a[i] = copy[i] end
  local part = p:raw(n // 3, n // 2)
  if part then
    part:set(n & 255)
    print(part:get(), part:to_bytes(), part:get()[#part - 1])
    local own = part:to_bytes()
    own[0 * #own] = #own > 0 and 1 or nil
  end
  return NF_QUEUE | (n & 255) << 16
end

function loops(p)
  local a, sum = p:get(), 0
  for i = 0, #a - 1 do sum = sum + a[i] end
  for i = #a - 1, 1, -1 do a[i], a[i - 1] = a[i - 1], a[i] end
  for i = 0, #p do
    local one = p:raw(i, 1)
    if one then sum = sum + one:get()[0] end
  end
  local views = {}
  for i = 1, 20 do views[i] = p:raw(0, #p) end
  for i = 2, 20 do if rawequal(views[i], views[i - 1]) then error("the same view twice") end end
  print(sum, p:to_bytes())
  return NF_REPEAT
end

function errors(p)
  local a, caught = p:get(), 0
  local function try(f, ...)
    local ok, message = pcall(f, ...)
    print(ok, ok or message)
    if not ok then caught = caught + 1 end
  end
  try(function() a[#a] = 1 end)
  try(function() a[-1] = 1 end)
  try(function() a[0] = 256 end)
  try(function() a[0] = -1 end)
  try(function() a[0] = "x" end)
  try(function() a.x = 1 end)
  try(function() return a .. 1 end)
  try(function() return a .. {} end)
  try(bytes.new, -1)
  try(bytes.new, 1 << 40)
  try(bytes.new)
  try(bytes.new_from_string, {})
  try(bytes.many_to_one, { 1 })
  try(bytes.many_to_one, 1)
  try(a.string)
  try(a.string, p)
  try(p.get, a)
  try(p.get_size, {})
  try(p.data, p, 6)
  try(p.data, p, -1)
  try(p.data, p, "x")
  try(p.raw, p, "x", 1)
  try(p.set, p, 256)
  try(p.set, p)
  try(function() p.x = 1 end)
  try(setmetatable, p, {})
  try(next, p)
  try(function() return p + 1 end)
  try(function() return p < p end)
  try(function() return p() end)
  print(getmetatable(p), getmetatable(a), rawequal(p, p), p == a, a == a, rawlen and pcall(rawlen, p))
  return caught
end
