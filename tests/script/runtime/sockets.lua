-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- For sockets_test.lua: the store and the connections of http-sockets.lua, without the kernel. Each function is a test.
local linux = require "linux"
local data = require "data"
local socket = require "socket"
local slots = require "examples.cache.http-sockets-slots"
local new_store = require "examples.cache.http-sockets-store"
local new_connection = require "examples.cache.http-sockets-connection"

local SLOTS <const> = 4

local function same(got, expected, what)
  if got ~= expected then error((what or "got") .. ": " .. tostring(got) .. ", not " .. tostring(expected), 2) end
end

local function new_hits()
  local hits = { s = "" }
  function hits:push(s) self.s = self.s .. s end
  function hits:pop()
    local s = self.s
    self.s = ""
    return s, #s
  end
  return hits
end

-- All that runtimes share, and a store that obeys commands
local function begin()
  local all = { slots = data.new(SLOTS * slots.SIZE), index = data.table(), chunks = data.table(), hits = new_hits() }
  local body = coroutine.wrap(new_store)
  body(all.slots, SLOTS, all.index, all.chunks, all.hits)
  all.store = { resume = function(_, ...) return body(...) end }
  function all.does(...) return body(...) end
  function all.told(name) return tonumber(body("totals"):match("%f[%a]" .. name .. ": (%d+)")) end
  return all
end

local function keep(all, key, text, life) return all.does("finish", 1, key, text, life or 60000, 0, "H\r\n") end
local function has(all, key) return all.index[key] ~= nil end

-- What is kept of it, put together
local function content_of(all, key)
  local record, parts = all.index[key], {}
  for i = 0, record:getint64(8) - 1 do parts[#parts + 1] = all.chunks[string.pack("j", record:getint64(0) + i)]:getstring(0) end
  return table.concat(parts)
end

-- The store

function keeps(_)
  local all, long = begin(), ("0123456789abcdef"):rep(10000)
  same(keep(all, "a", "hello"), true)
  same(content_of(all, "a"), "hello")
  same(all.index["a"]:getint64(16), 5, "size")
  same(all.index["a"]:getstring(40), "H\r\n", "head")
  same(all.does("append", 2, "b", long:sub(1, 100000)), true)
  same(has(all, "b"), false, "before its end")
  same(all.does("finish", 2, "b", long:sub(100001), 60000, 0, ""), true)
  same(content_of(all, "b") == long, true)
  same(#all.chunks, 4, "chunks")
  same(all.told("objects"), 2)
  keep(all, "a", "")
  same(content_of(all, "a"), "")
  same(all.told("replaced"), 1)
  all.does("flush")
  linux.ms = linux.ms + 2000
  all.does("look")
  same(#all.chunks + #all.index + all.told("bytes"), 0, "what is left")
  return XT_CONTINUE
end

function expires(_)
  local all = begin()
  keep(all, "a", "text", 3000)
  keep(all, "b", "text", 30000)
  linux.ms = linux.ms + 2000
  all.does("look")
  same(has(all, "a"), true)
  linux.ms = linux.ms + 2000
  all.does("look")
  same(has(all, "a"), false)
  same(has(all, "b"), true)
  same(all.told("expired"), 1)
  linux.ms = linux.ms + 2000
  all.does("look")
  same(#all.chunks, 1, "chunks")
  return XT_CONTINUE
end

function holds(_)
  local all = begin()
  keep(all, "a", "text")
  local first = all.index["a"]:getint64(0)
  slots.set(all.slots, 3, "holds", first)
  all.does("void", "a")
  linux.ms = linux.ms + 5000
  all.does("look")
  same(has(all, "a"), false)
  same(all.chunks[string.pack("j", first)]:getstring(0), "text", "that of who is sent it")
  slots.set(all.slots, 3, "holds", 0)
  all.does("look")
  linux.ms = linux.ms + 2000
  all.does("look")
  same(#all.chunks, 0, "chunks")
  same(all.told("bytes"), 0)
  return XT_CONTINUE
end

function fills(_)
  local all, piece = begin(), ("x"):rep(70000)
  same(all.does("append", 1, "a", piece), true)
  same(all.does("append", 2, "a", piece), false, "another one")
  same(all.does("append", 2, "b", piece), true)
  all.does("drop", 1, "cut")
  same(all.does("append", 3, "a", piece), true)
  same(all.told("fills"), 2)
  all.does("drop", 2)
  all.does("drop", 3)
  same(all.told("fills"), 0)
  linux.ms = linux.ms + 2000
  all.does("look")
  same(#all.chunks + all.told("bytes"), 0, "what is left")
  return XT_CONTINUE
end

function evicts(_)
  local all, head = begin(), ("h"):rep(30000)
  local function one(i) return all.does("finish", 1, "key" .. i, "x", 60000, 0, head) end
  one(1)
  one(2)
  local n = 2
  while all.told("evicted") == 0 do
    if n % 10 == 0 then all.hits:push(string.pack("j", all.index["key1"]:getint64(0))) end -- was asked for
    n = n + 1
    one(n)
  end
  same(n > 50, true, "many")
  same(has(all, "key2"), false)
  same(has(all, "key1"), true)
  same(all.told("objects"), n - 1)
  return XT_CONTINUE
end

-- Connections

-- Serves them one after the other, and returns the slot's counters.
local function serve(all, ...)
  local sessions, clients, origins = { ... }, data.table(), data.table()
  local ready = {}
  function ready:wait()
    clients["2"] = table.remove(sessions, 1)
    return true
  end
  local free = { push = function() end }
  local body = coroutine.wrap(new_connection)
  body(2, all.store, all.slots, clients, origins, ready, all.index, all.chunks, free, all.hits, 1, 80)
  body()
  same(slots.get(all.slots, 2, "holds") + slots.get(all.slots, 2, "client_due") + slots.get(all.slots, 2, "origin_due"), 0, "what is left in the slot")
  return setmetatable({}, { __index = function(_, name) return slots.get(all.slots, 2, name) end })
end

local function ask(path, fields, method) return (method or "GET") .. " " .. path .. " HTTP/1.1\r\nHost: h\r\n" .. (fields or "") .. "\r\n" end
local function say(text, fields) return "HTTP/1.1 200 OK\r\n" .. (fields or "") .. "Content-Length: " .. #text .. "\r\n\r\n" .. text end
local function from_cache(text) return "HTTP/1.1 200 OK\r\nContent-Length: " .. #text .. "\r\nAge: 0\r\n\r\n" .. text end
local function prepare(...) socket.prepared, socket.made = { ... }, {} end

function hits_and_misses(_)
  local all, up = begin(), socket.of(say("hello"), say("other", "Vary: x\r\n"), say("other", "Vary: x\r\n"))
  prepare(up)
  local c = socket.of(ask("/a"), ask("/a") .. ask("/b"):sub(1, 9), ask("/b"):sub(10) .. ask("/a", nil, "HEAD"), ask("/b"), ask("/a", "Connection: close\r\n"), ask("/a"))
  local counted = serve(all, c)
  same(table.concat(c.sent, "|"), table.concat({ say("hello"), from_cache("hello"), say("other", "Vary: x\r\n"), from_cache("hello"):sub(1, -6),
    say("other", "Vary: x\r\n"), (from_cache("hello"):gsub("\r\n\r\n", "\r\nConnection: close\r\n\r\n")) }, "|"))
  same(table.concat(up.sent), ask("/a") .. ask("/b") .. ask("/b"))
  same(#c.comes, 1, "requests behind the last one")
  same(c.is_closed and up.is_closed, true)
  same(counted.hits .. " " .. counted.misses .. " " .. counted.bad .. " " .. counted.late, "3 3 0 0")
  return XT_CONTINUE
end

function bodies(_)
  local all, long = begin(), ("0123456789abcdef"):rep(10000)
  local whole = say(long)
  prepare(socket.of(say(""), whole:sub(1, 20), whole:sub(21, 90000), whole:sub(90001)))
  local c = socket.of(ask("/p", "Content-Length: 10\r\n", "POST") .. "12345", "67890" .. ask("/long"), ask("/long"))
  serve(all, c)
  same(table.concat(socket.made[1].sent), ask("/p", "Content-Length: 10\r\n", "POST") .. "1234567890" .. ask("/long"))
  same(table.concat(c.sent) == say("") .. whole .. from_cache(long), true)
  local text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n5;x=y\r\npedia\r\n0\r\n\r\n"
  prepare(socket.of(text:sub(1, 50), text:sub(51, 51), text:sub(52)))
  c = socket.of(ask("/c"), ask("/c"))
  serve(all, c)
  same(table.concat(c.sent), text .. from_cache("wikipedia"))
  prepare(socket.of(say("x")))
  c = socket.of(ask("/p", "Content-Length: 1\r\nExpect: 100-continue\r\n", "POST"), "1")
  serve(all, c)
  same(table.concat(c.sent), "HTTP/1.1 100 Continue\r\n\r\n" .. say("x"))
  return XT_CONTINUE
end

function servers_that_fail(_)
  local all = begin()
  local function status_of(c) return tonumber((c.sent[#c.sent] or ""):match("^HTTP/1.1 (%d+)")) end
  -- closed since the last answer: another one is asked, but not for what must not be asked twice
  prepare(socket.of(say("x", "Pragma: x\r\n")), socket.of(say("y")))
  local c = socket.of(ask("/a"), ask("/b"))
  serve(all, c)
  same(c.sent[2], say("y"))
  prepare(socket.of(say("x", "Pragma: x\r\n")), socket.of(say("y")))
  c = socket.of(ask("/a"), ask("/b", nil, "DELETE"))
  serve(all, c)
  same(status_of(c), 502)
  same(#socket.made, 1)
  -- an end before the end
  prepare(socket.of(say("hello"):sub(1, -2)))
  c = socket.of(ask("/cut"), ask("/cut"))
  local counted = serve(all, c)
  same(#c.comes, 1)
  same(counted.cut, 1)
  same(has(all, "0 h /cut"), false)
  -- nobody there, and nobody who says something
  prepare(socket.of())
  socket.prepared[1].is_refused = true
  c = socket.of(ask("/none"))
  serve(all, c)
  same(status_of(c), 502)
  prepare(socket.of(9))
  c = socket.of(ask("/late"))
  counted = serve(all, c)
  same(status_of(c), 504)
  same(counted.late, 1)
  -- without a length
  prepare(socket.of("HTTP/1.1 200 OK\r\n\r\nab", "cd"))
  c = socket.of(ask("/end"), ask("/end"))
  serve(all, c)
  same(table.concat(c.sent), "HTTP/1.1 200 OK\r\n\r\nabcd")
  same(#c.comes, 1)
  same(all.told("fills"), 0)
  return XT_CONTINUE
end

function clients_that_fail(_)
  local all = begin()
  prepare()
  for text, status in pairs{ ["GET / HTTP/2\r\n\r\n"] = 400, [ask("/", "a b\r\n")] = 400, [ask("/", "Expect: x\r\n")] = 417, [ask("/", "Transfer-Encoding: chunked\r\n", "POST")] = 501,
    [("x"):rep(8192)] = 431, ["CONNECT h:80 HTTP/1.1\r\n\r\n"] = 501 } do
    local c = socket.of(text, ask("/"))
    serve(all, c)
    same(tonumber(c.sent[1]:match("^HTTP/1.1 (%d+)")), status, text)
    same(#c.comes, 1, "what comes behind")
  end
  local c = socket.of("GET / HT", 9)
  same(serve(all, c).late, 1)
  same(#c.sent + #socket.made, 0)
  return XT_CONTINUE
end

-- What goes while it is looked up, or sent
function goes_meanwhile(_)
  local all = begin()
  keep(all, "0 h /a", ("x"):rep(100000))
  local first = all.index["0 h /a"]:getint64(0)
  all.chunks[string.pack("j", first + 1)] = nil
  prepare()
  local c = socket.of(ask("/a"), ask("/a"))
  serve(all, c)
  same(#c.sent .. " " .. #c.comes, "1 1")
  linux.ms = linux.ms + 60001 -- too old, and nobody has looked
  prepare(socket.of(say("new")))
  c = socket.of(ask("/a"))
  serve(all, c)
  same(c.sent[1], say("new"))
  return XT_CONTINUE
end
