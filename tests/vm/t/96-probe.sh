#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# probe, syscall and fib: handlers at the kernel's own instructions, system calls by name and number, rules of routing.
. /tests/lib.sh

prefix=__x64_sys_
[ "$(uname -m)" != aarch64 ] || prefix=__arm64_sys_
# run_here <<<TEXT: a script in which @ is how this machine's system calls begin
run_here() { sed "s/@/$prefix/g" | run; }
used() { lsmod | awk -v name="$1" '$1 == name { print $3 }'; }

run_here <<'LUA'
local syscall = require("syscall")
local table = require("syscall.table")
print("a", syscall.number("read"), syscall.numbers.read, syscall.number("nosuch"), syscall.address(1 << 20), syscall.address(-1))
print("b", table.read == syscall.address(syscall.number("read")), type(table.openat), table.nosuch, table[1], table.fstat ~= nil)
print("c", pcall(syscall.address, {}))
LUA
check_match 'numbers by name' "$(said 3 | head -1)" $'^a\t(0\t0|63\t63)\tnil\tnil$'
check_match 'addresses by number and name' "$(said 2 | head -1)" $'^b\ttrue\tuserdata\tnil\tnil\ttrue'
check_match 'no argument of another type' "$(said)" 'number expected, got table'
rmmod lunatik_run
check_eq 'nothing holds the module' "$(used luasyscall)" 0

run_here <<'LUA'
local probe = require("probe")
local syscall = require("syscall")
local function why(...) return (select(2, pcall(probe.new, ...)):gsub("^.-:%d+: ", "")) end
print(1, why())
print(2, why("do_nothing_like_this", {}))
print(3, why("@getpid", 1))
print(4, why("@getpid", { pre = 1 }))
print(5, why("kmem_cache_alloc", {}))
print("module", why("packetscript:lua_gettop", {}))
print(6, why("sys_call_table", {}) ~= nil)
local calls = { pre = 0, post = 0 }
local later
local sethostname = syscall.address(syscall.number("sethostname"))
local p = probe.new(sethostname, {
  pre = function(place, dump)
    calls.pre = calls.pre + 1
    later = dump
    if calls.pre == 1 then dump() print("pre", place == sethostname) end
    if calls.pre == 2 then error("second") end
    if calls.pre == 3 then while true do end end
    if calls.pre == 4 then print("sleep: " .. select(2, pcall(syscall.address, 0))) end
  end,
  post = function(place) calls.post = calls.post + 1 end,
})
local q = probe.new("@sync", { pre = function() print("disabled") end })
q:enable(false)
local r = probe.new("@sync", { post = function(place) print("sync", place, calls.pre, calls.post) end })
r:enable(false) r:enable(true)
print(7, (select(2, pcall(p.stop))), (select(2, pcall(p.enable, p))), (select(2, pcall(p.enable, 1, true))))
local s = probe.new("@sync", { pre = function() print("stopped") end })
s:stop()
print(8, pcall(s.stop, s))
LUA
check_eq 'what cannot be probed is said' "$(said 99 | grep $'^[2-6]\t')" "$(printf '%s\n' \
	$'2\tthe kernel has no function do_nothing_like_this' \
	$'3\tbad argument #2 to \'probe.new\' (table expected, got number)' \
	$'4\tbad field \'pre\': function expected, got number' \
	$'5\tkmem_cache_alloc cannot be probed: handlers themselves need it' \
	$'6\ttrue')"
check_match 'nor by the name of its module' "$(said 99)" $'module\tpacketscript:lua_gettop cannot be probed: handlers themselves need it'
check_match 'methods want their object' "$(said 99 | grep $'^7\t')" 'probe expected, got no value.*boolean expected, got no value.*probe expected, got number'
check_match 'one that has been stopped is closed' "$(said 99 | grep $'^8\t')" 'the probe is closed'
for call in 1 2 3 4 5; do
	[ $call != 3 ] || hurried # the one without end
	hostname vm
	[ $call != 3 ] || unhurried
done
check_match 'a handler gets the address, and shows the registers' "$(said 99)" $'probe: (sp|ip|pc) .*probe: stack .*pre\ttrue'
check_match 'an error in one is logged' "$(said 99)" 'test: probe: /lib/modules/lua/test.lua:[0-9]+: second'
check_match 'one without end is ended' "$(said 99)" 'probe: .*(too long|time)'
check_match 'none sleeps' "$(said 99)" 'sleep: .*may sleep'
sync
check_fails 'nothing of those that are disabled or stopped' klog_has 'packetscript: (disabled|stopped)'
check_match 'before and after are counted, by one that has a symbol' "$(said)" $'^sync\t'"$prefix"$'sync\t5\t5$'
rmmod lunatik_run
check_eq 'nothing holds the module, or the probes' "$(used luaprobe)" 0
sync

run_here <<'LUA'
local probe, rcu = require("probe"), require("rcu")
local store = rcu.table()
store.p = probe.new("@sync", { pre = print, post = print })
local p, twin = store.p, store.p
p:stop()
print("twice", pcall(twin.stop, twin))
local seen = {}
for i = 1, 2 do probe.new("@sync", { pre = function() seen[#seen + 1] = i print("seen", table.concat(seen, " ")) end }) end
LUA
check_match 'a probe may be stopped by two of its objects' "$(said)" $'^twice\ttrue'
sync
check_match 'and the next ones have their own handlers' "$(said)" $'^seen\t(1 2|2 1)$'
rmmod lunatik_run

# Whatever a handler shows, the log does not fill.
run_here <<'LUA'
require("probe").new("@sync", { pre = function(_, dump) for i = 1, 13 do dump() end print("shown") end })
LUA
dmesg -C
sync
check_eq 'registers are shown ten times in five seconds' "$(all_said | grep -cE 'probe: (ip|pc) ')" 10
check_eq 'and the handler goes on' "$(said)" shown
rmmod lunatik_run

# Two runtimes that call, on two processors, what both have a probe on.
cat >$lua/random.lua <<'LUA'
local linux, n = require("linux"), 0
require("probe").new("get_random_u64", { pre = function() n = n + 1 end })
return function()
  for round = 1, 40 do
    for i = 1, 1000 do linux.random() end
    linux.schedule(1)
  end
  print("drawn")
end
LUA
run_afresh <<'LUA'
local lunatik, thread = require("lunatik"), require("thread")
local runtimes = { lunatik.runtime("random"), lunatik.runtime("random") }
for i = 1, 2 do thread.run(runtimes[i], "random" .. i) end
function stop() for i = 1, 2 do runtimes[i]:stop() end end
require("device").new { name = "stops", open = stop, release = function() end, read = function() end }
LUA
have_drawn() { [ "$(all_said | grep -c ^drawn)" = 2 ]; }
check 'neither waits for the other' wait_for have_drawn
cat /dev/stops
rmmod lunatik_run

run_here <<'LUA'
local fib = require("fib")
local linux = { EXIST = 17, NOENT = 2 }
fib.newrule(100, 1000)
print(1, (select(2, pcall(fib.newrule, 100, 1000))), (select(2, pcall(fib.delrule, 100, 1001))))
print(2, (select(2, pcall(fib.newrule, -1, 0))), (select(2, pcall(fib.newrule, "x", 0))), (select(2, pcall(fib.delrule))))
fib.newrule(254, 1001)
fib.delrule(254, 1001)
LUA
check_eq 'a rule as ip makes it' "$(ip rule show priority 1000)" $'1000:\tfrom all lookup 100'
check_eq 'one that has gone' "$(ip rule show priority 1001)" ''
check_eq 'errors are numbers' "$(said 2 | head -1)" $'1\t17\t2'
check_match 'arguments are looked at' "$(said)" 'out of range.*number expected, got string.*number expected, got no value'
check 'and ip takes it away' ip rule del priority 1000
rmmod lunatik_run
check_eq 'nothing holds the module fib' "$(used luafib)" 0

# The example systrack, while others are read and written.
run <$lua/examples/systrack.lua
wait_for test -c /dev/systrack
opened() { awk '/^openat:/ { print $2 }' /dev/systrack; }
check_eq 'systrack has a line for each' "$(sed 's/: .*//' /dev/systrack | paste -sd ' ')" 'openat read write readv writev close'
before=$(opened)
for _ in {1..20}; do : </dev/null; done
after=$(opened)
check 'and counts' test $((after - before)) -ge 20
rmmod lunatik_run
check_eq 'nothing holds the module after systrack' "$(used luaprobe)" 0
