-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Sees a connection's packets until it is handed over to the kernel's flowtable.
function process_packet(p)
  local f = p:flow()
  if f then f:offload() end
  return XT_CONTINUE
end
