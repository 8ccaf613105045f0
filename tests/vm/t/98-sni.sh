#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The example filter: the name in TLS's first packet decides, where packets are forwarded, where they leave, and where they come in, by an
# XDP program.
. /tests/lib.sh

topology
offload on
dir=$(mktemp -d)
printf '[req]\ndistinguished_name = name\n[name]\n' >"$dir/cnf"
openssl req -x509 -config "$dir/cnf" -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$dir/key" -out "$dir/cert" \
	-subj /CN=test 2>/dev/null
# Each has its own server, which waits for who was cut off.
for n in {2..7}; do
	[ $n = 2 ] || ip -n B addr add 10.0.0.$n/24 dev eth0
	at B openssl s_server -quiet -accept 10.0.0.$n:443 -key "$dir/key" -cert "$dir/cert" -www >/dev/null 2>&1 </dev/null &
done
# get NS NAME ADDRESS [SECONDS]
get() {
	at "$1" curl -sk --max-time "${4:-60}" --resolve "$2:443:$3" -o /dev/null -w '%{http_code}' "https://$2/" || true
}
for n in {2..7}; do wait_for inB bash -c "exec 3<>/dev/tcp/10.0.0.$n/443"; done
check_eq 'without a filter' "$(get A ebpf.io 10.0.0.2)" 200
# Who is cut off still waits for its server: each form has others. And he asks again: about NAME is what was said last of that one.
about() { all_said | grep "^filter_sni: $1 " | tail -n 1; }
forwarded=3 local=4
for form in nf_sni packet_sni; do
	run_afresh <$lua/examples/filter/$form.lua
	check_eq "$form: a name that is not blocked" "$(get A example.org 10.0.0.2)" 200
	check_eq "$form: the log says so" "$(about example.org)" 'filter_sni: example.org ACCEPT'
	check_eq "$form: one that is, forwarded" "$(get A ebpf.io 10.0.0.$forwarded 3)" 000
	check_match "$form: the log says so, too" "$(about ebpf.io)" 'filter_sni: ebpf.io DROP'
	check_eq "$form: one that is, of this machine" "$(get B ebpf.io 10.0.0.$local 3)" 000
	check_eq "$form: without a name" "$(at A curl -sk --max-time 60 -o /dev/null -w '%{http_code}' https://10.0.0.2/)" 200
	rmmod lunatik_run
	forwarded=5 local=6
done
check_eq 'and as it was' "$(get A ebpf.io 10.0.0.2)" 200

run <<'LUA'
local xdp = require("xdp")
print(xdp.action.ABORTED, xdp.action.DROP, xdp.action.PASS, xdp.action.TX, xdp.action.REDIRECT)
print(1, (select(2, pcall(xdp.attach))))
print(2, (select(2, pcall(xdp.attach, print))))
print(3, (select(2, pcall(xdp.attach, print))))
print(4, pcall(xdp.detach))
LUA
check_eq 'the table of XDP' "$(said 5 | head -1)" $'0\t1\t2\t3\t4'
check_match 'it wants a function' "$(said 4 | head -1)" 'function expected, got no value'
check_match 'detached' "$(said)" $'^4\ttrue'
rmmod lunatik_run
why=$(all_said | grep $'^2\t' | cut -f 2-)
if [ "$why" != nil ]; then
	check_match 'without BTF it says why' "$why" 'make btf_install'
	rmmod luaxdp
	skip "no XDP program can call a script here: $why"
fi
[ -e /usr/lib/bpf/https.o ] || skip "no XDP program: 'make root' had no clang to make it"
check_match 'a runtime has one function' "$(all_said | grep $'^3\t')" 'attached already'

# The example's XDP program, where packets come in at R.
modprobe luaxdp
check 'its program is taken' ip -n R link set dev rA xdpgeneric object /usr/lib/bpf/https.o section xdp
check_fails 'and keeps the module' rmmod luaxdp
check_eq 'without a script all pass' "$(get A ebpf.io 10.0.0.2)" 200
sni() { modprobe lunatik_run script=examples/filter/sni; }
sni
check_eq 'XDP: a name that is not blocked' "$(get A example.org 10.0.0.2)" 200
check_eq 'the log says that, too' "$(about example.org)" 'filter_sni: example.org PASS'
check_eq 'one that is' "$(get A ebpf.io 10.0.0.7 3)" 000
check_eq 'and that' "$(about ebpf.io)" 'filter_sni: ebpf.io DROP'
check 'other ports pass' inA ping -c 1 -W 60 10.0.0.2
rmmod lunatik_run
check_eq 'all pass when it has gone' "$(get A ebpf.io 10.0.0.2)" 200

# Scripts in its place. instead <<<TEXT; asks: what a client gets then
instead() { cat >$lua/examples/filter/sni.lua; sni; }
asks() { get A ebpf.io 10.0.0.2; }
instead <<<'require("xdp").attach(function() error("oh") end)'
check_eq 'one that raises' "$(asks)" 200
check_match 'has its line in the log' "$(said 99)" 'xdp: .*examples/filter/sni.lua:1: oh'
rmmod lunatik_run
hurried
instead <<<'require("xdp").attach(function() while true do end end)'
check_eq 'one without end' "$(asks)" 200
check_match 'is ended' "$(said 99)" 'xdp: .*(too long|time)'
rmmod lunatik_run
unhurried
instead <<'LUA'
local xdp, seen = require("xdp"), {}
xdp.attach(function(buffer, argument)
  print("bytes", #argument, argument:getuint16(0) > 50, (select(2, pcall(buffer.getbyte, buffer, #buffer))))
  print("kept", seen[1] and pcall(seen[1].getbyte, seen[1], 0), (select(2, pcall(xdp.detach))))
  seen[1] = buffer
  return "PASS"
end)
LUA
check_eq 'what is no action' "$(asks)" 200
check_match 'the argument, and where the packet ends' "$(all_said | grep ^bytes | tail -1)" $'^bytes\t2\ttrue\t.*(range|bounds)'
check_match 'none sleeps' "$(all_said | grep ^kept | tail -1)" 'may sleep'
rmmod lunatik_run
instead <<'LUA'
local xdp = require("xdp")
xdp.attach(function(buffer)
  local packet = buffer:packet()
  local ip = packet:data(packet_eth):data(packet_ip)
  print("packet", tostring(ip.saddr), ip:data(packet_tcp).dport)
  ip.ttl = 99
  return xdp.action.PASS
end)
LUA
check_eq 'as a packet object' "$(asks)" 200
check_eq 'it has fields' "$(all_said | grep ^packet | tail -1)" $'packet\t192.168.0.2\t443'
rmmod lunatik_run
instead <<'LUA'
local xdp, device, data, linux = require("xdp"), require("device"), require("data"), require("linux")
local kept, refill
local function nop() end
xdp.attach(function(buffer)
  kept = buffer
  return xdp.action.PASS
end)
device.new { name = "late", open = nop, release = nop, read = function()
  xdp.detach()
  linux.schedule(50)
  refill = {}
  for i = 1, 500 do
    refill[i] = data.new(100)
    refill[i]:setstring(0, ("\x5a"):rep(100))
  end
  print("late", pcall(function() return kept:packet() end))
end }
LUA
check_eq 'one that the script keeps' "$(asks)" 200
cat /dev/late
check_match 'is gone with the function' "$(all_said | grep ^late | tail -1)" 'the data is gone'
rmmod lunatik_run
check 'the program goes' ip -n R link set dev rA xdpgeneric off
check 'then the module, too' wait_for rmmod luaxdp
