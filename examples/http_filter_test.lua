-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local filter = script("http_filter.lua")

local function request(host)
  return packet.tcp{ dport = 80, payload = "GET / HTTP/1.1\r\nAccept: */*\r\nHOST: " .. host .. "\r\n\r\n" }
end

test("by the host, with or without a port", function()
  equal(filter.process_packet(request("forbidden.example")), NF_DROP)
  equal(filter.process_packet(request("Forbidden.Example:80")), NF_DROP)
  equal(filter.process_packet(request("www.example")), XT_CONTINUE)
  equal(filter.process_packet(packet.tcp{ dport = 80 }), XT_CONTINUE)
end)
