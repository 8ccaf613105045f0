-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local f = p:flow()
  if not f then return NF_ACCEPT end
  f.n = (f.n or 0) + 1
  for k, v in pairs(f) do print(k, v) end
  f:cut("drop")
  f:cut(NF_DROP, 5)
  f:mine(f.n)
  flow.counts()
  flow.options(5)
  if p.ip6 and p.ip6:flow() == 7 then return NF_DROP end
  return f:cut(NF_ACCEPT) and p:data():flow():cut() and NF_ACCEPT or NF_DROP
end
