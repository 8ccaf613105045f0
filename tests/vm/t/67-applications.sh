#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Scripts that know DNS, TFTP, HTTP, TLS and DHCP, between real clients and servers; most are the examples.
. /tests/lib.sh

topology
offload hosts
examples=/examples

# rule FUNCTION PROTOCOL PORT-OPTION SCRIPT: in FORWARD of R, for IPv4 and IPv6
rule() {
	local command
	for command in iptables ip6tables; do
		inR $command -t mangle -A FORWARD -p "$2" "${@:5}" -j LUA --script "$4" --function "$1" --on-error continue $3
	done
}
no_rules() { inR iptables -t mangle -F; inR ip6tables -t mangle -F; }

mkdir tftp
head -c 100000 /dev/urandom >tftp/file
echo 'the other one' >tftp/a-longer-name.txt
inB dnsmasq --no-daemon --conf-file=/dev/null --user=root --pid-file=dnsmasq.pid --no-resolv --no-hosts --no-poll \
	--host-record=a-new-name.example.net,192.0.2.77,2001:db8::77 --host-record=www.example.org,192.0.2.78 \
	--cname=alias.example.net,a-new-name.example.net --enable-tftp --tftp-root="$PWD/tftp" 2>dnsmasq.log &
wait_for inA dig +short +time=1 +tries=1 @10.0.0.2 www.example.org

# DNS
rule process_packet udp '' $examples/dns_filter.lua --dport 53
for server in 10.0.0.2 fd00:b::2; do
	check_fails "a forbidden name gets no answer, $server" inA dig +time=2 +tries=1 @$server WWW.Example.org
	check_match "others do, $server" "$(inA dig +short +time=30 +tries=1 @$server a-new-name.example.net)" '^192.0.2.77$'
done
no_rules
rule question udp '' $examples/dns_rewrite.lua --dport 53
rule answer udp '' $examples/dns_rewrite.lua --sport 53
for server in 10.0.0.2 fd00:b::2; do
	answer=$(inA dig +noedns +time=30 +tries=1 @$server old.example AAAA)
	check_match "an answer for the old name, $server" "$answer" $'old\\.example\\.[[:space:]]+[0-9]+[[:space:]]+IN[[:space:]]+AAAA[[:space:]]+2001:db8::77'
	check_match "it is to the question that was asked, $server" "$answer" $';old\\.example\\.[[:space:]]+IN[[:space:]]+AAAA'
	check_eq "with EDNS, $server" "$(inA dig +short +time=30 +tries=1 @$server old.example)" 192.0.2.77
done
check_match 'an alias has its own name' "$(inA dig +time=30 +tries=1 @10.0.0.2 alias.example.net)" 'alias\.example\.net.*CNAME.*a-new-name\.example\.net'
no_rules

# TFTP
cat >tftp.lua <<'END'
function process_packet(p)
  local tftp = p:data(packet_eth):data(packet_ip):data(packet_udp):data(packet_tftp)
  if tftp and tftp.filename == "short" then tftp.filename = "a-longer-name.txt" end
  return XT_CONTINUE
end
END
inR iptables -t mangle -A FORWARD -p udp -j LUA --script $examples/tftp_log.lua
inR iptables -t mangle -A FORWARD -p udp --dport 69 -j LUA --script tftp.lua --state 1
check 'a file by TFTP' inA curl -sS -m 120 -o got tftp://10.0.0.2/file
check 'arrives' cmp tftp/file got
check_eq 'a name gets longer' "$(inA curl -sS -m 60 tftp://10.0.0.2/short)" 'the other one'
check_fails 'what is not there' inA curl -sS -m 60 tftp://10.0.0.2/nothing
check 'the log has requests' klog_has $'192.168.0.2\treads\tfile\toctet'
check 'and errors' klog_has 'error 1.*nothing'
no_rules

# HTTP, TLS
mkdir www
head -c 20000 /dev/urandom >www/file
printf '[req]\ndistinguished_name = name\n[name]\n' >openssl.cnf
openssl req -x509 -config openssl.cnf -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -subj /CN=test
cat >nginx.conf <<END
user root; worker_processes 1; pid $PWD/nginx.pid; error_log $PWD/error.log;
events { worker_connections 64; }
http {
	log_format via '\$connection \$status "\$http_x_via" "\$request"';
	access_log $PWD/access.log via;
	client_body_temp_path $PWD; proxy_temp_path $PWD; fastcgi_temp_path $PWD; uwsgi_temp_path $PWD; scgi_temp_path $PWD;
	keepalive_requests 1000; keepalive_timeout 600;
	server { listen 10.0.0.2:80; listen [fd00:b::2]:80; root $PWD/www; }
	server { listen 10.0.0.2:443 ssl; listen [fd00:b::2]:443 ssl; root $PWD/www; ssl_certificate $PWD/cert.pem; ssl_certificate_key $PWD/key.pem; }
}
END
inB nginx -c "$PWD/nginx.conf" -e "$PWD/error.log"

inR iptables -t mangle -A FORWARD -p tcp --dport 80 -j LUA --script $examples/http_filter.lua
check_fails 'a forbidden host gets no answer' inA curl -sS -m 3 -o got -H 'Host: forbidden.example:80' http://10.0.0.2/file
check 'another does' inA curl -sS -m 60 -o got http://10.0.0.2/file
no_rules
wait_for grep -q GET access.log

requests() { inA curl -sS -m 400 -o got -w '%{http_code} %{num_connects}\n' "http://10.0.0.2/file?[1-$1]"; }
: >access.log
inR iptables -t mangle -A FORWARD -p tcp --dport 80 -j LUA --script $examples/http_header.lua --function to_server
inR iptables -t mangle -A FORWARD -p tcp --sport 80 -j LUA --script $examples/http_header.lua --function to_client
check_eq '100 requests' "$(requests 100 | sort | uniq -c | sed 's/^ *//')" $'99 200 0\n1 200 1'
check 'arrive as they were sent' cmp www/file got
check_eq 'the server has seen the line in each, in one connection' \
	"$(sed -n 's/^[0-9]* //; s/?.*/"/p' access.log | uniq -c | sed 's/^ *//')" '100 200 "PacketScript" "GET /file"'
: >access.log
inR tc qdisc add dev rB root netem loss 10%
inR tc qdisc add dev rA root netem loss 10%
check_eq '20 requests where packets are lost both ways' "$(requests 20 | sort | uniq -c | sed 's/^ *//')" $'19 200 0\n1 200 1'
check 'arrive all the same' cmp www/file got
check_eq 'each with its line, once' "$(grep -c ' 200 "PacketScript" ' access.log)" 20
inR tc qdisc del dev rB root
inR tc qdisc del dev rA root
no_rules

rule process_packet tcp '' $examples/sni_filter.lua --dport 443
for server in 10.0.0.2 '[fd00:b::2]'; do
	# tls NAME TIME: asks for the file under that name
	tls() { inA curl -sSk -m "$2" -o got --connect-to "::$server:443" "https://$1/file"; }
	check_fails "TLS to a forbidden name, $server" tls forbidden.example 4
	check "to another, at the same address, $server" tls allowed.example 120
	check "arrives, $server" cmp www/file got
done
no_rules

rule process_packet tcp '' $examples/mss_clamp.lua --tcp-flags SYN,RST SYN
for server in 10.0.0.2 '[fd00:b::2]'; do
	dump B syn 60 -nli eth0 -c 1 '(tcp[tcpflags] & tcp-syn != 0) or (ip6 and tcp and ip6[53] & 2 != 0)'
	dump=$!
	check "through the clamp, $server" inA curl -sS -m 60 -o got "http://$server/file"
	wait $dump || true
	check_match "the offer that arrives, $server" "$(cat syn)" 'mss 1200,'
done
no_rules

# DHCP
cat >dhcp.lua <<'END'
function process_packet(p)
  local dhcp = p:data(packet_eth):data(packet_ip):data(packet_udp):data(packet_dhcp)
  if dhcp then print(dhcp.chaddr, dhcp:option(53):get()[0], dhcp:option(60) and dhcp:option(60):get():string()) end
  return XT_CONTINUE
end
END
inR iptables -t mangle -A INPUT -p udp --dport 67 -j LUA --script dhcp.lua
inR dnsmasq --no-daemon --conf-file=/dev/null --user=root --pid-file=dhcp.pid --port=0 --interface=rA --bind-interfaces \
	--dhcp-range=192.168.0.50,192.168.0.60,1h --dhcp-leasefile="$PWD/leases" --no-ping 2>dhcp.log &
wait_for grep -q 'DHCP, IP range' dhcp.log
check_match 'an address by DHCP' "$(inA udhcpc -f -n -q -t 20 -T 2 -i eth0 -s /bin/true 2>&1)" 'lease of 192\.168\.0\.(5[0-9]|60)'
mac=$(inA cat /sys/class/net/eth0/address 2>/dev/null || inA ip -o link show eth0 | sed 's/.*ether \([^ ]*\).*/\1/')
check 'the script has seen who asked, and what kind of message it was' klog_has "${mac^^}"$'\t3\tudhcp'

check_eq 'no checksum was wrong' "$(snmp_sum 'Udp InCsumErrors' 'Udp6 InCsumErrors' 'Tcp InCsumErrors')" 0
