-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Sockets of IPv4 whose addresses are texts, such as "127.0.0.1". What is not about addresses they leave to socket, whose object
-- is in their field of that name: that one, not the table around it, can go to another runtime.
local socket = require("socket")

local inet = { localhost = "127.0.0.1" }

local function to_integer(address)
  local address_type = type(address)
  if address_type ~= "string" then
    error("an address must be a text such as '127.0.0.1', not a " .. address_type, 3)
  end
  local parts = { address:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$") }
  local integer = 0
  for i = 1, #parts do
    local part = math.tointeger(tonumber(parts[i]))
    if #parts[i] > 3 or part > 255 then
      parts = {}
      break
    end
    integer = integer << 8 | part
  end
  if #parts == 0 then
    error("'" .. address .. "' is no address: four numbers of 0 to 255 with dots between them are", 3)
  end
  return integer
end

local function to_text(integer)
  return integer and string.format("%d.%d.%d.%d", integer >> 24, integer >> 16 & 255, integer >> 8 & 255, integer & 255)
end

local methods = {}

function methods:close()
  self.socket:close()
end

function methods:send(message, address, port)
  if address == nil then
    return self.socket:send(message)
  end
  return self.socket:send(message, to_integer(address), port)
end

function methods:receive(length, flags, from)
  local message, integer, port = self.socket:receive(length, flags, from)
  if not from then
    return message
  end
  return message, to_text(integer), port
end

function methods:bind(address, port)
  self.socket:bind(to_integer(address), port)
end

function methods:listen(backlog)
  self.socket:listen(backlog)
end

--- A socket, not a table as this one is: so it may go to the runtime that serves it.
function methods:accept(flags)
  return self.socket:accept(flags)
end

function methods:connect(address, port, flags)
  self.socket:connect(to_integer(address), port, flags)
end

function methods:getsockname()
  local integer, port = self.socket:getsockname()
  return to_text(integer), port
end

function methods:getpeername()
  local integer, port = self.socket:getpeername()
  return to_text(integer), port
end

local datagrams = setmetatable({}, { __index = methods })

function datagrams:receivefrom(length, flags)
  return self:receive(length, flags, true)
end

-- Where close() may not sleep, or has too little of the stack for it, the object's own way leaves it to others.
local function leave(self)
  if not pcall(methods.close, self) then local _ <close> = self.socket end
end

local function class(index)
  return { __index = index, __close = leave, __name = "inet socket" }
end

local tcp, udp = class(methods), class(datagrams)

function inet.tcp()
  return setmetatable({ socket = socket.new(socket.af.INET, socket.sock.STREAM, socket.ipproto.TCP) }, tcp)
end

function inet.udp()
  return setmetatable({ socket = socket.new(socket.af.INET, socket.sock.DGRAM, socket.ipproto.UDP) }, udp)
end

return inet
