-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Byte arrays: equality, joining with each other and with strings, text; of the packet and of their own.
-- in: eth / ip / udp / text abcabc
function process_packet(p)
  local data = p:data(packet_eth):data(packet_ip):data(packet_udp):data()
  local a, b = data:raw(0, 3):get(), data:raw(3, 3):get()
  assert(a == b and a ~= data:get() and a == a:string() .. bytes.new(0) and a ~= "abc")
  b[2] = 0x64
  assert(a ~= b and a == data:raw(0, 3):to_bytes())
  local joined = a .. b .. "!" .. ""
  assert(joined:string() == "abcabd!" and ("x" .. a):string() == "xabc" and tostring(a .. b) == "616263616264")
  local z = bytes.new(3)
  assert(z == bytes.new(3) and #z == 3 and z[2] == 0 and #bytes.new(0) == 0)
  local s = bytes.new_from_string("ab")
  assert(#s == 3 and s[2] == 0 and s == bytes.many_to_one{"ab", bytes.new(1)})
  assert(bytes.many_to_one{a, "-", b, s}:string() == "abc-abdab\0" and #bytes.many_to_one{} == 0)
  error(tostring(bytes.many_to_one{a, b, z}), 0)
end

-- verdict: error 616263616264000000
