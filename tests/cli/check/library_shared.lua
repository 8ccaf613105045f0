-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local t = shared.table("t", { ttl = 1000 })
local q = shared.queue("q")
local none = shared.set("t")
local unnamed = shared.table()
local sized = shared.table("t", 100)

function process_packet(p)
  t[p.ip.saddr] = 1
  t.any = { "a", "b" }
  local n = t.whatever + t:add("n", 1)
  t:add("n")
  t:add(p, 1)
  t:incr("n")
  t:cas("n", nil)
  q:send(n)
  q:push(n)
  q:on("report")
  q:on(function(v) n = v end)
  q:on()
  return q:receive() and NF_DROP or XT_CONTINUE
end
