-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local function handler() while true do pcall(error, {}) end end
  while true do xpcall(function() local x = nil + 1 end, handler) end
end
