-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local fired, timer, rounds = 0, nil, 0

local function fire(n) fired = fired + n end
function arm(p)
  timer = nf.timer(1000, fire, 1)
  return NF_ACCEPT
end
function cancel(p) return timer:cancel() and NF_ACCEPT or NF_DROP end
function has_fired(p) return fired == 1 and NF_ACCEPT or NF_DROP end

-- every second, for an hour
local function tick()
  rounds = rounds + 1
  if rounds < 3600 then nf.timer(1000, tick) end
end
function start(p)
  tick()
  return NF_ACCEPT
end
function had_an_hour(p) return rounds == 3600 and NF_ACCEPT or NF_DROP end

-- what makes itself due at once, for ever
local function again() nf.timer(0, again) end
function forever(p)
  again()
  return NF_ACCEPT
end

function tell(skb, id, ip) error(string.format("%d %s %s %d", id, ip and ip.saddr, IS_INTERRUPT, nf.get_time())) end
function defer(p)
  nf.schedule(nil, "tell", 7, 500, p, packet_ip)
  p.ip.saddr = "10.9.9.9"
  return NF_ACCEPT
end
function late_error(p)
  nf.timer(10, function() error("a timer's") end)
  return NF_ACCEPT
end

-- chains of deferred work, each link a minute after the other
function link(skb, id)
  if id == 0 then error("sixty at " .. nf.get_time()) end
  nf.schedule(nil, "link", id - 1, 60000)
end
function chain(p)
  nf.schedule(nil, "link", 60, 0)
  return NF_ACCEPT
end
