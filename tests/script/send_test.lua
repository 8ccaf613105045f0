-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What scripts send by nf.send() and nf.create_packet().
local s = script("send.lua")
local question = packet.udp{ src = "10.0.0.1", dst = "10.0.0.2", sport = 1000, dport = 53, payload = "?hello" }
local question6 = packet.udp{ ip6 = {}, src = "2001:db8::1", dst = "2001:db8::2", sport = 1000, dport = 53, payload = "hello" }

-- what one call sends
local function sent_by(name, p)
  local verdict, after, sent = s[name](p or question)
  equal(verdict, NF_DROP)
  equal(after, p or question)
  return sent
end

local function only(sent)
  equal(#sent, 1)
  return sent[1]
end

local function expected(t)
  t.src, t.dst, t.ttl, t.eth = t.src or "10.0.0.2", t.dst or "10.0.0.1", 64, false
  return t
end

for name, payload in pairs{ answer = "hello!", answer_joined = "hello" } do
  test("lengths, checksums and an id are filled in: " .. name, function()
    local p = only(sent_by(name))
    equal(p.ip.id ~= 0, true)
    equal(p, packet.udp(expected{ sport = 53, dport = 1000, payload = payload, ip = { id = p.ip.id } }))
  end)
end

test("of IPv6, too", function()
  local p = only(sent_by("answer6", question6))
  equal(p, packet.udp{ eth = false, ip6 = { hop_limit = 64 }, src = "2001:db8::2", dst = "2001:db8::1", sport = 53, dport = 1000, payload = "hello" })
end)

test("what is given there is corrected, but for the id", function()
  equal(only(sent_by("wrong")), packet.udp(expected{ sport = 53, dport = 1000, payload = "hello", ip = { id = 77 } }))
end)

test("fragments have no transport's checksum of their own", function()
  equal(only(sent_by("later_fragment")).bytes:sub(21), "\0\1\0\2\0\0\0\0" .. "12345678")
  equal(only(sent_by("first_fragment")).bytes:sub(21), "\0\53\3\232\1\0\18\52" .. "12345678")
end)

test("segments of UDP", function()
  local sent = sent_by("udp_segments")
  equal(#sent, 3)
  for i, payload in ipairs{ ("abcdefghij"):rep(4), ("abcdefghij"):rep(4), ("abcdefghij"):rep(2) } do
    equal(sent[i], packet.udp(expected{ sport = 53, dport = 1000, payload = payload, ip = { id = (sent[1].ip.id + i - 1) & 0xFFFF } }))
  end
end)

test("segments of TCP have sequence numbers, and flags of the first and the last", function()
  local sent = sent_by("tcp_segments")
  equal(#sent, 3)
  for i, flags in ipairs{ 0x90, 0x10, 0x19 } do
    equal(sent[i], packet.tcp(expected{ sport = 80, dport = 1000, seq = 1 + 40 * (i - 1), ack = 2, flags = flags, window_size = 65535,
      payload = ("abcdefghij"):rep(i < 3 and 4 or 2), ip = { id = (sent[1].ip.id + i - 1) & 0xFFFF } }))
  end
end)

test("what fits into one segment is one packet", function()
  local p = only(sent_by("one_segment"))
  equal(p, packet.udp(expected{ sport = 53, dport = 1000, payload = "hello", ip = { id = p.ip.id } }))
end)

test("a frame leaves as it is given", function()
  equal(only(sent_by("frame")).bytes, ("\2"):rep(12) .. "\x88\xB5any bytes")
end)

test("a mark, a priority and a device may be given", function()
  only(sent_by("options"))
end)

local why = {
  nothing = "this is no packet to send: it has 0 bytes",
  no_table = "table expected, got string",
  short = "it has 3 bytes",
  no_ip = "it does not begin with the header of IPv4 or IPv6",
  cut = "its IP header is longer than the packet",
  long_header = "its IP header is longer than the packet",
  short_header = "its IP header is malformed",
  too_long = "it has more than 65535 bytes",
  far_too_long = "it has more than 65535 bytes",
  too_long_array = "it has more than 65535 bytes",
  no_part = "part 2: string, byte array or list of a shared table's bytes expected, got number",
  a_view = "part 2: string, byte array or list of a shared table's bytes expected, got userdata",
  no_packet = "bad argument #2 to 'create_packet' (byte array expected, got no value)",
  no_transport = "segments are made of TCP and UDP only, and of no fragments",
  fragment_in_segments = "segments are made of TCP and UDP only, and of no fragments",
  no_segment = "segment = an integer from 1 to 65535",
  no_mark = "mark = an integer from 0 to 4294967295",
  no_priority = "priority = an integer from 0 to 4294967295",
  link_of_5 = "link = the bytes of an Ethernet header, 14 to 64",
  unknown = "there is no 'device' here: there are dev, link, segment, mark, priority",
  no_name = "dev = the name of a network device, of 1 to 15 characters",
  no_text = "dev = the name of a network device",
  strange_key = "parts are numbered from 1 on, and options have names",
  link_alone = "with link, say by which device it leaves",
  short_link = "link = the bytes of an Ethernet header, 14 to 64",
  long_link = "link = the bytes of an Ethernet header, 14 to 64",
  segments_of_a_frame = "segments are made of packets that are routed, without link",
}

for name, text in pairs(why) do
  test("an error: " .. name, function()
    raises(function() s.send_malformed(packet.udp{ payload = name }) end, text)
  end)
end

test("which are all there are", function()
  local n = 0
  for _ in pairs(why) do n = n + 1 end
  equal((s.send_malformed(packet.udp{ payload = "" })) >> 16, n)
end)

test("an array of a packet that has gone cannot be sent", function()
  s.keep(question)
  raises(function() s.send_kept(question) end, "packet is gone")
end)

test("64 packets may be sent for each packet, segments among them", function()
  for _ = 1, 3 do
    local verdict, _, sent = s.many(question)
    equal(verdict >> 16, 64)
    equal(#sent, 64)
  end
  equal(#sent_by("segments_count"), 64)
end)

test("what was sent before an error stays sent", function()
  raises(function() s.fails_afterwards(question) end, "afterwards")
end)

test("nothing is sent while a script is loaded", function()
  raises(function() script("send_early.lua") end, "send_early.lua:2: packets are sent by functions that are called for packets, not while scripts are loaded or closed")
end)
