#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# timeout: 400
# Rules load what their script requires, and lists of sets; one that changes makes the script another one, for rules that are made anew.
. /tests/lib.sh

topology
work=$PWD
mkdir -p shared lists other
rule() { inR $iptables -t mangle "$@" -i rA -p icmp -j LUA --script s.lua $options; }
passes() { inA ping -c 1 -W 2 192.168.0.1; }
drops() { ! inA ping -c 1 -W 0.3 192.168.0.1; }
proc() { inR cat /proc/net/packetscript; }
no_state() { [ -z "$(proc | sed 1d)" ]; }
flush() {
	inR $iptables -t mangle -F
	wait_for no_state
}
ran() { klog_since | grep -c "$1" || true; }
sha() { sha256sum "$1" | cut -c 1-8; }
# verdict VERDICT: the module gives it
verdict() { printf '%s\n' "local deeper = require 'deeper'" "print('verdict runs')" "return { verdict = $1, deeper = deeper }" >lists/verdict.lua; }
# deeper WORD: the one that it requires gives that
deeper() { echo "print('deeper runs') return '$1'" >shared/deeper.lua; }

modprobe packetscript module_folder="$work/shared"
cat >s.lua <<'END'
local module = require "lists.verdict"
print("script runs with " .. module.deeper)
function process_packet(p) return module.verdict end
function late(p) return require("lists.verdict").verdict end
END
cp s.lua second.lua
deeper one

for iptables in iptables-legacy iptables-nft; do
	for options in '' --percpu; do
		about="$iptables $options"
		copies=1
		[ -z "$options" ] || copies=$(nproc)
		dmesg -C
		verdict NF_DROP
		rule -A PREROUTING
		check "what the module says is done, $about" drops
		check_match 'modules are told' "$(proc)" "loaded .* UTC, sha256 $(sha s.lua)
    module sha256 $(sha lists/verdict.lua) $work/lists/verdict.lua
    module sha256 $(sha shared/deeper.lua) $work/shared/deeper.lua
    rule"
		inR $iptables -t mangle -A OUTPUT -o lo -j LUA --script second.lua $options
		check_eq 'another script of the state gets the same' "$(ran 'verdict runs') $(ran 'deeper runs') $(ran 'script runs')" \
			"$copies $copies $((2 * copies))"

		verdict XT_CONTINUE
		inR $iptables -t mangle -A FORWARD -p tcp -j MARK --set-mark 1
		check "a rule that is there keeps its module, $about" drops
		rule -R PREROUTING 1
		check 'one that is made anew has the new one' passes
		check 'the log says so' klog_has 's.lua: its modules or lists have changed and it is loaded anew; 1 rules'
		deeper two
		rule -R PREROUTING 1
		check_eq 'also of a module that a module requires' "$(ran 'script runs with two')" "$copies"
		rule -R PREROUTING 1
		check_eq 'what has not changed is not loaded' "$(ran 'script runs with two')" "$copies"
		check_eq 'and nobody has the old ones' "$(proc | grep -c "script $work/s.lua")" 1

		echo 'return = 2' >shared/deeper.lua
		check_fails "one that does not compile refuses the rule, $about" rule -R PREROUTING 1
		check 'the rule goes on' passes
		deeper one
		inR $iptables -t mangle -A INPUT -i rA -p icmp -j LUA --script s.lua --function late $options
		check 'a handler cannot require' drops
		check 'and is told so' klog_has "s.lua:4: module 'lists.verdict': require is for when the script is loaded"
		flush
	done
done

# a CPU that comes later
if [ "$(nproc)" -ge 2 ]; then
	options=--percpu
	echo 0 >/sys/devices/system/cpu/cpu1/online
	rule -A PREROUTING
	rm lists/verdict.lua
	echo 1 >/sys/devices/system/cpu/cpu1/online
	check 'a CPU that comes online has the modules, though their files are gone' inA taskset -c 1 ping -c 1 -W 2 192.168.0.1
	flush
fi

# what the plugin does not find
iptables=iptables options=
echo 'error("on purpose")' >lists/verdict.lua
check_fails 'a module that fails while it runs refuses the rule' rule -A PREROUTING
check 'and the log has the way to it' klog_has "s.lua: not loaded: .*s.lua:1: module 'lists.verdict': .*lists/verdict.lua:1: on purpose"
check 'no state is left' no_state
for ((i = 1; i <= 3; i++)); do echo "local v = require 'chain$((i + 1))' return v" >chain$i.lua; done
echo 'return NF_DROP' >chain4.lua
echo 'local v = require "chain1" function process_packet(p) return v end' >s.lua
rule -A PREROUTING
check 'four modules in a row find the stack that they need' drops
flush

# files are those of who makes the rule
echo 'return NF_DROP' >lists/verdict.lua
echo 'return XT_CONTINUE' >other/verdict.lua
echo 'local v = require "lists.verdict" function process_packet(p) return v end' >s.lua
unshare -m bash -c "mount --bind other lists &&
	nsenter --net=/run/netns/R iptables -t mangle -A PREROUTING -i rA -p icmp -j LUA --script $work/s.lua"
check 'a rule that is made in another mount namespace has the files of that' passes
rule -R PREROUTING 1
check 'and one that is made here those that are here' drops
flush

# lists of sets
iptables=iptables
cat >s.lua <<'END'
local bad = set.file "lists/bad"
function process_packet(p) return bad:has(p:data(packet_eth):data(packet_ip):saddr()) and NF_DROP or XT_CONTINUE end
END
for options in '' --percpu; do
	echo 192.168.0.0/24 >lists/bad
	rule -A PREROUTING
	check "who is on the list does not pass, $options" drops
	check_match 'the list is told' "$(proc)" "list sha256 $(sha lists/bad) $work/lists/bad"
	echo 10.0.0.0/8 >lists/bad
	check 'a rule that is there keeps its list' drops
	rule -R PREROUTING 1
	check 'one that is made anew has the new one' passes
	check 'the log says so' klog_has 's.lua: its modules or lists have changed and it is loaded anew; 1 rules'
	echo 10.0.0.0/33 >lists/bad
	check_fails 'a line that is no entry refuses the rule' rule -R PREROUTING 1
	dmesg -C
	flush
done
seq -f '%.0f' 0 99999 | awk '{ printf "%d.%d.%d.0/23\n", $1 / 4096 % 64, $1 / 64 % 64 * 4, $1 % 64 * 4 }' >lists/bad
echo 192.168.0.0/24 >>lists/bad
options=
hurried
rule -A PREROUTING
check '100,000 prefixes fit into a state of the default size, and the time for loading' drops
flush
unhurried

# what is installed
modprobe -r xt_LUA packetscript
cat >s.lua <<'END'
local checks = require "checks"
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  return ip and checks.address_kind(ip.saddr) == "private" and NF_DROP or XT_CONTINUE
end
END
rule -A PREROUTING
check 'the module checks is there for all' drops
check_match 'from where it is installed' "$(proc)" "module sha256 [0-9a-f]{8} /usr/share/packetscript/lua/checks.lua"
flush
