#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Every program of the image has the libraries it needs, and so has every library.
. /tests/lib.sh

for linker in /lib64/ld-linux-*.so.* /lib/ld-linux-*.so.*; do
	[ ! -e "$linker" ] || break
done
[ -e "$linker" ] || skip 'no dynamic linker'

files=0
while read -r file; do
	read -rN 4 magic <"$file" || true
	[ "$magic" = $'\x7fELF' ] || continue
	# of a program that is linked statically, it says nothing
	said=$("$linker" --list "$file" 2>&1) || [ -z "$said" ] || fail "$file can be loaded" "$said"
	[[ $said != *'not found'* ]] || fail "$file has its libraries" "$said"
	files=$((files + 1))
	[ $((files % 50)) != 0 ] || echo "# $files files"
done < <(find /usr/bin /usr/sbin /usr/lib /usr/libexec -type f '(' -perm /111 -o -name '*.so*' ')' ! -path '/usr/lib/modules/*' 2>/dev/null)
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
