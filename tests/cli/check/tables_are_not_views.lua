-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local config = { ttl = 5, dadr = "x" }
config.tttl = config.foo
function config:data(x) return self.bar / 1 end
function process_packet(p, ...)
  local self = { p = p, n = select("#", ...) }
  if self.p.ttl == self.q then return config.verdict end
  return config:data(5) or self:nothing()
end
