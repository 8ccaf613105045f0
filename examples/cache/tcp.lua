-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- TCP as a module: connections that a script has itself, over IPv4, in the state that handles packets.
--   local tcp = require "tcp"
--   tcp.listen{ port = 7, received = function(c, data) c:send(data:string()) end, ended = function(c) c:close() end }
--   function process_packet(p) return tcp.input(p) and NF_DROP or XT_CONTINUE end
-- with a rule that has all packets of that port, before the kernel's own TCP does:
--   iptables -t mangle -A PREROUTING -i eth0 -d 192.0.2.1 -p tcp --dport 7 -j LUA --script echo.lua --memory 16M
-- RFC 9293, with what it asks for: window scaling and timestamps (7323), retransmission times (6298), slow start, congestion avoidance
-- and fast retransmit (5681), NewReno (6582), an initial window of ten segments (6928), careful answers to what may be forged (5961).
-- When many connections are half open, SYNs are answered with cookies, and nothing is kept of them (RFC 4987, 3.6).
-- Not here: selective acknowledgements, discovery of the path's MTU, urgent data, checksums of what comes in, which conntrack
-- looks at (a rule before this one: -m conntrack --ctstate INVALID -j DROP).
-- All bytes of a direction are numbered from the SYN on, which is number 0, without end: what the header has is the sum of
-- the first sequence number and that, in 32 bits.

local siphash = require "siphash"

local M = {}
M.connection = {} -- the methods of each
M.connection.__index = M.connection

local FIN <const>, SYN <const>, RST <const>, PSH <const>, ACK <const> = 1, 2, 4, 8, 16
local WRAP <const> = 0xffffffff
local ADDRESSES <const>, PORTS <const>, ACKED <const> = 12, 20, 28 -- where a header has both of them; ports and sequence number; what is acknowledged, flags and window
local STAMPS <const> = 44 -- where it has the timestamps, always the first option
local PLAIN <const>, STAMPED <const>, OPENING <const> = 40, 52, 60 -- bytes of headers: without options, with timestamps, of SYNs
local RTO_FIRST <const>, RTO_MAX <const> = 1000, 60000 -- milliseconds (RFC 6298)
local OPEN_TRIES <const> = { ["syn-sent"] = 6, ["syn-received"] = 5 } -- how often a SYN is sent again: one's own for three minutes (RFC 9293, MUST-23)
local TRIES <const> = 10 -- how often other segments are
local BUCKET_BITS <const> = 10
local MORE <const> = 1 -- of IP's flags: there are more fragments
local WHOLE <const> = 1 << 30 -- more bytes than a value of a shared table has
local HELD_MAX <const> = 64 -- segments that came before those that they follow, of a connection
local ALL_HELD_MAX <const>, HELD_COST <const> = 1 << 20, 256 -- bytes of those of all connections; what each takes besides its own
local SMALL <const> = 1024 -- bytes: less is joined with what comes behind it, since each part takes some 250 besides
local SEGMENTS_MAX <const> = 44 -- of one packet that is cut
local CHALLENGES <const> = { rate = 10, burst = 10 } -- in a second, of each connection (RFC 5961, 7), so that none tells of others
local RECENT_MAX <const> = 24 * 86400 * 1000 -- milliseconds after which a timestamp says nothing any more (RFC 7323, 5.5)

local DEFAULTS <const> = {
  mss = 1460, -- bytes that a segment may have at most, both ways
  window = 65535, -- bytes that may come before they are acknowledged
  max = 1024, -- connections at once
  backlog = 128, -- of them half open; when there are more, SYNs are answered with cookies
  rto_min = 1000, -- milliseconds
  time_wait = 60000, -- milliseconds for which the end that closed first knows the connection (twice the MSL)
  fin_wait = 60000, -- milliseconds for which the peer may go on sending to who has closed
  keep_alive = 0, -- milliseconds of silence after which the peer is asked whether it is there; 0: never
}

local SLOT <const> = 65536 -- milliseconds after which cookies change: one is good for one to two of them
local COOKIE_MSS <const> = { 536, 1220, 1360, 1400, 1440, 1452, 1460, 8960 } -- what three bits of a cookie say
local K0 <const>, K1 <const> = nf.get_random() << 32 | nf.get_random(), nf.get_random() << 32 | nf.get_random()

local clone <const>, get_time <const> = table.clone, nf.get_time
local now = 0 -- milliseconds, when the packet came that is looked at, or the timer ended
local services = {} -- by port
local connections <const> = {} -- chains of them, by local address and port, and by the peer's: a table that grows would hold a packet up
for i = 1, 1 << BUCKET_BITS do connections[i] = false end
local H0 <const>, H1 <const> = nf.get_random() << 32 | nf.get_random() | 1, nf.get_random() << 32 | nf.get_random() | 1

-- The chain that has a connection. What nobody knows chooses it, so that no peer makes one long.
local function chain_of(here, there) return (here * H0 + there * H1 >> 64 - BUCKET_BITS) + 1 end

local function find_connection(here, there)
  local c = connections[chain_of(here, there)]
  while c and (c.there ~= there or c.here ~= here) do c = c.beside end
  return c
end

local function min(a, b) return a < b and a or b end
local function max(a, b) return a > b and a or b end

-- a - b, of sequence numbers that are less than 2^31 apart
local function difference(a, b)
  local d = a - b & WRAP
  return d < 0x80000000 and d or d - 0x100000000
end

-- Headers: one of each kind, as nf.send takes a copy. It fills in checksums, length and identification.

local function new_header(length, has_stamps)
  local h = bytes.new(length)
  h[0], h[8], h[9] = 0x45, 64, 6
  h:u16(6, 0x4000)
  for i = 40, length - 1 do h[i] = 1 end -- no operation
  if has_stamps then h[42], h[43] = 8, 10 end
  return h
end

local plain <const>, stamped <const>, opening <const> = new_header(PLAIN), new_header(STAMPED, true), new_header(OPENING)
opening[52], opening[53] = 2, 4

-- What differs in the header of a packet from here to there; length of what it has
local function fill(h, length, here, there, seq, ack, flags, window)
  h:u64(ADDRESSES, here >> 16 << 32 | there >> 16)
  h:u64(PORTS, here << 48 | (there & 0xffff) << 32 | seq)
  h:u64(ACKED, ack << 32 | length - 20 << 26 | flags << 16 | window)
end

-- The header of a SYN
local function opening_of(c)
  local h, stamps, scales = opening, c.stamps, c.scales
  if stamps then h[42], h[43] = 8, 10 else h:u64(40, 0x0101010101010101) h:u32(48, 0x01010101) end
  h:u16(54, c.service.mss)
  h:u32(56, scales and 0x01030300 or 0x01010101)
  return h
end

local alone <const>, baked <const> = { plain }, { new_header(PLAIN + 4) } -- an answer to who has no connection; one with a cookie

local function refuse(here, there, seq, ack, flags)
  fill(plain, PLAIN, here, there, seq, ack, flags, 0)
  nf.send(alone)
end

-- Sending

-- The place in the queue of the part that has number at
local function find(c, at)
  local queue, low, high = c.queue, c.first, c.last
  while low < high do
    local middle = (low + high + 1) // 2
    if queue[middle].at <= at then low = middle else high = middle - 1 end
  end
  return low
end

local whole <const>, cut <const> = {}, { segment = 1 } -- the parts of a packet
local lent <const> = {} -- lists that say which bytes of a shared table are meant, one for each part
local is_filled = false -- these are in use: what gives a piece may make another connection send

-- Puts bytes of a shared table there, from part n on, of each value that has some. Returns the number of the last part.
local function lend(part, parts, n, from, len, is_nested)
  local store, size = part.store, part.size
  while true do
    local list = not is_nested and lent[n]
    if not list then
      list = {}
      if not is_nested then lent[n] = list end
    end
    local offset = from % size
    local take = min(len, size - offset)
    list[1], list[2], list[3], list[4] = store, size == WHOLE and part.key or part.key + from // size, offset, take
    parts[n] = list
    from, len = from + take, len - take
    if len == 0 then return n end
    n = n + 1
  end
end

local function is_there(list)
  local last = list[1]:slice(list[2], list[3] + list[4] - 1, 1)
  return (type(last) == "string" or type(last) == "userdata") and #last == 1
end

-- What a packet that could not be sent was to have from shared tables is gone.
local function lacks(parts, n)
  for i = 2, n do
    if type(parts[i]) == "table" and not is_there(parts[i]) then return true end
  end
  return false
end

-- Puts the bytes from number at on behind the header. Returns how many parts there are then; nil: who has them does not give them.
local function put(c, parts, at, len, is_nested)
  local queue, n, i = c.queue, 1, c.first
  if at ~= c.una then i = find(c, at) end -- the first one has the first byte that is not acknowledged
  while len > 0 do
    local part = queue[i]
    local from = at - part.at
    local take, own = part.len - from, part.own
    if take > len then take = len end
    at, len, i = at + take, len - take, i + 1
    if from < own then
      local piece = own - from
      if piece > take then piece = take end
      n = n + 1
      local what = part.bytes
      if piece == own then
        parts[n] = what
      else
        parts[n] = type(what) == "string" and what:sub(from + 1, from + piece) or what:slice(from, piece)
      end
      from, take = own, take - piece
    end
    if take > 0 then
      from, n = from - own, n + 1
      if part.store then
        n = lend(part, parts, n, part.from + from, take, is_nested)
      else
        local piece = part.read(from, take)
        if not piece or #piece ~= take then return nil end
        parts[n] = piece
      end
    end
  end
  return n
end

-- Sends a segment, or several as one packet that is cut. Returns false if it cannot be sent.
local function transmit(c, flags, at, len)
  local h, length, stamps, parts, n, is_nested = plain, PLAIN, c.stamps, whole, 1, is_filled
  if len > c.mss then parts = cut end
  if is_nested then parts = {} end
  if len > c.mss then parts.segment = c.mss end
  if len > 0 then
    is_filled = true
    n = put(c, parts, at, len, is_nested)
    is_filled = is_nested
  end
  if flags & SYN ~= 0 then
    h, length = opening_of(c), OPENING
  elseif stamps then
    h, length = stamped, STAMPED
  end
  local rcv, sent = c.rcv, false
  if n then
    fill(h, length, c.here, c.there, c.iss + at & WRAP, flags & ACK ~= 0 and c.irs + rcv & WRAP or 0, flags, c.window)
    if stamps then h:u64(STAMPS, now << 32 | c.recent) end
    parts[1] = h
    sent = nf.send(parts)
  end
  if len > 0 then
    if not sent then c.broken = not n or lacks(parts, n) end
    for i = 2, n or #parts do parts[i] = nil end
  end
  if sent then c.told = rcv end
  return sent
end

-- An acknowledgement, or a reset, without data: behind all that was sent, also after a time-out, so far as the window goes.
local function tell(c, flags)
  local at = c.max
  if c.nxt < at then at = min(at, max(c.una + c.wnd, 1)) end
  transmit(c, flags, at, 0)
end

-- The end of a connection, and its timer

-- Tells of parts that are not needed any more, each once, also if that raises.
local function let_go(c)
  local released = c.service.released
  while c.gone do
    local part = c.gone
    c.gone = part.more
    if released then released(c, part.of) end
  end
end

local function drop_held(c)
  local held = c.held
  if not held then return end
  for i = 1, #held do M.held = M.held - #held[i].data - HELD_COST end
  c.held = false
end

local function forget(c, why)
  if c.state == "closed" then return end
  if not c.is_known then
    c.state = "closed"
    return
  end
  if c.state ~= "time-wait" then M.open = M.open - 1 end
  if c.state == "syn-received" then M.half = M.half - 1 end
  c.state = "closed"
  local chain = chain_of(c.here, c.there)
  local other, beside = connections[chain], c.beside
  if other == c then
    connections[chain] = beside
  else
    while other.beside ~= c do other = other.beside end
    other.beside = beside
  end
  c.beside = false
  M.count = M.count - 1
  if c.timer then c.timer:cancel() end
  local queue = c.queue
  c.timer, c.queue = false, false
  drop_held(c)
  for i = c.first, c.last do
    local part = queue[i]
    if part.of then part.more, c.gone = c.gone, part end
  end
  if c.service.closed then c.service.closed(c, why) end
  let_go(c)
end

local function abort(c, why)
  if c.burst and c.state ~= "time-wait" and c.state ~= "syn-sent" then tell(c, RST | ACK) end
  forget(c, why)
end

local expire, fire

-- Without a timer a connection might never end.
local function set_timer(c, ms)
  local is_there, timer = pcall(nf.timer, ms, fire, c)
  if not is_there then return forget(c, "no memory") end
  c.timer, c.armed = timer, now + ms
end

function fire(c)
  c.timer, c.busy, now = false, false, get_time()
  if not c.due then return end
  local left = c.due - now
  if left > 0 then
    set_timer(c, left)
  else
    c.due = false
    local is_done, why = pcall(expire, c) -- which may call what the script has given
    if is_done then return end
    forget(c, "error")
    error(why, 0)
  end
end

-- Something is to be done in so many milliseconds. The timer that there is already stays if it comes before that, and then looks again.
local function within(c, ms)
  local due, timer = now + ms, c.timer
  c.due = due
  if timer then
    if c.armed <= due then return end
    timer:cancel()
  end
  set_timer(c, ms)
end

local OVER <const> = { closed = true, ["time-wait"] = true }

-- What the timer is for now. That for sending again begins anew only with what is acknowledged (RFC 6298, 5).
local function rearm(c)
  if OVER[c.state] then return end
  local nxt, tail = c.nxt, c.tail
  local resends = c.max > c.una or tail > nxt or c.finishing and nxt <= tail
  if resends then
    if c.resends and c.due then return end
    c.resends = true
    return within(c, c.rto)
  end
  c.resends = false
  if c.state == "fin-wait-2" then return within(c, c.service.fin_wait) end
  local silence = c.service.keep_alive
  if silence > 0 then return within(c, silence) end
  c.due = false
end

local CAN_SEND <const> = { established = true, ["close-wait"] = true, ["fin-wait-1"] = true, closing = true, ["last-ack"] = true }

-- Sends what the windows let through. Returns whether something was sent.
local function output(c)
  if not CAN_SEND[c.state] then return false end
  local nxt, tail, any = c.nxt, c.tail, false
  if nxt > tail or nxt == tail and not c.finishing then
    if c.broken then abort(c, "what was to be sent is gone") end
    return false
  end
  local window, may = c.cwnd, c.wnd
  if c.dup > 0 and not c.fast then window = window + min(c.dup, 2) * c.mss end -- while it is not known whether something is lost (RFC 3042)
  if may > window then may = window end
  local last = c.una + may
  if tail <= last and tail - nxt <= c.burst then -- all of it, at once
    local len, flags = tail - nxt, ACK
    if len > 0 then flags = ACK | PSH end
    if c.finishing then flags = flags | FIN elseif len == 0 then return false end
    if transmit(c, flags, nxt, len) then
      if not c.timed and nxt >= c.max then c.timed, c.timed_at = nxt + len, now end
      nxt = tail + (flags & FIN)
      c.nxt = nxt
      if nxt > c.max then c.max = nxt end
      return true
    end
    if c.broken then abort(c, "what was to be sent is gone") end
    return false
  end
  while true do
    local len, flags = tail - nxt, ACK
    if nxt + len > last then len = last - nxt end
    if len > c.burst then len = c.burst end
    if len < 0 then break end
    if nxt + len < tail then -- there is more: whole segments
      if len >= c.mss then
        len = len - len % c.mss
      elseif nxt > c.una or len < c.wnd_max // 2 or len == 0 then
        break
      end
    else
      if len > 0 then flags = ACK | PSH end
      if c.finishing then flags = flags | FIN elseif len == 0 then break end
    end
    if not transmit(c, flags, nxt, len) then break end
    any = true
    if not c.timed and nxt >= c.max then c.timed, c.timed_at = nxt + len, now end
    nxt = nxt + len + (flags & FIN)
    c.nxt = nxt
    if nxt > c.max then c.max = nxt end
    if flags & FIN ~= 0 then break end
  end
  if c.broken then abort(c, "what was to be sent is gone") end
  return any
end

-- Sends one segment again, from what is not acknowledged.
local function again(c)
  if c.state == "closed" then return end
  local len = min(min(c.mss, c.tail - c.una), max(c.wnd, 1))
  c.timed = false
  if len > 0 then
    local to = c.una + len
    if transmit(c, ACK | (to == c.tail and c.finishing and c.max > c.tail and FIN or 0), c.una, len) and c.wnd > 0 then
      -- output() has held these bytes back if the window is small: then they are sent for the first time
      if to > c.max then c.max, c.timed, c.timed_at = to, to, now end
      c.nxt = max(c.nxt, to)
    end
  elseif c.finishing then
    transmit(c, ACK | FIN, c.una, 0)
  end
end

local function slow_down(c)
  c.ssthresh = max((c.max - c.una - min(c.dup, 2) * c.mss) // 2, 2 * c.mss)
  c.recover = c.max
end

function expire(c)
  local state = c.state
  if state == "closed" or not c.is_known then return end
  if state == "time-wait" or state == "fin-wait-2" then return forget(c, "closed") end
  c.tries = c.tries + 1
  if state == "syn-sent" or state == "syn-received" then
    if c.tries > OPEN_TRIES[state] then return forget(c, "timed out") end
    c.rto = max(c.rto * 2, 3000)
    c.timed = false
    within(c, c.rto)
    if c.state ~= "closed" and (c.burst or state == "syn-sent") then transmit(c, state == "syn-sent" and SYN or SYN | ACK, 0, 0) end
    return
  end
  if c.tries > TRIES then return abort(c, "timed out") end
  if c.max == c.una and c.tail == c.nxt and not (c.finishing and c.nxt <= c.tail) then
    transmit(c, ACK, c.nxt - 1, 0) -- whether the peer is there
    return within(c, min(c.service.keep_alive, RTO_MAX))
  end
  c.rto = min(c.rto * 2, RTO_MAX)
  if c.wnd == 0 and c.max <= c.una + 1 and c.tail > c.una then
    if transmit(c, ACK, c.una, 1) then c.max = max(c.max, c.una + 1) end -- whether its window is open again
  else
    if c.max > c.una then slow_down(c) end
    c.cwnd, c.fast, c.dup, c.timed = c.mss, false, 0, false
    c.nxt = c.una
    if not output(c) then again(c) end
  end
  if c.broken and c.state ~= "closed" then return abort(c, "what was to be sent is gone") end
  if c.state ~= "closed" then within(c, c.rto) end
end

-- A new connection

-- What a connection begins with: it is a copy of this.
local FRESH <const> = setmetatable({
  service = false, here = 0, there = 0, beside = false, state = "", iss = 0, irs = 0, rcv = 0, told = 0,
  una = 0, nxt = 0, max = 0, tail = 1, wnd = 0, wnd_max = 0, shift = 0, wl1 = 0, wl2 = 0, window = 0, room_left = 0,
  mss = 536, burst = false, cwnd = 0, ssthresh = 1 << 40, dup = 0, recover = 0, grown = 0,
  rto = RTO_FIRST, srtt = false, rttvar = 0, timed = false, timed_at = 0, tries = 0, resends = false, timer = false, armed = 0, due = false,
  stamps = true, scales = true, recent = 0, recent_at = 0, queue = false, first = 1, last = 0,
  is_plain = false, gone = false, held = false, broken = false, fast = false, busy = false, ack_now = false, finishing = false, fin_at = false, fin_taken = false, is_known = false,
}, M.connection)
-- What is to be sent: len bytes from number at on, the first ones of which are its own. The others are from a shared table, or read.
local PART <const> = {
  at = 0, len = 0, own = 0, bytes = false, read = false, store = false, key = false, from = 0, size = 0, of = false, more = false,
}
local PARTS <const> = { nil, nil, nil, nil } -- a queue that has room for some

local function new(service, here, there, state)
  local c = clone(FRESH)
  local window = service.window
  c.service, c.here, c.there, c.state, c.iss, c.window, c.room_left = service, here, there, state, nf.get_random() & WRAP, window, window
  c.due = now + RTO_FIRST
  set_timer(c, min(RTO_FIRST, service.rto_min)) -- first, as there may be no memory: then nothing has begun
  if c.state == "closed" then error("no memory for a connection", 0) end
  local chain = chain_of(here, there)
  c.beside, connections[chain] = connections[chain], c
  c.is_known = true
  M.count, M.open = M.count + 1, M.open + 1
  return c
end

-- What both have agreed upon
local function agree(c, mss)
  local most = c.service.mss
  if mss > most then mss = most end
  if mss < 88 then mss = 88 end
  if c.stamps then mss = mss - 12 end
  local n, cwnd = (65535 - STAMPED) // mss, 10 * mss
  if n > SEGMENTS_MAX then n = SEGMENTS_MAX end
  if cwnd > 14600 then cwnd = max(2 * mss, 14600) end
  c.mss, c.burst, c.cwnd = mss, n * mss, cwnd
end

-- Takes over what the peer's SYN says.
local function take_options(c, tcp)
  local o = tcp.data_off > 5 and tcp:options()
  c.irs, c.rcv = tcp.seq, 1
  c.scales = c.scales and o and o.WS ~= nil
  c.stamps = c.stamps and o and o.TSVAL ~= nil
  c.shift = c.scales and min(o.WS, 14) or 0
  c.recent, c.recent_at = c.stamps and o.TSVAL or 0, now
  agree(c, o and o.MSS or 536)
end

local function opened(c)
  if c.state == "syn-received" then M.half = M.half - 1 end
  c.state, c.tries = c.finishing and "fin-wait-1" or "established", 0
  if c.service.opened then c.service.opened(c, now) end
end

-- The first sequence number for who has sent a SYN with number irs; which: of COOKIE_MSS, from 0 on
local function cookie(here, there, irs, slot, which)
  return siphash.words(K0, siphash.words(K0, K1, here << 16 | slot & 0xffff, there), irs, K1) & 0xfffffff8 | which
end

local function answer_with_cookie(service, here, there, tcp)
  local mss = min(tcp.mss or 536, service.mss)
  local which = 0
  while which < 7 and COOKIE_MSS[which + 2] <= mss do which = which + 1 end
  local slot = now // SLOT
  local seq = tcp.seq
  fill(baked[1], PLAIN + 4, here, there, cookie(here, there, seq, slot, which), seq + 1 & WRAP, SYN | ACK, service.window)
  baked[1]:u32(40, 0x02040000 | service.mss)
  nf.send(baked)
  M.cookies_until = slot + 2
end

-- The connection of who acknowledges a cookie; nil: it is none, or is too old, or there are too many.
local function redeem(service, here, there, tcp)
  local slot, iss, irs = now // SLOT, tcp.ack - 1 & WRAP, tcp.seq - 1 & WRAP
  if slot >= M.cookies_until or M.open >= service.max then return nil end
  local which = iss & 7
  if iss ~= cookie(here, there, irs, slot, which) and iss ~= cookie(here, there, irs, slot - 1, which) then return nil end
  local c = new(service, here, there, "cookie")
  c.iss, c.irs, c.rcv, c.una, c.nxt, c.max = iss, irs, 1, 1, 1, 1
  c.stamps, c.scales = false, false
  c.wnd, c.wnd_max, c.wl2 = tcp.window_size, tcp.window_size, 1
  agree(c, COOKIE_MSS[which + 1])
  opened(c)
  return c
end

local function accept(service, here, there, tcp)
  if M.half >= service.backlog then return answer_with_cookie(service, here, there, tcp) end
  if M.open >= service.max then return end
  local c = new(service, here, there, "syn-received")
  M.half = M.half + 1
  take_options(c, tcp)
  c.wnd, c.wl1 = tcp.window_size, 0
  c.nxt, c.max = 1, 1
  c.timed, c.timed_at = 1, now
  transmit(c, SYN | ACK, 0, 0)
end

-- Acknowledgements

-- The time-out by what has been measured, without what time-outs have added
local function reckon(c)
  local srtt, rto = c.srtt, RTO_FIRST
  if srtt then
    local var, least = c.rttvar, c.service.rto_min
    rto = (srtt >> 3) + (var > 0 and var or 1)
    if rto < least then rto = least end
    if rto > RTO_MAX then rto = RTO_MAX end
  end
  c.rto = rto
end

-- A segment and its acknowledgement took ms milliseconds.
local function measure(c, ms)
  local srtt = c.srtt
  if ms == 0 and srtt == 0 and c.rttvar < 4 and c.rto == c.service.rto_min then return end -- as before
  if srtt then
    local d, var = ms - (srtt >> 3), c.rttvar
    c.srtt, c.rttvar = srtt + d, var + (d < 0 and -d or d) - (var >> 2)
  else
    c.srtt, c.rttvar = ms << 3, ms << 1
  end
  return reckon(c)
end

local function drop_acked(c)
  local queue, first, last, una = c.queue, c.first, c.last, c.una
  while first <= last do
    local part = queue[first]
    if part.at + part.len > una then break end
    queue[first] = nil
    first = first + 1
    if part.of then part.more, c.gone = c.gone, part end
  end
  if first > last then first, c.last = 1, 0 end
  c.first = first
end

-- What the acknowledgement of what lies before number to says of the time that it took
local function time_acked(c, to, echo)
  local timed = c.timed
  if echo and echo ~= 0 and c.stamps then
    local ms = now - echo & WRAP
    if ms < 0x80000000 then measure(c, ms) end
  elseif timed and to >= timed then
    measure(c, now - c.timed_at)
  end
  if timed and to >= timed then c.timed = false end
end

local function acknowledged(c, to, echo)
  local acked = to - c.una
  c.una, c.tries = to, 0
  -- While lost segments are sent again one by one, only the first acknowledgement begins the timer anew: if there are many, it ends, and all is
  -- sent again (RFC 6582, 3.2)
  if c.fast ~= "goes on" or to >= c.recover then c.resends = false end
  if c.nxt < to then c.nxt = to end
  if c.last > 0 then drop_acked(c) end
  time_acked(c, to, echo)
  if not c.fast then
    c.dup = 0
    if c.cwnd < c.ssthresh then
      c.cwnd = c.cwnd + acked
    else
      c.grown = c.grown + acked
      if c.grown >= c.cwnd then c.grown, c.cwnd = c.grown - c.cwnd, c.cwnd + c.mss end
    end
  elseif to >= c.recover then
    c.cwnd, c.fast, c.dup = min(c.ssthresh, max(c.max - to, c.mss) + c.mss), false, 0
  else -- the next one is lost, too
    c.fast = "goes on"
    again(c)
    c.cwnd = max(c.cwnd - acked, 0) + c.mss
  end
  if c.gone then let_go(c) end
  if to > 1 then
    local sent = c.service.sent
    if sent and c.state ~= "closed" then sent(c) end
  end
end

local function repeated(c)
  c.dup = c.dup + 1
  if c.fast then
    c.cwnd = c.cwnd + c.mss
  elseif c.dup == 3 and c.una > c.recover then
    slow_down(c)
    c.fast = true
    again(c)
    c.cwnd = c.ssthresh + 3 * c.mss
  end
end

local function may_challenge(c)
  return nf.limit(CHALLENGES, c.there << 16 ~ c.here)
end

-- An acknowledgement of what has been received, or was never sent, or of long ago, or one that nothing was in flight for. Returns false if the segment
-- goes no further.
local function take_other_ack(c, to, at, len, flags, wnd)
  if to > c.max or to < c.una - max(c.wnd_max, 1) then -- RFC 5961, 5
    if may_challenge(c) then tell(c, ACK) end
    return false
  end
  if c.max == c.una or c.wnd == 0 then c.tries = 0 end -- it answers, though it has nothing to acknowledge, or takes nothing now
  if at and to == c.una and len == 0 and wnd == c.wnd and wnd > 0 and c.max > to and flags & (SYN | FIN) == 0 then repeated(c) end
  return true
end

-- at: nil, of a segment that is not acceptable otherwise. Returns false if the segment goes no further.
local function take_ack(c, tcp, at, len, flags, echo)
  local una, wnd = c.una, tcp.window_size
  local to = una + ((tcp.ack - c.iss - una + 0x80000000 & WRAP) - 0x80000000)
  if flags & SYN == 0 then wnd = wnd << c.shift end
  if c.state == "syn-received" then
    if to < 1 or to > c.max then
      refuse(c.here, c.there, tcp.ack, 0, RST)
      return false
    end
    c.wnd, c.wnd_max, c.wl1, c.wl2 = wnd, wnd, at or c.rcv, to
    acknowledged(c, to, echo)
    opened(c)
    return c.state ~= "closed"
  end
  if to > una and to <= c.max then
    acknowledged(c, to, echo)
  elseif not take_other_ack(c, to, at, len, flags, wnd) then
    return false
  end
  local wl1 = c.wl1
  if at and (at > wl1 or at == wl1 and to >= c.wl2) and to >= c.una then
    if wnd ~= c.wnd then
      if c.wnd == 0 then -- what leaves now does not wait for as long as the last probe
        c.nxt, c.tries, c.resends = max(c.una, min(c.nxt, c.tail)), 0, false
        reckon(c)
      end
      c.wnd = wnd
      if wnd > c.wnd_max then c.wnd_max = wnd end
    end
    c.wl1, c.wl2 = at, to
  end
  return true
end

-- What comes in

-- Keeps what came before that which it follows; at and len are within the window.
local function hold(c, at, data)
  local held = c.held or {}
  c.held = held
  if #held >= HELD_MAX or M.held + #data + HELD_COST > ALL_HELD_MAX then return end
  local i = #held
  while i > 0 and held[i].at > at do i = i - 1 end
  if i > 0 and held[i].at + #held[i].data >= at + #data then return end
  table.insert(held, i + 1, { at = at, data = data:slice() .. "" })
  M.held = M.held + #data + HELD_COST
end

local function deliver(c, data)
  local len, least, received = #data, c.room_left, c.service.received
  local window = c.window - len
  c.rcv = c.rcv + len
  c.window = window > least and window or least
  if received then received(c, data, now) end
end

local function deliver_held(c)
  local held = c.held
  while held and held[1] and held[1].at <= c.rcv and c.state ~= "closed" do
    local first = table.remove(held, 1)
    M.held = M.held - #first.data - HELD_COST
    local skip = c.rcv - first.at
    local take = min(first.at + #first.data, c.fin_at or first.at + #first.data) - c.rcv
    if take > 0 then deliver(c, first.data:slice(skip, take)) end
  end
  if held and not held[1] then c.held = false end
end

local function wait_for_late(c)
  if c.state ~= "time-wait" then M.open = M.open - 1 end
  c.state, c.is_plain = "time-wait", false
  if M.count - M.open > c.service.max then return forget(c, "closed") end -- there are enough that wait
  within(c, c.service.time_wait)
end

local AFTER_FIN <const> = { established = "close-wait", ["fin-wait-1"] = "closing", ["fin-wait-2"] = "time-wait" }

local function take_fin(c)
  local state = AFTER_FIN[c.state]
  if not state then return end
  c.rcv = c.rcv + 1
  c.fin_at, c.fin_taken = false, true
  drop_held(c)
  if state == "time-wait" then wait_for_late(c) else c.state = state end
  if c.service.ended then c.service.ended(c) end
end

-- Our FIN has been acknowledged.
local function finished(c)
  if c.state == "fin-wait-1" then
    c.state = "fin-wait-2"
  elseif c.state == "closing" then
    wait_for_late(c)
  elseif c.state == "last-ack" then
    forget(c, "closed")
  end
end

local function take_data(c, at, data, flags)
  local len = #data
  if at == c.rcv and not c.fin_at and not c.fin_taken and not c.held and len + (flags & FIN) <= c.window then -- what comes next
    if len > 0 then deliver(c, data) end
    if flags & FIN ~= 0 and c.state ~= "closed" then take_fin(c) end
    return
  end
  if flags & FIN ~= 0 and not c.fin_taken and at + len >= c.rcv and at + len < c.rcv + c.window + 1 then c.fin_at = at + len end
  local skip = max(c.rcv - at, 0)
  local take = min(min(at + len, c.rcv + c.window), c.fin_at or at + len) - at - skip
  if take > 0 and not c.fin_taken then
    local bytes_in = data:slice(skip, take)
    if at + skip == c.rcv then
      deliver(c, bytes_in)
      deliver_held(c)
    else
      hold(c, at + skip, bytes_in)
      c.ack_now = true
    end
  end
  if c.state ~= "closed" and c.fin_at == c.rcv then take_fin(c) end
end

-- Whether the segment lies in the window; space is how many numbers it takes
local function is_acceptable(c, at, space)
  local last = c.rcv + c.window
  if space == 0 then return at == c.rcv or at > c.rcv and at < last end
  return c.window > 0 and at < last and at + space > c.rcv
end

local NONE <const> = bytes.new(0)

local function in_syn_sent(c, tcp, flags)
  local to = difference(tcp.ack, c.iss)
  if flags & ACK ~= 0 and to ~= 1 then
    if flags & RST == 0 then refuse(c.here, c.there, tcp.ack, 0, RST) end
    return
  end
  if flags & RST ~= 0 then
    if flags & ACK ~= 0 then forget(c, "refused") end
    return
  end
  if flags & SYN == 0 then return end
  take_options(c, tcp)
  c.wnd, c.wl1 = tcp.window_size, 0
  if flags & ACK ~= 0 then
    c.wnd_max, c.wl2 = c.wnd, 1
    acknowledged(c, 1, nil)
    c.busy = true -- what opened() sends acknowledges this
    opened(c)
    c.busy = false
    if c.state ~= "closed" and not output(c) then tell(c, ACK) end
    rearm(c)
  else -- both have opened it at once
    c.state, M.half = "syn-received", M.half + 1
    transmit(c, SYN | ACK, 0, 0)
    within(c, c.rto)
  end
end

-- What is to be done with a segment that is not simply the next one. Returns nil if it goes no further; else whether its data does, and what is left of its flags.
local function look(c, tcp, at, len, flags, is_old)
  if c.state == "time-wait" and flags & (SYN | ACK | RST) == SYN and at >= c.rcv and not is_old and services[c.here & 0xffff] == c.service then
    local service, here, there = c.service, c.here, c.there -- the peer uses its port again (RFC 9293, 3.6.1)
    forget(c, "closed")
    return accept(service, here, there, tcp)
  end
  if is_old or not is_acceptable(c, at, len + (flags & FIN) + (flags >> 1 & 1)) then
    if flags & RST ~= 0 then return end
    if c.state == "time-wait" and flags & FIN ~= 0 and at + len + 1 == c.rcv then within(c, c.service.time_wait) end -- RFC 9293, 3.10.7.4
    if c.state == "syn-received" and flags & (SYN | ACK) == SYN and at == 0 then
      transmit(c, SYN | ACK, 0, 0) -- its SYN has come again
    elseif len > 0 or flags & FIN ~= 0 or may_challenge(c) then
      tell(c, ACK)
    end
    -- who probes a window that is closed, or sends again, still acknowledges
    if is_old or flags & (SYN | ACK) ~= ACK or at > c.rcv + c.window or at < c.rcv - c.window - 1 then return end
    return false, ACK
  end
  if flags & RST ~= 0 then
    if at == c.rcv then
      forget(c, "reset")
    elseif may_challenge(c) then -- RFC 5961, 3
      tell(c, ACK)
    end
    return
  end
  if flags & SYN ~= 0 then -- RFC 5961, 4
    if may_challenge(c) then tell(c, ACK) end
    return
  end
  if flags & ACK == 0 then return end
  return true, flags
end

-- What is to be sent after a segment has been taken
local function respond(c)
  if c.state == "closed" then return end
  local any = (c.tail > c.nxt or c.finishing or c.broken) and output(c)
  if c.told ~= c.rcv or c.ack_now then
    if not any and c.state ~= "closed" then tell(c, ACK) end
    c.ack_now = false
  end
  rearm(c)
end

-- States in which the next segment may take the short way
local PLAIN_STATES <const> = {
  established = true, ["fin-wait-1"] = true, ["fin-wait-2"] = true, ["close-wait"] = true, closing = true, ["last-ack"] = true,
}

-- The acknowledgement of our SYN, and nothing else
local function establish(c, wnd, stamp, echo)
  c.una, c.resends, c.wnd, c.wnd_max, c.wl1, c.wl2 = 1, false, wnd, wnd, 1, 1
  time_acked(c, 1, echo)
  if stamp then c.recent, c.recent_at = stamp, now end
  c.busy, c.is_plain = true, true
  opened(c)
  c.busy = false
end

local function segment(c, tcp)
  local flags, rcv, stamp, echo = tcp.flags, c.rcv, nil, nil
  if c.state == "syn-sent" then return in_syn_sent(c, tcp, flags) end
  local payload = tcp:data()
  local len = payload and #payload or 0
  local ahead = tcp.seq - c.irs - rcv & WRAP
  if c.stamps and tcp.data_off > 5 then
    local o = tcp:options()
    stamp, echo = o.TSVAL, o.TSER
  end
  local is_old = stamp and (stamp - c.recent & WRAP) >= 0x80000000 and flags & RST == 0 and now - c.recent_at < RECENT_MAX -- RFC 7323, 5.3
  if ahead == 0 and flags & (SYN | RST | ACK) == ACK and not is_old then
    local una, space = c.una, len + (flags & FIN)
    local to, wnd = una + (tcp.ack - c.iss - una & WRAP), tcp.window_size << c.shift
    if c.is_plain and to <= c.max and c.wnd > 0 and (space == 0 and to > una or space > 0 and space <= c.window and not c.fin_taken) then
      c.busy = true
      if to > una then acknowledged(c, to, echo) elseif c.max == una then c.tries = 0 end
      if wnd ~= c.wnd then
        c.wnd = wnd
        if wnd > c.wnd_max then c.wnd_max = wnd end
      end
      c.wl1, c.wl2 = rcv, to
      if stamp and rcv <= c.told then c.recent, c.recent_at = stamp, now end
      if c.finishing and c.una > c.tail then finished(c) end
      if len > 0 and c.state ~= "closed" then deliver(c, payload:get()) end
      if space > len and c.state ~= "closed" then take_fin(c) end
      c.busy = false
      return respond(c)
    end
    if flags == ACK and len == 0 and c.state == "syn-received" and to == 1 then
      establish(c, wnd, stamp, echo)
      return respond(c)
    end
  end
  local at = rcv + ((ahead + 0x80000000 & WRAP) - 0x80000000)
  local in_window = at
  if at ~= rcv or is_old or flags & (SYN | RST | ACK) ~= ACK or len + (flags & FIN) > c.window or c.state == "time-wait" then
    local has_data
    has_data, flags = look(c, tcp, at, len, flags, is_old)
    if has_data == nil then return end
    if not has_data then at, len, in_window = rcv, 0, nil end
  end
  c.busy, c.is_plain = true, false -- until all is known, as what is called may raise
  if take_ack(c, tcp, in_window, len, flags, echo) then
    if stamp and in_window and at <= c.told then c.recent, c.recent_at = stamp, now end
    if c.finishing and c.una > c.tail then finished(c) end
    if (len > 0 or flags & FIN ~= 0 or c.fin_at) and c.state ~= "closed" then take_data(c, at, len > 0 and payload:get() or NONE, flags) end
  end
  c.busy = false
  c.is_plain = PLAIN_STATES[c.state] == true and c.dup == 0 and not (c.held or c.fin_at or c.fast)
  respond(c)
end

-- For scripts

M.count = 0 -- connections, with those that have ended and are still known
M.open = 0 -- those that have not ended
M.half = 0 -- those of them that are half open
M.held = 0 -- bytes that came before those that they follow
M.cookies_until = 0 -- from which SLOT on no cookie is good that was given

-- Whether an address, with a port, can be a host's (RFC 9293, MUST-57)
local function is_host(address)
  local first = address >> 40
  return first ~= 0 and first ~= 127 and first < 224
end

-- Gives each packet of TCP that the rule lets through. Returns true if it is one of these connections: then the kernel must not see it.
-- With is_ours, it is only of connections that there are already: where packets leave this machine, nobody asks for a new one.
function M.input(p, is_ours)
  local ip = p.ip
  local tcp = ip and ip:data(packet_tcp)
  if not tcp then return false end
  if ip.flags & MORE ~= 0 then return services[tcp.dport] ~= nil end -- a fragment: its bytes are not all there
  local port = tcp.dport
  local here, there = ip:daddr():int() << 16 | port, ip:saddr():int() << 16 | tcp.sport
  now, is_filled = get_time(), false
  local c = find_connection(here, there)
  if c then
    segment(c, tcp)
    return true
  end
  local service = not is_ours and services[port]
  if not service then return false end
  local flags = tcp.flags
  if not is_host(there) or not is_host(here) then return true end
  if flags & RST ~= 0 then return true end
  if flags & ACK ~= 0 then
    c = flags & SYN == 0 and redeem(service, here, there, tcp)
    if c then segment(c, tcp) else refuse(here, there, tcp.ack, 0, RST) end
  elseif flags & SYN ~= 0 then
    accept(service, here, there, tcp)
  end
  return true
end

local function check_window(n)
  if n < 0 or n > 65535 then error("a window has 0 to 65535 bytes, not " .. n, 3) end
end

local function as_service(options)
  for name, value in pairs(DEFAULTS) do
    if options[name] == nil then options[name] = value end
  end
  check_window(options.window)
  if options.mss < 88 or options.mss > 65495 then error("mss is 88 to 65495, not " .. options.mss, 3) end
  return options
end

-- Takes connections to options.port: opened(c, now), received(c, data, now), sent(c), when some of what was sent has arrived, released(c, of), as
-- send_from() says, ended(c), when the peer sends no more, closed(c, why), each if it is there. Of the bytes of c, c.una - 1 have arrived, and c.tail - 1 were given to it.
-- now is the time in milliseconds (nf.get_time). data is a byte array, which ends with the packet: what is kept has to be copied, by data:string() for instance.
function M.listen(options)
  services[options.port] = as_service(options)
  return options
end

-- Begins a connection, from and to addresses as numbers: here and there are address << 16 | port. Returns it, or nil: there is one already, or
-- that is no host's address.
function M.connect(here, there, options)
  if not is_host(there) or find_connection(here, there) then return nil end
  now = get_time()
  local c = new(as_service(options), here, there, "syn-sent")
  c.nxt, c.max = 1, 1
  c.timed, c.timed_at = 1, now
  transmit(c, SYN, 0, 0)
  within(c, c.rto)
  return c
end

local function push(c)
  if c.busy or not CAN_SEND[c.state] then return end
  now = get_time()
  output(c)
  rearm(c)
end

local function append(c, part)
  local len, queue, n, tail = part.len, c.queue, c.last, c.tail
  if len == 0 then
    if part.of and c.service.released then c.service.released(c, part.of) end
    return true
  end
  if not queue then
    queue = clone(PARTS)
    c.queue = queue
  end
  local last = queue[n]
  if last and len < SMALL and last.len < SMALL and part.own == len and last.own == last.len and not part.of then
    last.bytes, last.len, last.own = last.bytes .. part.bytes, last.len + len, last.len + len
  else
    part.at = tail
    n = n + 1
    queue[n], c.last = part, n
  end
  c.tail = tail + len
  if not c.busy then push(c) end
  return true
end

-- Sends a string or a byte array; or length bytes, of which read(offset, n) gives n from there on whenever they are to be sent.
-- Returns false: the connection takes no more.
function M.connection:send(what, length)
  if self.finishing or OVER[self.state] then return false end
  local part = clone(PART)
  if length then
    part.len, part.read = length, what
  else
    length = #what
    if length > SMALL and type(what) == "string" then what = bytes.new_from_string(what):slice(0, length) end -- so that parts of it are no copies
    part.len, part.own, part.bytes = length, length, what
  end
  return append(self, part)
end

-- Sends length bytes, from offset on, of what the key of a shared table has, without a copy of them; with size, of what this key and those after it
-- have, integers, each so many bytes. They are read whenever they are to be sent: if they are gone then, the connection is reset.
-- Before them it sends head, a string or a byte array. When all of it has arrived, or the connection has ended, released(c, of) is called, if of is not nil,
-- once for each call that has returned true.
function M.connection:send_from(store, key, offset, length, size, head, of)
  if self.finishing or OVER[self.state] then return false end
  local part, own = clone(PART), head and #head or 0
  part.len, part.own, part.bytes, part.of = own + length, own, head, of
  part.store, part.key, part.from, part.size = store, key, offset, size or WHOLE
  return append(self, part)
end

local CAN_RECEIVE <const> = { established = true, ["fin-wait-1"] = true, ["fin-wait-2"] = true }
local AFTER_CLOSE <const> = { established = "fin-wait-1", ["syn-received"] = "syn-received", ["close-wait"] = "last-ack" }

-- Sends what there is, and then that there is no more. What the peer still sends is received.
function M.connection:close()
  local state = AFTER_CLOSE[self.state]
  if self.state == "syn-sent" then return forget(self, "closed") end
  if not state then return end
  self.state, self.finishing = state, true
  push(self)
end

-- Ends it at once.
function M.connection:abort()
  now = get_time()
  abort(self, "aborted")
end

-- How many bytes may come from now on, at most 65,535: 0 holds the peer back. What it was told that may come still may (RFC 9293, 3.8.6).
function M.connection:room(n)
  local was = self.window
  check_window(n)
  self.room_left = n
  if n <= was then return end
  self.window = n
  if was >= self.mss or not self.burst or not CAN_RECEIVE[self.state] then return end
  if self.busy then
    self.ack_now = true
  else
    now = get_time()
    tell(self, ACK)
  end
end

return M
