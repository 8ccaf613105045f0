-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  counter = counter + 1
  return limit > counter and NF_DROP or NF_ACCEPT
end
counter = 0
limit = 5
