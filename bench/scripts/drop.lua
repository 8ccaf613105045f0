-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet()
  return NF_DROP
end
