#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# timeout: 300
# What states share: counters that two CPUs raise, entries that expire, names that outlive rules, memory that is bounded and comes
# back; under load, too.
. /tests/lib.sh

topology
modprobe xt_LUA
readonly shared_mb=/sys/module/packetscript/parameters/shared_mb
rule() { inR iptables-legacy -t mangle "$1" FORWARD -p icmp -j LUA --on-error continue --script "${@:2}"; }
column() { inR awk '$1 == '"$1"' { print $'"$2"' }' /proc/net/packetscript; }
no_state() { [ -z "$(inR sed 1d /proc/net/packetscript)" ]; }
flush() {
	inR iptables-legacy -t mangle -F
	wait_for no_state
}
# ping_on CPU COUNT: veth's packets stay on the CPU of who sends them, and so do the answers
ping_on() { inA taskset -c "$1" ping -q -c "$2" -i 0.01 -W 60 10.0.0.2 >/dev/null; }
# flood CPU COUNT: as fast as they come back
flood() { inA taskset -c "$1" ping -f -q -c "$2" -W 60 10.0.0.2 >/dev/null; }
# run LUA [NAMESPACE]: what it prints with the prefix "says ", when a state of its own is made of it. t is the shared table "t".
run() {
	echo "local t = shared.table('t') local function say(x) print('says ' .. tostring(x)) end $1
		function process_packet(p) return XT_CONTINUE end" >run.lua
	dmesg -C
	at "${2:-R}" iptables-legacy -t mangle -A INPUT -j LUA --script run.lua --state 99
	at "${2:-R}" iptables-legacy -t mangle -D INPUT -j LUA --script run.lua --state 99
	dmesg -t | sed -n 's/.*says //p'
}
# says LUA VALUE: the expression has that value by now
says() { [ "$(run "say($1)")" = "$2" ]; }

cat >count.lua <<'END'
local t = shared.table("t")
function process_packet(p)
  t:add("sum", 1)
  local seen
  repeat seen = t.seen until t:cas("seen", seen, (seen or 0) + 1)
  return XT_CONTINUE
end
END
cat >holds.lua <<'END'
local t = shared.table("t")
function process_packet(p) return XT_CONTINUE end
END
cat >short.lua <<'END'
-- an entry of 100 ms for each packet
local t, n = shared.table("t", { ttl = 100 }), 0
function process_packet(p)
  n = n + 1
  t[n] = n
  return XT_CONTINUE
end
END
cat >fill.lua <<'END'
-- EACH entries more for each packet, and a look at some of those that are there
local t, n = shared.table("t"), 0
function process_packet(p)
  for i = n, n + EACH - 1 do t[i] = i end
  n = n + EACH
  for i = 0, n - 1, n // 100 do
    if t[i] ~= i then error("lost " .. i) end
  end
  return XT_CONTINUE
end
END
each=2000
[ ! -e /sys/kernel/debug/kmemleak ] || each=200 # a debug kernel takes longer for each
sed -i "s/EACH/$each/" fill.lua
cat >large.lua <<'END'
-- a value of 8 MB for each packet
local t, n = shared.table("t"), 0
local part, parts = bytes.new(65536), {}
part[65535] = 7
for i = 1, 128 do parts[i] = part end
function process_packet(p)
  n = n + 1
  t[n] = parts
  if t:slice(n, (8 << 20) - 2, 10):string() ~= "\0\7" then error("lost") end
  return XT_CONTINUE
end
END

# two CPUs
rule -A count.lua --percpu
flood 0 3000 &
first=$!
flood 1 3000
wait $first
total=$(column 0 3)
check_eq 'all packets were seen' "$total" 12000
check_eq 'without an error' "$(column 0 4) $(all_said | grep count.lua: || true)" '0 '
check_eq 'copies count together what each has seen, by add' "$(run 'say(t.sum)')" "$total"
check_eq 'and by cas' "$(run 'say(t.seen)')" "$total"

# names
rule -A holds.lua --state 1
rule -D count.lua --percpu
rule -A count.lua --percpu
ping_on 0 10
check_eq 'a table outlives the rule that made it, if another state names it' "$(run 'say(t.sum)')" $((total + 20))
check_eq 'another namespace has another' "$(run 'say(#t)' A)" 0
flush
check 'it goes with the last state that does' wait_for says '#t' 0
run 't.x = 5 shared.table("t", { keep = true })' >kept.out
check_eq 'unless it is kept' "$(run 'say(t.x)')" 5
run 'shared.table("t", { keep = false })' >kept.out
check_eq 'until that is over' "$(run 'say(t.x)')" nil

# expiry
rule -A holds.lua --state 1
rule -A short.lua
ping_on 0 50
check 'what has expired is not there' wait_for says 't[1]' nil
check 'and is taken out without anybody asking' wait_for says '#t' 0
check_eq 'there was something' "$(column 0 3)" 100
flush

# growth, and what comes back
readonly slack=4096
rule -A fill.lua
ping_on 0 1
flush
before=$(unreclaimable)
n=$((each * 200)) # ping's packets and the answers
rule -A fill.lua
ping_on 0 100
check_eq "$n entries" "$(run 'say(#t)')" $n
check_eq 'are found, while there are more and more' "$(column 0 4)" 0
check_eq 'each once, when one goes through' \
	"$(run 'local n, sum = 0, 0 t:each(function(k, v) n, sum = n + 1, sum + v end) say(n .. " " .. sum)')" "$n $((n * (n - 1) / 2))"
filled=$(($(unreclaimable) - before))
check "they take memory ($filled KB)" [ $filled -gt $((each * 12)) ]
flush
back() { [ $(($(unreclaimable) - before)) -lt $slack ]; }
[ ! -e /sys/kernel/debug/kmemleak ] || back() { true; } # a debug kernel holds freed memory back; kmemleak looks there
check 'which comes back' wait_for back

# large values are in pages of their own, which are in no slab
before=$(unreclaimable) free_before=$(free_kb)
taken() { echo $((free_before - $(free_kb))); }
rule -A large.lua
ping_on 1 7
check_eq '112 MB in large values are written and read' "$(column 0 3) $(column 0 4) $(run 'say(#t)')" '14 0 14'
filled=$(taken)
check "they are there ($filled KB)" [ $filled -gt 100000 ]
flush
pages_back() { [ "$(taken)" -lt 8000 ]; }
# check_pages_back TEXT
check_pages_back() {
	wait_for pages_back || true
	check "$1 ($(taken) KB are taken)" pages_back
}
check_pages_back 'and freed'

# the limit
echo 20 >$shared_mb
rule -A large.lua
ping_on 0 2
check_eq 'more than shared_mb are refused' "$(column 0 4) $(run 'say(#t)')" '2 2'
rule -A fill.lua --state 1
ping_on 0 $((40000 / each))
check_match 'so are more small ones' "$(column 1 4)" '^[1-9]'
check 'and the log says why, with the line' klog_has "fill.lua:4: shared.table 't': all that is shared may take 20 MiB .shared_mb., and does"
flush
check_eq 'what was there is gone' "$(cat $shared_mb; run 'say(#t)')" $'20\n0'
echo 256 >$shared_mb

# rules, namespaces and modules go while packets come
pings=()
for cpu in 0 1; do
	ip netns exec A taskset -c $cpu timeout 1000 ping -f -q 10.0.0.2 >/dev/null 2>&1 &
	pings+=($!)
done
for i in {1..5}; do
	echo "# rules come and go, $i"
	rule -A count.lua --percpu
	rule -A short.lua --state 2
	rule -A fill.lua --state 3
	run 'local n = 0 t:each(function(k) n = n + 1 t[k] = nil return n < 1000 end)' >run.out
	inR iptables-legacy -t mangle -F
done
rule -A count.lua --percpu
rule -A short.lua --state 2
check 'packets pass them' wait_for eval '[ "$(column 0 3)" -ge 100 ]'
check_eq 'without an error' "$(column 0 4) $(column 2 4)" '0 0'
ip netns del R # with packets on their way, and rules
kill "${pings[@]}"
wait "${pings[@]}" || true
check 'a namespace goes with its tables' wait_for eval '! grep -q R < <(ip netns list)'
check 'the modules go' wait_for unload
check 'and all of the memory' wait_for back
check_pages_back 'that of large values, too'
