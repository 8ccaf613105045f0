-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Memory that runs out in a function that compiled code has called, in a frame that others have had before.
local head = false
local function leaf(n) return n end
local function before(n)
  local x = leaf(n)
  return x
end
local function alloc(n, list) return { n, list } end -- line 9
local function fill()
  for i = 1, 1000000 do
    before(i)
    head = alloc(i, head)
  end
end

local function try()
  fill()
  head = false
end

function process_packet()
  nf.timer(1, try)
  return XT_CONTINUE
end
