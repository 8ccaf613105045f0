-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- An address of another length than that of Ethernet, or IPv4, is nil, and cannot be set; the others are where hlen and plen say.
-- in: eth type=0x0806 / hex 0020080008040001 1111111111111111 c0000201 2222222222222222 c0000202
-- in: eth type=0x0806 / hex 0001080006100001 020000000001 20010db8000000000000000000000001 020000000002 20010db8000000000000000000000002
-- in: eth type=0x0806 / hex 0001080000000001
-- in: eth type=0x0806 / hex 0001080006040001 020000000001 c0000201 020000000002 c00002
-- in: eth type=0x0806 / hex 00010800060400
-- in: eth type=0x0806 / hex 00010800ffff0001
function process_packet(p)
  local arp = p:data(packet_eth):data(packet_arp)
  if not arp then return NF_DROP end
  local function is_set(name, value)
    return pcall(function() arp[name] = value end) and "set" or "refused"
  end
  local text = {}
  for _, name in ipairs{ "sha", "spa", "tha", "tpa" } do
    text[#text + 1] = name .. " " .. tostring(arp[name])
  end
  text[#text + 1] = is_set("tha", "00:00:00:00:00:07")
  text[#text + 1] = is_set("tpa", "0.0.0.7")
  text[#text + 1] = tostring(arp.tha) .. " " .. tostring(arp:tpa():get())
  error(table.concat(text, ", "), 0)
end

-- verdict 1: error sha nil, spa 192.0.2.1, tha nil, tpa 192.0.2.2, refused, set, nil 0.0.0.7
-- verdict 2: error sha 02:00:00:00:00:01, spa nil, tha 02:00:00:00:00:02, tpa nil, set, refused, 00:00:00:00:00:07 nil
-- verdict 3: error sha nil, spa nil, tha nil, tpa nil, refused, refused, nil nil
-- verdict 4-6: NF_DROP
