#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The libraries linux, completion, fifo, rcu and mailbox.
. /tests/lib.sh

# is_said LINE: as the last one
is_said() { [ "$(said)" = "$1" ]; }

cat >$lua/checks.lua <<'LUA'
local checks = { count = 0, wrong = {} }
function checks.same(what, a, b)
  checks.count = checks.count + 1
  if a ~= b and #checks.wrong < 5 then
    table.insert(checks.wrong, what .. ": " .. tostring(a) .. ", not " .. tostring(b))
  end
end
function checks.refused(what, pattern, f, ...)
  local ok, message = pcall(f, ...)
  checks.same(what, not ok and tostring(message):match(pattern) or message, pattern)
end
function checks.result(name)
  return name .. ": " .. (#checks.wrong == 0 and "as it should be" or "wrong: " .. table.concat(checks.wrong, "; "))
end
return checks
LUA

# In each context: what is called in an interrupt may not sleep, all else is the same.
cat >$lua/everywhere.lua <<'LUA'
local linux, fifo, rcu, data = require("linux"), require("fifo"), require("rcu"), require("data")
local completion, mailbox, checks = require("completion"), require("mailbox"), require("checks")
local same, refused = checks.same, checks.refused

local counts = {}
for _ = 1, 6000 do
  local n = linux.random(3)
  counts[n] = (counts[n] or 0) + 1
end
for n = 1, 3 do same("each is as likely: " .. n .. ": " .. counts[n], counts[n] > 1700 and counts[n] < 2300, true) end
same("and no other one", counts[0] or counts[4], nil)
same("one number", linux.random(5, 5), 5)
same("all bits", linux.random() ~= linux.random(), true)
for _ = 1, 100 do
  local n = linux.random(-3, 3)
  same("a range", n >= -3 and n <= 3, true)
  same("a large one", linux.random(1 << 40, (1 << 40) + 1) >> 1, 1 << 39)
  same("half of all", linux.random(math.maxinteger) > 0, true)
end
same("the largest", math.type(linux.random(math.mininteger, math.maxinteger)), "integer")
refused("empty", "interval is empty", linux.random, 2, 1)
refused("empty", "interval is empty", linux.random, -1)
refused("too many", "wrong number of arguments", linux.random, 1, 2, 3)
refused("no number", "number expected", linux.random, "x")

local names = { { "hton", "ntoh", ">" }, { "htobe", { "be", "toh" }, ">" }, { "htole", { "le", "toh" }, "<" } }
for bits, value in pairs { [16] = 0x1234, [32] = 0x12345678, [64] = 0x123456789abcdef0 } do
  for _, name in ipairs(names) do
    local there = linux[name[1] .. bits]
    local back = linux[type(name[2]) == "table" and name[2][1] .. bits .. name[2][2] or name[2] .. bits]
    same(name[1] .. bits, there(value), (string.unpack("=I" .. bits // 8, string.pack(name[3] .. "I" .. bits // 8, value))))
    same(name[1] .. bits .. " back", back(there(value)), value)
    same("what exceeds it", there(bits < 64 and value | 1 << bits or value), there(value))
    refused("no number", "number expected", there)
  end
end
local before = linux.time()
same("time goes on", linux.difftime(linux.time(), before) >= 0, true)
same("from 2020 on", before > 1577836800 * 1000000000, true)
same("permissions", linux.stat.IRUGO | linux.stat.IWUGO | linux.stat.IXUGO, linux.stat.IRWXUGO)
same("no interface", linux.ifindex("nosuch"), nil)
same("an interface", linux.ifindex("lo"), 1)

local f = fifo.new(7)
f:push("hello")
same("what was pushed", table.concat({ f:pop(3) }, " "), "hel 3")
f:push("world!")
refused("full", "not enough space", f.push, f, "x")
same("the rest", table.concat({ f:pop(1 << 40) }, " "), "loworld! 8")
same("nothing", table.concat({ f:pop(5) }, " "), " 0")
refused("negative", "must not be negative", f.pop, f, -1)
refused("no self", "fifo expected", f.pop)
refused("other self", "fifo expected", f.push, completion.new(), "x")
refused("no string", "string expected", f.push, f, {})
for _, n in ipairs { 0, -1, 1 << 40 } do refused("size", "must be from 1", fifo.new, n) end
f:close()
refused("closed", "the fifo is closed", f.pop, f, 1)

local t = rcu.table(1)
same("nothing", t.key, nil)
local one, two = data.new(1), data.new(2)
t.one, t.two, t["a\0b"] = one, two, one
same("one", t.one, one)
same("two", t.two, two)
same("a name with 0", t["a\0b"], one)
t.one = two
same("another", t.one, two)
local found = {}
rcu.map(t, function(key, value)
  found[#found + 1] = key .. #value
  t[key] = nil
  t.new = one
end)
table.sort(found)
same("all of them", table.concat(found, " "):gsub("%z", "0"):gsub(" new1", ""), "a0b1 one2 two2")
same("gone", t.two, nil)
same("new", t.new, one)
for i = 1, 500 do t["key" .. i] = one end
for i = 1, 500, 2 do t["key" .. i] = nil end
local n = 0
rcu.map(t, function(key) n = n + (key:match("^key") and 1 or 0) end)
same("as many as there are", n, 250)
refused("no object", "object or nil expected", function() t.x = 1 end)
refused("no table", "object or nil expected", function() t.x = {} end)
refused("no string", "string expected", function() t[{}] = one end)
refused("itself", "never go", function() t.x = t end)
refused("an error inside", "inside", rcu.map, t, function() error("inside") end)
refused("no function", "function expected", rcu.map, t)
refused("no table", "rcu.table expected", rcu.map, one, print)
refused("not even", "rcu.table expected", rcu.map)
for _, n in ipairs { 0, -1, 1 << 40, math.mininteger } do refused("size", "must be from 1", rcu.table, n) end
do
  local closed <close> = data.new(1)
  t.kept = closed
  one = closed
end
same("the table keeps it", #t.kept, 1)
refused("what is closed", "object or nil expected", function() t.x = one end)

local c = completion.new()
refused("no self", "completion expected", c.wait)
refused("no self", "completion expected", c.complete)
refused("other self", "completion expected", c.complete, t)
refused("negative", "must not be negative", c.wait, c, -1)

local inbox = mailbox.inbox(100, false)
local outbox = mailbox.outbox(inbox.queue)
same("no message", inbox:receive(), nil)
outbox:send("first")
outbox:send("")
same("a message", inbox:receive(), "first")
same("an empty one", inbox:receive(), "")
refused("too much", "not enough space", outbox.send, outbox, ("x"):rep(200))
refused("an inbox sends", "only receives", inbox.send, inbox, "x")
refused("an outbox receives", "only sends", outbox.receive, outbox)
inbox.queue:push(string.pack("T", 50))
refused("what is no message", "malformed", inbox.receive, inbox)

return function(shared, event, context)
  shared.there = two
  event:complete()
  local waits, message = pcall(c.wait, c, 0)
  local sleeps, other = pcall(linux.schedule, 1)
  return checks.result(context), shared.here, waits and sleeps or tostring(message)
end
LUA

run <<'LUA'
local lunatik, rcu, completion, data, linux = require("lunatik"), require("rcu"), require("completion"), require("data"), require("linux")
local shared, event = rcu.table(), completion.new()
shared.here = data.new(3)
for _, context in ipairs { "process", "softirq", "hardirq" } do
  local child = lunatik.runtime("everywhere", context)
  local result, here, slept = child:resume(shared, event, context)
  child:stop()
  print(result)
  print("shared", context, here == shared.here, #shared.there, event:wait(0), slept)
end

local checks = require("checks")
local same, refused = checks.same, checks.refused
-- A machine that its host has held up counts the ticks it has missed all at once, and a sleep in it ends that much earlier.
local function takes(least, most, f, ...)
  local results, ms
  for try = 1, 5 do
    local before = linux.time()
    results = table.pack(f(...))
    ms = (linux.time() - before) // 1000000
    if ms >= least then break end
  end
  same("time of " .. ms .. " ms", ms >= least and ms < most, true)
  return table.unpack(results, 1, results.n)
end
local task = linux.task
for _, state in ipairs { task.INTERRUPTIBLE, task.UNINTERRUPTIBLE, task.KILLABLE, task.IDLE } do
  same("all of it", takes(20, 5000, linux.schedule, 20, state), 0)
end
same("no time", linux.schedule(0), 0)
takes(0, 5000, linux.schedule, 100000, task.RUNNING)
refused("negative", "must not be negative", linux.schedule, -1)
refused("no state", "one of linux.task", linux.schedule, 1, 77777)
local c = completion.new()
same("too long", takes(20, 5000, function() return select(2, c:wait(20)) end), "timeout")
same("no time", select(2, c:wait(0)), "timeout")
c:complete()
completion.complete(c)
same("done", c:wait(), true)
same("twice", completion.wait(c, 1000), true)
same("and no more", c:wait(0), nil)
local inbox = require("mailbox").inbox(100)
refused("no message", "timeout", inbox.receive, inbox, 10)
local outbox = require("mailbox").outbox(inbox.queue, inbox.event)
outbox:send("later")
same("a message", inbox:receive(1000), "later")
print(checks.result("asleep"))
LUA
for context in process softirq hardirq; do
	check_eq "all that does not sleep works in a runtime of $context" "$(said 99 | grep "^$context: ")" "$context: as it should be"
	check_match "objects of its tables are there for others ($context)" "$(said 99 | grep "^shared.$context")" $'true\t2\ttrue'
done
check_eq 'what sleeps does as long as it should' "$(said 99 | grep '^asleep')" 'asleep: as it should be'
rmmod lunatik_run

# What runs for ever, in an open file of a device, so that others come in and stop it.
run <<'LUA'
local device, linux, completion = require("device"), require("linux"), require("completion")
local c, driver = completion.new(), { name = "ever", open = function() end, release = function() end }
function driver:write(text)
  print("begins " .. text)
  if text == "wait" then
    print("ends", c:wait())
  elseif text == "closed" then
    local own <close> = completion.new()
    self.own = own
    print("ends", own:wait())
  elseif text == "close" then
    local _ <close> = self.own
  else
    print("ends", linux.schedule(nil, linux.task[text]))
  end
end
device.new(driver)
LUA
for what in wait INTERRUPTIBLE KILLABLE; do
	echo -n $what >/dev/ever & pid=$!
	wait_for is_said "begins $what"
	kill -9 $pid
	wait $pid || true
	check_match "a signal ends $what" "$(all_said | sed -n "/^begins $what/,\$p")" 'ends|: stopped' # whichever comes first
done
for what in wait INTERRUPTIBLE UNINTERRUPTIBLE KILLABLE IDLE closed; do
	echo -n $what >/dev/ever &
	wait_for is_said "begins $what"
done
echo -n close >/dev/ever
check 'the end of the runtime ends all of them' timeout 60 rmmod lunatik_run
wait
for module in device completion fifo rcu linux data; do
	[ ! -e /sys/module/lua$module ] || rmmod lua$module
done
check_eq 'no module is held' "$(lsmod | grep -c '^lua' || true)" 0
