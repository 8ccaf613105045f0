-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- -m dnsblock, as iptables knows it.
local luaxt = require("luaxt")

luaxt.match {
  revision = 1,
  family = luaxt.family.IPV4,
  options = { domains = true },
  help = function()
    print("dnsblock match options:\n  --domains A,B   names, with all below them (default: github.com,gitlab.com)")
  end,
  init = function(par) par.userargs = "github.com,gitlab.com" end,
  parse = function(par)
    if par.value == "" then error("--domains: a name is missing", 0) end
    par.userargs = par.value:lower()
    par.flags = par.flags | 1
  end,
  final_check = function() end,
  print = function(userargs) io.write(" dnsblock ", userargs) end,
  save = function(userargs) io.write(" --domains ", userargs) end,
}
