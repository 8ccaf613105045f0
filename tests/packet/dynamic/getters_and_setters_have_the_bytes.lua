-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Getters and setters of a protocol over UDP get a byte array over the field, and checksums follow what setters do.
-- in: eth / ip / udp / hex a1 0102 00000007 ff / text hello
-- in: eth / ip / udp check=0 / hex a1 0102 00000007 ff / text hello
-- in: eth / ip6 / udp / hex a1 0102 00000007 ff / text hello
-- in: eth / ip / udp / hex a1 0102 00000007
function u16(a) return a[0] << 8 | a[1] end
function set_u16(a, v) a[0] = v >> 8 a[1] = v & 255 end

register_dynamic_protbuf {
  name = "packet_msg",
  payload_field = "body",
  protocol_fields = {
    { "version", 0, 4 },
    { "kind", 4, 4, function(a) return "kind " .. (a[0] & 15) end, function(a, v) a[0] = a[0] & 0xF0 | v end },
    { "length", 8, 16, "u16", "set_u16" },
    { "sequence", 24, 32 },
    { "flags", 56, 8 },
    { "body", 64, 0 },
  },
  has_protocol = function() return false end,
}

function process_packet(p)
  local udp = p:data(packet_eth):data(packet_ip) or p:data(packet_eth):data(packet_ip6)
  udp = udp:data(packet_udp)
  local msg = udp:data(packet_msg)
  if not msg then return NF_DROP end
  assert(tostring(msg) == "packet_msg offset " .. udp:get_offset() + 8 .. " length 13")
  assert(msg.version == 10 and msg:version():int() == 10 and msg.kind == "kind 1" and msg:kind():get() == "kind 1")
  assert(msg.length == 0x102 and msg:length():get() == 0x102 and msg:length():int() == 0x102)
  assert(tostring(msg.sequence) == "00000007" and msg:sequence():int() == 7 and #msg:sequence() == 4)
  assert(msg:body():to_bytes():string() == "hello" and msg:data():get():string() == "hello")
  assert(msg[0] == 0xa1 and msg[12] == 0x6f and msg[13] == nil and msg[-1] == nil)
  msg.version = 5
  msg.kind = 2
  msg:length():set(0xabcd)
  msg.sequence = "\1\2\3\4"
  msg.flags = 0x80
  assert(msg.kind == "kind 2" and msg.version == 5 and msg.length == 0xabcd)
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- verdict 4: NF_DROP
-- out 1: eth / ip / udp / hex 52 abcd 01020304 80 / text hello
-- out 2: eth / ip / udp check=0 / hex 52 abcd 01020304 80 / text hello
-- out 3: eth / ip6 / udp / hex 52 abcd 01020304 80 / text hello
