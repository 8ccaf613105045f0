-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Strings can be closed, since their metatable can be changed: each has its __close when the time is up.
getmetatable("").__close = function() while true do end end
local text = {}
for i = 1, 190 do text[i] = "local v" .. i .. " <close> = 'x' " end
local many = load(table.concat(text) .. "local again = ... if again > 0 then return (many(again - 1)) end while true do end",
  "=many", "t", setmetatable({}, { __index = function(_, name) return _G[name] end }))
_G.many = many
function process_packet(p)
  many(35)
  return XT_CONTINUE
end
