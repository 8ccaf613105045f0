#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Shared tables, seen and filled from userspace: what scripts count is told, what is set they see, while packets pass, scripts are reloaded and
# rules go.
. /tests/lib.sh

topology
modprobe xt_LUA
shared() { inR packetscript shared "$@"; }
refused() { shared "$@" 2>&1 || true; }
one() { inA ping -q -c 1 -W "${1:-60}" 192.168.0.1 >/dev/null; }
lines() { shared "$@" | sort | paste -sd ' '; }
cat >count.lua <<'END'
-- counts pings, and lets through what "open" says; when it is loaded, it leaves a value of each kind
local t = shared.table("t")
t.text, t[7], t.yes, t.no, t.bytes, t["a\0b"] = "a \"text\"\n", -5, true, false, bytes.new_from_string("ab"), "nul"
t:set("brief", 1, 500)
function process_packet(p)
  t:add("packets", 1)
  return t.open and XT_CONTINUE or NF_DROP
end
END

# --- before a script has named it ---
check_match 'one that is not there' "$(refused t)" "^packetscript: table 't': there is none in this network namespace$"
check_match 'nor can be read' "$(refused t get x)" "^packetscript: table 't': there is none in this network namespace$"
check_eq 'none is there' "$(shared)" ''
shared early set x 1
check_eq 'set makes one, and it stays' "$(shared early) $(shared)" '"x",1 early: 1 entries, named by 0 Lua states, kept'
shared early destroy
check_eq 'until it is destroyed' "$(shared)" ''

# --- what scripts have put there ---
inR iptables-legacy -t mangle -A PREROUTING -i rA -p icmp -j LUA --script count.lua --percpu
check_fails 'no packet passes' one 0.2
shared t set open true
check 'until the command says so' one
check_eq 'what the script counts' "$(shared t get packets)" 2
shared t set packets -- -1
one
check_eq 'goes on from what is set' "$(shared t get packets) $(shared t get '"packets"' --json)" '0 {"key":"packets","value":0}'
check_eq 'integers, booleans, strings, bytes' "$(shared t get 7) $(shared t get yes) $(shared t get no) $(shared t get bytes)" '-5 true false 616200'
wait_for eval '! shared t get brief 2>/dev/null'
check_match 'what has expired is not there' "$(refused t get brief)" "^packetscript: table 't': the key brief has no value$"
check_eq 'all of it' "$(lines t)" '"a\x00b","nul" "bytes",616200 "no",false "open",true "packets",0 "text","a ""text""\x0a" "yes",true 7,-5'
shared t --json >t.json
check_eq 'as JSON' "$(grep -o '{"key":[^}]*}*' t.json | sort | paste -sd ' ')" \
	'{"key":"a\u0000b","value":"nul"} {"key":"bytes","value":{"bytes":"616200"}} {"key":"no","value":false} {"key":"open","value":true} {"key":"packets","value":0} {"key":"text","value":"a \"text\"\n"} {"key":"yes","value":true} {"key":7,"value":-5}'
check_match 'it is told' "$(shared)" '^t: [89] entries, named by 2 Lua states, kept$'
schema shared t.json
schema shared <(shared --json; shared t get 7 --json)
check_eq 'others have nothing of it' "$(inB packetscript shared)" ''
shared t delete open nothing 7
check_fails 'what is deleted is gone' one 0.2
check_match 'for good' "$(refused t get 7)" 'the key 7 has no value'
check_match 'who names it keeps it' "$(refused t destroy)" "^packetscript: table 't': scripts name it"

# --- files ---
shared t load t.json
check_eq 'what was told can be loaded: nothing is missing' "$(shared t --json | grep -o '{"key":[^}]*}*' | sort)" "$(grep -o '{"key":[^}]*}*' t.json | sort)"
check 'and a packet passes again' one
printf 'key,value,ttl\n# none\n-3,"12"\n"a,b" , true,100000\r\n"q""q",x y\n' | shared files load -
check_eq 'lines' "$(lines files | sed 's/,[0-9]*$//; s/true,[0-9]*/true,TTL/')" '"a,b",true,TTL "q""q","x y" -3,"12"'
check 'a time to live is what is left' [ "$(shared files get a,b --json | sed 's/.*"ttl":\([0-9]*\)}/\1/')" -gt 10000 ]
echo '{"k": 1, "12": {"string": "ff00"}, "w": {"bytes": ""}}' | shared files load - --ttl 0
check_eq 'an object' "$(shared files get k) $(shared files get '"12"' --json) [$(shared files get w)]" '1 {"key":"12","value":{"string":"ff00"}} []'
printf 'z,1\nq,\n' >wrong.csv
check_match 'a line that is wrong is told' "$(refused files load wrong.csv)" '^packetscript: wrong.csv:2: there is nothing'
check_match 'and nothing is set' "$(refused files get z)" 'has no value'
head -c 16384 /dev/zero | tr '\0' v >value
shared files set large "$(<value)"
check_eq 'a value as large as may be' "$(shared files get large | md5sum)" "$( (cat value; echo) | md5sum)"
check_match 'and no larger' "$(refused files set large "$(<value)v")" 'a value 16384'
cat >large.lua <<'END'
local parts = {}
for i = 1, 20 do parts[i] = ("w"):rep(1000) end
shared.table("files").large = parts
shared.table("full", { size = 2, ttl = 70000 })
function process_packet(p) return XT_CONTINUE end
END
inR iptables-legacy -t mangle -A OUTPUT -p udp -j LUA --script large.lua --state 1
check_match 'of one that a script has made larger, what there is room for' "$(shared files --json)" '"value":\{"bytes":"(77){16384}"\},"length":20000\}'
check_eq 'the size is what the script says' "$(refused full load - <<<$'1,1\n2,2\n3,3')" "packetscript: table 'full' is full: it has 2 entries, its size"
check_match 'and so is the time to live' "$(shared | grep ^full) $(shared full get 2 --json)" '^full: 2 of 2 entries, each for 70000 ms, named by 1 Lua states, kept .*"ttl":[67][0-9]{4}\}$'
shared full set 2 3 --ttl 0
check_eq 'unless it is said' "$(shared full get 2 --json)" '{"key":2,"value":3}'
inR iptables-legacy -t mangle -D OUTPUT -p udp -j LUA --script large.lua --state 1
check_eq 'what was set stays without a script' "$(shared full get 2)" 3
shared full destroy
shared files destroy

# --- who may ---
check_match 'who may not is told' "$(inR unshare -U packetscript shared t set x 1 2>&1 || true)" '^packetscript: not permitted: shared tables need CAP_NET_ADMIN$'
check_match 'nor may he look' "$(inR unshare -U packetscript shared t 2>&1 || true)" 'not permitted'
check_match 'in a user namespace nobody makes tables' "$(unshare -Urn packetscript shared t set x 1 2>&1 || true)" "^packetscript: table 't': no script names it in this network namespace"

# --- requests that are wrong ---
readonly cmd=11 cmd_tables=12
request() { echo "$cmd - $(nested 13 "$1")"; }
readonly t=7400 one=0100000000000000
entry() { attr 1 $t; attr 2 "$1"; nested 3 "$2"; }
texts=('no table') expected=(22) requests=("$cmd - ")
wrong() { texts+=("$1") expected+=("$2") requests+=("$(request "$3")"); }
wrong 'no name' 22 "$(attr 2 01)"
wrong 'an empty name' 22 "$(attr 1 00)$(attr 2 01)"
wrong 'a name without an end' 22 "$(attr 1 74)$(attr 2 01)"
wrong 'a name that is too long' 22 "$(attr 1 "$(printf '61%.0s' {1..64})00")$(attr 2 01)"
wrong 'nothing to do' 22 "$(attr 1 $t)"
wrong 'something that is not there' 34 "$(attr 1 $t)$(attr 2 05)"
wrong 'an entry without a key' 22 "$(entry 01 "$(attr 3 $one)")"
wrong 'with two' 22 "$(entry 01 "$(attr 1 $one)$(attr 2 61)$(attr 3 $one)")"
wrong 'without a value' 22 "$(entry 01 "$(attr 1 $one)")"
wrong 'with two of them' 22 "$(entry 01 "$(attr 1 $one)$(attr 3 $one)$(attr 4 01)")"
wrong 'a boolean that is none' 34 "$(entry 01 "$(attr 1 $one)$(attr 4 02)")"
wrong 'an integer that is too short' 22 "$(entry 01 "$(attr 1 $one)$(attr 3 01000000)")"
wrong 'a key that is too long' 34 "$(entry 01 "$(attr 2 "$(printf '61%.0s' {1..256})")$(attr 3 $one)")"
wrong 'a value that is too long' 34 "$(entry 01 "$(attr 1 $one)$(attr 5 "$(printf '61%.0s' {1..16385})")")"
wrong 'a time that is too long' 34 "$(entry 01 "$(attr 1 $one)$(attr 3 $one)$(attr 8 ffffffffffffff7f)")"
wrong 'what only the kernel says' 22 "$(entry 01 "$(attr 1 $one)$(attr 3 $one)$(attr 7 01000000)")"
wrong 'what nobody knows' 22 "$(entry 01 "$(attr 1 $one)$(attr 3 $one)$(attr 99 01000000)")"
wrong 'to look for no key' 22 "$(entry 03 '')"
wrong 'to look for nothing' 0 "$(attr 1 $t)$(attr 2 03)"
wrong 'to set nothing' 0 "$(attr 1 $t)$(attr 2 01)"
mapfile -t answers < <(printf '%s\n' "${requests[@]}" | inR genlask packetscript)
for i in "${!texts[@]}"; do check_eq "${texts[i]}" "${answers[i]}" "${expected[i]}"; done
check_eq 'have changed nothing' "$(shared t | wc -l)" 8
check_eq 'a dump of a table without a name, of none, of all' "$( { echo "$cmd_tables 768 $(nested 13 "$(attr 2 01)")"; echo "$cmd_tables 768 $(nested 13 "$(attr 1 6100)")"
	echo "$cmd_tables 768 "; } | inR genlask packetscript | paste -sd ' ')" '22 2 0'

# --- many, under change ---
awk 'BEGIN { for (i = 0; i < 3000; i++) print "k" i "," i }' >many.csv
shared many load many.csv
floods=()
for cpu in 0 1; do
	ip netns exec A taskset -c $cpu timeout 1000 ping -f -q 192.168.0.1 >/dev/null 2>&1 &
	floods+=($!)
done
(while [ ! -e stop ]; do shared many load <(awk 'BEGIN { for (i = 0; i < 500; i++) print "x" int(rand() * 100000) "," i ",50" }') || true; done) 2>/dev/null &
writer=$!
for i in 1 2; do
	shared many | grep '^"k' >told
	check_eq 'all of what is there is told, once' "$(wc -l <told) $(sort -u told | wc -l)" '3000 3000'
	inR packetscript reload
done
touch stop
wait $writer || true
check 'the script has counted meanwhile' [ "$(shared t get packets)" -gt 10 ]
shared t set open false
dropped() { inR packetscript list --json | sed -n 's/.*"NF_DROP":\([0-9]*\).*/\1/p'; }
before=$(dropped)
check 'and sees what is set' wait_for eval '[ "$(dropped)" -gt $((before + 10)) ]'
kill "${floods[@]}"
wait "${floods[@]}" || true
echo 1 >/sys/module/packetscript/parameters/shared_mb
for i in {1..100}; do printf '%s,"%15000s"\n' $i end; done >large.csv
check_match 'more than shared_mb is refused' "$(refused t load large.csv)" "^packetscript: table 't': all that is shared may take 1 MiB \(shared_mb\), and does$"
echo 256 >/sys/module/packetscript/parameters/shared_mb

# --- the end ---
inR iptables-legacy -t mangle -F
check_eq 'a table that was filled stays without rules' "$(shared | sort | sed 's/: .*kept/ kept/' | paste -sd ' ')" 'many kept t kept'
shared many | { sleep 1; cat; } >rest &
reader=$!
shared t destroy
ip netns add D
at D packetscript shared gone set x 1
ip netns del D
wait $reader
check 'the modules go, with what is there' wait_for unload
