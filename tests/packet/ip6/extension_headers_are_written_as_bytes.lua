-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- :write() does not change what says how far extension headers go; what is behind them follows.
-- in: eth / ip6 nexthdr=0 extensions=1100050200000000 / udp / text abcd
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  local function refused(bytes, at)
    local ok, why = pcall(ip.write, ip, bytes, at)
    assert(not ok and why:find("how long", 1, true), why)
  end
  refused("\17", 6)
  refused("\6", 40)
  refused("\1", 41)
  refused("\0\9", 4)
  ip:write("\17\0", 40)                -- as it is
  ip:write("\x20\1\x0d\xb8", 8)
  ip:write("AB", 56)
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out: eth / ip6 nexthdr=0 extensions=1100050200000000 saddr=2001:db8::1 / udp / text ABcd
