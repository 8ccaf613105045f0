-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A device that gives the same 64 bytes with each read.
local driver = { name = "bench-lua" }
local text = ("x"):rep(64)

function driver:open() end
function driver:release() end
function driver:read() return text end

require("device").new(driver)
