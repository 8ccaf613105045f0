-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Everything a function may return or raise.
local returns = {
  NF_DROP, NF_ACCEPT, NF_STOLEN, NF_QUEUE, NF_REPEAT, XT_CONTINUE, XT_RETURN, NF_QUEUE | 5 << 16,
  NF_QUEUE | 65535 << 16, NF_QUEUE | 65536 << 16, 5, -1, -4, "x", {}, true, function() end,
  math.mininteger, math.maxinteger, 1 << 32, print, false,
}

function process_packet(p)
  local n = #p > 0 and p:get()[#p - 1] or 255
  if n == 254 then return end
  if n == 253 then error("with a place") end
  if n == 252 then return p end
  if n == 251 then return p:get() end
  if n == 250 then return p:nothing() end
  if n == 249 then return NF_ACCEPT, NF_DROP end
  if n == 248 then return table.unpack({}, 1, 200) end
  if n == 247 then return process_packet(p:data(packet_eth)) end
  return returns[n % #returns + 1]
end
