-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The largest packets, in one part and in very many, again and again; there is no route to where they go.
local head = bytes.new(20)
local ip = bytes.to_packet(head, packet_ip)
ip.version, ip.ihl, ip.ttl, ip.protocol, ip.saddr, ip.daddr = 4, 5, 64, 17, "192.0.2.1", "240.0.0.1"
local large, parts = ("x"):rep(65515), { head }
for i = 2, 4000 do parts[i] = "" end
parts[4001] = large

function process_packet(p)
  while true do
    pcall(nf.send, parts)
    pcall(nf.create_packet, nil, head .. large)
    pcall(nf.send, { head, "\0\1\0\2\0\0\0\0", ("x"):rep(65000), segment = 1 })
    for _ = 1, 100 do nf.send{ head, large } end
  end
end
