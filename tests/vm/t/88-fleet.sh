#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Three machines and their store: a script and 100,000 prefixes reach all of them while packets pass; one that was off catches up; a bad script
# reaches none; without the store packets go on; what somebody else changes is mended.
# On the kernel's command line: entries=N, how many prefixes (100000); keys=N, how many keys a table has besides (none); away=N, for how many seconds the store is
# away (2).
# timeout: 900
. /tests/lib.sh

# The store has an address in each machine's network, and a machine is a network namespace: mN 10.0.N.2 (eth0) -- (sN) 10.0.N.1 here
# The server, which is single-threaded, is this namespace's; so are the pings.
ip link set lo up
for n in 1 2 3; do
	ip netns add "m$n"
	ip link add "s$n" type veth peer name eth0 netns "m$n"
	ip addr add "10.0.$n.1/24" dev "s$n"
	ip link set "s$n" up
	ip -n "m$n" addr add "10.0.$n.2/24" dev eth0
	ip -n "m$n" link set eth0 up
	ip -n "m$n" link set lo up
done
entries=$(option entries 100000)
keys=$(option keys 0)
away=$(option away 2)
mkdir -p store d/sets d/shared
echo secret >password
cat >users.acl <<'END'
user default on nopass ~* &* +@all
user agent on >secret resetchannels &packetscript:changes %R~packetscript:* -@all +auth +ping +select +get +subscribe (%W~packetscript:machine:* +set)
END
# serve: the store, as $redis
serve() {
	redis-server --bind 0.0.0.0 --port 6379 --protected-mode no --save '' --appendonly yes --dir store --aclfile "$PWD/users.acl" >redis.log 2>&1 &
	redis=$!
	wait_for redis-cli ping
}
serve
export PACKETSCRIPT_REDIS=redis://127.0.0.1
fleet() { packetscript fleet "$@" 2>&1; }
# agent N: that of machine N, as ${agents[N]}
agents=()
agent() {
	# no function of ours: what is ended later is the agent itself, and no shell that waits for it
	nsenter --net="/run/netns/m$1" "$(type -P packetscript)" agent --redis "redis://agent@10.0.$1.1" --password-file password --machine "m$1" --state "/var/lib/m$1" --heartbeat 1 \
		--compare "${2:-3600}" 2>>"m$1.log" &
	agents[$1]=$!
}
# all_have N: the three have revision N, and are well
all_have() { [ "$({ fleet status || true; } | grep -c " ok  *revision $1 ")" = 3 ]; }
# the command fails, unless all are well
has() { { fleet status || true; } | grep "^m$1  *$2  *revision $3 " >/dev/null; }
inM() { at "m$1" "${@:2}"; }
# resident: KiB of memory that the agents have
resident() {
	local pid
	for pid in "${agents[@]}"; do grep ^VmRSS "/proc/$pid/status"; done | awk '{ n += $2 } END { print n }'
}
# answers N: whether a ping of machine N gets through
answers() { ping -q -c 1 -W 1 "10.0.$1.2"; }

# --- a revision reaches all ---
cat >d/guard.lua <<'LUA'
local good = set.named("good")
local seen = shared.table("known")
function guard(ip) return (good:has(ip:saddr()) or seen[tostring(ip:saddr())]) and XT_CONTINUE or NF_DROP end
LUA
cat >d/guard_test.lua <<'LUA'
test("one is one", function() equal(1, 1) end)
LUA
echo 'attach guard.lua --hook input --function guard' >d/hooks.conf
printf '10.0.0.0/16\n' >d/sets/good
printf '192.0.2.1,true,36000000\n192.0.2.2,true\n' >d/shared/known # ten hours
check 'a folder is pushed' fleet push d
agent 1
agent 2
agent 3
check 'three machines take it' wait_for all_have 1
check_match 'the script is at its hook' "$(inM 1 packetscript list)" "script /var/lib/m1/current/guard.lua"
check_eq 'the set has what was pushed' "$(inM 2 packetscript set good)" 10.0.0.0/16
check_match 'so has the table, and its times' "$(inM 3 packetscript shared known | sort)" $'"192.0.2.1",true,3[0-9]+\n"192.0.2.2",true'
for n in 1 2 3; do check "packets pass at machine $n" answers "$n"; done

# --- under traffic ---
for n in 1 2 3; do ping -i 0.02 -q "10.0.$n.2" >"ping$n" 2>&1 & pings[n]=$!; done
awk -v n="$entries" 'BEGIN { for (i = 1; i < n; i++) printf "%d.%d.%d.0/25\n", 20 + int(i / 65536), int(i / 256) % 256, i % 256; print "10.0.0.0/16" }' >d/sets/good
echo 1024 >/sys/module/packetscript/parameters/shared_mb # for three machines in one kernel
[ "$keys" = 0 ] || awk -v n="$keys" 'BEGIN { for (i = 0; i < n; i++) printf "key%d,%d\n", i, i }' >d/shared/many
cat >>d/guard.lua <<'LUA'
-- the second one
LUA
began=$(date +%s%N)
fleet push d >pushed
check "a set of $entries prefixes and a new script reach all" wait_for -t 800 all_have 2
took=$((($(date +%s%N) - began) / 1000000))
echo "# $(cat pushed): all three had it $took ms after it began, with its check"
sed -n 's/.*agent: revision 2: /# &/p' m?.log
check_eq 'all of it' "$(for n in 1 2 3; do inM $n packetscript set good | wc -l; done | paste -sd ' ')" "$entries $entries $entries"
[ "$keys" = 0 ] || check_eq 'and of the table' "$(for n in 1 2 3; do inM $n packetscript shared many | wc -l; done | paste -sd ' ')" "$keys $keys $keys"
check_eq 'the new script' "$(inM 1 packetscript list --json | grep -o '"generation": *[0-9]*' | head -n 1 | grep -o '[0-9]*$')" 2
# a machine may have all of it in less than two seconds
enough() { for n in 1 2 3; do [ "$(snmp "m$n" Icmp InEchos)" -gt 110 ] || return; done; }
check 'packets came meanwhile' wait_for enough
for n in 1 2 3; do kill -INT "${pings[n]}"; wait "${pings[n]}" || true; done
# the last one may have been on its way when the ping was ended
check_eq 'no packet was lost meanwhile' "$(awk '/packets transmitted/ { print ($1 > 100 && $1 - $4 <= 1 ? "ok" : $0) }' ping? | xargs)" 'ok ok ok'
sed -n 's/^.*packets transmitted.*/# &/p' ping?

# --- one that is off, and a bad one ---
kill "${agents[3]}"
wait "${agents[3]}" || true
echo '-- the third one' >>d/guard.lua
fleet push d >/dev/null
check 'two have another' wait_for eval 'has 1 ok 3 && has 2 ok 3'
check 'packets go on where no agent is' answers 3
agent 3
check 'the one that was off catches up' wait_for all_have 3
cp -r d bad
echo 'function guard(ip) return = end' >>bad/guard.lua
check_match 'a bad script is not pushed' "$(fleet push bad || true)" 'nothing was pushed, as it fails its check'
fleet push bad --force >/dev/null 2>&1
check 'and reaches none' wait_for eval 'has 1 error 3 && has 2 error 3 && has 3 error 3'
for n in 1 2 3; do check "packets pass at machine $n as before" answers "$n"; done
cp -r d worse
echo 'local big = {} for i = 1, 1e9 do big[i] = { i } end' >>worse/guard.lua
fleet push worse --force >/dev/null 2>&1
check 'nor does one that only fails when it is loaded' wait_for eval 'has 1 error 3 && has 2 error 3 && has 3 error 3 && [ "$(grep -c "revision 5: not taken" m?.log | cut -d : -f 2 | paste -sd +)" = 1+1+1 ]'
for n in 1 2 3; do check "packets pass at machine $n still" answers "$n"; done
check_eq 'the files are those that were good' "$(cmp d/guard.lua /var/lib/m1/current/guard.lua && echo same)" same
check 'back to what was good' fleet rollback 3
check 'all are well' wait_for all_have 6

# --- without the store ---
kill -9 "$redis"
wait "$redis" || true
check 'the store goes' wait_for eval 'grep -q "the store is away" m1.log && grep -q "the store is away" m2.log'
for n in 1 2 3; do check "packets go on at machine $n" answers "$n"; done
held=$(resident) sent=0 received=0
for ((left = away; left > 0; left -= 60)); do
	seconds=$((left < 60 ? left : 60))
	echo "# $left s more"
	for n in 1 2 3; do ping -i 0.5 -c $((2 * seconds)) -q "10.0.$n.2" >"ping$n" 2>&1 & pings[n]=$!; done
	for n in 1 2 3; do wait "${pings[n]}" || true; done
	read -r more answered < <(awk '/packets transmitted/ { s += $1; r += $4 } END { print s, r }' ping?)
	sent=$((sent + more)) received=$((received + answered))
done
check_eq "for $away s, all of them" "$sent $received" "$((6 * away)) $((6 * away))"
check "agents have not grown ($held, $(resident) KiB)" [ "$(resident)" -lt $((held + 1000)) ]
check_eq 'and have told it once each' "$(grep -c 'the store is away' m?.log | cut -d : -f 2 | paste -sd ' ')" '1 1 1'
kill "${agents[2]}"
wait "${agents[2]}" || true
inM 2 packetscript detach /var/lib/m2/current/guard.lua >/dev/null
inM 2 packetscript set good destroy
echo '-- spoilt' >>/var/lib/m2/current/guard_test.lua
agent 2
check 'a machine that starts without the store has the last good one, though a test is spoilt' wait_for eval 'inM 2 packetscript list | grep "hook ip INPUT"'
check_eq 'with its set' "$(inM 2 packetscript set good | wc -l)" "$entries"
check 'and its packets pass' answers 2
serve
check 'the store is back, and all are well' wait_for all_have 6

# --- drift ---
kill "${agents[1]}"
wait "${agents[1]}" || true
agent 1 1
inM 1 packetscript set good remove 10.0.0.0/16
check 'a set that somebody changes is mended' wait_for eval 'inM 1 packetscript set good | grep -x 10.0.0.0/16'
inM 1 packetscript shared known set 192.0.2.9 true
inM 1 packetscript shared known delete 192.0.2.2
# known N: the keys of the table
known() { inM "$1" packetscript shared known | tr -d '"' | cut -d , -f 1 | sort | paste -sd ' '; }
check 'a table, too' wait_for eval '[ "$(known 1)" = "192.0.2.1 192.0.2.2" ]'
inM 1 packetscript detach guard.lua >/dev/null 2>&1 || inM 1 packetscript detach /var/lib/m1/current/guard.lua >/dev/null
check 'a hook' wait_for eval 'inM 1 packetscript list | grep "hook ip INPUT"'
check_match 'and that is told' "$(fleet status || true)" '(^|'$'\n'')m1 .*drifted [0-9]+ times'
fleet status --json >status.json
schema fleet status.json

# --- an agent that is killed while it takes a revision ---
hooks() { inM "$1" packetscript list | grep -c '^ *hook '; }
before=$(hooks 3)
kill -9 "${agents[3]}"
wait "${agents[3]}" || true
cp -r /var/lib/m3/current /var/lib/m3/next
cp d/guard.lua /var/lib/m3/current/other.lua
touch /var/lib/m3/current/.trying
inM 3 packetscript attach /var/lib/m3/current/other.lua --hook forward --family inet --function guard
inM 3 packetscript attach /var/lib/m3/current/guard.lua --hook input --priority 5 --function guard
check_eq 'hooks of another revision are there' "$(hooks 3)" $((before + 3))
agent 3
check 'and go with it, when the agent is there again' wait_for eval '[ "$(hooks 3)" = "$before" ]'
check_eq 'of both families' "$(inM 3 packetscript list | grep FORWARD || true)" ''
check 'and all are well' wait_for all_have 6

# --- a device that goes ---
for n in 1 2 3; do ip -n "m$n" link add d0 type dummy; done
echo 'return {}' >d/extra.lua
printf '%s\n' 'require("extra")' 'function any() return XT_CONTINUE end' >>d/guard.lua
echo 'attach guard.lua --hook ingress --dev d0 --function any' >>d/hooks.conf
fleet push d >/dev/null
check 'a hook of a device' wait_for all_have 7
generations() { inM 1 packetscript list --json | grep -o '"generation": *[0-9]*' | paste -sd ' '; }
before=$(generations)
ip -n m1 link del d0
check 'its device goes, and that is told' wait_for has 1 drift 7
sleep 12
check_eq 'states go on as they are, and are not loaded anew' "$(generations)" "$before"
ip -n m1 link add d0 type dummy
check 'the hook comes back with the device' wait_for eval 'inM 1 packetscript list | grep d0'
check 'and all is well' wait_for all_have 7
cp /var/lib/m1/current/extra.lua extra.lua
kill -STOP "${agents[1]}" # else it may mend the file first
echo '-- another' >>/var/lib/m1/current/extra.lua
inM 1 packetscript reload
cat extra.lua >/var/lib/m1/current/extra.lua
kill -CONT "${agents[1]}"
check 'a module that is another one in the kernel is mended' wait_for grep 'mended: extra.lua: the kernel has another text of it' m1.log

# --- a network namespace that goes ---
ip netns add gone
echo 'attach guard.lua --hook input --netns gone --function any' >>d/hooks.conf
fleet push d >/dev/null
check 'a hook of another network namespace' wait_for all_have 8
ip netns del gone
sed -i '$d' d/hooks.conf
fleet push d >/dev/null
check 'whose line can go when it is gone' wait_for all_have 9

# --- less ---
rm -r d/sets d/shared
sed -i '/--dev/d' d/hooks.conf
printf 'function guard(ip) return XT_CONTINUE end\n' >d/guard.lua
fleet push d >/dev/null
check 'what a revision has no more' wait_for all_have 10
check_eq 'is gone' "$(inM 1 packetscript set; inM 1 packetscript shared)" ''
rm d/hooks.conf
fleet push d >/dev/null
check 'hooks as well' wait_for all_have 11
check_eq 'are gone' "$(inM 1 packetscript list | grep hook || true)" ''
for n in 1 2 3; do
	kill "${agents[n]}"
	wait "${agents[n]}" || fail "agent $n ends well" "$?"
done
