-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- DCCP: cscov says how many words of the payload the checksum covers; 1 is none, 0 is all.
-- in: eth / ip / dccp / text abcde
-- in: eth / ip / dccp cscov=1 / text abcde
-- in: eth / ip / dccp cscov=2 / text abcde
-- in: eth / ip / dccp cscov=2 options=000003e801010101 / text abcde
-- in: eth / ip / dccp cscov=4 / text abcde
-- in: eth / ip / dccp type=0 data_off=2 / text abcde
-- in: eth / ip / dccp type=5 data_off=10 / text abcde
-- in: eth / ip / dccp check=+3 / text abcde
-- in: eth / ip / dccp / text abcde / cut 40-46
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  ip.saddr = "192.0.2.77"
  local dccp = ip:data(packet_dccp)
  if not dccp then error("none", 0) end
  dccp.sport = 1
  dccp.ccval = 7
  dccp.type = 3
  local said = string.format("%04x", dccp.check)
  if pcall(function() dccp:check():set() end) then said = said .. string.format(" %04x", dccp.check) end
  dccp.cscov = 1
  said = said .. string.format(" %04x", dccp.check)
  dccp.cscov = 0
  said = said .. string.format(" %04x", dccp.check)
  error(said .. " " .. #(dccp:options() and dccp:options():get() or ""), 0)
end

-- verdict 1: error e42b e42b 0df2 e42b 4
-- verdict 2: error 0df2 0df2 0df2 e42b 4
-- verdict 3: error 492a 492a 0df2 e42b 4
-- verdict 4: error 4624 4624 0aec e125 8
-- verdict 5: error e427 0df2 e42b 4
-- verdict 6: error e62b e62a e62b 0
-- verdict 7, 9-15: error none
-- verdict 8: error e42e e42b 0df2 e42b 4
