# shellcheck shell=bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# . /tests/results.sh: how the machine tells results, on the file descriptor 3; for its init and what does init's work elsewhere

# Words by which the kernel's log tells that something is wrong.
readonly alarms='WARNING:|BUG:|BUG |kernel BUG|Oops|Call Trace|general protection|unable to handle|KASAN|KCSAN|KFENCE|UBSAN'\
'|ODEBUG|INFO: (task|rcu|possible|suspicious|trying)|possible (circular|recursive)|inconsistent lock|bad unlock balance'\
'|suspicious RCU|rcu:.*stall|refcount_t|scheduling while atomic|sleeping function called|list_(add|del) corruption'\
'|soft lockup|hard LOCKUP|hung_task|blocked for more than|unregister_netdevice|leaked|suspected memory leaks|kmemleak: [1-9]'\
'|objects remaining|[Bb]ad page|page allocation failure|hw csum failure|stack guard|NETDEV WATCHDOG'

number=0 passed=0 failed=0 skipped=0

say() { printf '%s\n' "$*" >&3; }

# result ok|"not ok"|skip TEXT
result() {
	number=$((number + 1))
	case $1 in
	ok) passed=$((passed + 1)); say "ok $number $2" ;;
	skip) skipped=$((skipped + 1)); say "ok $number $2" ;;
	*) failed=$((failed + 1)); say "not ok $number $2" ;;
	esac
}

# relay NAME SECONDS: passes on what a test prints, and counts each of its checks as a result. Sets status when the test has ended, or
# has printed nothing for so many seconds; there is no limit for all of it, which depends on what else the host does.
relay() {
	local name=$1 line
	status=124
	while IFS= read -r -t "$2" line; do
		case $line in
		$'\1exit '*) status=${line#* }; return ;;
		'') ;;
		'ok - '*) result ok "$name: ${line#ok - }" ;;
		'not ok - '*) result 'not ok' "$name: ${line#not ok - }" ;;
		'# skip: '*) skip_reason=${line#\# skip: } ;;
		'# '*) say "$line" ;;
		*) say "# $line" ;;
		esac
	done
}

# tell_status NAME SECONDS: how the test has ended, as relay() has found
tell_status() {
	case $status in
	0) result ok "$1: exit status" ;;
	77) result skip "$1: exit status # SKIP $skip_reason" ;;
	124) result 'not ok' "$1: exit status: stopped after $2 s without a word" ;;
	*) result 'not ok' "$1: exit status $status" ;;
	esac
}

# tell_log NAME: whether the kernel's log has none of those words
tell_log() {
	if grep -qE "$alarms" < <(dmesg); then
		result 'not ok' "$1: kernel log clean"
		dmesg | grep -E -A 15 "$alarms" | head -n 60 | sed 's/^/# /' >&3
	else
		result ok "$1: kernel log clean"
	fi
}
