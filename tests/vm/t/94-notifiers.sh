#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Callbacks on keys, which QEMU's monitor presses, and on network devices.
. /tests/lib.sh

script() { cat >"$lua/$1.lua"; }
is() { check "$1" wait_for -t 20 has "$2"; }

modprobe packetscript
run_afresh <<'LUA'
local notifier = require("notifier")
local netdev, notify = notifier.netdev, notifier.notify
print("constants", netdev.UP, netdev.DOWN, netdev.REGISTER, notify.DONE, notify.OK, notify.BAD, notify.STOP)
local names = {}
for name, event in pairs(netdev) do names[event] = name end
local answer, veto
local n = notifier.netdevice(function(event, name)
  print("device", names[event], name)
  if name == "fails0" then error("no luck") end
  if name == "sleeps0" then print(pcall(require, "nothing.such")) end
  if event == netdev.PRE_UP and name == "veto0" then return notify.BAD end
end)
print("installed")
for _, f in ipairs { notifier.netdevice, notifier.keyboard, notifier.delete, notifier.stop } do
  print("wrong", pcall(f))
  print("wrong", pcall(f, 1))
  print("wrong", pcall(f, {}))
end
LUA
is 'the tables have numbers' $'constants\t1\t2\t5\t0\t1\t32770\t32769'
check_match 'devices that there are, are told first' "$(all_said)" $'device\tREGISTER\tlo\n.*installed'
check_eq 'wrong arguments are refused' "$(all_said | grep -c $'^wrong\tfalse')" 12
ip link add told0 type dummy
ip link set told0 up
is 'a new device is told' $'device\tREGISTER\ttold0'
is 'and that it goes up' $'device\tUP\ttold0'
ip link add veto0 type dummy
check_fails 'it may be vetoed' ip link set veto0 up
check 'an error in the callback is no veto' ip link add fails0 type dummy
check_match 'it is logged' "$(all_said)" 'notifier: /lib/modules/lua/test.lua:9: no luck.*stack traceback'
ip link add sleeps0 type dummy
is 'callbacks do not sleep' $'false\t.*may sleep, which.*'
while :; do ip link set told0 mtu 1400; ip link set told0 mtu 1500; done & changes=$!
wait_for has $'device\tCHANGEMTU\ttold0'
check 'the runtime may end while callbacks come' rmmod lunatik_run
kill $changes
wait $changes || true
check 'and nothing holds the module' wait_for rmmod luanotifier
for device in told0 veto0 fails0 sleeps0; do ip link del $device; done

# What has been done to a device others have to hear of, whatever a callback says: a hook at a device that comes later, and goes.
run_afresh <<'LUA'
local notifier = require("notifier")
notifier.netdevice(function(event, name) return notifier.notify.STOP end)
local nf = require("netfilter")
nf.register { pf = nf.family.NETDEV, hooknum = nf.netdev_hooks.INGRESS, priority = 0, device = "later0", hook = function(skb)
  print("hooked")
  return nf.action.ACCEPT
end }
LUA
for i in 1 2; do
	dmesg -C
	ip link add later0 type veth peer name later1
	ip link set later0 up
	ip link set later1 up
	check "a hook at a device of that name, time $i" wait_for has hooked # by what the kernel sends of itself
	check "the device is the network's, too, time $i" [ -e /proc/net/dev_snmp6/later0 ]
	ip link del later0
	check_fails "and it goes from there, time $i" [ -e /proc/net/dev_snmp6/later0 ]
done
rmmod lunatik_run
check 'so nothing holds the modules' wait_for rmmod luanotifier luanetfilter

# Nobody can change a device while a callback runs: so it has no longer than a packet's function.
hurried
run_afresh <<'LUA'
local notifier = require("notifier")
notifier.netdevice(function(event, name) while name == "loop0" do end end)
LUA
ip link add loop0 type dummy
is 'a callback that loops ends' '.*notifier: .*time limit exceeded.*'
ip link del loop0
rmmod lunatik_run
run_afresh <<'LUA'
local notifier = require("notifier")
notifier.netdevice(function(event, name) while true do end end)
print("installed")
LUA
is 'so it is while the script is loaded' installed
rmmod lunatik_run
unhurried

# Nor does anybody wait for a script that is in its runtime for long.
echo 'require("notifier").netdevice(function() end) print("holds") while true do end' >$lua/test.lua
modprobe lunatik_run script=test & loading=$!
is 'a script that is loaded loops' holds
check 'devices are changed all the same' timeout 20 ip link add held0 type dummy
kill $loading
wait $loading || true
ip link del held0

script soft <<'LUA'
local notifier = require("notifier")
n = notifier.netdevice(function(event, name) print("soft", name) end)
return function(...) return pcall((...).delete, ...) end
LUA
run_afresh <<'LUA'
local notifier, lunatik = require("notifier"), require("lunatik")
local once, deleted
once = notifier.netdevice(function(event, name)
  if event == notifier.netdev.REGISTER and name ~= "lo" then
    print("once", name)
    once:delete()
    print("after", pcall(once.delete, once))
  end
end)
deleted = notifier.netdevice(function() if deleted == 0 then print("deleted is called") end end)
deleted:stop()
deleted = 0
local soft = lunatik.runtime("soft", false)
local other = notifier.netdevice(function() end)
print("other", soft:resume(other))
LUA
ip link add one0 type dummy
ip link add two0 type dummy
is 'a notifier may delete itself' $'once\tone0'
is 'once' $'after\tfalse\t.*the notifier is closed'
is 'those of others go on' $'soft\ttwo0'
is 'which only their own runtimes delete' $'other\tfalse\t.*a notifier is deleted in the runtime that has made it'
check_fails 'what is deleted is not called' has $'once\ttwo0|deleted is called'
rmmod lunatik_run
run_afresh <<<'require("lunatik").find("soft"):stop()'
rmmod lunatik_run
check 'nothing holds the module' wait_for rmmod luanotifier
ip link del one0
ip link del two0

[ "$(uname -m)" = x86_64 ] || exit 0 # keys

open_keyboard
run_afresh <<'LUA'
local notifier = require("notifier")
local kbd, notify = notifier.kbd, notifier.notify
local names = {}
for name, event in pairs(kbd) do names[event] = name end
local keys
keys = notifier.keyboard(function(event, down, shift, key)
  print("key", names[event], down, shift, key)
  if event == kbd.KEYCODE and key == 48 then return notify.STOP end
  if event == kbd.KEYCODE and key == 46 and down then error("no luck") end
  if event == kbd.KEYCODE and key == 32 then
    print("deleting", pcall(require, "nothing.such"))
    keys:delete()
  end
end)
print("installed")
LUA
check 'there is a keyboard' has_keyboard
press a
is 'a key is told by its code' $'key\tKEYCODE\ttrue\tfalse\t30'
is 'then what it means' $'key\tKEYSYM\ttrue\tfalse\t64353'
is 'and after that' $'key\tPOST_KEYSYM\ttrue\tfalse\t64353'
is 'it is released, too' $'key\tKEYCODE\tfalse\tfalse\t30'
press shift-a
is 'with shift, it means another' $'key\tKEYSYM\ttrue\ttrue\t64321'
press b
is 'a key may be stopped' $'key\tKEYCODE\tfalse\tfalse\t48'
check_fails 'then it means nothing' has $'.*KEYSYM\ttrue\tfalse\t64354'
press c
is 'errors are logged' '.*notifier: /lib/modules/lua/test.lua:9: no luck'
is 'and the key goes on' $'key\tPOST_KEYSYM\ttrue\tfalse\t64355'
press d
is 'callbacks do not sleep' $'deleting\tfalse\t.*may sleep, which.*'
press e
press f
sleep 0.5
check_fails 'a notifier may delete itself' has $'key\tKEYCODE\ttrue\tfalse\t(18|33)'
rmmod lunatik_run
check 'nothing holds the module' wait_for rmmod luanotifier

run_afresh <<'LUA'
local notifier = require("notifier")
for i = 1, 10 do notifier.keyboard(function() end) end
print("installed")
LUA
press x x x x x x x x x x x x x x x &
check 'the runtime may end while keys come' rmmod lunatik_run
check 'also then nothing holds the module' wait_for rmmod luanotifier
wait
