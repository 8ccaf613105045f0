-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A cache in front of the web server of this machine, as chapter 4 of the thesis has one: what has been asked for once is answered by the kernel.
--   iptables -t mangle -A INPUT ! -i lo -p tcp --dport 80 -j LUA --script http.lua --function request --state 80 --memory 48M
--   iptables -t mangle -A OUTPUT ! -o lo -p tcp --sport 80 -j LUA --script http.lua --function response --state 80 --memory 48M
-- Clients speak with a TCP in Lua (tcp.lua). For what the cache has not got it speaks with the server as the client, from its address and another port, and
-- passes the bytes of both on as they are; so the server sees who asks. What it may keep of the answers it keeps: of GET, with status 200 and a length,
-- or in chunks, which are kept without their seams. What the script does not understand passes by both ways, and nothing of it is kept.
-- docs/cache.md has the rules and the limits.
local PORT <const> = 80
local LIFE <const> = 60000 -- milliseconds for which is kept what does not say for how long
local LIFE_MAX <const> = 24 * 3600 * 1000
local BYTES_MAX <const> = 80 << 20 -- of all objects, with what keeping them costs; shared_mb has to be more
local OBJECT_MAX <const> = 32 << 20 -- of one
local ENTRIES_MAX <const>, WORDS_MAX <const>, FILLS_MAX <const> = 4096, 6 << 20, 16 -- objects; bytes of their heads and names; that are filled at once
local CLIENTS_MAX <const>, SERVERS_MAX <const> = 1536, 96 -- connections with clients, and with the server
local HEAD_MAX <const>, KEPT_HEAD_MAX <const>, NAME_MAX <const> = 8192, 2048, 1024 -- bytes
local HELD_MAX <const> = 65536 -- bytes that a client has not got yet when the server is held back, and the other way round
local ROOM <const>, BODY_ROOM <const>, SERVER_ROOM <const> = 8192, 65535, 65535 -- bytes that may come from clients, also in bodies; from the server
local PIECES_MAX <const> = 32 -- answers that wait to be sent to one client
local IDLE <const>, HEAD_TIME <const>, LOOK <const> = 60000, 15000, 5000 -- milliseconds for which a client may be silent; for a head; until that is looked at

local tcp = require "tcp"
local objects = require "objects"
local messages = require "messages"

local CHUNK <const> = objects.CHUNK
local store = objects.new{
  name = "http cache", bytes_max = BYTES_MAX, object_max = OBJECT_MAX, entries_max = ENTRIES_MAX, words_max = WORDS_MAX, writers_max = FILLS_MAX,
}
local rules = messages.new{
  life = LIFE, life_max = LIFE_MAX, object_max = OBJECT_MAX, head_max = HEAD_MAX, kept_head_max = KEPT_HEAD_MAX, name_max = NAME_MAX, recent_max = 512,
}
local request_of <const>, RAW <const> = rules.request, messages.RAW

-- Hits

-- The head of what is answered from the cache
local function head_of(e, q, now)
  local age = (now - e.since) // 1000
  local is_plain = q.keeps and q.minor == "1"
  if is_plain and e.told == age then return e.ready end
  local text = e.head .. "Content-Length: " .. e.size .. "\r\nAge: " .. age .. "\r\n"
  if not q.keeps then
    text = text .. "Connection: close\r\n\r\n"
  elseif q.minor == "0" then
    text = text .. "Connection: keep-alive\r\n\r\n"
  else
    e.told, e.ready = age, text .. "\r\n"
    return e.ready
  end
  return text
end

local function finish(h)
  h.is_over = true
  h.c:close()
end

local function answer(h, q, e)
  local c = h.c
  nf.count("hits")
  local head, size = head_of(e, q, h.at), e.size
  if q.is_get and size > 0 then
    store:hold(e)
    if not c:send_from(store.chunks, e.first, 0, size, CHUNK, head, e) then store:release(e) end
  else
    c:send(head)
  end
  if not q.keeps then finish(h) end
end

local function released(_, e) store:release(e) end

-- The server

local servers = 0
local clients = {} -- all of them
local waiting, waiting_first, waiting_last = {}, 1, 0 -- clients for which there is no connection to the server
local filling = {} -- by key
local process, to_server, next_waiting

local function drop_fill(h, why)
  local fill = h.fill
  if not fill then return end
  h.fill = nil
  filling[fill.key] = nil
  if not fill.is_dropped then fill.writer:drop() end
  if why then nf.count(why) end
end

-- Whether one more connection to the server can be
local function make_way()
  if servers < SERVERS_MAX then return true end
  for h in pairs(clients) do
    if h.up and not h.request and not h.is_raw then
      h.up:abort()
      return true
    end
  end
  return false
end

local as_client

local function connect(h)
  local c = h.c
  if not make_way() then return false end
  for _ = 1, 10 do
    local up = tcp.connect(c.there >> 16 << 16 | 1024 + nf.get_random() % 64512, c.here, as_client)
    if up then
      servers = servers + 1
      up.h, h.up, h.is_new = h, up, true
      return true
    end
  end
  return false
end

-- Bytes for the server
function to_server(h, text)
  h.up:send(text)
  if h.up.tail - h.up.una > HELD_MAX then h.c:room(0) end
end

local function begin_answer(h)
  h.any = false
  rules.begin(h)
end

-- It has to wait until there is a connection to the server.
local function wait(h)
  h.waits = true
  if waiting_last - waiting_first > 2 * CLIENTS_MAX then -- most of them are closed
    local rest, n = {}, 0
    for i = waiting_first, waiting_last do
      if waiting[i].waits then
        n = n + 1
        rest[n] = waiting[i]
      end
    end
    waiting, waiting_first, waiting_last = rest, 1, n
  end
  waiting_last = waiting_last + 1
  waiting[waiting_last] = h
end

-- The request is given to the server.
local function ask(h)
  if not h.up and not connect(h) then return wait(h) end
  h.waits = nil
  to_server(h, h.head)
  if h.is_raw then h.head = nil end
  if h.later then
    local later = h.later
    h.later = nil
    to_server(h, later)
  end
end

function next_waiting()
  while waiting_first <= waiting_last do
    local h = waiting[waiting_first]
    waiting[waiting_first], waiting_first = nil, waiting_first + 1
    if h.waits then
      if make_way() then return ask(h) end
      waiting_first = waiting_first - 1
      waiting[waiting_first] = h
      return
    end
  end
end

-- A piece of a body, or of what passes by
local function pass_on(h, text)
  if h.up and not h.waits then return to_server(h, text) end
  h.later = (h.later or "") .. text
  if #h.later > ROOM then h.c:room(0) end
end

local function tunnel(h, head)
  nf.count("passed")
  h.is_raw, h.request, h.head = true, RAW, head .. h.text
  h.text = ""
  h.c:room(BODY_ROOM)
  ask(h)
end

local function miss(h, q, head)
  nf.count(q.is_asked and "misses" or "passed")
  if not q.is_safe then
    local e = store.index[q.key]
    if e then store:forget(e, "void") end
  end
  h.request, h.head, h.left = q, head, q.length
  begin_answer(h)
  ask(h)
  if h.left > 0 then
    local n = math.min(h.left, #h.text)
    if h.left > n then h.c:room(BODY_ROOM) end
    if n > 0 then
      h.left = h.left - n
      local text = h.text
      h.text = text:sub(n + 1)
      pass_on(h, text:sub(1, n))
    end
  end
end

-- Looks at what the client has asked for, as far as it can be answered now.
function process(h)
  while not h.request and not h.is_over and not h.is_closed and #h.text > 0 do
    local c = h.c
    if c.last - c.first >= PIECES_MAX then
      h.is_full = true
      return c:room(0)
    end
    local stop = h.text:find("\r\n\r\n", 1, true)
    if not stop then
      if #h.text >= HEAD_MAX - 1 then return tunnel(h, "") end
      break
    end
    local text = h.text
    local head = #text == stop + 3 and text or text:sub(1, stop + 3)
    h.text = #text == stop + 3 and "" or text:sub(stop + 4)
    local q = request_of(head, c.here)
    if q.is_raw then return tunnel(h, head) end
    local e = q.is_asked and store:find(q.key)
    if e then answer(h, q, e) else miss(h, q, head) end
  end
  if h.no_more and not h.request and not h.is_over and not h.is_closed then finish(h) end
end

-- The answer is complete.
local function done(h)
  local q, fill, up = h.request, h.fill, h.up
  local a = h.answer
  if fill then
    h.fill = nil
    filling[fill.key] = nil
    if not fill.is_dropped then
      local e = fill.writer:finish(fill.key, a.life, { head = a.head, since = nf.get_time() - a.age }, 3 * #a.head)
      nf.count(e and "stored" or "no_room")
    end
  end
  h.request, h.head, h.at, h.is_new = nil, nil, nf.get_time(), false
  if not (q.keeps and a and a.keeps and h.left == 0) then
    finish(h)
    if up and h.up == up then up:close() end
    return
  end
  if waiting_first <= waiting_last then next_waiting() end
  h.c:room(ROOM)
  process(h)
end

-- It may be kept, if nobody else fills it.
function rules.has_head(h, a)
  local key = h.request.key
  if not a.life or filling[key] then return end
  local writer = store:writer()
  if writer then
    h.fill = { key = key, writer = writer }
    filling[key] = h.fill
  else
    nf.count("not_kept")
  end
end

function rules.has_body(h, data, at, n)
  local fill = h.fill
  if fill and not fill.is_dropped and not fill.writer:append(data, at, n) then
    fill.is_dropped = true
    nf.count("no_room")
  end
end

function rules.has_trailer(h)
  if not h.fill or h.fill.is_dropped then return end
  h.fill.is_dropped = true
  h.fill.writer:drop()
end

function rules.has_lost(h) drop_fill(h, "not_kept") end

local function from_server(up, data)
  local h = up.h
  if not h then return end
  if not h.request then return up:abort() end -- nobody has asked
  local c = h.c
  h.any = true
  c:send(data:slice() .. "")
  if c.tail - c.una > HELD_MAX then up:room(0) end
  if h.is_raw then return end
  if rules.take(h, data) then done(h) end
end

local function server_ended(up)
  local h = up.h
  up:close()
  if not h or h.up ~= up then return end
  if h.is_raw then
    h.c:close()
  elseif not h.request then
    h.up, up.h = nil, nil
  elseif h.part == "end" then
    h.answer = nil
    done(h)
  end
end

local function server_closed(up, why)
  local h = up.h
  servers = servers - 1
  up.h = nil
  if h and h.up == up then
    h.up = nil
    if h.is_raw and not h.is_closed then
      if why == "closed" then h.c:close() else h.c:abort() end
    elseif h.request and not h.is_closed then
      local again = not h.any and not h.is_new and h.request.is_safe and h.request.length == 0
      drop_fill(h, "cut")
      if again then
        begin_answer(h)
        ask(h)
      elseif not h.any and why == "refused" then
        nf.count("no_server")
        h.request = nil
        h.c:send("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        finish(h)
      elseif why == "closed" then
        finish(h)
      else
        h.c:abort()
      end
    end
  end
  next_waiting()
end

local function server_sent(up)
  local h = up.h
  if h and not h.is_closed and (h.left > 0 or h.is_raw) and up.tail - up.una <= HELD_MAX // 2 then h.c:room(BODY_ROOM) end
end

as_client = {
  window = SERVER_ROOM, time_wait = 1000, fin_wait = 5000, rto_min = 200,
  received = from_server, ended = server_ended, closed = server_closed, sent = server_sent,
}

-- Clients

local looker

-- Those that say nothing, and take nothing, go.
local function look()
  local now = nf.get_time()
  looker = nil
  for h in pairs(clients) do
    local c = h.c
    if c.una ~= h.una then h.una, h.at = c.una, now end
    local silent = now - h.at
    if silent > IDLE and (not h.request or c.tail > c.una) or silent > HEAD_TIME and not h.request and #h.text > 0 and c.tail == c.una then
      nf.count("silent")
      if c.tail > c.una or h.is_over then c:abort() else finish(h) end
    end
  end
  next_waiting()
  if next(clients) then looker = nf.timer(LOOK, look) end
end

-- What is known of a client begins as a copy of this.
local FRESH <const> = {
  c = false, text = "", left = 0, at = 0, una = 0, request = false, is_over = false, is_closed = false, no_more = false,
  is_raw = false, is_full = false, up = false, waits = false, fill = false,
}

local function opened(c, now)
  local h = table.clone(FRESH)
  h.c, h.at, h.una = c, now, c.una
  c.h = h
  clients[h] = true
  looker = looker or nf.timer(LOOK, look)
end

local function received(c, data, now)
  local h = c.h
  if h.is_over then return end
  local text = data:string()
  h.at = now
  if h.is_raw then return pass_on(h, text) end
  if h.left > 0 then
    local n = math.min(h.left, #text)
    h.left = h.left - n
    pass_on(h, n == #text and text or text:sub(1, n))
    if n == #text then return end
    text = text:sub(n + 1)
  end
  h.text = h.text == "" and text or h.text .. text
  if h.request then
    if #h.text >= HEAD_MAX then c:room(0) end
  else
    process(h)
  end
end

local function sent(c)
  local h = c.h
  if not h then return end
  if h.up and c.tail - c.una <= HELD_MAX // 2 then h.up:room(SERVER_ROOM) end
  if h.is_full and c.last - c.first < PIECES_MAX // 2 then
    h.is_full, h.at = nil, nf.get_time()
    c:room(ROOM)
    process(h)
  end
end

local function ended(c)
  local h = c.h
  h.no_more, h.at = true, nf.get_time()
  if h.is_raw then
    if h.up then h.up:close() end
  elseif h.left > 0 then
    c:abort()
  else
    process(h)
  end
end

local function closed(c)
  local h = c.h
  if not h then return end
  h.is_closed, h.waits = true, nil
  clients[h] = nil
  drop_fill(h, "cut")
  local up = h.up
  h.up = nil
  if up then
    up.h = nil
    if h.request then up:abort() else up:close() end
  end
end

tcp.listen{
  port = PORT, max = CLIENTS_MAX + SERVERS_MAX, window = ROOM, time_wait = 2000, fin_wait = 20000, rto_min = 200,
  opened = opened, received = received, sent = sent, released = released, ended = ended, closed = closed,
}

function request(p)
  return tcp.input(p) and NF_DROP or XT_CONTINUE
end

-- What the server sends to a client that is none is taken: the server must not learn that it did not leave.
function response(p)
  return tcp.input(p, true) and NF_STOLEN or XT_CONTINUE
end

function on_close()
  for _, fill in pairs(filling) do
    if not fill.is_dropped then fill.writer:drop() end
  end
  store:clear()
end
