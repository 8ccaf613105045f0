#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# timeout: 600
# packetscript reload: a new generation takes the place of the one before between two packets, or all stays as it was.
# reloads=1000 on the kernel's command line (run.sh --append) does that often under load; without it 12 times.
. /tests/lib.sh

type -P packetscript >/dev/null || skip 'the command is not installed'
topology
modprobe xt_LUA
limits=/sys/module/packetscript/parameters
reload() { inR packetscript reload "$@"; }
rule() { inR $iptables -t mangle "$1" FORWARD -i rA -p icmp -j LUA --on-error continue $options --script "${@:2}"; }
proc() { inR cat /proc/net/packetscript; }
column() { proc | awk '$1 == '"${2:-0}"' { print $'"$1"' }'; }
line() { proc | sed -n "s/^  $1: //p"; }
no_state() { [ -z "$(proc | sed 1d)" ]; }
flush() {
	inR $iptables -t mangle -F
	wait_for no_state
}
pings() { inA ping -q -c "$1" -i "${2:-0.01}" -W 5 10.0.0.2 >/dev/null; }
told() { klog_since | sed -n "s/.*\.lua:[0-9]*: $1\t//p" | paste -sd ' '; }
line_is() { [[ $(line "$1") =~ $2 ]]; }
done_when() { wait_for line_is "$1" "$2" || fail "it comes to $2" "$1: $(line "$1")"; }
# said STATUS COMMAND…: what the command prints, if it exits with that
said() {
	local out status=0
	out=$("${@:2}" 2>&1) || status=$?
	[ $status = "$1" ] && echo "$out" || echo "status $status: $out"
}
# text TOS [MORE]: the script writes it
text() { printf 'function process_packet(p) p.ip.tos = %s return XT_CONTINUE end\n%s\n' "$1" "${2:-}" >mark.lua; }

# B counts what comes with each mark, and what comes with none
for tos in 4 8 0; do
	inB iptables-legacy -t mangle -A PREROUTING -p icmp --icmp-type echo-request -m tos --tos $tos/0xff
done
inB iptables-legacy -t mangle -A PREROUTING -p icmp --icmp-type echo-request
# marked: packets since the last time with 4, with 8, with none, all
: >counted
marked() {
	inB iptables-legacy -t mangle -L PREROUTING -vnx | awk '/icmp/ { print $1 }' >counts
	paste counts counted | awk '{ printf "%s%d", sep, $1 - $2; sep = " " }'
	mv counts counted
}
marked >/dev/null

for iptables in iptables-legacy iptables-nft; do
	for options in '' --percpu; do
		about="$iptables $options"
		dmesg -C
		text 4
		rule -A mark.lua
		text 8
		pings 5
		check_eq "a file that has changed is not used yet, $about" "$(marked)" '5 0 0 5'
		check_eq "it is, once it is reloaded, $about" "$(said 0 reload)" ''
		pings 5
		check_eq 'by all packets' "$(marked)" '0 5 0 5'
		check_eq 'counts go on' "$(column 3) $(column 4)" '10 0'
		check_eq 'there is one text, and its generation is told' "$(line generation) $(proc | grep -c sha256)" '2 1'
		check_match 'it is the new one' "$(proc)" "sha256 $(sha256sum mark.lua | cut -c 1-8)"
		check 'the rule is found' rule -C mark.lua
		text 4
		inR $iptables -t mangle -A FORWARD -p tcp
		pings 2
		check_eq 'an unrelated rule, and the text stays' "$(marked)" '0 2 0 2'
		rule -A mark.lua
		check_eq 'a rule that comes later has the newest text, and there are two' "$(proc | grep -c sha256)" 2
		check_eq 'with a reload there is one' "$(said 0 reload) $(proc | grep -c sha256)" ' 1'
		rule -D mark.lua
		pings 2
		check_eq 'and the rule that stays has it' "$(marked)" '2 0 0 2'

		# what cannot be loaded
		printf 'x =\n= 1' >mark.lua
		check_match "a text that does not compile, $about" "$(said 1 reload)" \
			"^packetscript: $PWD/mark.lua: not loaded: $PWD/mark.lua:2: unexpected symbol"
		printf '\n\nerror("on purpose")' >mark.lua
		check_match 'one that fails' "$(said 1 reload)" "mark.lua:3: on purpose$"
		echo 'function other(p) end' >mark.lua
		check_match 'one without the function of the rule' "$(said 1 reload)" "$PWD/mark.lua: no function 'process_packet'"
		text 8 "function on_reload(old)
			local n = old.process_packet
		end"
		check_match 'one whose on_reload fails' "$(said 1 reload)" \
			"mark.lua: on_reload: .*mark.lua:3: the global 'process_packet' of before: only strings"
		rm mark.lua
		check_match 'a file that is gone' "$(said 2 reload)" "$PWD/mark.lua: cannot be read: error 2"
		mkfifo mark.lua
		check_match 'a pipe in its place is not waited for' "$(said 2 reload)" "$PWD/mark.lua: cannot be read: error 22 \(it is empty, or no regular file\)"
		check_match 'nor is it for a rule' "$(timeout 20 ip netns exec R iptables -t mangle -A FORWARD -p tcp -j LUA --script mark.lua --state 9 2>&1 || true)" \
			'mark.lua.* is not a regular file'
		rm mark.lua
		text 8
		head -c 262144 /dev/zero | tr '\0' '\n' >>mark.lua
		check_match 'one that is too large' "$(said 2 reload)" "$PWD/mark.lua: cannot be read: error 27 \(a script may have 256 KiB\)"
		rm mark.lua
		check_eq 'the log has none of that' "$(klog_since | grep 'packetscript: ' | grep -v 'has changed and is loaded anew' || true)" ''
		pings 3
		check_eq 'all is as it was' "$(marked)" '3 0 0 3'
		check_eq 'its generation, too' "$(line generation)" 3
		flush
	done
done
iptables=iptables-legacy options=

# --- who may, and where ---
dmesg -C
text 4
rule -A mark.lua --state 7
check_match 'a state that is not there' "$(said 2 reload)" 'packetscript: there is no state 0: no rule of this network namespace names it'
check_eq 'one that is' "$(said 0 reload --state 7)" ''
check_match 'another namespace has none' "$(said 2 inA packetscript reload --state 7)" 'there is no state 7'
check_eq 'the namespace by its name' "$(said 0 packetscript reload --netns R --state 7)" ''
check_match 'and by its file, as JSON' "$(said 0 packetscript reload -n /run/netns/R --state 7 --json | tee reloaded.json)" '^\{"state":7,.*"generation":[1-9]'
schema reload reloaded.json
check_match 'a namespace that is not there' "$(said 2 packetscript reload -n nowhere)" 'network namespace nowhere: .*No such file'
check_eq 'three times' "$(line generation)" 4
if unshare -U -r true 2>/dev/null; then
	check_match 'who is root in a user namespace only may not' "$(said 2 inR unshare -U -r packetscript reload --state 7)" 'not permitted'
	check_eq 'and changes nothing' "$(line generation)" 4
fi
flush

# --- what goes over ---
cat >carry.lua <<'END'
count, peers = 0, {}
local version = VERSION
function process_packet(p)
  count = count + 1
  peers[tostring(p.ip.saddr)] = true
  return XT_CONTINUE
end
function on_reload(old)
  if not IS_INTERRUPT then return end
  count, peers = old.count, old.peers
end
function on_close()
  local n = 0
  for _ in pairs(peers) do n = n + 1 end
  if IS_INTERRUPT then print("closed", version, count, n) end
end
END
version() { sed "s/VERSION/$1/" carry.lua >now.lua; }
for options in '' --percpu; do
	dmesg -C
	version 1
	rule -A now.lua
	inA taskset -c 0 ping -q -c 6 -i 0.01 10.0.0.2 >/dev/null
	version 2
	reload
	check_match "the script of before is closed, $options" "$(told closed)" $'1\t6\t1'
	inA taskset -c 0 ping -q -c 4 -i 0.01 10.0.0.2 >/dev/null
	dmesg -C
	flush
	check_match 'what it had counted went on in the next' "$(told closed)" $'2\t10\t1'
done

# a CPU that is offline leaves its copy, whose place another takes
cpu1=/sys/devices/system/cpu/cpu1/online
if [ -e $cpu1 ]; then
	dmesg -C
	version 1
	rule -A now.lua
	inA taskset -c 1 ping -q -c 6 -i 0.01 10.0.0.2 >/dev/null
	echo 0 >$cpu1
	version 2
	reload
	check_match 'the copy of a CPU that is offline is closed, too' "$(told closed)" $'1\t6\t1'
	check_eq 'there is one for it' "$(column 7)" 2
	echo 1 >$cpu1
	inA taskset -c 1 ping -q -c 4 -i 0.01 10.0.0.2 >/dev/null
	dmesg -C
	flush
	check_match 'what it had counted goes on when the CPU comes back' "$(told closed)" $'2\t10\t1'
fi
options=

# --- what is pending ---
late=8000
[ ! -e /sys/kernel/debug/kmemleak ] || late=40000 # in a debug kernel four loads take many seconds
cat >late.lua <<'END'
local timer_at, work_at = LATE, LATE
asked = 0
function work(skb, id) print("work", VERSION, id) end
function process_packet(p)
  if asked == 0 then
    nf.timer(timer_at, function() print("timer", VERSION) end)
    nf.schedule(nil, "work", 5, work_at)
  end
  asked = asked + 1
  return XT_CONTINUE
end
-- of the Lua state for packets; once it is live
if IS_INTERRUPT then
  nf.timer(0, function() print("load timer", VERSION) end)
  nf.schedule(nil, "work", VERSION * 100, 0)
end
MORE
END
version() { sed "s/VERSION/$1/g; s/LATE/$late/g; s/MORE/${2:-}/" late.lua >now.lua; }
dmesg -C
version 1
rule -A now.lua
done_when 'deferred work' '^0 pending, 1 done'
done_when timers '^0 pending, 1 run'
pings 1
check_eq 'both are pending' "$(line 'deferred work' | cut -d ' ' -f 1-2) $(line timers | cut -d ' ' -f 1-2)" '1 pending, 1 pending,'
version 2 'error("on purpose")'
check_match 'a reload that fails' "$(said 1 reload)" 'on purpose'
check_eq 'asks for nothing, and leaves what is pending' \
	"$(line 'deferred work' | cut -d ' ' -f 1-4) $(line timers | cut -d ' ' -f 1-4)" '1 pending, 1 done, 1 pending, 1 run,'
version 2
reload
done_when 'deferred work' '^0 pending, 3 done, 0 failed'
done_when timers '^0 pending, 2 run, 0 failed'
sleep 0.5
check_eq 'work goes over: the function of the new script does it' "$(told work | tr '\t' :)" '1:100 2:200 2:5'
check_eq 'timers of before do not' "$(told timer)" ''
check_eq 'those made at load begin with the generation' "$(told 'load timer')" '1 2'
dmesg -C
flush
version 1
sed -i 's/8000/600000/g' now.lua
rule -A now.lua
pings 1
done_when 'deferred work' '^1 pending'
done_when timers '^1 pending'
cat >now.lua <<'END'
function process_packet(p)
  print("asked", select(-1, pcall(nf["sched" .. "ule"], nil, "work", 0, 0)))
  return XT_CONTINUE
end
END
check_eq 'a script that knows no deferred work' "$(said 0 reload)" ''
check_eq 'ends what is pending' "$(line 'deferred work')" ''
check_match 'and timers' "$(line timers)" '^0 pending'
pings 1
check_match 'what it asks for all the same cannot be done' "$(told asked)" 'this state has no Lua state for deferred work'
flush

# --- queues: a value that is sent is taken once, by the scripts of before or by those that come ---
cat >queue.lua <<'END'
local q, t = shared.queue("values", 1000), shared.table("counts")
function process_packet(p)
  t:add("sent", 1)
  q:send(1)
  return XT_CONTINUE
end
local function take(n) t:add(IS_INTERRUPT and "taken VERSION" or "worked VERSION", n) end
WHERE q:on(take) end
function on_close() if IS_INTERRUPT then print("queue", t.sent, t["taken 1"], t["taken 2"], t["worked 1"], t["worked 2"]) end end
END
for where in 'if IS_INTERRUPT then' 'if not IS_INTERRUPT then' 'do'; do
	sed "s/WHERE/$where/; s/VERSION/1/g" queue.lua >now.lua
	rule -A now.lua
	sed -i 's/taken 1" or "worked 1/taken 2" or "worked 2/' now.lua
	dmesg -C
	inA ping -q -c 300 -i 0.01 10.0.0.2 >/dev/null & a=$!
	sleep 1
	check_eq "reloaded while values come, $where" "$(said 0 reload)" ''
	wait $a
	all_taken() { line_is queues '^300 values, 0 failed'; }
	check 'all are taken once' wait_for all_taken
	flush
	read -r sent taken1 taken2 worked1 worked2 <<<"$(told queue | tail -n 1 | awk '{ print $(NF - 4), $(NF - 3), $(NF - 2), $(NF - 1), $NF }')"
	check_eq 'and counted' "$((${taken1/nil/0} + ${taken2/nil/0} + ${worked1/nil/0} + ${worked2/nil/0}))" 300
	check 'by both' [ "$((${taken1/nil/0} + ${worked1/nil/0}))" -gt 0 -a "$((${taken2/nil/0} + ${worked2/nil/0}))" -gt 0 ]
done

# --- under load ---
reloads=$(option reloads 12)
memory() {
	printf '%s KB slabs, %s KB vmalloc, %s state\n' "$(unreclaimable)" "$(awk '/^VmallocUsed/ { print $2 }' /proc/meminfo)" "$(column 5)"
}
flood() {
	local cpu
	for cpu in 0 $(($(nproc) - 1)); do
		ip netns exec A taskset -c $cpu timeout $((300 + 3 * reloads)) ping -f -q -s $((56 + cpu)) 10.0.0.2 >flood$cpu 2>&1 &
		floods+=($!)
	done
}
# no_flood: they print what they have sent
no_flood() {
	kill -INT "${floods[@]}"
	wait "${floods[@]}" || true
	floods=()
}
sent() { awk '/transmitted/ { n += $1 } END { print n }' flood*; }
# lost: what the devices and the kernel's queues have dropped, all over
lost() {
	local ns
	for ns in A R B; do at $ns awk -F '[: ]+' 'NR > 2 { n += $6 + $14 } END { print n + 0 }' /proc/net/dev; done |
		awk '{ n += $1 } END { print n }'
	while read -r _ dropped _; do echo $((16#$dropped)); done </proc/net/softnet_stat
}
floods=()
for options in '' --percpu; do
	dmesg -C
	text 4 "local kept = {} for i = 1, 500 do kept[i] = 'text ' .. i end
		n = 0
		function on_reload(old) n = old.n + 1 end"
	cp mark.lua four.lua
	sed 's/tos = 4/tos = 8/' four.lua >eight.lua
	rule -A mark.lua
	for i in 1 2 3 4 5; do reload; done
	before=$(memory) drops=$(lost | paste -sd ' ')
	marked >/dev/null
	flood
	rm -f said
	failed=0 expected=0 started=${EPOCHREALTIME/.}
	for ((i = 1; i <= reloads; i++)); do
		[ $((i % 20)) != 0 ] || echo "# $i" # what says nothing for long is ended
		case $((i % 4)) in
		0) echo 'n = = 1' >mark.lua; expected=$((expected + 1)) ;;
		1 | 3) cp eight.lua mark.lua ;;
		2) cp four.lua mark.lua ;;
		esac
		reload 2>>said || failed=$((failed + 1))
	done
	took=$(((${EPOCHREALTIME/.} - started) / 1000))
	no_flood
	sleep 0.2
	read -r four eight none all <<<"$(marked)"
	echo "# $options $reloads reloads in $took ms, $(sent) packets sent, $four and $eight marked; before: $before"
	check_eq "$reloads reloads under load, broken files in between, $options" "$failed" "$expected"
	check_eq 'with the reason' "$(sort said | uniq -c | sed 's/^ *//')" \
		"$expected packetscript: $PWD/mark.lua: not loaded: $PWD/mark.lua:1: unexpected symbol near '='"
	check_eq 'no packet was unhandled' "$none" 0
	check 'both texts had packets' [ "$four" -gt 0 -a "$eight" -gt 0 ]
	check_eq 'what was dropped is counted' "$(lost | paste -sd ' ')" "$drops"
	check_eq 'and none was lost' "$all" "$(sent)"
	check_eq 'the log is clean' "$(klog_since | grep 'packetscript: ' || true)" ''
	after=$(memory)
	echo "# after: $after"
	read -r slabs_before _ _ vmalloc_before _ _ state_before _ <<<"$before"
	read -r slabs _ _ vmalloc _ _ state _ <<<"$after"
	check "slabs have not grown ($slabs_before, $slabs KB)" [ $((slabs - slabs_before)) -lt 1500 ]
	check "nor has other memory ($vmalloc_before, $vmalloc KB)" [ $((vmalloc - vmalloc_before)) -lt 1024 ]
	check "nor has the state ($state_before, $state bytes)" [ $((state - state_before)) -lt 4096 -a $((state_before - state)) -lt 4096 ]

	# at once
	cp four.lua mark.lua
	flood
	for _ in {1..8}; do
		reload & a=$!
		packetscript reload -n R & b=$!
		wait $a || fail 'the first of two at once'
		wait $b || fail 'the second of two at once'
	done
	no_flood
	sleep 0.2
	read -r four eight none all <<<"$(marked)"
	check_eq "two at once, $options: no packet was unhandled" "$none $all" "0 $(sent)"
	flush
done
options=

# rules come and go meanwhile
cp four.lua mark.lua
rule -A mark.lua
for _ in {1..30}; do
	rule -A four.lua
	rule -D four.lua
done & a=$!
while kill -0 $a 2>/dev/null; do reload || fail 'a reload while rules come and go'; done
wait $a || fail 'rules come and go while it is reloaded'
check_eq 'rules came and went' "$(column 2)" 1
flush

# --- the text that was read last stays: of two who read the file, the first takes long to compile it, and it changes meanwhile ---
text 4 "$(awk 'BEGIN { for (i = 0; i < 42000; i++) print "x = y" }')"
cp mark.lua slow.lua
text 8
cp mark.lua eight.lua
renewed=0
add_rule() { rule -A mark.lua; }
# renew TEXT: the script is that, and no text that the state has
renew() {
	{ cat "$1"; echo "-- $((++renewed))"; } >next.lua
	mv next.lua mark.lua
}
renew eight.lua
rule -A mark.lua
for first in reload add_rule; do
	[ $first = reload ] && second=add_rule percents='20 40 60' || second=reload percents='55 65 75 85' # that first reads the text itself
	renew slow.lua
	started=${EPOCHREALTIME/.}
	$first
	took=$(((${EPOCHREALTIME/.} - started) / 1000))
	[ $first = reload ] || rule -D mark.lua
	for percent in $percents; do
		renew slow.lua
		$first & a=$!
		sleep $(awk "BEGIN { print $took * $percent / 100000 }")
		renew eight.lua
		$second
		wait $a
		pings 2
		check_eq "the text of later stays, after $percent of $took ms of $first" "$(marked)" '0 2 0 2'
		rule -D mark.lua
		reload
	done
done
flush

# --- what goes away meanwhile ---
rule -A mark.lua
(while reload 2>/dev/null; do :; done) & a=$!
sleep 0.3
ip netns del R
rm -f /run/netns/R
wait $a || true
pass 'a namespace goes while it is reloaded'
mkdir -p /run/netns
ip netns add R
rule_in_r() { inR iptables-legacy -t mangle -A INPUT -j LUA --script mark.lua; }
rule_in_r
(for _ in {1..20}; do packetscript reload -n R >/dev/null 2>&1; done) & a=$!
sleep 0.2
inR iptables-legacy -t mangle -F
wait_for rmmod xt_LUA
wait_for rmmod packetscript
wait $a || true
check_match 'the module goes while it is reloaded' "$(said 2 packetscript reload -n R)" 'the kernel module packetscript is not loaded'
