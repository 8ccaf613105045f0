-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- An address under twelve headers is written 20,000 times without a jump or call in between.
local n, line = 0, ("ip.saddr = 5 ip.saddr = 0xFFFFFFFF "):rep(250)
local straight = assert(load(function()
  n = n + 1
  return n == 1 and "local ip = ... " or n < 120 and line or nil
end))
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local header = ip:raw(0, 20):get():string()
  header = header:sub(1, 9) .. "\4" .. header:sub(11)
  local all = p:raw(14, 400)
  for i = 0, 12 do
    local b = all:get()
    for j = 1, 20 do b[20 * i + j - 1] = header:byte(j) end
  end
  for i = 1, 12 do
    local inner = ip:data(packet_ip)
    if not inner then break end
    ip = inner
  end
  straight(ip)
  return XT_CONTINUE
end
