-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The payload of TCP begins where data_off says; below 5 or beyond the packet there is none.
-- in: eth / ip / tcp / text abcdefgh
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local tcp = ip:data(packet_tcp)
  local said = {}
  for off = 0, 15 do
    tcp.data_off = off
    local data = tcp:data()
    said[#said + 1] = data and #data or "nil"
    assert((tcp:options() == nil) == (off < 5 or off > 7))
    assert((ip:data(packet_tcp) == nil) == (off > 7))
  end
  error(table.concat(said, " "), 0)
end

-- verdict: error nil nil nil nil nil 8 4 0 nil nil nil nil nil nil nil nil
