-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  return 0.5
end
