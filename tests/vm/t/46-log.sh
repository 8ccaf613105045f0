#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# 'packetscript log': errors come to who listens, each of them, in his namespace; what is lost is counted.
. /tests/lib.sh

topology
cat >fails.lua <<'LUA'
function process_packet(p)
  if p.ip.ttl == 9 then error("on purpose") end
  return XT_CONTINUE
end
LUA
listen() { exec ip netns exec "$1" packetscript log "${@:2}"; }
send() { inA ping -q -i 0.01 -c "$1" -t 9 -W 5 192.168.0.1 >/dev/null; }
failed() { inR packetscript stats --json --state 5 | grep -o '"errors":[0-9]*' | cut -d : -f 2; }
is_long() { [ "$(wc -l <"$1")" -ge "$2" ]; }

check_match 'without the module there is nothing to listen to' "$(listen R 2>&1 || true)" 'the kernel module packetscript is not loaded'
inR iptables-legacy -t mangle -A PREROUTING -i rA -p icmp -j LUA --script fails.lua --on-error continue
inR iptables-legacy -t mangle -A PREROUTING -i rA -p icmp -j LUA --script fails.lua --on-error accept --state 5
(listen R --json) >lines & all=$!
(listen R --state 5) >five & one=$!
(listen A) >other & elsewhere=$!
listens() { send 1; [ -s lines ] && [ -s five ]; }
wait_for listens
check_match 'an error, with file and line' "$(head -n 1 five)" \
	'^20[0-9-]{8}T[0-9:]{8}\.[0-9]{3}Z error: state 5: [^ ]*/fails.lua:2: on purpose \(on error: accept\)$'
check_match 'in JSON' "$(grep -m 1 '"state":0' lines)" \
	'^\{"time":"20[0-9T:.-]*Z","state":0,"kind":"error","level":"warning","text":"state 0: [^ "]*/fails.lua:2: on purpose \(on error: continue\)","lost":0\}$'

# --- each of them, however many ---
heard=$(wc -l <five)
send 30
check 'all of them come, also those that the kernel log leaves out' wait_for is_long five $((heard + 30))
check_eq 'and no more' "$(wc -l <five)" $((heard + 30))
check_eq 'none is lost' "$(grep -c '"lost":0}$' lines)" "$(wc -l <lines)"

# --- who does not read misses some, and is told how many ---
heard=$(wc -l <five)
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
