-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Every setting of the collector, with the greatest arguments.
function process_packet(p)
  while true do
    for _, n in ipairs({ 0, 1, 1000, 1 << 30, math.maxinteger, math.mininteger }) do
      pcall(collectgarbage, "step", n) pcall(collectgarbage, "incremental", n, n, n)
      pcall(collectgarbage, "generational", n, n) pcall(collectgarbage, "setpause", n)
      pcall(collectgarbage, "setstepmul", n)
      local t = {}
      for i = 1, 300 do t[i] = { i } end
    end
    collectgarbage("stop") collectgarbage("step", 0) collectgarbage("restart")
  end
end
