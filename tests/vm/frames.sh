# shellcheck shell=bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# What tests of tc and XDP have in common, behind lib.sh: a script, of R, for frames of Ethernet that come from A.

pings() { inA ping -q -c 1 -W 60 "${1:-10.0.0.2}"; }
# shellcheck disable=SC2086 # options are words
no_ping() { ! inA ping -q -c 1 -W 0.2 ${1:-10.0.0.2}; }
# mac NS DEVICE
mac() { ip -n "$1" -br link show "$2" | awk '{ print $3 }'; }
# at_rA HOOK FUNCTION OPTION…: of the device where A's packets come
at_rA() { packetscript attach "$script" --netns R --hook "$1" --dev rA -f "${@:2}"; }
away() { packetscript detach "$script" --netns R >/dev/null; }
# verdicts NAME: of the rule
verdicts() { packetscript list --netns R --json | grep -oE "\"$1\":[0-9]+" | tail -n 1 | cut -d : -f 2; }

# write_script FILE <<<TEXT: functions for both, and then these; from now on it is $script
write_script() {
	script=$1
	{
		cat <<'LUA'
local function icmp(eth)
  local ip = eth:data(packet_ip)
  return ip and ip.protocol == 1 and ip
end
function pass(eth) return NF_ACCEPT end
function drop(eth) return icmp(eth) and NF_DROP or XT_CONTINUE end
function ttl(eth)
  local ip = icmp(eth)
  if ip then ip.ttl = #eth.smac == 17 and eth.type == 2048 and 44 or 1 end
  return NF_ACCEPT
end
function there(eth)
  local ip, ip6 = eth:data(packet_ip), eth:data(packet_ip6)
  if ip and ip.daddr == "10.0.0.9" then ip.daddr = "10.0.0.2" end
  if ip6 and ip6.daddr == "fd00:b::9" then ip6.daddr = "fd00:b::2" end
  return NF_ACCEPT
end
function back(eth)
  local ip, ip6 = eth:data(packet_ip), eth:data(packet_ip6)
  if ip and ip.saddr == "10.0.0.2" then ip.saddr = "10.0.0.9" end
  -- not what B asks its neighbours
  if ip6 and ip6.saddr == "fd00:b::2" and ip6.daddr == "fd00:a::2" then ip6.saddr = "fd00:b::9" end
  return NF_ACCEPT
end
function answer(eth)
  local ip = icmp(eth)
  if not ip or ip.daddr ~= "10.0.0.77" then return NF_ACCEPT end
  local from, mac, echo = ip.saddr, eth.smac, ip:data(packet_icmp)
  ip.saddr, ip.daddr, ip.ttl = ip.daddr, from, 99
  echo.type = 0
  eth.smac, eth.dmac = eth.dmac, mac
  return NF_TX
end
function send(eth)
  if not icmp(eth) then return NF_ACCEPT end
  eth.dmac = TO
  return nf.redirect(eth, "rB")
end
function nowhere(eth) return icmp(eth) and nf.redirect(eth, "rC") or NF_ACCEPT end
function unnamed(eth) return icmp(eth) and NF_REDIRECT or NF_ACCEPT end
function stolen(eth) return icmp(eth) and NF_STOLEN or NF_ACCEPT end
function fails(eth) if icmp(eth) then error("on purpose") end return NF_ACCEPT end
function loops(eth)
  while icmp(eth) do end
  return NF_ACCEPT
end
-- what is there of a frame of border_frames(), as far as headers go; what can be written is
local function shape(eth)
  local at, tags = eth, ""
  while at:data(packet_vlan) do at, tags = at:data(packet_vlan), tags .. "tag:" end
  local ip = at:data(packet_ip) or at:data(packet_ip6)
  if not ip then return tags .. (at:data(packet_arp) and "ARP" or "no-IP") end
  local l4 = ip:data(packet_tcp) or ip:data(packet_udp)
  local header = tags .. (ip.ihl and "header-" .. ip.ihl * 4 or "IPv6")
  if ip.ttl then ip.ttl = 9 end
  if not l4 then return header .. ":no-ports" end
  local payload = l4:data()
  l4.sport = 9
  return ("%s:port-%d:payload-%s"):format(header, l4.dport, payload and #payload)
end
function border(eth)
  if eth.smac == "02:00:00:00:00:02" then nf.count(#eth .. ":" .. shape(eth)) end
  return NF_ACCEPT
end
LUA
		cat
	} | sed "s/\<TO\>/\"$(mac B eth0)\"/; s/\<FROM\>/\"$(mac A eth0)\"/" >"$script"
}

# stops HOOK TEXT OPTION…: a function that does not end is stopped, and its packet is what --on-error says
stops() {
	echo 40 >/sys/module/packetscript/parameters/packet_ms
	dmesg -C
	at_rA "$1" loops "${@:3}"
	check "$2: a script that loops: dropped" no_ping
	check "$2: when its time is up" klog_has 'time limit exceeded'
	away
	at_rA "$1" loops --on-error accept "${@:3}"
	check "$2: or passes, as --on-error has it" pings
	away
	unhurried
}
# both_ways TEXT TO-B TO-A: floods from both sides lose nothing
both_ways() {
	local a b
	inA ping -q -i 0.002 -c 300 "$2" >ways-a & a=$!
	inB ping -q -i 0.002 -c 300 "$3" >ways-b & b=$!
	wait $a $b || true
	check_eq "$1: traffic both ways, all of it" "$(grep -ho '[0-9]* received' ways-a ways-b | paste -sd ,)" '300 received,300 received'
}
# loaded TEXT HOOK ROUNDS: comes and goes while packets do, and sets received: how many came back
loaded() {
	local load i refused=
	inA ping -q -i 0.001 -c "$(rounds 20000 2000)" 10.0.0.2 >load &
	load=$!
	for ((i = 0; i < $3 || i < 3; i++)); do
		at_rA "$2" ttl
		[ $i != 2 ] || ! modprobe -r packetscript_bpf packetscript 2>/dev/null || refused=no
		away
	done
	check "$1: under load, modules are held" [ -z "$refused" ]
	wait $load || true
	# shellcheck disable=SC2034 # it is the caller's
	received=$(grep -o '[0-9]* received' load)
}

# ip4 NAME IHL TOTAL PROTOCOL: sets NAME to a header of IPv4, without options
ip4() { printf -v "$1" '4%x00%04x0000000040%02x0000c0a800020a000002' "$2" "$3" "$4"; }
# border_frames MAC: frames to there that end in the middle of a header, or say of lengths what is not so: in each line what border() says of one,
# and the frame
border_frames() {
	local ping udp28 udp30 alone options ihl4 tcp40 tcp80 udp32 endless less
	local udp=03e800070008 udp2=03e80007000a tcp=03e80007000000010000000 ones zeros
	ip4 ping 5 84 1; ip4 udp28 5 28 17; ip4 udp30 5 30 17; ip4 alone 5 20 17; ip4 options 15 60 17; ip4 ihl4 4 28 17
	ip4 tcp40 5 40 6; ip4 tcp80 5 80 6; ip4 udp32 5 32 17; ip4 endless 5 65535 17; ip4 less 5 20 17
	printf -v ones '01%.0s' {1..40}
	printf -v zeros '00%.0s' {1..40}
	sed "s/\t/\t${1//:/}020000000002/" <<-END
		14:no-IP	0800
		24:no-IP	0800 ${ping:0:20}
		33:no-IP	0800 ${alone:0:38}
		34:header-20:no-ports	0800 $alone
		74:header-60:no-ports	0800 $options $ones
		54:no-IP	0800 $options ${ones:0:40}
		42:header-16:no-ports	0800 $ihl4 ${udp}0000
		44:header-20:no-ports	0800 $tcp40 ${zeros:0:20}
		54:header-20:no-ports	0800 $tcp40 ${tcp}0f0101000 00000000
		94:header-20:port-7:payload-0	0800 $tcp80 ${tcp}0f0101000 00000000 $ones
		42:header-20:port-7:payload-0	0800 $udp28 03e8000707d00000
		46:header-20:port-7:payload-nil	0800 $udp32 03e8000700040000 01020304
		43:header-20:port-7:payload-1	0800 $endless ${udp2}0000 01
		44:header-20:no-ports	0800 $less ${udp2}0000 0102
		60:header-20:port-7:payload-0	0800 $udp28 ${udp}0000 ${zeros:0:36}
		15:no-IP	8100 00
		16:no-IP	8100 0005
		18:tag:no-IP	8100 0005 0800
		48:tag:header-20:port-7:payload-2	8100 0005 0800 $udp30 ${udp2}0000 6869
		50:tag:tag:header-20:port-7:payload-0	88a8 0005 8100 0006 0800 $udp28 ${udp}0000
		45:no-IP	86dd 6000000000080040 ${zeros:0:46}
		58:no-IP	86dd 6000000000080040 fd${zeros:0:62} 11000104
		17:no-IP	0806 000108
		94:no-IP	88b5 $zeros $zeros
	END
}
# sees_borders TEXT NS HOOK DEVICE FROM MAC [OPTION…]: border() sees what it has to of those that FROM sends to MAC; where the kernel has looked at
# tags already, it sees none of those that end there
sees_borders() {
	local text=$1 ns=$2 hook=$3 dev=$4
	packetscript attach "$script" --netns "$ns" --hook "$hook" --dev "$dev" -f border --on-error accept --state 7 "${@:7}"
	border_frames "$6" >borders
	cut -f 2 borders | at "${5%:*}" sendframes "${5#*:}"
	border_counts() { at "$ns" packetscript stats --state 7 --json | grep -oE '"[0-9]+:[^"]*": ?[0-9]+' | tr -d '" ' | sort; }
	border_last() { grep -q ^94:no-IP: < <(border_counts); }
	wait_for border_last || true
	check_eq "$text: frames at the border" "$(border_counts)" \
		"$(cut -f 1 borders | { if [ "$hook" = tc-ingress ]; then grep -vE '^(15|16|18):'; else cat; fi; } | sort | uniq -c | awk '{ print $2 ":" $1 }' | sort)"
	check_eq "$text: no errors" "$(at "$ns" awk '$1 == 7 { print $4 }' /proc/net/packetscript)" 0
	packetscript detach "$script" --netns "$ns" >/dev/null
}

# whether this kernel's own modules have types (BTF)
modules_have_types() { [ -n "$(find /sys/kernel/btf -type f ! -name vmlinux -print -quit 2>/dev/null)" ]; }
# need_types SAID LEFT: ends the test if the kernel has none of those that programs need, and then is as it was. Where its own modules have theirs, ours have
# to have them, too: or nobody would notice that tc and XDP are not tested at all.
need_types() {
	check_match 'without types it says why' "$1" 'tc and XDP need the types \(BTF\) of the module packetscript_bpf, .*make btf_install'
	check_eq 'and nothing is there' "$(packetscript list --netns R)$2" ''
	if modules_have_types; then
		fail 'the modules have types (BTF), as those of this kernel have' 'is pahole there? scripts/module-btf --check KVER BUILD tells what is missing'
		exit 0
	fi
	skip 'the modules have no types (BTF) here'
}
