-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Looks after the connections of http-sockets.lua: a socket of which something had to come by now is closed, which ends what waits for it. It also has the
-- store look at its timers, and ends threads that have nothing to do.
local linux = require("linux")
local thread = require("thread")
local slots = require("examples.cache.http-sockets-slots")

local TICK <const>, STORE_TICKS <const>, SPARE_TICKS <const> = 200, 5, 50 -- milliseconds, and after how many of these ticks
local SPARE <const> = 8 -- threads that wait for a connection for longer than that

return function(store, table_of_slots, slots_max, clients, origins, readies, free)
  coroutine.yield() -- until there is a thread

  local function close_late(slot, name, sockets, now)
    local due = slots.get(table_of_slots, slot, name)
    if due == 0 or now <= due then return end
    local socket <close> = sockets[tostring(slot)]
    if socket and slots.get(table_of_slots, slot, name) == due then pcall(socket.close, socket) end
  end

  local function end_spare()
    local numbers = free:pop(8 * slots_max)
    local first = 8 * SPARE + 1
    if #numbers > 0 then free:push(numbers:sub(1, first - 1)) end
    for at = first, #numbers, 8 do
      local ready <close> = readies[tostring(string.unpack("j", numbers, at))]
      if ready then ready:complete() end -- for no connection
    end
  end

  local ticks = 0
  repeat
    linux.schedule(TICK)
    ticks = ticks + 1
    local now = linux.time() // 1000000
    for slot = 1, slots_max do
      close_late(slot, "client_due", clients, now)
      close_late(slot, "origin_due", origins, now)
    end
    if ticks % STORE_TICKS == 0 then pcall(store.resume, store, "look") end
    if ticks % SPARE_TICKS == 0 then end_spare() end
  until thread.shouldstop()
end
