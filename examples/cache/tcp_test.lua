-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What services seldom do (anything.lua), connections that a script begins, and segments at random.
local FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
local HERE, THERE = "10.0.0.1", "10.0.0.9"
local service

local function segment(flags, more)
  local t = { src = THERE, dst = HERE, sport = 80, dport = 5555, flags = flags, seq = 500, ack = 0, window_size = 65535, payload = "" }
  for k, v in pairs(more or {}) do t[k] = v end
  return packet.tcp(t)
end
local function give(flags, more)
  local _, _, sent = service.process_packet(segment(flags, more))
  return sent
end
local function begin(port)
  local _, _, sent = service.begin(packet.tcp{ sport = port, dport = 1 })
  return sent
end
local function act(n)
  local _, _, sent = service.act(packet.tcp{ sport = n, dport = 1 })
  return sent
end
local function is_empty() return (service.is_empty(packet.tcp{})) == NF_DROP end

local state = 0
local function check(name, f)
  test(name, function()
    state = state + 1
    service = script("anything.lua", { memory = "16M", state = state })
    f()
  end)
end

-- opens a connection to a service, and returns the sequence number that it expects
local function open(port, options)
  local s = give(SYN, { dport = port, options = options })[1].tcp
  local sent = give(ACK, { dport = port, seq = 501, ack = s.seq + 1, options = options })
  return s.seq + 1, sent
end

check("who closes while both open at once closes when it is open", function()
  equal(begin(5555)[1].tcp.flags, SYN)
  local s = give(SYN)[1].tcp
  equal(s.flags, SYN | ACK)
  equal(#act(1), 0)
  local _, again = clock.advance(3000)
  equal(again[1].tcp.flags, SYN | ACK)
  local last = give(ACK, { seq = 501, ack = s.seq + 1 })
  equal(last[#last].tcp.flags, FIN | ACK)
  give(RST, { seq = 501 })
  equal(is_empty(), true)
end)

check("the port of a connection that a script began is no service", function()
  local iss = begin(5555)[1].tcp.seq
  give(SYN | ACK, { ack = iss + 1 })
  local last = act(1)
  local sent = last[#last]
  local ack = sent.tcp.seq + #sent.payload + 1
  give(FIN | ACK, { seq = 501, ack = ack })
  local answer = give(SYN, { seq = 100000 })
  equal(answer[1].tcp.flags, ACK)
  clock.advance(60000)
  equal(is_empty(), true)
end)

check("a SYN is sent for three minutes (RFC 9293, MUST-23)", function()
  begin(5555)
  local seconds = 0
  while counter(service, "timed_out") == 0 and seconds < 1000 do
    clock.advance(1000)
    seconds = seconds + 1
  end
  equal(seconds >= 180, true)
  equal(seconds < 240, true)
  equal(is_empty(), true)
end)

check("nobody is asked at what is no host's address", function()
  local verdict, _, sent = service.to_nobody(packet.tcp{})
  equal(verdict, NF_DROP)
  equal(#sent, 0)
end)

check("what a script has given may fail when it is sent again", function()
  open(21)
  raises(function() clock.advance(1000) end, "broken")
  equal(counter(service, "error"), 1)
  equal(is_empty(), true)
end)

check("what gives bytes may make another connection send meanwhile", function()
  local other = give(SYN, { sport = 90, dport = 27 })[1].tcp.seq + 1
  give(ACK, { sport = 90, dport = 27, seq = 501, ack = other })
  local mine, bulk = open(28, "\2\4\5\xb4")
  local texts, n = 0, 0
  for _, p in ipairs(bulk) do
    if p.tcp.dport == 90 then
      equal(p.tcp.sport, 27)
      equal(p.tcp.seq, other + 12 * texts)
      equal(p.payload, "of the other")
      texts = texts + 1
    else
      equal(p.tcp.sport, 28)
      equal(p.tcp.seq, mine + n)
      equal(p.payload, ("\0"):rep(#p.payload))
      n = n + #p.payload
    end
  end
  equal(n, 1000)
  equal(texts > 0, true)
  give(RST, { dport = 28, seq = 501 })
  give(RST, { sport = 90, dport = 27, seq = 501 })
  equal(is_empty(), true)
end)

check("what does not fit into a header is an error", function()
  begin(5555)
  raises(function() act(6) end, "a window has 0 to 65535 bytes, not 65536")
  raises(function() act(7) end, "a window has 0 to 65535 bytes, not -1")
  raises(function() act(8) end, "mss is 88 to 65495, not 70000")
  act(2)
  equal(is_empty(), true)
end)

check("what a script has given may be gone when it is sent again", function()
  open(22)
  local _, sent = clock.advance(1000)
  equal(#sent, 1)
  equal(sent[1].tcp.flags, RST | ACK)
  equal(counter(service, "what_was_to_be_sent_is_gone"), 1)
  equal(is_empty(), true)
end)

local function released()
  local n = {}
  for i, name in ipairs{ "first", "nothing", "second", "third" } do n[i] = counter(service, "released_" .. name) or 0 end
  return table.concat(n, " ")
end

check("parts with a head arrive whole, and each is let go once", function()
  local iss, sent = open(34)
  local text = ""
  for _, p in ipairs(sent) do text = text .. p.payload end
  equal(text, "head 0123456789x234only a head")
  equal(released(), "0 1 0 0")
  give(ACK, { dport = 34, seq = 501, ack = iss + 7 }) -- some of the first one
  equal(released(), "0 1 0 0")
  clock.advance(1000)
  give(ACK, { dport = 34, seq = 501, ack = iss + 19 })
  equal(released(), "1 1 1 0")
  give(RST, { dport = 34, seq = 501 })
  equal(released(), "1 1 1 1")
  equal(is_empty(), true)
end)

check("what is lost is sent again from the middle of a head", function()
  local iss = open(34)
  give(ACK, { dport = 34, seq = 501, ack = iss + 2 })
  local _, sent = clock.advance(1000)
  equal(sent[1].payload, "ad 0123456789x234only a head")
  give(ACK, { dport = 34, seq = 501, ack = iss + 8 })
  _, sent = clock.advance(2000)
  equal(sent[1].payload, "3456789x234only a head")
  give(RST, { dport = 34, seq = 501 })
  equal(released(), "1 1 1 1")
end)

check("an error where parts are let go leaves the others for later", function()
  local iss = open(34)
  give(PSH | ACK, { dport = 34, seq = 501, ack = iss, payload = "fail" })
  raises(function() give(ACK, { dport = 34, seq = 505, ack = iss + 19 }) end, "as it was asked to")
  local once = released()
  equal(once == "1 1 0 0" or once == "0 1 1 0", true)
  give(ACK, { dport = 34, seq = 505, ack = iss + 30 })
  equal(released(), "1 1 1 1")
  give(RST, { dport = 34, seq = 505 })
  equal(released(), "1 1 1 1")
  equal(is_empty(), true)
end)

check("where there is no memory for a timer no connection begins, and one that there is ends", function()
  local function fill(n) service.fill(packet.tcp{ sport = n, dport = 1 }) end
  fill(1)
  raises(function() give(SYN, { dport = 7 }) end, "no memory")
  raises(function() begin(5555) end, "no memory")
  equal(is_empty(), true)
  fill(0)
  open(7)
  fill(1)
  clock.advance(10000)
  equal(counter(service, "no_memory"), 1)
  equal(is_empty(), true)
end)

check("so many connections that have ended are known as there may be", function()
  local function ends_again(port, seq, ack) return give(FIN | ACK, { sport = port, dport = 25, seq = seq, ack = ack })[1].tcp.flags end
  local last = {}
  for port = 1, 20 do
    local s = give(SYN, { sport = port, dport = 25 })[1].tcp
    equal(give(ACK, { sport = port, dport = 25, seq = 501, ack = s.seq + 1 })[1].tcp.flags, FIN | ACK)
    last[port] = s.seq + 2
    give(FIN | ACK, { sport = port, dport = 25, seq = 501, ack = last[port] })
  end
  local n = 0
  for port = 1, 20 do if ends_again(port, 501, last[port]) == ACK then n = n + 1 end end
  equal(n, 8)
  clock.advance(60000)
  equal(is_empty(), true)
end)

check("timestamps say nothing after 24 days (RFC 7323, 5.5)", function()
  local day = 86400 * 1000
  local function stamp(n) return "\1\1\8\10" .. string.pack(">I4I4", n & 0xffffffff, 0) end
  local ack = open(23, stamp(100))
  clock.advance(23 * day)
  local function word(n) return give(PSH | ACK, { dport = 23, seq = 501, ack = ack, payload = "word", options = stamp(n) })[1].payload end
  equal(word(100 + 26 * day), "")
  clock.advance(3 * day)
  equal(word(100 + 26 * day), "word")
end)

-- Numbers at random, always the same ones
local seed = 99
local function random(n)
  seed = seed * 6364136223846793005 + 1442695040888963407
  return (seed >> 33) % n
end
local function one_of(list) return list[random(#list) + 1] end

local FLAGS <const> = {
  ACK, ACK, ACK, ACK, ACK, ACK, PSH | ACK, PSH | ACK, PSH | ACK, FIN | ACK, SYN, SYN, SYN | ACK, RST, RST | ACK, 0, FIN, SYN | FIN, FIN | PSH | ACK,
}
local OFFSETS <const> = { 0, 0, 0, 0, 0, 0, 0, 0, 1, -1, 5, -5, 1460, 65534, 65535, -65535, 1 << 31 }
local ACKED <const> = { 0, 0, 0, 0, 0, 0, 0, 0, -1, 1, -1460, -3000, 1 << 31 }
local LENGTHS <const> = { 0, 0, 0, 1, 3, 6, 7, 8, 9, 10, 100, 1460 }
local WINDOWS <const> = { 0, 1, 100, 5000, 65535, 65535 }

local ends = {} -- of connections by the ports, where they are in the sequences
local function note(sent)
  for _, s in ipairs(sent) do
    local key = s.tcp.sport << 16 | s.tcp.dport
    local e = ends[key] or {}
    ends[key] = e
    e.seq, e.ack = s.tcp.seq + #s.payload + (s.tcp.flags & FIN) + (s.tcp.flags >> 1 & 1), s.tcp.ack
    if not e.max or e.seq - e.max & 0xffffffff < 0x80000000 then e.max = e.seq end
  end
end
local function at_random()
  local is_ours = random(3) == 0
  local here, there = is_ours and 5000 + random(4) or one_of{ 7, 19 }, is_ours and 80 or 1000 + random(12)
  local e = ends[here << 16 | there] or { seq = 0, ack = 0, max = 0 }
  local seq, ack = e.ack + one_of(OFFSETS), one_of{ e.seq, e.max } + one_of(ACKED)
  return give(one_of(FLAGS), {
    sport = there, dport = here, seq = seq & 0xffffffff, ack = ack & 0xffffffff, window_size = one_of(WINDOWS), payload = ("x"):rep(one_of(LENGTHS)),
    options = one_of{ "", "", "\2\4\5\xb4", "\2\4\0\0", "\1\1\8\10\0\0\0" .. string.char(random(256)) .. "\0\0\0\0", "\3\3\14\1" },
  })
end

check("segments at random raise nothing, and leave nothing", function()
  for _ = 1, 8000 do
    local what = random(100)
    if what < 5 then
      local _, sent = clock.advance(one_of{ 1, 10, 200, 1000, 3000, 61000 })
      note(sent)
    elseif what < 9 then
      note(begin(5000 + random(4)))
    elseif what < 13 then
      note(act(random(5) + 1))
    else
      note(at_random())
    end
  end
  for _ = 1, 100 do clock.advance(10000) end
  equal(is_empty(), true)
  for _, why in ipairs{ "closed", "reset", "refused", "timed_out", "aborted" } do equal(counter(service, why) > 5, true) end
end)
