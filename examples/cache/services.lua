-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The small services of TCP, from a TCP of its own (tcp.lua): what it can do, in a few lines each.
--   iptables -t mangle -A PREROUTING -i eth0 -d 192.0.2.1 -p tcp -m multiport --dports 7,9,17,19 -j LUA --script services.lua --memory 16M
local tcp = require "tcp"

local function close(c) c:close() end

-- echo (RFC 862): what comes goes back. Who takes nothing may send no more than WINDOW bytes, besides those that are back already
local WINDOW <const> = 16384
local function make_room(c) c:room(math.max(WINDOW - (c.tail - c.una), 0)) end
tcp.listen{
  port = 7, window = WINDOW, max = 384, keep_alive = 7200000,
  received = function(c, data)
    c:send(data:string())
    make_room(c)
  end,
  sent = make_room, ended = close,
}

-- discard (RFC 863): nothing does; who is silent for a minute is asked whether he is there
tcp.listen{ port = 9, ended = close, keep_alive = 60000 }

-- quote (RFC 865): one, and the end
tcp.listen{
  port = 17,
  opened = function(c)
    c:send("Be liberal in what you accept, and conservative in what you send.\r\n")
    c:close()
  end,
}

-- characters (RFC 864): lines without end, made when they are sent, and made again if they got lost
local LINE <const>, LINES <const> = 74, 95
local lines = {}
for i = 0, LINES - 1 do
  local line = {}
  for column = 0, LINE - 3 do line[#line + 1] = string.char(32 + (i + column) % 95) end
  lines[#lines + 1] = table.concat(line) .. "\r\n"
end
local SIZE <const> = LINE * LINES
-- so often that any piece up to 64 KiB lies in it without a seam
local pattern = bytes.new_from_string(table.concat(lines):rep(11))
tcp.listen{
  port = 19,
  opened = function(c) c:send(function(offset, n) return pattern:slice(offset % SIZE, n) end, 1 << 50) end,
  ended = function(c) c:abort() end,
}

function process_packet(p)
  return tcp.input(p) and NF_DROP or XT_CONTINUE
end
