#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The library data: each method at each offset gives what string.pack() has packed, and nothing beyond the end.
. /tests/lib.sh

cat >$lua/borders.lua <<'LUA'
local data = require("data")
local formats = {
  number = "=j", byte = "=B", int8 = "=b", uint8 = "=B", int16 = "=h", uint16 = "=H", int32 = "=i4", uint32 = "=I4",
  int64 = "=i8",
}
local size <const> = 19
local all = {}
for i = 1, size do all[i] = string.char((i * 83 + 7) & 0xff) end
all = table.concat(all)

local count, problems = 0, {}
local function same(what, a, b)
  count = count + 1
  if a ~= b and #problems < 5 then problems[#problems + 1] = what .. ": " .. tostring(a) .. ", not " .. tostring(b) end
end
local function refused(what, f, ...)
  local ok, message = pcall(f, ...)
  same(what, not ok and message:match("out of bounds") or message, "out of bounds")
end

for name, format in pairs(formats) do
  local width = string.packsize(format)
  for offset = 0, size - width do
    local d = data.new(size)
    d:setstring(0, all)
    local expected = string.unpack(format, all, offset + 1)
    same("get" .. name .. offset, d["get" .. name](d, offset), expected)
    d["set" .. name](d, offset, ~expected)
    same("set" .. name .. offset, d:getstring(0), all:sub(1, offset) ..
      all:sub(offset + 1, offset + width):gsub(".", function(c) return string.char(~c:byte() & 0xff) end) ..
      all:sub(offset + width + 1))
  end
  local d = data.new(size)
  for _, offset in ipairs { size - width + 1, size, size + 1, -1, -width, 1 << 32, math.maxinteger, math.mininteger } do
    refused("get" .. name .. " at " .. offset, d["get" .. name], d, offset)
    refused("set" .. name .. " at " .. offset, d["set" .. name], d, offset, 0)
  end
  same("short " .. name, pcall(data.new(1)["get" .. name], data.new(1), 0), width == 1)
end

local d = data.new(size)
same("new data is zero", d:getstring(0), ("\0"):rep(size))
same("its size", #d, size)
d:setstring(3, all:sub(1, 4))
same("some of it", d:getstring(3, 4), all:sub(1, 4))
same("the rest", d:getstring(size - 2), "\0\0")
same("nothing", d:getstring(size), "")
same("nothing at all", d:getstring(5, 0), "")
d:setstring(size, "")
for _, range in ipairs { { size + 1 }, { -1 }, { 0, size + 1 }, { size, 1 }, { 1, -1 }, { 1, math.maxinteger }, { math.maxinteger, math.maxinteger } } do
  refused("getstring", d.getstring, d, table.unpack(range))
end
refused("setstring beyond", d.setstring, d, size - 1, "ab")
refused("setstring before", d.setstring, d, -1, "ab")

for _, what in ipairs { {}, { 1 }, { "data" }, { io }, { {} }, { data }, { require("lunatik").find("borders") } } do
  for name in pairs(formats) do
    same("no self", pcall(d["get" .. name], table.unpack(what)), false)
    same("no self", pcall(d["set" .. name], table.unpack(what)), false)
  end
end
same("no offset", pcall(d.getbyte, d), false)
same("no integer", pcall(d.getbyte, d, "x"), false)
same("no number", pcall(d.setbyte, d, 0), false)
for _, n in ipairs { 0, -1, 1 << 31, math.maxinteger, math.mininteger } do same("size " .. n, pcall(data.new, n), false) end
same("no size", pcall(data.new), false)

do
  local closed <close> = data.new(1)
  d = closed
end
same("closed", select(2, pcall(d.getbyte, d, 0)):match("the data is closed"), "the data is closed")
print(#problems == 0 and "as it should be: " .. count or "wrong: " .. table.concat(problems, "; "))

return function(first, second)
  if second then return first:getstring(0) end
  first:setstring(0, "from there")
  return #first, first
end
LUA

modprobe packetscript
cat >$lua/test.lua <<'LUA'
local lunatik, data = require("lunatik"), require("data")
local shared = data.new(10)
for _, context in ipairs { "process", "softirq", "hardirq" } do
  local child = lunatik.runtime("borders", context)
  local size, same = child:resume(shared)
  print(context, shared:getstring(0), size, same == shared)
  child:stop()
end
local ok = 0
for _ = 1, 80 do
  data.new(16 << 20):setbyte((16 << 20) - 1, 1)
  ok = ok + 1
end
print("large", ok, pcall(data.new, (1 << 31) - 1))
LUA
modprobe lunatik_run script=test
check_eq 'each method reads and writes where it should, and refuses the rest, in each context' \
	"$(said 99 | grep -c '^as it should be: [0-9]\{3\}')" 3
check_eq 'nothing is wrong' "$(said 99 | grep '^wrong' || true)" ''
check_eq 'another runtime has the same bytes' "$(said 99 | grep -c $'^[a-z]*irq\tfrom there\t10\ttrue\|^process\tfrom there\t10\ttrue')" 3
check_match 'what nobody has any more makes room, and too much is an error' "$(said)" $'large\t80\tfalse\t.*not enough memory'
check 'the module goes with the last object' bash -c 'rmmod lunatik_run && rmmod luadata'
