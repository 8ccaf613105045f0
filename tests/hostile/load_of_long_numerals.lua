-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Numerals of 100,000 digits, hexadecimal ones and wrong ones, and escapes.
local decimal, hex = ("0"):rep(100000) .. "1", "0x" .. ("f"):rep(100000)
function process_packet(p)
  while true do
    load("return " .. decimal) load("return " .. hex) load("return " .. decimal .. "e") load("return " .. hex .. ".")
    load("return '" .. ("\\x41\\65\\z \\u{41}"):rep(8000) .. "'") tonumber(decimal) tonumber(hex) math.tointeger(hex)
    tonumber(decimal, 2) tonumber(hex, 36) pcall(function() return decimal + 1 | hex end)
  end
end
