-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What a cache keeps, as a module: objects by key, whose bytes lie in a shared table, in pieces of CHUNK bytes. They live for a time, and those that were
-- not asked for longest go for others. An object that somebody is sent keeps its bytes until he has them. Where there are no rules and so no nf, as in a
-- runtime, who makes a store gives it what it needs of these: see M.new().
--   local objects = require "objects"
--   local store = objects.new{ name = "my cache", bytes_max = 64 << 20, object_max = 32 << 20, entries_max = 4096, words_max = 4 << 20, writers_max = 16 }
--   local w = store:writer(); w:append(data, 0, #data); local e = w:finish("key", 60000, { })
--   e = store:find("key"); c:send_from(store.chunks, e.first, 0, e.size, objects.CHUNK)

local M = {}

local SHIFT <const> = 16
M.CHUNK = 1 << SHIFT -- bytes of an object that have an entry of the shared table
local CHUNK <const> = 1 << SHIFT
local OVERHEAD <const> = 512 -- bytes that an object takes besides
local PER_SWEEP <const>, SWEEP <const> = 32, 20 -- chunks that are freed at once, and milliseconds until the next ones are

-- What so many bytes take.
local function cost(n)
  return n <= 1900 and (n + 255) & ~31 or (n + 4095 & ~4095) + 256
end

local Store = {}
Store.__index = Store
local Writer = {}
Writer.__index = Writer

local function free_chunk(store)
  local x = store.trash
  local left = x.count - 1
  if left >= 0 then
    local n = x.size - (left << SHIFT)
    store.chunks[x.first + left] = nil
    store.bytes = store.bytes - cost(n)
    x.count, x.size = left, left << SHIFT
  end
  if left <= 0 then
    store.bytes = store.bytes - x.overhead
    store.trash = x.more
  end
end

local function sweep(store)
  store.sweeper = nil
  for _ = 1, PER_SWEEP do
    if not store.trash then return end
    free_chunk(store)
  end
  store.sweeper = store.timer(SWEEP, sweep, store)
end

-- Bytes go bit by bit: those of a large object would keep packets waiting.
local function discard(store, x)
  x.more, store.trash = store.trash, x
  store.sweeper = store.sweeper or store.timer(SWEEP, sweep, store)
end

local function unlink(e)
  e.before.after, e.after.before = e.after, e.before
end

local function link(store, e)
  local ring = store.ring
  e.before, e.after = ring, ring.after
  ring.after.before, ring.after = e, e
end

-- Nobody finds it any more.
function Store:forget(e, why)
  self.count(why)
  unlink(e)
  self.index[e.key] = nil
  self.entries, self.words = self.entries - 1, self.words - e.words
  e.is_gone = true
  e.timer:cancel()
  if self.forgotten then self.forgotten(e) end
  if e.users == 0 then discard(self, e) else self.late[e] = true end
end

local function expire(e)
  if not e.is_gone then e.store:forget(e, "expired") end
end

local function evict(store)
  local e = store.ring.before
  while e ~= store.ring and e.users > 0 do e = e.before end
  if e == store.ring then return false end
  store:forget(e, "evicted")
  return true
end

local function make_room(store, n)
  while store.bytes + n > store.bytes_max do
    if store.trash then
      free_chunk(store)
    elseif not evict(store) then
      return false
    end
  end
  return true
end

-- The object of that key, which is asked for now; nil: there is none.
function Store:find(key)
  local e = self.index[key]
  if e and self.ring.after ~= e then
    unlink(e)
    link(self, e)
  end
  return e
end

-- Somebody is sent it, until it is released.
function Store:hold(e) e.users = e.users + 1 end

function Store:release(e)
  e.users = e.users - 1
  if e.is_gone and e.users == 0 then
    self.late[e] = nil
    discard(self, e)
  end
end

-- Who takes the bytes of a new object; nil: too many do.
function Store:writer()
  if self.writers == self.writers_max then return nil end
  local buffer = table.remove(self.spare) or self.buffer()
  self.writers, self.number = self.writers + 1, self.number + 1
  return setmetatable({ store = self, first = self.number << 16, count = 0, size = 0, overhead = 0, buffer = buffer, used = 0 }, Writer)
end

-- The buffer becomes a chunk.
local function flush(w)
  local n, store = w.used, w.store
  if n == 0 then return true end
  if w.size + n > store.object_max or not make_room(store, cost(n)) then return false end
  if not pcall(store.put, store.chunks, w.first + w.count, w.buffer, n) then return false end
  store.bytes = store.bytes + cost(n)
  w.count, w.size, w.used = w.count + 1, w.size + n, 0
  return true
end

local function give_back(w)
  local store = w.store
  store.writers = store.writers - 1
  store.spare[#store.spare + 1] = w.buffer
  w.buffer = nil
end

-- Takes n bytes of the byte array (of whatever the store's write() takes), from there on. False: there is no room, and the object is dropped.
function Writer:append(data, from, n)
  while n > 0 do
    local part = math.min(n, CHUNK - self.used)
    self.store.write(self.buffer, self.used, data, from, part)
    from, n, self.used = from + part, n - part, self.used + part
    if self.used == CHUNK and not flush(self) then
      self:drop()
      return false
    end
  end
  return true
end

function Writer:drop()
  give_back(self)
  if self.count > 0 then discard(self.store, self) end
end

-- It is whole: the table becomes the object of that key, for so many milliseconds. Its words are what it has in the state. Returns it, or nil: there is no room.
function Writer:finish(key, life, e, words)
  local store = self.store
  local last = store.index[key]
  if last then store:forget(last, "replaced") end
  words = words + 2 * #key
  local fits = flush(self) and make_room(store, OVERHEAD)
  while fits and (store.entries >= store.entries_max or store.words + words > store.words_max) do fits = evict(store) end
  if not fits then
    self:drop()
    return nil
  end
  local is_there, timer = pcall(store.timer, life, expire, e)
  if not is_there then
    self:drop()
    return nil
  end
  e.timer = timer
  e.store, e.key, e.first, e.count, e.size, e.overhead, e.words, e.users = store, key, self.first, self.count, self.size, OVERHEAD, words, 0
  give_back(self)
  store.index[key] = e
  store.entries, store.words, store.bytes = store.entries + 1, store.words + words, store.bytes + OVERHEAD
  link(store, e)
  return e
end

-- When the state ends, what it has put into the shared table goes at once.
function Store:clear()
  local e = self.ring.after
  while e ~= self.ring do
    e.more, self.trash = self.trash, e
    e = e.after
  end
  for late in pairs(self.late) do -- gone, and not released
    late.more, self.trash = self.trash, late
  end
  while self.trash do free_chunk(self) end
end

-- What a store in a state has: a shared table, and buffers of bytes
local function new_buffer()
  local array = bytes.new(CHUNK)
  return { array = array, raw = bytes.to_packet(array, packet_raw) }
end

local function write(buffer, at, data, from, n) buffer.raw:write(data:slice(from, n), at) end

local function put(chunks, key, buffer, n)
  chunks[key] = n == CHUNK and buffer.array or buffer.array:slice(0, n)
end

local function in_state(store)
  store.chunks, store.seed = shared.table(store.name), nf.get_random()
  store.count, store.timer, store.buffer, store.write, store.put = nf.count, nf.timer, new_buffer, write, put
end

-- A store, with what it may take. In a runtime it has besides: seed, random bits, as the numbers of the objects of two loads differ; count(why); timer(ms, f,
-- arg), which returns what has a method cancel(); chunks, where a chunk is taken out as a field of a table; buffer(), for CHUNK bytes; write(buffer, at, data,
-- from, n) into it; put(chunks, key, buffer, n), the first n bytes as a chunk, which raises if there is no room. And it may have forgotten(e), which is called
-- when nobody finds an object any more, and may count its users.
function M.new(store)
  if not store.chunks then in_state(store) end
  store.number = (store.seed & 0xFFFFFF) << 24
  store.index, store.entries, store.words, store.bytes, store.writers, store.spare, store.late = {}, 0, 0, 0, 0, {}, {}
  store.ring = {}
  store.ring.after, store.ring.before = store.ring, store.ring
  return setmetatable(store, Store)
end

return M
