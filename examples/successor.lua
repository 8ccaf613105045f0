-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Stations that speak a protocol of their own over UDP, and a server that speaks its successor: both are described here, and
-- translated into each other. On the router between them:
--   iptables -t mangle -A PREROUTING -p udp --dport 7000 -j LUA --script successor.lua --function to_server
--   iptables -t mangle -A PREROUTING -p udp --sport 7100 -j LUA --script successor.lua --function to_station
-- Try it:  packetscript test successor_test.lua
--
--   legacy      version 1 · kind · length of the text · station (2 letters) · text · checksum: all bytes' sum, 1 byte
--   successor   version 2 · kind · station (16 bits) · sequence (32 bits) · text to the end

local LEGACY_PORT, PORT = 7000, 7100

local function number(array)
  local n = 0
  for i = 0, #array - 1 do n = n << 8 | array[i] end
  return n
end

local function set_number(array, n)
  for i = #array - 1, 0, -1 do
    array[i] = n & 255
    n = n >> 8
  end
end

local function text(array) return array:string() end

local function bytes_only() return false end -- neither carries another protocol

local lengths = { 0, 0, 0, 0, 0, 0 }
register_dynamic_protbuf {
  name = "packet_legacy",
  payload_field = "text",
  protocol_fields = {
    { "version", 0, 8, number, set_number },
    { "kind", 8, 8, number, set_number },
    { "length", 16, 8, number, set_number },
    { "station", 24, 16, text },
    { "text", 40, 0 },
    { "check", 40, 8, number, set_number },
  },
  has_protocol = bytes_only,
  -- the text is as long as the third byte says, and what is behind it comes so much later
  get_field_changes = function(v)
    lengths[5] = v[2] * 8
    return { 0, 0, 0, 0, 0, v[2] * 8 }, lengths
  end,
}

register_dynamic_protbuf {
  name = "packet_successor",
  payload_field = "text",
  protocol_fields = {
    { "version", 0, 8, number, set_number },
    { "kind", 8, 8, number, set_number },
    { "station", 16, 16, number, set_number },
    { "sequence", 32, 32, number, set_number },
    { "text", 64, 0 },
  },
  has_protocol = bytes_only,
}

local sequences = {} -- of each station, which the legacy protocol does not have

local function sum(array, n)
  local total = 0
  for i = 0, n - 1 do total = total + array[i] end
  return total & 255
end

local function udp_of(p)
  local ip = p:data(packet_eth):data(packet_ip)
  return ip and ip:data(packet_udp)
end

-- Messages of stations. What is no right message of theirs is dropped.
function to_server(p)
  local udp = udp_of(p)
  local old = udp and udp:data(packet_legacy)
  if not old or old.version ~= 1 or old.check ~= sum(old, 5 + old.length) then return NF_DROP end
  local kind, said = old.kind, old:data():get():string()
  local name = old.station
  local station = name:byte(1) << 8 | name:byte(2)
  sequences[station] = ((sequences[station] or 0) + 1) & 0xFFFFFFFF

  udp:data():set(("\0"):rep(8) .. said)
  local new = udp:data(packet_successor)
  new.version = 2
  new.kind = kind
  new.station = station
  new.sequence = sequences[station]
  udp.dport = PORT
  return XT_CONTINUE
end

-- Answers of the server.
function to_station(p)
  local udp = udp_of(p)
  local new = udp and udp:data(packet_successor)
  if not new or new.version ~= 2 or #new:data() > 255 then return NF_DROP end
  local kind, station, said = new.kind, new.station, new:data():get():string()

  udp:data():set(("\0"):rep(6))
  local old = udp:data(packet_legacy)
  old.version = 1
  old.kind = kind
  old:station():write(string.char(station >> 8, station & 255))
  old:data():set(said)
  old.length = #said
  old.check = sum(old, 5 + #said)
  udp.sport = LEGACY_PORT
  return XT_CONTINUE
end
