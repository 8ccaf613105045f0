#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# What stays in pages and what is pulled out of them, when packets are larger than the MTU.
. /tests/lib.sh

readonly size=8000000
topology
offload on
mkdir www
head -c $size /dev/urandom >www/file
start_nginx B "$PWD/www" 10.0.0.2:80
column() { inR awk '$1 == 0 { print $'"$1"' }' /proc/net/packetscript; }

cat >look.lua <<'END'
local function segment(p) return p:data(packet_eth):data(packet_ip):data(packet_tcp) end
function headers(p)
  local tcp = segment(p)
  if tcp:sport():get() ~= 80 or #tcp:data() < 0 then return NF_DROP end
  return XT_CONTINUE
end
function write_headers(p)
  local tcp = segment(p)
  tcp:window_size():set(tcp:window_size():get() - 1)
  return XT_CONTINUE
end
function payload(p)
  local data = segment(p):data()
  if #data > 0 and not data:get()[#data - 1] then return NF_DROP end
  return XT_CONTINUE
end
function write_payload(p)
  local data = segment(p):data()
  if #data > 0 then
    local bytes = data:get()
    local last = bytes[#bytes - 1]
    bytes[#bytes - 1] = last ~ 255
    bytes[#bytes - 1] = last
  end
  return XT_CONTINUE
end
function twice(p) payload(p) return payload(p) end
function last(p) return p:get()[#p - 1] and XT_CONTINUE or NF_DROP end
END

# download FUNCTION [OPTION]: through a rule with that function, whose answers come from B
download() {
	inR iptables -t mangle -A FORWARD -p tcp --sport 80 -j LUA --script look.lua --function "$@"
	rm -f got
	check "$*: $((size / 1000000)) MB arrive" inA curl -sS -m 300 -o got http://10.0.0.2/file
	check "$*: as they were sent" cmp www/file got
	packets=$(column 3) pulled=$(column 8)
	check "$*: in packets of several segments ($packets packets)" [ "$packets" -lt $((size / 1448 / 4)) ]
	check_eq "$*: no errors" "$(column 4)" 0
	inR iptables -t mangle -F
}

for option in '' --percpu; do
	for function in headers write_headers; do
		download $function $option
		check_eq "$function${option:+ $option}: nothing is pulled" "$pulled" 0
	done
	for function in payload write_payload twice; do
		download $function $option
		# all but those of the handshake and its end, once each
		check "$function${option:+ $option}: $pulled of $packets packets are pulled" \
			[ "$pulled" -gt $((packets / 2)) -a "$pulled" -le "$packets" ]
	done
done

# what others have pulled already is not ours
inR iptables -t mangle -A FORWARD -p tcp --sport 80 -j LUA --script look.lua --function payload --state 1
download payload
check_eq 'the second rule finds the bytes in place' "$pulled" 0

inR iptables -t mangle -A FORWARD -p icmp -j LUA --script look.lua --function last
check 'a ping is read to its end' inA ping -c 3 -i 0.1 -s 1000 -W 60 10.0.0.2
check_eq 'it has nothing to pull' "$(column 8)" 0
