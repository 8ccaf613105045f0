#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The example filter: the name in TLS's first packet decides, where packets are forwarded and where they leave; and what xdp says without BTF.
. /tests/lib.sh

topology
offload on
dir=$(mktemp -d)
printf '[req]\ndistinguished_name = name\n[name]\n' >"$dir/cnf"
openssl req -x509 -config "$dir/cnf" -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$dir/key" -out "$dir/cert" \
	-subj /CN=test 2>/dev/null
# Each has its own server, which waits for who was cut off.
for n in 2 3 4 5 6; do
	[ $n = 2 ] || ip -n B addr add 10.0.0.$n/24 dev eth0
	at B openssl s_server -quiet -accept 10.0.0.$n:443 -key "$dir/key" -cert "$dir/cert" -www >/dev/null 2>&1 </dev/null &
done
# get NS NAME ADDRESS [SECONDS]
get() {
	at "$1" curl -sk --max-time "${4:-60}" --resolve "$2:443:$3" -o /dev/null -w '%{http_code}' "https://$2/" || true
}
for n in 2 3 4 5 6; do wait_for inB bash -c "exec 3<>/dev/tcp/10.0.0.$n/443"; done
check_eq 'without a filter' "$(get A ebpf.io 10.0.0.2)" 200
# Who is cut off still waits for its server: each form has others.
forwarded=3 local=4
for form in nf_sni packet_sni; do
	run <$lua/examples/filter/$form.lua
	check_eq "$form: a name that is not blocked" "$(get A example.org 10.0.0.2)" 200
	check_eq "$form: the log says so" "$(said)" 'filter_sni: example.org ACCEPT'
	check_eq "$form: one that is, forwarded" "$(get A ebpf.io 10.0.0.$forwarded 1)" 000
	check_match "$form: the log says so, too" "$(said)" 'filter_sni: ebpf.io DROP'
	check_eq "$form: one that is, of this machine" "$(get B ebpf.io 10.0.0.$local 1)" 000
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
print(3, pcall(xdp.detach))
LUA
check_eq 'the table of XDP' "$(said 4 | head -1)" $'0\t1\t2\t3\t4'
check_match 'it wants a function' "$(said 3 | head -1)" 'function expected, got no value'
check_match 'without BTF it says why, or it is attached' "$(said 2 | head -1)" $'make btf_install|^2\tnil'
check_match 'detached' "$(said)" $'^3\ttrue'
rmmod lunatik_run
rmmod luaxdp
