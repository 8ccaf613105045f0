-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local knock = script("knock.lua")

local function send(from, port) return (knock.process_packet(packet.udp{ src = from, dport = port })) end
local function ssh(from) return (knock.process_packet(packet.tcp{ src = from, dport = 22, flags = 2 })) end

test("SSH is closed, and opens to who has knocked", function()
  equal(ssh("10.0.0.1"), NF_DROP)
  for _, port in ipairs{ 7000, 8000, 9000 } do
    equal(ssh("10.0.0.1"), NF_DROP)
    equal(send("10.0.0.1", port), NF_DROP)
  end
  equal(ssh("10.0.0.1"), XT_CONTINUE)
  equal(ssh("10.0.0.2"), NF_DROP)
end)

test("a wrong knock begins anew", function()
  for _, port in ipairs{ 7000, 8000, 7000, 9000 } do send("10.0.0.3", port) end
  equal(ssh("10.0.0.3"), NF_DROP)
  for _, port in ipairs{ 7000, 8000, 9000 } do send("10.0.0.3", port) end
  equal(ssh("10.0.0.3"), XT_CONTINUE)
end)

test("many who knock take no more memory, and who knocked last is known", function()
  for i = 1, 10000 do send("10.1." .. i // 256 .. "." .. i % 256, 7000) end
  for _, port in ipairs{ 8000, 9000 } do send("10.1.39.16", port) end
  equal(ssh("10.1.39.16"), XT_CONTINUE)
end)
