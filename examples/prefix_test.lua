-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local prefix = script("prefix.lua")

for _, name in ipairs{ "udp", "tcp", "icmp6" } do
  test(name .. " goes out with the other prefix, and an answer comes back", function()
    local _, out = prefix.outgoing(packet[name]{ ip6 = { saddr = "fd00:1:2:3::77", daddr = "2001:db8::1" }, payload = "x" })
    equal(out, packet[name]{ ip6 = { saddr = "2001:db8:4:5::77", daddr = "2001:db8::1" }, payload = "x" })
    local _, back = prefix.incoming(packet[name]{ ip6 = { saddr = "2001:db8::1", daddr = "2001:db8:4:5::77" } })
    equal(back, packet[name]{ ip6 = { saddr = "2001:db8::1", daddr = "fd00:1:2:3::77" } })
  end)
end

test("other addresses and IPv4 stay as they are", function()
  for _, other in ipairs{ packet.udp{ ip6 = { saddr = "fd00:1:2:4::77" } }, packet.udp{} } do
    local verdict, after = prefix.outgoing(other)
    equal(verdict, XT_CONTINUE)
    equal(after, other)
  end
end)
