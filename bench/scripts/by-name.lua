-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A filter by a port; the header is found by its name.
function process_packet(p)
  if p.udp and p.udp.dport == 53 then return NF_DROP end
  return XT_CONTINUE
end
