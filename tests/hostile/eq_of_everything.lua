-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- __eq, __lt and __le that call themselves through other pairs, as deep as C allows.
local mt = {}
mt.__eq = function(a, b) return #a.next ~= 1 and a.next == b.next end
mt.__lt = function(a, b) return a.next < b.next end
mt.__le = function(a, b) return a.next <= b.next end
local a, b = setmetatable({}, mt), setmetatable({}, mt)
a.next, b.next = a, b
function process_packet(p)
  while true do
    pcall(function() return a == b end)
    pcall(function() return a < b end)
    pcall(function() return a <= b end)
  end
end
