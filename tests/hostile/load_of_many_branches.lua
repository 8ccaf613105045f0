-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- If-chains of 5,000 branches, whose jumps to the end are one list.
local chain = "if a then b() " .. ("elseif a then b() "):rep(8000) .. "end"
local breaks = "while a do " .. ("if a then break end "):rep(8000) .. "end"
local ands = "if " .. ("a and "):rep(15000) .. "a then end"
local mixed = "local x = " .. ("a and b or "):rep(15000) .. "c"
function process_packet(p)
  while true do load(chain) load(breaks) load(ands) load(mixed) end
end
