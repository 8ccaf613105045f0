-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- As many coroutines as there is memory for, all left behind.
function process_packet(p)
  local all = {}
  while true do
    local co = coroutine.create(coroutine.yield)
    if not pcall(coroutine.resume, co) then all = {} end
    all[#all + 1] = co
    if #all > 500 then all = {} end
  end
end
