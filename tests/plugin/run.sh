#!/bin/sh
# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# Tests libxt_LUA.so without a kernel module:  tests/plugin/run.sh FOLDER
# FOLDER holds libxt_LUA.so. Needs cc, pkg-config and libxtables; the tests with
# the real iptables also need unshare, and touch no firewall: each command has a
# network namespace of its own.

if [ ! -f "$1/libxt_LUA.so" ]; then
	echo "usage: $0 FOLDER_OF_libxt_LUA.so" >&2
	exit 2
fi
libdir=$(realpath "$1")
top=$(realpath "$(dirname "$0")/../..")
page=$top/xtables/xt_LUA.8
work=$(realpath "$(mktemp -d)")
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT PIPE TERM

passed=0
failed=0
skipped=0

ok()
{
	passed=$((passed + 1))
	echo "ok - $1"
}

# TEXT WHAT_WAS_SEEN
not_ok()
{
	failed=$((failed + 1))
	echo "not ok - $1"
	printf '%s\n' "$2" | sed 's/^/#   /'
}

skip()
{
	skipped=$((skipped + 1))
	echo "ok - $1 # SKIP $2"
}

# TEXT EXPECTED SEEN
is()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "expected: $2
seen:     $3"
	fi
}

# TEXT PART SEEN
contains()
{
	case "$3" in
	*"$2"*) ok "$1" ;;
	*) not_ok "$1" "expected: … $2 …
seen:     $3" ;;
	esac
}

# TEXT PART SEEN: it is not there
lacks()
{
	case "$3" in
	*"$2"*) not_ok "$1" "seen:     $3" ;;
	*) ok "$1" ;;
	esac
}

family=ipv4

# Takes away what iptables and the plugin say of a module that is missing: the tests are about the rest.
without_module_talk()
{
	grep -v -e '^Warning: Extension \(LUA\|lua\) revision 0 not supported' -e '^LUA: this kernel ' -e '^LUA: the module '
}

roundtrip()
{
	XTABLES_LIBDIR=$libdir "$work/roundtrip" "$family" "$@" 2>"$work/said"
	status=$?
	without_module_talk <"$work/said" >&2
	return $status
}

# TEXT SAVED_LINE OPTION...: saved like this, and parsed again to the same bytes
saves()
{
	text=$1 expected=$2
	shift 2
	is "$text" "$expected" "$(roundtrip save "$@" 2>&1)"
}

# TEXT PRINTED_LINE OPTION...: iptables -L shows it like this
prints()
{
	text=$1 expected=$2
	shift 2
	is "$text" "$expected" "$(roundtrip print "$@" 2>&1)"
}

# TEXT PART_OF_MESSAGE OPTION...: refused as a parameter problem
refuses()
{
	text=$1 expected=$2
	shift 2
	seen=$(roundtrip save "$@" 2>&1 </dev/null)
	status=$?
	if [ $status -ne 2 ]; then
		not_ok "$text" "exit status $status instead of 2, output: $seen"
	else
		contains "$text" "$expected" "$seen"
	fi
}

# TEXT OPTION... , OPTION...: both sides make the same rule
same()
{
	text=$1
	shift
	if seen=$(roundtrip same "$@" 2>&1); then
		ok "$text"
	else
		not_ok "$text" "$seen"
	fi
}

# PROGRAM ARGUMENT...: in a network namespace of its own
alone()
{
	XTABLES_LIBDIR=$libdir:$(pkg-config --variable=xtlibdir xtables) \
		XTABLES_LOCKFILE=$work/lock unshare -rn "$@" 2>&1 |
		without_module_talk
}

# TEXT EXPECTED FILE=LINE…: what the plugin says about the module, where these files are all that there is below /proc,
# /sys, /lib/modules and /var/lib; FILE/ is a folder
explains()
{
	text=$1 expected=$2
	shift 2
	# shellcheck disable=SC2016 # expanded over there
	seen=$(XTABLES_LIBDIR=$libdir:$(pkg-config --variable=xtlibdir xtables) XTABLES_LOCKFILE=$work/lock \
		unshare -rnm sh -c '
			program=$1
			shift
			for dir in /proc /sys /lib/modules /var/lib; do mount -t tmpfs none $dir; done
			mkdir /sys/module
			for file; do
				path=${file%%=*}
				mkdir -p "${path%/*}"
				[ "$path" = "$file" ] || echo "${file#*=}" >"$path"
			done
			exec $program -A OUTPUT -j LUA --script good.lua' sh "$program" "$@" 2>&1 | grep '^LUA: ')
	is "$program: $text" "$expected" "$seen"
}

# PROGRAM: can it be used here?
have()
{
	command -v "$1" >/dev/null && unshare -rn true 2>/dev/null
}

# shellcheck disable=SC2046 # the flags are words
if ! ${CC:-cc} -O1 -Wall -Wextra -Wno-unused-parameter -I "$top/include" \
	-o "$work/roundtrip" "$top/tests/plugin/roundtrip.c" \
	$(pkg-config --cflags --libs xtables); then
	echo "not ok - roundtrip.c compiles"
	echo "0 passed, 1 failed"
	exit 1
fi

cd "$work" || exit 1
mkdir folder
echo "function process_packet(p) return NF_ACCEPT end f = process_packet" >good.lua
name63=$(printf '%063d' 0 | tr 0 f)
echo "function $name63(p) return NF_ACCEPT end" >longest.lua
printf 'local x = 1\n\nlocal y 3\n' >bad.lua
printf '\033Lua\124\000\031\223' >binary.lua
: >empty.lua
mkfifo fifo.lua
(cat good.lua && head -c 262144 /dev/zero | tr '\0' '\n') | head -c 262144 >biggest.lua
head -c 262145 /dev/zero | tr '\0' '\n' >big.lua
ln -s good.lua link.lua
ln -s loop.lua loop.lua
script=$work/good.lua

# --- what is refused
refuses "script is required" \
	'LUA: --script parameter required'
refuses "script is required with other options" \
	'LUA: --script parameter required' --function f --state 1
refuses "missing file" \
	'LUA: --script gone.lua: No such file or directory; give' --script gone.lua
refuses "empty path" \
	'No such file or directory; give' --script ''
refuses "loop of symbolic links" \
	'loop.lua: Too many levels of symbolic links' --script loop.lua
refuses "folder" \
	"LUA: --script $work/folder: is a folder; give" --script folder
refuses "FIFO does not block" \
	"LUA: --script $work/fifo.lua: is not a regular file; give" --script fifo.lua
refuses "device" \
	'LUA: --script /dev/zero: is not a regular file; give' --script /dev/zero
refuses "empty file" \
	"LUA: --script $work/empty.lua: is empty; write" --script empty.lua
refuses "file of more than 256 KiB" \
	"LUA: --script $work/big.lua: is bigger than 262144 bytes; shorten" --script big.lua
saves "file of 256 KiB is accepted" \
	" --script \"$work/biggest.lua\"" --script biggest.lua
refuses "syntax error names file and line" \
	"LUA: --script $work/bad.lua: does not compile: bad.lua:3:" --script bad.lua
refuses "binary chunk" \
	"LUA: --script $work/binary.lua: does not compile:" --script binary.lua

echo 'return' >secret.lua
if [ "$(id -u)" -ne 0 ]; then
	chmod 0 secret.lua
	refuses "unreadable file" 'secret.lua: Permission denied; make' --script secret.lua
elif chown 1:1 secret.lua && chmod 600 secret.lua && unshare -r true 2>/dev/null; then
	# root of a namespace that has no user 1 may not read it
	contains "unreadable file" "secret.lua: Permission denied; make" \
		"$(XTABLES_LIBDIR=$libdir unshare -r ./roundtrip ipv4 save \
			--script secret.lua 2>&1)"
else
	skip "unreadable file" "root reads everything"
fi

newline='new
line.lua'
cp good.lua "$newline"
refuses "path with a control character" 'control character' --script "$newline"

# --- functions that the script has, or may have
echo 'local function process_packet(p) return NF_ACCEPT end' >local.lua
echo 'for _, name in pairs{ "f", "g" } do _G[name] = print end' >unseen.lua
refuses "function that is missing" \
	"LUA: --script $work/good.lua: has no function 'handle'; define it as a global, or name another one with --function" \
	--script good.lua --function handle
refuses "missing function, named first" "has no function 'handle'" --function handle --script good.lua
refuses "function that is local" "LUA: --script $work/local.lua: has no function 'process_packet'" \
	--script local.lua
saves "function that the script may define in a way that cannot be seen" \
	" --script \"$work/unseen.lua\" --function f" --script unseen.lua --function f

# --- which text a rule is of
sha256() { sha256sum "$1" | cut -c 1-16; }
mkdir modules
echo 'return 1' >modules/one.lua
echo 'require "modules.one" function f() end' >requires.lua
saves 'a script with a module' " --script \"$work/requires.lua\" --function f" --script requires.lua --function f
before=$(roundtrip digest --script requires.lua --function f 2>&1)
echo 'return 2' >modules/one.lua
after=$(roundtrip digest --script requires.lua --function f 2>&1)
if [ ${#before} = 16 ] && [ "$before" != "$after" ]; then ok 'the digest changes with the module'; else
	not_ok 'the digest changes with the module' "$before, then $after"; fi
echo 'return = 2' >modules/one.lua
refuses 'a module that does not compile' "LUA: --script $work/requires.lua: does not compile: requires.lua:1: module 'modules.one': $work/modules/one.lua:1:" \
	--script requires.lua --function f
rm -r modules
refuses 'a module that is not there' "requires.lua:1: module 'modules.one': not found: there is no $work/modules/one.lua and no /usr/share/packetscript/lua/modules/one.lua" \
	--script requires.lua --function f

for script in good.lua biggest.lua unseen.lua; do
	is "$script: the rule has the digest of the text" "$(sha256 $script)" \
		"$(roundtrip digest --script $script --function f 2>&1)"
done
script=$work/good.lua

refuses "function that is no name" \
	'LUA: --function "a-b": is not a Lua name; give' --script good.lua --function a-b
refuses "function that begins with a digit" \
	'"1f": is not a Lua name' --script good.lua --function 1f
refuses "function of a table" \
	'"t.f": is not a Lua name' --script good.lua --function t.f
refuses "empty function" \
	'"": is not a Lua name' --script good.lua --function ''
refuses "reserved word as function" \
	'"end": is not a Lua name' --script good.lua --function end
saves "function of 63 bytes is accepted" \
	" --script \"$work/longest.lua\" --function $name63" --script longest.lua --function "$name63"
refuses "function of 64 bytes" \
	'is longer than 63 bytes; shorten' --script good.lua --function "${name63}f"

for value in x 5x '' -1 4294967296; do
	refuses "state '$value'" \
		'LUA: bad value for option "--state", or out of range (0-4294967295)' \
		--script good.lua --state "$value"
done
for value in '' DROP stolen drop,accept; do
	refuses "on-error '$value'" \
		"LUA: --on-error \"$value\": is no such verdict; give drop, accept or continue" \
		--script good.lua --on-error "$value"
done
for value in '' 1 1G 127K 65M 1.5M 64m -1M 0M 18014398509481985K; do
	refuses "memory '$value'" \
		"LUA: --memory \"$value\": is no such size; give 128K to 64M, as in 512K or 4M" \
		--script good.lua --memory "$value"
done
refuses "percpu twice" 'LUA: option "--percpu" can only be used once' \
	--script good.lua --percpu --percpu
refuses "unknown option" "unrecognized option '--size'" --script good.lua --size 1
for option in 'script good.lua' 'function f' 'state 1' 'memory 2M' 'on-error drop'; do
	name=${option% *} value=${option#* }
	refuses "--$name twice" "LUA: option \"--$name\" can only be used once" \
		--script good.lua "--$name" "$value" "--$name" "$value"
done

# --- paths
# A folder that makes the absolute path of FOLDER/good.lua $1 bytes long.
folder_for_length()
{
	rest=$(($1 - ${#work} - 10))
	dir=$work
	while [ "$rest" -gt 200 ]; do
		dir=$dir/$(printf '%0150d' 0)
		rest=$((rest - 151))
	done
	dir=$dir/$(printf "%0${rest}d" 0)
	mkdir -p "$dir"
	cp good.lua "$dir"
	echo "$dir"
}
longest=$(folder_for_length 511)
longer=$(folder_for_length 512)
saves "absolute path of 511 bytes is accepted" \
	" --script \"$longest/good.lua\"" --script "$longest/good.lua"
refuses "absolute path of 512 bytes" \
	'its absolute path is longer than 511 bytes; move' --script "$longer/good.lua"
cd "$longer" || exit 1
refuses "relative path that is too long when absolute" \
	'its absolute path is longer than 511 bytes; move' --script good.lua
cd "$work" || exit 1

saves "relative path becomes absolute" \
	" --script \"$script\"" --script ./folder/../good.lua
saves "symbolic link is resolved" " --script \"$script\"" --script link.lua
same "relative and absolute path make the same rule" --script good.lua , --script "$script"

# shellcheck disable=SC2016 # a name that nothing may expand
nasty=$work'/it'\''s a "very" \nasty\ ; $(name) -- é.lua'
nasty_saved=" --script \"$work/it\\'s a \\\"very\\\" \\\\nasty\\\\ ; \$(name) -- é.lua\""
cp good.lua "$nasty"
cp good.lua ' '
saves "path with blanks, quotes and backslashes" "$nasty_saved" --script "$nasty"
saves "file named blank" " --script \"$work/ \"" --script ' '

# --- what is saved and printed
for family in ipv4 ipv6 arp bridge; do
	saves "$family: defaults are not saved" " --script \"$script\"" \
		--script good.lua --function process_packet --state 0 --memory 1M --on-error drop
	saves "$family: all options are saved" \
		" --script \"$script\" --function f --state 4294967295 --percpu --memory 64M --on-error accept" \
		--on-error accept --memory 64M --percpu --state 4294967295 --function f --script good.lua
	saves "$family: memory is saved" " --script \"$script\" --memory 513K" \
		--memory 513K --script good.lua
	saves "$family: memory is saved in its largest unit" " --script \"$script\" --memory 4M" \
		--memory 4096K --script good.lua
	saves "$family: percpu is saved" " --script \"$script\" --percpu" \
		--percpu --script good.lua
	saves "$family: on-error continue is saved" \
		" --script \"$script\" --on-error continue" \
		--script good.lua --on-error continue
	refuses "$family: script is required" 'LUA: --script parameter required'
	refuses "$family: duplicates are refused" 'can only be used once' \
		--script good.lua --script good.lua
	same "$family: defaults and spelled out defaults make the same rule" \
		--script good.lua , \
		--script good.lua --function process_packet --state 0x0 --memory 1024K --on-error drop
done
family=ipv4
prints "list shows the script" " LUA script $script" --script good.lua
prints "list shows what is not default" \
	" LUA script $script function f state 1 percpu memory 512K on-error accept" \
	--script good.lua --function f --state 1 --on-error accept --percpu --memory 512K
prints "list shows on-error continue" \
	" LUA script $script on-error continue" --script good.lua --on-error continue
family=bridge
prints "ebtables lists what can be typed" \
	" --script \"$script\" --state 1" --script good.lua --state 1
family=ipv4

# --- what the function is given
for family_objects in 'ipv4 raw eth ip arp ip6' 'ipv6 raw eth ip6 arp ip' 'arp arp raw eth ip ip6' 'bridge eth raw arp ip ip6'; do
	# shellcheck disable=SC2086 # words
	set -- $family_objects
	family=$1
	same "$family: the default object makes the same rule" --script good.lua , --script good.lua --object "$2"
	saves "$family: an object is saved" " --script \"$script\" --object $3" --script good.lua --object "$3"
	for value in tcp '' IP; do
		refuses "$family: object '$value'" "LUA: --object \"$value\": is nothing that packets of this table are; give raw, eth" \
			--script good.lua --object "$value"
	done
	[ $family != bridge ] || continue
	for value in "$5" "$6"; do
		refuses "$family: object $value" "LUA: --object \"$value\": is nothing that packets of this table are" \
			--script good.lua --object "$value"
	done
done
family=ipv4
prints "list shows an object" " LUA script $script object ip" --script good.lua --object ip

# --- the match
echo "function match_packet(p) return true end function f(p) end" >match.lua
match=$work/match.lua
matches() { text=$1 expected=$2; shift 2; is "$text" "$expected" "$(roundtrip match-save "$@" 2>&1)"; }
# TEXT PART_OF_MESSAGE OPTION...
match_refuses()
{
	text=$1 expected=$2
	shift 2
	seen=$(roundtrip match-save "$@" 2>&1 </dev/null)
	status=$?
	if [ $status -ne 2 ]; then
		not_ok "$text" "exit status $status instead of 2, output: $seen"
	else
		contains "$text" "$expected" "$seen"
	fi
}
for family in ipv4 ipv6; do
	matches "match, $family: defaults are not saved" " --script \"$match\"" \
		--script match.lua --function match_packet --state 0 --memory 1M --on-error continue --object raw
	matches "match, $family: all options are saved" \
		" ! --script \"$match\" --function f --state 5 --percpu --memory 2M --on-error drop --object eth" \
		--object eth --on-error drop --memory 2M --percpu --state 5 --function f ! --script match.lua
	match_refuses "match, $family: script is required" 'lua: --script parameter required' --function f
done
family=ipv4
matches "match: ! is saved" " ! --script \"$match\"" ! --script match.lua
match_refuses "match: only the script can be inverted" 'lua: option "--state" cannot be inverted' --script match.lua ! --state 1
match_refuses "match: its function has to be there" \
	"lua: --script $work/good.lua: has no function 'match_packet'; define it as a global, or name another one with --function" \
	--script good.lua
for value in accept DROP ''; do
	match_refuses "match: on-error '$value'" "lua: --on-error \"$value\": is nothing that a match can do; give continue or drop" \
		--script match.lua --on-error "$value"
done
match_refuses "match: object ip6 of IPv4" 'lua: --object "ip6": is nothing that packets of this table are; give raw, eth or ip' \
	--script match.lua --object ip6
match_refuses "match: script twice" 'lua: option "--script" can only be used once' --script match.lua --script match.lua
match_refuses "match: memory" 'lua: --memory "1G": is no such size' --script match.lua --memory 1G
match_refuses "match: function" 'lua: --function "a-b": is not a Lua name' --script match.lua --function a-b
is "match: listed" " lua ! script $match state 2 on-error drop" \
	"$(roundtrip match-print --on-error drop ! --script match.lua --state 2 2>&1)"
is "match: listed without !" " lua script $match" "$(roundtrip match-print --script match.lua 2>&1)"

# --- the real programs
for program in iptables-legacy ip6tables-legacy iptables-nft ip6tables-nft \
	arptables-nft ebtables-nft; do
	if ! have $program; then
		skip "$program" "not usable here"
		continue
	fi
	case $program in
	ebtables-*) help='-h LUA' ;;
	*) help='-j LUA -h' ;;
	esac
	contains "$program says that script is required" \
		"): LUA: --script parameter required" \
		"$(alone $program -A INPUT -j LUA)"
	contains "$program says where the syntax error is" "bad.lua:3:" \
		"$(alone $program -A INPUT -j LUA --script bad.lua)"
	contains "$program says which function is missing" "local.lua: has no function 'process_packet'; define" \
		"$(alone $program -A INPUT -j LUA --script local.lua)"
	# shellcheck disable=SC2086 # help is words
	contains "$program has help" "--on-error drop|accept|continue" \
		"$(alone $program $help)"
done

# a rule does not begin with the options of the one before
printf '*nat\n:PREROUTING ACCEPT\n-A PREROUTING -j LUA --script "%s" --state 1\n%s\nCOMMIT\n' "$script" \
	"-A PREROUTING -j LUA --state 2 --script \"$script\"" >two.rules
sed 's/ --state 2.*//' two.rules >lacking.rules
if have ebtables-nft-restore; then
	lacks "ebtables-nft-restore reads two rules" 'can only be used once' "$(alone ebtables-nft-restore <two.rules)"
	contains "ebtables-nft-restore misses the second script" 'LUA: --script parameter required' \
		"$(alone ebtables-nft-restore <lacking.rules)"
else
	skip "ebtables-nft-restore" "not usable here"
fi
for program in iptables-legacy ip6tables-legacy iptables-nft ip6tables-nft; do
	if ! have $program; then
		skip "$program -m lua" "not usable here"
		continue
	fi
	contains "$program: match and target on one rule have the same options" "LUA: --script $work/local.lua: has no function" \
		"$(alone $program -A INPUT -m lua --script match.lua --function f --state 2 -j LUA --script local.lua)"
	contains "$program: the match knows what it misses" "lua: --script parameter required" "$(alone $program -A INPUT -m lua -j ACCEPT)"
	contains "$program: the match has help" "[!] --script FILE" "$(alone $program -m lua -h)"
done

here=$(uname -r)
for program in iptables-legacy ip6tables-nft; do
	if ! have $program || ! unshare -rnm mount -t tmpfs none /lib/modules 2>/dev/null; then
		skip "$program says why there is no module" "not usable here"
		continue
	fi
	signed="takes signed modules only: sign PacketScript's modules with a key that it trusts, or"
	explains 'nothing if the module is there' '' /proc/modules= /sys/module/xt_LUA/
	explains 'the module is not installed' \
		"LUA: the module xt_LUA is not installed for this kernel: in PacketScript's folder, make install KVER=$here" \
		/proc/modules= "/lib/modules/$here/modules.dep=kernel/net/netfilter/xt_LOG.ko:"
	explains 'it is, but cannot be loaded' \
		'LUA: the module xt_LUA is installed but not loaded: modprobe xt_LUA, as root, loads it or says why not' \
		/proc/modules= "/lib/modules/$here/modules.dep=updates/packetscript/xt_LUA.ko: updates/packetscript/packetscript.ko"
	explains 'the kernel has no modules' 'LUA: this kernel is built without modules: start another'
	explains 'no more modules' "LUA: this kernel takes no more modules since kernel.modules_disabled was set: load \
xt_LUA before that, after a restart" /proc/modules= /proc/sys/kernel/modules_disabled=1
	installed="/lib/modules/$here/modules.dep=updates/packetscript/xt_LUA.ko: updates/packetscript/packetscript.ko"
	enrol="if 'mokutil -t /var/lib/dkms/mok.pub' says that the key of DKMS is not enrolled, 'mokutil -i /var/lib/dkms/mok.pub' and a restart enrol it; or"
	explains 'lockdown' "LUA: this kernel is locked down and $signed turn Secure Boot off" \
		/proc/modules= "$installed" '/sys/kernel/security/lockdown=none [integrity] confidentiality'
	explains 'more lockdown' "LUA: this kernel is locked down and $signed turn Secure Boot off" \
		/proc/modules= "$installed" '/sys/kernel/security/lockdown=none integrity [confidentiality]'
	explains 'lockdown, where DKMS has a key' "LUA: this kernel is locked down and takes signed modules only: $enrol turn Secure Boot off" \
		/proc/modules= "$installed" '/sys/kernel/security/lockdown=none [integrity] confidentiality' /var/lib/dkms/mok.pub= /sys/firmware/efi/
	explains 'a key that nobody can enrol' "LUA: this kernel is locked down and $signed turn Secure Boot off" \
		/proc/modules= "$installed" '/sys/kernel/security/lockdown=none [integrity] confidentiality' /var/lib/dkms/mok.pub=
	explains 'signatures are enforced' "LUA: this kernel $signed start it without module.sig_enforce" \
		/proc/modules= "$installed" /sys/module/module/parameters/sig_enforce=Y \
		'/sys/kernel/security/lockdown=[none] integrity confidentiality' /proc/sys/kernel/modules_disabled=0
	explains 'locked down, but not installed either' \
		"LUA: the module xt_LUA is not installed for this kernel: in PacketScript's folder, make install KVER=$here" \
		/proc/modules= '/sys/kernel/security/lockdown=none [integrity] confidentiality'
	explains 'not built by DKMS' "LUA: the module xt_LUA is not installed for this kernel: install linux-headers-$here, and DKMS builds it" \
		/proc/modules= /var/lib/dkms/packetscript/
done

# PROGRAM TEXT RULE PRINTED: parses the rule without committing it; where -v prints
# a rule as -L does (not in iptables-nft-restore), it is the one expected
restores()
{
	printf '*mangle\n-A POSTROUTING -v%s\nCOMMIT\n' "$3" >rules
	seen=$(alone "$1" --test rules)
	case $1 in
	*-nft-restore) is "$1: $2" "" "$seen" ;;
	*) contains "$1: $2" "$4" "$seen" ;;
	esac
}

for program in iptables-legacy-restore iptables-nft-restore ip6tables-legacy-restore \
	ip6tables-nft-restore; do
	if ! have $program; then
		skip "$program" "not usable here"
		continue
	fi
	restores $program "reads the nasty path that was saved" \
		" -j LUA$(roundtrip save --script "$nasty" --on-error accept)" \
		"LUA script $nasty on-error accept"
	restores $program "keeps the --state of both extensions apart" \
		" -m state --state NEW -j LUA --script good.lua --state 7" \
		"state NEW LUA script $script state 7"
	printf '*mangle\n-A POSTROUTING -j LUA --script gone.lua\nCOMMIT\n' >rules
	contains "$program: names the line of a script that is gone" "occurred at line: 2" \
		"$(alone $program --test rules)"
done

# --- the manual's examples
mkdir examples
cd examples || exit 1
sed -n '/^\.EX/,/^\.EE/p' "$page" | sed -e 's/\\-/-/g' -e 's/\\e$/\\/' >all
awk '/^\.\\" file: / { file = $3; next } /^\.E[EX]/ { file = "" } file { print > file }' all
sed -e ':a' -e '/\\$/{N;s/ *\\\n */ /;ba' -e '}' all | grep '^iptables ' >commands
is "manual: far.lua compiles" " --script \"$work/examples/far.lua\"" "$(roundtrip match-save --script far.lua)"
for file in $(echo *.lua | sed 's/far.lua //'); do
	function=$(sed -n '/^function process_packet_snat/ s/function \([a-z_]*\).*/ --function \1/p' "$file")
	# shellcheck disable=SC2086 # an option and its value, or nothing
	saves "manual: $file compiles" " --script \"$work/examples/$file\"$function" --script "$file" $function
done
if have iptables-legacy-restore; then
	sed 's/^iptables -t \([a-z]*\) \(.*\)/*\1\n\2\nCOMMIT/' commands >rules
	is "manual: $(wc -l <commands) commands parse" "" \
		"$(alone iptables-legacy-restore --test rules)"
else
	skip "manual: commands parse" "not usable here"
fi
if command -v mandoc >/dev/null; then
	is "manual: mandoc has nothing to say" "" "$(mandoc -Tlint "$page" 2>&1)"
else
	skip "manual: mandoc has nothing to say" "not installed"
fi
if command -v groff >/dev/null; then
	is "manual: groff has nothing to say" "" \
		"$(groff -man -ww -Tutf8 "$page" 2>&1 >/dev/null)"
else
	skip "manual: groff has nothing to say" "not installed"
fi
language=$libdir/packetscript-language.7
if command -v mandoc >/dev/null; then
	is "packetscript-language(7): mandoc has nothing to say but of long lines" "" \
		"$(mandoc -Tlint "$language" 2>&1 | grep -v 'input text line longer than 80 bytes')"
fi
if command -v groff >/dev/null; then
	# on one long page, as man shows it: where pages ended, a table might not fit
	is "packetscript-language(7): groff has nothing to say" "" \
		"$(sed '1i .pl 10000v' "$language" | groff -k -t -man -ww -Tutf8 -rLL=200n 2>&1 >/dev/null)"
	# what of the reference's tables and code is on the page
	groff -k -t -man -Tutf8 -rLL=200n "$language" 2>/dev/null | sed 's/.\x08//g; s/\x1b\[[0-9;]*m//g' | tr -s ' ' >page
	for text in 'process_packet(p)' 'XT_CONTINUE 0xFFFFFFFF goes on to the next rule' '--memory SIZE what the state may hold, 128K to 64M 1M' \
		'NF_QUEUE | (5 << 16)' 'local ip = p:data(packet_eth)' "'sadr'" 'ihl 4 4 integer' '512K 4,096'; do
		holds=no
		! grep -qF -- "$text" page || holds=yes
		is "packetscript-language(7) has: $text" yes "$holds"
	done
fi
cd "$work" || exit 1

# --- what the library shows to others
if command -v nm >/dev/null; then
	is "library exports nothing" "" "$(nm -D --defined-only "$libdir/libxt_LUA.so")"
else
	skip "library exports nothing" "nm is not installed"
fi

if [ $skipped -gt 0 ]; then
	echo "$passed passed, $failed failed, $skipped skipped"
else
	echo "$passed passed, $failed failed"
fi
[ $failed -eq 0 ]
