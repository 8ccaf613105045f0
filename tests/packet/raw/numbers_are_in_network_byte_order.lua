-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Numbers of 16, 32 and 64 bits in byte arrays: at any place, in one that is the packet, a part of it, or neither. Writing one of the packet
-- changes nothing but these bytes.
-- in 7 times: eth / ip / udp / hex 0123456789abcdef
-- not with partial checksums: it writes bytes, and leaves the checksum
function process_packet(p)
  local data = p:data(packet_eth):data(packet_ip):data(packet_udp):data()
  for _, a in ipairs{ data:get(), data:to_bytes(), p:get():slice(#p - 8), bytes.new(1) .. data:get() .. "x" } do
    if #a == 10 then a = a:slice(1, 8) end
    assert(a:u16(0) == 0x0123 and a:u16(1) == 0x2345 and a:u16(6) == 0xcdef and a:u32(0) == 0x01234567 and a:u32(4) == 0x89abcdef)
    assert(a:u16(7) == nil and a:u16(-1) == nil and a:u32(5) == nil and a:u32(math.maxinteger) == nil and a:u16(1 << 32) == nil)
    assert(a:u16(math.mininteger) == nil and bytes.new(1):u16(0) == nil and bytes.new(0):u32(0) == nil)
    assert(a:u16(1, 0xfffe) == 0xfffe and a:u16(0) == 0x01ff and a[3] == 0x67 and a:u32(1) == 0xfffe6789)
    assert(a:u32(4, 0) == 0 and a:u32(4, 0xffffffff) == 0xffffffff and a:u32(3) == 0x67ffffff)
    assert(a:u64(0, 0x0123456789abcdef) == 0x0123456789abcdef and a:u64(0) == 0x0123456789abcdef and a:u64(1) == nil and a:u64(-1) == nil)
    assert(a:u64(0, -2) == -2 and a:u64(0) == -2 and a[0] == 255 and a:u32(4) == 0xfffffffe and a:u64(0, math.mininteger) and a[0] == 128 and a:u32(4) == 0)
    assert(a:u64(math.maxinteger) == nil and bytes.new(7):u64(0) == nil)
    a:u64(0, 0x0123456789abcdef)
  end
  n = (n or 0) + 1
  local a = data:get()
  if n == 1 then a:u16(7, 1) end
  if n == 2 then a:u32(0, 1 << 32) end
  if n == 3 then a:u16(0, -1) end
  if n == 4 then a:u16(0, nil) end
  if n == 5 then a:u16(0, 65536) end
  if n == 6 then a:u64(1, 1) end
  a:u16(0, 0x4142)
  data:get():u32(4, 0x43444546)
  return NF_ACCEPT
end

-- verdict 1: error numbers_are_in_network_byte_order.lua:22: 2 bytes from 7 on are not all within a byte array of 8 bytes
-- verdict 2: error numbers_are_in_network_byte_order.lua:23: 4294967296 does not fit into 32 bits
-- verdict 3: error numbers_are_in_network_byte_order.lua:24: -1 does not fit into 16 bits
-- verdict 4: error numbers_are_in_network_byte_order.lua:25: bad argument #2 to 'u16' (number expected, got nil)
-- verdict 5: error numbers_are_in_network_byte_order.lua:26: 65536 does not fit into 16 bits
-- verdict 6: error numbers_are_in_network_byte_order.lua:27: 8 bytes from 1 on are not all within a byte array of 8 bytes
-- verdict 7: NF_ACCEPT
-- out 7: eth / ip / udp check=0x32a6 / hex 4142456743444546
-- wrong checksums: 1
