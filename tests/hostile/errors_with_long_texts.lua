-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What is raised has a __tostring that returns 300,000 unprintable bytes.
local s = ("\1"):rep(300000)
local e = setmetatable({}, { __tostring = function() return s end, __name = s })
function process_packet(p)
  for i = 1, 40 do pcall(error, e) pcall(error, s) pcall(string.rep, e) pcall(print, e) end
  error(e)
end
