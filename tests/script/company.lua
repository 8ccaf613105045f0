-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What goes along with a packet, off the kernel: two numbers, which end with it.
function process_packet(p)
  local before = p:mark() .. " " .. p:priority()
  p:mark(p.udp and p.udp.dport or 7)
  p:priority(p:mark() >> 4)
  print(before, p:mark(), p:priority(), p:dev_in(), p:dev_out(), p:hook(), p:uid(), p:len() == #p)
  return p:mark() == 53 and NF_DROP or XT_CONTINUE
end

function is_marked(p)
  print(pcall(p.mark, p, 5))
  return p:mark() ~= 0
end

function header(ip) return ip:len() == 42 and ip:mark(9) == 9 and ip:mark() == 9 and XT_CONTINUE or NF_DROP end
