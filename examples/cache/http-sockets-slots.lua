-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What the runtimes of http-sockets.lua have in common of each connection: numbers in one piece of memory, a slot for each connection. Only its own thread
-- counts there, so that no number is changed by two at once.
local M = {}

-- until when something has to come from the client and the server, in milliseconds, or 0; since when the connection is not used, or 0; which object is being
-- sent, or 0; whether there is a thread, and whether it has a connection; and what is counted
local FIELDS <const> = {
  "client_due", "origin_due", "idle", "holds", "is_there", "is_taken", "connections", "hits", "misses", "passed", "bad", "no_server", "late", "cut", "sent",
}
local COUNTED <const> = { "connections", "hits", "misses", "passed", "bad", "no_server", "late", "cut", "sent" }
M.SIZE = 128

local at = {}
for i, name in ipairs(FIELDS) do at[name] = 8 * (i - 1) - M.SIZE end
M.at = at

function M.get(slots, slot, name) return slots:getint64(slot * M.SIZE + at[name]) end

function M.set(slots, slot, name, value) slots:setint64(slot * M.SIZE + at[name], value) end

-- For another thread: what was counted stays.
function M.clear(slots, slot)
  for i = 1, 6 do slots:setint64(slot * M.SIZE + at[FIELDS[i]], 0) end
end

function M.count(slots, slot, name, n)
  local offset = slot * M.SIZE + at[name]
  slots:setint64(offset, slots:getint64(offset) + n)
end

-- A line for each thing that is counted, of all connections together
function M.totals(slots, n)
  local lines, threads, open = {}, 0, 0
  for _, name in ipairs(COUNTED) do
    local sum = 0
    for slot = 1, n do sum = sum + M.get(slots, slot, name) end
    lines[#lines + 1] = name .. ": " .. sum .. "\n"
  end
  for slot = 1, n do threads, open = threads + M.get(slots, slot, "is_there"), open + M.get(slots, slot, "is_taken") end
  return "threads: " .. threads .. "\nopen: " .. open .. "\n" .. table.concat(lines)
end

return M
