-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Strings of nothing are repeated without end, and strings with separators to the limit of memory.
function process_packet(p)
  while true do
    pcall(string.rep, "x", 1 << 40, "y")
    pcall(string.rep, "x", 200000, "yz")
    pcall(string.rep, "", 1 << 40, "")
  end
end
