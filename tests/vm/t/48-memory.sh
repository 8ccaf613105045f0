#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# timeout: 300
# --memory: what a state may hold, in one piece too; on_close(): what it does at its end.
. /tests/lib.sh

topology
rule() { inR $iptables -t mangle "$1" PREROUTING -i rA -p icmp -j LUA --on-error continue --script "${@:2}"; }
column() { inR awk '$1 == '"$1"' { print $'"$2"' }' /proc/net/packetscript; }
no_state() { [ -z "$(inR sed 1d /proc/net/packetscript)" ]; }
flush() {
	inR $iptables -t mangle -F
	wait_for no_state
}
pings() { inA ping -q -c "$1" -i 0.01 -W 2 192.168.0.1 >/dev/null; }

cat >fill.lua <<'END'
-- 160 entries more for each packet
local t, n = {}, 0
function process_packet(p)
  for i = 1, 160 do
    t[string.pack(">I4I4I4", n, n, 1)] = n
    n = n + 1
  end
  return XT_CONTINUE
end
END
cat >close.lua <<'END'
local n = 0
function process_packet(p) n = n + 1 return XT_CONTINUE end
function on_close() print("closed after " .. n) end
END
cat >close2.lua <<'END'
function process_packet(p) return XT_CONTINUE end
function on_close() error("not this time") end
END
cat >close3.lua <<'END'
function process_packet(p) return XT_CONTINUE end
function on_close() while true do end end
END
printf 'function on_close() print("of a rule that was refused") end\nfunction process_packet() end\nerror("refused")\n' >refused.lua

for iptables in iptables-legacy iptables-nft; do
	dmesg -C
	rule -A fill.lua
	rule -A fill.lua --state 1 --memory 2M
	check 'the default may be said' rule -A close.lua --memory 1M
	pings 100
	check_match "a state of 1 MiB is full, $iptables" "$(column 0 4)" '^[1-9]'
	check 'and says so, with the line' klog_has 'state 0: .*fill.lua:5: not enough memory: [0-9]+ of 1024 KiB are held, without room for [0-9]+ bytes'
	check_eq 'one of 2 MiB holds 16,000 entries' "$(column 1 4)" 0
	check "which take more ($(column 1 5) bytes)" [ "$(column 1 5)" -gt 1048576 ]

	# the same for all rules of a state
	check_fails 'another size in a state is refused' rule -A close.lua --state 1 --memory 4M
	check 'and the log says both' klog_has 'state 1 has rules with --memory 2048K, not 4096K'
	check_fails 'so is none' rule -A close.lua --state 1
	check 'and the log says that' klog_has 'state 1 has rules with --memory 2048K, not 1024K'
	check 'the same is right' rule -A close.lua --state 1 --memory 2048K
	inR $iptables-save -t mangle | grep -v '^#\|^:' >before
	check_eq 'it is saved where it is not the default' "$(grep -c -- ' --memory 2M ' before) $(grep -c memory before)" '2 2'
	inR $iptables-save -t mangle | inR $iptables-restore
	inR $iptables-save -t mangle | grep -v '^#\|^:' >after
	check "saved and restored rules are the same, $iptables" diff before after
	check '-C finds the rule' rule -C fill.lua --state 1 --memory 2M
	check_fails '-C tells sizes apart' rule -C fill.lua --state 1
	flush
	check 'the largest' rule -A close.lua --memory 64M
	check 'and the smallest can be had' rule -A close.lua --memory 128K --state 1
	flush

	# at the end
	dmesg -C
	rule -A close.lua
	rule -A close.lua
	rule -A close2.lua
	check_fails 'a rule is refused' rule -A refused.lua --state 1
	pings 3
	rule -D close.lua
	check 'while a rule is left, a state is not closed' pings 1
	check_fails 'so on_close is not called' klog_has 'closed after'
	flush
	check "on_close is called with the last rule, $iptables" klog_has 'state 0: .*close.lua:3: closed after 7'
	check 'of each script' klog_has 'close2.lua: on_close: .*close2.lua:2: not this time'
	check_eq 'once' "$(klog_since | grep -c 'closed after')" 1
	check_fails 'not of a rule that was refused' klog_has 'of a rule that was refused'
	rule -A close3.lua
	echo 250 >/sys/module/packetscript/parameters/load_ms # which is its limit, too
	check 'one that does not end is stopped' flush
	check 'and the log says so' klog_has 'close3.lua: on_close: .*close3.lua:2: time limit exceeded'
	unhurried
	dmesg -C
	rule -A close.lua --percpu --memory 2M
	pings 2
	flush
	check_eq 'each copy is closed' "$(klog_since | grep -c 'closed after')" "$(nproc)"
done

# memory that was set aside comes back
used() { awk '/^VmallocUsed/ { print $2 }' /proc/meminfo; }
before=$(used)
for _ in {1..10}; do
	rule -A close.lua --memory 64M --percpu
	check_match 'is set aside' "$(($(used) - before))" '^[1-9][0-9]{5}$'
	flush
done | sort -u
after=$(used)
check "and comes back ($before KB before, $after KB after)" [ $((after - before)) -lt 20000 ]
