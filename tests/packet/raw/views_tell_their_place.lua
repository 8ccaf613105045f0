-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each method of all views: what is said of offsets, sizes and texts, and copies of the bytes.
-- in: eth / ip options=01010100 / udp / text abcd / pad 3
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip:data(packet_udp)
  local said = {}
  for i, v in ipairs{p, ip, udp, udp:data(), ip:options(), udp:dport(), p:raw(3, 0), ip:raw(1, 2)} do
    assert(#v == v:get_size() and #v:to_bytes() == #v and #v:data() == #v == (v ~= ip and v ~= udp))
    assert(v:raw(0, #v):to_bytes() == v:to_bytes() and v:raw(0, #v):get_offset() == v:get_offset())
    said[i] = v:get_offset() .. "+" .. #v
  end
  error(table.concat(said, " ") .. " " .. tostring(udp:data():to_bytes()) .. " " .. tostring(ip:raw(1, 2)), 0)
end

-- verdict: error 0+53 14+39 38+12 46+4 34+4 40+2 3+0 15+2 61626364 packet_raw offset 15 length 2
