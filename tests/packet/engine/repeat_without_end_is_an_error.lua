-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- NF_REPEAT again and again is an error; the handler has been called 9 times.
-- in: eth / ip / udp
-- in: eth / ip / tcp
function process_packet(p)
  calls = (calls or 0) + 1
  if p:data(packet_eth):data(packet_ip):data(packet_tcp) then
    error("calls until now: " .. calls, 0)
  end
  return NF_REPEAT
end

-- verdict 1: error repeat_without_end_is_an_error.lua:5: the handler returned NF_REPEAT 8 times in a row
-- verdict 2: error calls until now: 10
