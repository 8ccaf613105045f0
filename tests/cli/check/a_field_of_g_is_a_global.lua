-- SPDX-License-Identifier: MIT OR GPL-2.0-only
_G.first = 1
function process_packet(p)
  _G.second = first
  return _G.third or XT_CONTINUE
end
