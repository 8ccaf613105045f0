-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: -v
local function rename(p, name)
  local eth = p:data(packet_eth)
  if not eth.type then return XT_CONTINUE end
  return name and NF_DROP or XT_CONTINUE
end

function question(p) return rename(p, "a") end
function answer(p) return rename(p, nil) end
function count(n) return rename(n + 1, nil) end
