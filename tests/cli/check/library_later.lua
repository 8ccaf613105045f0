-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function later(skb, id, ip) print(IS_INTERRUPT, id, ip and ip.ttl) end
function process_packet(p)
  local t = nf.timer(10, print, "text")
  t:cancel()
  t:stop()
  nf.timer("soon", later)
  nf.timer(10, "later")
  nf.timer(10)
  nf.schedule(nil, "later", 1, 10)
  nf.schedule(nil, "later", 1, 10, p, packet_ip)
  nf.schedule(nil, later, 1, 10)
  nf.schedule(nil, "later", 1)
  nf.schedule(nil, "later", 1, 10, p, packet_ipp)
  nf.schedule(nil, "later", 1, 10, p, 1000)
  return NF_ACCEPT
end
