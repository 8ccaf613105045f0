-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local continue <const> = XT_CONTINUE

function process_packet()
  return continue
end
