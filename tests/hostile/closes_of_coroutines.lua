-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local function body()
  local c <close> = setmetatable({}, { __close = function() while true do end end })
  coroutine.yield()
end

function process_packet(p)
  local all = {}
  for i = 1, 200 do
    all[i] = coroutine.create(body)
    coroutine.resume(all[i])
  end
  for i = 1, 200 do pcall(coroutine.close, all[i]) end
  return XT_CONTINUE
end
