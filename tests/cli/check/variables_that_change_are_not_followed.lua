-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local limit = 300
local function lower() limit = 5 end
function process_packet(p, given)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  local n, v = 300, nil
  ip.ttl = limit
  pcall(function() n = 5 v = NF_DROP end)
  ip.ttl = n
  lower()
  local later = 300
  local function use() ip.ttl = later end
  later = 5
  use()
  local either = 300
  either = given or 300
  ip.ttl = either
  for i = 1, 2 do
    ip.ttl = n
    n = 7
  end
  return v
end
