-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Handlers for flows_test.lua.
flow.options{ size = 4, udp = 5000 }

-- the queue's number: how many packets the connection has had
function process_packet(p)
  local f = p:flow()
  if not f then return NF_DROP end
  f.packets = (f.packets or 0) + 1
  if p.udp and p.udp.dport == 53 and f.packets == 3 then f:cut(NF_ACCEPT) end
  return NF_QUEUE | f.packets << 16
end

function how_many(p) return NF_QUEUE | flow.count() << 16 end

local kept

-- cuts the connection a second later, when no packet is handled
function cut_later(p)
  local f = p:flow()
  nf.timer(1000, function() kept = f:cut(NF_DROP) end)
  return NF_ACCEPT
end

function was_there(p) return kept and NF_ACCEPT or NF_DROP end

function count_in_work(skb, id, copy) copy:flow() end
function defer(p)
  nf.schedule(nil, "count_in_work", 1, 0, p, packet_raw)
  return NF_ACCEPT
end
