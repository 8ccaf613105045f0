-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A raw view lies within its own: ranges that do not are nil, for any integers.
-- in: eth / ip / udp / text abc
function process_packet(p)
  local max, min = math.maxinteger, math.mininteger
  local part = p:raw(14, 20)
  for _, v in ipairs{p, part} do
    local n = #v
    assert(v:raw(0, n) and v:raw(n, 0) and v:raw(n - 1, 1) and #v:raw(1, n - 1) == n - 1)
    for _, range in ipairs{{0, n + 1}, {n, 1}, {n + 1, 0}, {-1, 1}, {0, -1}, {1, n}, {max, 1}, {1, max}, {max, max}, {min, 1},
        {1, min}, {min, min}, {1 << 32, 1}, {1, 1 << 32}, {(1 << 32) - 1, 2}, {-1, (1 << 32) + 2}} do
      assert(v:raw(range[1], range[2]) == nil, range[1] .. " " .. range[2])
    end
  end
  part:raw(19, 1):raw(0, 1):set(7)
  local ip = p:data(packet_eth):data(packet_ip)
  ip:check():set()
  ip:data(packet_udp):check():set()
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: eth / ip daddr=10.0.0.7 / udp / text abc
