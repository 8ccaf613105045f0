-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Error messages tell a __name of 200,000 bytes.
local o = setmetatable({}, { __name = ("x"):rep(150000) })
function process_packet(p)
  while true do
    pcall(string.rep, o) pcall(function() return o + 1 end) pcall(function() return o < 1 end)
    pcall(table.concat, { o }) pcall(tostring, o)
  end
end
