#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Every program of the image has the libraries it needs, and so has every library.
. /tests/lib.sh

for linker in /lib64/ld-linux-*.so.* /lib/ld-linux-*.so.*; do
	[ ! -e "$linker" ] || break
done
[ -e "$linker" ] || skip 'no dynamic linker'

# have_libraries FILE…: of those that are programs or libraries
have_libraries() {
	local file magic said
	for file; do
		read -rN 4 magic <"$file" || true
		[ "$magic" = $'\x7fELF' ] || continue
		# of a program that is linked statically, it says nothing
		said=$("$linker" --list "$file" 2>&1) || [ -z "$said" ] || fail "$file can be loaded" "$said"
		[[ $said != *'not found'* ]] || fail "$file has its libraries" "$said"
		echo "$file" >>looked-at
	done
	echo "# $# files"
}
export -f have_libraries fail
export linker
for folder in /usr/{bin,sbin,lib,libexec}; do
	[ ! -e $folder ] || find $folder -type f '(' -perm /111 -o -name '*.so*' ')' ! -path '/usr/lib/modules/*' -print0
done | xargs -0 -n 40 -P "$(nproc)" bash -c 'have_libraries "$@"' bash
files=$(wc -l <looked-at)
check "$files files have their libraries" [ $files -gt 50 ]

# those that people call start
for program in bash ip tc iptables ip6tables-legacy ebtables arptables nft ping tcpdump curl conntrack ethtool dig nginx \
	packetscript man mandoc vi less; do
	type -P $program >/dev/null || { [ $program = packetscript ] && continue; fail "$program is there"; continue; }
	status=0
	said=$(timeout 60 $program --version </dev/null 2>&1) || status=$?
	check "$program starts" [ $status != 126 -a $status != 127 ]
done
if type -P packetscript >/dev/null; then
	check_match 'packetscript tells its version' "$(packetscript --version)" '^packetscript [0-9]'
	for page in packetscript 'xt_LUA' '8 xt_LUA'; do
		check_match "man $page" "$(man $page)" 'NAME.*SYNOPSIS'
	done
	check_fails 'man of what is not there' man no_such_page
fi
