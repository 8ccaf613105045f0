#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Each identifier of the interface is there, and what it should be: tests/lunatik/identifiers.txt.
. /tests/lib.sh

/tests/lunatik/identifiers >/lib/modules/lua/test.lua
rows=$(grep -c '^look(' /lib/modules/lua/test.lua)
modprobe lunatik_run script=test
check_eq 'nothing is missing, nor something else' "$(all_said | grep '^wrong: ' || true)" ''
check_eq "all $rows rows were looked at" "$(all_said | grep -c '^there: ')" "$rows"
rmmod lunatik_run
