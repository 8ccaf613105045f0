#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Packets as the kernel has them: clones, pages, GSO, and what goes along with them; nothing is allocated for one.
. /tests/lib.sh

topology
column() { inR awk '$1 == 0 { print $'"$1"' }' /proc/net/packetscript; }

# a capture on R sees packets as they came, not as the script makes them
cat >rewrite.lua <<'END'
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  ip:ttl():set(33)
  p:data(packet_eth):smac():set("02:00:00:00:00:99")
  local payload = ip:data():raw(8, 4)
  if payload then payload:set(0x41) end
  ip:data(packet_icmp):checksum():set()
  return XT_CONTINUE
end
END
inR iptables -t mangle -A PREROUTING -i rA -p icmp -j LUA --script rewrite.lua
dump R dump 120 -lnnevXi rA -Q in -c 1 icmp
dump B dumpB 120 -lnnvXi eth0 -Q in -c 1 icmp
inA ping -c 1 -W 1 -p 5a -t 77 10.0.0.2 >/dev/null || true
wait
check_match 'the tap saw the old TTL' "$(cat dump)" 'ttl 77'
check_fails 'the tap saw the old address' grep -q 02:00:00:00:00:99 dump
check_match 'the tap saw the old payload' "$(cat dump)" 5a5a
check_match 'B saw the new TTL' "$(cat dumpB)" 'ttl 32'
check_match 'B saw the new payload' "$(cat dumpB)" 4141
inR iptables -t mangle -F

# the whole of large packets, which are in pages
mkdir www
head -c 3000000 /dev/urandom >www/file
start_nginx B "$PWD/www" 10.0.0.2:80
cat >sum.lua <<'END'
large = 0
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local tcp = ip:data(packet_tcp)
  if #p > 2000 then large = large + 1 end
  if tcp then
    local data = tcp:data()
    if #data > 0 then
      local a = data:get()
      local last = a[#a - 1]
      a[#a - 1] = last          -- writes the last byte of it
      tcp:window_size():set(tcp:window_size():get())
      assert(a[#a - 1] == last)
    end
  end
  return XT_CONTINUE
end
function report(p) print("large packets: " .. large) return XT_CONTINUE end
END
inR iptables -t mangle -A FORWARD -p tcp -j LUA --script sum.lua --on-error drop
for how in on off; do
	offload $how
	check "3 MB through a script that writes their ends, offload $how" inA curl -sS -m 300 -o got http://10.0.0.2/file
	check "the copy is the same, offload $how" cmp www/file got
done
inR iptables -t mangle -A FORWARD -p icmp -j LUA --script sum.lua --function report
inA ping -c 1 -W 60 10.0.0.2 >/dev/null
check 'there were packets larger than the MTU' klog_has 'large packets: [1-9]'
check_eq 'no errors' "$(column 4)" 0
inR iptables -t mangle -F

# nothing is allocated for a packet
inR iptables -t mangle -A POSTROUTING -o rB -j LUA --script /examples/nat.lua --function process_packet_snat
inR iptables -t mangle -A PREROUTING -i rB -j LUA --script /examples/nat.lua --function process_packet_dnat
inA ping -f -q -c 100 10.0.0.2 >/dev/null
packets=$(column 3) allocations=$(column 6)
inA ping -f -q -c 10000 10.0.0.2 >/dev/null
check "20,000 packets" [ $(($(column 3) - packets)) -ge 20000 ]
check_eq 'made no allocation' $(($(column 6) - allocations)) 0
for counter in 'Ip InHdrErrors' 'Tcp InCsumErrors' 'Udp InCsumErrors' 'Icmp InCsumErrors'; do
	check_eq "no $counter" "$(($(snmp A $counter) + $(snmp R $counter) + $(snmp B $counter)))" 0
done
inR iptables -t mangle -F

# verdicts
cat >verdicts.lua <<'END'
function drop() return NF_DROP end
function accept() return NF_ACCEPT end
function stolen() return NF_STOLEN end
function queue() return NF_QUEUE end
function continue() return XT_CONTINUE end
function leave() return XT_RETURN end
local n = 0
function again() n = n + 1 return n % 3 == 0 and XT_CONTINUE or NF_REPEAT end
END
verdict() { inR $iptables -t mangle -A FORWARD -p icmp -j LUA --script verdicts.lua --function $1; }
for iptables in iptables-legacy iptables-nft; do
	for function in drop stolen queue; do
		verdict $function
		check_fails "$function, $iptables" inA ping -c 1 -W 0.3 10.0.0.2
		inR $iptables -t mangle -F
	done
	verdict accept
	inR $iptables -t mangle -A FORWARD -j DROP
	check "accept ends the table, $iptables" inA ping -c 1 -W 60 10.0.0.2
	inR $iptables -t mangle -F
	for function in continue again; do
		verdict $function
		check "$function, $iptables" inA ping -c 1 -W 60 10.0.0.2
		inR $iptables -t mangle -A FORWARD -j DROP
		check_fails "$function goes on with the next rule, $iptables" inA ping -c 1 -W 0.3 10.0.0.2
		inR $iptables -t mangle -F
	done
done
iptables=iptables-nft
inR iptables-nft -t mangle -N sub
inR iptables-nft -t mangle -A sub -j LUA --script verdicts.lua --function leave
inR iptables-nft -t mangle -A sub -j DROP
inR iptables-nft -t mangle -A FORWARD -p icmp -j sub
check 'XT_RETURN leaves the chain' inA ping -c 1 -W 60 10.0.0.2

# IPv6 packets are raw bytes
inR ip6tables -t mangle -A FORWARD -j LUA --script verdicts.lua --function continue
check 'ip6tables, continue' inA ping -c 1 -W 60 fd00:b::2
inR ip6tables -t mangle -A FORWARD -j LUA --script verdicts.lua --function drop
check_fails 'ip6tables, drop' inA ping -c 1 -W 0.3 fd00:b::2
inR ip6tables-legacy -t mangle -A PREROUTING -j LUA --script verdicts.lua --function accept
check_match 'ip6tables-legacy' "$(inR ip6tables-legacy-save)" 'verdicts\.lua" --function accept'
inR ip6tables-legacy -t mangle -F
inR ip6tables -t mangle -F
inR iptables-nft -t mangle -F

# What goes along with a packet: marks, for rules and routing; devices, hooks, users. A line for each packet, where its way ends.
cat >company.lua <<'END'
local way = {}
local function note(...)
  local line = { ... }
  for i = 1, select("#", ...) do line[i] = tostring(line[i]) end
  way[#way + 1] = table.concat(line, " ")
end
function process_packet(p)
  local hook = p:hook()
  note(hook, p:dev_in(), p:dev_out(), p:uid(), p:mark(), p:priority())
  assert(p:len() == #p)
  if hook == "PREROUTING" then p:mark(p:mark() + 1) end
  if hook == "FORWARD" then p:priority(5) end
  if hook == "OUTPUT" and p:uid() == 1000 then p:mark(0x55) end
  if hook == "INPUT" or hook == "POSTROUTING" then
    print("way: " .. table.concat(way, ", "))
    way = {}
  end
  return XT_CONTINUE
end
function marked(p) note("marked") return XT_CONTINUE end
function writes(p) p:mark(1) return true end
function receives(p) return p:uid() ~= nil end
function reads(p)
  local payload = p.tcp and p.tcp:data()
  if payload and #payload > 1000 then print("way:", p:uid(), p:mark(), payload:get()[#payload - 1]) end
  return false
end
END
grep -q ^user: /etc/passwd || echo 'user:x:1000:1000::/:/bin/bash' >>/etc/passwd
inR iptables-restore <<-'END'
	*mangle
	-A PREROUTING -p udp --dport 9 -j MARK --set-mark 16
	-A PREROUTING -p udp --dport 9 -j LUA --script company.lua
	-A INPUT -p udp --dport 9 -j LUA --script company.lua
	-A INPUT -p tcp -m lua --script company.lua --function receives -j DROP
	-A FORWARD -m mark --mark 17 -j LUA --script company.lua --function marked
	-A FORWARD -p udp --dport 9 -j LUA --script company.lua
	-A OUTPUT -p udp --dport 9 -j LUA --script company.lua
	-A OUTPUT -p tcp -m lua --script company.lua --function reads
	-A POSTROUTING -p udp --dport 9 -j LUA --script company.lua
	-A POSTROUTING -p udp --dport 10 -m lua --script company.lua --function writes -j DROP
	COMMIT
END
# only marked packets have a way there: by the rule's mark and the script's, and by that of a user
ip -n R rule add fwmark 17 table 77
ip -n R rule add fwmark 0x55 table 77
ip -n R route add 10.0.9.9 via 10.0.0.2 table 77
ip -n R route add 10.0.9.9 dev rA
sends() { at "$1" bash -c "echo x >/dev/udp/$2/${3:-9}"; }
user_sends() { inR timeout 60 su -s /bin/bash user -c "$1"; }
way() { sed -n 's/.*way:[\t ]*//p' < <(dmesg -c); }
dmesg -C
sends A 10.0.9.9
check_eq 'a mark of a rule, one of the script, a rule that knows that, and the way that it leads to' "$(way)" \
	'PREROUTING rA nil nil 16 0, marked, FORWARD rA rB nil 17 0, POSTROUTING rA rB nil 17 5'
sends A 192.168.0.1
check_eq 'for this machine' "$(way)" 'PREROUTING rA nil nil 16 0, INPUT rA nil nil 17 0'
user_sends 'echo x >/dev/udp/10.0.9.9/9'
check_eq 'of a user, who is routed by a mark' "$(way)" 'OUTPUT nil rA 1000 0 0, POSTROUTING nil rB 1000 85 0'
sends R 10.0.0.2
check_eq 'of root' "$(way)" 'OUTPUT nil rB 0 0 0, POSTROUTING nil rB 0 0 0'
user_sends 'exec 3<>/dev/tcp/10.0.0.2/80; head -c 2000 /dev/zero | tr "\0" a >&3'
check_match 'a match that reads pages knows the user, too, but not who receives' "$(way)" $'^1000\t0\t97'
sends R 10.0.0.2 10
check 'a match sets no mark' klog_has 'company.lua:21: the packet is read-only'
ip -n R rule del fwmark 17
dmesg -C
sends A 10.0.9.9
check_eq 'without the rule of routing the way is another' "$(way)" 'PREROUTING rA nil nil 16 0, marked, FORWARD rA rA nil 17 0, POSTROUTING rA rA nil 17 5'

# the same of packets of runtimes
modprobe luanetfilter
run <<'LUA'
local nf = require("netfilter")
local function hook(pf, hooknum, device, mark)
  nf.register { pf = nf.family[pf], hooknum = hooknum, priority = 100, device = device, hook = function(skb)
    local p = skb:packet()
    if p.udp and p.udp.dport == 9 and p.ip.daddr == "10.0.0.2" then
      print("way:", p:hook(), p:dev_in(), p:dev_out(), p:uid(), p:mark())
      if mark then p:mark(mark) end
    end
    return nf.action.ACCEPT
  end }
end
hook("IPV4", nf.inet_hooks.FORWARD, nil, 33)
hook("IPV4", nf.inet_hooks.LOCAL_OUT)
hook("NETDEV", nf.netdev_hooks.INGRESS, "rA", 15)
hook("NETDEV", nf.netdev_hooks.EGRESS, "rB")
LUA
inR iptables -t mangle -F PREROUTING
inR iptables -t mangle -F FORWARD
sends A 10.0.0.2
check_eq 'hooks of a runtime see and set a mark' "$(way | grep -v eth0)" "$(printf '%b\n' 'INGRESS\trA\tnil\tnil\t0' \
	'FORWARD\trA\trB\tnil\t15' 'POSTROUTING rA rB nil 33 0' 'EGRESS\tnil\trB\tnil\t33')"
user_sends 'echo x >/dev/udp/10.0.0.2/9'
check_eq 'and one of a user' "$(way | sort)" "$(printf '%b\n' 'OUTPUT\tnil\trB\t1000\t85' 'OUTPUT nil rB 1000 0 0, POSTROUTING nil rB 1000 85 0' \
	'EGRESS\tnil\trB\t1000\t85' | sort)"
rmmod lunatik_run
