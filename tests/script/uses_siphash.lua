-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Key and message are the bytes 0 to 15: entry 16 of the vectors of the reference implementation.
local siphash = require "siphash"
local FIRST <const>, SECOND <const> = 0x0706050403020100, 0x0f0e0d0c0b0a0908

function vector(p) return siphash.words(FIRST, SECOND, FIRST, SECOND) == 0x3f2acc7f57c29bdb and NF_ACCEPT or NF_DROP end
function other(p) return siphash.words(FIRST, SECOND, FIRST, SECOND ~ 1) == 0x3f2acc7f57c29bdb and NF_ACCEPT or NF_DROP end
