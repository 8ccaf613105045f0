-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Eight levels of functions, each of which calls the next twelve times: four hundred million calls, and no jump backwards.
local f = function() return 1 end
for level = 1, 8 do
  local g = f
  f = function(p)
    g(p) g(p) g(p) g(p) g(p) g(p)
    g(p) g(p) g(p) g(p) g(p) g(p)
    return 1
  end
end

function process_packet(p)
  return f(p)
end
