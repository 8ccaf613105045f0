-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local balance = script("balance.lua")

local function server_of(client, port)
  local _, after = balance.to_server(packet.tcp{ src = client, dst = "192.0.2.80", sport = port })
  return after.ip.daddr
end

test("a connection keeps its server, and checksums are right", function()
  local request = { src = "198.51.100.7", dst = "192.0.2.80", sport = 4000, payload = "GET /" }
  local _, first = balance.to_server(packet.tcp(request))
  request.dst = first.ip.daddr
  equal(first, packet.tcp(request))
  for _ = 1, 3 do equal(server_of("198.51.100.7", 4000), first.ip.daddr) end
end)

test("answers come from the service", function()
  local _, after = balance.to_client(packet.tcp{ src = "10.0.0.12", dst = "198.51.100.7", sport = 80, dport = 4000 })
  equal(after, packet.tcp{ src = "192.0.2.80", dst = "198.51.100.7", sport = 80, dport = 4000 })
end)

test("each server gets its part", function()
  local connections = {}
  for i = 0, 2999 do
    local server = server_of("198.51.100." .. i % 250, 1024 + i)
    connections[server] = (connections[server] or 0) + 1
  end
  for _, server in ipairs{ "10.0.0.11", "10.0.0.12", "10.0.0.13" } do
    assert(connections[server] > 900 and connections[server] < 1100, server .. ": " .. connections[server])
  end
end)

test("what is not for the service stays as it is", function()
  for _, other in ipairs{ packet.tcp{ dst = "192.0.2.80", dport = 22 }, packet.tcp{ dst = "192.0.2.81" },
                          packet.udp{ dst = "192.0.2.80", dport = 80 } } do
    local _, after = balance.to_server(other)
    equal(after, other)
  end
end)
