-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Counts the packets of each connection.
function process_packet(p)
  local f = p:flow()
  if not f then return XT_CONTINUE end
  f.packets = (f.packets or 0) + 1
  return XT_CONTINUE
end
