#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# 'packetscript log': what scripts print, and errors, come to who listens, all of it, in his namespace; what is lost is counted.
. /tests/lib.sh

topology
cat >fails.lua <<'LUA'
local function check(ttl)
  if ttl == 9 then error("on purpose") end
end
function process_packet(p)
  local ttl <const> = p.ip.ttl
  if ttl == 11 then for i = 1, 20 do print(i, "a\nb") end nf.log("err", "ä") end
  check(ttl)
  return XT_CONTINUE
end
LUA
listen() { exec ip netns exec "$1" packetscript log "${@:2}"; }
send() { inA ping -q -i 0.01 -c "$1" -t 9 -W 5 192.168.0.1 >/dev/null; }
failed() { inR packetscript stats --json --state 5 | grep -o '"errors":[0-9]*' | head -n 1 | cut -d : -f 2; }
# rests FILE: nothing has come for a while
rests() { local before; before=$(wc -l <"$1"); sleep 0.5; [ "$(wc -l <"$1")" = "$before" ]; }
is_long() { [ "$(wc -l <"$1")" -ge "$2" ]; }

check_match 'without the module there is nothing to listen to' "$(listen R 2>&1 || true)" 'the kernel module packetscript is not loaded'
inR iptables-legacy -t mangle -A PREROUTING -i rA -p icmp -j LUA --script fails.lua --on-error continue
inR iptables-legacy -t mangle -A PREROUTING -i rA -p icmp -j LUA --script fails.lua --on-error accept --state 5
(listen R -f --json) >lines & all=$!
(listen R --state 5) >five & one=$!
(listen A) >other & elsewhere=$!
where() { echo "\[?\\{\"file\":\"[^\"]*/fails.lua\",\"line\":$1,\"function\":$2,\"defined\":$3\\}"; }
listens() { send 1; [ -s lines ] && [ -s five ]; }
wait_for listens
check_match 'an error, with file and line' "$(head -n 1 five)" \
	'^20[0-9-]{8}T[0-9:]{8}\.[0-9]{3}Z error: state 5: [^ ]*/fails.lua:2: on purpose \(on error: accept\)$'
check_match 'and where it was' "$(sed -n 2,3p five)" $'^    [^ ]*/fails.lua:2: in check\n    [^ ]*/fails.lua:7: in the function of line 4$'
check_match 'in JSON' "$(grep -m 1 '"state":0' lines)" \
	'^\{"time":"20[0-9T:.-]*Z","state":0,"kind":"error","level":"warning","text":"state 0: [^ "]*/fails.lua:2: on purpose \(on error: continue\)",'"\"traceback\":$(where 2 '"check"' 1),$(where 7 null 4)\\],\"lost\":0\}\$"

# --- each of them, however many ---
wait_for rests five
heard=$(wc -l <five)
send 30
check 'all of them come, also those that the kernel log leaves out' wait_for is_long five $((heard + 90))
check_eq 'and no more' "$(wc -l <five)" $((heard + 90))
wait_for rests lines
check_eq 'none is lost' "$(grep -c '"lost":0}$' lines)" "$(wc -l <lines)"

# --- what scripts print ---
heard=$(wc -l <five)
inA ping -q -c 1 -t 11 -W 5 192.168.0.1 >/dev/null
check 'what they print comes, also what the kernel log leaves out' wait_for is_long five $((heard + 21))
wait_for rests lines
check_eq 'all of it' "$(grep -c ' print: state 5: [^ ]*/fails.lua:6: [0-9]*[^a]*a\\x0ab$' five)" 20
check_eq 'and what they log' "$(grep -c ' err: state 5: [^ ]*/fails.lua:6: ä$' five)" 1
check_match 'in JSON, too' "$(grep '"state":5,"kind":"log"' lines)" '"level":"err","text":"state 5: [^"]*/fails.lua:6: \\u00E4","lost":0\}$'
check_match 'and print' "$(grep -m 1 '"state":5,"kind":"print"' lines)" '"level":"info","text":"state 5: [^"]*/fails.lua:6: 1\\ta\\\\x0ab","lost":0\}$'

schema log <(head -n 20 lines; tail -n 20 lines)

# --- soon ---
# Bash says when a line came; the kernel when it was.
took() {
	local line='' came at
	inA ping -q -c 1 -t 9 -W 5 192.168.0.1 >/dev/null &
	until [[ $line == *' error: '* ]]; do IFS= read -r -t 60 line <&$told || return; done
	came=${EPOCHREALTIME/[.,]/}
	line=${line#*T} at=${line%%Z*}
	at=$((10#${at:6:2}${at:9:3}))
	echo $(((came / 1000 - at + 60000) % 60000))
}
exec {told}< <(listen R -f --state 5)
hears() { send 1; IFS= read -r -t 1 _ <&$told; }
wait_for hears
while IFS= read -r -t 1 _ <&$told; do :; done
for _ in {1..9}; do took; done | sort -n >times
check "an error is shown within 100 ms: $(paste -sd ' ' times)" [ "$(sed -n 5p times)" -lt 100 ]

# --- who does not read misses some, and is told how many ---
heard=$(grep -c ' error: ' five)
before=$(failed)
kill -STOP $one
inA ping -q -f -c 500 -t 9 -W 5 192.168.0.1 >/dev/null
kill -CONT $one
tells() { send 1; grep -q 'state 5: [1-9][0-9]* lines were lost$' five; }
check 'lines are lost' wait_for tells
lost=$(awk '/lines were lost$/ { n += $(NF - 3) } END { print n }' five)
is_all() { [ $(($(grep -c ' error: ' five) - heard + lost)) = $(($(failed) - before)) ]; }
check "as many as were: $lost" wait_for -t 10 is_all

# --- who may not, and elsewhere ---
check_match 'who may not is told' "$(inR unshare -U packetscript log 2>&1 || true)" \
	'^packetscript: not permitted: listening to states needs CAP_NET_ADMIN$'
kill $all $one $elsewhere
check_eq 'another namespace heard nothing' "$(cat other)" ''
