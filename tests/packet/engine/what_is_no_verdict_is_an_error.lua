-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- No verdict, or what is none: an error that names the handler's line.
-- in 13 times: eth / ip / udp
n = 0
local values = {false, true, "NF_ACCEPT", {}, 5, -1, -4, 0x100000000, NF_QUEUE | 65536 << 16, print, 0xFFFFFFFE, math.mininteger}

function process_packet(p)
  n = n + 1
  if n <= #values then return values[n] end
end

-- verdict 1-2: error what_is_no_verdict_is_an_error.lua:7: the handler returned no verdict but boolean
-- verdict 3: error what_is_no_verdict_is_an_error.lua:7: the handler returned no verdict but string
-- verdict 4: error what_is_no_verdict_is_an_error.lua:7: the handler returned no verdict but table
-- verdict 5: error what_is_no_verdict_is_an_error.lua:7: the handler returned 5, which is no verdict
-- verdict 6: error what_is_no_verdict_is_an_error.lua:7: the handler returned -1, which is no verdict
-- verdict 7: error what_is_no_verdict_is_an_error.lua:7: the handler returned -4, which is no verdict
-- verdict 8: error what_is_no_verdict_is_an_error.lua:7: the handler returned 4294967296, which is no verdict
-- verdict 9: error what_is_no_verdict_is_an_error.lua:7: the handler returned 4294967299, which is no verdict
-- verdict 10: error what_is_no_verdict_is_an_error.lua:7: the handler returned no verdict but function
-- verdict 11: error what_is_no_verdict_is_an_error.lua:7: the handler returned 4294967294, which is no verdict
-- verdict 12: error what_is_no_verdict_is_an_error.lua:7: the handler returned -9223372036854775808, which is no verdict
-- verdict 13: error what_is_no_verdict_is_an_error.lua:7: the handler returned no verdict but nil
