-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Bytes are written, then checksums are computed, from the inside outwards.
local function mend(v, name)
  local ok, message = pcall(function() v[name](v):set() end)
  if not ok then print(message) end
end

local function change(v)
  local payload = v:data()
  if payload and #payload > 2 then
    payload:get()[1] = 0x2A
    payload:raw(1, #payload - 2):set(#payload & 255)
  end
end

local function mend_all(ip, depth)
  local t, u, i = ip:data(packet_tcp), ip:data(packet_udp), ip:data(packet_icmp)
  local payload = i and i:data() or u and u:data() or ip:data()
  local inner = payload and depth < 5 and payload:data(packet_ip)
  if inner then mend_all(inner, depth + 1) end
  for _, v in ipairs { t or u or i } do
    if not inner then change(v) end
    mend(v, v.checksum and "checksum" or "check")
  end
  mend(ip, "check")
end

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  mend_all(ip, 0)
  return NF_ACCEPT
end

function halves(p)
  for off = 0, 60 do
    local part = p:raw(off, 40)
    for id = packet_eth, packet_udp do
      local v = part and part:data(id)
      if v and id ~= packet_eth then
        mend(v, v.checksum and "checksum" or "check")
        print(v, v.check or v.checksum)
      end
    end
  end
  return XT_RETURN
end
