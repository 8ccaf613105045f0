-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A pattern and a string of 2,000 equal bytes each, with captures and optional ones in between.
local s = ("a"):rep(2000)
local literal = ("a"):rep(1990) .. "[b]"
local optional = ("a?"):rep(39) .. ("a"):rep(1900) .. "[b]"
function process_packet(p)
  while true do s:find(literal) pcall(s.find, s, optional) pcall(s.gsub, s, ("()"):rep(32) .. "a", "%1%2%3") end
end
