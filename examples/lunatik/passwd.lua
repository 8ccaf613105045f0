-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A device that passwords are read from: printable characters, each as likely as the others.
--
--   # lunatik run examples/passwd
--   # head -c 16 /dev/passwd
local device = require("device")
local linux = require("linux")

local function nop() end

local driver = { name = "passwd", open = nop, release = nop, mode = linux.stat.IRUGO }

function driver:read(length)
  local characters = {}
  for i = 1, math.min(length, 256) do
    characters[i] = string.char(linux.random(32, 126))
  end
  return table.concat(characters)
end

device.new(driver)
