-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What examples/prefix.lua does with what goes out, for the addresses here.
local INSIDE <const> = "\xFD\x00\x00\x0A\x00\x00\x00\x00"
local OUTSIDE <const> = "\x20\x01\x0D\xB8\x00\x01\x00\x00"

function process_packet(p)
  local ip6 = p:data(packet_eth):data(packet_ip6)
  local prefix = ip6 and ip6:raw(8, #INSIDE)
  if prefix and prefix:get():string() == INSIDE then prefix:write(OUTSIDE) end
  return XT_CONTINUE
end
