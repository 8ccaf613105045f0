-- SPDX-License-Identifier: MIT OR GPL-2.0-only
load("defined = 5")()
function process_packet(p)
  return defined == 5 and NF_DROP or NF_ACCEPT
end
