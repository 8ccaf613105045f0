#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Packets that scripts send: answers, segments, frames, what cannot be sent, limits; and the rest of the library nf.
. /tests/lib.sh

topology
modprobe xt_LUA
limit() { echo "$2" >"/sys/module/packetscript/parameters/$1"; }
wrong() { snmp_sum 'Icmp InCsumErrors' 'Udp InCsumErrors' 'Tcp InCsumErrors' 'Udp6 InCsumErrors' 'Icmp6 InCsumErrors' 'Ip InHdrErrors'; }
for end in A:eth0 R:rA R:rB B:eth0; do at ${end%:*} ethtool -K ${end#*:} tx off >/dev/null; done	# so that checksums are looked at

# --- pings, of both kinds
cp /examples/ping_responder.lua /examples/mirror.lua .
inR iptables -t mangle -A PREROUTING -j LUA --script ping_responder.lua
inR ip6tables -t mangle -A PREROUTING -j LUA --script ping_responder.lua
check 'pings are answered by a script' inA ping -c 3 -i 0.2 -W 60 198.51.100.9
check 'of any size' inA ping -c 1 -s 1400 -W 60 198.51.100.200
check 'of IPv6, too' inA ping -6 -c 3 -i 0.2 -W 60 2001:db8:51::9
check 'whoever else is asked still answers' inA ping -c 1 -W 60 10.0.0.2
check 'and by IPv6' inA ping -6 -c 1 -W 60 fd00:b::2
check_eq 'no checksum is wrong' "$(wrong)" 0
inR iptables -t mangle -F
inR ip6tables -t mangle -F

# --- UDP: the payload comes back
cat >answer.lua <<'END'
-- the headers of an answer to a datagram for port 7, and its payload
return function(p)
  local ip, udp = p.ip or p.ip6, p.udp
  if not udp or udp.dport ~= 7 then return end
  local head = ip:raw(0, p.ip and 20 or 40):to_bytes()
  local new = bytes.to_packet(head, p.ip and packet_ip or packet_ip6)
  new.saddr, new.daddr = ip.daddr, ip.saddr
  if p.ip then new.id = 0 end
  local ports = bytes.new(8)
  ports:u16(0, udp.dport)
  ports:u16(2, udp.sport)
  return head, ports, udp:data():get()
end
END
cat >udp.lua <<'END'
local answer = require "answer"
-- answers with the payload that it was sent; "many" as often as may be, "large" in segments
function process_packet(p)
  local head, ports, payload = answer(p)
  if not head then return XT_CONTINUE end
  local text, sent, why = payload:string(), nil, nil
  if text == "large" then
    sent, why = nf.send{ head, ports, ("0123456789"):rep(2000), segment = 1000 }
  elseif text == "many" then
    local n = 0
    repeat
      sent, why = nf.send{ head, ports, payload }
      if sent then n = n + 1 end
    until not sent
    print("sent", n)
  else
    sent, why = nf.send{ head, ports, payload:slice(0, 4), payload:slice(4), "!" }
  end
  if not sent then print("not sent", why) end
  return NF_DROP
end
END
inR iptables -t mangle -A PREROUTING -p udp -j LUA --script udp.lua
inR ip6tables -t mangle -A PREROUTING -p udp -j LUA --script udp.lua
check_eq 'a datagram is answered' "$(udp_ask A 198.51.100.9 7 hello)" 'hello!'
check_eq 'of IPv6, too' "$(udp_ask A fd00:b::9 7 'hello again')" 'hello again!'
check_eq 'no checksum is wrong' "$(wrong)" 0

# --- segments: one packet to send, as many on the wire as it has segments
inR ethtool -K rA gso off tso off tx off sg off >/dev/null
for family in 4 6; do
	address=198.51.100.9
	[ $family = 4 ] || address=fd00:b::9
	dump A segments 120 -lnnvvi eth0 -Q in -c 20 "udp src port 7"
	inA bash -c "exec 3<>/dev/udp/$address/7; printf large >&3; sleep 1"
	wait
	check_eq "segments of UDP over IPv$family" "$(grep -c 'UDP, length 1000' segments)" 20
	check_eq "have right checksums over IPv$family" "$(grep -c 'udp sum ok' segments)" 20
	grep -q 'udp sum ok' segments || head -4 segments
done
check_eq 'and whoever gets them agrees' "$(wrong)" 0
cat >tcp.lua <<'END'
function process_packet(p)
  local ip = p.ip
  if not p.tcp then return XT_CONTINUE end
  local head = ip:raw(0, 20):to_bytes()
  local new = bytes.to_packet(head, packet_ip)
  new.saddr, new.daddr = ip.daddr, ip.saddr
  local tcp = "\0\80\3\232\0\0\0\1\0\0\0\2\x50\x99\255\255\0\0\0\0"
  print(nf.send{ head, tcp, ("0123456789"):rep(6000), segment = 1400 })
  return NF_DROP
end
END
inR iptables -t mangle -A PREROUTING -p tcp --dport 9 -j LUA --script tcp.lua
dump A segments 120 -lnnvSi eth0 -Q in -c 43 "tcp src port 80"
inA timeout 5 bash -c 'exec 3<>/dev/tcp/198.51.100.9/9' 2>/dev/null || true
wait
check_eq 'segments of TCP' "$(grep -c 'length 1400' segments)" 42
check_eq 'have right checksums' "$(grep -c '(correct)' segments)" 43
check_match 'and sequence numbers' "$(tail -2 segments)" 'seq 58801:60001'
inR iptables -t mangle -F
inR ip6tables -t mangle -F

# --- bytes of a shared table's value, to which packets refer: they are right, though the value goes at once, and its memory is used again
cat >lent.lua <<'END'
local answer, t, words = require "answer", shared.table("lent"), {}
for i = 0, 4999 do words[#words + 1] = ("%04d"):format(i) end
local text, other = table.concat(words), ("x"):rep(20000)
function process_packet(p)
  local head, ports = answer(p)
  if not head then return XT_CONTINUE end
  t.text = text
  local sent, why = nf.send{ head, ports, { t, "text", 4, 9000 }, { t, "text", 9004, 10992 }, segment = 1000 }
  if not sent then print("not sent", why) end
  t.text = nil
  for i = 1, 20 do t[i] = other end
  return NF_DROP
end
END
words() { seq -f %04g -s '' 1 4998; }
# lent FAMILY: the words that come
lent() {
	local address=198.51.100.9
	[ "$1" = 4 ] || address=fd00:b::9
	inA timeout 20 bash -c "exec 3<>/dev/udp/$address/7; printf x >&3; dd bs=64k count=20 status=none <&3"
}
lends() { for command in iptables ip6tables; do inR $command -t mangle -A PREROUTING -p udp -j LUA --script lent.lua; done; }
lends
for offloads in off on; do
	inR ethtool -K rA gso $offloads tso $offloads tx $offloads sg $offloads >/dev/null
	for family in 4 6; do
		check_eq "what is lent arrives over IPv$family, offloads $offloads" "$(lent $family)" "$(words)"
	done
done
tc -n R qdisc add dev rA root netem delay 700ms
before=$(snmp R Ip OutRequests)
has_left() { [ "$(snmp R Ip OutRequests)" -gt "$before" ]; }
lent 4 >came & receiver=$!
wait_for has_left
inR iptables -t mangle -F
inR ip6tables -t mangle -F
check 'the modules go while it is under way' modprobe -r xt_LUA
wait $receiver
check_eq 'and it arrives' "$(cat came)" "$(words)"
tc -n R qdisc del dev rA root
check_eq 'with right checksums' "$(wrong)" 0

# --- what cannot be sent
cat >not.lua <<'END'
local function ip(t)
  local b = bytes.new(28)
  local ip = bytes.to_packet(b, packet_ip)
  ip.version, ip.ihl, ip.ttl, ip.protocol, ip.saddr, ip.daddr = 4, 5, 64, 17, t.from or "10.0.0.1", t.to or "10.0.0.2"
  ip.flags = t.flags or 0
  return b
end
local function ip6(to)
  local b = bytes.new(48)
  b[6] = 17
  local ip = bytes.to_packet(b, packet_ip6)
  ip.version, ip.hop_limit, ip.saddr, ip.daddr = 6, 64, "fd00:b::1", to
  return b
end
local cases = {
  route = { ip{ to = "203.0.113.1" } }, route6 = { ip6 "2001:db8:ffff::1" }, from = { ip{ from = "224.0.0.1" } },
  device = { ip{}, dev = "none0" }, down = { ip{}, dev = "down0" }, whole = { ip{ flags = 2 }, ("x"):rep(1500) },
  large6 = { ip6 "fd00:b::2", ("x"):rep(1500) }, segments = { ip{}, ("x"):rep(4000), segment = 2000 },
  frame = { "x", link = ("\2"):rep(14), dev = "none0" }, tunnel = { "x", link = ("\2"):rep(14), dev = "tun0" },
  frame_down = { "x", link = ("\2"):rep(14), dev = "down0" }, long = { ("x"):rep(1501), link = ("\2"):rep(14), dev = "rB" },
  fragments = { ip{}, ("x"):rep(3000) }, fine = { ip{}, dev = "rB", mark = 4, priority = 3 }, marked = { ip{}, mark = 5 },
}
function process_packet(p)
  local told = {}
  for name, case in pairs(cases) do
    local sent, why = nf.send(case)
    told[#told + 1] = ("%s %s %s"):format(name, sent, why)
  end
  print(table.concat(told, "; "))
  for name, case in pairs{ malformed = { ("x"):rep(40) }, cut = { ip{}:slice(0, 10) } } do print(name, pcall(nf.send, case)) end
  return NF_DROP
end
END
ip -n R link add down0 type veth peer name down1
modprobe tun
ip -n R tuntap add dev tun0 mode tun
ip -n R link set tun0 up
ip -n R rule add fwmark 5 prohibit
inR iptables -t mangle -I PREROUTING -p udp --dport 8 -j LUA --script not.lua --state 9
udp_ask A 10.0.0.2 8 x 1 >/dev/null 2>&1 || true
told=$(klog_since | grep 'state 9: .*route6' || true)
for what in 'route nil no route' 'route6 nil no route' 'from nil no route, or none from such an address' 'device nil there is no such device' \
	'down nil the device is down' 'whole nil it is larger than the route.s MTU, and may not be cut into fragments' \
	'large6 nil it is larger than the route.s MTU' 'segments nil its segments are larger than the route.s MTU' 'frame nil there is no such device' \
	'tunnel nil it is no Ethernet device' 'frame_down nil the device is down' 'long nil it is larger than the device.s MTU' \
	'fragments true nil' 'fine true nil' 'marked nil no route'; do
	check_match "$what" "$told" "$what"
done
check 'what is malformed is an error' klog_has 'state 9: .*malformed.false.*this is no packet to send'
inR iptables -t mangle -F
inR ip6tables -t mangle -F

# --- routes are remembered, and looked for anew when something has changed
cat >route.lua <<'END'
local head = bytes.new(28)
do
  local ip = bytes.to_packet(head, packet_ip)
  ip.version, ip.ihl, ip.ttl, ip.protocol, ip.saddr, ip.daddr = 4, 5, 64, 17, "198.51.100.9", "192.168.0.2"
  head:u16(20, 7)
  head:u16(22, 7777)
end
function process_packet(p)
  print("route:", nf.send{ head, "x" })
  return NF_DROP
end
END
ip -n R link add gone0 type veth peer name gone1
ip -n R link set gone0 up
ip -n R link set gone1 up
ip -n R addr add 203.0.113.1/24 dev gone0
inR iptables -t mangle -I PREROUTING -p udp --dport 9 -j LUA --script route.lua --state 10
# sends N: what is said when it is asked for the Nth time
sends() {
	inA bash -c 'echo x >/dev/udp/10.0.0.2/9'
	wait_for said_so "$1"
	klog_since | grep 'state 10: .*route:' | tail -n 1 | sed 's/.*route:[[:space:]]*//'
}
said_so() { [ "$(klog_since | grep -c 'state 10: .*route:')" -ge "$1" ]; }
check_eq 'it is sent' "$(sends 1)" true
check_eq 'and again' "$(sends 2)" true
ip -n R route add prohibit 192.168.0.2
check_match 'not where a route forbids it meanwhile' "$(sends 3)" 'nil.no route'
ip -n R route del prohibit 192.168.0.2
check_eq 'but when that is gone' "$(sends 4)" true
ip -n R rule add to 192.168.0.2 prohibit
check_match 'nor where a rule does' "$(sends 5)" 'nil.no route'
ip -n R rule del to 192.168.0.2 prohibit
ip -n R route add 192.168.0.2 dev gone0
check_eq 'another device may be where it goes' "$(sends 6)" true
check 'and that can be removed' timeout 60 ip -n R link del gone0
check_eq 'then it goes where it went before' "$(sends 7)" true
inR iptables -t mangle -F

# --- a frame out of another device
sed 's/mirror0/rB/' mirror.lua >mirror_rB.lua
inR iptables -t mangle -A PREROUTING -i rA -p icmp -j LUA --script mirror_rB.lua
mac=$(ip -n A -br link show eth0 | awk '{ print $3 }')
dump B mirrored 120 -lnnei eth0 -c 2 "ether src $mac"
inA ping -c 2 -i 0.2 -W 60 192.168.0.1 >/dev/null
wait
check_eq 'a mirror shows what came' "$(grep -c '192.168.0.2 > 192.168.0.1: ICMP echo request' mirrored)" 2
ip -n R link set rB down
inA ping -c 1 -W 60 192.168.0.1 >/dev/null
check 'and says why it cannot' klog_has 'mirror_rB.lua:[0-9]+: 1 packets not mirrored: the device is down'
ip -n R link set rB up
inR iptables -t mangle -F

# --- what a script sends does not come back to it, but to others
cat >echo.lua <<'END'
seen, own = 0, 0
local function ping(id)
  local b = bytes.new(28)
  local ip = bytes.to_packet(b, packet_ip)
  ip.version, ip.ihl, ip.ttl, ip.protocol, ip.saddr, ip.daddr, ip.id = 4, 5, 64, 17, "10.0.0.1", "10.0.0.2", id
  return b
end
function start(p) nf.create_packet(nil, ping(1)) return XT_CONTINUE end
function out(p) seen = seen + 1 nf.create_packet(nil, ping(2)) return XT_CONTINUE end
function report(p) print("seen", seen) return XT_CONTINUE end
END
for chain in OUTPUT POSTROUTING; do inR iptables -t mangle -A $chain -p udp -j LUA --script echo.lua --function out --state 1; done
inR iptables -t mangle -A PREROUTING -i rA -p icmp -j LUA --script echo.lua --function start --state 1
inR iptables -t mangle -A PREROUTING -i rA -p icmp -j LUA --script echo.lua --function report --state 1
inA ping -c 3 -i 0.2 -W 60 192.168.0.1 >/dev/null
check 'rules of the same state pass it over' klog_has 'state 1: .*seen.0'
check_fails 'always' klog_has 'state 1: .*seen.[1-9]'
# two states that answer each other never end by themselves: a second has its limit
inR iptables -t mangle -A OUTPUT -p udp -j LUA --script echo.lua --function out --state 2
rate=500
[ ! -e /sys/kernel/debug/kmemleak ] || rate=50 # a debug kernel is busy with fewer; and KASAN keeps what is freed until somebody allocates who may sleep
limit send_rate $rate
before=$(snmp R Ip OutRequests) begun=$SECONDS
inA ping -c 1 -W 60 192.168.0.1 >/dev/null
check 'two states that answer each other leave the machine usable' inA ping -c 5 -i 0.3 -W 60 192.168.0.1
check 'as each sees what the other sends' klog_has 'state 1: .*seen.[1-9]'
inR iptables -t mangle -F
between=$(($(snmp R Ip OutRequests) - before))
most=$((2000 * (SECONDS - begun + 1)))
check 'since there is a limit for each second' test "$between" -lt $((most > 20000 ? most : 20000))
limit send_rate 100000

# --- limits
inR iptables -t mangle -A PREROUTING -p udp -j LUA --script udp.lua
udp_ask A 198.51.100.9 7 many >/dev/null
check 'so many packets for one' klog_has 'sent.64$'
check 'the next is too many' klog_has 'not sent.too many packets for one packet .send_each.'
limit send_each 5
udp_ask A 198.51.100.9 7 many >/dev/null
check 'which may be changed' klog_has 'sent.5$'
limit send_each 64
limit send_queue_kib 0
check_fails 'nothing waits to be sent if nothing may' udp_ask A 198.51.100.9 7 many 1
check 'which is said' klog_has 'not sent.too much waits to be sent .send_queue_kib.'
limit send_queue_kib 4096
check_eq 'and changes at once' "$(udp_ask A 198.51.100.9 7 again)" 'again!'

# --- rules and modules that go while packets come
flood() { inA timeout 100 bash -c 'exec 3<>/dev/udp/198.51.100.9/7; while :; do printf "$0" >&3; done' "$1" 2>/dev/null || true; }
flood many &
flood hello &
before=$(unreclaimable)
for ((i = $(rounds 20 8); i; i--)); do
	inR iptables -t mangle -F
	inR iptables -t mangle -A PREROUTING -p udp -j LUA --script udp.lua --state $((i % 3))
done
inR iptables -t mangle -F
check 'the modules go while packets come' wait_for unload
check_fails 'all of them' grep -q packetscript /proc/modules
inR iptables -t mangle -A PREROUTING -p udp -j LUA --script udp.lua
# a device that goes, and a namespace, with packets on their way
ip -n R link del rB
ip netns del R
check 'and again' wait_for unload
after=$(unreclaimable)
check "memory is as before ($before, $after KB)" test $((after - before)) -lt 2000

# --- the rest of nf
modprobe xt_LUA
ip netns add T
at T ip link set lo up
cat >nf.lua <<'END'
local last = nf.get_time("ns")
function process_packet(p)
  local now = nf.get_time("ns")
  nf.log("warning", "it took", now > last, now - last < 600000000000)
  nf.log(7, nf.get_random() ~= nf.get_random())
  return XT_CONTINUE
end
END
at T iptables -t mangle -A OUTPUT -p icmp -j LUA --script nf.lua
at T ping -c 1 -W 60 127.0.0.1 >/dev/null
levels=$(dmesg -r)
check_match 'log lines have their levels, and time passes' "$levels" '<4>[^<]*nf.lua:4: it took.true.true'
check_match 'also that of debugging' "$levels" '<7>[^<]*nf.lua:5: true'
