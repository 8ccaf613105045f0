-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: --match -f translated
function translated(p)
  return nf.nat(p, { dnat = "10.0.0.5" }) == true
end
