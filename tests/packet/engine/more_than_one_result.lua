-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The first of several results is the verdict.
-- in: eth / ip / udp
function process_packet(p)
  return NF_ACCEPT, NF_DROP, "text"
end

-- verdict: NF_ACCEPT
-- out: same
