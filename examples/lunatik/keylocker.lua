-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Locks the console's keyboard when up, up, down, down, left, right, left, right, left Ctrl, left Alt are pressed in a row, and unlocks it
-- by the same keys.
--   lunatik run examples/keylocker
local notifier = require("notifier")

local kbd, notify = notifier.kbd, notifier.notify

local UP, DOWN, LEFT, RIGHT, LCTRL, LALT = 103, 108, 105, 106, 29, 56
local CODE = { UP, UP, DOWN, DOWN, LEFT, RIGHT, LEFT, RIGHT, LCTRL, LALT }

local recent = {} -- as many keys as the code has
for i = 1, #CODE do
  recent[i] = 0
end
local held -- the key that repeats while it is held
local is_locked = false

local function completes_code(key)
  table.remove(recent, 1)
  recent[#CODE] = key
  for i, expected in ipairs(CODE) do
    if recent[i] ~= expected then
      return false
    end
  end
  return true
end

notifier.keyboard(function(event, down, shift, key)
  if event ~= kbd.KEYCODE then
    return notify.OK
  end
  if not down then
    held = nil
    return notify.OK -- of keys that were pressed before they were locked, too: they must not remain pressed
  end
  if key ~= held then
    held = key
    if completes_code(key) then
      is_locked = not is_locked
    end
  end
  return is_locked and notify.STOP or notify.OK
end)
