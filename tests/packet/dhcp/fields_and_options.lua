-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Fields are read and set; options are found among pads, up to their end, and written in place; those that are cut are nil.
-- in: eth / ip / udp sport=68 dport=67 / hex 01010600 12345678 00038000 00000000 c0000201 00000000 00000000 020000000001 / fill 10 0 / fill 192 0 / hex 63825363 350101 00 3204c0000205 0c0474657374 ff 370101
-- in: eth / ip / udp sport=67 dport=68 / fill 236 0 / hex 63825363 350105 3304 0000
-- in: eth / ip / udp / fill 239 0
function process_packet(p)
  local udp = p:data(packet_eth):data(packet_ip):data(packet_udp)
  local dhcp = udp:data():data(packet_dhcp)
  if not dhcp then error("none", 0) end
  local kind, lease = dhcp:option(53):get()[0], dhcp:option(51)
  if kind == 5 then
    assert(lease == nil and dhcp:option(0) == nil and dhcp:option(255) == nil)
    error(dhcp.yiaddr, 0)
  end
  assert(dhcp.op == 1 and dhcp.htype == 1 and dhcp.hlen == 6 and dhcp.hops == 0 and dhcp.xid == 0x12345678)
  assert(dhcp.secs == 3 and dhcp.flags == 0x8000 and dhcp.ciaddr == "0.0.0.0" and dhcp.yiaddr == "192.0.2.1")
  assert(dhcp.chaddr == "02:00:00:00:00:01" and dhcp.cookie == 0x63825363)
  assert(dhcp:option(12):get():string() == "test" and dhcp:option(55) == nil and #dhcp:options() == 20)
  dhcp:option(12):write("TEST")
  dhcp:option(50):write("\9", 3)
  dhcp.yiaddr = "10.0.0.1"
  dhcp.xid = dhcp.xid + 1
  return NF_ACCEPT
end

-- verdict 1: NF_ACCEPT
-- verdict 2: error 0.0.0.0
-- verdict 3: error none
-- out 1: eth / ip / udp sport=68 dport=67 / hex 01010600 12345679 00038000 00000000 0a000001 00000000 00000000 020000000001 / fill 10 0 / fill 192 0 / hex 63825363 350101 00 3204c0000209 0c0454455354 ff 370101
