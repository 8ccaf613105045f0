# shellcheck shell=bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Functions of the tests of the command: they report results, and make captures.

# shellcheck source=tests/vm/wait.sh
. "${BASH_SOURCE[0]%/*}/../vm/wait.sh"

passed=0 failed=0 skipped=0

ok() {
	passed=$((passed + 1))
	echo "ok - $1"
}

# not_ok TEXT SEEN
not_ok() {
	failed=$((failed + 1))
	echo "not ok - $1"
	printf '%s\n' "${2:-}" | cat -v | sed 's/^/#   /'
}

skip() {
	skipped=$((skipped + 1))
	echo "ok - $1 # SKIP $2"
}

# is TEXT EXPECTED SEEN
is() {
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "expected: $2"$'\n'"seen:     $3"; fi
}

# contains TEXT PART SEEN
contains() {
	if [[ $3 == *"$2"* ]]; then ok "$1"; else not_ok "$1" "expected: … $2 …"$'\n'"seen:     $3"; fi
}

# holds TEXT COMMAND…
holds() {
	local text=$1 seen
	shift
	if seen=$("$@" 2>&1); then ok "$text"; else not_ok "$text" "$* says: $seen"; fi
}

# The last line, and the exit code.
tally() {
	echo "$passed passed, $failed failed$([ $skipped = 0 ] || echo ", $skipped skipped")"
	[ $failed = 0 ]
}

# have PROGRAM
have() { command -v "$1" >/dev/null; }

#
# Captures are written in hexadecimal digits, with blanks anywhere; bytes turns digits into bytes.
#
# None of these starts a shell for each number, which takes longer than all else that the tests do here.
#
# bytes HEX…
bytes() {
	local hex="$*" i
	hex=${hex//[[:space:]]/}
	if [ ${#hex} -gt 4096 ]; then # bash is slow with long texts
		# shellcheck disable=SC2059 # printf has to read the escapes
		printf "$(sed 's/../\\x&/g' <<<"$hex")"
		return
	fi
	local escapes=
	for ((i = 0; i < ${#hex}; i += 2)); do escapes+="\\x${hex:i:2}"; done
	# shellcheck disable=SC2059
	printf "$escapes"
}

le16() { printf '%02x%02x' $(($1 & 255)) $(($1 >> 8 & 255)); }
le32() { printf '%02x%02x%02x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)); }
be16() { printf '%04x' "$1"; }
be32() { printf '%08x' "$1"; }

# The byte order in which pcap and record write: le or be.
order=le

# pcap LINK_TYPE [SNAPLEN [MAGIC]]: the file's header
pcap() {
	"${order}32" $((16#${3:-a1b2c3d4}))
	"${order}16" 2
	"${order}16" 4
	"${order}32" 0
	"${order}32" 0
	"${order}32" "${2:-262144}"
	"${order}32" "$1"
}

# record HEX [LENGTH_ON_THE_WIRE [FRACTION_OF_A_SECOND]]
record() {
	local hex=${1//[[:space:]]/}
	"${order}32" 1700000000
	"${order}32" "${3:-123456}"
	"${order}32" $((${#hex} / 2))
	"${order}32" "${2:-$((${#hex} / 2))}"
	printf %s "$hex"
}

# block TYPE BODY: of a pcapng file, little endian; the body is padded
block() {
	local body=${2//[[:space:]]/}
	while [ $((${#body} % 8)) != 0 ]; do body+=00; done
	le32 "$1"
	le32 $((${#body} / 2 + 12))
	printf %s "$body"
	le32 $((${#body} / 2 + 12))
}
section() { block 0x0a0d0d0a "$(le32 0x1a2b3c4d) 01000000 ffffffffffffffff"; }
# interface LINK_TYPE [OPTIONS]
interface() { block 1 "$(le16 "$1") 0000 $(le32 262144) ${2:-}"; }
# enhanced HEX [INTERFACE [TIME]]: a packet
enhanced() {
	local hex=${1//[[:space:]]/} time=${3:-1700000000123456}
	block 6 "$(le32 "${2:-0}") $(le32 $((time >> 32))) $(le32 $((time))) $(le32 $((${#hex} / 2))) $(le32 $((${#hex} / 2))) $hex"
}

# hex TEXT: without blanks
hex() { echo "${1//[[:space:]]/}"; }

# Packets from 10.0.0.1 to 10.0.0.2, or 2001:db8::1 and ::2; ports are 1000 and 53 (udp), 80 (tcp).
# Checksums are right.
# shellcheck disable=SC2034 # they are used where this file is sourced
{
	ether=$(hex '020000000002 020000000001 0800')
	udp=$(hex '45000022 00010000 401166c8 0a000001 0a000002 03e80035 000ea3bf 68656c6c6f21')	# hello!
	udp_options=$(hex '46000026 00010000 4011d1bf 0a000001 0a000002 94040000 03e80035 000ea3bf 68656c6c6f21')
	tcp=$(hex '45000031 00010000 400666c4 0a000001 0a000002 03e80050 00000001 00000002 601803e8 b1800000
	     020405b4 474554202f')
	icmp=$(hex '45000020 00010000 400166da 0a000001 0a000002 08001927 00070001 70696e67')
	udp6=$(hex '60000000 000e1140 20010db8000000000000000000000001 20010db8000000000000000000000002
	      03e80035 000e5c4d 68656c6c6f21')
}
