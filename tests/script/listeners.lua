-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local q, n, wrong = shared.queue("q"), 0, 0

q:on(function(v)
  if v ~= "value" then wrong = wrong + 1 end
  n = n + 1
end)

function process_packet(p)
  q:send("value")
  return XT_CONTINUE
end

function had(p)
  p.ip.ttl = n
  return wrong == 0 and NF_ACCEPT or NF_DROP
end
