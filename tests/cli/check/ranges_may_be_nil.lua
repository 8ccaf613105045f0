-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A range of bytes is nil if not all of them are there.
function chained(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return XT_CONTINUE end
  ip:raw(0, 20):get()		-- is the fixed header, and there
  ip:raw(12, 8):get()
  ip:raw(12, 9):get()
  ip:raw(20, 8):data(packet_udp)
  ip:raw(0, ip.tot_len):to_bytes()
  return NF_ACCEPT
end

function named(p)
  local range = p:raw(14, 20)
  range:set(0)
  local tested = p:raw(14, 20)
  if tested then tested:set(0) end
  local both = p:raw(0, 12) and p:raw(0, 12)
  return NF_ACCEPT
end

function measured(p)
  if #p >= 34 then p:raw(14, 20):set(0) end
  p:raw(0, 0):get()
  return NF_ACCEPT
end
