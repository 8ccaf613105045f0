-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Who was seen is told in process context, which answers: also by what is called where packets are handled.
local seen, counted, many = shared.queue("seen"), shared.queue("counted"), shared.queue("many", 3000)
local n, last, again = 0, 0, 0

if IS_INTERRUPT then
  counted:on(function(v) last = v end)
else
  seen:on(function(source)
    n = n + 1
    if source == "10.0.0.66" then error("evil after " .. n) end
    counted:send(n)
  end)
end

function process_packet(p)
  seen:send(p.ip.saddr)
  return XT_CONTINUE
end

-- so many were counted as the packet has time to live
function were_counted(p) return last == p.ip.ttl and NF_ACCEPT or NF_DROP end

-- one value leads to the next, until the clock has gone on
function endless(p)
  many:on(function(v)
    again = again + 1
    many:send(v)
  end)
  many:send("again")
  return NF_ACCEPT
end
function stop(p)
  many:on()
  return again > 1000 and NF_ACCEPT or NF_DROP
end
function left(p) return #many == 1 and many:receive() == "again" and NF_ACCEPT or NF_DROP end

function fill(p)
  for i = 1, 2000 do many:send(i) end
  return NF_ACCEPT
end
function take(p)
  local sum = 0
  many:on(function(v)
    sum = sum + v
    if v == 2000 then last = sum end
  end)
  return NF_ACCEPT
end
function took(p) return last == 2001000 and NF_ACCEPT or NF_DROP end
