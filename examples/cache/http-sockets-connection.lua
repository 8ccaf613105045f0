-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Serves connections of http-sockets.lua, one after the other: what is kept is sent, for anything else the server is asked, and what may be kept of its
-- answers goes to the store.
local linux = require("linux")
local thread = require("thread")
local socket = require("socket")
local messages = require("examples.cache.messages")
local slots = require("examples.cache.http-sockets-slots")

local LIFE <const>, LIFE_MAX <const> = 60000, 24 * 3600 * 1000 -- milliseconds for which is kept what does not say for how long; at most
local OBJECT_MAX <const> = 32 << 20 -- bytes
local HEAD_MAX <const>, KEPT_HEAD_MAX <const>, NAME_MAX <const> = 8192, 2048, 1024
local PIECE <const>, FIRST_PIECE <const> = 65536, 16384 -- bytes that are received at once
local IDLE <const>, HEAD_TIME <const> = 30000, 15000 -- milliseconds until there is a request; for its head, from its first byte
local CLIENT_TIME <const>, CONNECT_TIME <const>, ORIGIN_TIME <const> = 20000, 5000, 20000 -- in which a client takes or gives a piece, and the server
local TELL <const>, TOLD_MAX <const> = 1000, 64 -- milliseconds after which the store is told again that an object is asked for; objects until then
local SLOWEST <const> = 1024 -- bytes in a second, on the average, below which the server and who sends a body are too slow

collectgarbage("incremental", 200, 100, 9) -- in steps for each 512 bytes (1 << 9), so that nobody waits for long

local BADF <const> = linux.errno.BADF -- of a socket that the watch has closed

local function now() return linux.time() // 1000000 end

return function(slot, store, table_of_slots, clients, origins, ready, index, chunks, free, hits, origin, origin_port)
  local key, number = tostring(slot), string.pack("j", slot)
  local at, base = slots.at, slot * slots.SIZE
  local CLIENT_DUE <const>, ORIGIN_DUE <const>, IDLE_SINCE <const>, HOLDS <const> = base + at.client_due, base + at.origin_due, base + at.idle, base + at.holds
  local session, up -- the connections with the client and the server

  local function set(offset, value) table_of_slots:setint64(offset, value) end
  local function count(name, n) slots.count(table_of_slots, slot, name, n or 1) end

  -- What a method of a socket returns, if it does until then; else nil
  local function within(due_at, due, s, method, ...)
    set(due_at, due)
    local ok, result = pcall(method, s, ...)
    set(due_at, 0)
    if ok then return result end
    if result == BADF then count("late") end
    return nil, result
  end

  -- All of it, or false
  local function send(text)
    local n = within(CLIENT_DUE, now() + CLIENT_TIME, session, session.send, text)
    if not n then return false end
    count("sent", n)
    if n < #text and not thread.shouldstop() then count("late") end -- the watch, if not the client, has closed it meanwhile
    return n == #text
  end

  local function say(status)
    send("HTTP/1.1 " .. status .. "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    return false
  end

  -- What is kept

  local function let_go() set(HOLDS, 0) end

  -- Its bytes stay as long as the slot says that they are being sent: it says so, and then looks whether the object is still there.
  local function look_up(name)
    local record = index[name]
    if not record then return nil end
    local first = record:getint64(0)
    set(HOLDS, first)
    local again <close> = index[name]
    if again and again:getint64(0) == first and now() < record:getint64(32) then return record end
    let_go()
    return nil
  end

  local function head_of(record, q)
    local text = record:getstring(40) .. "Content-Length: " .. record:getint64(16) .. "\r\nAge: " .. (now() - record:getint64(24)) // 1000 .. "\r\n"
    if not q.keeps then return text .. "Connection: close\r\n\r\n" end
    return text .. (q.minor == "0" and "Connection: keep-alive\r\n\r\n" or "\r\n")
  end

  -- With its first bytes, so that a small object is one segment
  local function send_kept(record, q)
    local first, text = record:getint64(0), head_of(record, q)
    for i = 0, q.is_get and record:getint64(8) - 1 or -1 do
      local chunk <close> = chunks[string.pack("j", first + i)]
      if not chunk or thread.shouldstop() then return false end
      if not send(text .. chunk:getstring(0)) then return false end
      text = ""
    end
    return text == "" or send(text)
  end

  local told, told_n, told_at = {}, 0, 0 -- the objects of which the store has been told since then that they are asked for

  local function tell(first)
    local time = now()
    if time - told_at > TELL or told_n == TOLD_MAX then told, told_n, told_at = {}, 0, time end
    if told[first] then return end
    told[first], told_n = true, told_n + 1
    pcall(hits.push, hits, string.pack("j", first)) -- if there is no room, it only counts as not asked for
  end

  local function answer(q, kept)
    local record <close> = kept
    count("hits")
    tell(record:getint64(0))
    local is_sent = send_kept(record, q)
    let_go()
    return is_sent and q.keeps
  end

  -- What is to be kept

  local fill -- of the answer that is being read: key, what the head says, and what of it the store has not got yet

  local function drop_fill(why)
    if fill and fill.is_begun then pcall(store.resume, store, "drop", slot, why) end -- fails when this thread is stopped
    fill = nil
  end

  local rules = messages.new{
    life = LIFE, life_max = LIFE_MAX, object_max = OBJECT_MAX, head_max = HEAD_MAX, kept_head_max = KEPT_HEAD_MAX, name_max = NAME_MAX, recent_max = 16,
    has_head = function(r, a)
      if a.life then fill = { key = r.request.key, a = a, parts = {}, n = 0 } end
    end,
    has_body = function(_, text, from, n)
      if not fill or n == 0 then return end
      fill.parts[#fill.parts + 1], fill.n = text:string(from, n), fill.n + n
      if fill.n < PIECE then return end
      fill.is_begun = store:resume("append", slot, fill.key, table.concat(fill.parts))
      fill.parts, fill.n = {}, 0
      if not fill.is_begun then fill = nil end
    end,
    has_trailer = function() drop_fill() end,
    has_lost = function() drop_fill("not_kept") end,
  }

  local function keep()
    if not fill then return end
    store:resume("finish", slot, fill.key, table.concat(fill.parts), fill.a.life, fill.a.age, fill.a.head)
    fill = nil
  end

  -- The server

  local function leave_server()
    if not up then return end
    origins[key] = nil
    pcall(up.close, up)
    up = nil
  end

  local function connect()
    up = socket.new(socket.af.INET, socket.sock.STREAM, socket.ipproto.TCP)
    origins[key] = up
    local _, err = within(ORIGIN_DUE, now() + CONNECT_TIME, up, up.connect, origin, origin_port)
    if not err then return true end
    leave_server()
    return false, err
  end

  local function give(text)
    return within(ORIGIN_DUE, now() + ORIGIN_TIME, up, up.send, text) == #text
  end

  -- The body of a request, of which the client has sent the beginning already: what comes behind it, or nil
  local function pass_body(length, text)
    local part, left, begin = text:sub(1, length), length, now()
    while true do
      if part ~= "" and not give(part) then return nil end
      left = left - #part
      if left == 0 then return text:sub(length + 1) end
      part = within(CLIENT_DUE, begin + CLIENT_TIME + (length - left) * 1000 // SLOWEST, session, session.receive, math.min(left, PIECE)) or ""
      if part == "" then return nil end
    end
  end

  -- The first bytes of the answer, and what the client has sent behind the request; or nil, and a status. A connection that stayed open may have been closed
  -- meanwhile: then what may be asked twice is.
  local function ask(q, head, text)
    repeat
      local is_new = not up
      if is_new then
        local is_open, err = connect()
        if not is_open then
          count("no_server")
          return nil, err == BADF and "504 Gateway Timeout" or "502 Bad Gateway"
        end
      end
      local rest = give(head) and (q.length == 0 and text or pass_body(q.length, text))
      local piece, err
      if rest then piece, err = within(ORIGIN_DUE, now() + ORIGIN_TIME, up, up.receive, FIRST_PIECE) end
      if piece and piece ~= "" then return piece, rest end
      leave_server()
      if err == BADF then return nil, "504 Gateway Timeout" end
    until is_new or not q.is_safe or q.length > 0 or thread.shouldstop()
    return nil, "502 Bad Gateway"
  end

  -- Passes on what comes, from that piece on. Whether the whole answer came
  local function pass_answer(r, piece)
    local begin, got = now(), 0
    while piece and not thread.shouldstop() do
      if piece == "" then
        r.answer = nil -- this connection ends, too, as nothing else tells where the answer does
        return r.part == "end"
      end
      got = got + #piece
      if not send(piece) then return false end
      if rules.take(r, messages.text(piece)) then return true end
      piece = within(ORIGIN_DUE, math.min(now(), begin + got * 1000 // SLOWEST) + ORIGIN_TIME, up, up.receive, PIECE)
    end
    return false
  end

  -- Whether the connection goes on, and what the client has sent behind
  local function fetch(q, head, text)
    count(q.is_asked and "misses" or "passed")
    if not q.is_safe and index[q.key] then store:resume("void", q.key) end
    local piece, rest = ask(q, head, text)
    if not piece then return say(rest) end
    local r = { request = q }
    rules.begin(r)
    local is_whole = pass_answer(r, piece)
    if is_whole and r.answer then
      keep()
    else
      drop_fill("cut")
      if not is_whole then count("cut") end
    end
    if not (is_whole and r.answer and r.answer.keeps) then leave_server() end
    return is_whole and q.keeps and r.answer ~= nil and r.answer.keeps, rest
  end

  -- The client

  -- The next head, and what came behind it; or nil, if there is none.
  local function read_head(text)
    local stop, due = text:find("\r\n\r\n", 1, true), nil
    while not stop do
      if #text >= HEAD_MAX then
        count("bad")
        return say("431 Request Header Fields Too Large")
      end
      local time = now()
      if text == "" then set(IDLE_SINCE, time) else due = due or time + HEAD_TIME end
      local piece = within(CLIENT_DUE, due or time + IDLE, session, session.receive, HEAD_MAX)
      set(IDLE_SINCE, 0)
      if not piece or piece == "" then return nil end
      local before = #text
      text = text .. piece
      stop = text:find("\r\n\r\n", math.max(before - 2, 1), true)
    end
    return text:sub(1, stop + 3), text:sub(stop + 4)
  end

  -- What is asked for; and the head, without that it expects to be told to go on, which it is.
  local function parse(head)
    local q = rules.request(head, 0)
    if q ~= messages.UNKNOWN then return q, head end
    local plain, n = head:gsub("\r\n[Ee]xpect:[ \t]*100%-continue[ \t]*\r\n", "\r\n")
    local r = n == 1 and rules.request(plain, 0) or q
    if r.is_raw or not send("HTTP/1.1 100 Continue\r\n\r\n") then return q, head end
    return r, plain
  end

  local function serve()
    local text, goes_on = "", true
    while goes_on and not thread.shouldstop() do
      local head
      head, text = read_head(text)
      if not head then return end
      local q
      q, head = parse(head)
      if q.is_raw then
        count("bad")
        say(q == messages.RAW and "400 Bad Request" or head:find("\r\n[Ee]xpect:") and "417 Expectation Failed" or "501 Not Implemented")
        return
      end
      local kept = q.is_asked and look_up(q.key)
      if kept then goes_on = answer(q, kept) else goes_on, text = fetch(q, head, text) end
    end
  end

  -- What may be left when something has failed goes, too.
  local function finish()
    drop_fill("cut")
    let_go()
    leave_server()
    for _, offset in ipairs{ CLIENT_DUE, ORIGIN_DUE, IDLE_SINCE } do set(offset, 0) end
    clients[key] = nil
    pcall(session.close, session)
    session = nil
    slots.set(table_of_slots, slot, "is_taken", 0)
    if collectgarbage("count") > 512 << 10 then collectgarbage() end
  end

  coroutine.yield() -- until there is a thread
  while ready:wait() do
    session = clients[key]
    if not session then break end -- there are enough that wait
    count("connections")
    local is_right, err = pcall(serve)
    if not is_right and not thread.shouldstop() then print("connection: " .. tostring(err)) end
    finish()
    if thread.shouldstop() then break end
    free:push(number)
  end
  slots.set(table_of_slots, slot, "is_there", 0)
end
