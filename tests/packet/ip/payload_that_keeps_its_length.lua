-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What cannot be replaced raises and stays as it was: fragments, what was cut, headers that others count on, ranges.
-- in: eth / ip flags=1 / udp / text abcdefgh
-- in: eth / ip frag_off=1 / udp / text abcdefgh
-- in: eth / ip / udp / text abcdefgh / cut 40
-- in: eth / ip tot_len=0 / udp / text abcdefgh
-- in: eth / ip / udp / text abcdefgh
-- in: eth / ip6 nexthdr=44 extensions=11_00_00_01_00_00_00_07 / udp / text abcdefgh
-- in: eth / ip / icmp type=3 / ip tot_len=100 / udp length=80 / text abcdefgh
local function fails(why, what, ...)
  local ok, message = pcall(what, ...)
  assert(not ok and tostring(message):find(why, 1, true), message)
end

local n = 0

function process_packet(p)
  n = n + 1
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_ip) or eth:data(packet_ip6)
  local set = p.set
  if n == 7 then
    local quoted = ip:data(packet_icmp):data(packet_ip):data(packet_udp):data()
    fails("another fragment, or was not captured", set, quoted, "longer than it was")
    return XT_CONTINUE
  end
  fails("the network header is in it", set, eth:data(), "x")
  local udp = ip:data(packet_udp)
  if n == 4 then
    fails("does not say how long it is", set, ip:data(), "x")
  elseif n == 5 then
    fails("not a byte", set, p, "x")
    fails("not a byte", set, p:data(), "x")
    fails("not a byte", set, p:raw(42, 8), "x")
    fails("not a byte", set, udp, "x")
    fails("not a byte", set, udp:data():raw(0, 2), "x")
    fails("70000 bytes do not fit", set, udp:data(), ("x"):rep(70000))
    fails("65508 bytes do not fit", set, udp:data(), ("x"):rep(65508))
    fails("string or byte array expected", set, udp:data(), {})
    fails("string or byte array expected", set, udp:data())
  else
    fails("another fragment, or was not captured", set, udp and udp:data() or ip:data(), "x")
  end
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out: same
