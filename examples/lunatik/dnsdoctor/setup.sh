#!/bin/sh
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Makes a name server in a network namespace of its own, which says that lunatik.com is 192.168.10.1, and an address 10.1.1.2 of this
# machine to ask from:  dig @10.1.1.3 lunatik.com      cleanup.sh takes all of it away. Needs dnsmasq.
set -e
ip netns add dnsdoctor
ip link add dnsdoctor0 type veth peer name eth0 netns dnsdoctor
ip address add 10.1.1.2/24 dev dnsdoctor0
ip link set dnsdoctor0 up
ip -n dnsdoctor address add 10.1.1.3/24 dev eth0
ip -n dnsdoctor link set lo up
ip -n dnsdoctor link set eth0 up
ip netns exec dnsdoctor dnsmasq --no-hosts --no-resolv --conf-file=/dev/null --pid-file=/run/dnsdoctor.pid --user=root \
	--address=/lunatik.com/192.168.10.1 --listen-address=10.1.1.3 --bind-interfaces
echo 'now:  dig @10.1.1.3 lunatik.com'
