#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# timeout: 300
# Functions that get what comes into queues, q:on(f): where they are called, how often, by whom; errors; what leads to itself; rules,
# namespaces, CPUs and modules that go meanwhile.
. /tests/lib.sh

topology
modprobe xt_LUA
limits=/sys/module/packetscript/parameters
last=$(($(nproc) - 1))
rule() { inR iptables-legacy -t mangle -A PREROUTING -i rA -p icmp -j LUA --on-error continue --script "$@"; }
no_state() { [ -z "$(inR sed 1d /proc/net/packetscript)" ]; }
flush() {
	inR iptables-legacy -t mangle -F
	wait_for no_state
}
# values STATE: what its line says of queues
values() { inR awk '/^[0-9]/ { mine = $1 == '"$1"' } mine && $1 == "queues:" { print $2, $4 }' /proc/net/packetscript; }
count() { values "$1" | cut -d ' ' -f 1; }
values_are() { [ "$(values "$1")" = "$2" ]; }
# handles STATE VALUES FAILED
handles() { wait_for values_are "$1" "$2 $3" || fail "state $1 comes to $2 values" "$(values "$1")"; }
at_least() { [ "$(count "$1")" -ge "$2" ]; }
# ping_on CPU COUNT
ping_on() { inA taskset -c "$1" ping -f -q -c "$2" -W 60 192.168.0.1 >/dev/null; }
both() {
	ping_on 0 "$1" &
	ping_on "$last" "$1"
	wait $!
}
# told WORD: what scripts printed behind it
told() { klog_since | sed -n "s/.*\.lua:[0-9]*: $1\t//p"; }

cat >send.lua <<'END'
local q, full = shared.queue("seen", 100000), 0
function process_packet(p)
  if not q:send(p.ip.id) then full = full + 1 end
  return XT_CONTINUE
end
function on_close() print("full", full) end
END
cat >packets.lua <<'END'
local n, within, wrong = 0, false, 0
if IS_INTERRUPT then
  shared.queue("seen"):on(function(id)
    if within or type(id) ~= "number" then wrong = wrong + 1 end
    within = true
    for i = 1, 20 do local s = string.rep("x", i) end
    n, within = n + 1, false
  end)
end
function process_packet(p) return XT_CONTINUE end
function on_close() if n > 0 then print("heard", n, wrong) end end
END
sed 's/if IS_INTERRUPT/if not IS_INTERRUPT/' packets.lua >work.lua

# --- in process context, and as packets are handled; what several CPUs send is all there
for where in 'work' 'packets' 'packets --percpu'; do
	read -r script options <<<"$where"
	dmesg -C
	rule "$script.lua" --state 1 ${options:+"$options"}
	rule send.lua --percpu
	both 300
	handles 1 600 0
	flush
	check_eq "$where: each value is handled once, one after the other" \
		"$(told heard | awk '{ n += $1; wrong += $2 } END { print n, wrong }')" '600 0'
	check_eq "$where: and none is lost" "$(told full | sort -u)" 0
done
if [ "$last" -gt 0 ]; then
	check_eq 'copies share them' "$(told heard | wc -l)" "$(nproc)"
fi

# --- two states share what comes
dmesg -C
rule work.lua --state 1
rule packets.lua --state 2
rule send.lua --percpu
for _ in {1..20}; do ping_on 0 1; done
both 150
together() { [ $(($(count 1) + $(count 2))) = 320 ]; }
check 'two states share what comes' wait_for together
flush
check_eq "each had some ($(told heard | paste -sd ' '))" "$(told heard | wc -l)" 2

# --- what fails
cat >fails.lua <<'END'
local n = 0
if not IS_INTERRUPT then
  shared.queue("seen"):on(function(id)
    n = n + 1
    if n % 2 == 0 then error("even") end
  end)
end
function process_packet(p) return XT_CONTINUE end
END
cat >refused.lua <<'END'
shared.queue("seen"):on(print)
error("refused")
END
dmesg -C
rule fails.lua --state 1
rule send.lua
check_fails 'a script that fails is refused' rule refused.lua --state 1
ping_on 0 10
handles 1 10 5
check 'an error is in the log, with its line, and the next value comes' \
	klog_has 'deferred work: state 1: queue: .*fails.lua:5: even'
flush

# --- one that is switched off leaves values to others
cat >slow.lua <<'END'
shared.queue("seen"):on(function(id) while true do end end)
function process_packet(p) return XT_CONTINUE end
END
echo 2 >$limits/stops
echo 20 >$limits/packet_ms
dmesg -C
rule slow.lua --state 1
rule send.lua
ping_on 0 50
check 'a function that never ends is stopped, and the state switched off' wait_for klog_has 'state 1: switched off'
echo 1000 >$limits/packet_ms
rule work.lua --state 2
ping_on 0 1
check 'others get what it does not take' wait_for at_least 2 40
echo 0 >$limits/stops
flush

# --- what leads to itself has its share of a CPU, in both contexts, and the machine goes on
cat >itself.lua <<'END'
local q, n = shared.queue(IS_INTERRUPT and "itself" or "work"), 0
q:on(function(v)
  n = n + 1
  q:send(v)
  q:send(v)
end)
q:send(1)
function process_packet(p) return XT_CONTINUE end
function on_close() print(IS_INTERRUPT and "softly" or "working", n) end
END
dmesg -C
echo 30 >$limits/share
rule itself.lua --state 1
rule itself.lua --state 2 --percpu
check 'packets pass while queues feed themselves' inA ping -q -c 20 -i 0.05 -W 60 192.168.0.1
check 'which they do all the time' wait_for at_least 1 1000
echo 0 >$limits/share
check 'also if handlers have no such limit' inA ping -q -c 5 -i 0.05 -W 60 192.168.0.1
echo 30 >$limits/share
flush
check_match 'in process context' "$(told working | sort -n | tail -n 1)" '^[0-9]{3}'
check_match 'and as packets are handled' "$(told softly | sort -n | tail -n 1)" '^[0-9]{3}'

# --- rules, CPUs, a namespace and the modules go while values come
pings=()
for cpu in 0 "$last"; do
	ip netns exec A taskset -c "$cpu" timeout 1000 ping -f -q 192.168.0.1 >/dev/null 2>&1 &
	pings+=($!)
done
all() {
	rule send.lua --percpu
	rule work.lua --state 1
	rule packets.lua --state 2
	rule packets.lua --state 3 --percpu
	rule itself.lua --state 4
}
all
flush
before=$(unreclaimable)
for _ in {1..5}; do
	all
	inR iptables-legacy -t mangle -D PREROUTING 3
	flush
done
after=$(unreclaimable)
check "rules go while values come, and all of their memory ($before KB before, $after KB after)" [ $((after - before)) -lt 1500 ]
if [ "$last" -gt 0 ]; then
	rule packets.lua --state 3 --percpu
	rule send.lua
	echo 0 >/sys/devices/system/cpu/cpu1/online
	check 'what one CPU would get, another does when it is gone' wait_for at_least 3 $(($(count 3) + 200))
	echo 1 >/sys/devices/system/cpu/cpu1/online
	check 'and they go on when it is back' wait_for at_least 3 $(($(count 3) + 200))
	flush
fi
all
ip netns del R
unused() { [ "$(cat /sys/module/xt_LUA/refcnt)" = 0 ]; }
check 'a namespace is deleted while values come' wait_for unused
kill "${pings[@]}"
wait "${pings[@]}" || true
check 'the modules go at once' modprobe -r xt_LUA packetscript
check_fails 'and the log is clean' klog_has 'BUG|WARNING|Oops'
