-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What is raised has a __tostring that raises what has one.
local mt = {}
mt.__tostring = function(e) error(setmetatable({}, mt)) end
function process_packet(p)
  for i = 1, 10000 do pcall(tostring, setmetatable({}, mt)) end
  error(setmetatable({}, mt))
end
