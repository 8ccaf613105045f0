-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Recursion without end raises: of Lua functions, through pcall, through callbacks from C, of coroutines.
-- in 5 times: eth / ip / udp
n = 0
local function last(message)
  message = tostring(message)
  error(message:match("stack overflow") or message:match("error in error handling") or message, 0)
end
local function deep() return 1 + deep() end
local function callback() return (string.gsub("x", "x", callback)) end
local function protected() return select(2, pcall(protected)) end
local function nested() return coroutine.wrap(nested)() end
function process_packet(p)
  n = n + 1
  if n == 1 then last(select(2, pcall(deep))) end
  if n == 2 then last(select(2, pcall(callback))) end
  if n == 3 then last(protected()) end
  if n == 4 then last(select(2, pcall(nested))) end
  p:data(packet_eth):data(packet_ip).id = n
  return NF_ACCEPT
end

-- verdict 1-4: error stack overflow
-- verdict 5: NF_ACCEPT
-- out: eth / ip id=5 / udp
