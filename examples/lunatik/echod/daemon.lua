-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- An echo server in the kernel: each connection is served by a thread, in a runtime of its own.
--   lunatik spawn examples/echod/daemon
--   nc 127.0.0.1 1337
local linux = require("linux")
local lunatik = require("lunatik")
local thread = require("thread")
local inet = require("socket.inet")

local PORT = 1337

local server = inet.tcp()
server:bind(inet.localhost, PORT)
server:listen()

local workers = {}

-- The worker has the connection and its runtime from here on: so they are gone as soon as it is.
local function serve(number, connection)
  local session <close> = connection
  local runtime <close> = lunatik.runtime("examples/echod/worker")
  runtime:resume(session)
  workers[number] = thread.run(runtime, "echod/" .. number)
end

local function forget_ended()
  for number, worker in pairs(workers) do
    if worker:task().ended then
      workers[number] = nil
    end
  end
end

return function()
  local number = 0
  repeat
    local ok, session = pcall(server.accept, server) -- fails when this thread is stopped
    if ok then
      number = number + 1
      local is_served, err = pcall(serve, number, session)
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
  server:close()
  for _, worker in pairs(workers) do
    worker:stop(false) -- all are told first, so they end at once
  end
  for _, worker in pairs(workers) do
    worker:stop()
  end
end
