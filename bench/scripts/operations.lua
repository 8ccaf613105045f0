-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Makes the functions of units.lua and units-shared.lua, as these say, by name.
-- Ids are constants in them, as they are in the text of a script.
local constants = ""
for _, name in ipairs { "packet_eth", "packet_ip", "packet_udp", "NF_DROP", "XT_CONTINUE" } do
  constants = ("%slocal %s <const> = %d "):format(constants, name, _G[name])
end

local handler = constants .. [[
%s
return function(p)
  local ip = p:data(packet_eth):data(packet_ip)
  %s
  %s
  return XT_CONTINUE
end
]]

return function(operations)
  local functions = {}
  for name, operation in pairs(operations) do
    local load_time, packet_time, odd, even = table.unpack(operation)
    for _, times in ipairs { 1, 7 } do
      local statements = {}
      for i = 1, times do
        statements[i] = i % 2 == 0 and even or odd
      end
      local text = handler:format(load_time, packet_time, table.concat(statements, "\n  "))
      functions[name .. "_" .. times] = assert(load(text, "=" .. name))()
    end
  end
  return functions
end
