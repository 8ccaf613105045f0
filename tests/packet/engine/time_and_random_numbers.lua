-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Time does not go back, in either unit, and random numbers have 32 bits.
-- in 20 times: eth / ip / udp / text hello
local last = nf.get_time("ns")
local ones = 0

function process_packet(p)
  local ns = nf.get_time("ns")
  local ms = nf.get_time()
  if ns < last or ms < last // 1000000 or ms > nf.get_time("ns") // 1000000 then return NF_DROP end
  last = ns
  for _ = 1, 64 do
    local x = nf.get_random()
    if x < 0 or x >> 32 ~= 0 then return NF_DROP end
    ones = ones | x
  end
  if ones ~= 0xFFFFFFFF then return NF_DROP end
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out: same
