-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- For sockets.lua: sockets that receive what is in a list, and remember what they have sent. A number in the list is raised.
local M, Socket = { af = { INET = 2 }, sock = { STREAM = 1 }, ipproto = { TCP = 6 }, made = {} }, {}
Socket.__index = Socket

function Socket:receive(n)
  local next = table.remove(self.comes, 1) or ""
  if type(next) == "number" then error(next, 0) end
  if #next > n then table.insert(self.comes, 1, next:sub(n + 1)) end
  return next:sub(1, n)
end
function Socket:send(text)
  self.sent[#self.sent + 1] = text
  return #text
end
function Socket:connect()
  if self.is_refused then error(111, 0) end
end
function Socket:close() self.is_closed = true end

function M.of(...) return setmetatable({ comes = { ... }, sent = {} }, Socket) end

-- The next one of those that the test has prepared
function M.new()
  local s = table.remove(M.prepared, 1) or M.of()
  M.made[#M.made + 1] = s
  return s
end
return M
