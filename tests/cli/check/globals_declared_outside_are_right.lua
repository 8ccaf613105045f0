-- SPDX-License-Identifier: MIT OR GPL-2.0-only
counter, flows = 0, {}
last = nil
function process_packet(p)
  counter = counter + 1
  last = counter
  flows[last] = true
  return XT_CONTINUE
end
