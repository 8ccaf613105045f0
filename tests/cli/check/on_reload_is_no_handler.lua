-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: -v
n = 0
function on_reload(old)
  n = old.n
  return NF_DROP
end
function process_packet(p) return XT_CONTINUE end
