-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local started = nf.get_time()
function process_packet(p)
  local now, then_ = nf.get_time("ns"), nf.get_times()
  if nf.get_time("s") - now > started then nf.log("loud", now) end
  nf.log(4, now, "and", p)
  nf.log("warning")
  nf.log()
  nf.log({}, 1)
  nf.get_time(5)
  return nf.get_random(7) % 2 == 0 and NF_DROP or NF_ACCEPT
end
