-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- -j dnsdoctor, as iptables knows it.
local luaxt = require("luaxt")

local defaults = { "lunatik.com", "10.1.1.2", "192.168.10.1", "10.1.2.3" }
local order = { name = 1, client = 2, public = 3, private = 4 }

local function words(text)
  local list = {}
  for word in text:gmatch("[^,]+") do list[#list + 1] = word end
  return list
end

luaxt.target {
  revision = 1,
  family = luaxt.family.IPV4,
  options = { name = true, client = true, public = true, private = true },
  help = function()
    print("dnsdoctor target options: in answers about a name, one address becomes another")
    print("  --name NAME         (default: " .. defaults[1] .. ")")
    print("  --client ADDRESS    who has asked (default: " .. defaults[2] .. ")")
    print("  --public ADDRESS    what the name server says (default: " .. defaults[3] .. ")")
    print("  --private ADDRESS   what the client gets (default: " .. defaults[4] .. ")")
  end,
  init = function(par) par.userargs = table.concat(defaults, ",") end,
  parse = function(par)
    local list = words(par.userargs)
    if par.option ~= "name" and not par.value:match("^%d+%.%d+%.%d+%.%d+$") then
      error("--" .. par.option .. ": " .. par.value .. " is no IPv4 address", 0)
    end
    list[order[par.option]] = par.value
    par.userargs = table.concat(list, ",")
  end,
  final_check = function() end,
  print = function(userargs) io.write(" dnsdoctor ", userargs) end,
  save = function(userargs)
    local list = words(userargs)
    io.write(" --name ", list[1], " --client ", list[2], " --public ", list[3], " --private ", list[4])
  end,
}
