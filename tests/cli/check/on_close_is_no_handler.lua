-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: -v
function on_close()
  print("closed")
  return NF_DROP
end
function process_packet(p) return XT_CONTINUE end
