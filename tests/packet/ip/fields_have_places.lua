-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What fields say of their place: offset, length, text; bit fields have the bytes that hold them.
-- in: eth / ip options=01010100 / udp / text abc
function process_packet(p)
  local ip, out = p:data(packet_eth):data(packet_ip), {}
  for _, field in ipairs{ip:version(), ip:ihl(), ip:flags(), ip:frag_off(), ip:check(), ip:daddr(), ip:options()} do
    out[#out + 1] = tostring(field):gsub("packet_ip%.", ""):gsub("offset ", ""):gsub("length ", "")
    assert(#field == field:get_size())
  end
  out[#out + 1] = tostring(ip) .. " " .. tostring(ip:frag_off():to_bytes())
  error(table.concat(out, ", "), 0)
end

-- verdict: error version 14 1, ihl 14 1, flags 20 1, frag_off 20 2, check 24 2, daddr 30 4, options 34 4, packet_ip offset 14 length 35 0000
