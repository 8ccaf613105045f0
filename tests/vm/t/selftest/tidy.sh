#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Finds nothing of what litters.sh left.
. /tests/lib.sh

check_eq 'no namespace' "$(ip netns list)" ''
check_eq 'no process' "$(ps ax -o comm= | grep -xE 'sleep|udpecho' || true)" ''
check_eq 'no rule' "$(iptables-legacy -S)" $'-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT'
check_eq 'no nft table' "$(nft list ruleset)" ''
check_eq 'no device' "$(ls /sys/class/net)" lo
check_eq 'no file' "$(ls /tmp)" ''
