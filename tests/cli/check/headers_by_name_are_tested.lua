-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function untested(pkt)
  if pkt.udp.dport == 5 then return NF_DROP end
  return pkt.udp.sport == 3 and NF_DROP or XT_CONTINUE
end

function by_variable(p)
  local udp = p.udp
  if udp then udp.dport = 5 end
  local sctp = p.sctp
  sctp.dport = 80
  p.sctp.sport = 80
  return XT_CONTINUE
end

function what_lies_around(p)
  if p.dns then
    p.udp.dport = 5
    p.ip.ttl = 9
    p.eth.type = 5
    p.tcp.sport = 3
  end
  return XT_CONTINUE
end

function a_chain_tells(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return XT_CONTINUE end
  p.ip.ttl = 9
  p.udp.sport = 3
  return XT_CONTINUE
end

function a_name_tells(p)
  if p.tcp_opt and p.tcp.dport == 80 then p.ip.ttl = 9 end
  if not p.icmp then return XT_CONTINUE end
  p.icmp.type = 8
  p.ip6.hop_limit = 3
  p.icmp6.type = 8
  return XT_CONTINUE
end

function in_other_ways(p)
  assert(p.udp).dport = 5
  p.udp.sport = 4
  return p.udp.length ~= 9 and NF_DROP or XT_CONTINUE
end

function compared(p)
  if p.sctp == nil then return XT_CONTINUE end
  p.sctp.sport = 1
  return p.gre ~= nil and p.gre.version == 0 and NF_DROP or XT_CONTINUE
end

function by_length(p)
  if #p < 60 then return XT_CONTINUE end
  p.ip.ttl = 9
  p.udp.dport = 4
  return XT_CONTINUE
end
