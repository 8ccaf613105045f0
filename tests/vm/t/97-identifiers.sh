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

# Those of luaxt are in a plugin of iptables, which says so as it is loaded, and has no match.
[ -n "$(find /usr/lib -name libxt_identifiers.so)" ] || skip 'no plugins were built: Lua 5.4 was missing'
iptables-legacy -m identifiers -h >plugin 2>&1 || true
check_eq 'nothing of luaxt is missing' "$(grep '^wrong: ' plugin || true)" ''
check_eq 'all rows of it were looked at' "$(grep -c '^there: luaxt ' plugin)" "$(/tests/lunatik/identifiers --luaxt | grep -c '^look(')"
