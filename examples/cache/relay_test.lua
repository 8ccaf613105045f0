-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
local ME <const>, CLIENT <const>, SERVER <const> = "10.0.0.1", "10.0.0.9", "10.0.0.2"
local relay = script("relay.lua", { memory = "16M" })
local port = 30000

-- One end that the relay speaks with: what it sends, and what comes back to it
local ends = {}
ends.__index = ends
local function of(sent, address)
  local own = {}
  for _, s in ipairs(sent) do if s.ip.daddr == address then own[#own + 1] = s end end
  return own
end
function ends:give(flags, payload, more)
  local t = { src = self.address, dst = ME, sport = self.port, dport = self.peer, flags = flags, seq = self.snd & 0xffffffff,
              ack = flags & ACK ~= 0 and self.rcv & 0xffffffff or 0, window_size = self.window or 65535, payload = payload or "" }
  for k, v in pairs(more or {}) do t[k] = v end
  local verdict, _, sent = relay.process_packet(packet.tcp(t))
  equal(verdict, NF_DROP)
  if not more then self.snd = self.snd + #t.payload + (flags & FIN) + (flags >> 1 & 1) end
  return sent
end
-- takes what came to it in order: the bytes, and the flags of the last packet
function ends:take(sent)
  local text, flags, window = "", nil, nil
  for _, s in ipairs(of(sent, self.address)) do
    flags, window = s.tcp.flags, s.tcp.window_size
    if s.tcp.seq == self.rcv & 0xffffffff then
      text = text .. s.payload
      self.rcv = self.rcv + #s.payload + (flags & FIN)
    end
  end
  return text, flags, window
end

-- A client that has opened its connection, and the SYN that the server gets
local function begin()
  port = port + 1
  local c = setmetatable({ address = CLIENT, port = port, peer = 2323, snd = 1000, rcv = 0 }, ends)
  local s = c:give(SYN)[1].tcp
  equal(s.flags, SYN | ACK)
  c.rcv = s.seq + 1
  local sent = of(c:give(ACK), SERVER)
  equal(#sent, 1)
  local syn = sent[1].tcp
  equal(syn.flags, SYN)
  equal(syn.dport, 23)
  return c, setmetatable({ address = SERVER, port = 23, peer = syn.sport, snd = 0xfffffffe, rcv = syn.seq + 1 }, ends), syn
end
local function open()
  local c, s = begin()
  local sent = of(s:give(SYN | ACK), SERVER)
  equal(#sent, 1)
  equal(sent[1].tcp.flags, ACK)
  return c, s
end
local function close(c, s)
  local sent = c:give(FIN | ACK)
  equal(select(2, s:take(sent)), FIN | ACK)
  sent = s:give(FIN | ACK)
  equal(select(2, c:take(sent)), FIN | ACK)
  s:take(sent)
  c:give(ACK)
end

test("a connection is begun, passes bytes both ways, and ends on both sides", function()
  local c, s = open()
  local sent = c:give(PSH | ACK, "ask")
  equal((s:take(sent)), "ask")
  equal(select(2, c:take(sent)), ACK)
  sent = s:give(PSH | ACK, "answer")
  equal((c:take(sent)), "answer")
  close(c, s)
end)

test("what was given before the connection is there leaves with the acknowledgement of the SYN", function()
  local c, s = begin()
  equal(#of(c:give(PSH | ACK, "early"), SERVER), 0)
  local sent = of(s:give(SYN | ACK), SERVER)
  equal(#sent, 1)
  equal(sent[1].payload, "early")
  equal(sent[1].tcp.ack, s.snd & 0xffffffff)
  s:take(sent)
  close(c, s)
end)

test("a SYN that gets lost is sent again, and given up", function()
  local c, s, syn = begin()
  local n = 0
  for _ = 1, 10 do
    local _, sent = clock.advance(20000)
    for _, again in ipairs(of(sent, SERVER)) do
      if again.tcp.sport == s.peer then
        n = n + 1
        equal(again.tcp.flags, SYN)
        equal(again.tcp.seq, syn.seq)
      end
    end
    for _, last in ipairs(of(sent, CLIENT)) do
      equal(last.tcp.dport, c.port)
      equal(last.tcp.flags, RST | ACK)
    end
  end
  equal(n, 6)
  equal(c:give(ACK)[1].tcp.flags, RST)
end)

test("who refuses ends it, but not who acknowledges what was not sent", function()
  local c, s = begin()
  equal(s:give(SYN | ACK, "", { ack = s.rcv + 1 & 0xffffffff })[1].tcp.flags, RST)
  equal(#s:give(RST | ACK, "", { ack = s.rcv + 1 & 0xffffffff }), 0)
  equal(#s:give(RST, "", {}), 0)
  equal(#s:give(ACK, "", {}), 0)
  local sent = s:give(RST | ACK, "", {})
  equal(#sent, 1)
  equal(sent[1].ip.daddr, CLIENT)
  equal(sent[1].tcp.flags, RST | ACK)
end)

test("both ends open it at once", function()
  local c, s = begin()
  local sent = s:give(SYN)
  equal(#sent, 1)
  equal(sent[1].tcp.flags, SYN | ACK)
  equal(sent[1].tcp.ack, s.snd & 0xffffffff)
  c:give(PSH | ACK, "early")
  sent = of(s:give(SYN | ACK, "", { seq = s.snd - 1 & 0xffffffff }), SERVER) -- the other one's, which only tells that ours has come
  equal(sent[1].tcp.flags, ACK)
  sent = s:give(ACK)
  equal((s:take(sent)), "early")
  close(c, s)
end)

test("what is half open and closed then is no longer counted so", function()
  for _ = 1, 130 do -- more than may be half open
    local c, s = begin()
    s:give(SYN)
    equal(#of(c:give(FIN | ACK), SERVER), 0) -- the FIN waits for the connection
    local sent = of(s:give(ACK), SERVER)
    equal(sent[1].tcp.flags, FIN | ACK)
    equal(sent[1].tcp.seq, s.rcv & 0xffffffff)
    s.rcv = s.rcv + 1
    s:give(FIN | ACK)
    clock.advance(1)
  end
  local c = setmetatable({ address = CLIENT, port = 999, peer = 2323, snd = 1000, rcv = 0 }, ends)
  equal(#c:give(SYN, "", { options = "\2\4\5\xb4\1\3\3\7" })[1].bytes > 44, true) -- no cookie
end)

test("who does not take holds the other one back, within what that was told", function()
  local c, s = open()
  c.window = 0
  s:take(c:give(PSH | ACK, "go"))
  local given, window = 0, 16384
  for _ = 1, 100 do
    if window == 0 then break end
    local n = math.min(window, 1460)
    local sent = s:give(ACK, ("x"):rep(n))
    given = given + n
    local _, flags, now = s:take(sent)
    equal(flags, ACK)
    equal(now >= window - n, true) -- what was told stays
    window = now
  end
  equal(window, 0)
  equal(given > 65536 and given <= 65536 + 16384 + 1460, true)
  c.window = 65535
  local sent, got = c:give(ACK), 0
  for _ = 1, 100 do
    local _, _, now = s:take(sent)
    window = now or window
    local text = c:take(sent)
    got = got + #text
    if #text == 0 then break end
    sent = c:give(ACK)
  end
  equal(got, given)
  equal(window, 16384) -- and was told so by itself
  close(c, s)
end)

test("a reset goes on to the other side", function()
  local c, s = open()
  equal(select(2, s:take(c:give(RST))), RST | ACK)
  c, s = open()
  equal(select(2, c:take(s:give(RST))), RST | ACK)
end)
