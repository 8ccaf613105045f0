-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A sniffer: a line for each frame that comes or goes while /dev/tap is open.
--   lunatik run examples/tap
--   cat /dev/tap
local device = require("device")
local socket = require("socket")

local ALL = 3 -- frames of any type
local FRAME_MAX = 65535

local tap = { name = "tap", mode = 256 } -- r for root

local function open_tap()
  local frames = socket.new(socket.af.PACKET, socket.sock.RAW, ALL)
  frames:bind(ALL, 0) -- on all devices
  return frames
end

local function to_text(mac)
  return ("%02x:%02x:%02x:%02x:%02x:%02x"):format(mac:byte(1, 6))
end

function tap:open(file)
  file.frames = open_tap()
end

function tap:read(length, offset, file)
  local frame = file.frames:receive(FRAME_MAX)
  if #frame < 14 then
    return "\n"
  end
  local dst, src, ethertype = string.unpack(">c6c6I2", frame)
  return ("%s\t%s\t0x%04x\t%d\n"):format(to_text(dst), to_text(src), ethertype, #frame)
end

function tap:release(file)
  file.frames:close()
end

device.new(tap)
