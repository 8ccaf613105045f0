#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# timeout: 300
# p:flow(), f:cut() and nf.limit() with real programs on both sides: one table for both directions, verdicts without the script.
. /tests/lib.sh

topology
no_state() { [ -z "$(inR sed 1d /proc/net/packetscript)" ]; }
flush() {
	inR iptables -t mangle -F
	inR ip6tables -t mangle -F
	wait_for no_state
}
told() { klog_since | sed -n "s/.*\.lua:[0-9]*: $1\t//p" | tail -n 1; }
both() { inR iptables -t mangle "$@" && inR ip6tables -t mangle "$@"; }

head -c 20000000 /dev/zero >large.bin
start_nginx B "$PWD" 10.0.0.2:80
start_nginx B "$PWD" '[fd00:b::2]:80'
inB dnsmasq --no-daemon --conf-file=/dev/null --user=root --pid-file=dnsmasq.pid --no-resolv --no-hosts --no-poll \
	--host-record=example.org,192.0.2.7 2>dnsmasq.log &
served() { inA curl -sf --max-time 60 "$1/${2:-large.bin}" | wc -c; }
can_ask() { grep -q 192.0.2.7 < <(inA dig +tries=1 +time=1 +short @10.0.0.2 example.org); }
wait_for can_ask || fail 'the name server answers' "$(inA dig @10.0.0.2 example.org 2>&1)"

# --- one table for each connection ---
cat >flow.lua <<'END'
local first, kinds = {}, { [1] = "icmp", [6] = "tcp", [17] = "udp", [58] = "icmp" }
function process_packet(p)
  local f = p:flow()
  if not f then return XT_CONTINUE end
  local protocol = p.ip and p.ip.protocol or p.ip6.nexthdr
  local source = p.ip and p.ip.saddr or p.ip6.saddr
  if not f.source then
    f.source, f.there, f.back = source, 0, 0
    f.kind = kinds[protocol]
    first[#first + 1] = f
  end
  if source == f.source then f.there = f.there + 1 else f.back = f.back + 1 end
  return XT_CONTINUE
end
function on_close()
  local n, both = {}, {}
  for _, f in ipairs(first) do
    local kind = f.kind .. (f.source:find(":") and "6" or "")
    n[kind] = (n[kind] or 0) + 1
    if f.there > 0 and f.back > 0 then both[kind] = (both[kind] or 0) + 1 end
  end
  for _, kind in ipairs{ "icmp", "icmp6", "udp", "tcp", "tcp6" } do print(kind, n[kind] or 0, both[kind] or 0) end
  print("count", flow.count(), #first)
end
END
dmesg -C
both -A FORWARD -j LUA --script flow.lua --memory 8M
inA ping -q -c 5 -i 0.05 -W 60 10.0.0.2 >/dev/null
inA ping -q -c 5 -i 0.05 -W 60 10.0.0.2 >/dev/null
inA ping -q -c 5 -i 0.05 -W 60 fd00:b::2 >/dev/null
check_eq 'a large file comes' "$(served http://10.0.0.2)" 20000000
check_eq 'over IPv6, too' "$(served 'http://[fd00:b::2]')" 20000000
for i in 1 2 3; do check 'a name is found' can_ask; done
flush
check_eq 'each ping is a flow, with its answers' "$(told icmp)" '2	2'
check_eq 'over IPv6, too' "$(told icmp6)" '1	1'
check_eq 'each question is one' "$(told udp)" '3	3'
check_eq 'each connection is one' "$(told tcp) $(told tcp6)" '1	1 1	1'
check_eq 'nothing else is counted' "$(told count)" '8	8'

# --- what has been cut runs no script ---
cat >cut.lua <<'END'
local seen, cuts = 0, 0
function process_packet(p)
  local f = p:flow()
  seen = seen + 1
  f.packets = (f.packets or 0) + 1
  if f.packets == 4 then
    cuts = cuts + 1
    f:cut()
  end
  return XT_CONTINUE
end
function on_close() print("cut", cuts, seen) end
END
dmesg -C
both -A FORWARD -j LUA --script cut.lua --on-error drop
for i in 1 2 3; do
	check_eq 'a connection that is cut goes on' "$(served http://10.0.0.2)" 20000000
	check_eq 'over IPv6, too' "$(served 'http://[fd00:b::2]')" 20000000
done
flush
check_eq 'the script saw four packets of each' "$(told cut)" '6	24'

# --- the verdict of a cut ---
cat >verdict.lua <<'END'
function process_packet(p)
  local f = p:flow()
  f.packets = (f.packets or 0) + 1
  if f.packets == 6 then f:cut(NF_DROP) end
  return XT_CONTINUE
end
END
both -A FORWARD -j LUA --script verdict.lua
check_match 'three pings and their answers pass' "$(inA ping -q -c 6 -i 0.05 -W 1 10.0.0.2)" ' 3 received'
check_match 'another ping is another flow' "$(inA ping -q -c 3 -i 0.05 -W 60 10.0.0.2)" ' 3 received'
check_match 'over IPv6, too' "$(inA ping -q -c 6 -i 0.05 -W 1 fd00:b::2)" ' 3 received'
(inA ping -q -c 20 -i 0.2 -W 1 10.0.0.2 >pinged || true) &
sleep 2		# whenever it is: what was counted, and what was cut, goes over
check 'the scripts are loaded anew' inR packetscript reload
wait $!
check_match 'a connection goes over' "$(cat pinged)" ' 3 received'
flush

cat >match.lua <<'END'
function match_packet(p)
  local f = p:flow()
  f.packets = (f.packets or 0) + 1
  if f.packets == 4 then f:cut(true) end
  return false
end
END
inR iptables -t mangle -A FORWARD -m lua --script match.lua -j DROP
check_match 'a match that is cut goes on with its answer' "$(inA ping -q -c 6 -i 0.05 -W 1 10.0.0.2)" ' 2 received'
flush

# --- many connections, of which few are kept ---
cat >many.lua <<'END'
flow.options{ size = 100 }
local new, most = 0, 0
function process_packet(p)
  local f = p:flow()
  if not f.known then new = new + 1 end
  f.known = true
  if flow.count() > most then most = flow.count() end
  return XT_CONTINUE
end
function on_close() print("many", new, most) end
END
dmesg -C
both -A FORWARD -i rA -p udp -j LUA --script many.lua
inA bash -c 'for ((port = 1; port <= 500; port++)); do printf x >"/dev/udp/10.0.0.2/$((20000 + port))"; done'
flush
check_eq 'so many are kept' "$(told many)" '500	100'

# --- a rate ---
cat >rate.lua <<'END'
local slow = { rate = 1, per = 60000, burst = 5 }
function process_packet(p)
  return nf.limit(slow, p.ip and p.ip:saddr() or p.ip6:saddr()) and XT_CONTINUE or NF_DROP
end
END
both -A FORWARD -i rA -j LUA --script rate.lua
check_match 'the burst passes' "$(inA ping -q -c 9 -i 0.05 -W 1 10.0.0.2)" ' 5 received'
check_match 'each source has one' "$(inA ping -q -c 9 -i 0.05 -W 1 fd00:b::2)" ' 5 received'
flush

# --- rules go while connections are cut and others are made ---
dmesg -C
for i in {1..5}; do
	both -A FORWARD -j LUA --script cut.lua
	both -A FORWARD -j LUA --script flow.lua --state 1 --percpu
	(inA curl -sf --max-time 100 http://10.0.0.2/large.bin | wc -c >got) &
	inA ping -q -f -c 200 -W 1 10.0.0.2 >/dev/null
	flush
	wait $!
	check_eq 'a download goes on without its rules' "$(cat got)" 20000000
done
check_eq 'nothing failed' "$(klog_since | grep -cE 'error|failed|WARNING|BUG' || true)" 0

# --- the guard against floods of SYNs, with a real client and a real server ---
dmesg -C
inR iptables -t mangle -A PREROUTING -i rA -d 10.0.0.2 -p tcp -j LUA --script /examples/syn_guard.lua --state 2
# opened: connections of which the server has got the SYN. (PassiveOpens may count one twice, if two CPUs get its next two packets.)
inB nft -f - <<'END'
table ip seen {
	set opened { type ipv4_addr . inet_service; flags dynamic; size 100; }
	chain in {
		type filter hook input priority 0
		tcp flags & (syn | ack) == syn add @opened { ip saddr . tcp sport }
	}
}
END
opened() { inB nft list set ip seen opened | grep -o '[0-9] \. [0-9]' | wc -l; }
echo small >small.txt
check_eq 'who answers a cookie gets through' "$(inA curl -sf --max-time 60 http://10.0.0.2/small.txt)" small
check_eq 'and is known then' "$(inA curl -sf --max-time 60 http://10.0.0.2/small.txt)" small
check_eq 'the server had two connections' "$(opened)" 2
check_eq 'a large file comes, too' "$(served http://10.0.0.2)" 20000000
inA iptables -A INPUT -p tcp --sport 80 -j DROP		# as if it had an address of others: it never sees an answer
inA ip addr add 192.168.0.77/24 dev eth0
check_fails 'who does not answer does not' inA curl -sf --max-time 3 --interface 192.168.0.77 http://10.0.0.2/small.txt
check_eq 'of which the server knows nothing' "$(opened)" 3
inA iptables -F INPUT
check_eq 'until the answer comes' "$(inA curl -sf --max-time 60 --interface 192.168.0.77 http://10.0.0.2/small.txt)" small
inR iptables -t mangle -F
