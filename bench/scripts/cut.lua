-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Sees the first packet of each connection.
function process_packet(p)
  local f = p:flow()
  if f then f:cut() end
  return XT_CONTINUE
end
