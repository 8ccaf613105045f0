-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What a script finds: protocols, verdicts, the state's number, and no library that could reach outside.
-- in: eth / ip / udp
function process_packet(p)
  assert(packet_raw == 0 and supported_protocols[packet_ip] == "packet_ip" and supported_protocols[packet_udp] == "packet_udp")
  assert(NF_DROP == 0 and NF_ACCEPT == 1 and NF_STOLEN == 2 and NF_QUEUE == 3 and NF_REPEAT == 4)
  assert(XT_CONTINUE == 0xFFFFFFFF and XT_RETURN == -5 and STATE_ID == 0 and IS_INTERRUPT == true)
  assert(not io and not os and not debug and not package and not dofile and not loadfile and not warn)
  assert(string and table and coroutine and utf8 and math and bytes and print and _VERSION == "Lua 5.4")
  assert(math.pi == nil and math.sqrt == nil and math.randomseed == nil and math.random(1, 1) == 1)
  local names = {}
  for name in pairs(_G) do names[#names + 1] = name end
  assert(load("return NF_ACCEPT + packet_ip")() == 1 + packet_ip)
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: same
