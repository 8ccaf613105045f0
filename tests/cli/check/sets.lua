-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local s, n = set.new{ "10.0.0.0/8" }, set.names("example.com")
local t = set.news{}
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local mine = set.new{ "::/0" }
  if not ip or s:has(ip:saddr()) or mine:has(ip.daddr) or mine:hass("x") then return NF_DROP end
  mine:has(ip:data():get())
  mine.has()
  return n:has("x") and NF_DROP or NF_ACCEPT
end
