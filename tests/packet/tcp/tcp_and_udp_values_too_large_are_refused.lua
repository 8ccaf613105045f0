-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- One more than the highest value, and -1, are refused for each field of TCP, UDP and ICMP headers; nothing changes.
-- in: eth / ip / tcp
-- in: eth / ip / udp
-- in: eth / ip / icmp
local widths = {
  [packet_tcp] = {sport = 16, dport = 16, seq = 32, ack = 32, data_off = 4, reserved = 4, flags = 8, window_size = 16,
    check = 16, urgent = 16},
  [packet_udp] = {sport = 16, dport = 16, length = 16, check = 16},
  [packet_icmp] = {type = 8, code = 8, checksum = 16, id = 16, sequence = 16},
}
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  for id, fields in pairs(widths) do
    local header = ip:data(id)
    if header then
      local before = header:to_bytes()
      for name, width in pairs(fields) do
        for _, value in ipairs{1 << width, -1} do
          local ok, message = pcall(function() header[name] = value end)
          local expected = name .. ": the value does not fit into " .. width .. " bits"
          assert(not ok and message:sub(-#expected) == expected, message)
        end
      end
      assert(header:to_bytes() == before)
      return NF_ACCEPT
    end
  end
end

-- verdict: NF_ACCEPT
-- out: same
