# shellcheck shell=bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# What tests of tc and XDP have in common, behind lib.sh: a script, of R, for frames of Ethernet that come from A.

pings() { inA ping -q -c 1 -W 60 "${1:-10.0.0.2}"; }
# shellcheck disable=SC2086 # options are words
no_ping() { ! inA ping -q -c 1 -W 0.2 ${1:-10.0.0.2}; }
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
LUA
		cat
	} | sed "s/TO$/\"$(ip -n B -br link show eth0 | awk '{ print $3 }')\"/" >"$script"
}

# need_types SAID LEFT: ends the test if the kernel has none of those that programs need, and then is as it was
need_types() {
	check_match 'without types it says why' "$1" 'tc and XDP need the types \(BTF\) of the module packetscript_bpf, .*make btf_install'
	check_eq 'and nothing is there' "$(packetscript list --netns R)$2" ''
	skip 'the modules have no types (BTF) here'
}
