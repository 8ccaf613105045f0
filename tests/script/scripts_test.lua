-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Scripts as tests call them.
local counts = script("counts.lua", { state = 7 })
local p = packet.udp{ payload = "x" }

test("each script has a state of its own, which lasts", function()
  local other = script("counts.lua")
  equal(counts.count(p), XT_CONTINUE)
  equal(counts.count(p), NF_ACCEPT)
  equal(other.count(p), XT_CONTINUE)
end)

test("the packet that is given stays as it is", function()
  local _, after = counts:rewrite(p)
  equal(after.ip.ttl, 7)
  equal(p.ip.ttl, 64)
end)

test("verdicts are the kernel's values", function()
  equal(counts.queue(p), NF_QUEUE | 5 << 16)
end)

test("errors of handlers name their line", function()
  raises(function() counts.fails(p) end, "counts.lua:24: attempt to index a nil value")
  raises(function() counts.again(p) end, "NF_REPEAT 8 times in a row")
  raises(function() counts.nothing(p) end, "returned no verdict")
  raises(function() counts.missing(p) end, "no function 'missing'")
  raises(function() counts.forever(p) end, "time limit exceeded")
  raises(function() script("missing.lua") end, "missing.lua: No such file")
end)

test("and the next packet is handled as if nothing was", function()
  equal(counts.count(p), NF_ACCEPT)
end)

test("a handler is called as often as one likes", function()
  for _ = 1, 20000 do equal(counts.count(p), NF_ACCEPT) end
  equal(counts.count, counts.count)
end)
