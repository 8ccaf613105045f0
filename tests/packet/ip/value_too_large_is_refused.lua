-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- One more than the highest value, and -1, are refused for each field of the IPv4 header; nothing changes.
-- in: eth / ip / udp
local widths = {version = 4, ihl = 4, tos = 8, tot_len = 16, id = 16, flags = 3, frag_off = 13, ttl = 8, protocol = 8,
  check = 16, saddr = 32, daddr = 32}
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local before = ip:to_bytes()
  for name, width in pairs(widths) do
    for _, value in ipairs{1 << width, -1, math.mininteger, math.maxinteger} do
      local ok, message = pcall(function() ip[name] = value end)
      local expected = name .. ": the value does not fit into " .. width .. " bits"
      assert(not ok and message:sub(-#expected) == expected, message)
    end
  end
  assert(ip:to_bytes() == before)
  ip:ttl():set(256)
end

-- verdict: error value_too_large_is_refused.lua:17: ttl: the value does not fit into 8 bits
