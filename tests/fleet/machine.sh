#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# One machine of a fleet (tests/fleet/machines), which its agent keeps as the store says, until a table there has the key 'end': fleet=N is its number.
# timeout: 900
. /tests/lib.sh

modprobe -a virtio_pci virtio_net
here=m$(option fleet 0)
cards() { compgen -G '/sys/bus/virtio/drivers/virtio_net/virtio*/net/*'; }
check 'there is a network card' wait_for cards
net=$(cards)
net=${net##*/}
ip link set lo up
ip link set "$net" up
ip addr add 10.0.2.15/24 dev "$net"
# not of the server's networks, so the script lets none of its packets in
ip addr add 192.0.2.1/32 dev lo
# asked: what the store answers to who has no password
asked() { (exec 5<>/dev/tcp/10.0.2.100/6379 && printf 'PING\r\n' >&5 && IFS= read -rt 10 answer <&5 && [[ $answer == *NOAUTH* || $answer == +PONG* ]]); }
check 'the store is reached' wait_for asked
echo secret >password
packetscript agent --redis redis://agent@10.0.2.100 --password-file password --machine "$here" --state /var/lib/machine --heartbeat 1 2>agent.log &
agent=$!
known() { packetscript shared known 2>/dev/null | grep "$1" >/dev/null; }
first() { grep -q 'revision [0-9]*: taken' agent.log; }
check 'it has a revision' wait_for -t 120 first
echo "# $here: $(grep -o 'revision .*' agent.log | tail -n 1)"
ping -i 0.02 -q 10.0.2.2 >pings & pings=$!
ping -i 0.02 -q -I 192.0.2.1 192.0.2.1 >strangers & strangers=$!
echo "# $here: packets come"
# told: what the agent has said since
told() { tail -n +$((lines + 1)) agent.log | sed "s/^.*agent: /# $here: /"; lines=$(wc -l <agent.log); }
lines=$(wc -l <agent.log)
until known '"end"' || known "\"end $here\""; do
	sleep 5 # asking takes processor time from the agent
	told
done
kill -INT $pings $strangers
wait $pings $strangers || true
read -r sent received < <(awk '/packets transmitted/ { print $1, $4 }' pings)
# the last one may have been on its way when the ping was ended
check "$sent packets went through, and none was lost" [ "$sent" -ge 50 -a $((sent - received)) -le 1 ]
read -r sent received < <(awk '/packets transmitted/ { print $1, $4 }' strangers)
check "the script let none of $sent packets in that it is to drop" [ "$sent" -ge 50 -a "$received" = 0 ]
check_eq 'the set is whole' "$(packetscript set good | wc -l)" 100000
check_match 'the script is at its hook' "$(packetscript list)" 'hook ip INPUT'
kill "$agent"
wait "$agent" || true
packetscript detach /var/lib/machine/current/guard.lua >/dev/null
packetscript set good destroy
packetscript shared known destroy
