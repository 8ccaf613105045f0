# shellcheck shell=bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# . /tests/web.sh: a web server in front of which a cache is tried, in the test's folder: files, conf, pid, access.log

# web_files SIZE…: files/fSIZE of so many random bytes each; chunked/text, quick/text, and refuses/… with what must not be kept
web_files() {
	local n name
	mkdir -p files/{chunked,quick,refuses}
	for n; do head -c "$n" /dev/urandom >"files/f$n"; done
	seq 1 5000 >files/chunked/text
	for name in no-store vary cookie; do echo $name >files/refuses/$name; done
	echo quick >files/quick/text
}

# web_conf ADDRESS:PORT [LOCATIONS]: for nginx -c "$PWD/conf" -e "$PWD/error.log"
web_conf() {
	cat >conf <<-END
		user root;
		worker_processes 1;
		pid $PWD/pid;
		error_log $PWD/error.log;
		events { worker_connections 512; }
		http {
			default_type application/octet-stream;
			log_format short '\$remote_addr \$request \$status';
			access_log $PWD/access.log short;
			client_body_temp_path $PWD; proxy_temp_path $PWD; fastcgi_temp_path $PWD; uwsgi_temp_path $PWD; scgi_temp_path $PWD;
			sendfile on;
			server {
				listen $1;
				root $PWD/files;
				add_header Cache-Control max-age=3600; # without it a minute, which a slow machine may need
				location /chunked/ { ssi on; ssi_types *; }
				location /quick/ { add_header Cache-Control max-age=2; }
				location /refuses/no-store { add_header Cache-Control no-store; }
				location /refuses/vary { add_header Vary Accept; }
				location /refuses/cookie { add_header Set-Cookie a=b; }
				${2:-}
			}
		}
	END
}
is_gone() { [ ! -e pid ]; }
stop() {
	kill "$(cat pid)"
	wait_for is_gone
}
# asked [REGEX]: how many requests the server has got
asked() { grep -cE -- "${1:-.}" access.log || true; }

# get_by COMMAND… -- FILE… [-- ARGUMENT…]: over one connection of curl, with these arguments, run by the command, to address S; what arrives is what
# the server has
get_by() {
	local by=() files=() wanted=()
	while [ "$1" != -- ]; do
		by+=("$1")
		shift
	done
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		files+=("$1")
		wanted+=("http://$S/$1" -o "$1")
		shift
	done
	[ $# = 0 ] || shift
	rm -rf got
	"${by[@]}" curl -sS --fail-with-body --create-dirs --output-dir got "$@" "${wanted[@]}" || return
	[ "$(cd got && md5sum "${files[@]}")" = "$(cd files && md5sum "${files[@]}")" ]
}
