-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Handlers for send_test.lua: each sends what the payload of the packet asks for.
local function ipv4(protocol, length, more)
  local b = bytes.new(20)
  local ip = bytes.to_packet(b, packet_ip)
  ip.version, ip.ihl, ip.ttl, ip.protocol, ip.saddr, ip.daddr = 4, 5, 64, protocol, "10.0.0.2", "10.0.0.1"
  for name, value in pairs(more or {}) do ip[name] = value end
  return b, length
end

local function udp(sport, dport) return ("%c%c%c%c\0\0\0\0"):format(sport >> 8, sport & 255, dport >> 8, dport & 255) end
local function tcp(flags) return "\0\80\3\232\0\0\0\1\0\0\0\2" .. ("%c%c"):format(0x50, flags) .. "\255\255\0\0\0\0" end

local function ok(sent, why)
  if why then error(why) end
  if sent ~= true then error("not sent: " .. tostring(sent)) end
  return NF_DROP
end

-- an answer with the packet's own payload, which is neither copied by the script nor joined
function answer(p)
  return ok(nf.send{ ipv4(17), udp(53, 1000), p.udp:data():get():slice(1), "!" })
end

function answer_joined(p)
  return ok(nf.create_packet(nil, ipv4(17) .. udp(53, 1000) .. "hello"))
end

function answer6(p)
  local head = "\x60\0\0\0\0\0\17\x40" .. p.ip6:daddr():to_bytes():string() .. p.ip6:saddr():to_bytes():string()
  return ok(nf.send{ head, udp(53, 1000), "hello" })
end

-- with a checksum that is wrong, lengths that are, and an id
function wrong(p)
  return ok(nf.send{ ipv4(17, nil, { tot_len = 9, id = 77, check = 5 }), "\0\53\3\232\0\1\255\255hello" })
end

function later_fragment(p) return ok(nf.send{ ipv4(17, nil, { frag_off = 1 }), udp(1, 2), "12345678" }) end
function first_fragment(p) return ok(nf.send{ ipv4(17, nil, { flags = 1 }), "\0\53\3\232\1\0\18\52", "12345678" }) end
function udp_segments(p) return ok(nf.send{ ipv4(17), udp(53, 1000), ("abcdefghij"):rep(10), segment = 40 }) end
function tcp_segments(p) return ok(nf.send{ ipv4(6), tcp(0x99), ("abcdefghij"):rep(10), segment = 40 }) end
function one_segment(p) return ok(nf.send{ ipv4(17), udp(53, 1000), "hello", segment = 40 }) end
function frame(p) return ok(nf.send{ "any bytes", dev = "eth9", link = ("\2"):rep(12) .. "\x88\xB5" }) end
function options(p) return ok(nf.send{ ipv4(17), udp(1, 2), mark = 0xFFFFFFFF, priority = 7, dev = "eth0" }) end

-- and those that are no packets
local malformed = {
  nothing = function() nf.send{} end,
  no_table = function() nf.send("\x45") end,
  short = function() nf.send{ "\x45\0\0" } end,
  no_ip = function() nf.send{ ("\0"):rep(40) } end,
  cut = function() nf.send{ ipv4(17):slice(0, 19) } end,
  long_header = function() nf.send{ ipv4(17, nil, { ihl = 6 }) } end,
  short_header = function() nf.send{ ipv4(17, nil, { ihl = 4 }) } end,
  too_long = function() nf.send{ ipv4(17), ("x"):rep(65516) } end,
  far_too_long = function() local x = ("x"):rep(60000) nf.send{ x, x, x, x, x, x } end,
  too_long_array = function() nf.create_packet(nil, bytes.new(65536)) end,
  no_part = function() nf.send{ ipv4(17), 5 } end,
  a_view = function(p) nf.send{ ipv4(17), p } end,
  no_packet = function() nf.create_packet(nil) end,
  no_transport = function() nf.send{ ipv4(99), "12345678", segment = 4 } end,
  fragment_in_segments = function() nf.send{ ipv4(17, nil, { flags = 1 }), udp(1, 2), "12345678", segment = 4 } end,
  no_segment = function() nf.send{ ipv4(17), segment = 0 } end,
  no_mark = function() nf.send{ ipv4(17), mark = -1 } end,
  no_priority = function() nf.send{ ipv4(17), priority = "x" } end,
  unknown = function() nf.send{ ipv4(17), device = "eth0" } end,
  no_name = function() nf.send{ ipv4(17), dev = ("x"):rep(16) } end,
  no_text = function() nf.send{ ipv4(17), dev = "a\0b" } end,
  strange_key = function() nf.send{ ipv4(17), [print] = 1 } end,
  link_alone = function() nf.send{ "x", link = ("x"):rep(14) } end,
  link_of_5 = function() nf.send{ "x", link = 5, dev = "eth0" } end,
  short_link = function() nf.send{ "x", link = ("x"):rep(13), dev = "eth0" } end,
  long_link = function() nf.send{ "x", link = ("x"):rep(65), dev = "eth0" } end,
  segments_of_a_frame = function() nf.send{ "x", link = ("x"):rep(14), dev = "eth0", segment = 1 } end,
}
names = {}
for name in pairs(malformed) do names[#names + 1] = name end

function send_malformed(p)
  local name = p.udp:data():get():string()
  if name == "" then return NF_QUEUE | #names << 16 end
  malformed[name](p)
  return NF_ACCEPT
end

-- the array of a packet that has gone
local kept
function keep(p) kept = p:raw(0, #p):get() return NF_ACCEPT end
function send_kept(p) nf.create_packet(nil, kept) return NF_ACCEPT end

-- what is sent before an error stays sent
function fails_afterwards(p)
  ok(nf.send{ ipv4(17), udp(1, 2) })
  error("afterwards")
end

function many(p)
  local n = 0
  while true do
    local sent, why = nf.send{ ipv4(17), udp(1, 2) }
    if not sent then
      if why ~= "too many packets for one packet (send_each)" then error(why) end
      return NF_QUEUE | n << 16
    end
    n = n + 1
  end
end

function segments_count(p)
  local sent, why = nf.send{ ipv4(17), udp(1, 2), ("x"):rep(65), segment = 1 }
  if sent ~= nil or why ~= "too many packets for one packet (send_each)" then error(why) end
  return ok(nf.send{ ipv4(17), udp(1, 2), ("x"):rep(64), segment = 1 })
end
