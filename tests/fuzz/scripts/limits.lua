-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Buckets by what the packet says: its bytes, its fields, and options of these.
local few = { rate = 1000000, burst = 2, size = 3 }
function process_packet(p)
  local b, within = p:raw(0, #p):get(), 0
  for at = 0, #p - 1 do
    if nf.limit(few, b[at]) then within = within + 1 end
    if nf.limit({ rate = 1 + b[at], size = 8 }, b:string(at, b[at] % 16)) then within = within + 1 end
  end
  for _, name in ipairs{ "ip", "ip6", "arp", "tcp", "udp", "dns" } do
    local ok, h = pcall(function() return p[name] end)
    for _, field in ipairs{ "saddr", "daddr", "sport", "spa", "qname", "options" } do
      print(pcall(function() return nf.limit(few, h:field(field)) end))
    end
  end
  print(pcall(nf.limit, { rate = #p, burst = b[0], per = b[1], size = b[2] }, p))
  if within > 0 and within > 2 * #p then error(within) end
  return NF_ACCEPT
end
