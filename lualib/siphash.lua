-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- SipHash-2-4 of two words: numbers that nobody guesses who does not know the secret, for cookies. docs/language.md, "The module siphash".
--   local siphash = require "siphash"
--   local cookie = siphash.words(k0, k1, a, b) & 0xffffffff
local siphash = {}

function siphash.words(k0, k1, a, b)
  local v0, v1 = k0 ~ 0x736f6d6570736575, k1 ~ 0x646f72616e646f6d
  local v2, v3 = k0 ~ 0x6c7967656e657261, k1 ~ 0x7465646279746573
  for step = 1, 4 do
    local word = step == 1 and a or step == 2 and b or step == 3 and 16 << 56 or 0
    if step == 4 then v2 = v2 ~ 0xff end
    v3 = v3 ~ word
    for _ = 1, step == 4 and 4 or 2 do
      v0 = v0 + v1
      v1 = (v1 << 13 | v1 >> 51) ~ v0
      v0 = v0 << 32 | v0 >> 32
      v2 = v2 + v3
      v3 = (v3 << 16 | v3 >> 48) ~ v2
      v0 = v0 + v3
      v3 = (v3 << 21 | v3 >> 43) ~ v0
      v2 = v2 + v1
      v1 = (v1 << 17 | v1 >> 47) ~ v2
      v2 = v2 << 32 | v2 >> 32
    end
    v0 = v0 ~ word
  end
  return v0 ~ v1 ~ v2 ~ v3
end

return siphash
