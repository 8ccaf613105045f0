-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Services of tcp.lua that do what others seldom do, for tcp_test.lua: how much came, and the peer's port, say what.
local timers = 0 -- that are pending
local is_full = false
local make = nf.timer
local function ring(f, ...)
  timers = timers - 1
  return f(...)
end
local timer = {}
timer.__index = timer
function timer:cancel()
  local was = self.timer:cancel()
  if was then timers = timers - 1 end
  return was
end
function nf.timer(ms, f, ...)
  if is_full then error("not enough memory") end
  local t = make(ms, ring, f, ...)
  timers = timers + 1
  return setmetatable({ timer = t }, timer)
end

-- Sequence numbers that are the same each time
local seed = 7
function nf.get_random()
  seed = seed * 6364136223846793005 + 1442695040888963407
  return seed >> 32
end

local tcp = require "tcp"
local by_length = {
  [7] = function(c) c:room(0) end, [8] = function(c) c:room(65535) end,
  [9] = function(c) c:close() end, [10] = function(c) c:abort() end,
}
local by_port = { [4] = function(c) c:close() end, [5] = function(c) c:abort() end }

local function received(c, data)
  if #data % 3 == 0 then c:send(data:string()) end
  if by_length[#data] then by_length[#data](c) end
end
local function ended(c) if c.there & 1 == 0 then c:close() end end
local function opened(c)
  if c.there & 2 == 0 then c:send("hello") end
  if by_port[c.there & 15] then by_port[c.there & 15](c) end
end
local function closed(_, why) nf.count((why:gsub(" ", "_"))) end
local function options(port)
  return { port = port, received = received, ended = ended, opened = opened, closed = closed, keep_alive = 5000 }
end
tcp.listen(options(7))
local pattern = bytes.new(65536)
local characters = options(19)
function characters.opened(c) c:send(function(_, n) return pattern:slice(0, n) end, 200000) end
tcp.listen(characters)

-- parts with a head of their own, of which is told when they are not needed any more; the next that is told fails if asked to
local parts = options(34)
local store, is_to_fail = shared.table("parts"), false
function parts.opened(c)
  store.body = "0123456789"
  c:send_from(store, "body", 0, 10, nil, "head ", "first")
  c:send_from(store, "body", 0, 0, nil, nil, "nothing")
  c:send_from(store, "body", 2, 3, nil, bytes.new_from_string("x"):slice(0, 1), "second")
  c:send_from(store, "body", 0, 0, nil, "only a head", "third")
end
function parts.received(_, data) is_to_fail = #data == 4 end
function parts.released(_, of)
  nf.count("released_" .. of)
  if is_to_fail then
    is_to_fail = false
    error("as it was asked to")
  end
end
tcp.listen(parts)

-- what a script gives may fail, or be gone, when it is to be sent again
local function once(port, fail)
  local o = options(port)
  function o.opened(c)
    local times = 0
    c:send(function(_, n)
      times = times + 1
      if times > 1 then return fail() end
      return pattern:slice(0, n)
    end, 100)
  end
  tcp.listen(o)
end
once(21, function() error("broken") end)
once(22, function() end)
-- what gives a piece makes another connection send
local other
tcp.listen{ port = 27, opened = function(c) other = c end, closed = closed }
tcp.listen{ port = 28, closed = closed, opened = function(c)
  for _ = 1, 2 do
    c:send(function(offset, n)
      if other then other:send("of the other") end
      return pattern:slice(offset, n)
    end, 500)
  end
end }
-- of a few, which close first
tcp.listen{ port = 25, max = 8, opened = function(c) c:close() end, closed = closed }
-- and may be silent
tcp.listen{ port = 23, received = function(c, data) c:send(data:string()) end, closed = closed }

function process_packet(p) return tcp.input(p) and NF_DROP or XT_CONTINUE end

local HERE <const>, THERE <const> = 0x0a000001, 0x0a000009
-- what the test asks for
local function number(p)
  local segment = p.tcp
  return segment and segment.sport or 0
end
local last
function begin(p)
  last = tcp.connect(HERE << 16 | number(p), THERE << 16 | 80, options()) or last
  return NF_DROP
end
local ACTS <const> = {
  function(c) c:close() end, function(c) c:abort() end, function(c) c:send("hhh") end, function(c) c:room(0) end, function(c) c:room(9999) end,
  function(c) c:room(65536) end, function() tcp.listen{ port = 30, window = -1 } end, function() tcp.listen{ port = 30, mss = 70000 } end,
}
function act(p)
  if last then ACTS[number(p)](last) end
  return NF_DROP
end
function fill(p)
  is_full = number(p) == 1
  return NF_DROP
end
function to_nobody()
  for _, address in ipairs{ 0xffffffff, 0xe0000001, 0x7f000001, 1 } do
    if tcp.connect(HERE << 16 | 1, address << 16 | 80, options()) then return NF_ACCEPT end
  end
  return NF_DROP
end
-- whether nothing is left
function is_empty()
  local left = { tcp.count, tcp.open, tcp.half, tcp.held, timers }
  for i, n in ipairs(left) do
    if n ~= 0 then
      print("left: ", i, n)
      return NF_ACCEPT
    end
  end
  return NF_DROP
end
