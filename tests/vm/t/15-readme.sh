#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# What README.md says can be done in the machine can be: its scripts and commands, and what these print, are taken
# from there, word for word.
. /tests/lib.sh

ln -sfn /examples /root/examples
cd /root

# What may differ: how text is wrapped, iptables' release, and what is measured: times, and numbers of three digits
plain() {
	tr -s ' \n\t' '   ' |
		sed -E ':a; s/(^| )[0-9]{3,}( |$)/\1N\2/; ta; s/^ | $//g; s/v1\.8\.[0-9]+/v1.8/; s/ time [0-9]+ms/ time Nms/; s/20[0-9-]+ [0-9:]+ UTC, sha256 [0-9a-f]+/WHEN UTC, sha256 HASH/'
}

# try_command LINE COMMAND PRINTED: what README says at that line
try_command() {
	local seen
	seen=$(bash -c "$2" 2>&1 || true)
	check_eq "README.md:$1: $2" "$(plain <<<"$seen")" "$(plain <<<"$3")"
	commands=$((commands + 1))
}

number=0 commands=0 scripts=0 section='' language='' indent='' name='' command='' text=''
fence='^( *)```([a-z]*)$'
while IFS= read -r line; do
	number=$((number + 1))
	if [[ $line =~ $fence ]]; then
		if [ -z "$language" ]; then
			indent=${BASH_REMATCH[1]} language=${BASH_REMATCH[2]:-none} text=''
			check_match "README.md:$number: code is of a kind that is tried here" "$language" '^(lua|console)$'
			continue
		fi
		case $language in
		lua)
			printf %s "$text" >"${name:?}"
			check "README.md:$number: $name is right" packetscript check "$name"
			scripts=$((scripts + 1))
			;;
		console) [ -z "$command" ] || try_command $at "$command" "$text" ;;
		esac
		language='' command=''
		continue
	fi
	case $language in
	'')
		if [[ $line == '## '* ]]; then
			section=${line#\#\# }
			nft flush ruleset # each is tried on its own
		fi
		[[ ! $line =~ \`([a-z_]+\.lua)\` ]] || name=${BASH_REMATCH[1]}
		# these sections are for the host
		[[ $line != '    '* || $section == 'See it work' || $section == Install ]] ||
			fail "README.md:$number: code that is not tried" "$line"
		;;
	lua) text+=${line#"$indent"}$'\n' ;;
	console)
		line=${line#"$indent"}
		if [[ $line == '# '* ]]; then
			[ -z "$command" ] || try_command $at "$command" "$text"
			command=${line#\# } at=$number text=''
		else
			text+=$line$'\n'
		fi
		;;
	esac
done </README.md
check "$scripts scripts and $commands commands" [ "$scripts" -ge 2 -a "$commands" -ge 20 ]
rm -f examples ./*.lua
