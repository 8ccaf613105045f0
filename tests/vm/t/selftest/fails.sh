#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Each of these has to be seen as a failure (see tests/vm/selftest.sh).
. /tests/lib.sh

check 'check' false
check_fails 'check_fails' true
check_eq 'check_eq' 1 2
check_match 'check_match' abc '^b'
pass 'pass'
ls /nowhere
pass 'not reached'
