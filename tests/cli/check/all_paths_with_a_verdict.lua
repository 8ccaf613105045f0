-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local function fail(why) error(why .. "!") end
function lost() fail("lost") end
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then fail("no IP") end
  for i = 1, 3 do if ip.ttl == i then return NF_DROP end end
  if ip.ttl == 4 then lost() end
  if ip.ttl == 5 then
    return XT_CONTINUE
  elseif ip.ttl == 6 then
    assert(false, "six")
  elseif ip.ttl == 7 then
    error("seven")
  elseif ip.ttl == 9 then
    fail("nine")
  elseif ip.ttl == 10 then
    lost()
  else
    while true do
      if ip.ttl == 8 then return NF_DROP end
    end
  end
end
