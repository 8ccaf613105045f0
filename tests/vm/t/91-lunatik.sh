#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The command lunatik: modules, runtimes by name, lines; two at once, what loops and what sleeps.
. /tests/lib.sh

script() { cat >$lua/"$1".lua; }
lines() { lunatik 2>&1; }
lists() { [[ "$(lunatik list)" == $1 ]]; }

check_eq 'lunatik is packetscript runtime' "$(lunatik --help)" "$(packetscript runtime --help | sed '1s/packetscript runtime/lunatik/')"
check 'the modules are loaded' lunatik load
check 'as often as one likes' lunatik load
check_match 'their status is shown' "$(lunatik status)" 'lunatik_run +loaded.*packetscript +loaded'
check_eq 'nothing runs' "$(lunatik list)" ''

# --- lines
check_eq 'a line runs in the kernel' "$(lines <<<'return 42')" 42
check_eq 'without return as well' "$(lines <<<'1 + 1, "x", nil')" $'2\tx\tnil'
check_eq 'lines go on until they are complete' "$(lines <<<$'function twice(x)\nreturn 2 * x\nend\ntwice(21)')" 42
check_eq 'and later ones see what they left' "$(lines <<<'twice(4)')" 8
check_match 'an error has its line and a traceback' "$(lines <<<'error("no")')" 'lunatik:1: no.*stack traceback'
check_match 'one of syntax its reason' "$(lines <<<'return = 1')" "unexpected symbol near '='"
check_match 'numbers of libraries have names' "$(lines <<<'error(require("linux").errno.AGAIN)')" 'EAGAIN \(11\)'
check_eq 'a library may be opened again and again' "$(lines <<<'for i = 1, 40 do package.loaded.linux = nil require("linux") end return "held"')" held
check_fails 'the exit code says that the line failed' lunatik <<<'error("no")'
check_fails 'or that it is not complete' lunatik <<<'function f('

# --- runtimes
script one <<<'return 1'
check 'a script runs' lunatik run one
check_eq 'it is listed' "$(lunatik list)" one
check_match 'once' "$(lunatik run one 2>&1)" 'one is already running'
script two <<<'require("linux")'
check 'another one, for packets' lunatik run two false
check_eq 'both are listed' "$(lunatik list)" 'one, two'
check 'it is stopped' lunatik stop one
check_eq 'and is not there any more' "$(lunatik list)" two
check_match 'nor can it be stopped again' "$(lunatik stop one 2>&1)" 'one is not running'
script bad <<<'error("broken")'
check_match 'a script that fails says why' "$(lunatik run bad 2>&1)" '/lib/modules/lua/bad.lua:1: broken'
check_match 'one that is not there, too' "$(lunatik run none 2>&1)" 'there is no script /lib/modules/lua/none.lua'
check_match 'names lead nowhere else' "$(lunatik run ../../../etc/passwd 2>&1)" 'cannot be the name of a script'
check_match 'contexts are known' "$(lunatik run one nowhere 2>&1)" "'nowhere' is no context"
check_fails 'unknown words are refused' lunatik frobnicate
check_fails 'a script is needed' lunatik run

# --- what loops or sleeps while it is loaded
script loop <<<'while true do end'
script sleep <<<'require("linux").schedule()'
script nested <<<'require("lunatik").runtime("loop")'
for what in loop sleep nested; do
	lunatik run $what 2>$what.err &
	pid=$!
	wait_for lists '*,*'
	check_eq "others go on beside it ($what)" "$(lines <<<'return 7')" 7
	check "it is stopped ($what)" lunatik stop $what
	status=0
	wait $pid || status=$?
	check "and who ran it is told ($what)" [ $status != 0 ]
	check_match "why ($what)" "$(cat $what.err)" stopped
	check_eq "it is gone ($what)" "$(lunatik list)" two
done
lunatik run loop 2>/dev/null &
pid=$!
wait_for lists '*loop*'
kill -TERM $pid
wait $pid || true
check 'who is killed ends what he ran' wait_for lists two

script stubborn <<'LUA'
local thread = require("thread")
return function()
  repeat until thread.shouldstop()
  print("told")
  while true do pcall(function() while true do end end) end
end
LUA
check 'a thread that does not heed' lunatik spawn stubborn
lunatik stop stubborn &
pid=$!
wait_for has told
kill -TERM $pid
wait $pid || true
has_no_thread() { ! ps -C stubborn >/dev/null; }
check 'who is killed while he stops it has stopped it all the same' wait_for has_no_thread
check_eq 'and it is not listed' "$(lunatik list)" two

# --- many at once
for i in 1 2 3 4 5 6; do
	for n in 1 2 3 4 5; do lines <<<"return $i * 1000 + $n"; done >many.$i &
done
wait
check_eq 'each gets its own answers' "$(cat many.*)" "$(for i in 1 2 3 4 5 6; do for n in 1 2 3 4 5; do echo $((i * 1000 + n)); done; done)"

# --- the end
script spins <<<'return function() while true do pcall(function() while true do end end) end end'
script rests <<<'local linux = require("linux") return function() linux.schedule() end'
script starts <<'LUA'
local lunatik, thread = require("lunatik"), require("thread")
for _, name in ipairs { "spins", "rests" } do thread.run(lunatik.runtime(name), name) end
LUA
check 'a script starts threads of its own' lunatik run starts
check 'and is gone' lunatik stop starts
lunatik run loop 2>/dev/null &
wait_for lists '*loop*'
check 'all is unloaded, whatever runs' lunatik unload
wait
check_eq 'no module is left' "$(lsmod | grep '^lua\|^packetscript' || true)" ''
check_match 'which the status shows' "$(lunatik status)" 'packetscript +not loaded'
check 'and loaded again' lunatik reload
check 'a script runs' lunatik run one
check 'reload ends it' lunatik reload
check_eq 'so nothing runs' "$(lunatik list)" ''
echo 'function f(p) return NF_ACCEPT end' >hook.lua
packetscript attach hook.lua --hook input --function f
check 'a script runs beside what is attached' lunatik run one
begin=$SECONDS
check 'which stays when it is unloaded' lunatik unload
check 'without waiting for it' [ $((SECONDS - begin)) -lt 3 ]
check_eq 'as does what it needs' "$(cd /sys/module && echo lua* packetscript)" 'lua* packetscript'
packetscript detach hook.lua
modprobe xt_LUA
check 'where rules may be, it is unloaded as well' lunatik unload
check_eq 'but for what these need' "$(cd /sys/module && echo lua* packetscript)" 'lua* packetscript'
