-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Handlers for shared_test.lua: a limit for each source, over all states, and a report of who was over it.
local seen, over = shared.table("seen", { ttl = 1000 }), shared.queue("over", 2)

function process_packet(p)
  local source = p.ip.saddr
  if seen:add(source, 1) <= 3 then return XT_CONTINUE end
  seen.over = true
  if not over:send(source) then return NF_STOLEN end
  return NF_DROP
end

function report(p)
  local source = over:receive()
  if not source then return NF_ACCEPT end
  p.ip.saddr = source
  return XT_CONTINUE
end

function entries(p)
  local n = 0
  seen:each(function(k, v)
    n = n + 1
    seen[k] = nil
  end)
  p.ip.ttl = n
  return XT_CONTINUE
end

function large(p)
  local part, t = bytes.new(65536), shared.table("large")
  part[65535] = 7
  t.value = { part, "text", part, part, part, part, part, part, part, part, part, part, part, part, part, part, part, part }
  local tail = t:slice("value", 65534, 6)
  return tail[0] == 0 and tail[1] == 7 and tail:string(2, 4) == "text" and not t:slice("none", 0, 1) and
    #t:slice("value", 17 * 65536, 100) == 4 and XT_CONTINUE or NF_DROP
end
