-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What to_bytes(), string() and get() of a value gave is kept beyond the packet.
-- in: eth / ip saddr=192.0.2.1 / udp / text first
-- in: eth / ip / udp / text again
local kept, text, address
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local data = ip:data(packet_udp):data()
  if not kept then
    kept, text, address = data:to_bytes(), data:get():string(), ip.saddr
    return NF_ACCEPT
  end
  assert(kept:string() == "first" and text == "first" and kept ~= data:get())
  for i = 0, #kept - 1 do data:get()[i] = kept[i] end
  ip.daddr = address
  ip:data(packet_udp):check():set()
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: same
-- out 2: eth / ip daddr=192.0.2.1 / udp / text first
