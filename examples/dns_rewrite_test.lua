-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local rewrite = script("dns_rewrite.lua")

local OLD, NEW = "\3old\7example\0", "\10a-new-name\7example\3net\0"
local RECORD = "\xc0\x0c\0\1\0\1\0\0\0\60\0\4\10\0\0\7"

local function dns(flags, name, records)
  return "\0\1" .. flags .. "\0\1" .. (records and "\0\1" or "\0\0") .. "\0\0\0\0" .. name .. "\0\1\0\1" .. (records or "")
end

test("the old name is asked for as the new one", function()
  local verdict, after = rewrite.question(packet.udp{ dport = 53, payload = dns("\1\0", OLD) })
  equal(verdict, XT_CONTINUE)
  equal(after, packet.udp{ dport = 53, payload = dns("\1\0", NEW) })
end)

test("and the answer is for the old one", function()
  local _, after = rewrite.answer(packet.udp{ sport = 53, payload = dns("\x81\x80", NEW, RECORD) })
  equal(after, packet.udp{ sport = 53, payload = dns("\x81\x80", OLD, RECORD) })
end)

test("other names stay", function()
  local other = packet.udp{ dport = 53, payload = dns("\1\0", "\5other\0") }
  local _, after = rewrite.question(other)
  equal(after, other)
end)
