#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Runtimes: what a script has, how it is loaded, how it ends.
. /tests/lib.sh

modprobe packetscript
run <<'LUA'
print(_VERSION, 7 // 2, collectgarbage("count") > 10000)
LUA
check_eq 'a script runs' "$(said)" $'Lua 5.4-kernel\t3\ttrue'
check_fails 'the module it is in stays as long' rmmod packetscript
rmmod lunatik_run
check_eq 'and goes then' "$(lsmod | awk '$1 == "packetscript" { print $3 }')" 0

check_fails 'an error is one of loading' run <<<'error("no luck")'
check_match 'and has file, line and traceback' "$(said 9)" '/lib/modules/lua/test.lua:1: no luck.*stack traceback'
check_fails 'so is one of syntax' run <<<'x = = 1'
check_match 'with its line' "$(said 9)" '/lib/modules/lua/test.lua:1: unexpected symbol'

mkdir -p $lua/pkg
echo 'return { name = ... }' >$lua/pkg/one.lua
echo 'return "init"' >$lua/pkg/init.lua
echo 'error("broken")' >$lua/broken.lua
run <<'LUA'
local one, path = require("pkg.one")
print(one.name, path, require("pkg"), require("pkg.one") == one)
print(select(2, pcall(require, "broken")))
print(select(2, pcall(require, "nothing.such")))
print(pcall(require, "../../etc/passwd"))
print(type(require("linux")), package.loaded.linux == require("linux"))
LUA
check_eq 'modules are found below the folder' "$(said 99 | grep '^pkg.one')" $'pkg.one\t/lib/modules/lua/pkg/one.lua\tinit\ttrue'
check_match 'errors in them come through' "$(said 99)" '/lib/modules/lua/broken.lua:1: broken'
check_match 'what is not there is said, with where it was looked for' "$(said 99)" "there is no module 'nothing.such'.*nothing/such.lua"
check_match 'and a library comes with its module' "$(said 1)" 'table.true'
rmmod lunatik_run

cat >$lua/child.lua <<'LUA'
return function(...)
  local n = select("#", ...)
  local more = coroutine.yield(n, ...)
  return more
end
LUA
run <<'LUA'
local lunatik = require("lunatik")
for _, context in ipairs { true, false, "process", "softirq", "hardirq" } do
  local child = lunatik.runtime("child", context)
  print(tostring(context) .. " says", child:resume(1, "two", true, nil))
  print("and then", child:resume("again"))
  print(select(2, pcall(child.resume, child)))
  print(select(2, pcall(child.resume, child, {})))
  print(tostring(child):match("^runtime: ") ~= nil, lunatik.find("child") == child)
  child:stop()
  print(select(2, pcall(child.resume, child)))
end
LUA
for context in true false process softirq hardirq; do
	check_eq "a runtime of $context is resumed, with values" "$(said 99 | grep -A1 "^$context says")" \
		"$context says"$'\t4\t1\ttwo\ttrue\tnil\nand then\tagain'
	check_eq "it ends, and takes no tables ($context)" "$(said 99 | grep -A9 "^$context says" | grep -c 'has ended$\|a table cannot go')" 2
	check_match "it is known by its name, and gone when it is stopped ($context)" "$(said 99 | grep -A9 "^$context says")" \
		$'true\ttrue.*the runtime is closed'
done
rmmod lunatik_run
