#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Packets as the kernel has them: clones, pages, GSO; nothing is allocated for one.
. /tests/lib.sh

topology
no_hurry
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
inR timeout 120 tcpdump -lnnevXi rA -Q in -c 1 icmp >dump 2>dump.err &
wait_for grep -q 'listening on' dump.err
inB timeout 120 tcpdump -lnnvXi eth0 -Q in -c 1 icmp >dumpB 2>dumpB.err &
wait_for grep -q 'listening on' dumpB.err
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
