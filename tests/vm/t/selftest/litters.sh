#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Leaves everywhere what must be gone for the next test, tidy.sh.
. /tests/lib.sh

topology
udp_echo B 10.0.0.2 7
sleep 1000 &
iptables-legacy -A INPUT -p udp --dport 7 -j DROP
iptables-legacy -P FORWARD DROP
nft add table ip litter
ip link add litter0 type dummy
echo >/tmp/litter
