-- SPDX-License-Identifier: MIT OR GPL-2.0-only
DROPPED = 5
function process_packet(p)
  if #p > 100 then return ACCEPT end
  if #p > 90 then return DROP end
  if #p > 80 then return Continue end
  if #p > 70 then return REJECT end
  if #p > 60 then return DROPPED end
  return NF_ACCEPT
end
