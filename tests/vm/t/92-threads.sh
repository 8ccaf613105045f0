#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Threads of runtimes: what they run, how they are stopped, and that none is left behind.
. /tests/lib.sh

# script NAME TEXT
script() { cat >"$lua/$1.lua"; }
# is TEXT LINE: the driver has printed that line
is() { check_match "$1" $'\n'"$(all_said)"$'\n' $'\n'"$2"$'\n'; }

script heeds <<'LUA'
local thread = require("thread")
return function()
  print("it goes on")
  while not thread.shouldstop() do end
  print("it heeds")
end
LUA
script ends <<'LUA'
return function() end
LUA
script fails <<'LUA'
local function deep() error("no luck") end
return function() deep() end
LUA
script stubborn <<'LUA'
return function()
  while true do pcall(function() while true do end end) end
end
LUA
script stops <<'LUA'
local thread = require("thread")
return function(other)
  coroutine.yield()
  print("stopping", pcall(other.stop, other))
end
LUA
script itself <<'LUA'
local thread = require("thread")
return function()
  local me = thread.current()
  print("myself", me:task().command, pcall(me.stop, me))
end
LUA

# signal NAME: to the threads left
signal() { ps -eo pid,comm | awk '$2 == "left" { print $1 }' | xargs kill -s "$1"; }

modprobe packetscript
modprobe luathread
run_afresh <<'LUA'
local lunatik, thread = require("lunatik"), require("thread")
local runtime = lunatik.runtime("heeds")
local thrd = thread.run(runtime, "a thread of ours")
local task = thrd:task()
print("task", task.command, task.pid == task.tgid and task.pid > 1, math.type(task.cpu), task.ended)
print("stops", thrd:stop())
print("ended", thrd:task().ended, thread.task(thrd).pid == task.pid)
print("again", pcall(thrd.stop, thrd))
print("resumed", select(2, pcall(runtime.resume, runtime)):match("[^\n]*"))
thrd = thread.run(lunatik.runtime("ends"), "ends")
while not thrd:task().ended do end
print("over", pcall(thrd.stop, thrd))
print("driver", thread.shouldstop(), thread.current():task().command, thread.current() == thread.current())
print("not ours", pcall(thread.stop, thread.current()))
LUA
is 'a task tells what it is' $'task\ta thread of our\ttrue\tinteger\tfalse'
is 'its function goes on where the script has ended' 'it goes on'
is 'it is told to stop' 'it heeds'
is 'which waits for that' $'ended\ttrue\ttrue'
is 'a thread may be stopped twice' $'again\ttrue'
is 'what it has run is over' $'resumed\t.*has ended'
is 'a thread that has ended may be stopped' $'over\ttrue'
is 'who is no thread of ours is a task, too, but not to be stopped' $'driver\tfalse\tmodprobe\tfalse'
is 'and that is said' $'not ours\tfalse\t.*only what thread.run\(\) has made can be stopped'
check_fails 'the module stays as long' rmmod luathread
rmmod lunatik_run
check 'and goes then' rmmod luathread

check_fails 'no script, no runtime' run_afresh <<'LUA'
local lunatik, thread = require("lunatik"), require("thread")
thread.run(lunatik.runtime("fails"), "fails")
local one = thread.run(lunatik.runtime("itself"), "itself")
while not one:task().ended do end
thread.run(lunatik.runtime("linux_is_no_function"), "none")
LUA
check_match 'what is no script is said' "$(all_said)" 'there is no script /lib/modules/lua/linux_is_no_function.lua'
check_match 'errors of the function are in the log, with a traceback' "$(all_said)" \
	"fails: thread: /lib/modules/lua/fails.lua:1: no luck.*stack traceback.*in .*function <.*fails.lua:2>"
is 'a thread knows itself, and cannot wait for its own end' $'myself\titself\tfalse\t.*cannot wait for its own end.*'
# the driver has failed: so nothing of it is there
wait_for rmmod luathread

run_afresh <<'LUA'
local lunatik, thread = require("lunatik"), require("thread")
-- Who does not heed: by the thread, by the runtime.
local thrd = thread.run(lunatik.runtime("stubborn"), "stubborn")
print("stubborn", pcall(thrd.stop, thrd))
local runtime = lunatik.runtime("stubborn")
thrd = thread.run(runtime, "stubborn2")
print("runtime", pcall(runtime.stop, runtime))
print("then", pcall(thrd.stop, thrd))

-- Two stop one; two stop each other.
local victim = thread.run(lunatik.runtime("stubborn"), "victim")
local one = lunatik.runtime("stops")
one:resume(victim)
one = thread.run(one, "one")
print("both", pcall(victim.stop, victim))
one:stop()
local a, b = lunatik.runtime("stops"), lunatik.runtime("stubborn")
local tb = thread.run(b, "b")
a:resume(tb)
local ta = thread.run(a, "a")
print("waiter", pcall(ta.stop, ta))
print("waited for", pcall(tb.stop, tb))
LUA
is 'what never looks is aborted' $'stubborn\ttrue'
is 'a runtime is stopped while its thread is in it' $'runtime\ttrue'
is 'its thread may be stopped then' $'then\ttrue'
is 'two may stop one thread' $'both\ttrue'
is 'a thread that stops another may be stopped' $'waiter\ttrue'
is 'and so may the other' $'waited for\ttrue'
is 'who waits for the end of one sees it' $'stopping\ttrue'
rmmod lunatik_run

# A thread may be told to stop before it is waited for. What interrupts call asks no thread.
script told <<'LUA'
local thread = require("thread")
return function(flags)
  coroutine.yield()
  while not thread.shouldstop() do end
  flags:setbyte(0, 1)
  while flags:getbyte(1) == 0 do end
end
LUA
run_afresh <<'LUA'
local lunatik, thread, data, notifier = require("lunatik"), require("thread"), require("data"), require("notifier")
local flags, told = data.new(2), lunatik.runtime("told")
told:resume(flags)
local thrd = thread.run(told, "told")
thrd:stop(false)
while flags:getbyte(0) == 0 and not thrd:task().ended do end
print("told", flags:getbyte(0), thrd:task().ended)
flags:setbyte(1, 1)
print("waited", pcall(thrd.stop, thrd))
print("gone", thrd:task().ended)
notifier.netdevice(function(event, name)
  if name == "asks0" and event == notifier.netdev.UP then print("asks", pcall(thrd.task, thrd)) end
end)
LUA
ip link add asks0 type dummy
ip link set asks0 up
is 'one is told, and goes on until it heeds' $'told\t1\tfalse'
is 'then it is waited for' $'waited\ttrue'
is 'and has ended' $'gone\ttrue'
is 'its task is not for interrupts' $'asks\tfalse\t.*task\\(\\).*'
ip link del asks0
rmmod lunatik_run
check 'nothing holds the libraries' wait_for rmmod luanotifier luadata

script softly <<'LUA'
local thread = require("thread")
print("softly", thread.shouldstop(), pcall(thread.current))
return function(runtime)
  print("soft", pcall(thread.run, runtime, "x"))
  print("current", pcall(thread.current))
end
LUA
run_afresh <<'LUA'
local lunatik, thread = require("lunatik"), require("thread")
local runtime = lunatik.runtime("ends")
for _, f in ipairs { thread.run, thread.stop, thread.task } do
  print("wrong", pcall(f))
  print("wrong", pcall(f, 1, 2))
  print("wrong", pcall(f, runtime, {}))
  print("wrong", pcall(f, require("lunatik"), "x"))
end
runtime:stop()
print("closed", pcall(thread.run, runtime, "x"))
local soft = lunatik.runtime("softly", false)
local thrd = thread.run(soft, "%s%n")
while not thrd:task().ended do end
print("name", thrd:task().command)
-- Threads that nobody stops and nobody has: they go on, and the runtimes' end is theirs.
for i = 1, 5 do thread.run(lunatik.runtime("heeds"), "left") end
LUA
check_eq 'wrong arguments are refused' "$(all_said | grep -c $'^wrong\tfalse\t')" 12
is 'so are closed runtimes' $'closed\tfalse\t.*closed.*'
is 'a name is no format' $'name\t%s%n'
check_eq 'threads go on that nobody has' "$(ps -eo comm | grep -c '^left')" 5
rmmod lunatik_run
check_eq 'also when their driver is gone' "$(ps -eo comm | grep -c '^left')" 5
check_eq 'SIGKILL ends none' "$(signal KILL; sleep 0.3; ps -eo comm | grep -c '^left')" 5
signal TERM
check 'SIGTERM does' wait_for rmmod luathread
check_eq 'nothing holds what it stands on' "$(lsmod | awk '$1 == "packetscript" { print $3 }')" 0
