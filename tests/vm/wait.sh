# shellcheck shell=bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Waits for something that should come, in tests in the virtual machine and outside.

# wait_for [-t SECONDS] COMMAND…: waits until the command succeeds. The limit is for what never comes: a busy machine may
# take long for anything else.
wait_for() {
	local limit=60
	if [ "$1" = -t ]; then
		limit=$2
		shift 2
	fi
	local end=$((${EPOCHREALTIME/./} + limit * 1000000))
	while ! "$@" >/dev/null 2>&1; do
		[ ${EPOCHREALTIME/./} -lt $end ] || return 1
		sleep 0.05
	done
}
