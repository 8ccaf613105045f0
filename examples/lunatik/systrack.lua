-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- How often each of these system calls was made since this was run:  cat /dev/systrack
local device = require("device")
local linux = require("linux")
local probe = require("probe")
local syscall = require("syscall")

local names = { "openat", "read", "write", "readv", "writev", "close" }
local count = {}

for _, name in ipairs(names) do
  count[name] = 0
  probe.new(syscall.address(syscall.number(name)), { pre = function() count[name] = count[name] + 1 end })
end

local function nop() end

local driver = { name = "systrack", open = nop, release = nop, mode = linux.stat.IRUGO }

function driver:read(length, offset)
  if offset > 0 then return "" end
  local lines = {}
  for i, name in ipairs(names) do lines[i] = name .. ": " .. count[name] .. "\n" end
  return table.concat(lines)
end

device.new(driver)
