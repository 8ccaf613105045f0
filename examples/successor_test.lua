-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What successor.lua does:  packetscript test examples
local successor = script("successor.lua")

local function legacy(kind, station, text)
  local m, total = "\1" .. string.char(kind, #text) .. station .. text, 0
  for i = 1, #m do total = total + m:byte(i) end
  return m .. string.char(total & 255)
end

local function new(kind, station, sequence, text)
  return "\2" .. string.char(kind) .. station .. string.pack(">I4", sequence) .. text
end

test("a message gets longer, and has a sequence number", function()
  for n, text in ipairs{ "hello", "", "again" } do
    local verdict, after = successor.to_server(packet.udp{ dport = 7000, payload = legacy(7, "AB", text) })
    equal(verdict, XT_CONTINUE)
    equal(after, packet.udp{ dport = 7100, payload = new(7, "AB", n, text) })
  end
end)

test("an answer gets shorter", function()
  for _, text in ipairs{ "welcome", "", ("x"):rep(255) } do
    local verdict, after = successor.to_station(packet.udp{ sport = 7100, payload = new(9, "AB", 77, text) })
    equal(verdict, XT_CONTINUE)
    equal(after, packet.udp{ sport = 7000, payload = legacy(9, "AB", text) })
  end
end)

test("what is no right message is dropped", function()
  local right = legacy(7, "AB", "hello")
  for n = 0, #right - 1 do
    equal(successor.to_server(packet.udp{ dport = 7000, payload = right:sub(1, n) }), NF_DROP)
    local wrong = right:sub(1, n) .. string.char(right:byte(n + 1) ~ 1) .. right:sub(n + 2)
    equal(successor.to_server(packet.udp{ dport = 7000, payload = wrong }), NF_DROP)
  end
  equal(successor.to_station(packet.udp{ sport = 7100, payload = new(9, "AB", 77, ("x"):rep(256)) }), NF_DROP)
  equal(successor.to_server(packet.tcp{}), NF_DROP)
end)
