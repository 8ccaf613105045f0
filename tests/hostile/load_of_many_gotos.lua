-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Gotos that one label solves, each removed from a list by moving the rest.
local text = "do " .. ("goto x "):rep(32000) .. "::x:: end"
function process_packet(p)
  load(text)
  return XT_CONTINUE
end
