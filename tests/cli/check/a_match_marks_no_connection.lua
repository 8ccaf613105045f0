-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: --match -f marked
function marked(p)
  p:ct():mark(1)
  return p:ct():mark() == 1
end
