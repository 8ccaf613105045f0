-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Functions of protocols that make views without end, look into each other, and say wild things of places.
local big = { math.mininteger, math.maxinteger, 1 << 61, -1 << 61, 1 << 32, -8, 8, 0 }
local fields, offsets, lengths, n = {}, {}, {}, 0
for i = 1, 255 do
  fields[i], offsets[i], lengths[i] = { "f" .. i, i % 64 * 8, 8 }, 0, 0
end
fields[255] = { "data", 512, 0 }
local function describe(name, more)
  register_dynamic_protbuf {
    name = name, payload_field = "data", protocol_fields = fields,
    has_protocol = function(v, id) return more and v:data(id) == nil end,
    get_field_changes = function(v)
      n = n + 1
      local i = n % 254 + 1
      offsets[i], lengths[i] = big[n % 8 + 1], big[n // 8 % 8 + 1]
      if more then pcall(v.data, v, packet_plain) end
      return offsets, lengths
    end,
  }
end
describe("packet_plain", false)
describe("packet_more", true)

function process_packet(p)
  local udp = p:data(packet_eth):data(packet_ip):data(packet_udp)
  while true do
    local v = udp:data(packet_plain)
    pcall(udp.data, udp, packet_more)
    if v then v:data():set(("x"):rep(n % 900 + 600)) end
    offsets[n % 254 + 1], lengths[n % 254 + 1] = 0, 0
  end
end
