-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local filter = script("dns_filter.lua")

local function question(name, flags, count)
  local labels = name:gsub("([^.]+)%.?", function(l) return string.char(#l) .. l end)
  return packet.udp{ dport = 53, payload = "\0\1" .. (flags or "\1\0") .. "\0" .. (count or "\1") .. "\0\0\0\0\0\0" .. labels .. "\0\0\1\0\1" }
end

test("names below a blocked one are dropped, in letters of any case", function()
  equal(filter.process_packet(question("example.org")), NF_DROP)
  equal(filter.process_packet(question("WWW.Example.ORG")), NF_DROP)
  equal(filter.process_packet(question("a.b.tracker.test")), NF_DROP)
end)

test("so is a message that says it has another question behind the first", function()
  equal(filter.process_packet(question("example.net", nil, "\2")), NF_DROP)
end)

test("others pass, as do answers and what is no DNS", function()
  equal(filter.process_packet(question("myexample.org")), XT_CONTINUE)
  equal(filter.process_packet(question("example.org.net")), XT_CONTINUE)
  equal(filter.process_packet(question("example.org", "\x81\0")), XT_CONTINUE)
  equal(filter.process_packet(packet.udp{ dport = 53, payload = "short" }), XT_CONTINUE)
  equal(filter.process_packet(packet.tcp{}), XT_CONTINUE)
end)
