#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# What is wrong with a script is said where the user sees it, and harms nothing.
. /tests/lib.sh

topology
hurried
rule() { inR $iptables -t mangle "$1" FORWARD -p icmp -j LUA --script "${@:2}"; }
said() { inR $iptables -t mangle -A FORWARD -j LUA "$@" 2>&1 || true; }
# said_by MESSAGE COMMAND…: it is in the log; else the command is run once more. A host that holds the machine up can
# make the time limit come before any other.
said_by() {
	klog_has "$1" || { "${@:2}"; false; }
}
errors() { inR awk '$1 == '"${1:-0}"' { print $4 }' /proc/net/packetscript; }

cat >good.lua <<'END'
n = 0
function process_packet(p) n = n + 1 return XT_CONTINUE end
END
printf 'x = 1\ny = = 2\n' >syntax.lua
printf 'x = %s1%s\n' "$(printf '(%.0s' {1..190})" "$(printf ')%.0s' {1..190})" >nested.lua
echo 'x = 0.5' >float.lua
echo 'function other(p) return NF_DROP end' >missing.lua
echo '_G["other"] = function(p) return NF_DROP end' >hidden.lua
handler='function process_packet(p) return XT_CONTINUE end' # without one, the plugin refuses them
printf '\n\nlocal t = nil\nt.x = 1\n%s\n' "$handler" >load.lua
printf 'while true do end\n%s\n' "$handler" >loop.lua
printf 'local s = "x" while true do s = s .. s end\n%s\n' "$handler" >memory.lua
head -c 262145 /dev/zero | tr '\0' ' ' >big.lua

for iptables in iptables-legacy iptables-nft; do
	# refused by the plugin
	check_match "no script, $iptables" "$(said)" 'LUA: --script parameter required'
	check_match "no file, $iptables" "$(said --script no.lua)" 'LUA: --script .*no\.lua: .*No such file'
	check_match "too big, $iptables" "$(said --script big.lua)" 'LUA: --script .*big\.lua.*262144'
	check_match "syntax error, $iptables" "$(said --script syntax.lua)" "syntax\.lua:2: unexpected symbol near '='"
	check_match "190 parentheses, $iptables" "$(said --script nested.lua)" 'nested\.lua:1: C stack overflow'
	check_match "a float, $iptables" "$(said --script float.lua)" "float\.lua:1: malformed number near '0\.5'"
	check_match "missing function, $iptables" "$(said --script missing.lua)" \
		"missing\.lua: has no function 'process_packet'; define it as a global, or name another one"
	# refused by the kernel
	for script in hidden load loop memory; do
		check_fails "$script.lua is refused, $iptables" rule -A $script.lua
	done
	check "missing function that the plugin cannot tell, $iptables" klog_has "hidden\.lua: no function 'process_packet'"
	check "error while loading, $iptables" klog_has 'load\.lua:4: attempt to index a nil value'
	check "loop while loading, $iptables" klog_has 'loop\.lua:1: time limit exceeded'
	check "too much memory while loading, $iptables" wait_for said_by 'memory\.lua: not loaded: .*memory\.lua:1: not enough memory' rule -A memory.lua
	check_eq "no state is left, $iptables" "$(inR sed 1d /proc/net/packetscript)" ''
	check_eq "no rule is left, $iptables" "$(inR $iptables -t mangle -S FORWARD)" '-P FORWARD ACCEPT'
done

# at run time: each kind of error, each verdict for it; a good rule before it goes on
iptables=iptables
cat >bad.lua <<'END'
function raises(p)
  error("on purpose")
end
function indexes(p) local ip = p:data(packet_eth):data(packet_ip):data(packet_tcp) ip.x = 1 return XT_CONTINUE end
function nothing(p) end
function wrong_type(p) return "drop" end
function unknown(p) return 17 end
function recursion(p) local function f() return 1 + f() end return f() end
function c_recursion(p) local function f() return (("x"):gsub("x", f)) end return f() end
function coroutines(p) local function f() return coroutine.wrap(f)() end return f() end
function endless(p) while true do end end
function endless_pcall(p) while true do pcall(function() while true do end end) end end
function pattern(p) return (("a"):rep(3000)):find(".-.-.-.-b") end
function memory(p) local s = ("x"):rep(1000) while true do s = s .. s end end
function repeats(p) return NF_REPEAT end
function table_error(p) error({}) end
function yields(p) return coroutine.yield(1) end
function parser(p) return load("return " .. ("("):rep(190) .. "1" .. (")"):rep(190))() end
END
inR iptables -t mangle -A FORWARD -p icmp -j LUA --script good.lua --state 1
expect() {
	local function=$1 message=$2
	dmesg -C
	rule -A bad.lua --function $function
	check_fails "$function drops" inA ping -c 1 -W 0.3 10.0.0.2
	check "$function says why" wait_for said_by "state 0: .*$message" inA ping -c 1 -W 0.3 10.0.0.2
	check_match "$function is counted" "$(errors)" '^[1-9]'
	rule -D bad.lua --function $function
	rule -A bad.lua --function $function --on-error accept
	check "$function accepts" inA ping -c 1 -W 60 10.0.0.2
	rule -D bad.lua --function $function --on-error accept
	rule -A bad.lua --function $function --on-error continue
	check "$function continues" inA ping -c 1 -W 60 10.0.0.2
	rule -D bad.lua --function $function --on-error continue
}
expect raises 'bad\.lua:2: on purpose'
expect indexes "bad\.lua:4: attempt to index a nil value \(local 'ip'\)"
expect nothing 'bad\.lua:5: the handler returned no verdict but nil'
expect wrong_type 'bad\.lua:6: the handler returned no verdict but string'
expect unknown 'bad\.lua:7: the handler returned 17, which is no verdict'
# a debug kernel may need more than the time it has for 8,000 slots
expect recursion '(stack overflow|time limit exceeded)'
expect c_recursion 'bad\.lua:9: .*C stack overflow'
expect coroutines 'bad\.lua:10: .*C stack overflow'
expect endless 'bad\.lua:11: time limit exceeded'
expect endless_pcall 'bad\.lua:12: time limit exceeded'
expect pattern 'time limit exceeded'
expect memory 'bad\.lua:14: not enough memory'
expect table_error 'bad\.lua:16: the error is not a string but a table'
expect yields 'attempt to yield from outside a coroutine'
expect parser 'attempt to call a nil value'
expect repeats 'bad\.lua:[0-9]*: the handler returned NF_REPEAT 8 times in a row'

inR iptables -t mangle -F FORWARD
inR iptables -t mangle -A FORWARD -p icmp -j LUA --script good.lua
check_eq 'the state begins anew with its first rule' "$(errors)" 0
check 'packets pass' inA ping -c 1 -W 60 10.0.0.2
