-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The packet's connection, asked of each view, before and after its bytes change; then it is cut, or its timeouts are set by what it says.
local kept, n = {}, 0
flow.options{ size = 5 }

local function ask(v)
  local ok, f = pcall(function() return v:flow() end)
  return ok and type(f) == "table" and getmetatable(f) == "flow" and f or nil
end

function process_packet(p)
  local f, b = ask(p), p:raw(0, #p):get()
  n = n + 1
  for _, name in ipairs{ "ip", "ip6", "tcp", "udp", "icmp", "vlan" } do
    local ok, h = pcall(function() return p[name] end)
    if ok and h and name ~= "ip6" and ask(h) ~= f then error(name) end
  end
  if f then
    f.packets = (f.packets or 0) + 1
    f[#p] = b[#p // 2]
    kept[n % 16] = f
  end
  if #p > 20 then pcall(function() b[#p // 3] = b[#p // 3] ~ 0x41 end) end
  if f and ask(p) ~= f then error("another one") end
  for _, g in pairs(kept) do g:cut(g.packets > 3 and NF_ACCEPT or nil) end
  print(flow.count() <= 5, pcall(flow.options, { udp = b[0], tcp = b[1] }), pcall(function() return f:cut(b[2]) end))
  return NF_ACCEPT
end
