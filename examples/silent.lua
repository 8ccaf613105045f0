-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Tells which hosts have fallen silent: none of their packets has come for a minute. Of those that talk to this
-- machine:
--   iptables -t mangle -A INPUT -j LUA --script silent.lua
local SILENT = 60000 -- milliseconds
local MOST = 1000 -- hosts at once: whoever can send packets can make up addresses

if IS_INTERRUPT then
  local seen, hosts = {}, 0

  -- One timer for each host: when it ends, and the host was heard meanwhile, it begins again for what is left.
  local function look(host)
    local left = SILENT - (nf.get_time() - seen[host])
    if left > 0 then
      nf.timer(left, look, host)
      return
    end
    seen[host] = nil
    hosts = hosts - 1
    nf.schedule(nil, "report", host, 0)
  end

  function process_packet(p)
    local ip = p.ip
    local host = ip and ip:saddr():int()
    if host and seen[host] then
      seen[host] = nf.get_time()
    elseif host and hosts < MOST then
      seen[host], hosts = nf.get_time(), hosts + 1
      nf.timer(SILENT, look, host)
    end
    return XT_CONTINUE
  end
else
  local reported = 0
  -- May take its time: packets go on meanwhile.
  function report(skb, host)
    reported = reported + 1
    nf.log("notice", string.format("%d.%d.%d.%d has fallen silent (%d so far)",
      host >> 24, host >> 16 & 255, host >> 8 & 255, host & 255, reported))
  end
end
