#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Scripts of runtimes that reach for what is not theirs: each gets an error, and the kernel's log stays clean.
. /tests/lib.sh

mkdir -p $lua/hostile
# script NAME <<<TEXT
script() { cat >"$lua/hostile/$1.lua"; }

hurried
modprobe packetscript
script echo <<<'return function(...) while true do coroutine.yield(...) end end'
script yields <<<'return function() coroutine.yield(1, {}, 2) end'
script raises <<<'return function() error({}) end'
script nothing <<<'return function() error() end'
script empty <<<'return function() end'
script many <<<'return function() coroutine.yield(table.unpack({}, 1, 200)) end'
run_afresh <<'LUA'
local lunatik, fifo, rcu, linux = require("lunatik"), require("fifo"), require("rcu"), require("linux")
local function try(name, f, ...) print(name, select(2, pcall(f, ...))) end

local child = lunatik.runtime("hostile/echo")
local closed = fifo.new(8)
do local _ <close> = closed end
try("closed", child.resume, child, 1, "two", closed)
try("file", child.resume, child, io or print)
print("again", child:resume(3, "four"))

print("caller", debug.getinfo(2, "f") and debug.getinfo(2, "f").func, debug.getinfo(1, "f").func ~= nil)
print("given", debug.getinfo(print, "f").func == print)
local levels = {}
for level = 0, 20 do
  local info = debug.getinfo(level, "Sf")
  if info and info.what == "C" and info.func then levels[#levels + 1] = level end
end
print("levels", table.concat(levels, " "))
local function within() string.gsub("x", "x", function()
  for level = 1, 8 do
    for _, name in ipairs { level, tostring(level), level .. ".0" } do
      local ok, info = pcall(debug.getinfo, level, "S")
      if ok and info and info.what == "C" then print("local", (pcall(debug.setlocal, name, 1, nil))) end
    end
  end
end) end
within()
try("temporary", function() local t = { (function() debug.setlocal(2, 1, 7) end)(), 1 } return #t end)
try("large", function() local t = { (function() debug.setlocal(2, (1 << 32) + 1, 7) end)(), 1 } return #t end)
try("high", function() local t = { (function() debug.setlocal((1 << 32) + 2, 1, 7) end)(), 1 } return #t end)
try("named", function() local a, b = 1 (function() debug.setlocal(2, 2, 9) end)() return b end)
try("loop", function() for i = 1, 2 do for n = 1, 5 do debug.setlocal(1, n, 1 << 60) end end end)
local seen, empty = {}, lunatik.runtime("hostile/empty")
local looks = setmetatable({}, { __index = function()
  for n = 1, 60 do
    local name, value = debug.getlocal(2, n)
    if type(value) == "function" then seen[#seen + 1] = name end
  end
  seen[#seen + 1] = debug.getlocal(2, 2) .. " " .. debug.getlocal(2, -1)
end })
local function after(self, other, ...)
  self:resume()
  if not self then print(1, 2, 3, 4, 5, 6, 7, 8, 9, 10) end
  return other.what
end
after(empty, looks, 1)
print("left behind", table.concat(seen, ", "))
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield() end end)
try("no coroutine", debug.setlocal, co, 1, 1, 1)

local chain = rcu.table(1)
for i = 1, 20000 do
  local t = rcu.table(1)
  t.n = chain
  chain = t
  if i % 1000 == 0 then collectgarbage() end
end
chain = nil
collectgarbage()
print("chain")

try("itself", function() lunatik.find("test"):stop() end)
print("found", lunatik.find("test") ~= nil)
for _, what in ipairs { "yields", "raises", "nothing", "many" } do
  local runtime = lunatik.runtime("hostile/" .. what)
  try(what, runtime.resume, runtime)
end
LUA
check_match 'what is closed goes nowhere' "$(said 99)" $'closed\t.*no object that can go'
check_match 'nor do functions' "$(said 99)" $'file\t.*a function cannot go'
check_match 'and the runtime goes on' "$(said 99)" $'again\t3\tfour'
check_match 'functions of the kernel are no level'\''s' "$(said 99)" $'caller\tnil\ttrue.*given\ttrue.*levels\t\n'
check_eq 'nor are their variables, however the level is written' "$(said 99 | grep '^local' | sort -u)" $'local\tfalse'
check_match 'what the interpreter keeps is no variable' "$(said 99)" $'temporary\t.*no variable of the script'
check_match 'nor is it seen' "$(said 99)" $'left behind\tother \(vararg\)\n'
check_match 'however large its number is' "$(said 99)" $'large\t.*no variable of the script.*high\t.*no variable of the script'
check_match 'those of the script are' "$(said 99)" $'named\t9'
check_match 'a loop is not' "$(said 99)" $'loop\t.*no variable of the script'
check_match 'a long chain of tables is let go' "$(said 99)" $'chain\n'
check_match 'a runtime cannot stop itself' "$(said 99)" $'itself\t.*a runtime cannot stop itself'
check_match 'and has not ended by that' "$(said 99)" $'found\ttrue'
check_match 'what comes back is looked at' "$(said 99)" $'yields\t.*a table cannot go'
check_match 'as errors without text are' "$(said 99)" $'raises\t.*table.*nothing\t.*nil'
rmmod lunatik_run

# A callback on devices is called with their lock, and must not sleep; it may call what does not.
script soft <<<'return function(n) while true do n = coroutine.yield(n + 1) end end'
run_afresh <<'LUA'
local lunatik, notifier = require("lunatik"), require("notifier")
local soft, own = lunatik.runtime("hostile/soft", "softirq"), lunatik.runtime("hostile/echo")
notifier.netdevice(function(event, name)
  if name ~= "hostile0" or event ~= notifier.netdev.UP then return end
  print("soft", pcall(soft.resume, soft, 1))
  print("process", pcall(own.resume, own, 1))
end)
LUA
ip link add hostile0 type dummy
ip link set hostile0 up
check_match 'a callback resumes one of softirqs' "$(said 99)" $'soft\ttrue\t2'
check_match 'and none that may sleep' "$(said 99)" $'process\tfalse\t'
ip link del hostile0
rmmod lunatik_run

# Memory in interrupts is what it may be, that of objects, too; and whoever has more cannot be called there.
script slim <<'LUA'
local kept, part = {}, ("x"):rep(1000)
for i = 1, 150 do kept[i] = part:rep(100) .. i end
return function() for i = 151, 200 do kept[i] = part:rep(100) .. i end return #kept end
LUA
script fat <<'LUA'
local nf = require("netfilter")
kept = {}
for i = 1, 200 do kept[i] = ("x"):rep(100000 + i) end
return function()
  while true do
    coroutine.yield(pcall(nf.register, { pf = nf.family.IPV4, hooknum = 0, priority = 0, hook = function() end }))
  end
end
LUA
script heavy <<<'kept = require("data").new(20 << 20)'
script keeps <<'LUA'
local data, fifo, rcu = require("data"), require("fifo"), require("rcu")
local one, keys, long, n = data.new(1), rcu.table(), ("k"):rep(65000), 0
local make = {
  data = function() return data.new(65000) end,
  fifo = function() return fifo.new(65536) end,
  table = function() return rcu.table(8192) end,
  key = function() n = n + 1 keys[long .. n] = one return n end,
  garbage = function() return data.new(65000) and n end,
}
local kept = {}
return function(kind)
  while true do
    for _ = 1, 10 do kept[#kept + 1] = make[kind]() end
    kind = coroutine.yield(#kept)
  end
end
LUA
# time is not what these shall fail for
packet_ms=/sys/module/packetscript/parameters/packet_ms
modprobe packetscript
before_ms=$(<$packet_ms)
echo 1000 >$packet_ms
run_afresh <<'LUA'
local lunatik, rcu, data = require("lunatik"), require("rcu"), require("data")
local slim = lunatik.runtime("hostile/slim", "softirq")
print("slim", pcall(slim.resume, slim))
for _, script in ipairs { "fat", "heavy" } do print(script, pcall(lunatik.runtime, "hostile/" .. script, "softirq")) end
local fat = lunatik.runtime("hostile/fat")
print("hook", fat:resume())
print("still", fat:resume() == false)
for _, kind in ipairs { "data", "fifo", "table", "key", "garbage" } do
  local child, n, ok, why = lunatik.runtime("hostile/keeps", "softirq"), 0
  repeat
    ok, why = pcall(child.resume, child, kind)
    n = ok and why or n
  until not ok or n >= 400
  print(kind, n >= 200, ok, why)
  child:stop()
end
local narrow, one = rcu.table(1), data.new(1)
print("narrow", pcall(function() for i = 1, 2000 do narrow["k" .. i] = one end end))
narrow.k1, narrow.k2 = one, nil
narrow.other = one
print("room", narrow.other == one)
LUA
echo "$before_ms" >$packet_ms
check_match 'who may not have more has no more' "$(said 99)" $'slim\tfalse\t[^\n]*memory'
check_match 'who has more is not loaded, and why' "$(said 99)" $'fat\tfalse\t.*has 19[0-9]* KiB of memory.* 16 MiB \\(interrupt_mib'
check_match 'also if his objects have it' "$(said 99)" $'heavy\tfalse\t.*its objects have 20[0-9]* KiB'
check_match 'nor can he have interrupts call him' "$(said 99)" $'hook\tfalse\t.*interrupt_mib.*still\ttrue'
for kind in data fifo table key; do
	check_match "what a hook makes and keeps counts: $kind" "$(said 99)" $'\n'$kind$'\ttrue\tfalse\t.*objects of this runtime have 1[56]...* KiB.*interrupt_mib'
done
check_match 'what it does not keep is collected' "$(said 99)" $'garbage\ttrue\ttrue'
check_match 'the keys of a bucket are bounded' "$(said 99)" $'narrow\tfalse\t.*too many keys for its 1 buckets'
check_match 'those that are there can change' "$(said 99)" $'room\ttrue'
rmmod lunatik_run

# Who goes out of his runtime again and again, and on in it, has no more time than who stays.
for level in softirq hardirq; do
	run_afresh <<LUA
local lunatik, nf, probe, syscall = require("lunatik"), require("netfilter"), require("probe"), require("syscall")
local soft = lunatik.runtime("hostile/soft", "$level")
if "$level" == "hardirq" then probe.new(syscall.address(syscall.number("getpid")), { pre = function() end }) end
nf.register { pf = nf.family.IPV4, hooknum = nf.inet_hooks.LOCAL_OUT, priority = 0, hook = function(skb)
  if skb:getuint8(9) == 1 then while true do pcall(soft.resume, soft, 1) end end
  return nf.action.ACCEPT
end }
LUA
	ip link set lo up
	check_fails "$level: a packet whose hook resumes without end is dropped" ping -q -c 1 -W 1 127.0.0.1
	check_match "$level: and it is said" "$(said 99)" 'time limit|too long'
	rmmod lunatik_run
done

# down(n, f): what f returns, called n protected calls deep; or false
script down <<'LUA'
local function down(n, f)
  if n == 0 then return f() end
  local is_done, got = pcall(down, n - 1, f)
  return is_done and got
end
return down
LUA

# Runtimes that resume each other in an interrupt, each as deep as it gets, have one stack, which is smaller than what all of them may have alone.
script deep <<'LUA'
local down = require("hostile.down")
local function yes() return true end
return function(next)
  coroutine.yield()
  local function go() return next and next:resume() end
  while true do
    local n = 0
    while down(n, yes) do n = n + 1 end
    local got
    for _, depth in ipairs { n - 1, n // 2, 0 } do got = got or select(2, pcall(down, depth, go)) end
    coroutine.yield(type(got) == "number" and got + 1 or 1)
  end
end
LUA
script next <<<'return function(next) coroutine.yield() while true do coroutine.yield(next and next:resume() + 1 or 1) end end'
echo 1000 >$packet_ms
for level in softirq hardirq; do
	case $level in softirq) few=2 ;; hardirq) few=1 ;; esac
	run_afresh <<LUA
local lunatik, nf, probe, syscall = require("lunatik"), require("netfilter"), require("probe"), require("syscall")
if "$level" == "hardirq" then probe.new(syscall.address(syscall.number("getpid")), { pre = function() end }) end
local function chain(script, n)
  local first
  for i = 1, n do
    local another = lunatik.runtime(script, "$level")
    another:resume(first)
    first = another
  end
  return first
end
local first, few, all = chain("hostile/deep", 12), chain("hostile/next", $few), chain("hostile/next", 12)
local is_done
nf.register { pf = nf.family.IPV4, hooknum = nf.inet_hooks.LOCAL_IN, priority = 0, hook = function(skb)
  if skb:getuint8(23) == 1 and not is_done then
    is_done = true
    print("depth", pcall(first.resume, first))
    print("few", pcall(few.resume, few))
    print("twelve", pcall(all.resume, all))
  end
  return nf.action.ACCEPT
end }
LUA
	ping -q -c 1 -W 10 127.0.0.1 >/dev/null || true
	got=$'true\t[1-9]' refused='.*too many runtimes are within each other'
	[ $level = hardirq ] || got=$'true\t[2-9]'
	# arm64 takes more of the stack for each call, so what has room there may still have too little
	[ "$level $(uname -m)" != 'hardirq aarch64' ] || got=$'(true\t[1-9]|false\t.*error in error handling)' refused='.*(too many runtimes|error in error handling)'
	check_match "$level: runtimes that resume each other as deep as they can share a stack" "$(said 99)" $'depth\t'"$got"$'(\n|$)'
	check_match "$level: there is room for $few that do little" "$(said 99)" $'few\ttrue\t'$few$'\n'
	check_match "$level: and not for twelve" "$(said 99)" $'twelve\tfalse\t'"$refused"
	rmmod lunatik_run
done
echo "$before_ms" >$packet_ms

# In process context, too, where what they call reads files and sends, which takes more of it.
script within <<'LUA'
local lunatik, down = require("lunatik"), require("hostile.down")
print("within", pcall(lunatik.runtime, "hostile/within"))
local function yes() return true end
local n = 0
while down(n, yes) do n = n + 1 end
for k = n, 0, -1 do
  local is_done, why
  down(k, function() is_done, why = pcall(loadfile, "/lib/modules/lua/hostile/empty.lua") end)
  if is_done or why and not why:find("overflow") then print("deep", is_done, why) break end
end
LUA
run_afresh <<<'require("lunatik").runtime("hostile/within")'
check_match 'runtimes that make each other have one stack, too' "$(said 99)" $'within\tfalse\t.*too many runtimes are within each other'
room=$'within\ttrue.*within\ttrue' # for three
[ "$(uname -m)" != aarch64 ] || room=$'within\ttrue' # for two
check_match 'which has room for others' "$(said 99)" "$room"
check_match 'no file is read where little of it is left' "$(said 99)" $'deep\tfalse\t.*loadfile\(\) is not possible so deep: too little of the kernel.s stack'
rmmod lunatik_run

# A pipe in place of a file is not waited for.
mkfifo $lua/hostile/pipe.lua
run_afresh <<LUA &
for name, f in pairs { loadfile = loadfile, dofile = dofile } do print(name, pcall(f, "$lua/hostile/pipe.lua")) end
print("require", pcall(require, "hostile.pipe"))
print("runtime", pcall(require("lunatik").runtime, "hostile/pipe"))
LUA
runs=$!
ends() { ! kill -0 $runs 2>/dev/null; }
check 'a pipe in place of a script is not waited for' wait_for -t 20 ends
ends || echo 'return' >$lua/hostile/pipe.lua
check_eq 'but refused, by all four' "$(all_said | grep -c 'pipe.lua: cannot be read: .*no regular file' || true)" 4
rmmod lunatik_run

# Nor is a file cut that is larger than may be.
head -c $(((4 << 20) + 1)) /dev/zero | tr '\0' '\n' >$lua/hostile/large.lua
run_afresh <<<"print('large', loadfile('$lua/hostile/large.lua'))"
check_match 'a file that is too large is refused' "$(said)" $'large\tnil\t.*large.lua: cannot be read: .*too large'
rm $lua/hostile/large.lua
rmmod lunatik_run

# Who sleeps, or resumes another one, again and again, ends when it is told to, and so does who is killed.
script sleeps <<<'local linux = require("linux") return function() while true do linux.schedule(1) end end'
for context in process softirq; do
	script "resumes_$context" <<LUA
local lunatik = require("lunatik")
local child = lunatik.runtime("hostile/echo", "$context")
return function() while true do child:resume(1) end end
LUA
done
script probes <<<'kept = require("probe").new("get_random_u64", { pre = function() end })'
# probed: a probe is made, becomes a jump, and goes: for that the kernel waits until each task has let others run
jump=get_random_u64
[ ! -e /proc/sys/debug/kprobes-optimization ] || jump+='.*\[(OPTIMIZED|FTRACE)\]' # other processors have a breakpoint only
probed() {
	timeout 60 lunatik run hostile/probes >/dev/null &&
		wait_for grep -qE "$jump" /sys/kernel/debug/kprobes/list && timeout 60 lunatik stop hostile/probes
}
for what in sleeps resumes_process resumes_softirq; do
	lunatik spawn "hostile/$what" >/dev/null
	check "$what: probes come and go meanwhile" probed
	check "$what: it can be stopped" timeout 20 lunatik stop "hostile/$what"
done
lunatik unload >/dev/null # and packetscript with it
modprobe packetscript

# What is looked for and is not there takes nothing.
limit=/sys/module/packetscript/parameters/process_mib
echo 2 >$limit
run_afresh <<'LUA'
local lunatik = require("lunatik")
local function find() for i = 1, 100000 do lunatik.find("none") end end
print("finds", pcall(find))
print("large", pcall(require("data").new, 3 << 20))
LUA
echo 0 >$limit
check_match 'runtimes that are not there take no memory' "$(said 99)" $'finds\ttrue'
check_match 'objects count where the administrator has set a limit' "$(said 99)" $'large\tfalse\t.*limit of 2 MiB \\(process_mib'
rmmod lunatik_run
