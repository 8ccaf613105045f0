-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What http-sockets.lua keeps, in a runtime of its own. Whoever looks for an object finds it in two tables, without this one: index has by key what is to be
-- known of an object, chunks has its bytes. Who changes something resumes it with a command, one after the other.
local linux = require("linux")
local data = require("data")
local objects = require("examples.cache.objects")
local slots = require("examples.cache.http-sockets-slots")

local BYTES_MAX <const> = 80 << 20 -- of all objects, with what keeping them costs
local OBJECT_MAX <const> = 32 << 20 -- of one
local ENTRIES_MAX <const>, WORDS_MAX <const>, FILLS_MAX <const> = 4096, 6 << 20, 16 -- objects; bytes of their heads and names; that are filled at once
local COUNTED <const> = { "stored", "replaced", "expired", "evicted", "forgotten", "void", "no_room", "not_kept" }

local function now() return linux.time() // 1000000 end

-- Timers, by the second that they are due in. Somebody has to look.
local due = {}
local Timer = {}
Timer.__index = Timer

function Timer:cancel()
  local set = due[self.second]
  if not set then return end
  set[self] = nil
  if not next(set) then due[self.second] = nil end
end

local function timer(ms, f, arg)
  local t = setmetatable({ second = (now() + ms + 999) // 1000, f = f, arg = arg }, Timer)
  due[t.second] = due[t.second] or {}
  due[t.second][t] = true
  return t
end

local function run_timers()
  local second, ready = now() // 1000, {}
  for s in pairs(due) do
    if s <= second then ready[#ready + 1] = s end
  end
  table.sort(ready)
  for _, s in ipairs(ready) do
    local set = due[s]
    due[s] = nil
    for t in pairs(set or {}) do t.f(t.arg) end
  end
end

return function(table_of_slots, slots_max, index, chunks, hits)
  local counted, by_number, filling, fills, store = {}, {}, {}, {}, nil -- objects by number; by key, who fills it; by slot, what it fills
  for _, name in ipairs(COUNTED) do counted[name] = 0 end

  local function count(name) counted[name] = (counted[name] or 0) + 1 end

  -- Buffers are lists of strings. One that is begun anew may still have those of an object that was dropped.
  local function empty(buffer)
    for i = #buffer, 1, -1 do buffer[i] = nil end
  end

  local function put(_, key, buffer, n)
    local chunk <close> = data.new(n) -- the table has it from here on
    chunk:setstring(0, table.concat(buffer))
    chunks[string.pack("j", key)] = chunk
    empty(buffer)
  end

  local function write(buffer, at, text, from, n)
    if at == 0 then empty(buffer) end
    buffer[#buffer + 1] = n == #text and text or text:sub(from + 1, from + n)
  end

  -- Whoever has begun to send it has it until he is done: he says which one in his slot, and then looks whether it is still there.
  local function users_of(e)
    local n = 0
    for slot = 1, slots_max do
      if slots.get(table_of_slots, slot, "holds") == e.first then n = n + 1 end
    end
    return n
  end

  local function forgotten(e)
    by_number[e.first] = nil
    index[e.key] = nil
    e.users = users_of(e)
  end

  store = objects.new{
    bytes_max = BYTES_MAX, object_max = OBJECT_MAX, entries_max = ENTRIES_MAX, words_max = WORDS_MAX, writers_max = FILLS_MAX,
    seed = linux.random(), count = count, timer = timer, buffer = function() return {} end, write = write, put = put, forgotten = forgotten,
    chunks = setmetatable({}, { __newindex = function(_, key) chunks[string.pack("j", key)] = nil end }),
  }

  -- What was asked for goes last, and what was sent meanwhile goes now.
  local function look()
    repeat
      local numbers = hits:pop(512)
      for at = 1, #numbers - 7, 8 do
        local e = by_number[string.unpack("j", numbers, at)]
        if e then store:find(e.key) end
      end
    until numbers == ""
    local gone = {}
    for e in pairs(store.late) do
      if users_of(e) == 0 then gone[#gone + 1] = e end
    end
    for _, e in ipairs(gone) do
      e.users = 1
      store:release(e)
    end
    run_timers()
  end

  local function drop(slot, why)
    local fill = fills[slot]
    if not fill then return end
    fills[slot], filling[fill.key] = nil, nil
    if fill.writer then fill.writer:drop() end
    if why then count(why) end
  end

  local commands = {}

  -- More of an object: whether the next part is wanted
  function commands.append(slot, key, part)
    local fill = fills[slot]
    if not fill then
      if filling[key] then return false end
      local writer = store:writer()
      if not writer then
        count("not_kept")
        return false
      end
      fill = { key = key, writer = writer }
      fills[slot], filling[key] = fill, true
    end
    if fill.writer:append(part, 0, #part) then return true end
    fill.writer = nil
    drop(slot, "no_room")
    return false
  end

  -- The last part of it: then it is found, for so many milliseconds, with that head; it was that old when it came.
  function commands.finish(slot, key, part, life, age, head)
    if not commands.append(slot, key, part) then return false end
    local writer = fills[slot].writer
    fills[slot], filling[key] = nil, nil
    local came = now()
    local record <close> = data.new(40 + #head)
    local e = writer:finish(key, life, {}, 3 * #head)
    if not e then
      count("no_room")
      return false
    end
    for i, value in ipairs{ e.first, e.count, e.size, came - age, came + life } do record:setint64(8 * (i - 1), value) end
    record:setstring(40, head)
    by_number[e.first] = e
    local is_there = pcall(function() index[key] = record end)
    if is_there then count("stored") else store:forget(e, "no_room") end
    return is_there
  end

  function commands.drop(slot, why) drop(slot, why) end

  function commands.void(key)
    local e = store.index[key]
    if e then store:forget(e, "void") end
  end

  function commands.forget(key)
    local e = store.index[key]
    if e then store:forget(e, "forgotten") end
  end

  function commands.flush()
    while store.ring.after ~= store.ring do store:forget(store.ring.after, "forgotten") end
  end

  function commands.look() end

  function commands.totals()
    local lines = {}
    for _, name in ipairs(COUNTED) do lines[#lines + 1] = name .. ": " .. counted[name] .. "\n" end
    return table.concat(lines) .. "objects: " .. store.entries .. "\nbytes: " .. store.bytes .. "\nfills: " .. store.writers .. "\n"
  end

  local function obey(name, ...)
    look()
    return commands[name](...)
  end

  local result, is_right
  local name, a, b, c, d, e, f = coroutine.yield()
  while true do
    is_right, result = pcall(obey, name, a, b, c, d, e, f)
    if not is_right then
      print(name .. ": " .. tostring(result))
      result = nil
    end
    a, b, c = nil, nil, nil
    name, a, b, c, d, e, f = coroutine.yield(result)
  end
end
