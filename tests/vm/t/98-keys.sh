#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The examples about keys, which QEMU's monitor presses: what is typed is logged, and the keyboard is locked.
. /tests/lib.sh

[ "$(uname -m)" = x86_64 ] || skip 'no keyboard'
open_keyboard
glass=/dev/spyglass
typed=
# has_typed TEXT: that and nothing else has come since the last time it was asked
has_typed() { typed+=$(cat $glass) && [ "$typed" = "$1" ]; }

ip link set lo up
modprobe lunatik_run script=examples/spyglass
check 'there is a keyboard' has_keyboard
press h i shift-h 1 spc
check 'what is typed is read' wait_for has_typed 'hiH1 '
typed=
press backspace esc tab ret f1 up
check 'keys that are no characters have names, or are left out' wait_for has_typed '<del><esc><ht><cr>'
typed=
echo enable=false >$glass
press a b
sleep 1 # they come
echo enable=true >$glass
press c
check 'logging is switched off and on' wait_for has_typed c
check_fails 'what else is written is an error' bash -c "echo enable=perhaps >$glass"
check_fails 'whatever it is' bash -c "echo colour=red >$glass"
dmesg -C # of that
nc -l -u -p 1337 >heard & listener=$!
check 'somebody listens' wait_for bash -c 'ss -Huln | grep -q :1337'
echo net=127.0.0.1:1337 >$glass
typed=
press d e
check 'it is read' wait_for has_typed de
check 'and sent there, too' wait_for grep -qx de heard
kill $listener
echo net= >$glass
rmmod lunatik_run
check_fails 'the device goes with it' test -e $glass

# With spyglass's script beside it: keys that are locked mean nothing to it.
cat >/lib/modules/lua/test.lua <<'LUA'
local lunatik = require("lunatik")
local glass = lunatik.runtime("examples/spyglass")
local locker = lunatik.runtime("examples/keylocker")
LUA
modprobe lunatik_run script=test
code=(up up down down left right left right ctrl alt)
typed=
press a
check 'the keyboard is not locked' wait_for has_typed a
press "${code[@]}" b c
press "${code[@]}" d
check 'the code locks it, and unlocks it' wait_for has_typed d
press up "${code[@]}" e up "${code[@]}" f
check 'also after keys that begin like it' wait_for has_typed f
press up up down left right left right ctrl alt g
check 'but nothing else does' wait_for has_typed g
rmmod lunatik_run
cat >/lib/modules/lua/test.lua <<'LUA'
local find = require("lunatik").find
find("examples/spyglass"):stop()
find("examples/keylocker"):stop()
LUA
modprobe lunatik_run script=test
rmmod lunatik_run
check 'nothing holds the module' wait_for rmmod luanotifier

# A handler of a probe that interrupts what a key calls has what that has left of the stack.
cat >$lua/depth.lua <<'LUA'
local function down(n, f)
  if n == 0 then return f() end
  local is_done, got = pcall(down, n - 1, f)
  return is_done and got
end
return function(f)
  local n = 0
  while down(n, f) do n = n + 1 end
  return n
end
LUA
cat >$lua/inner.lua <<'LUA'
local probe, depth = require("probe"), require("depth")
return function(flag)
  probe.new("get_random_u64", { pre = function()
    if flag:getuint8(0) == 1 then print("inner", depth(function() return true end)) end
  end })
end
LUA
echo 'return function() while true do coroutine.yield() end end' >$lua/idle.lua
echo 'local linux = require("linux") return function() while true do linux.random() coroutine.yield() end end' >$lua/asks.lua
for how in 'linux.random()' 'idle:resume() linux.random()' 'asks:resume()'; do
	run_afresh <<LUA
local notifier, linux, lunatik, depth = require("notifier"), require("linux"), require("lunatik"), require("depth")
local inner, flag = lunatik.runtime("inner"), require("data").new(1)
local idle, asks = lunatik.runtime("idle", "hardirq"), lunatik.runtime("asks", "hardirq")
inner:resume(flag)
notifier.keyboard(function(event, down, shift, key)
  if event ~= notifier.kbd.KEYCODE or not down then return end
  flag:setuint8(0, 1)
  print("outer", depth(function() $how return true end))
  flag:setuint8(0, 0)
end)
LUA
	# until then each call would come by a breakpoint, for which handlers are left out
	wait_for grep -qE 'get_random_u64.*\[(OPTIMIZED|FTRACE)\]' /sys/kernel/debug/kprobes/list
	inner() { all_said | sed -n 's/^inner\t//p; s/^inner: probe: .*/0/p' | xargs; } # 0: not even room to begin
	comes() { # a handler is left out where another processor is in its runtime
		press a
		wait_for -t 5 has $'outer\t[0-9]*' || true
		[ -n "$(inner)" ]
	}
	check "$how: a key is pressed" wait_for comes
	depths=$(inner)
	lowest=$(tr ' ' '\n' <<<"$depths" | sort -n | head -n 1) # others may come to the probe, too
	check "$how: a probe's handler within has what is left of the stack: $depths" [ "$lowest" -lt 4 ]
	rmmod lunatik_run
	run <<<'require("lunatik").find("inner"):stop()'
	rmmod lunatik_run
	dmesg -C # of errors without room for a message
done
