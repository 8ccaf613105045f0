-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- For each operation two functions, NAME_1 and NAME_7: they do it once and seven times. The difference,
-- by six, is what it costs. Not more than seven, for the objects that are made once number eight.
-- Addresses are the same text each time: two texts can be in each other's way in the engine's memory of
-- parsed ones, in some states and not in others.
local functions = require("operations")({
  -- name, what is made ready at load, what is made ready for each packet, the operation, and what
  -- every second one is instead, where it matters that a write changes something
  field     = { "", "local x", "x = ip:ttl()" },
  get       = { "", "local x, f = 0, ip:ttl()", "x = f:get()" },
  get_text  = { "", "local x, f = 0, ip:daddr()", "x = f:get()" },
  set       = { "", "local f = ip:ttl()", "f:set(9)", "f:set(8)" },
  set_text  = { "", "local f = ip:daddr()", "f:set('8.8.8.8')" },
  short_get = { "", "local x = 0", "x = ip.ttl" },
  short_set = { "", "", "ip.ttl = 9", "ip.ttl = 8" },
  data      = { "", "local x", "x = ip:data(packet_udp)" },
  byte      = { "", "local x, a = 0, ip:raw(0, 20):get()", "x = a[5]" },
  byte_set  = { "", "local a = ip:raw(0, 20):get()", "a[1] = 0" },
  table     = { "local t = { 1, 2, 3 }", "local x, t = 0, t", "x = t[2]" },
  table_key = { "local t = { key = 1 }", "local x, t = 0, t", "x = t.key" },
  global    = { "", "local x", "x = NF_DROP" },
  call      = { "local function f() end", "local f = f", "f()" },
  call_c    = { "local f = math.abs", "local f = f", "f(1)" },
  equal     = { "local s, t = '8.8.8.8', '2.1.1.1'", "local x, s, t = 0, s, t", "x = s == t" },
  less      = { "local s, t = '8.8.8.8', '8.8.8.9'", "local x, s, t = 0, s, t", "x = s < t" },
  add       = { "", "local x = 0", "x = x + x" },
  limit     = { "local t = { rate = 1000000000 }", "local x, t, f = 0, t, nf.limit", "x = f(t)" },
  limit_key = { "local t = { rate = 1000000000 }", "local x, t, f, k = 0, t, nf.limit, ip:saddr()", "x = f(t, k)" },
})

for name, f in pairs(functions) do _G[name] = f end
