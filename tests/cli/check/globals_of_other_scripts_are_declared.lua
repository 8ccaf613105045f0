-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: -g shared,other
function process_packet(p)
  shared = shared + other
  return XT_CONTINUE
end
