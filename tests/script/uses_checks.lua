-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- For checks_test.lua: what the module says, in a state of its own.
local checks = require "checks"

local function same(got, expected, of)
  if got ~= expected then error(tostring(of) .. ": " .. tostring(got) .. ", not " .. tostring(expected), 2) end
end

-- the first and the last address of each range, and those beside it
local kinds = {
  ["0.0.0.0"] = "unspecified", ["0.255.255.255"] = "unspecified", ["1.0.0.0"] = "global",
  ["9.255.255.255"] = "global", ["10.0.0.0"] = "private", ["10.255.255.255"] = "private", ["11.0.0.0"] = "global",
  ["100.63.255.255"] = "global", ["100.64.0.0"] = "shared", ["100.127.255.255"] = "shared", ["100.128.0.0"] = "global",
  ["127.0.0.1"] = "loopback", ["128.0.0.0"] = "global", ["169.253.255.255"] = "global", ["169.254.0.0"] = "link-local",
  ["169.255.0.0"] = "global", ["172.15.255.255"] = "global", ["172.16.0.0"] = "private", ["172.31.255.255"] = "private",
  ["172.32.0.0"] = "global", ["192.0.2.1"] = "documentation", ["192.0.3.0"] = "global", ["192.168.0.0"] = "private",
  ["192.168.255.255"] = "private", ["192.169.0.0"] = "global", ["198.17.255.255"] = "global", ["198.18.0.0"] = "benchmark",
  ["198.19.255.255"] = "benchmark", ["198.20.0.0"] = "global", ["198.51.100.255"] = "documentation",
  ["203.0.113.0"] = "documentation", ["223.255.255.255"] = "global", ["224.0.0.0"] = "multicast",
  ["239.255.255.255"] = "multicast", ["240.0.0.0"] = "reserved", ["255.255.255.254"] = "reserved",
  ["255.255.255.255"] = "broadcast",
  ["::"] = "unspecified", ["::1"] = "loopback", ["::2"] = "global", ["::ffff:10.1.1.1"] = "private",
  ["64:ff9b::808:808"] = "translated", ["2001:db7:ffff::"] = "global", ["2001:db8::1"] = "documentation", ["2001:db9::"] = "global",
  ["2a00::1"] = "global", ["3fff:fff::1"] = "documentation", ["3fff:1000::1"] = "global", ["fbff::"] = "global",
  ["fc00::"] = "private", ["fd12:3456::1"] = "private", ["fe00::"] = "global", ["fe80::1"] = "link-local",
  ["febf:ffff::"] = "link-local", ["fec0::"] = "global", ["ff02::1"] = "multicast",
}

function addresses(p)
  for address, kind in pairs(kinds) do same(checks.address_kind(address), kind, address) end
  local ip = assert(p:data(packet_eth):data(packet_ip))
  same(checks.address_kind(ip.saddr), "private", ip.saddr)
  same(checks.address_kind(ip:saddr():int()), "private", "as an integer")
  same(checks.address_kind(ip:daddr():int()), "global", "as an integer")
  same(checks.is_local(ip.saddr), true, ip.saddr)
  same(checks.is_local(ip.daddr), false, ip.daddr)
  same(checks.is_local("fe80::1"), true, "fe80::1")
  same(checks.is_local("ff02::1"), false, "ff02::1")
  return XT_CONTINUE
end

function ports()
  for port, kind in pairs{ [0] = "system", [1023] = "system", [1024] = "user", [49151] = "user", [49152] = "dynamic", [65535] = "dynamic" } do
    same(checks.port_kind(port), kind, port)
  end
  return XT_CONTINUE
end

local SYN_ACK <const> = 18

function flags()
  same(checks.flags("SYN,ACK"), SYN_ACK, "SYN,ACK")
  same(checks.flags("FIN,SYN,RST,PSH,ACK,URG,ECE,CWR"), 255, "all")
  same(checks.flag_names(SYN_ACK), "SYN,ACK", SYN_ACK)
  same(checks.flag_names(0), "", 0)
  same(checks.flag_names(0xC1), "FIN,ECE,CWR", 0xC1)
  local ok, message = pcall(checks.flags, "SYN,ACQ")
  same(ok, false, "ACQ")
  same(message:match("no TCP flag 'ACQ'"), "no TCP flag 'ACQ'", message)
  return XT_CONTINUE
end

function names()
  for name, domain in pairs{ ["example.com"] = "example.com", ["www.example.com"] = "example.com", ["WWW.Example.COM."] = "example.com",
                             ["a.b.example.com"] = "Example.com.", ["com"] = "" } do
    same(checks.is_within(name, domain), true, name)
  end
  for name, domain in pairs{ ["badexample.com"] = "example.com", ["example.com"] = "www.example.com", ["com"] = "example.com",
                             ["example.com.org"] = "example.com", ["wwwxexample.com"] = ".example.com" } do
    same(checks.is_within(name, domain), false, name)
  end
  return XT_CONTINUE
end

function recent()
  local seen = checks.recent(100)
  for i = 1, 300 do
    seen:set(i, i * 2)
    same(seen:get(i), i * 2, i)
    local j = math.max(1, i - 49) -- of those that were set or read since, there are no more than 100
    same(seen:get(j), j * 2, j)
  end
  same(seen:get(1), nil, "forgotten")
  seen:set(300, nil)
  same(seen:get(300), nil, "taken out")
  local often = checks.recent(10)
  often:set("kept", true)
  for i = 1, 30 do -- what is taken out makes room
    often:set(i, true)
    often:set(i, nil)
  end
  same(often:get("kept"), true, "kept")
  for i = 1, 100 do
    often:set(i, true)
    same(often:get("kept"), true, "read often")
  end
  local n = 0
  for _ in pairs(often.new) do n = n + 1 end
  for _ in pairs(often.old) do n = n + 1 end
  same(n <= 20, true, "bounded")
  return XT_CONTINUE
end
