-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local http = script("http_header.lua")
local LINE = "X-Via: PacketScript\r\n"
local function payload(p) return p.bytes:sub(55) end	-- behind the headers of Ethernet, IP and TCP
local FIRST, REST = "GET / HTTP/1.1\r\n", "Host: h\r\n\r\n"

local function there(seq, payload, flags)
  local _, after = http.to_server(packet.tcp{ src = "10.0.0.1", sport = 4000, dport = 80, seq = seq, flags = flags or 24, payload = payload })
  return after
end
local function back(ack, options)
  local _, after = http.to_client(packet.tcp{ src = "10.0.0.2", dst = "10.0.0.1", sport = 80, dport = 4000, ack = ack,
                                              flags = 16, options = options })
  return after
end

test("each request gets the line, and what follows is shifted", function()
  there(0xFFFFFFFF, "", 2)
  local after = there(0, FIRST .. REST)
  equal(payload(after), FIRST .. LINE .. REST)
  equal(after.tcp.seq, 0)
  equal(back(#FIRST + #LINE + #REST).tcp.ack, #FIRST + #REST)
  after = there(27, FIRST .. REST)
  equal(payload(after), FIRST .. LINE .. REST)
  equal(after.tcp.seq, 27 + #LINE)
  equal(back(2 * (27 + #LINE)).tcp.ack, 54)
  equal(there(54, "", 17).tcp.seq, 54 + 2 * #LINE)
end)

test("sent again, whole or in other pieces, it is the same", function()
  there(99, "", 2)
  there(100, FIRST .. REST)
  equal(payload(there(100, FIRST .. REST)), FIRST .. LINE .. REST)
  equal(payload(there(100, FIRST:sub(1, 5))), FIRST:sub(1, 5))
  local after = there(105, FIRST:sub(6) .. REST)
  equal(payload(after), FIRST:sub(6) .. LINE .. REST)
  equal(after.tcp.seq, 105)
  after = there(100 + #FIRST, REST)
  equal(payload(after), REST)
  equal(after.tcp.seq, 100 + #FIRST + #LINE)
end)

test("acknowledgements of a part of the line are for what is before it", function()
  there(99, "", 2)
  there(100, FIRST .. REST)
  equal(back(105).tcp.ack, 105)
  equal(back(100 + #FIRST + 3).tcp.ack, 100 + #FIRST)
  equal(back(100 + #FIRST + #LINE).tcp.ack, 100 + #FIRST)
end)

test("selective ones are taken out", function()
  there(99, "", 2)
  equal(back(100, "\1\1\5\10" .. ("x"):rep(8)).tcp.options, ("\1"):rep(12))
end)

test("a connection that was there before passes as it is", function()
  local p = packet.tcp{ sport = 5000, dport = 80, seq = 7, payload = FIRST .. REST }
  local _, after = http.to_server(p)
  equal(after, p)
end)
