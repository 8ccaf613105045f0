-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if #p == 1 then return true end
  if #p == 2 then return 7 end
  if #p == 3 then return "NF_DROP" end
  if #p == 4 then return nil end
  if #p == 5 then return ip end
  if #p == 6 then return ip and ip:daddr():get() end
  if #p == 7 then return not ip end
  if #p == 8 then return #p > 60 end
  if #p == 9 then return NF_QUEUE | 5 << 16 end
  if #p == 10 then return NF_QUEUE | 5 << 40 end
  if #p == 11 then return ip and ip.ttl end
  return ip and NF_DROP or XT_RETURN
end
