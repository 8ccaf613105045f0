-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Handlers for limit_test.lua.
local per_source = { rate = 10, burst = 5, size = 3 }

function process_packet(p)
  return nf.limit(per_source, p.ip:saddr()) and NF_ACCEPT or NF_DROP
end

-- the same without a table that is kept
function as_text(p)
  return nf.limit{ rate = 10, burst = 5, size = 4, key = p.ip.saddr } and NF_ACCEPT or NF_DROP
end

function a_minute(p)
  return nf.limit{ rate = 3, per = 60000 } and NF_ACCEPT or NF_DROP
end

function misspelt(p) return nf.limit{ rate = 1, brust = 2 } end
function no_rate(p) return nf.limit{ burst = 2 } end
