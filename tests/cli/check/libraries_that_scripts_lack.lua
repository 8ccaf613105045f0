-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local now = os.time()
local socket = require("socket")
local t = math.pi + math.sqrt(4)
local s = string.fromat("%d", 5)
local u = ("x"):uper()
local old = unpack({})
function process_packet(p) return XT_CONTINUE end
