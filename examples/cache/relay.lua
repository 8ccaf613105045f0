-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A relay: who comes to port 2323 of this machine speaks with the server below, through two connections of a TCP of its own (tcp.lua). What one side
-- has not taken yet holds the other one back, so no connection takes much memory.
--   iptables -t mangle -A PREROUTING -p tcp --dport 2323 -j LUA --script relay.lua --memory 16M
--   iptables -t mangle -A PREROUTING -p tcp -s 10.0.0.2 --sport 23 -j LUA --script relay.lua --memory 16M
local SERVER <const> = 10 << 40 | 2 << 16 | 23 -- 10.0.0.2, port 23
local HELD_MAX <const>, ROOM <const> = 65536, 16384 -- bytes that one side has not got yet; that may come at once

local tcp = require "tcp"

local function received(c, data)
  local other = c.other
  if not other then return end
  other:send(data:slice() .. "")
  if other.tail - other.una > HELD_MAX then c:room(0) end
end

local function sent(c)
  if c.other and c.tail - c.una <= HELD_MAX // 2 then c.other:room(ROOM) end
end

local function ended(c)
  if c.other then c.other:close() end
end

local function closed(c, why)
  local other = c.other
  if not other then return end
  other.other = nil
  if why == "closed" then other:close() else other:abort() end
end

local there <const> = { window = ROOM, received = received, sent = sent, ended = ended, closed = closed }

local function opened(c)
  for _ = 1, 10 do
    local other = tcp.connect(c.here >> 16 << 16 | 49152 + nf.get_random() % 16384, SERVER, there)
    if other then
      c.other, other.other = other, c
      return
    end
  end
  c:abort()
end

tcp.listen{ port = 2323, window = ROOM, opened = opened, received = received, sent = sent, ended = ended, closed = closed }

function process_packet(p)
  return tcp.input(p) and NF_DROP or XT_CONTINUE
end
