-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local scan = script("port_scan.lua")

local function try(source, port, to)
  return scan.process_packet(packet.tcp{ src = source, dst = to or "192.0.2.1", dport = port, flags = 2 })
end
local function try_ports(source, first, last)
  for port = first, last do equal(try(source, port), XT_CONTINUE) end
end

test("who tries twenty ports is blocked for a minute", function()
  try_ports("10.0.0.1", 1, 20)
  clock.advance(0)
  equal(try("10.0.0.1", 21), NF_DROP)
  equal(try("10.0.0.2", 21), XT_CONTINUE)
  clock.advance(59999)
  equal(try("10.0.0.1", 22), NF_DROP)
  clock.advance(1)
  equal(try("10.0.0.1", 23), XT_CONTINUE)
end)

test("who comes back to the same port is not, and who takes long", function()
  for _ = 1, 100 do equal(try("10.0.0.3", 80), XT_CONTINUE) end
  for port = 1, 57, 19 do
    try_ports("10.0.0.4", port, port + 18)
    clock.advance(10000)
  end
  equal(try("10.0.0.3", 80), XT_CONTINUE)
  equal(try("10.0.0.4", 80), XT_CONTINUE)
end)

test("one port of many hosts is a scan, too, and so it is by IPv6", function()
  for i = 1, 20 do equal(try("10.0.0.5", 22, "192.0.2." .. i), XT_CONTINUE) end
  local p = { ip6 = { saddr = "2001:db8::1", daddr = "2001:db8::2" }, flags = 2 }
  for i = 1, 20 do
    p.dport = i
    equal(scan.process_packet(packet.tcp(p)), XT_CONTINUE)
  end
  clock.advance(0)
  equal(try("10.0.0.5", 22), NF_DROP)
  equal(scan.process_packet(packet.tcp(p)), NF_DROP)
end)

test("what is no TCP passes", function()
  equal(scan.process_packet(packet.udp{ src = "10.0.0.9" }), XT_CONTINUE)
end)
