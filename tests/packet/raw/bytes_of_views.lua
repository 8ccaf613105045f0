-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- v[i] is byte i of any view, from 0, read and written; no checksum follows.
-- in: eth / ip / udp / text hello
-- not with partial checksums: it writes bytes of the checksum
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip:data(packet_udp)
  local views = { p, ip, udp, udp:data(), p:raw(3, 9), ip:saddr(), ip:ttl(), ip:options(), p:data(packet_eth), ip:flags() }
  for _, v in ipairs(views) do
    local bytes, i = v:to_bytes(), 0
    while i < #v do
      assert(v[i] == bytes[i] and v[i] == p[v:get_offset() + i])
      i = i + 1
    end
    assert(v[#v] == nil and v[-1] == nil and v[math.mininteger] == nil and v[1 << 32] == nil)
    for _, bad in ipairs { #v, -1, math.maxinteger, 1 << 32 } do
      local ok, why = pcall(function() v[bad] = 1 end)
      assert(not ok and why:find("is outside of a view of " .. #v .. " bytes"), why)
    end
  end
  for _, bad in ipairs { 256, -1, "x", math.mininteger } do assert(not pcall(function() p[0] = bad end)) end
  for i = 0, 4 do udp:data()[i] = udp:data()[i] ~ 0x20 end
  ip:daddr()[3] = 9
  p[0], udp[6] = 4, 7
  assert(ip.daddr == "10.0.0.9" and udp:data():get():string() == "HELLO")
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- wrong checksums: 2
-- out: eth dmac=04:00:00:00:00:01 / ip daddr=10.0.0.9 check=0x5496 / udp check=0x07ff / text HELLO
