-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local helpers = require "modules.helpers"
local name = "modules." .. "helpers"
local again = require(name)

function process_packet(p)
  local late = require "modules.helpers"
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return defined_there end
  if bytes.many_to_one(helpers) == ip:to_bytes() then return NF_DROP end
  bytes.new_from_string(helpers)
  return helpers.verdict(ip)
end
