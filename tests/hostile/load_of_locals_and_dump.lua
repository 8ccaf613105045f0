-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Functions with all locals and upvalues there can be are compiled and dumped.
local text = ("do local " .. ("a, "):rep(190) .. "z = 1 end "):rep(60)
function process_packet(p)
  while true do pcall(string.dump, load(text)) end
end
