# SPDX-License-Identifier: MIT OR GPL-2.0-only
# In the machine that measures: what cables are like, and R's rules.
readonly ends='A:eth0 R:rA R:rB B:eth0'

# How large packets are, how fast the cables: a function for each.

# on_ends COMMAND…: in each of the four devices' namespaces, with the device's name in place of DEV
on_ends() {
	local end
	for end in $ends; do ip netns exec "${end%:*}" "${@//DEV/${end#*:}}"; done
}

# 1500 bytes on the cable; who receives merges what belongs together (GRO), who sends cuts it (GSO): Linux, with a card
# that knows nothing of it. The queue between them holds 256 packets; TCP's windows are kept smaller.
network_gro() { on_ends ethtool -K DEV tso off gro on; }

# the cards do both: up to 64 KB at once
network_tso() { on_ends ethtool -K DEV tso on gro off; }

# nobody does. TCP asks for gso_max_segs, not for the feature.
network_single() {
	on_ends ethtool -K DEV tso off gso off gro off
	on_ends ip link set DEV gso_max_segs 1
}

# netem delays each packet by its time on the cable, one after the other, as Ethernet does. It saves nothing up, as a
# token bucket would, and drops nothing. To each packet come 24 bytes: preamble, checksum and gap.
network_100mbit() {
	network_single
	on_ends tc qdisc add dev DEV root netem rate 100mbit 24 limit 100000
}

# rule TABLE …
rule() { inR iptables-legacy -t "$@"; }

# of_state COLUMN: the sum of that column of /proc/net/packetscript; - if there is none of that name
of_state() {
	{ inR cat /proc/net/packetscript 2>/dev/null || true; } | awk -v name="$1" '
		NR == 1 { for (i = 2; i <= NF; i++) if ($i == name) column = i - ($1 == "#") }
		/^[0-9]/ && column { sum += $column }
		END { print column || !NR ? sum + 0 : "-" }'
}
