#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Sets that are filled from userspace: 100,000 prefixes are replaced while packets pass, none of which sees neither set; what is wrong is
# refused and told, and a load that is not brought to its end leaves nothing behind.
. /tests/lib.sh

topology
sets() { inR packetscript set "$@"; }
refused() { sets "$@" 2>&1 || true; }
load() { sets good load "$1"; }
# counted VERDICT: what the rule has counted
counted() { inR packetscript list --json | grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d : -f 2; }
# pings SECONDS: how many of three come back, within that time; which is short for those that expect none
pings() { inA ping -q -c 3 -i 0.01 -W "$1" 10.0.0.2 | grep -o '[0-9]* received' || true; }
# half N: 100,000 prefixes, none of which touches another: the lower (0) or upper (128) half of 256 addresses, and who sends
half() { awk -v half="$1" 'BEGIN { for (i = 0; i < 99999; i++) printf "%d.%d.%d.%d/25\n", 20 + int(i / 65536), int(i / 256) % 256, i % 256, half; print "192.168.0.2\t# A" }'; }
half 0 >lower
half 128 >upper
cat >good.lua <<'LUA'
local good = set.named("good")
function process_packet(p) return good:has(p.ip:saddr()) and XT_CONTINUE or NF_DROP end
LUA

# --- what is there, and what is not ---
check_match 'without the module there is nothing to show' "$(refused)" '^packetscript: the kernel module packetscript is not loaded'
check 'load makes a set, also before the first rule, and loads the module' sets later load - <<<'10.0.0.0/8'
check_eq 'it is there' "$(sets later)" 10.0.0.0/8
check_eq 'what adds to one that is not is told' "$(refused good add 1.2.3.4)" "packetscript: set 'good': there is none in this network namespace"
check_eq 'so is what shows it' "$(refused good)" "packetscript: set 'good': there is none in this network namespace"
inR iptables-legacy -t mangle -A PREROUTING -i rA -p icmp -j LUA --script good.lua --percpu
check_match 'a script that names one makes it' "$(sets)" $'good: 0 ranges of IPv4, 0 of IPv6, [0-9]+ bytes, named by 2 Lua states(\n|$)'
check_eq 'with nothing in it' "$(sets good)" ''
check_eq 'so no packet passes' "$(pings 0.2)" '0 received'
sets good add 192.168.0.0/24 fd00::/16 192.168.1.0-192.168.1.255
check_eq 'an address passes' "$(pings 60)" '3 received'
check_eq 'what touches is one entry' "$(sets good | paste -sd ' ')" '192.168.0.0/23 fd00::/16'
check_eq 'as JSON' "$(sets good --json)" '{"name":"good","entries":["192.168.0.0/23","fd00::/16"]}'
check_match 'all of them' "$(sets --json)" '\{"name":"good","ranges4":1,"ranges6":1,"bytes":[0-9]+,"uses":2,"kept":true\}'
schema set <(sets good --json; sets --json)
sets good remove 192.168.0.2 10.0.0.0/8 ::1
check_eq 'until it is removed' "$(sets good | paste -sd ' ') $(pings 0.2)" '192.168.0.0/31 192.168.0.3-192.168.1.255 fd00::/16 0 received'
printf '1.2.3.4\n\n# none\n1.2.3.4/33 # this one\n' >wrong
check_match 'a line that is no entry is told' "$(refused good load wrong)" "^packetscript: wrong:4: '1.2.3.4/33' is no address, prefix or range"
check_match 'a file that is not there' "$(refused good load nowhere)" '^packetscript: nowhere: No such file'
check_match 'an empty file' "$(sets good load /dev/null 2>&1 || true)" '^packetscript: /dev/null: is empty'
check_eq 'and the set is as it was' "$(sets good | sed -n 1p)" 192.168.0.0/31
check_eq 'others have nothing of it' "$(inB packetscript set)" ''
check_match 'who names it keeps it' "$(refused good destroy)" "^packetscript: set 'good': scripts name it"

# --- who may ---
check_match 'who may not is told' "$(inR unshare -U packetscript set good add 1.2.3.4 2>&1 || true)" "^packetscript: set 'good': not permitted: sets need CAP_NET_ADMIN$"
check_match 'nor may he look' "$(inR unshare -U packetscript set good 2>&1 || true)" "not permitted: sets need CAP_NET_ADMIN$"
check_match 'in a user namespace nobody makes sets' "$(unshare -Urn packetscript set good load upper 2>&1 || true)" \
	"^packetscript: set 'good': no script names it in this network namespace"

# --- swapped under traffic ---
before=$(date +%s%N)
load lower
echo "# 100,000 prefixes took $((($(date +%s%N) - before) / 1000000)) ms to load"
check_eq 'all of it is there' "$(sets good | sed -n '1p; $=' | paste -sd ' ')" '20.0.0.0/25 100000'
check_match 'it takes no more than it should' "$(sets)" 'good: 100000 ranges of IPv4, 0 of IPv6, 8[0-9]{5} bytes'
dropped=$(counted NF_DROP) passed=$(counted XT_CONTINUE)
floods=()
for cpu in 0 1; do
	ip netns exec A taskset -c $cpu timeout 1000 ping -f -q 10.0.0.2 >/dev/null 2>&1 &
	floods+=($!)
done
sets other load lower
for i in {1..2}; do
	load upper
	load lower
	sets good swap other
done
# A's address is in one of these; a packet takes some time between asking the one and the other
cat >either.lua <<'LUA'
local here, there = set.named("here"), set.named("there")
local function wait() for i = 1, 2000 do end end
function process_packet(p)
  local from = p.ip.saddr
  if here:has(from) then return XT_CONTINUE end
  wait()
  if there:has(from) then return XT_CONTINUE end
  nf.count("in_neither")
  return XT_CONTINUE
end
LUA
sets here load - <<<192.168.0.2
inR iptables-legacy -t mangle -A PREROUTING -i rA -p icmp -j LUA --script either.lua --state 2
asked() { inR packetscript stats --json | grep -o '"packets":[0-9]*' | tail -n 1 | cut -d : -f 2; }
many=$(asked)
for i in {1..40}; do sets here swap there; done
neither() { inR packetscript list --json --state 2 >listed && { grep -c in_neither listed || true; }; }
check_eq 'nor is its address in neither set for a packet that asks both' "$(neither)" 0
check "while sets were swapped, of so many: $(($(asked) - many))" [ $(($(asked) - many)) -gt 100 ]
for set in here there; do sets $set remove 192.168.0.2; done
check 'which is counted when it is so' wait_for eval '[ "$(neither)" = 1 ]'
inR iptables-legacy -t mangle -D PREROUTING -i rA -p icmp -j LUA --script either.lua --state 2
sets here destroy
sets there destroy
check_eq 'no packet has seen neither set' "$(counted NF_DROP)" "$dropped"
check "of many: $(($(counted XT_CONTINUE) - passed))" [ $(($(counted XT_CONTINUE) - passed)) -gt 100 ]

# --- two writers at once, and who reads a set while it is replaced ---
add() { for i in {1..5}; do sets good add 60.$1.$i.1 61.0.0.0/24; done; }
add 1 & first=$!
add 2 & second=$!
sets good | { sleep 0.3; cat; } >read.out
wait $first
wait $second
check_eq 'of two writers none takes the other back what it did' "$(sets good | grep -c '^60\.')" 10
check_eq 'who reads a set sees all of one that it has had' "$(grep -c /25 read.out)" 99999
check_eq 'still no packet was dropped' "$(counted NF_DROP)" "$dropped"
kill "${floods[@]}"
wait "${floods[@]}" || true

# --- requests that are wrong ---
readonly a_set=10 cmd_set=6 cmd_sets=7
readonly good=676f6f6400 add=01 replace=03 swap=04
named() { attr 1 "$1"; attr 2 "$2"; }
# answer HEX: the errno of a change whose set has these attributes
answer() { echo "$cmd_set - $(nested $a_set "$1")" | inR genlask packetscript; }
check_eq 'a change by hand is done' "$(answer "$(named $good $add)$(attr 3 0102030401020304)")" 0
check_eq 'as it says' "$(sets good | sed -n 1p)" 1.2.3.4
# wrong TEXT ERRNO HEX: what a change is answered with whose set has these attributes; all are sent below
texts=('no set') expected=(22) requests=("$cmd_set - ")
wrong() { texts+=("$1") expected+=("$2") requests+=("$cmd_set - $(nested $a_set "$3")"); }
wrong 'no name' 22 "$(attr 2 01)$(attr 3 0102030401020304)"
wrong 'an empty name' 22 "$(named 00 $add)"
wrong 'a name without an end' 22 "$(named 676f6f64 $add)"
wrong 'a name that is too long' 22 "$(named "$(printf '61%.0s' {1..64})00" $replace)"
wrong 'nothing to do' 22 "$(attr 1 $good)"
wrong 'something that is not there' 34 "$(named $good 06)"
wrong 'nothing by number' 34 "$(named $good 00)"
wrong 'an action that is too short' 22 "$(attr 1 $good)$(attr 2 '')"
wrong 'half a range' 22 "$(named $good $add)$(attr 3 010203040102)"
wrong 'less than that' 22 "$(named $good $add)$(attr 4 00)"
wrong 'one that ends before it begins' 22 "$(named $good $add)$(attr 3 0102030401020303)"
wrong 'ranges that are not in order' 22 "$(named $good $add)$(attr 3 02020304020203040102030401020304)"
wrong 'ranges that overlap' 22 "$(named $good $add)$(attr 3 01020304020203040202030402020304)"
wrong 'to swap with nothing' 22 "$(named $good $swap)"
wrong 'or with what is not there' 2 "$(named $good $swap)$(attr 6 6100)"
wrong 'what only the kernel says' 22 "$(named $good $add)$(attr 7 01000000)"
wrong 'what nobody knows' 22 "$(named $good $add)$(attr 99 01000000)"
mapfile -t answers < <(printf '%s\n' "${requests[@]}" | inR genlask packetscript)
for i in "${!texts[@]}"; do check_eq "${texts[i]}" "${answers[i]}" "${expected[i]}"; done
mapfile -t answers < <(printf '%s\n' "$cmd_set - $(nested $a_set "$(named $good $swap)$(attr 6 6100)")" "$cmd_set - $(nested $a_set "$(named 6200 $add)$(attr 3 0102030401020304)")" \
	"$cmd_set - $(nested $a_set "$(attr 1 $good)")" "$cmd_set - $(nested $a_set "$(named $good $add)$(attr 3 0102030401020304)")" | inR genlask -w packetscript)
check_eq 'acknowledgements say why, too' "${answers[0]}" "2 set 'a': there is none in this network namespace"
check_eq 'each its own' "${answers[1]}" "2 set 'b': there is none in this network namespace"
check_eq 'also what is said with fewer words' "${answers[2]}" '22 a set needs a name, and what to do with it'
check_eq 'and nothing where all is well' "${answers[3]}" 0
check_eq 'a list of a set without a name, or of none' \
	"$( { echo "$cmd_sets 768 $(nested $a_set "$(attr 2 01)")"; echo "$cmd_sets 768 $(nested $a_set "$(attr 1 6100)")"; echo "$cmd_sets 768 "; } | inR genlask packetscript | paste -sd ' ')" '22 2 0'
draft="$(named $good $replace)$(attr 3 0101010101010101)$(attr 5 '')"
check_eq 'more of another set, or with another aim; then nothing is left of it' \
	"$( { echo "$cmd_set - $(nested $a_set "$draft")"; echo "$cmd_set - $(nested $a_set "$(named 6100 $replace)")"
		echo "$cmd_set - $(nested $a_set "$draft")"; echo "$cmd_set - $(nested $a_set "$(named $good $add)")"
		echo "$cmd_set - $(nested $a_set "$(named $good $add)$(attr 3 0101010101010101)")"; } | inR genlask packetscript | paste -sd ' ')" '0 22 0 22 0'
check_eq 'all of that has added one' "$(sets good | sed -n '1,2p; $=' | paste -sd ' ')" '1.1.1.1 1.2.3.4 100013'

# --- loads that do not come to their end, and the limit ---
mapfile -t ranges < <(awk 'BEGIN { for (i = 0; i < 32000; i++) printf "%08x%08x%s", 2 * i, 2 * i, i % 8000 == 7999 ? "\n" : "" }')
# begin NAMESPACE: a load that is left in the middle, until end
begin() {
	coproc loader { at "$1" genlask packetscript; }
	loader_pid=$!
	for part in "${ranges[@]}"; do
		echo "$cmd_set - $(nested $a_set "$(named $good $replace)$(attr 3 "$part")$(attr 5 '')")" >&"${loader[1]}"
		read -r status <&"${loader[0]}"
		check_eq "a load of 256 KiB goes on in $1" "$status" 0
	done
}
end() { kill $loader_pid; wait $loader_pid || true; }
echo 1 >/sys/module/packetscript/parameters/shared_mb
check_eq 'more than shared_mb is refused' "$(refused good load upper)" \
	"packetscript: set 'good': all that is shared may take 1 MiB (shared_mb), and does"
check_eq 'and changes nothing' "$(sets good | wc -l)" 100013
check_eq 'so is a swap for which there is no room' "$(refused good swap other)" \
	"packetscript: set 'good': to swap it takes room for all of both once more, and shared_mb is 1 MiB"
check_eq 'which changes nothing either' "$(sets good | wc -l)" 100013
sets other destroy
sets later destroy
wait_for eval 'sets good load - <<<192.168.0.2 2>/dev/null'
begin R
check_fails 'what has begun counts' load lower
check_eq 'and changes nothing' "$(sets good)" 192.168.0.2
end
check 'it goes with who began it' wait_for load lower
echo 256 >/sys/module/packetscript/parameters/shared_mb
inR iptables-legacy -t mangle -F
check_match 'a set that was filled stays without a rule' "$(sets)" '^good: .* named by 0 Lua states, kept$'
sets good destroy
check_eq 'until it is destroyed' "$(sets)" ''
inR iptables-legacy -t mangle -A PREROUTING -i rA -p icmp -j LUA --script good.lua
inR iptables-legacy -t mangle -F
check_eq 'one that was not goes with the last script' "$(sets)" ''
ip netns add D
begin D
ip netns del D
end
load upper
begin R
check 'the modules go in the middle of a load' wait_for unload
end
