-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local now = os.time()
local socket = require("socket")
local t = math.pi + math.sqrt(4)
local s = string.fromat("%d", 5)
local u = ("x"):uper()
local old = unpack({})
local file, line = io.open("x"), io.write("y")
local text, home = dofile("x.lua"), os.getenv("HOME")
local big, three = math.huge, math.rnd(3)
local n, b = table.getn({}), bit32.band(1, 2)
if os or io ~= nil then n = 5 end
function process_packet(p) return XT_CONTINUE end
