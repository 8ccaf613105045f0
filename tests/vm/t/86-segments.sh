#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# TCP of a script (examples/cache/tcp.lua and services.lua), segment by segment: what it answers to a peer that does what Linux' TCP would not do.
. /tests/lib.sh

topology
offload off
cp /examples/cache/{tcp,services}.lua .
S=192.168.0.1
inR iptables -t mangle -A PREROUTING -i rA -p tcp --dport 7:19 -j LUA --script services.lua --memory 16M
inA iptables -t raw -A PREROUTING -i eth0 -p tcp --dport 40000:40999 -j DROP
from=40000
# play NAME PORT <<<SCRIPT, as segments.c has it
play() {
	from=$((from + 1))
	check_eq "$1" "$(inA segments $S "$2" $from || true)" right
}
open='< S 0:0(0) win 65535 mss 1460
> S. 0:0(0) ack 1 mss 1460
< . 1:1(0) ack 1 win 65535'
# One that is open, and has had 100 bytes, which were acknowledged
begun="echoes
$open
< P. 1:101(100) ack 1
> P. 1:101(100) ack 101
< . 101:101(0) ack 101"

# --- how a connection begins (RFC 9293, 3.5) ---
play 'a connection is opened, and then nothing is said' 7 <<-END
	$open
	nothing 0.5
END
play 'a SYN whose answer got lost is answered again, and then it is open' 7 <<-END
	< S 0:0(0) mss 1460
	> S. 0:0(0) ack 1
	< S 0:0(0) mss 1460
	> S. 0:0(0) ack 1
	< . 1:1(0) ack 1
	< P. 1:11(10) ack 1
	> P. 1:11(10) ack 11
END
play 'the answer comes again after a second' 7 <<-END
	< S 0:0(0) mss 1460
	> S. 0:0(0) ack 1
	wait 1.5
	> S. 0:0(0) ack 1
END
play 'who acknowledges what was not sent is reset, and the connection is not' 7 <<-END
	< S 0:0(0) mss 1460
	> S. 0:0(0) ack 1
	< . 1:1(0) ack 77
	> R 77:77(0)
	< . 1:1(0) ack 1
	< P. 1:11(10) ack 1
	> P. 1:11(10) ack 11
END
play 'data may come with the acknowledgement that opens it' 7 <<-END
	< S 0:0(0) mss 1460
	> S. 0:0(0) ack 1
	< P. 1:11(10) ack 1
	> P. 1:11(10) ack 11
END
play 'without an option segments have 536 bytes' 19 <<-END
	< S 0:0(0)
	> S. 0:0(0) ack 1
	< . 1:1(0) ack 1 win 1000
	> . 1:537(536) ack 1
END
play 'a segment of no connection is refused' 7 <<-END
	< P. 1:11(10) ack 5
	> R 5:5(0)
	< R. 1:1(0) ack 5
	nothing 0.5
END

# --- data: in order, in another one, twice, too much ---
play 'what is in order is taken' 7 <<<"$begun"
play 'what came too early is taken when the gap is closed' 7 <<-END
	$begun
	< P. 201:301(100) ack 101
	> . 101:101(0) ack 101
	< P. 301:401(100) ack 101
	> . 101:101(0) ack 101
	< P. 101:201(100) ack 101
	> P. 101:401(300) ack 401
END
play 'what overlaps is taken once' 7 <<-END
	$begun
	< P. 51:151(100) ack 101
	> P. 101:151(50) ack 151
	< P. 101:201(100) ack 151
	> P. 151:201(50) ack 201
END
play 'what has come before is acknowledged again' 7 <<-END
	$begun
	< P. 1:101(100) ack 101
	> . 101:101(0) ack 101
END
play 'what is behind the window is not taken' 7 <<-END
	$begun
	< P. 20000:20100(100) ack 101
	> . 101:101(0) ack 101
	< P. 101:201(100) ack 101
	> P. 101:201(100) ack 201
END

# --- losses (RFC 6298, 5681) ---
play 'what is not acknowledged comes again, with more and more time between' 7 <<-END
	$begun
	< P. 101:201(100) ack 101
	> P. 101:201(100) ack 201
	nothing 0.3
	wait 1
	> P. 101:201(100) ack 201
	nothing 1
	wait 2
	> P. 101:201(100) ack 201
	< . 201:201(0) ack 201
	nothing 1
END
play 'three acknowledgements alike: what is lost comes at once' 19 <<-END
	< S 0:0(0) mss 1000
	> S. 0:0(0) ack 1
	< . 1:1(0) ack 1 win 5000
	> . 1:1001(1000)
	> . 1001:2001(1000)
	> . 2001:3001(1000)
	> . 3001:4001(1000)
	> . 4001:5001(1000)
	< . 1:1(0) ack 1 win 5000
	< . 1:1(0) ack 1 win 5000
	< . 1:1(0) ack 1 win 5000
	> . 1:1001(1000)
	nothing 0.3
	< . 1:1(0) ack 2001 win 3000
	> . 2001:3001(1000)
	< . 1:1(0) ack 5001 win 1000
	> . 5001:6001(1000)
END

# --- windows (RFC 9293, 3.8.6) ---
play 'into a window that is closed goes one byte, after a while' 7 <<-END
	$begun
	< P. 101:201(100) ack 101 win 0
	> . 101:101(0) ack 201
	nothing 0.3
	wait 1
	> . 101:102(1) ack 201
	< . 201:201(0) ack 101 win 0
	wait 2
	> . 101:102(1) ack 201
	< . 201:201(0) ack 102 win 1000
	> P. 102:201(99) ack 201
END
play 'no more than the window lets through' 7 <<-END
	echoes
	< S 0:0(0) win 1000 mss 1460
	> S. 0:0(0) ack 1
	< . 1:1(0) ack 1 win 1000
	< P. 1:1001(1000) ack 1 win 600
	> . 1:601(600) ack 1001
	nothing 0.3
	< . 1001:1001(0) ack 601 win 600
	> P. 601:1001(400) ack 1001
END
play 'into one that is small goes nothing, for a while (3.8.6.2.1)' 7 <<-END
	$begun
	< P. 101:1101(1000) ack 101 win 600
	> . 101:101(0) ack 1101
	nothing 0.3
	wait 1
	> . 101:701(600) ack 1101
	< . 1101:1101(0) ack 701 win 65535
	> P. 701:1101(400) ack 1101
END

# --- forged segments (RFC 5961) ---
play 'a reset that is only in the window is asked about' 7 <<-END
	$begun
	< R 102:102(0)
	> . 101:101(0) ack 101
	< P. 101:111(10) ack 101
	> P. 101:111(10) ack 111
END
play 'one outside of it is not noticed' 7 <<-END
	$begun
	< R 90000:90000(0)
	nothing 0.5
	< P. 101:111(10) ack 101
	> P. 101:111(10) ack 111
END
play 'one that is right ends the connection' 7 <<-END
	$begun
	< R 101:101(0)
	nothing 0.5
	< P. 101:111(10) ack 101
	> R 101:101(0)
END
play 'a SYN within a connection is asked about' 7 <<-END
	$begun
	< S 105:105(0)
	> . 101:101(0) ack 101
	< P. 101:111(10) ack 101
	> P. 101:111(10) ack 111
END
play 'data whose acknowledgement is of what was never sent, or long ago, is not taken' 7 <<-END
	$begun
	< P. 101:111(10) ack 5000
	> . 101:101(0) ack 101
	< P. 101:111(10) ack 2000000000
	> . 101:101(0) ack 101
	< P. 101:111(10) ack 101
	> P. 101:111(10) ack 111
END
asked='< R 102:102(0)
> . 101:101(0) ack 101'
play 'who sends such again and again is asked ten times' 7 <<-END
	$begun
	$(for _ in {1..10}; do echo "$asked"; done)
	< P. 101:111(10) ack 101
	> P. 101:111(10) ack 111
END

# --- the end (RFC 9293, 3.6) ---
play 'an end is answered by an end' 7 <<-END
	$begun
	< F. 101:101(0) ack 101
	> F. 101:101(0) ack 102
	< . 102:102(0) ack 102
	nothing 0.5
	< . 102:102(0) ack 102
	> R 102:102(0)
END
play 'one that came too early waits for what is before it' 7 <<-END
	$begun
	< FP. 111:121(10) ack 101
	> . 101:101(0) ack 101
	< P. 101:111(10) ack 101
	> FP. 101:121(20) ack 122
END
play 'an end that is lost comes again' 7 <<-END
	$begun
	< F. 101:101(0) ack 101
	> F. 101:101(0) ack 102
	wait 1.5
	> F. 101:101(0) ack 102
	< . 102:102(0) ack 102
END
play 'both may end it at once, and who is late is still answered' 17 <<-END
	$open
	> FP. 1:68(67) ack 1
	< F. 1:1(0) ack 1
	> . 69:69(0) ack 2
	< . 2:2(0) ack 69
	< F. 1:1(0) ack 69
	> . 69:69(0) ack 2
END
play 'bytes that come after the end of those that are sent are taken' 17 <<-END
	$open
	> FP. 1:68(67) ack 1
	< . 1:1(0) ack 69
	< P. 1:11(10) ack 69
	> . 69:69(0) ack 11
	< F. 11:11(0) ack 69
	> . 69:69(0) ack 12
END
check_eq 'no error' "$(said 99 | grep -v taint || true)" ''
