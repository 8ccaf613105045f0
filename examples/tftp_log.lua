-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Logs which files are asked for, and what errors come back:
--   iptables -t mangle -A FORWARD -p udp -j LUA --script tftp_log.lua
-- Requests go to port 69, all that follows is between other ports: an error is known by the port that asked.

local asked, count = {}, 0	-- by the port of the client: which file

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  local tftp = udp and udp:data(packet_tftp)
  if not tftp then return XT_CONTINUE end
  if udp.dport == 69 and tftp.filename then
    if count == 1000 then asked, count = {}, 0 end
    asked[udp.sport], count = tftp.filename, count + 1
    print(ip.saddr, tftp.opcode == 1 and "reads" or "writes", tftp.filename, tftp.mode)
  elseif asked[udp.dport] and tftp.errcode then
    print(ip.daddr, "error " .. tftp.errcode, tftp.errmsg or "", asked[udp.dport])
    asked[udp.dport] = nil
  end
  return XT_CONTINUE
end
