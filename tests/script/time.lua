-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Handlers for time_test.lua.
local loaded, last = nf.get_time(), nil

-- accepts, unless less than a second has passed since the packet before
function process_packet(p)
  local now = nf.get_time()
  local is_soon = last and now - last < 1000
  last = now
  return is_soon and NF_DROP or NF_ACCEPT
end

function is_as_loaded(p)
  return nf.get_time() == loaded and NF_ACCEPT or NF_DROP
end

-- both units, and one clock that stands still while the handler runs
function units(p)
  local ns = nf.get_time("ns")
  if nf.get_time() ~= ns // 1000000 or nf.get_time("ms") ~= nf.get_time() or nf.get_time("ns") ~= ns then error(ns) end
  return NF_ACCEPT
end

function unknown_unit(p) nf.get_time("s") end

function random(p)
  local seen, ones, zeros = {}, 0, 0xFFFFFFFF
  for _ = 1, 64 do
    local x = nf.get_random()
    if x < 0 or x > 0xFFFFFFFF or seen[x] then error(x) end
    seen[x], ones, zeros = true, ones | x, zeros & x
  end
  return ones == 0xFFFFFFFF and zeros == 0 and NF_ACCEPT or NF_DROP
end

function unknown_level(p) nf.log("loud", 1) end
function level_of_8(p) nf.log(8, 1) end
function no_level(p) nf.log() end
