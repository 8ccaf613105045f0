-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- An address is no integer, and text has to be an address; a field takes no more bits than it has.
-- in: eth / ip6 / udp
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  local function refused(what, f)
    local ok, why = pcall(f)
    assert(not ok and why:find(what, 1, true), why)
  end
  refused("saddr has 128 bits, more than an integer", function() ip:saddr():int() end)
  for _, text in ipairs{ "2001:db8::g", "192.0.2.1", "::1%eth0", "2001:db8::/32", "", 5 } do
    refused("saddr: '" .. text .. "' is not an IPv6 address such as 2001:db8::1", function() ip.saddr = text end)
  end
  refused("string expected", function() ip:daddr():set() end)
  refused("flow: the value does not fit into 20 bits", function() ip.flow = 1 << 20 end)
  refused("is not an IPv4 address", function() p:data(packet_ip).saddr = "::1" end)
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out: same
