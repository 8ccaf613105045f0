-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A store of keys and values in the kernel. Lines of "key=value" set one, "key=" forgets it, "key" asks for it.
--   lunatik spawn examples/shared
--   nc 127.0.0.1 90
-- Each connection has a thread and a runtime of its own, which runs this script, too; all have the same table.
local linux = require("linux")
local lunatik = require("lunatik")
local thread = require("thread")
local inet = require("socket.inet")
local data = require("data")
local rcu = require("rcu")

local PORT = 90
local LINE_MAX = 4096

local function set(store, key, value)
  if value == "" then
    store[key] = nil
    return
  end
  local bytes = data.new(#value)
  bytes:setstring(0, value)
  store[key] = bytes
end

local function answer(store, line)
  local key, value = line:match("^([^=]+)=(.*)$")
  if key then
    set(store, key, value)
    return ""
  end
  local found = line ~= "" and store[line]
  return (found and found:getstring(0) or "") .. "\n"
end

local function converse(session, store)
  local rest = ""
  repeat
    local received = session:receive(LINE_MAX)
    local answers = {}
    rest = (rest .. received):gsub("([^\n]*)\n", function(line)
      answers[#answers + 1] = answer(store, line:gsub("\r$", ""))
      return ""
    end)
    if #answers > 0 then
      session:send(table.concat(answers))
    end
  until received == "" or #rest > LINE_MAX or thread.shouldstop()
end

local function work(session, store)
  coroutine.yield() -- until there is a thread
  pcall(converse, session, store) -- the other side may be gone, or this thread be stopped
  session:close()
end

local workers = {}

local function serve(number, connection, store)
  local session <close> = connection
  local runtime <close> = lunatik.runtime("examples/shared")
  runtime:resume(session, store)
  workers[number] = thread.run(runtime, "shared/" .. number)
end

local function forget_ended()
  for number, worker in pairs(workers) do
    if worker:task().ended then
      workers[number] = nil
    end
  end
end

local function listen()
  local store = rcu.table()
  local server <close> = inet.tcp()
  server:bind(inet.localhost, PORT)
  server:listen()
  local number = 0
  repeat
    local ok, session = pcall(server.accept, server) -- fails when this thread is stopped
    if ok then
      number = number + 1
      local is_served, err = pcall(serve, number, session, store)
      if not is_served then
        print("connection " .. number .. " is not served: " .. tostring(err))
      end
    elseif not thread.shouldstop() then
      linux.schedule(100) -- what is short now, memory or the like, may be there soon
    end
    if number % 32 == 0 then
      forget_ended()
    end
  until thread.shouldstop()
  for _, worker in pairs(workers) do
    worker:stop(false) -- all are told first, so they end at once
  end
  for _, worker in pairs(workers) do
    worker:stop()
  end
end

return function(session, store)
  if session then
    work(session, store)
  else
    listen()
  end
end
