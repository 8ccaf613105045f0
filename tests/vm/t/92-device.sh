#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The library device: what programs see of a driver in Lua, and what becomes of them when it goes.
. /tests/lib.sh

# status_of PID: of one in the background that ends
status_of() {
	local status=0
	wait "$1" || status=$?
	ended=$status
}
is_waiting() { [ "$(said)" = waiting ]; }

modprobe lunatik_run script=examples/passwd
check_eq 'a password has as many characters as are read' "$(head -c 16 /dev/passwd | wc -c)" 16
check_eq 'all of them are printable' "$(head -c 3000 /dev/passwd | tr -d ' -~' | wc -c)" 0
check_eq 'and it is for everybody to read' "$(stat -c '%F %a' /dev/passwd)" 'character special file 444'
rmmod lunatik_run
check_fails 'the device goes with its runtime' test -e /dev/passwd

run <<'LUA'
local device, linux, completion = require("device"), require("linux"), require("completion")
local function nop() end
local opened, released = 0, 0

local memory = { name = "memory", text = "" }
function memory:open(file) opened = opened + 1; file.number = opened end
function memory:release(file) released = released + (file.number and 1 or 0) end
function memory:read(length, offset) return self.text:sub(offset + 1) end
function memory:write(text, offset)
  if #text > 999 then print(#text .. " at " .. offset) end
  self.text = self.text:sub(1, offset) .. text .. self.text:sub(offset + #text + 1)
end
local d = device.new(memory)

local lines = { name = "lines", open = nop, release = nop, mode = linux.stat.IRUGO }
function lines:read(length, offset, file)
  file.n = (file.n or 0) + 1
  return file.n <= 2 and "line " .. file.n .. " at " .. offset .. "\n" or nil, file.n * 100
end
device.new(lines)

local counts = { name = "counts", open = nop, release = nop }
function counts:read(length, offset) return offset == 0 and opened .. " " .. released .. "\n" or "" end
function counts:write(text, offset)
  print("wrote " .. text .. " at " .. offset)
  if text == "half" then return 2 elseif text == "lf" then return elseif text == "more" then return 99 elseif text == "less" then return -1 end
  if text == "stop" then d:stop(); return end
  error("no such word")
end
device.new(counts)

device.new { name = "nothing", open = nop }
device.new { name = "closed", read = nop }
device.new { name = "wrong", open = nop, read = function() return {} end, write = function() return nil, -1 end }

local waits = { name = "waits", open = nop, c = completion.new() }
function waits:read()
  print("waiting")
  local ok, err = self.c:wait()
  return tostring(ok) .. "\n"
end
function waits:write() self.c:complete() end
function waits:release() print("released") end
local waiting = device.new(waits)

local function refused(...) print("refused", select(2, pcall(device.new, ...))) end
refused()
refused({})
refused({ name = 1 })
for _, name in ipairs { "", "a/b", "..", "a!b", "a b", "a\0b", ("x"):rep(64), "null", "memory" } do refused { name = name } end
refused { name = "x", mode = "r" }
refused { name = "x", mode = 8 << 9 }
refused { name = "x", read = "text" }
for _, f in ipairs { device.stop, d.stop } do
  print("refused", select(2, pcall(f)))
  print("refused", select(2, pcall(f, {})))
  print("refused", select(2, pcall(f, completion.new())))
end
function stop_waiting() waiting:stop() end
LUA
check_eq 'what is no driver is refused' "$(said 99 | grep -c '^refused.*\(bad argument\|bad field\|there is one of this name\)')" 21
check_eq 'and leaves no device' "$(find /dev/ -maxdepth 1 -name 'x*')" ''
check_eq 'a device is its owner'\''s' "$(stat -c %a /dev/memory)" 600

echo -n 0123456789 >/dev/memory
echo -n ab | dd of=/dev/memory bs=1 seek=4 status=none
check_eq 'offsets are those of the file' "$(head -c 8 /dev/memory)" 0123ab67
check_eq 'what is too long is cut to what was asked for' "$(dd if=/dev/memory bs=3 skip=1 count=2 status=none)" 3ab678
check_eq 'a driver may set them' "$(cat /dev/lines)" $'line 1 at 0\nline 2 at 100'
check_eq 'each open file has a table' "$(cat /dev/lines /dev/lines | wc -l)" 4
dd if=/dev/zero of=/dev/memory bs=2500K count=1 status=none
check_eq 'a write is partial, of one mebibyte at most' "$(said 3)" $'1048576 at 0\n1048576 at 1048576\n462848 at 2097152'
check_eq 'and so is a read' "$(dd if=/dev/memory bs=3M count=1 status=none | wc -c)" 1048576
echo -n half >/dev/counts
check_eq 'a driver says how much it took' "$(said 2)" $'wrote half at 0\nwrote lf at 2'
echo -n more >/dev/counts
check_eq 'which is not more than there was' "$(said 2)" $'wrote lf at 2\nwrote more at 0'
check_match 'nor less than nothing' "$(bash -c 'echo -n less >/dev/counts' 2>&1)" 'Operation canceled'

for _ in {1..100}; do exec {fd}<>/dev/memory; done
check_match 'many may have it open' "$(cat /dev/counts)" '^1[0-9]* [0-9]$'
for ((; fd > 9; fd--)); do exec {fd}>&-; done
check_eq 'each of them is released' "$(cat /dev/counts | awk '{ print $1 - $2 }')" 0

check_match 'what is not defined is ENXIO: read' "$(cat /dev/nothing 2>&1)" 'No such device or address'
check_match 'write' "$(bash -c 'echo >/dev/nothing' 2>&1)" 'No such device or address'
check_match 'open' "$(cat /dev/closed 2>&1)" 'No such device or address'
check_match 'an error is ECANCELED' "$(bash -c 'echo oh >/dev/counts' 2>&1)" 'Operation canceled'
check_match 'and logged, with file, line and traceback' "$(said 5)" 'device: /lib/modules/lua/test.lua:[0-9]+: no such word.*stack traceback'
check_match 'as is what is no string' "$(cat /dev/wrong 2>&1; said 9)" 'Operation canceled.*read\(\) must return a string, not a table'
check_match 'or no offset' "$(bash -c 'echo >/dev/wrong' 2>&1; said 9)" 'Operation canceled.*offset must be'

cat /dev/waits >/tmp/read & reader=$!
wait_for is_waiting
check_eq 'while one waits in a driver, others come in' "$(cat /dev/counts | wc -w)" 2
kill $reader
status_of $reader
check_eq 'who is killed does not wait any more' $ended 143
check_eq 'and its file is released' "$(said)" released
timeout 60 head -n 1 /dev/waits >/tmp/read & reader=$!
wait_for is_waiting
echo >/dev/waits
status_of $reader
check_eq 'one is woken by another' $ended 0
check_eq 'and reads what the driver says' "$(cat /tmp/read)" true

exec 7<>/dev/memory 8<>/dev/waits
echo -n stop >/dev/counts
check_fails 'a device that is stopped is gone' test -e /dev/memory
check_match 'who has it open is told' "$(cat <&7 2>&1)" 'No such device'
cat <&8 >/tmp/read 2>/tmp/error & reader=$!
wait_for is_waiting
check 'the runtime is stopped while one waits in it' rmmod lunatik_run
status_of $reader
check_match 'who is told that it is gone, after what it has read' "$(cat /tmp/read /tmp/error)" '^nil.*No such device|Operation canceled'
check_match 'as is who still has it open' "$(cat <&8 2>&1)" 'No such device'
check_fails 'its device is' test -e /dev/waits
check_fails 'the module stays as long as the file is open' rmmod luadevice
exec 7>&- 8>&-
check 'and goes then' rmmod luadevice

# Whose page does not come does not keep the runtime.
run <<'LUA'
local function nop() end
require("device").new { name = "paged", open = nop, release = nop, read = function(_, n) return ("x"):rep(n) end }
LUA
latepage /dev/paged >late 2>&1 & reader=$!
wait_for grep -q 'asked for\|not implemented' late
if grep -q 'not implemented' late; then
	echo '# no userfaultfd in this kernel'
	rmmod lunatik_run
else
	check_eq 'others read meanwhile' "$(head -c 3 /dev/paged)" xxx
	check 'and the runtime may be stopped' timeout 20 rmmod lunatik_run
	kill $reader
	status_of $reader
fi

# Files are closed by processes that end: then they have no folders or namespaces any more. All that looks for these.
ip link set lo up
dmesg -C
cat >$lua/plain.lua <<<'return 1'
run <<'LUA'
local device, socket, fib, lunatik, inet = require("device"), require("socket"), require("fib"), require("lunatik"), require("socket.inet")
local linux = require("linux")
local function nop() end
device.new { name = "late", open = nop, read = nop, release = function()
  print("socket", pcall(function() local s <close> = inet.udp() s:bind(inet.localhost, 7070) end))
  print("rule", pcall(fib.delrule, 100, 1234))
  print("file", pcall(dofile, "/lib/modules/lua/plain.lua"))
  print("module", pcall(require, "nothing.such"))
  print("runtime", pcall(lunatik.runtime, "plain"))
  print("device", pcall(device.new, { name = "later", open = nop }))
  local u <close> = socket.new(socket.af.UNIX, socket.sock.DGRAM, 0)
  print("path", pcall(u.bind, u, "/run/late"))
  print("name", pcall(u.bind, u, "\0late"))
  print("index", linux.ifindex("lo") ~= nil)
end }
LUA
sleep 0 9</dev/late
wait_for has $'index\ttrue'
check_eq 'where a process ends, scripts may do all but look for paths' "$(all_said | sed -nE '/^(socket|rule|file|runtime|name)/{s/: ([0-9a-f]+|\(_+ptrval_+\))$//;p}')" "$(printf '%s\n' \
	$'socket\ttrue' $'rule\tfalse\t2' $'file\ttrue\t1' $'runtime\ttrue\truntime' $'name\ttrue')"
check_match 'which is said' "$(all_said)" $'path\tfalse\t2'
check_match 'and what is not there is' "$(all_said)" $'module\tfalse\t[^\n]*there is no module'
check_match 'and where devices would be' "$(all_said)" $'device\tfalse\t[^\n]*ends'
rmmod lunatik_run

# Scripts are the machine's, whoever has them read: neither his folders nor his rights count.
mkdir -p /tmp/his
echo 'return "the machine'\''s"' >$lua/lazy.lua
echo 'return "his"' >/tmp/his/lazy.lua
cat >$lua/lazyrun.lua <<<'print("run: the machine'\''s")'
cat >/tmp/his/lazyrun.lua <<<'print("run: his")'
chmod 600 $lua/lazy.lua $lua/lazyrun.lua
chown 1000 $lua/lazy.lua $lua/lazyrun.lua
run <<'LUA'
local device, linux, lunatik = require("device"), require("linux"), require("lunatik")
local function nop() end
device.new { name = "lazy", open = nop, release = nop, mode = linux.stat.IRUGO, read = function(_, length, offset)
  if offset > 0 then return end
  package.loaded.lazy = nil
  lunatik.runtime("lazyrun"):stop()
  return require("lazy") .. "\n"
end }
LUA
check_eq 'who has other folders in place of the scripts'\'' reads these' "$(unshare -m bash -c 'mount --bind /tmp/his /lib/modules/lua; cat /dev/lazy')" "the machine's"
check_eq 'also as those of runtimes' "$(said)" "run: the machine's"
check_eq 'so does who may not read them' "$(unshare -U cat /dev/lazy 2>&1)" "the machine's"
rmmod lunatik_run
