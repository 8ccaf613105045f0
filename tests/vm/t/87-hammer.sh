#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# timeout: 300
# Packets on two CPUs, deferred work, timers, and what states share, all of one state, which interrupt each other wherever
# they can. Nothing may be lost, nor counted twice. For longer, as in a kernel with debugging: run.sh --append ps.hammer=300
. /tests/lib.sh

seconds=$(option ps.hammer 8)
topology
line() { inR sed -n "s/^  $1: //p" /proc/net/packetscript; }
no_state() { [ -z "$(inR sed 1d /proc/net/packetscript)" ]; }
nothing_pending() { [[ $(line 'deferred work') == '0 pending, '* && $(line timers) == '0 pending, '* ]]; }
told() { klog_since | sed -n "s/.*\.lua:[0-9]*: $1\t//p" | tail -n 1; }

cat >hammer.lua <<'END'
local t, q = shared.table("hammer"), shared.queue("hammer", 1024)
local n, scheduled = 0, 0

-- in process context: packets interrupt it
function work(skb, id, ip)
  t:add("worked", 1)
  local lines = {}
  for i = 1, 40 do lines[i] = ("x"):rep(i) end -- the collector has something to do
  ip.ttl = id & 255
  if ip.ttl ~= id & 255 or #table.concat(lines) ~= 820 then t:add("wrong", 1) end
  while q:receive() do t:add("received", 1) end
end

local function tick(id) t:add("ticked", 1) end

function process_packet(p)
  n = n + 1
  t:add("packets", 1)
  if scheduled - (t.worked or 0) < 200 then -- so that a slow machine can end it
    nf.schedule(nil, "work", n, n % 3, p.ip, packet_ip)
    scheduled = scheduled + 1
  end
  if n % 4 == 0 then
    local timer = nf.timer(n % 7, tick, n)
    t:add("timers", 1)
    if n % 16 == 0 and timer:cancel() then t:add("cancelled", 1) end
  end
  if q:send(n) then t:add("sent", 1) end
  return XT_CONTINUE
end

function on_close()
  if not IS_INTERRUPT then return end
  while q:receive() do t:add("received", 1) end
  local v = function(k) return t[k] or 0 end
  print("packets", v "packets", n)
  print("work", scheduled, v "worked")
  print("timers", v "timers", v "cancelled" + v "ticked")
  print("queue", v "sent", v "received")
  print("wrong", v "wrong")
end
END
cat >again.lua <<'END'
function process_packet(p) shared.table("hammer"):add("beside", 1) return XT_CONTINUE end
END
rule() { inR iptables-legacy -t mangle -A PREROUTING "$@"; }
rule -i rA -j LUA --script hammer.lua
rule -i rB -j LUA --script hammer.lua
dmesg -C
# flood CPU NS ADDRESS
flood() {
	nsenter --net="/run/netns/$2" "$(type -P taskset)" -c "$1" ping -q -f -s 64 -w "$((seconds + 60))" "$3" >/dev/null 2>&1 &
	floods+=($!)
}
floods=()
flood 0 A 192.168.0.1
flood "$(($(nproc) - 1))" B 10.0.0.1
rounds=0 ends=$((SECONDS + seconds))
while [ $SECONDS -lt $ends ]; do # a second state uses the same names, and goes again
	rule -i rA -j LUA --script again.lua --state 7
	inR iptables-legacy -t mangle -D PREROUTING 3
	rounds=$((rounds + 1))
	[ $((rounds % 20)) != 0 ] || echo "# $rounds rounds" # what says nothing for long is ended
done
kill "${floods[@]}"
wait "${floods[@]}" 2>/dev/null || true
check 'all that was pending runs' wait_for nothing_pending
echo "# $rounds rounds of another state; $(line 'deferred work'); $(line timers)"
matched=$(inR iptables-legacy -t mangle -vnxL PREROUTING | awk '/LUA/ { n += $1 } END { print n }')
inR iptables-legacy -t mangle -F
wait_for no_state
read -r packets handled <<<"$(told packets)"
check "there were packets ($packets)" test "$packets" -gt $((20 * seconds))
check_eq 'each was handled and counted, on each CPU' "$packets $handled" "$matched $matched"
for what in work timers queue; do
	read -r made ended <<<"$(told $what)"
	check "$what: there was some ($made)" test "$made" -gt 0
	check_eq "$what: each is done once" "$ended" "$made"
done
check_eq 'and work had the values and the packet that it was given' "$(told wrong)" 0
check 'the modules go' wait_for unload
