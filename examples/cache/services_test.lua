-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
local MSS, WINDOW = 1460, 65535
local services = script("services.lua", { memory = "16M" })
local port = 40000

-- A peer: what it sends, and what comes back
local peer = {}
peer.__index = peer
local function new_peer(t)
  port = port + 1
  t = t or {}
  t.port, t.iss = port, t.iss or 1000
  t.snd, t.rcv = t.iss, 0
  return setmetatable(t, peer)
end
-- gives a segment to the script; sequence numbers go on by themselves unless more says so
function peer:give(flags, payload, more)
  local t = { src = "10.0.0.9", dst = "10.0.0.1", sport = self.port, dport = self.service or 7, flags = flags, seq = self.snd & 0xffffffff, ack = self.rcv & 0xffffffff,
              window_size = self.window or WINDOW, payload = payload or "" }
  for k, v in pairs(more or {}) do t[k] = v end
  local verdict, _, sent = (self.to or services).process_packet(packet.tcp(t))
  equal(verdict, NF_DROP)
  return sent
end
function peer:send(payload, flags, more)
  local sent = self:give(flags or PSH | ACK, payload, more)
  self.snd = self.snd + #payload + ((flags or 0) & FIN)
  return self:take(sent)
end
-- takes what came in order: its bytes, and the flags of the last
function peer:take(sent)
  local text, flags = "", 0
  for _, s in ipairs(sent) do
    flags = s.tcp.flags
    if s.tcp.seq == self.rcv & 0xffffffff then
      text = text .. s.payload
      self.rcv = self.rcv + #s.payload + (flags & FIN)
    end
  end
  return text, flags, #sent
end
-- what the peer gets while time passes
function peer:wait(ms)
  local _, sent = clock.advance(ms)
  local own = {}
  for _, s in ipairs(sent) do if s.tcp.dport == self.port then own[#own + 1] = s end end
  return own
end
local function open(t, options)
  local c = new_peer(t)
  local sent = c:give(SYN, "", { ack = 0, options = options or "\2\4\5\xb4" })
  equal(#sent, 1)
  local s = sent[1].tcp
  equal(s.flags, SYN | ACK)
  equal(s.ack, c.iss + 1 & 0xffffffff)
  c.snd, c.rcv, c.first = c.iss + 1, s.seq + 1, sent[1]
  c.opened = c:give(ACK)
  return c
end

test("a connection is opened, answers, and is closed by the peer", function()
  local c = open()
  equal(c.first.tcp.mss, MSS)
  local text, flags, n = c:send("hello")
  equal(text, "hello")
  equal(flags, PSH | ACK)
  equal(n, 1)
  equal(#c:give(ACK), 0)
  local _, last = c:send("", FIN | ACK)
  equal(last, FIN | ACK)
  equal(#c:give(ACK), 0)
  equal(c:give(ACK)[1].tcp.flags, RST) -- nobody knows it any more
end)

test("options are answered as they came", function()
  local stamps = "\1\1\8\10\0\0\0\100\0\0\0\0"
  local c = open({}, "\2\4\5\xb4" .. "\1\3\3\7" .. stamps)
  equal(c.first.tcp.options:byte(1, 4), 1)
  equal(c.first.bytes:sub(-12, -9), "\0\0\0\100")
  equal(c.first.bytes:sub(-3, -1), "\3\3\0")
  equal(c.first.bytes:sub(41, 44), "\1\1\8\10")
  c = open()
  equal(c.first.bytes:sub(41, 52), ("\1"):rep(12))
  equal(c.first.bytes:sub(57, 60), ("\1"):rep(4))
end)

test("sequence numbers wrap", function()
  local c = open{ iss = 0xfffffff0 }
  for i = 1, 10 do equal((c:send(("x"):rep(7))), ("x"):rep(7)) end
  c = open{ iss = 0xfffffffa }
  local first = c.snd
  equal(#c:give(ACK, "ghijklm", { seq = first + 6 & 0xffffffff }), 1)
  c.snd = first + 13
  equal((c:take(c:give(ACK, "abcdef", { seq = first }))), "abcdefghijklm")
end)

test("what comes out of order is put in order, and told at once", function()
  local c = open()
  local first = c.snd
  local sent = c:give(ACK, "cd", { seq = first + 2 })
  equal(#sent, 1)
  equal(sent[1].tcp.ack, first)
  equal(#c:give(ACK, "ef", { seq = first + 4 }), 1)
  local text = c:take(c:give(ACK, "ab"))
  equal(text, "abcdef")
  c.snd = first + 6
  equal(c:give(ACK, "abcdef", { seq = first })[1].tcp.ack, first + 6) -- again: only told
  equal((c:take(c:give(ACK, "efgh", { seq = first + 4 }))), "gh")
  c.snd = first + 8
  equal((c:send("i")), "i")
end)

test("what gets lost is sent again, later and later", function()
  local c = open()
  local sent = c:give(PSH | ACK, "lost")
  c.snd = c.snd + 4
  equal(#sent, 1)
  for _, after in ipairs{ 1000, 2000, 4000 } do
    equal(#c:wait(after - 1), 0)
    local again = c:wait(1)
    equal(#again, 1)
    equal(again[1].payload, "lost")
  end
  c.rcv = c.rcv + 4
  c:give(ACK)
  equal(#c:wait(100000), 0)
end)

test("after three acknowledgements that say the same, one is sent again at once", function()
  local c = open()
  local text = ("x"):rep(14600)
  local sent = {}
  for i = 0, 9 do
    for _, s in ipairs(c:give(ACK, text:sub(1, MSS))) do sent[#sent + 1] = s end
    c.snd = c.snd + MSS
  end
  local lost = c.rcv
  for i = 1, 2 do
    for _, s in ipairs(c:give(ACK)) do equal(s.tcp.seq ~= lost & 0xffffffff, true) end
  end
  local again = c:give(ACK)
  equal(again[1].tcp.seq, lost & 0xffffffff)
  equal(#again[1].payload, MSS)
end)

-- a connection to port 19, on which ten segments are under way
local function stream()
  local c = open{ service = 19 }
  local last = 0
  for _, s in ipairs(c.opened) do last = last + #s.payload end
  equal(last, 10 * MSS)
  return c, c.rcv
end

test("each of the first two such acknowledgements lets one more leave", function()
  local c, first = stream()
  for i = 0, 1 do
    local sent = c:give(ACK)
    equal(#sent, 1)
    equal(sent[1].tcp.seq, first + (10 + i) * MSS & 0xffffffff)
    equal(#sent[1].payload, MSS)
  end
  equal(c:give(ACK)[1].tcp.seq, first & 0xffffffff)
  c:give(RST)
end)

test("of several that are lost each is sent again as soon as the one before has come", function()
  local c, first = stream()
  for i = 1, 3 do c:give(ACK) end
  c.rcv = first + 4 * MSS -- the fifth is lost, too
  local sent = c:give(ACK)
  equal(sent[1].tcp.seq, c.rcv & 0xffffffff)
  equal(#sent[1].payload, MSS)
  c:give(RST)
end)

test("only the first that has come puts the time-out off (RFC 6582, 3.2)", function()
  local c, first = stream()
  for _ = 1, 3 do c:give(ACK) end
  equal(#c:wait(600), 0)
  c.rcv = first + MSS
  c:give(ACK)
  for i = 2, 4 do
    equal(#c:wait(300), 0)
    c.rcv = first + i * MSS
    equal(c:give(ACK)[1].tcp.seq, c.rcv & 0xffffffff)
  end
  local sent = c:wait(100)
  equal(#sent, 1)
  equal(sent[1].tcp.seq, c.rcv & 0xffffffff)
  c.rcv = c.rcv + MSS
  equal(#c:give(ACK), 2) -- and slowly on
  c:give(RST)
end)

test("after a time-out all is sent again, slowly at first", function()
  local c, first = stream()
  local sent = c:wait(1000)
  equal(#sent, 1)
  equal(sent[1].tcp.seq, first & 0xffffffff)
  c.rcv = first + MSS
  sent = c:give(ACK)
  equal(sent[1].tcp.seq, c.rcv & 0xffffffff)
  local total = 0
  for _, s in ipairs(sent) do total = total + #s.payload end
  equal(total, 2 * MSS)
  c:give(RST)
end)

test("the time-out follows what acknowledgements take", function()
  local c = open()
  c:give(PSH | ACK, "slow")
  c.snd, c.rcv = c.snd + 4, c.rcv + 4
  equal(#c:wait(900), 0)
  c:give(ACK)
  equal(#c:give(PSH | ACK, "lost"), 1)
  equal(#c:wait(1011), 0)
  equal(#c:wait(1), 1)
  c.snd = c.snd + 4
  c:give(RST)
end)

test("what is older than its time is dropped", function()
  local function stamp(n) return "\1\1\8\10\0\0\0" .. string.char(n) .. "\0\0\0\0" end
  local c = open({}, stamp(100))
  equal((c:send("new", nil, { options = stamp(101) })), "new")
  local sent = c:give(PSH | ACK, "old", { options = stamp(100) })
  equal(#sent, 1)
  equal(#sent[1].payload, 0)
  equal((c:send("now", nil, { options = stamp(102) })), "now")
end)

test("what has been acknowledged takes no memory", function()
  local small = script("services.lua", { memory = "1536K", state = 2 })
  local c = open{ to = small }
  local text = ("y"):rep(MSS)
  for i = 1, 2000 do
    equal((c:send(text)), text)
    if i % 100 == 0 then clock.advance(1000) end
  end
end)

test("a window that is closed is asked for, and then used", function()
  local c = open{ window = 0 }
  local sent = c:give(PSH | ACK, "waits")
  c.snd = c.snd + 5
  equal(#sent, 1)
  equal(#sent[1].payload, 0)
  local probe = c:wait(1000)
  equal(#probe, 1)
  equal(probe[1].payload, "w")
  c:take(probe)
  c:give(ACK)
  probe = c:wait(4000)
  equal(probe[1].payload, "a")
  c.window = WINDOW
  equal((c:take(c:give(ACK))), "aits")
end)

test("what leaves after a closed window was probed begins where the peer is", function()
  local c, first = stream()
  equal(#c:give(ACK, "", { window_size = 0 }), 0)
  local probe = c:wait(1000)
  equal(#probe, 1)
  equal(probe[1].tcp.seq, first & 0xffffffff)
  local sent = c:give(ACK) -- which has not taken it
  equal(#sent > 0, true)
  equal(sent[1].tcp.seq, first & 0xffffffff)
  equal(#sent[1].payload, MSS)
  c:give(RST)
end)

test("of resets that are only in the window ten are asked about in a second", function()
  local c = open()
  local asked = 0
  for _ = 1, 30 do asked = asked + #c:give(RST, "", { seq = c.snd + 1 & 0xffffffff, ack = 0 }) end
  equal(asked, 10)
  clock.advance(1000)
  equal(#c:give(RST, "", { seq = c.snd + 1 & 0xffffffff, ack = 0 }), 1)
  c:give(RST)
end)

test("resets and SYNs that are not right change nothing (RFC 5961)", function()
  local c = open()
  clock.advance(1000)
  local sent = c:give(RST, "", { seq = c.snd + 1 })
  equal(#sent, 1)
  equal(sent[1].tcp.flags, ACK)
  equal(#c:give(RST, "", { seq = c.snd - 1 }), 0)
  equal(#c:give(RST, "", { seq = c.snd + WINDOW }), 0)
  equal(c:give(SYN, "", { seq = c.snd + 5 })[1].tcp.flags, ACK)
  equal(c:give(ACK, "", { ack = c.rcv + 1 & 0xffffffff })[1].tcp.flags, ACK)
  equal((c:send("there")), "there")
  equal(#c:give(RST), 0)
  equal(c:give(ACK)[1].tcp.flags, RST)
end)

test("who has no connection is told so", function()
  local c = new_peer()
  equal(c:give(ACK, "", { ack = 77 })[1].tcp.seq, 77)
  equal(#c:give(RST), 0)
  equal(#c:give(FIN), 0)
end)

test("who closes first waits for what is late, and lets the port be used again", function()
  local c = new_peer{ service = 17 }
  local s = c:give(SYN, "", { ack = 0 })[1].tcp
  c.snd, c.rcv = c.iss + 1, s.seq + 1
  local text, flags = c:take(c:give(ACK))
  equal(#text, 67)
  equal(flags, FIN | PSH | ACK)
  c:give(ACK)
  equal(c:give(FIN | ACK)[1].tcp.flags, ACK)
  equal(c:give(FIN | ACK)[1].tcp.flags, ACK) -- the acknowledgement got lost
  clock.advance(59000)
  equal(c:give(FIN | ACK)[1].tcp.flags, ACK)
  c.snd = c.snd + 1
  local again = c:give(SYN, "", { seq = c.snd + 1000, ack = 0 })
  equal(again[1].tcp.flags, SYN | ACK)
  equal(again[1].tcp.ack, c.snd + 1001)
end)

test("both close at once", function()
  local c = new_peer{ service = 17 }
  local s = c:give(SYN, "", { ack = 0 })[1].tcp
  c.snd, c.rcv = c.iss + 1, s.seq + 1
  local sent = c:give(ACK)
  equal(c:give(FIN | ACK)[1].tcp.ack, c.snd + 1) -- before the peer has seen the quote
  c.snd = c.snd + 1
  local again = c:wait(1000) -- ours is not acknowledged
  equal(again[1].payload, sent[1].payload)
  equal(again[1].tcp.flags & FIN, FIN)
  c:take(sent)
  equal(#c:give(ACK), 0)
  equal(c:give(ACK, "x", { seq = c.snd - 1 })[1].tcp.flags, ACK) -- it is known for a while
  clock.advance(60000)
  equal(c:give(ACK)[1].tcp.flags, RST)
end)

test("a peer that says nothing is asked whether it is there, and given up", function()
  local c = open{ service = 9 }
  equal(#c:wait(59999), 0)
  local probe = c:wait(1)
  equal(probe[1].tcp.seq, c.rcv - 1)
  equal(#probe[1].payload, 0)
  equal(#c:give(ACK), 0)
  equal(#c:wait(60000), 1)
  equal(#c:wait(660000) >= 10, true)
  equal(c:give(ACK)[1].tcp.flags, RST)
end)

test("as much is sent as the windows let through", function()
  local c = open({ service = 19 }, "\2\4\5\xb4\1\3\3\7")
  local sent, total = c.opened, 0
  for _, s in ipairs(sent) do total = total + #s.payload end
  equal(total, 10 * MSS) -- the first window
  equal(sent[1].payload:sub(73, 77), "\r\n!\"#")
  local place = 0
  for i = 1, 8 do
    local next = {}
    for _, s in ipairs(sent) do
      equal(s.tcp.seq, c.rcv & 0xffffffff)
      c.rcv, place = c.rcv + #s.payload, place + #s.payload
      for _, n in ipairs(c:give(ACK)) do next[#next + 1] = n end
    end
    sent = next
  end
  equal(place, 255 * 10 * MSS) -- twice as much each time
  equal(#c:give(RST), 0)
end)

-- A peer behind a way on which packets get lost: it sends a text, and puts together what comes back.
local function is_lost(c)
  c.seed = c.seed * 6364136223846793005 + 1442695040888963407
  return (c.seed >> 33) % 1000 < c.chance
end
-- keeps a piece that came, and counts how much there is without a gap
local function keep(c, from, bytes)
  if #bytes > #(c.held[from] or "") then c.held[from] = bytes end
  repeat
    local more = false
    for place, piece in pairs(c.held) do
      if place <= c.have then
        c.held[place] = nil
        if place + #piece > c.have then
          c.got[#c.got + 1] = piece:sub(c.have - place + 1)
          c.have = place + #piece
        end
        more = true
        break
      end
    end
  until not more
  c.rcv = c.start + c.have
end
local function arrives(c, s, answers)
  if is_lost(c) then return end
  local told = s.tcp.ack - c.base & 0xffffffff
  if told < 0x80000000 and told > c.acked then c.acked = told end
  local from = s.tcp.seq - c.start & 0xffffffff
  if #s.payload == 0 or from >= 0x80000000 then return end
  keep(c, from, s.payload)
  if is_lost(c) then return end
  for _, a in ipairs(c:give(ACK, "", { seq = c.base + c.acked & 0xffffffff })) do answers[#answers + 1] = a end
end
local function take_all(c, sent)
  while #sent > 0 do
    local answers = {}
    for _, s in ipairs(sent) do arrives(c, s, answers) end
    sent = answers
  end
end
local function through(c, text, chance, seed)
  c.chance, c.seed, c.base, c.start = chance, seed, c.snd, c.rcv
  c.got, c.held, c.acked, c.have = {}, {}, 0, 0
  local rounds = 0
  while (c.have < #text or c.acked < #text) and rounds < 500 do
    rounds = rounds + 1
    local from = c.acked
    for at = from, math.min(from + 9 * MSS, #text - 1), MSS do
      if not is_lost(c) then take_all(c, c:give(PSH | ACK, text:sub(at + 1, at + MSS), { seq = c.base + at & 0xffffffff })) end
    end
    take_all(c, c:wait(1000))
  end
  c.snd = c.base + #text
  return table.concat(c.got), rounds
end
test("nothing of much is lost or changed, whatever gets lost on the way", function()
  local text = {}
  for i = 1, 8000 do text[i] = i .. ";" end
  text = table.concat(text)
  for i, chance in ipairs{ 0, 10, 50, 200 } do
    local c = open({ iss = i * 0x3fffff00 }, i % 2 == 0 and "\1\1\8\10\0\0\0\1\0\0\0\0\2\4\5\xb4" or nil)
    local got, rounds = through(c, text, chance, i)
    equal(#got, #text)
    equal(got == text, true)
  end
end)

test("what is lost is sent again in time, whatever else is said (RFC 6298)", function()
  local c = open()
  local lost = c:give(PSH | ACK, "first")[1].tcp.seq -- the echo is lost
  c.snd = c.snd + 5
  local again = 0
  for _ = 1, 20 do
    local got = c:wait(100)
    for _, s in ipairs(got) do if s.tcp.seq == lost then again = again + 1 end end
    c:give(PSH | ACK, "x")
    c.snd = c.snd + 1
  end
  equal(again > 0, true)
end)

test("a peer whose window is closed is asked as long as it answers (RFC 9293, 3.8.6.1)", function()
  local c = open{ window = 0 }
  c:give(PSH | ACK, "waits")
  c.snd = c.snd + 5
  for _ = 1, 30 do
    local probe, waited = {}, 0
    while #probe == 0 and waited < 200 do probe, waited = c:wait(1000), waited + 1 end
    equal(#probe, 1)
    equal(probe[1].tcp.flags & RST, 0)
    equal(probe[1].payload, "w")
    equal(#c:give(ACK), 0)
  end
  c.window = WINDOW
  equal((c:take(c:give(ACK))), "waits")
end)

test("nothing comes behind the end", function()
  local c = open()
  local behind = c.snd + 2
  c:give(ACK, "behind", { seq = behind }) -- comes before the end
  c:give(FIN | ACK, "x")
  c.snd = behind
  for _ = 1, 3 do
    for _, s in ipairs(c:give(PSH | ACK, "behind")) do equal(s.tcp.ack, behind) end
  end
end)

test("fragments are not looked at", function()
  local c = open()
  equal(#c:give(FIN | PSH | ACK, "half", { ip = { flags = 1 } }), 0)
  equal((c:send("whole")), "whole")
end)

test("a peer that takes nothing cannot send much", function()
  local c = open{ window = 0 }
  local taken, first = 0, c.snd
  for i = 1, 100 do
    local got = c:give(PSH | ACK, ("x"):rep(MSS))
    local last = got[#got] and got[#got].tcp
    if last and last.flags & RST == 0 then c.snd = last.ack end
    if i % 10 == 0 then clock.advance(100) end
  end
  equal(c.snd - first <= 3 * 16384, true)
  c.window = WINDOW
  local text = ""
  for _ = 1, 20 do
    text = text .. c:take(c:give(ACK))
    for _, s in ipairs(c:wait(1000)) do text = text .. c:take{ s } end
  end
  equal(#text, c.snd - first)
end)

test("what one connection is told by wrong segments says nothing of another", function()
  local a, b = open(), open()
  clock.advance(5000)
  local first = b.snd
  b:send("data")
  local n = 0
  for _ = 1, 150 do n = n + #a:give(ACK, "", { ack = a.rcv + 5000 & 0xffffffff }) end
  equal(n, 10)
  equal(#b:give(ACK, "", { ack = b.rcv + 5000 & 0xffffffff }), 1)
  equal(#b:give(PSH | ACK, "data", { seq = first }), 1)
  for _ = 1, 50 do equal(#a:give(PSH | ACK, "", { seq = a.snd - 1 }), 0) end
end)

test("what the peer sends again is no repeated acknowledgement", function()
  local c = open()
  local first = c.snd
  c:give(PSH | ACK, "aaaa") -- the echo is under way
  c.snd = c.snd + 4
  for _ = 1, 3 do
    local got = c:give(PSH | ACK, "aaaa", { seq = first })
    equal(#got, 1)
    equal(got[1].payload, "")
  end
end)

test("repeated acknowledgements let the window grow no further (RFC 3042)", function()
  local function run(dups)
    local c = open{ service = 19 }
    local newest = c.rcv + 10 * MSS
    local function note(sent)
      for _, s in ipairs(sent) do
        local stop = s.tcp.seq + #s.payload
        if stop - newest & 0xffffffff < 0x80000000 then newest = stop end
      end
    end
    for _ = 1, 3 do note(c:give(ACK)) end
    c.rcv = newest
    note(c:give(ACK))
    for _ = 1, 20 do
      clock.advance(50)
      local stop = newest
      for _ = 1, dups do note(c:give(ACK)) end
      while stop - c.rcv & 0xffffffff > 0 and stop - c.rcv & 0xffffffff < 0x80000000 do
        c.rcv = c.rcv + math.min(MSS, stop - c.rcv)
        note(c:give(ACK))
      end
    end
    c:give(RST)
    return (newest - c.rcv) // MSS
  end
  local plain, dups = run(0), run(2)
  equal(dups <= plain + 3, true)
end)

test("an end that comes again has its answer for as long again", function()
  local c = open{ service = 17 }
  c:take(c.opened)
  c:give(ACK)
  c:give(FIN | ACK)
  clock.advance(59000)
  equal(c:give(FIN | ACK)[1].tcp.flags, ACK)
  clock.advance(59000)
  equal(c:give(FIN | ACK)[1].tcp.flags, ACK)
  clock.advance(59000)
  c:give(FIN | ACK, "", { seq = c.snd - 5 }) -- but not for another one
  clock.advance(1001)
  equal(c:give(ACK)[1].tcp.flags, RST)
end)

test("no host's address is answered (RFC 9293, MUST-57)", function()
  for _, t in ipairs{ { src = "255.255.255.255" }, { src = "224.0.0.1" }, { dst = "224.0.0.1" }, { src = "127.0.0.1" }, { src = "0.0.0.1" } } do
    t.ack = 0
    equal(#new_peer():give(SYN, "", t), 0)
  end
end)

test("timestamps are taken only of what is right otherwise", function()
  local function stamps(value, echo) return { options = "\1\1\8\10" .. string.pack(">I4I4", value, echo or 0) } end
  local c = open({}, "\2\4\5\xb4\1\1\8\10\0\0\0\100\0\0\0\0")
  c:give(ACK, "", stamps(101))
  local forged = stamps(101 + 0x7000000)
  forged.seq, forged.ack = c.snd - 30000 & 0xffffffff, 12345
  c:give(ACK, "", forged)
  forged.seq = c.snd
  c:give(ACK, "", forged)
  equal((c:take(c:give(PSH | ACK, "data", stamps(102)))), "data")
end)

test("who sends single bytes takes no more memory", function()
  local small = script("services.lua", { memory = "3M", state = 3 })
  local c = open{ to = small, window = 0 }
  local first = c.snd
  for _ = 1, 16384 do
    c:give(PSH | ACK, "y")
    c.snd = c.snd + 1
  end
  c.window = WINDOW
  local sent, text = c:give(ACK), ""
  while #sent > 0 do
    text = text .. c:take(sent)
    sent = c:give(ACK)
  end
  equal(text, ("y"):rep(c.snd - first))
end)

test("nor do those whose bytes come before those that they follow", function()
  local small = script("services.lua", { memory = "4M", state = 4 })
  for i = 1, 250 do
    local c = open{ to = small, service = 9 }
    for k = 1, 60 do c:give(ACK, "h", { seq = c.snd + 2 * k }) end
    if i % 10 == 0 then clock.advance(1) end
  end
  equal((open{ to = small }):send("there?"), "there?")
end)

test("who asks whether this end is there, or ends again, acknowledges nothing again", function()
  local c = open()
  c:give(PSH | ACK, "word") -- the echo is under way
  c.snd = c.snd + 4
  for _ = 1, 4 do
    local sent = c:give(ACK, "", { seq = c.snd - 1 })
    equal(#sent, 1)
    equal(sent[1].payload, "")
  end
  c:give(FIN | ACK)
  c.snd = c.snd + 1
  for _ = 1, 4 do
    local sent = c:give(FIN | ACK, "", { seq = c.snd - 1 })
    equal(#sent, 1)
    equal(sent[1].payload, "")
  end
  c:give(RST)
end)

test("what comes again says nothing of the window, and always has its answer", function()
  local c = open{ window = 0 }
  local first = c.snd
  c:give(PSH | ACK, "waits")
  c.snd = c.snd + 5
  for _ = 1, 50 do
    local sent = c:give(PSH | ACK, "waits", { seq = first, window_size = 1000 })
    equal(#sent, 1)
    equal(sent[1].payload, "")
    equal(sent[1].tcp.ack, c.snd)
  end
  c:give(RST)
end)

test("what leaves when a window opens does not wait for as long as the last probe", function()
  local c = open{ window = 0 }
  c:give(PSH | ACK, "waits")
  c.snd = c.snd + 5
  for _ = 1, 40 do
    if c:wait(1000)[1] then c:give(ACK) end
  end
  c.window = WINDOW
  equal(c:give(ACK)[1].payload, "waits")
  equal(#c:wait(999), 0)
  equal(c:wait(1)[1].payload, "waits")
  c:give(RST)
end)

test("what a small window gets after a while is known to have been sent (RFC 9293, 3.8.6.2.1)", function()
  local c = open()
  local sent = c:give(PSH | ACK, ("x"):rep(1000), { window_size = 600 })
  c.snd = c.snd + 1000
  equal(#sent, 1)
  equal(sent[1].payload, "")
  local late = c:wait(1000)
  equal(#late, 1)
  equal(#late[1].payload, 600)
  c:take(late)
  sent = c:give(ACK)
  equal(#sent, 1)
  equal(#sent[1].payload, 400)
  c:give(RST)
end)

test("and waits no longer each time", function()
  local c = open{ window = 600 }
  c:give(ACK, "", { window_size = WINDOW })
  c:give(PSH | ACK, ("x"):rep(MSS))
  c.snd = c.snd + MSS
  c:give(PSH | ACK, ("x"):rep(MSS))
  c.snd = c.snd + MSS
  for _ = 1, 3 do
    local late = c:wait(1000)
    equal(#late, 1)
    equal(#late[1].payload, 600)
    c:take(late)
    equal(#c:give(ACK), 0)
  end
  c:give(RST)
end)

test("acknowledgements lie behind all that was sent, also after a time-out", function()
  local c, first = stream()
  equal(#c:wait(1000), 1)
  local sent = c:give(PSH | ACK, "x")
  equal(#sent, 1)
  equal(sent[1].payload, "")
  equal(sent[1].tcp.seq, first + 10 * MSS & 0xffffffff)
  c.window, c.snd = 5000, c.snd + 1
  c:give(ACK)
  equal(c:give(PSH | ACK, "x")[1].tcp.seq, first + 5000 & 0xffffffff) -- but not behind the window
  c.snd = c.snd + 1
  c:give(RST)
end)

test("a cookie is good for one port", function()
  local c = new_peer()
  local s
  repeat
    c = new_peer()
    s = c:give(SYN, "", { ack = 0 })[1]
  until #s.bytes == 44
  for other = 20001, 20500 do
    local irs = c.iss ~ (c.port ~ other) << 16
    local sent = c:give(ACK, "", { sport = other, seq = irs + 1 & 0xffffffff, ack = s.tcp.seq + 1 })
    equal(sent[1].tcp.flags, RST)
    if other % 40 == 0 then clock.advance(1) end
  end
  clock.advance(200000)
end)

test("a flood of SYNs keeps nothing busy, and who answers a cookie gets through", function()
  local cookies = {}
  for i = 1, 2000 do
    local c = new_peer()
    local sent = c:give(SYN, "", { ack = 0, options = "\2\4\5\xb4\1\3\3\7" })
    equal(#sent, 1)
    c.first = sent[1].tcp
    equal(c.first.flags, SYN | ACK)
    if #sent[1].bytes == 44 then cookies[#cookies + 1] = c end
    if i % 50 == 0 then clock.advance(1) end
  end
  equal(#cookies >= 2000 - 128, true)
  local c = cookies[1]
  c.snd, c.rcv = c.iss + 1, c.first.seq + 1
  equal(c:give(ACK, "", { ack = c.rcv + 8 & 0xffffffff })[1].tcp.flags, RST)
  equal(c:give(ACK, "", { seq = c.snd + 1 })[1].tcp.flags, RST)
  local text, flags = c:send("with data")
  equal(text, "with data")
  local sent = c:give(PSH | ACK, ("z"):rep(3000))
  equal(#sent[1].payload, MSS) -- which the cookie has kept
  c = cookies[3]
  c.snd, c.rcv = c.iss + 1, c.first.seq + 1
  clock.advance(65536)
  equal((c:send("later")), "later")
  c = cookies[2]
  c.snd, c.rcv = c.iss + 1, c.first.seq + 1
  clock.advance(65536)
  equal(c:give(ACK)[1].tcp.flags, RST)
  equal(#open().first.bytes > 44, true) -- those half open have been given up
end)

test("no more connections than there may be", function()
  local n = 0
  for i = 1, 1100 do
    local c = new_peer()
    local s = c:give(SYN, "", { ack = 0 })[1]
    if s then
      c.snd, c.rcv, n = c.iss + 1, s.tcp.seq + 1, n + 1
      c:give(ACK)
      equal((c:send("there?")), "there?")
    end
    if i % 50 == 0 then clock.advance(1) end
  end
  equal(n <= 384, true)
  equal(n > 250, true)
end)
