#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# timeout: 400
# A rule has the text that its file held when it was made, and says which that is; a rule that is made anew has the new one.
. /tests/lib.sh

topology
rule() { inR $iptables -t mangle "$@" -i rA -p icmp -j LUA --script edit.lua $options; }
add() { rule -A PREROUTING; }
unrelated() { inR $iptables -t mangle -A FORWARD -p tcp -j MARK --set-mark 1; }
passes() { inA ping -c 1 -W 2 192.168.0.1; }
drops() { ! inA ping -c 1 -W 0.3 192.168.0.1; }
loads() { klog_since | grep -c 'edit.lua:1: load' || true; }
anew() { klog_since | grep -c "state $state: .*edit.lua: has changed and is loaded anew" || true; }
proc() { inR cat /proc/net/packetscript; }
digests() { proc | sed -n 's/.*sha256 //p' | paste -sd ' '; }
sha() { sha256sum edit.lua | cut -c 1-8; }
no_state() { [ -z "$(proc | sed 1d)" ]; }
flush() {
	inR $iptables -t mangle -F
	wait_for no_state
}
# text VERDICT [COMMENT]: the script returns it
text() {
	cat >edit.lua <<-END
		loads = (loads or 0) + 1 print("load " .. loads)
		function process_packet(p) return $1 end
		-- ${2:-}
	END
}

for iptables in iptables-legacy iptables-nft; do
	for options in '' --percpu; do
		about="$iptables $options"
		copies=1
		[ -z "$options" ] || copies=$(nproc)
		state=0
		dmesg -C

		text NF_DROP
		old=$(sha)
		add
		check "it drops, $about" drops
		text XT_CONTINUE
		check "an unrelated rule, $about" unrelated
		check 'loads nothing: the old text goes on' drops
		check_eq 'and was loaded once' "$(loads)" "$copies"
		check 'the rule is found, though its file has changed' rule -C PREROUTING
		rule -R PREROUTING 1
		check "replaced, it has the new text, $about" passes
		check_eq 'which was loaded after the old one, in the same globals' "$(klog_since | grep -c 'load 2')" "$copies"
		check 'and the log says which' klog_has "sha256 $(sha); 1 rules have the text loaded before, $old"
		check_eq 'nobody has the old one' "$(digests)" "$(sha)"
		touch edit.lua
		rule -R PREROUTING 1
		check_eq 'a file that was only touched is not loaded' "$(loads)" $((2 * copies))

		text NF_DROP again
		newest=$(sha)
		inR $iptables -t mangle -A OUTPUT -o lo -j LUA --script edit.lua $options
		check "a rule that is there keeps its text while a new one has another, $about" passes
		check_match 'both are told' "$(digests)" "^[0-9a-f]{8} $newest$"
		check_match 'with their rules' "$(proc)" "loaded 20[0-9-]+ [0-9:]+ UTC, sha256 [0-9a-f]{8}
    rule iptables mangle PREROUTING: process_packet, on error drop
  script $PWD/edit.lua
    loaded 20[0-9-]+ [0-9:]+ UTC, sha256 $newest
    rule iptables mangle OUTPUT: process_packet, on error drop"
		check_eq 'in 80 columns' "$(proc | grep -v script | awk 'length > 80')" ''
		inR $iptables -t mangle -F OUTPUT
		check 'the old text goes on' passes
		rule -D PREROUTING
		add
		check "deleted and added, $about" drops
		flush

		# restored
		dmesg -C
		add
		rule -A FORWARD
		inR $iptables-save -t mangle | grep -v '^#\|^:' >before
		text XT_CONTINUE third
		inR $iptables-save -t mangle | inR $iptables-restore
		check "restored rules have the new text, $about" passes
		check_eq 'all of them, which was loaded once' "$(digests) $(anew)" "$(sha) 1"
		inR $iptables-save -t mangle | grep -v '^#\|^:' >after
		check 'and look the same' diff before after

		# a text that is broken
		echo 'error("on purpose")' >edit.lua
		echo 'function process_packet(p) return NF_DROP end' >>edit.lua
		check_fails "a text that fails is refused, $about" rule -R PREROUTING 1
		check_fails 'also in another rule' rule -A INPUT
		check 'and the log says why' klog_has 'edit.lua: not loaded: .*edit.lua:1: on purpose'
		check 'an unrelated rule does not mind' unrelated
		check 'the rule goes on' passes
		echo 'function process_packet(p) return NF_DROP' >edit.lua
		check_fails "a text that does not compile is refused, $about" rule -R PREROUTING 1
		check 'an unrelated rule does not mind that either' unrelated
		check 'the rule still goes on' passes
		rm edit.lua
		check "a file that is gone, $about: an unrelated rule does not mind" unrelated
		check 'the rule goes on without it' passes
		check 'and can be deleted' inR $iptables -t mangle -D PREROUTING 1
		check 'while another one of it stays' unrelated
		text NF_DROP fourth
		add
		check 'a new file in its place is another text' drops
		text XT_CONTINUE third
		rule -R PREROUTING 1
		check 'and the one before can come back' passes
		flush
	done

	# edited often
	options=
	dmesg -C
	text XT_CONTINUE 0
	add
	rule -A FORWARD
	for ((i = 1; i <= 30; i++)); do
		text XT_CONTINUE $i
		echo "local kept$i = ('x'):rep(60000) function f() return kept$i end" >>edit.lua
		rule -R PREROUTING 1
	done
	check_eq "30 texts later two are there, $iptables" "$(digests | wc -w)" 2
	check_eq 'and the last one is in use' "$(digests | cut -d ' ' -f 2)" "$(sha)"
	flush
done

# --- what takes long to compile keeps no packet ---

# of time that grows with the square of its length: seconds in an emulated machine
echo "function process_packet(p) do $(printf 'goto done %.0s' {1..5000})::done:: end return NF_DROP end" >long.lua
iptables=iptables
hurried
started=${EPOCHREALTIME/.}
check 'a script that compiles for longer than one may run at load' \
	inR iptables -t mangle -A PREROUTING -p icmp -j LUA --script "$PWD/long.lua" --state 77
echo "# it took $(((${EPOCHREALTIME/.} - started) / 1000)) ms; running has $(cat /sys/module/packetscript/parameters/load_ms)"
unhurried
check_fails 'it is in use' inA ping -c 1 -W 1 10.0.0.2
inR iptables -t mangle -F PREROUTING

# --- reloaded by the command: by number, by script, and whenever a file changes ---
mkdir watched
cd watched
# lib VERDICT: the module gives it; in place
lib() { echo "return { verdict = $1 }" >lib.lua; }
guard='local lib = require("lib") function process_packet(p) return lib.verdict end'
# said STATUS ARGUMENT…: what 'reload' prints, if it exits with that
said() {
	local out status=0
	out=$(inR packetscript reload "${@:2}" 2>&1) || status=$?
	[ $status = "$1" ] && echo "$out" || echo "status $status: $out"
}
generations() { inR packetscript list --json | grep -o '"state":[0-9]*\|"generation":[0-9]*' | sed 's/.*"state":\(.*\)/\1:/; s/.*:\([0-9]\)/\1/' | paste -sd ' '; }
count_is() { [ "$(grep -c "$2" "$1")" = "$3" ]; }
echo "$guard" >guard.lua
ln -s guard.lua link.lua
echo 'function process_packet(p) return XT_CONTINUE end' >other.lua
lib XT_CONTINUE
for state in 5 6; do
	inR iptables -t mangle -A PREROUTING -i rA -p icmp -j LUA --script guard.lua --state $state
done
inR iptables -t mangle -A FORWARD -i rA -p icmp -j LUA --script other.lua --state 7
check_eq 'by number' "$(said 0 5) $(generations)" ' 5: 2 6: 1 7: 1'
check_eq 'by script: each state that has it, by the real path' "$(said 0 link.lua) $(generations)" ' 5: 3 6: 2 7: 1'
said 0 guard.lua --json >reloaded
check_eq 'as JSON, a line for each' "$(wc -l <reloaded)" 2
for i in 1 2; do
	sed -n ${i}p reloaded >reloaded.json
	schema reload reloaded.json
done
touch nobody.lua
check_eq 'a script that no state has' "$(said 2 nobody.lua)" \
	"packetscript: $PWD/nobody.lua: no state of this network namespace has this script; 'packetscript list' shows what there is"
echo 'error("on purpose")' >lib.lua
check_eq 'each failure is told, with its state' "$(said 1 guard.lua | sed 's/^packetscript: \(state [0-9]\): .*\(on purpose\)$/\1 \2/' | paste -sd ' ')" \
	'state 5 on purpose state 6 on purpose'
check_eq 'and nothing has changed' "$(generations)" '5: 4 6: 3 7: 1'

lib XT_CONTINUE
(exec ip netns exec R packetscript reload guard.lua --watch >out 2>err) & watching=$!
wait_for count_is err watching 1
check_eq 'it says what it watches' "$(tail -n 1 err | sed "s|$PWD/||g")" 'packetscript: watching guard.lua, lib.lua, guard.lua, lib.lua'
check_eq 'and has reloaded that' "$(sed 's/^[^ ]* //' out | paste -sd ' ')" 'state 5: reloaded state 6: reloaded'
lib NF_DROP
wait_for count_is out reloaded 4
check_fails 'a module that is written in place is used' inA ping -c 1 -W 0.3 192.168.0.1
echo 'return { verdict = XT_CONTINUE }' >new
mv new lib.lua
wait_for count_is out reloaded 6
check 'and one that gets its place' passes
echo 'x = = 1' >guard.lua
wait_for count_is err 'unexpected symbol' 2
check 'a script that is broken: the old one goes on' passes
echo 'return { verdict = NF_DROP }' >more.lua
echo "${guard/lib\")/more\")}" >new
mv new guard.lua
wait_for count_is out reloaded 8
check_fails 'it is mended, and asks for another module' inA ping -c 1 -W 0.3 192.168.0.1
echo 'return { verdict = XT_CONTINUE }' >more.lua
wait_for count_is out reloaded 10
check 'which is watched from then on' passes
lib NF_DROP
echo >>nobody.lua
sleep 0.4
echo >>more.lua
wait_for count_is out reloaded 12
check_eq 'files of no state do nothing, and another state is left alone' "$(generations)" '5: 10 6: 9 7: 1'
kill -TERM $watching
status=0
wait $watching || status=$?
check_eq 'it ends in good order' $status 0
cd ..
inR iptables -t mangle -F
