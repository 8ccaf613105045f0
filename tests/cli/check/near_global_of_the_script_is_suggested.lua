-- SPDX-License-Identifier: MIT OR GPL-2.0-only
threshold = 5
function process_packet(p)
  if #p > treshold then return NF_DROP end
  return NF_ACCEPT
end
