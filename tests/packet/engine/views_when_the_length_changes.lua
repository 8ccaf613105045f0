-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- When a packet gets another length, headers and payloads are where they were; other ranges, and arrays, are gone.
-- in: eth / ip / udp / text hello
local function gone(what, ...)
  local ok, message = pcall(what, ...)
  assert(not ok and tostring(message):find("another length since", 1, true), message)
end

local kept

function process_packet(p)
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_ip)
  local udp = ip:data(packet_udp)
  local payload, again, of_ip = udp:data(), udp:data(), ip:data()
  local range, all, ttl, text = p:raw(0, 14), p:data(), ip:ttl(), payload:get()
  local inner = payload:data(packet_udp)
  local copy = payload:to_bytes()
  kept = text
  payload:set("good morning, world")
  assert(inner == nil)
  assert(#payload == 19 and #again == 19 and #of_ip == 27 and #eth == 61 and #ip == 47 and #udp == 27 and #p == 61)
  assert(again:get():string() == "good morning, world" and copy:string() == "hello")
  assert(ttl:get() == ip.ttl and eth:data(packet_ip):data(packet_udp).length == 27)
  gone(function() return #range end)
  gone(function() return all:get() end)
  gone(function() return text:string() end)
  gone(function() return text[0] end)
  gone(function() text[0] = 1 end)
  gone(function() return #text end)
  local new = again:get()
  again:write("G")
  assert(new[0] == 71)
  local dns = again:data(packet_udp)
  assert(dns.length == 0x206D)
  payload:set("")
  gone(function() return new[0] end)
  assert(not pcall(function() return #dns end), "a header that was replaced is gone")
  assert(again:data(packet_udp) == nil and #again == 0)
  payload:set(copy)
  ip.ttl = 9
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out: eth / ip ttl=9 / udp / text hello
