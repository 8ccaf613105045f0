-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What the tests of packetscript queue put between A and B.
local function ip(p) return p:data(packet_eth):data(packet_ip) end
local function segment(p)
  local outer = ip(p)
  return outer and outer:data(packet_tcp)
end

function accept(p) return NF_ACCEPT end
function drop(p) return NF_DROP end
function stolen(p) return NF_STOLEN end
function queue0(p) return NF_QUEUE end
function queue7(p) return NF_QUEUE | 7 << 16 end
function fails(p) error("on purpose") end
function forever(p) while true do end end
function headers(p)
  local tcp = segment(p)
  return tcp and tcp.sport == 0 and NF_DROP or XT_CONTINUE
end

function write_headers(p)
  local tcp = segment(p)
  if tcp then tcp.window_size = tcp.window_size - 1 end
  return XT_RETURN
end

-- only the last byte, twice: what arrives is what was sent
function write_payload(p)
  local tcp = segment(p)
  local data = tcp and tcp:data()
  if data and #data > 0 then
    local bytes = data:get()
    local last = bytes[#bytes - 1]
    bytes[#bytes - 1] = last ~ 255
    bytes[#bytes - 1] = last
  end
  return NF_ACCEPT
end

-- one byte is another, and the checksum is asked for
function mangle(p)
  local udp = ip(p):data(packet_udp)
  local bytes = udp:data():get()
  bytes[0] = bytes[0] ~ 32
  udp:check():set()
  return NF_ACCEPT
end

function ttl(p)
  ip(p).ttl = 33
  return XT_CONTINUE
end

-- by the number that a datagram begins with, as tests/cli/queue/segments sends them
function mixed(p)
  local n = tonumber(ip(p):data(packet_udp):data():to_bytes():string():match("^%d+")) % 7
  if n < 2 then return NF_DROP end
  if n == 3 or n == 5 then ip(p).ttl = 33 end
  return n == 6 and NF_QUEUE | 7 << 16 or NF_ACCEPT
end

function order(p)
  local n = tonumber(ip(p):data(packet_udp):data():to_bytes():string():match("^%d+")) % 7
  if n < 2 then return NF_DROP end
  if n == 3 or n == 5 then ip(p).ttl = 33 end
  return NF_ACCEPT
end

-- there is no checksum
function bare(p)
  ip(p):data(packet_udp):check():set(0)
  return NF_ACCEPT
end
function only_bare(p) return ip(p):data(packet_udp).check == 0 and NF_ACCEPT or NF_DROP end
function only_summed(p) return ip(p):data(packet_udp).check ~= 0 and NF_ACCEPT or NF_DROP end

-- IPv6 has no objects yet
function hop_limit(p)
  p:get()[7] = 33
  return XT_CONTINUE
end

-- A fragment has no UDP header unless it is the first.
function fragments(p)
  local outer = ip(p)
  if outer.frag_off > 0 and outer:data(packet_udp) then return NF_DROP end
  outer.ttl = 33
  return NF_ACCEPT
end

local once = {}
function again(p)
  local id = ip(p).id
  once[id] = not once[id]
  return once[id] and NF_REPEAT or NF_ACCEPT
end

-- UDP from 10.0.0.1 to 10.0.0.2
local function udp(to)
  local b = bytes.new(28)
  local ip = bytes.to_packet(b, packet_ip)
  ip.version, ip.ihl, ip.ttl, ip.protocol, ip.saddr, ip.daddr = 4, 5, 64, 17, "10.0.0.1", to or "10.0.0.2"
  b:u16(20, 7)
  b:u16(22, 9)
  return b
end

function sends(p)
  print("frame", nf.send{ "frame", link = ("\xFF"):rep(6) .. "\2\2\2\2\2\2\x88\xB5", dev = "rB" })
  print("segments", nf.send{ udp(), ("x"):rep(100), segment = 40 })
  print("by a device", nf.send{ udp(), "x", dev = "rB", mark = 7, priority = 3 })
  print("route", nf.send{ udp "203.0.113.1" })
  print("device", nf.send{ udp(), dev = "none0" })
  print("large", nf.send{ udp(), ("x"):rep(1500) })
  return NF_ACCEPT
end
