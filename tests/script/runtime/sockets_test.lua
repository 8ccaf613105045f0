-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The cache with sockets of the kernel, without the kernel: examples/cache/http-sockets.lua.
local sockets = script("sockets.lua", { memory = "48M" })

for _, name in ipairs{ "keeps", "expires", "holds", "fills", "evicts", "hits_and_misses", "bodies", "servers_that_fail", "clients_that_fail", "goes_meanwhile" } do
  test("sockets: " .. name:gsub("_", " "), function()
    sockets[name](packet.udp{})
    clock.advance(1000)
  end)
end
