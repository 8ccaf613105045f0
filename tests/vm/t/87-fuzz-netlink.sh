#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# timeout: 300
# Messages of the netlink family and tables of iptables, right ones and wrong ones, by several processes at once, while packets pass
# (docs/fuzzing.md). For longer, as in a kernel that looks for mistakes: run.sh --append 'ps.fuzz=1200 ps.seed=2'; with ps.fail=20
# memory runs out in that many percent of cases, where the kernel can pretend that.
. /tests/lib.sh
. /tests/frames.sh

seconds=$(option ps.fuzz 8)
seed=$(option ps.seed 1)
failing=$(option ps.fail 0)
command -v netfuzz >/dev/null || skip "there is no netfuzz: 'make feed' makes it"
hurried
# it is loaded again and again; in some kernels a script takes long to compile
echo 'options packetscript load_ms=2000' >/etc/modprobe.d/packetscript.conf
trap 'rm /etc/modprobe.d/packetscript.conf' EXIT
modprobe -a packetscript ip_tables ip6_tables arp_tables tun
check "what the kernel takes is what docs/packetscript.yaml says" netfuzz --policy

if [ "$failing" != 0 ]; then
	echo N >/sys/kernel/debug/failslab/ignore-gfp-wait
	echo 0 >/sys/kernel/debug/failslab/verbose
	echo 20 >/sys/kernel/debug/fail_page_alloc/min-order # the kernel complains of these
fi
mkdir /tmp/fuzz
write() { cat >"/tmp/fuzz/$1.lua"; }
write pass <<'END'
function process_packet(p) nf.count("passed") return XT_CONTINUE end
function match_packet(p) return true end
function other(p) return NF_ACCEPT end
END
write named <<'END'
local a, b = set.named("fuzz-a"), set.named("fuzz-b")
local t, q = shared.table("fuzz-a"), shared.queue("fuzz-a", 64)
local function look(p)
  t:add("packets", 1)
  t[1] = (t[1] or 0) ~= 0 and 0 or 1
  if not q:send(p.len) then q:receive() end
  return a:has(p.ip and p.ip.saddr) or b:has("10.0.0.1")
end
function process_packet(p)
  pcall(look, p)
  return XT_CONTINUE
end
function match_packet(p) return (pcall(look, p)) end
other = process_packet
END
write match <<'END'
function match_packet(p) return p.ip and p.ip.ttl > 3 end
function process_packet(p)
  if p.udp then p.udp.checksum = p.udp.checksum end
  return math.random(20) == 1 and NF_DROP or XT_CONTINUE
end
END
write later <<'END'
local n = 0
function work(skb, id) n = n + id end
local function tick(id) print("tick " .. id) end
function process_packet(p)
  n = n + 1
  if n % 8 == 0 then nf.timer(n % 9, tick, n) end
  if n % 3 == 0 then nf.schedule(nil, "work", n) end
  return XT_CONTINUE
end
function match_packet(p) return n % 2 == 0 end
function on_reload(old) n = n + 1 end
function on_close() print("closed after " .. n) end
END
write errors <<'END'
function process_packet(p) local function deep(i) return i == 0 and error({}) or deep(i - 1) + 0 end return deep(30) end
function match_packet(p) return p.nothing.at.all end
function on_reload() if math.random(2) == 1 then error("not now") end end
function on_close() error("not even that") end
END
write hostile <<'END'
function process_packet(p) while true do end end
END
echo 'function process_packet(p' | write wrong
cp /tmp/fuzz/pass.lua /tmp/fuzz/edited.lua
cp /tmp/fuzz/pass.lua /tmp/fuzz/asked.lua

# hold: the kernel patches jumps in its own code with the first hook of a place and the last one. An emulated processor may keep the breakpoint that
# is there meanwhile (tests/vm/init), and never gets over it: so somebody has these all the time.
hold() {
	local family hook chains
	modprobe packetscript
	ip netns add H
	ip -n H link set lo up
	for family in inet:prerouting,input,forward,output,postrouting arp:input,output bridge:prerouting,input,forward,output,postrouting \
		netdev:ingress,egress; do
		chains=
		for hook in $(tr , ' ' <<<"${family#*:}"); do
			chains+="chain $hook { type filter hook $hook $([ "${family%:*}" != netdev ] || echo device lo) priority 0; }"$'\n'
		done
		at H nft -f - <<<"table ${family%:*} held { $chains }" || echo "# hooks of ${family%:*} are not held"
	done
	at H packetscript attach /tmp/fuzz/pass.lua --hook output >/dev/null
}

# programs NS: on lo are programs of tc and XDP, with a script that no message names. It fails where modules have no types for them.
programs() {
	local hook
	for hook in tc-ingress tc-egress xdp; do
		at "$1" packetscript attach /tmp/fuzz/asked.lua --hook $hook --dev lo --state 1 2>/tmp/said || return
	done
}
# fuzz OPTION…: in a namespace with which all goes that it has made
fuzz() {
	local status=0
	ip -batch - <<-END
		netns add R
		link add rA netns R type veth peer name rB netns R
	END
	ip -n R link set rA up
	ip -n R link set rB up
	if [[ " $* " == *' --programs '* ]]; then programs R || status=3; fi
	inR netfuzz "$@" || status=$?
	ip netns del R
	return $status
}
goes() { wait_for modprobe -r xt_LUA packetscript_bpf packetscript_nat packetscript_flow packetscript_conntrack packetscript; }

# At first the modules may go meanwhile. What the kernel has once is there then.
check 'so it is while the modules come and go' fuzz --seed 0 --seconds 4 --cases 200
check 'the modules go' goes
before=$(unreclaimable)
hold
with=()
if programs H; then
	with=(--programs)
elif modules_have_types; then
	fail 'scripts can be attached at tc and XDP' "$(cat /tmp/said)"
else
	echo '# the modules have no types (BTF) here: tc and XDP have no packets'
fi
at H packetscript detach /tmp/fuzz/asked.lua >/dev/null 2>&1 || true
for worker in 0 5 6; do
	check_match "a case of worker $worker is done alone" "$(at H netfuzz --seed 1 --only $worker.17 && echo done)" ' 1 cases; .*done$'
done
check_fails 'and one of nobody is not' at H netfuzz --seed 1 --only 7.17
status=0
fuzz --seed "$seed" --seconds "$seconds" --fail "$failing" "${with[@]}" || status=$?
check_eq 'many messages are taken, and all that comes back is as it should be' $status 0
ip netns del H
check 'the modules go then, too' goes
after=$(unreclaimable)
echo "# slabs: $before KB before, $after KB afterwards"
check 'and no memory is lost' [ $((after - before)) -lt 4096 ]
