-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What functions of the library are given, and what comes of them.
local spare = bytes.new(4)
local text = bytes.new_from_string(5)

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return XT_CONTINUE end
  local a = bytes.new("four")
  local b = bytes.new()
  local c = bytes.new(ip.saddr)
  local d = bytes.new("4")
  local e = bytes.new(#p, 7)
  local f = bytes.new_from_string({ 1 })
  local g = bytes.new_from_string(p:get())
  local h = bytes.many_to_one(a, b)
  local i = bytes.many_to_one{ a, "text", b }
  i[0] = 256
  i:text()
  i.size()
  i:string(1, 2, 3) i:find(1) i:u16("x") i:slice(nil, "y")
  bytes.news(1)
  if i == "text" or d:string() == "text" then spare[0] = ip.ttl end
  return bytes.new(ip.ttl) .. "x" == text and NF_DROP or NF_ACCEPT
end
