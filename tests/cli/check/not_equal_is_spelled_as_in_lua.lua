-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  if #p != 5 then return NF_DROP end
end
