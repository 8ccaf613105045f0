-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A coroutine that outlives its packet has views that are gone.
-- in 2 times: eth / ip / udp
local co
function process_packet(p)
  if not co then
    co = coroutine.wrap(function(ip)
      while true do
        ip.ttl = 5
        coroutine.yield()
      end
    end)
    co(p:data(packet_eth):data(packet_ip))
    return NF_ACCEPT
  end
  co()
end

-- verdict 1: NF_ACCEPT
-- verdict 2: error views_are_gone_in_a_coroutine_too.lua:16: views_are_gone_in_a_coroutine_too.lua:9: packet is gone (views last as long as the handler runs; keep what :to_bytes() gives)
-- out: eth / ip ttl=5 / udp
