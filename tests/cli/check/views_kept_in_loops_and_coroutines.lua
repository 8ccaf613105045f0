-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local seen = {}
function process_packet(p)
  local view = p
  for _, id in ipairs { packet_eth, packet_ip, packet_udp } do
    view = view:data(id)
    if not view then break end
    seen[id] = view:get_size()
  end
  local co = coroutine.wrap(function(v)
    local w <close> = setmetatable({}, { __close = function() end })
    while v do v = coroutine.yield(v.ttl) end
  end)
  goto done
  ::done::
  return co(view) and NF_DROP or NF_ACCEPT
end
