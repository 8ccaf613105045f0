-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- One frontier follows another without moving on in the string, each with a set of its own.
local many = ("%f[%z%w]"):rep(30000)
local sets = ("%f[^" .. ("%a"):rep(100) .. "]"):rep(1500)
function process_packet(p)
  while true do ("a."):find(many); ("."):find(sets); (""):find(many) end
end
