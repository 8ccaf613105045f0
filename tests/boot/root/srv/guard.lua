-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What comes for UDP port 9 goes no further.
function refuse(ip)
  local udp = ip.udp
  if udp and udp.dport == 9 then
    nf.count "refused"
    return NF_DROP
  end
  return XT_CONTINUE
end

function see(p) return XT_CONTINUE end
