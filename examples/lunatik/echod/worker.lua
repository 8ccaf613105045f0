-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Serves one connection of daemon.lua, which hands it over, and then has a thread go on.
local thread = require("thread")

local function echo(session)
  local message
  repeat
    message = session:receive(4096)
    session:send(message)
  until message == "" or thread.shouldstop()
end

return function(session)
  coroutine.yield()
  pcall(echo, session) -- the other side may be gone, or this thread be stopped
  session:close()
end
