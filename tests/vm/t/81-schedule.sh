#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# timeout: 300
# nf.schedule and nf.timer: when they run, in what order, with which packets; what becomes of what is pending.
. /tests/lib.sh

topology
modprobe xt_LUA
limits=/sys/module/packetscript/parameters
rule() { inR iptables-legacy -t mangle "$1" PREROUTING -i rA -p icmp -j LUA --on-error continue --script "${@:2}"; }
line() { inR sed -n "s/^  $1: //p" /proc/net/packetscript; }
no_state() { [ -z "$(inR sed 1d /proc/net/packetscript)" ]; }
# flush: what on_close() prints is there then
flush() {
	inR iptables-legacy -t mangle -F
	wait_for no_state
}
pings() { inA ping -q -c "$1" -i "${2:-0.01}" -W 2 192.168.0.1 >/dev/null; }
# told WHAT: the numbers that a script printed behind this word last
told() { klog_since | sed -n "s/.*\.lua:[0-9]*: $1\t//p" | tail -n 1; }
line_is() { [[ $(line "$1") =~ $2 ]]; }
# done_when LINE REGEX: waits until /proc/net/packetscript says so
done_when() { wait_for line_is "$1" "$2" || fail "it comes to $2" "$1: $(line "$1")"; }

# --- when, and in what order ---
cat >late.lua <<'END'
local delays, called, early, late = { 0, 1, 5, 20, 100, 300 }, 0, 0, {}
-- id: nanoseconds at which it is due, or before
function note(skb, id)
  local now = nf.get_time("ns")
  called = called + 1
  late[called] = now - id
  if now < id then early = early + 1 end
end
function process_packet(p)
  for i = #delays, 1, -1 do
    nf.schedule(nil, "note", nf.get_time("ns") + delays[i] * 1000000, delays[i])
    nf.timer(delays[i], note, nil, nf.get_time("ns") + delays[i] * 1000000)
  end
  return XT_CONTINUE
end
function on_close()
  table.sort(late)
  print(IS_INTERRUPT and "timers" or "work", called, early, late[#late // 20] // 1000, late[#late // 2] // 1000)
end
END
dmesg -C
rule -A late.lua
pings 20 0.1
done_when 'deferred work' '^0 pending, 120 done, 0 failed, 0 refused'
done_when timers '^0 pending, 120 run, 0 failed'
flush
for kind in work timers; do
	read -r called early soonest half <<<"$(told $kind)"
	check_eq "$kind: all ran, none early" "$called $early" '120 0'
	# an emulated machine is held up by its host: those that it is not held up in tell
	check "$kind: one in twenty within 2 ms ($soonest us; half within $half us)" [ "$soonest" -le 2000 ]
done

# --- one after the other, those due at once in the order in which they were asked for ---
cat >order.lua <<'END'
local n, last, wrong, within = 0, 0, 0, false
function note(skb, id)
  if within or id ~= last + 1 then wrong = wrong + 1 end
  within = true
  for i = 1, 20 do local s = string.rep("x", i) end
  last, n, within = id, n + 1, false
end
local asked = 0
function process_packet(p)
  for i = 1, 20 do
    asked = asked + 1
    nf.schedule(nil, "note", asked, 0)
  end
  return XT_CONTINUE
end
function on_close() if not IS_INTERRUPT then print("order", n, wrong) end end
END
rule -A order.lua
(inA taskset -c 0 ping -q -c 100 -i 0.005 192.168.0.1 >/dev/null) &
inA taskset -c "$(($(nproc) - 1))" ping -q -c 100 -i 0.005 192.168.0.1 >/dev/null
wait $!
done_when 'deferred work' '^0 pending, 4000 done'
flush
check_eq 'calls come one after the other, in order' "$(told order)" $'4000\t0'

# --- packets ---
cat >copy.lua <<'END'
local n, wrong = 0, 0
local function want(what, got, expected)
  if got ~= expected then print("differs", what, got, expected) wrong = wrong + 1 end
end
function look(skb, id, icmp)
  n = n + 1
  want("handle", skb, nil)
  want("sequence", icmp.sequence, id)
  want("length", #icmp, 64)
  icmp:data():set("longer than it was, by far: " .. string.rep("x", 200))
  want("grown", #icmp, 8 + 228)
end
function look_ip(skb, id, ip)
  want("ttl", ip.ttl, id)
  ip.ttl = 1
  want("written", ip.ttl, 1)
end
function process_packet(p)
  local ip = p.ip
  nf.schedule(nil, "look", p.icmp.sequence, 20, p.icmp, packet_icmp)
  nf.schedule(nil, "look_ip", ip.ttl, 20, p, packet_ip)
  ip.ttl = 33 -- the copies do not see that
  return XT_CONTINUE
end
function on_close() if not IS_INTERRUPT then print("copies", n, wrong) end end
END
rule -A copy.lua
pings 20
done_when 'deferred work' '^0 pending, 40 done, 0 failed'
flush
check_eq 'packets are copied, and may be written and grow' "$(told copies)" $'20\t0'

# --- errors ---
cat >errors.lua <<'END'
function fails(skb, id) error("on purpose " .. id) end
function process_packet(p)
  nf.schedule(nil, "fails", 7, 0)
  nf.schedule(nil, "missing", 0, 0)
  nf.timer(0, function(x) error("a timer, " .. x) end, "too")
  return XT_CONTINUE
end
END
dmesg -C
rule -A errors.lua
pings 1
done_when 'deferred work' '^0 pending, 2 done, 2 failed'
done_when timers '^0 pending, 1 run, 1 failed'
check 'an error of deferred work is logged with its line' klog_has 'deferred work: state 0: .*errors.lua:1: on purpose 7'
check 'a function that is missing, too' klog_has "deferred work: state 0: nf.schedule: there is no global function 'missing'"
check 'that of a timer, too' klog_has 'state 0: timer: .*errors.lua:5: a timer, too'
flush
echo 'function process_packet(p) local f = nf["sche" .. "dule"] f(nil, "x", 0, 0) end' >hidden.lua
dmesg -C
rule -A hidden.lua
pings 1
check 'a script that does not name it has no state for it' klog_has 'hidden.lua:1: .*has no Lua state for deferred work'
check_eq 'and pays for none' "$(line 'deferred work')" ''
flush

# --- time ---
cat >loop.lua <<'END'
function loop() while true do end end
function note() noted = (noted or 0) + 1 end
function process_packet(p)
  if p.icmp.sequence == 1 then nf.schedule(nil, "loop", 0, 0) end
  nf.schedule(nil, "note", 0, 0)
  return XT_CONTINUE
end
function on_close() if not IS_INTERRUPT then print("noted", noted) end end
END
dmesg -C
echo 300 >$limits/work_ms
rule -A loop.lua
pings 40 0.02
done_when 'deferred work' '^0 pending, 41 done, 1 failed'
check 'work that has no end is stopped' klog_has 'deferred work: state 0: .*loop.lua:1: time limit exceeded'
flush
check_eq 'packets pass meanwhile, and what they ask for is done after it' "$(told noted)" 40
echo 1000 >$limits/work_ms

# timers that make others which are due at once leave time for others
cat >again.lua <<'END'
local n = 0
local function again() n = n + 1 nf.timer(0, again) end
function process_packet(p) for i = 1, 50 do nf.timer(0, again) end return XT_CONTINUE end
function on_close() print("again", n > 1000) end
END
echo 30 >$limits/share
rule -A again.lua
pings 2
start=${EPOCHREALTIME/./}
pings 10 0.05
for _ in {1..200}; do :; done
took=$(((${EPOCHREALTIME/./} - start) / 1000))
check "the machine goes on (ten pings took $took ms)" [ $took -lt 10000 ]
flush
check_eq 'as do the timers' "$(told again)" true
echo 0 >$limits/share

# --- a copy for each CPU ---
cat >each.lua <<'END'
local n = 0
local function tick() n = n + 1 nf.timer(10, tick) end
local begun
function process_packet(p)
  if not begun then begun = true tick() end
  nf.schedule(nil, "note", 0, 0)
  return XT_CONTINUE
end
function note() n = n + 1 end
function on_close() print(IS_INTERRUPT and (begun and "each" or "none") or "all", n) end
END
ran() { line timers | sed 's/.*pending, //; s/ run.*//'; }
more() { [ "$(ran)" -gt "$1" ]; }
if [ "$(nproc)" -ge 2 ]; then
	dmesg -C
	rule -A each.lua --percpu
	for cpu in 0 1; do inA taskset -c $cpu ping -q -c 5 -i 0.01 192.168.0.1 >/dev/null; done
	done_when 'deferred work' '^0 pending, 10 done'
	check_match 'each copy has timers of its own' "$(line timers)" '^2 pending'
	echo 0 >/sys/devices/system/cpu/cpu1/online
	sleep 0.2
	check 'those of a CPU go on when another goes' wait_for more "$(ran)"
	echo 1 >/sys/devices/system/cpu/cpu1/online
	sleep 0.5
	flush
	klog_since | sed -n 's/.*\.lua:[0-9]*: each\t//p' | sort -n >each
	check_eq 'two copies had some' "$(wc -l <each)" 2
	check "those of the CPU that was gone went on, too ($(paste -sd ' ' each))" [ "$(head -n 1 each)" -gt 20 ]
	check_eq 'deferred work is done in one Lua state for both' "$(told all)" 10
fi

# --- limits of what is pending ---
cat >many.lua <<'END'
local ok, refused, why = 0, 0, ""
function never() print("never") end
local filled, has_timers
function process_packet(p)
  if filled then return XT_CONTINUE end
  filled = true
  for i = 1, 10000 do
    local done, reason = nf.schedule(nil, "never", i, 3600 * 1000)
    if done then ok = ok + 1 else refused, why = refused + 1, reason end
  end
  return XT_CONTINUE
end
function timers(p)
  if has_timers then return XT_CONTINUE end
  has_timers = true
  for i = 1, 10000 do nf.timer(3600 * 1000, never, i) end
  return XT_CONTINUE
end
function on_close() if IS_INTERRUPT then print("many", ok, refused, why) end end
END
dmesg -C
echo 2500 >$limits/pending
rule -A many.lua
pings 1
check_match 'only so many may be pending' "$(line 'deferred work')" '^2500 pending, 0 done, 0 failed, 7500 refused'
flush
check_eq 'and the script learns it' "$(told many)" $'2500\t7500\ttoo much work is pending (parameters pending and pending_memory of the module)'
echo 16384 >$limits/pending
cat >large.lua <<'END'
function never() end
local ok = 0
function process_packet(p)
  while nf.schedule(nil, "never", 0, 3600 * 1000, p, packet_raw) do ok = ok + 1 end
  return XT_CONTINUE
end
function on_close() if IS_INTERRUPT then print("large", ok) end end
END
echo 1 >$limits/pending_memory
rule -A large.lua
inA ping -q -c 1 -s 30000 -W 2 192.168.0.1 >/dev/null
flush
check_match 'with packets, their bytes count' "$(told large)" '^[0-9]{3}$'
echo 32 >$limits/pending_memory

# --- what is pending when the rule, the namespace, the modules go ---
fill() {
	rule -A many.lua --memory 8M
	rule -A many.lua --memory 8M --function timers
	pings 1
	done_when 'deferred work' '^10000 pending'
	done_when timers '^10000 pending'
}
fill
check_match '10,000 calls' "$(line 'deferred work')" '^10000 pending'
check_match 'and 10,000 timers are pending' "$(line timers)" '^10000 pending'
flush
before=$(unreclaimable)
for _ in {1..4}; do
	fill
	flush
done
after=$(unreclaimable)
check "the rules go, and all of it ($before KB before, $after KB after four times)" [ $((after - before)) -lt 1500 ]
check_fails 'nothing runs later' klog_has 'many.lua:[0-9]*: never'

fill
cat >busy.lua <<'END'
function work(skb, id, p) for i = 1, 200 do local s = string.rep("x", i) end nf.schedule(nil, "work", id, 1) end
local function tick() nf.timer(1, tick) end
function process_packet(p)
  nf.schedule(nil, "work", 0, 0, p, packet_ip)
  nf.timer(1, tick)
  return XT_CONTINUE
end
END
rule -A busy.lua --state 1
rule -A busy.lua --state 2 --percpu
inA ping -q -c 400 -i 0.002 -W 1 192.168.0.1 >/dev/null || true
(inA timeout 20 ping -q -i 0.002 192.168.0.1 >/dev/null) &
sleep 0.3
ip netns del R
unused() { [ "$(cat /sys/module/xt_LUA/refcnt)" = 0 ]; }
check 'a namespace is deleted under traffic, with work pending' wait_for unused
kill %% 2>/dev/null || true
wait
ip netns del A
ip netns del B
check 'the modules go at once' modprobe -r xt_LUA packetscript

# unloaded in the middle
topology
modprobe xt_LUA
rule -A busy.lua --state 1
rule -A busy.lua --state 2 --percpu
inA ping -q -c 200 -i 0.002 -W 1 192.168.0.1 >/dev/null
inR iptables-legacy -t mangle -F
check 'also with work in the middle' modprobe -r xt_LUA packetscript
check_fails 'and the log is clean' klog_has 'BUG|WARNING|Oops'
