-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local filter = script("sni_filter.lua")

-- A ClientHello: RFC 8446, 4.1.2, with the name of RFC 6066, 3.
local function hello(name)
  local names = string.pack(">s2", "\0" .. string.pack(">s2", name))
  local extensions = "\0\0" .. string.pack(">s2", names)
  local body = "\3\3" .. ("r"):rep(32) .. "\0" .. string.pack(">s2", "\x13\1") .. "\1\0" .. string.pack(">s2", extensions)
  local message = "\1\0" .. string.pack(">s2", body)
  return "\x16\3\1" .. string.pack(">s2", message)
end

local function sent(payload)
  return filter.process_packet(packet.tcp{ dport = 443, payload = payload })
end

test("the forbidden name is dropped, and names below it, in letters of any case", function()
  equal(sent(hello("forbidden.example")), NF_DROP)
  equal(sent(hello("www.Forbidden.Example")), NF_DROP)
end)

test("others pass, and what is no ClientHello", function()
  equal(sent(hello("allowed.example")), XT_CONTINUE)
  equal(sent(hello("notforbidden.example")), XT_CONTINUE)
  equal(sent(hello("forbidden.example"):sub(1, 60)), XT_CONTINUE)
  equal(sent("GET / HTTP/1.1\r\nHost: forbidden.example\r\n\r\n"), XT_CONTINUE)
  equal(filter.process_packet(packet.udp{}), XT_CONTINUE)
end)
