-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A cache in front of a web server, as http.lua is one, but with the kernel's own sockets, in runtimes instead of rules: to compare the two.
--   lunatik spawn examples/cache/http-sockets
--   curl http://127.0.0.1:8000/
--   cat /dev/http-sockets
--   echo flush >/dev/http-sockets
--   lunatik stop examples/cache/http-sockets
-- This script listens. Each connection is served by a thread, in a runtime of http-sockets-connection.lua, which waits for the next one when it is over.
-- What is kept is in a runtime of http-sockets-store.lua; its tables are read without that one. Another thread, of http-sockets-watch.lua, closes
-- the sockets of those that take too long. The device says what was counted, and takes the commands flush, forget HOST/PATH and stop.
-- docs/cache.md has the rules and the limits.
local linux = require("linux")
local lunatik = require("lunatik")
local thread = require("thread")
local device = require("device")
local data = require("data")
local rcu = require("rcu")
local fifo = require("fifo")
local completion = require("completion")
local inet = require("socket.inet")

local ADDRESS <const>, PORT <const> = "0.0.0.0", 8000
local ORIGIN <const>, ORIGIN_PORT <const> = 0x7f000001, 80 -- the web server; threads reach it from the first network namespace
local CONNECTIONS_MAX <const> = 128
local IDLE_MIN <const> = 1000 -- milliseconds after which a connection that nobody uses may give way to another one
local FULL_PAUSE <const> = 5 -- milliseconds until it is looked again whether there is room for a connection

collectgarbage("incremental", 200, 100, 9) -- in steps for each 512 bytes (1 << 9), so that no connection waits for long

local slots = require("examples.cache.http-sockets-slots")

-- What all runtimes have
local table_of_slots = data.new(CONNECTIONS_MAX * slots.SIZE)
local clients, origins, readies = rcu.table(256), rcu.table(256), rcu.table(256) -- by slot: sockets, and what tells of a connection
local index, chunks = rcu.table(4096), rcu.table(4096)
local free, hits = fifo.new(8 * CONNECTIONS_MAX), fifo.new(8192)

-- In the network namespace of who runs this: so it is made before there is a thread.
local server = inet.tcp()
server:bind(ADDRESS, PORT)
server:listen()

local store = lunatik.runtime("examples/cache/http-sockets-store")
store:resume(table_of_slots, CONNECTIONS_MAX, index, chunks, hits)

local workers, refused, is_ended = {}, 0, false

local function make_worker(slot)
  local ready, key = completion.new(), tostring(slot)
  if workers[slot] then -- which has been killed, maybe
    workers[slot], clients[key], origins[key] = nil, nil, nil
    store:resume("drop", slot, "cut")
  end
  slots.clear(table_of_slots, slot)
  local runtime <close> = lunatik.runtime("examples/cache/http-sockets-connection") -- it is the thread's, and is gone with it
  runtime:resume(slot, store, table_of_slots, clients, origins, ready, index, chunks, free, hits, ORIGIN, ORIGIN_PORT)
  readies[key] = ready
  slots.set(table_of_slots, slot, "is_there", 1)
  workers[slot] = { thread = thread.run(runtime, "http/" .. slot), ready = ready, key = key }
end

local function is_over(worker) return worker.thread:task().ended end

-- A worker that waits, or a new one, if there is a slot for it; or nil
local function find_worker()
  local number = free:pop(8)
  while #number == 8 do
    local slot = string.unpack("j", number)
    local worker = workers[slot]
    if worker and not is_over(worker) then return worker, slot end
    number = free:pop(8)
  end
  for slot = 1, CONNECTIONS_MAX do
    if not workers[slot] or is_over(workers[slot]) then
      make_worker(slot)
      return workers[slot], slot
    end
  end
end

-- Of connections that nobody uses, that of which this has been so for longest is closed.
local function make_way()
  local oldest, since = nil, linux.time() // 1000000 - IDLE_MIN
  for slot = 1, CONNECTIONS_MAX do
    local idle = slots.get(table_of_slots, slot, "idle")
    if idle > 0 and idle < since then oldest, since = slot, idle end
  end
  local session = oldest and clients[tostring(oldest)]
  if session then pcall(session.close, session) end
end

-- The worker has the connection from here on.
local function serve(connection)
  local session <close> = connection
  local worker, slot = find_worker()
  while not worker do
    make_way()
    linux.schedule(FULL_PAUSE)
    if is_ended or thread.shouldstop() then return end
    worker, slot = find_worker()
  end
  slots.set(table_of_slots, slot, "is_taken", 1)
  clients[worker.key] = session
  worker.ready:complete()
end

local function nop() end

local driver = { name = "http-sockets", mode = linux.stat.IRUSR | linux.stat.IWUSR, open = nop, release = nop }

function driver:read(_, offset)
  if offset > 0 then return "" end
  return slots.totals(table_of_slots, CONNECTIONS_MAX) .. "refused: " .. refused .. "\n" .. store:resume("totals")
end

local COMMANDS <const> = {
  flush = function() store:resume("flush") end,
  forget = function(host, path) store:resume("forget", "0 " .. host:lower() .. " " .. path) end,
  stop = function()
    is_ended = true
    pcall(server.close, server)
  end,
}

function driver:write(text)
  local name, host, path = text:match("^(%a+)%s*([^%s/]*)(/?%S*)%s*$")
  local command = COMMANDS[name]
  if not command or (name == "forget") ~= (path ~= "") then
    error("commands are flush, forget HOST/PATH and stop", 0)
  end
  command(host, path)
end

local dev = device.new(driver)

local function accept()
  local ok, session = pcall(server.accept, server) -- fails when this thread is stopped
  if ok then
    local is_served, err = pcall(serve, session)
    if not is_served and not thread.shouldstop() then
      refused = refused + 1
      if refused == 1 then print("a connection is not served: " .. tostring(err)) end
    end
  elseif not (is_ended or thread.shouldstop()) then
    linux.schedule(100) -- what is short now, memory or the like, may be there soon
  end
end

return function()
  local runtime = lunatik.runtime("examples/cache/http-sockets-watch")
  runtime:resume(store, table_of_slots, CONNECTIONS_MAX, clients, origins, readies, free)
  local watch = thread.run(runtime, "http-watch")
  while not (is_ended or thread.shouldstop()) do accept() end
  is_ended = true
  pcall(server.close, server)
  for _, worker in pairs(workers) do worker.thread:stop(false) end -- all are told first, so they end at once
  watch:stop(false)
  for _, worker in pairs(workers) do worker.thread:stop() end
  watch:stop()
  pcall(dev.stop, dev)
  store:stop()
end
