-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A __call that leads to itself is resolved up to the stack's limit, and each variable's close does it again.
local loop = {}
setmetatable(loop, { __call = loop, __close = loop })
local lines = {}
for i = 1, 180 do lines[i] = "local v" .. i .. " <close> = ...\n" end
local many = load(table.concat(lines) .. "while true do end")

function process_packet(p)
  many(loop)
  return XT_CONTINUE
end
