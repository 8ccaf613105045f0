-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- %b and %f at each byte of 300,000, where neither ever matches.
local s = ("("):rep(300000)
function process_packet(p)
  while true do
    s:find("%b()")
    s:find("%f[x]")
    s:find("%b()%f[)]")
  end
end
