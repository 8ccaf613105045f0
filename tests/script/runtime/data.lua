-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- For sockets.lua: the library data, as a table of strings by offset. What was closed is not used.
local M, Data = {}, {}
Data.__index = Data

local function bytes_of(d) return assert(d.bytes, "closed") end

function Data:setint64(at, value) self:setstring(at, string.pack("j", value)) end
function Data:getint64(at) return (string.unpack("j", bytes_of(self).s, at + 1)) end
function Data:setstring(at, s)
  local bytes = bytes_of(self)
  assert(at >= 0 and at + #s <= #bytes.s, "out of bounds")
  bytes.s = bytes.s:sub(1, at) .. s .. bytes.s:sub(at + #s + 1)
end
function Data:getstring(at) return bytes_of(self).s:sub(at + 1) end
function Data:__close() self.bytes = nil end

local function refer(bytes) return setmetatable({ bytes = bytes }, Data) end
function M.new(n) return refer{ s = ("\0"):rep(n) } end

-- A table of the library rcu: who reads it gets a reference of his own.
function M.table()
  local all = {}
  return setmetatable({}, {
    __index = function(_, key) return all[key] and (all[key].bytes and refer(all[key].bytes) or all[key]) end,
    __newindex = function(_, key, value) all[key] = value and value.bytes and refer(value.bytes) or value end,
    __len = function()
      local n = 0
      for _ in pairs(all) do n = n + 1 end
      return n
    end,
  })
end
return M
