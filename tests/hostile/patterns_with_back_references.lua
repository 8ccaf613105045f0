-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A capture of 60,000 bytes is compared again and again.
local s = ("a"):rep(60000)
local short = ("a"):rep(2000)
function process_packet(p)
  while true do
    short:find("(a*)%1%1%1b")
    short:find("(.-)%1(.-)%2b")
    s:find("(a+)%1b")
  end
end
