-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: --match -f marked
function marked(p)
  p:mark(3)
  return p:mark() == 3 and p:priority() == 0
end
