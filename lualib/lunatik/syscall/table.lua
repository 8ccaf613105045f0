-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Names of system calls, and their addresses. Each is looked up when it is asked for first, which may sleep.
local syscall = require("syscall")

local function find(addresses, name)
  local number = type(name) == "string" and syscall.number(name)
  local address = number and syscall.address(number) or nil
  if address then rawset(addresses, name, address) end
  return address
end

local function following(addresses, name)
  repeat
    name = next(syscall.numbers, name)
  until name == nil or addresses[name]
  return name, addresses[name]
end

return setmetatable({}, {
  __index = find,
  __pairs = function(addresses) return following, addresses end,
})
