#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Proves that the test machine notices failures: runs tests that must fail, and looks at the results.
# Takes the options of run.sh.
set -eEuo pipefail
trap 'echo "${BASH_SOURCE[0]}: line $LINENO: failed with status $?: $BASH_COMMAND" >&2' ERR

here=$(cd "$(dirname "$0")" && pwd)
options=("$@")
wrong=0

# run STATUS TEST…: boots with these tests, and expects that exit status
run() {
	local expected=$1 status=0
	shift
	output=$("$here/run.sh" "${options[@]}" "$@" 2>&1) || status=$?
	expect "exit status $expected from: $*" [ $status = "$expected" ]
}

# expect TEXT COMMAND…
expect() {
	local text=$1
	shift
	if "$@"; then
		echo "ok - $text"
	else
		echo "not ok - $text"
		wrong=1
	fi
}

# says REGEX: the output has such a line
says() { expect "says: $1" grep -qE -- "$1" <<<"$output"; }

run 1 selftest/fails selftest/dirty-log selftest/hangs selftest/skips selftest/litters selftest/tidy
for what in check check_fails check_eq check_match; do says "^not ok [0-9]+ selftest/fails: $what\$"; done
says '^ok [0-9]+ selftest/fails: pass$'
says '^# fails.sh:11: failed with status 2: ls /nowhere'
says '^not ok [0-9]+ selftest/fails: exit status 2$'
says '^ok [0-9]+ selftest/fails: kernel log clean$'
says '^ok [0-9]+ selftest/dirty-log: exit status$'
says '^not ok [0-9]+ selftest/dirty-log: kernel log clean$'
says '^# .*WARNING: seeded by the self-test$'
says '^not ok [0-9]+ selftest/hangs: exit status: stopped after 2 s without a word$'
says '^ok [0-9]+ selftest/skips: exit status # SKIP as it should$'
says '^ok [0-9]+ selftest/litters: leaves nothing behind$'
says '^ok [0-9]+ selftest/tidy: no file$'
says '^[0-9]+ passed, 7 failed, 1 skipped$'

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for how in --share --copy; do
	rm -rf "$folder/shared" && mkdir "$folder/shared" && echo "of the host, $how" >"$folder/shared/file"
	run 0 $how "$folder/shared" selftest/share
	says "^ok [0-9]+ selftest/share: the machine sees the host's folder\$"
	written=$(cat "$folder/shared/written" 2>/dev/null || true)
	expect "$how: what the machine writes is $written" [ "$how $written" = '--share of the machine, --share' -o "$how $written" = '--copy ' ]
done

run 2 selftest/panics
says 'Kernel panic'
says '^run.sh: the machine died .*, after: ok [0-9]+ boot: kernel log clean; in: .*sysrq_handle_crash'

options+=(--timeout 8)
run 2 selftest/silent
says '^run.sh: stopped: nothing from it for 8 s \(--timeout\), after: ok [0-9]+ '

exit $wrong
