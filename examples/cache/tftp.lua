-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A cache in front of the TFTP server of this machine, as chapter 4 of the thesis has one: a file that has been read once is answered by the kernel.
--   iptables -t mangle -A INPUT -p udp --dport 69 -j LUA --script tftp.lua --function request --object ip --state 69 --memory 16M --on-error continue
--   iptables -t mangle -A PREROUTING -p udp --dport 61440:65535 -j LUA --script tftp.lua --function acknowledgement --object ip --state 69 --memory 16M
--   iptables -t mangle -A POSTROUTING -p udp -j LUA --script tftp.lua --function response --object ip --state 69 --memory 16M --on-error continue
-- Who asks for a file that the cache has not got is answered by the server, and the blocks of its answer are kept as they leave. What
-- the server has refused, or what did not leave whole and in order, is not kept. RFC 1350, with block numbers that begin anew behind
-- 65,535 at 0, and the options of RFC 2347 to 2349 and 7440: blksize, timeout, tsize, windowsize. A request that is not to the letter
-- is the server's business.
-- A file that changes on the server is answered as it was for up to LIFE, unless it was written by TFTP. docs/cache.md has the limits.
local LIFE <const> = 300000 -- milliseconds for which a file is kept, whatever becomes of it on the server
local QUIET <const> = 60000 -- milliseconds for which a file that somebody writes is not kept
local BYTES_MAX <const> = 96 << 20 -- of all files, with what keeping them costs; shared_mb has to be more
local FILE_MAX <const> = 48 << 20 -- of one
local ENTRIES_MAX <const>, TRANSFERS_MAX <const>, FILLS_MAX <const> = 4096, 1024, 16
local BLKSIZE_MAX <const>, WINDOW_MAX <const> = 16384, 64 -- more may be asked for, and these are granted
local ADDRESS_MAX <const>, PATIENCE <const> = 256, 2000 -- transfers to one address; milliseconds until one that nobody acknowledges gives way to others
local ANSWERED <const>, ASKERS_MAX <const> = 300000, 8192 -- milliseconds: a server is silent for less between two datagrams of an answer; clients
local WAITS <const> = 40000 -- and for less than so many for each second of the timeout that it has agreed to: in.tftpd doubles it five times
local SEEN_MAX <const>, ALL_SEEN_MAX <const> = 64, 16384 -- ports from which the server has answered one of these, and all
local TIMEOUT <const>, TRIES <const> = 1000, 5 -- milliseconds until a block is sent again; how often
local STALLED <const>, IDLE <const> = 1000, 10000 -- milliseconds after which an answer of the server that stops gives way, and ends
local PORT <const>, PORTS <const> = 61439, 4096 -- the ports from here on, not this one, are the cache's

local READ <const>, WRITE <const>, DATA <const>, ACK <const>, OACK <const> = 1, 2, 3, 4, 6
local REQUEST_MAX <const> = 512 -- bytes, RFC 2347
local SHIFT <const> = 15
local CHUNK <const> = 1 << SHIFT -- bytes of a file that have an entry of the shared table
local GROUP <const>, UNCUT <const> = 16384, 1468 -- bytes of blocks that leave as one packet; of a block that cannot be too large for that
local FIRST <const> = 4 -- blocks of a window that come first, if it is larger than a group
local ENTRY <const> = 512 -- bytes that a file takes besides
local HEAD <const> = 28 -- bytes of the headers of IP and UDP

-- What the files have in them: number of the file, and of the chunk. The numbers of two loads differ.
local send, get_time = nf.send, nf.get_time
local store = shared.table("tftp cache")
local number = (nf.get_random() & 0xFFFFFF) << 24

local index, entries = {}, 0 -- by name: the first of those of that name
local ring = {} -- of all files: after it the one that was asked for last, before it the one whose turn it is to go
ring.after, ring.before = ring, ring
local trash, sweeper = nil, nil -- files that are gone, and whose bytes are not
local stored = 0

-- Nothing is made for the first count of a name later, when there may be no memory.
for _, name in ipairs{
  "hits", "misses", "busy", "stored", "refused", "gaps", "stalled", "no_room", "not_kept", "unsure", "no_memory", "expired", "evicted", "void", "served",
  "broken_off", "given_up", "gave_way", "blocks", "again", "unsent",
} do nf.count(name, 0) end

-- nil: there is no memory for one.
local function try_timer(delay, f, x)
  local is_there, timer = pcall(nf.timer, delay, f, x)
  return is_there and timer or nil
end

-- What so many bytes take.
local function cost(n)
  return n <= 1900 and (n + 255) & ~31 or (n + 4095 & ~4095) + 256
end

local function free_chunk()
  local x = trash
  local left = x.chunks - 1
  if left >= 0 then
    local n = x.size - (left << SHIFT)
    store[x.id << 16 | left] = nil
    stored = stored - cost(n)
    x.chunks, x.size = left, left << SHIFT
  end
  if left <= 0 then
    stored = stored - x.overhead
    trash = x.more
  end
end

-- Bit by bit: the bytes of a large one would keep packets waiting. Without memory for a timer the next one that goes has it tried again.
local function sweep()
  for _ = 1, 64 do
    if not trash then break end
    free_chunk()
  end
  sweeper = trash and try_timer(20, sweep)
end

-- It raises nothing, as all do that end something: finish(), end_fill(), drop_fill(), forget().
local function discard(x)
  x.more, trash = trash, x
  sweeper = sweeper or try_timer(20, sweep)
end

local function unlink(e)
  e.before.after, e.after.before = e.after, e.before
end

local function link(e, list)
  e.before, e.after = list, list.after
  list.after.before, list.after = e, e
end

local function find(name, mode, server)
  local e = index[name]
  while e and (e.mode ~= mode or e.server ~= server) do e = e.next end
  return e
end

-- Nobody finds it any more; its bytes stay as long as somebody is sent them.
local function forget(e, why)
  nf.count(why)
  unlink(e)
  local at = index[e.name]
  if at == e then
    index[e.name] = e.next
  else
    while at.next ~= e do at = at.next end
    at.next = e.next
  end
  entries = entries - 1
  e.is_gone = true
  e.timer:cancel()
  if e.users == 0 then discard(e) end
end

local function expire(e)
  if not e.is_gone then forget(e, "expired") end
end

local function evict()
  local e = ring.before
  while e ~= ring and e.users > 0 do e = e.before end
  if e == ring then return false end
  forget(e, "evicted")
  return true
end

local function make_room(n)
  while stored + n > BYTES_MAX do
    if trash then
      free_chunk()
    elseif not evict() then
      return false
    end
  end
  return true
end

-- Requests

local MODES <const> = { octet = 1, netascii = 2 }
local OPTIONS <const> = {
  blksize = { 8, 65464 }, timeout = { 1, 255 }, tsize = { 0, 1 << 40 }, windowsize = { 1, 65535 },
}

-- The options in the text from there on, and whether there are others; nil: that is no list of options.
local function options(text, from)
  local got, others = {}, false
  while from <= #text do
    local name_end = text:find("\0", from, true)
    local value_end = name_end and text:find("\0", name_end + 1, true)
    if not value_end then return nil end
    local name = text:sub(from, name_end - 1):lower()
    local range = OPTIONS[name]
    if range then
      local value = text:sub(name_end + 1, value_end - 1)
      local n = #value <= 12 and value:find("^%d+$") and tonumber(value)
      if not n or n < range[1] or n > range[2] or got[name] then return nil end
      got[name] = n
    end
    others = others or not range
    from = value_end + 1
  end
  return got, others
end

-- The file's name, its mode, and where options begin; nil: it is no request.
local function parse(text)
  local name_end = text:find("\0", 3, true)
  local mode_end = name_end and text:find("\0", name_end + 1, true)
  if not mode_end or name_end == 3 then return nil end
  local mode = text:sub(name_end + 1, mode_end - 1)
  return text:sub(3, name_end - 1), MODES[mode] or MODES[mode:lower()], mode_end + 1
end

-- Answers: a transfer has a port of ours, and the headers of what it sends.

local active, late = {}, {} -- by port: the transfer, else false; the client of the one that was there before, else false
for i = 1, PORTS do active[i], late[i] = false, false end
local by_client, transfers = {}, 0 -- the latest of a client's port
local fresh = {} -- those of which nothing has been acknowledged, as the ring of files: who has forged his address acknowledges nothing
fresh.after, fresh.before = fresh, fresh
local by_address = {} -- how many

local blank = bytes.new(HEAD + 4)
do
  local ip = bytes.to_packet(blank, packet_ip)
  ip.version, ip.ihl, ip.ttl, ip.protocol = 4, 5, 64, 17
  blank:u16(HEAD, DATA)
end

local function finish(t, how)
  local address = t.client >> 16
  local others = by_address[address] - 1
  active[t.slot], late[t.slot] = false, t.client
  transfers, by_address[address] = transfers - 1, others > 0 and others or nil
  if t.before then unlink(t) end
  if by_client[t.client] == t then by_client[t.client] = nil end
  t.is_over = true
  t.timer:cancel()
  local e = t.entry
  e.users = e.users - 1
  if e.is_gone and e.users == 0 then discard(e) end
  nf.count(how)
  nf.count("blocks", t.acked)
end

-- What nf.send() is given: there is one of each at a time, and only its headers and numbers are set.
local function bytes_of() return { store, 0, 0, 0 } end
local part, rest = bytes_of(), bytes_of()
local in_one, in_two, in_none = { blank, part }, { blank, part, rest }, { blank }

-- The block, from 1 on, however large the number. Whether it is on its way.
local function send_block(t, block)
  local size, head, parts = t.blksize, t.head, in_one
  local at = (block - 1) * size
  if block == t.last then size = t.entry.size - at end
  local chunk, from = t.base | at >> SHIFT, at & CHUNK - 1
  head:u16(HEAD + 2, block & 0xFFFF)
  if size == 0 then
    parts = in_none
  elseif from + size > CHUNK then
    parts, rest[2], rest[4] = in_two, chunk + 1, from + size - CHUNK
    size = CHUNK - from
  end
  parts[1], part[2], part[3], part[4] = head, chunk, from, size
  local sent = send(parts)
  return sent
end

-- The same for several blocks: what each but the first begins with, and the bytes of all.
local group, heads, lists = {}, {}, { bytes_of() }
for i = 2, WINDOW_MAX do
  heads[i] = bytes.new(4)
  heads[i]:u16(0, DATA)
  lists[i] = bytes_of()
end
lists[WINDOW_MAX + 1] = bytes_of() -- a group is smaller than a chunk, so one of its blocks may lie in two

-- So many blocks from this one on as one packet, of which the machine makes one for each. Whether they are on their way.
local function send_group(t, block, n)
  local size, k, used = t.blksize, 1, 0
  local at, left = (block - 1) * size, t.entry.size
  group[1], group.segment = t.head, size + 4
  t.head:u16(HEAD + 2, block & 0xFFFF)
  for i = 1, n do
    if i > 1 then
      heads[i]:u16(2, block + i - 1 & 0xFFFF)
      k = k + 1
      group[k] = heads[i]
    end
    local stop = at + size
    if stop > left then stop = left end
    while at < stop do
      local from, length = at & CHUNK - 1, stop - at
      if length > CHUNK - from then length = CHUNK - from end
      k, used = k + 1, used + 1
      local list = lists[used]
      list[2], list[3], list[4] = t.base | at >> SHIFT, from, length
      group[k] = list
      at = at + length
    end
  end
  for i = k + 1, #group do group[i] = nil end
  return send(group)
end

local function make_group(t)
  local n = math.min(t.window, GROUP // (t.blksize + 4))
  if n > 1 and t.blksize <= UNCUT then t.group_size = n end
end

-- What follows block t.sent, but no more than so many blocks. Returns whether the window has more of them.
local function send_some(t, most)
  local block, stop = t.sent, t.acked + t.window
  if stop > t.last then stop = t.last end
  local has_more = stop - block > most
  if has_more then stop = block + most end
  while block < stop do
    local n = stop - block
    if n > t.group_size then n = t.group_size end
    if n > 1 then
      if send_group(t, block + 1, n) then
        block = block + n
      else
        t.group_size = 1 -- one by one, as that cannot be
      end
    elseif send_block(t, block + 1) then
      block = block + 1
    else
      nf.count("unsent")
      has_more = false
      break
    end
  end
  t.sent, t.at = block, get_time()
  if block > t.most then t.most = block end
  return has_more
end

local function send_rest(t)
  t.rest = nil
  if not t.is_over then send_some(t, WINDOW_MAX) end
end

-- What follows the last acknowledged block. What is sent leaves when the script has ended: so of a window that is larger than a
-- group some blocks come first, and the rest while these are on the cable.
local function send_window(t)
  t.sent = t.acked
  if not send_some(t, t.window > t.group_size and FIRST or WINDOW_MAX) or t.rest then return end
  t.rest = try_timer(0, send_rest, t)
  if not t.rest then send_some(t, WINDOW_MAX) end
end

local function send_first(t)
  if not t.oack then return send_window(t) end
  t.at = get_time()
  if not send(t.oack) then nf.count("unsent") end
end

local function watch(t)
  if t.is_over then return end
  local wait = t.at + t.wait - get_time()
  if wait <= 0 and t.tries == TRIES then return finish(t, "given_up") end
  local timer = try_timer(wait > 0 and wait or t.wait, watch, t)
  if not timer then return finish(t, "no_memory") end -- without one it would never end
  t.timer = timer
  if wait > 0 then return end
  t.tries = t.tries + 1
  nf.count("again")
  send_first(t)
end

-- Which of the options we agree to, as they are told to the client.
local function agree(got, e, t)
  local text = "\0\6"
  if got.blksize then
    t.blksize = math.min(got.blksize, BLKSIZE_MAX)
    text = text .. "blksize\0" .. t.blksize .. "\0"
  end
  if got.timeout then
    t.wait = 1000 * got.timeout
    text = text .. "timeout\0" .. got.timeout .. "\0"
  end
  if got.tsize and e.mode == MODES.octet and e.size > 0 then -- curl gives up when it is told 0
    text = text .. "tsize\0" .. e.size .. "\0"
  end
  if got.windowsize then
    t.window = math.min(got.windowsize, WINDOW_MAX)
    text = text .. "windowsize\0" .. t.window .. "\0"
  end
  return #text > 2 and text
end

local function choose_slot()
  local first = nf.get_random() % PORTS
  for i = 0, TRANSFERS_MAX do -- so many cannot all be taken
    local slot = (first + i) % PORTS + 1
    if not active[slot] then return slot end
  end
end

-- Whether one has ended, as it is forged, or of no use.
local function give_way()
  local t = fresh.before
  if t == fresh or get_time() - t.begun < PATIENCE then return false end
  finish(t, "gave_way")
  return true
end

local function enter(client, t)
  by_client[client] = t
  by_address[client >> 16] = by_address[client >> 16] or 0
end

-- Answers the request; false: the server has to.
local function begin(e, client, server, text, got)
  local t = by_client[client]
  if t and t.acked == 0 and t.entry == e and t.text == text then -- the request has come twice
    send_first(t)
    return true
  end
  local address = client >> 16
  if by_address[address] == ADDRESS_MAX or transfers == TRANSFERS_MAX and not give_way() then return false end
  local slot, head = choose_slot(), blank .. ""
  head:u32(12, server)
  head:u32(16, client >> 16)
  head:u16(20, PORT + slot)
  head:u16(22, client & 0xFFFF)
  t = {
    entry = e, base = e.id << 16, client = client, slot = slot, text = text, head = head, oack = nil, group_size = 1,
    blksize = 512, window = 1, wait = TIMEOUT, tries = 0, at = 0, last = 0, acked = 0, sent = 0, most = 0, begun = get_time(),
    before = nil, after = nil, rest = nil, is_over = true,
  }
  local oack = got and agree(got, e, t)
  if oack then t.oack = { head:slice(0, HEAD), oack } end
  t.last = e.size // t.blksize + 1
  if t.window > 1 then make_group(t) end
  t.timer = nf.timer(t.wait, watch, t)
  if not pcall(enter, client, t) then
    by_client[client] = nil
    t.timer:cancel()
    return false
  end
  t.is_over = false -- all that needs memory is there
  active[slot], late[slot] = t, false
  transfers, by_address[address] = transfers + 1, by_address[address] + 1
  link(t, fresh)
  e.users = e.users + 1
  unlink(e)
  link(e, ring)
  send_first(t)
  return true
end

local function is_fresh_no_more(t)
  unlink(t)
  t.before, t.after = nil, nil
end

local function acknowledged(t, block)
  local more = block - t.acked & 0xFFFF
  if more == 0 then
    if t.oack then
      if t.before then is_fresh_no_more(t) end
      t.oack, t.tries = nil, 0
      send_window(t)
    elseif t.window > 1 and get_time() - t.at >= t.wait // 8 then -- RFC 7440: the first block of the window is missing
      send_window(t)
    end
    return -- twice: RFC 1123, 4.2.3.1
  end
  if more > t.most - t.acked then return end -- of long ago, or of what was never sent
  if t.before then is_fresh_no_more(t) end
  local acked = t.acked + more
  t.acked, t.tries = acked, 0
  if acked == t.last then
    finish(t, "served")
  elseif t.window > 1 then
    send_window(t)
  elseif send_block(t, acked + 1) then -- what most clients wait for, so it is short
    t.sent, t.most, t.at = acked + 1, acked + 1, get_time()
  else
    nf.count("unsent")
  end
end

function acknowledgement(ip)
  local udp = ip and ip:data(packet_udp)
  if not udp then return XT_CONTINUE end
  local slot, client = udp.dport - PORT, ip:saddr():int() << 16 | udp.sport
  local t = active[slot]
  if not t or t.client ~= client then return late[slot] == client and NF_DROP or XT_CONTINUE end
  local data = udp:data():get()
  local low = data[3]
  if low and data[0] == 0 then
    local opcode = data[1]
    if opcode == ACK then
      acknowledged(t, data[2] << 8 | low)
    elseif opcode ~= OACK and opcode ~= DATA then
      finish(t, "broken_off")
    end
  end
  return NF_DROP
end

-- Filling

local fills, filling = {}, 0 -- by client: of which file the server's answer is kept
local names = {} -- by name
local spare, spares = {}, 0 -- buffers
for i = 1, FILLS_MAX do spare[i] = false end
local quiet, quiet_names, quiet_until = {}, 0, 0 -- names of files that are written, until when
local quiet_timer

local function end_fill(f)
  fills[f.client] = nil
  filling = filling - 1
  if names[f.name] == f then names[f.name] = nil end
  f.is_over = true
  f.timer:cancel()
  spares = spares + 1
  spare[spares], f.buffer = f.buffer, nil
end

local function drop_fill(f, why)
  nf.count(why)
  end_fill(f)
  if f.chunks > 0 then discard(f) end
end

local function watch_fill(f)
  if f.is_over then return end
  local wait = f.at + IDLE - get_time()
  if wait <= 0 then return drop_fill(f, "stalled") end
  local timer = try_timer(wait, watch_fill, f)
  if not timer then return drop_fill(f, "no_memory") end
  f.timer = timer
end

-- Requests that were let through, by client: { at = until when the server may answer, is_open = whether it may yet, seen = the ports from
-- where it has before, n = how many, wait = for how long it may be silent meanwhile, if that is not ANSWERED }. What is kept is the answer to
-- the only request that is open, since nothing in an answer tells which it is to, and nothing from ports of other answers.
local asked, askers, all_seen, asked_timer = {}, 0, 0, nil
local unsure_until = 0 -- there were more than can be noted
local learning_until = get_time() + ANSWERED -- there may be answers to requests that nobody has noted

local function forget_asked()
  local now = get_time()
  for client, note in pairs(asked) do
    if note.at <= now then
      asked[client] = nil
      askers, all_seen = askers - 1, all_seen - note.n
    end
  end
  asked_timer = askers > 0 and try_timer(ANSWERED, forget_asked) or nil
end

local function drop_fills(why)
  for _, f in pairs(fills) do drop_fill(f, why) end
end

-- There are more than can be noted. Nothing is kept until the last of these answers is over.
local function forget_all()
  local at = get_time() + ANSWERED
  if at < unsure_until then at = unsure_until end
  drop_fills("unsure")
  for client, known in pairs(asked) do
    if known.at > at then at = known.at end
    asked[client] = nil
  end
  askers, all_seen, unsure_until, learning_until = 0, 0, at, at
end

-- The server has answered from that port. Who has had as many answers as can be noted is noted as waiting for one.
local function see(known, port, data)
  local wait = known.wait or ANSWERED
  if not known.seen[port] then
    if all_seen == ALL_SEEN_MAX then return forget_all() end
    if data[0] == 0 and data[1] == OACK then
      local got = options(data:string(), 3)
      local longer = WAITS * (got and got.timeout or got and 0 or OPTIONS.timeout[2])
      if longer > wait then known.wait, wait = longer, longer end
    end
    if known.n == SEEN_MAX then
      known.is_full = true
    else
      known.seen[port] = true
      known.n, all_seen = known.n + 1, all_seen + 1
    end
  end
  known.at = get_time() + wait
end

local function note(client, is_kept)
  local now, known, f = get_time(), asked[client], fills[client]
  if f and not is_kept then drop_fill(f, "unsure") end
  if known then
    known.at, known.is_open = now + (known.wait or ANSWERED), true
    return
  end
  if askers == ASKERS_MAX then forget_all() end
  asked[client] = { at = now + ANSWERED, is_open = true, seen = {}, n = 0 }
  askers = askers + 1
  asked_timer = asked_timer or try_timer(ANSWERED, forget_asked)
end

-- The client whose request is looked at. It is still there if that has raised, and the request is on its way to the server.
local in_hand = nil

local function settle()
  if in_hand == 0 then
    forget_all()
  elseif not pcall(note, in_hand, false) then
    forget_all()
  end
  in_hand = nil
end

-- Whether there is room for one more, or one that does not go on.
local function make_way(name, client, now)
  local same, other = names[name], fills[client]
  if same and same ~= other then
    if now - same.at < STALLED then return false end
    drop_fill(same, "stalled")
  end
  if other then drop_fill(other, "stalled") end
  if filling < FILLS_MAX then return true end
  local idlest
  for _, f in pairs(fills) do
    if not idlest or f.at < idlest.at then idlest = f end
  end
  if now - idlest.at < STALLED then return false end
  drop_fill(idlest, "stalled")
  return true
end

local function is_quiet(name, now)
  return now < quiet_until or (quiet[name] or 0) > now
end

local function forget_quiet()
  local now = get_time()
  for name, at in pairs(quiet) do
    if at <= now then
      quiet[name] = nil
      quiet_names = quiet_names - 1
    end
  end
  quiet_timer = quiet_names > 0 and try_timer(QUIET, forget_quiet) or nil
end

local function hush(name, now)
  if not quiet[name] then
    if quiet_names == 64 then -- then it is so for all names
      quiet, quiet_names, quiet_until = {}, 0, now + QUIET
    end
    quiet_timer = quiet_timer or try_timer(QUIET, forget_quiet)
    quiet[name] = now + QUIET
    quiet_names = quiet_names + 1
  end
  quiet[name] = now + QUIET
end

-- Whether the answer will be kept.
local function begin_fill(name, mode, client, server)
  local now, f = get_time(), fills[client]
  if is_quiet(name, now) then return false end
  if f and f.name == name and f.mode == mode and f.server == server and f.next == 1 and not f.port then
    f.is_alone = false
    return true
  end
  local before = asked[client]
  if now < unsure_until or before and (before.is_open or before.is_full) and now < before.at then
    nf.count("unsure")
    return false
  end
  if not make_way(name, client, now) then
    nf.count("not_kept")
    return false
  end
  local buffer
  if spares > 0 then
    buffer, spares = spare[spares], spares - 1
  else
    local array = bytes.new(CHUNK)
    buffer = { array = array, raw = bytes.to_packet(array, packet_raw) }
  end
  number = number + 1
  f = {
    name = name, mode = mode, client = client, server = server, port = nil, id = number, chunks = 0, size = 0, overhead = 0,
    buffer = buffer, used = 0, blksize = 512, next = 1, tsize = nil, at = now, is_over = true, is_alone = true,
  }
  f.timer = nf.timer(IDLE, watch_fill, f)
  fills[client] = f
  f.is_over = false
  filling = filling + 1
  names[name] = f
  return true
end

local function put(key, value)
  store[key] = value
end

-- The buffer becomes a chunk.
local function flush(f)
  local n, array = f.used, f.buffer.array
  if n == 0 then return true end
  if f.size + n > FILE_MAX or not make_room(cost(n)) then return false end
  if not pcall(put, f.id << 16 | f.chunks, n == CHUNK and array or array:slice(0, n)) then return false end
  stored = stored + cost(n)
  f.chunks, f.size, f.used = f.chunks + 1, f.size + n, 0
  return true
end

local function append(f, data, from, n)
  while n > 0 do
    local part = math.min(n, CHUNK - f.used)
    f.buffer.raw:write(data:slice(from, part), f.used)
    from, n, f.used = from + part, n - part, f.used + part
    if f.used == CHUNK and not flush(f) then return false end
  end
  return true
end

local function complete(f)
  if not flush(f) or not make_room(ENTRY) then return drop_fill(f, "no_room") end
  if f.tsize and f.tsize ~= f.size then return drop_fill(f, "gaps") end
  if entries == ENTRIES_MAX and not evict() then return drop_fill(f, "no_room") end
  local e = {
    name = f.name, mode = f.mode, server = f.server, id = f.id, chunks = f.chunks, size = f.size, overhead = ENTRY, users = 0,
    is_gone = true, next = index[f.name],
  }
  e.timer = nf.timer(LIFE, expire, e)
  index[e.name] = e
  e.is_gone = false
  end_fill(f)
  local known = asked[f.client]
  if known and f.is_alone then known.is_open = false end
  stored = stored + ENTRY
  entries = entries + 1
  link(e, ring)
  nf.count("stored")
end

local function take_block(f, block, data)
  local ahead = block - f.next & 0xFFFF
  if ahead >= 0x8000 then return end -- sent again
  local n = #data - 4
  if ahead ~= 0 or n > f.blksize then return drop_fill(f, "gaps") end
  f.next, f.at = f.next + 1, get_time()
  if not append(f, data, 4, n) then return drop_fill(f, "no_room") end
  if n < f.blksize then complete(f) end
end

local function take_options(f, data)
  local got, others = options(data:string(), 3)
  if f.next ~= 1 or not got or others then return drop_fill(f, "not_kept") end
  f.blksize, f.at = got.blksize or 512, get_time()
  f.tsize = f.mode == MODES.octet and got.tsize or nil
end

-- Whether it is of an answer to a request, by what it looks like.
local function is_answer(data)
  local opcode = data[3] and data[0] == 0 and data[1]
  return opcode == DATA or opcode == OACK
end

local function take_answer(ip)
  local udp = ip and ip:data(packet_udp)
  if not udp then return end
  local port, client = udp.sport, ip:daddr():int() << 16 | udp.dport
  if port < 1024 and port ~= 69 then return end -- of another service
  local known, data = asked[client], nil
  if not known then
    if get_time() >= learning_until then return end
    data = udp:data():get()
    if not is_answer(data) then return end
    note(client, false)
    known = asked[client]
  end
  data = data or udp:data():get()
  local is_new = not known.seen[port] and not known.is_full
  see(known, port, data)
  local f = fills[client]
  if not f or ip:saddr():int() ~= f.server then return end
  if #data < 4 or f.port ~= port and (f.port or not is_new) then return end
  f.port = port
  local opcode = data:u16(0)
  if udp.length ~= #udp then
    drop_fill(f, "gaps") -- a fragment
  elseif opcode == DATA then
    take_block(f, data:u16(2), data)
  elseif opcode == OACK then
    take_options(f, data)
  else
    drop_fill(f, "refused")
  end
end

local is_torn = false -- it is still so if taking an answer has raised: then a file may lack it

function response(ip)
  if in_hand then settle() end
  if askers == 0 and get_time() >= learning_until then return XT_CONTINUE end
  if is_torn then drop_fills("no_memory") end
  is_torn = true
  take_answer(ip)
  is_torn = false
  return XT_CONTINUE
end

-- Somebody writes the file.
local function void(name)
  while index[name] do forget(index[name], "void") end
  if names[name] then drop_fill(names[name], "void") end
  local now = get_time()
  if not pcall(hush, name, now) then quiet_until = now + QUIET end
end

-- The verdict, and whether the server's answer will be kept.
local function take_request(ip, udp, client)
  if udp.length ~= #udp or #udp > REQUEST_MAX + 8 or #udp < 8 + 4 then return XT_CONTINUE end
  local source = ip:saddr():int()
  if source >> 24 == 0 or source >> 24 >= 224 then return XT_CONTINUE end
  local text = udp:data():get():string()
  local high, opcode = text:byte(1, 2)
  local name, mode, from = parse(text)
  if high ~= 0 or not name then return XT_CONTINUE end
  if opcode == WRITE then
    void(name)
  elseif opcode == READ and mode then
    local got
    if from <= #text then
      got = options(text, from)
      if not got then return XT_CONTINUE end
    end
    local server = ip:daddr():int()
    local e = find(name, mode, server)
    if not e then
      nf.count("misses")
      return XT_CONTINUE, begin_fill(name, mode, client, server)
    elseif begin(e, client, server, text, got) then
      nf.count("hits")
      return NF_DROP
    else
      nf.count("busy")
    end
  end
  return XT_CONTINUE
end

function request(ip)
  if in_hand then settle() end
  in_hand = 0 -- whose it is is not known yet
  local udp = ip and ip:data(packet_udp)
  local verdict, is_kept = XT_CONTINUE, nil
  if udp then
    local client = ip:saddr():int() << 16 | udp.sport
    in_hand = client
    verdict, is_kept = take_request(ip, udp, client)
    if verdict == XT_CONTINUE then note(client, is_kept) end
  end
  in_hand = nil
  return verdict
end

-- When the script is loaded anew, the next one begins with nothing.
function on_close()
  for _, f in pairs(fills) do
    f.more, trash = trash, f
  end
  local e = ring.after
  while e ~= ring do
    e.more, trash = trash, e
    e = e.after
  end
  for i = 1, PORTS do
    local e = active[i] and active[i].entry
    if e and e.is_gone and e.users > 0 then -- nobody else has it any more
      e.users = 0
      e.more, trash = trash, e
    end
  end
  while trash do free_chunk() end
end
