#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Payloads of tracked TCP connections that get another length: the connections go on, with what is sent behind them.
# alg_mb=100 on the kernel's command line (run.sh --append) sends that many MB each way; without it 1.
. /tests/lib.sh

topology
bytes=$(($(option alg_mb 1) * 1000000))
head -c $bytes < <(seq 1 $((bytes / 5))) >bulk
sum=$(md5sum <bulk)

cat >serve <<'END'
#!/bin/bash
# Reads commands, and what is stored.
while read -r command rest; do
	rest=${rest%$'\r'}
	case ${command%$'\r'} in
	PORT) printf '200 %s\r\n' "$rest" ;;
	PASV) printf '227 Entering Passive Mode (10,0,0,2,200,23).\r\n' ;;
	STOR) printf '226 %s\r\n' "$(head -c "$rest" | md5sum)" ;;
	RETR) head -c "$rest" bulk ;;
	esac
done
END
cat >client <<'END'
#!/bin/bash
# Each argument is a command; tells what comes of them. "wait": for a line from the pipe named go. Behind one that ends in "..."
# the next is sent before it is answered.
exec 3<>/dev/tcp/10.0.0.2/21
before=
answer() {
	read -r -t 120 line <&3 || { echo "no answer to $command"; exit; }
	printf '%s\n' "${line%$'\r'}"
}
for command; do
	case $command in
	wait) read -r _ <go; continue ;;
	*...) printf '%s\r\n' "${command%...}" >&3; before=$command; continue ;;
	esac
	printf '%s\r\n' "$command" >&3
	case $command in
	RETR*) head -c "${command#* }" <&3 | md5sum; continue ;;
	STOR*) head -c "${command#* }" bulk >&3 ;;
	esac
	[ -z "$before" ] || answer
	before=
	answer
done
END
chmod +x serve client
mkfifo go
servers=0
listens() { grep -q ":$2 " < <(at "$1" ss -Hltn); }
# for one connection; the one before may still wait for its end
start_server() {
	servers=$((servers + 1))
	mkfifo answers$servers
	at B bash -c 'nc -N -l 10.0.0.2 21 <"$0" | ./serve >"$0"' answers$servers &
	wait_for listens B 21
}
rewritten() {
	inR iptables -t mangle -"$1" PREROUTING -p tcp --dport 21 -j LUA --script /examples/ftp-alg.lua "${@:2}"
	inR iptables -t mangle -"$1" PREROUTING -p tcp --sport 21 -j LUA --script /examples/ftp-alg.lua "${@:2}"
}
told() { sed -n 's|^.*lua:[0-9]*: ||p' < <(dmesg); }

ip -n R addr add 203.0.113.1/32 dev rB
ip -n A addr add 192.168.0.222/24 dev eth0
inR iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP
inR iptables -t mangle -A PREROUTING -d 203.0.113.1 -p tcp --dport 1024: -m conntrack --ctstate NEW -j LUA --script /examples/ftp-alg.lua --function data
rewritten A
check 'the module is there' wait_for grep -q '^packetscript_conntrack ' /proc/modules
start_server
check_eq 'commands and answers get other lengths, and the connection goes on' \
	"$(at A ./client 'PORT 192,168,0,222,200,21' "STOR $bytes" PASV "RETR $bytes" 'PORT 10,1,1,1,4,5' "STOR $bytes" PASV PASV 'RETR 99999')" \
	"200 203,0,113,1,200,21
226 $sum
227 Entering Passive Mode (203,0,113,1,200,23).
$sum
200 203,0,113,1,4,5
226 $sum
227 Entering Passive Mode (203,0,113,1,200,23).
227 Entering Passive Mode (203,0,113,1,200,23).
$(head -c 99999 bulk | md5sum)"
at A bash -c 'nc -l 192.168.0.222 51221 >active' &
wait_for listens A 51221
at B bash -c 'echo data >/dev/tcp/203.0.113.1/51221'
check 'a connection for data comes to the client' wait_for grep -q '^data$' active
at B bash -c 'echo more | nc -N -l 10.0.0.2 51223' >/dev/null &
wait_for listens B 51223
check_eq 'and to the server' "$(at A bash -c 'cat </dev/tcp/203.0.113.1/51223')" more

# --- what is lost is sent again: each segment that has got another length, once; what is behind it comes before it
cat >lose.lua <<'END'
local lost = {}
function process_packet(p)
  local tcp = p.tcp
  local payload = tcp and tcp:data()
  if not payload or #payload == 0 or #payload > 200 or lost[tcp.seq] then return XT_CONTINUE end
  if not payload:get():string():find("203,0,113,1,", 1, true) then return XT_CONTINUE end
  lost[tcp.seq] = true
  print("lost " .. tcp.seq)
  return NF_DROP
end
END
at A iptables -t mangle -A PREROUTING -p tcp --sport 21 -j LUA --script lose.lua
at B iptables -t mangle -A PREROUTING -p tcp --dport 21 -j LUA --script lose.lua
start_server
dmesg -C
lossy=() expected=
for i in 1 2; do
	lossy+=("PORT 10,1,1,$i,4,5" PASV 'PORT 192,168,111,222,4,5...' 'STOR 40000')
	expected+="200 203,0,113,1,4,5
227 Entering Passive Mode (203,0,113,1,200,23).
200 203,0,113,1,4,5
226 $(head -c 40000 bulk | md5sum)
"
done
check_eq 'also where each of them is lost' "$(at A ./client "${lossy[@]}")"$'\n' "$expected"
check_eq 'as they have been, commands and answers to them' "$(grep -c 'lost [0-9]*$' < <(all_said))" 10
for end in A B; do at $end iptables -t mangle -F; done

# --- what cannot be
exec {go}<>go
start_server
dmesg -C
rewritten D
at A ./client 'PORT 10,1,1,1,4,5' wait 'PORT 10,1,1,1,4,5' 'STOR 9999' >late &
late=$!
wait_for grep -q '^200' late
rewritten A --on-error continue
echo >&$go
wait $late
check_eq 'where no rule was when the connection began, nothing gets another length' "$(cat late)" "200 10,1,1,1,4,5
200 10,1,1,1,4,5
226 $(head -c 9999 bulk | md5sum)"
check_match 'which is an error' "$(told)" 'this payload keeps its length: the sequence numbers of its connection cannot follow, since no rule'

# --- two rules, and IPv6
cat >longer.lua <<'END'
local function text_of(p)
  local payload = p.tcp and p.tcp:data()
  return payload and #payload > 0 and payload:get():string() or "", payload
end
function process_packet(p)
  local text, payload = text_of(p)
  if text:find("^hello") then
    payload:set("well, " .. text)
    payload:set("oh " .. payload:get():string())
  end
  return XT_CONTINUE
end
function shorter(p)
  local text, payload = text_of(p)
  if text:find("^oh well, hello") then payload:set("hi\n") end
  return XT_CONTINUE
end
END
inR ip6tables -A FORWARD -m conntrack --ctstate INVALID -j DROP
inR ip6tables -t mangle -A PREROUTING -p tcp --dport 25 -j LUA --script longer.lua
inR ip6tables -t mangle -A POSTROUTING -p tcp --dport 25 -j LUA --script longer.lua --function shorter --state 1
at B nc -N -l fd00:b::2 25 >six &
wait_for listens B 25
dmesg -C
at A bash -c 'exec 3<>/dev/tcp/fd00:b::2/25; for line in hello more hello hello "and more"; do echo "$line" >&3; sleep 0.1; done'
wait_for grep -q 'and more' six
check_eq 'two rules change a segment, of IPv6' "$(cat six)" $'hi\nmore\nhi\nhi\nand more'
check_eq 'without errors' "$(told)" ''

# --- the modules go, and come
comes() { wait_for grep -q '^packetscript_conntrack ' /proc/modules; }
ours() { sed -nE 's/^(packetscript[^ ]*|xt_LUA) .*/\1/p' /proc/modules; }
take_away() {
	local holder
	for holder in /sys/module/"$1"/holders/*; do [ ! -e "$holder" ] || take_away "${holder##*/}"; done
	rmmod "$1"
}
check 'the module goes while scripts are there' modprobe -r packetscript_conntrack
inR ip6tables -t mangle -A PREROUTING -p tcp --dport 26 -j LUA --script longer.lua --state 2
check 'and comes with the next one' comes
for table in filter mangle; do inR iptables -t $table -F; inR ip6tables -t $table -F; done
wait_for modprobe -qr packetscript_nat
check 'they all go' wait_for unload
check_eq 'none is left' "$(ours)" ''
check 'but conntrack' test -d /sys/module/nf_conntrack
wait_for take_away nf_conntrack
modprobe xt_LUA
modprobe nf_conntrack
check 'it comes with conntrack' comes
check 'they all go again' wait_for unload
check_eq 'and none is left' "$(ours)" ''
