#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Sockets of the kernel in scripts: what they send and receive, what they say when it goes wrong, and that waiting ends.
. /tests/lib.sh

script() { cat >"$lua/$1.lua"; }
is() { check_match "$1" $'\n'"$(all_said)"$'\n' $'\n'"$2"$'\n'; }

ip link set lo up
modprobe packetscript

# Numbers of errors: 9 EBADF, 11 EAGAIN, 22 EINVAL, 88 ENOTSOCK, 97 EAFNOSUPPORT, 98 EADDRINUSE, 106 EISCONN, 107 ENOTCONN, 111 ECONNREFUSED
run_afresh <<'LUA'
local socket = require("socket")
local af, sock, ipproto, msg = socket.af, socket.sock, socket.ipproto, socket.msg
local lo = 0x7f000001
print("constants", af.INET, af.PACKET, sock.STREAM, sock.NONBLOCK, ipproto.UDP, msg.PEEK, msg.WAITALL)

local function tcp() return socket.new(af.INET, sock.STREAM, ipproto.TCP) end
local server, client = tcp(), tcp()
server:bind(lo, 7000)
server:listen()
print("nobody", pcall(server.accept, server, sock.NONBLOCK))
client:connect(lo, 7000)
local session = server:accept()
print("names", client:getpeername())
print("peer", select(2, session:getpeername()) == select(2, client:getsockname()), session:getsockname())
print("sent", client:send("hello, \0kernel"))
print("peeked", session:receive(5, msg.PEEK))
local message, addr, port = session:receive(100, 0, true)
print("received", #message, addr == lo, port == select(2, client:getsockname()))
print("none", pcall(session.receive, session, 1, msg.DONTWAIT))
client:send("ab") client:send("cd")
print("all", session:receive(4, msg.WAITALL))
local long = ("x"):rep(100000)
print("long", client:send(long), session:receive(100000, msg.WAITALL) == long)
client:close()
print("end", session:receive(10) == "")
print("closed", pcall(client.send, client, "x"))
print("closed twice", pcall(client.close, client))
session:close()

client = tcp()
print("refused", pcall(client.connect, client, lo, 7001))
print("not connected", pcall(client.getpeername, client))
local other = tcp()
print("in use", pcall(other.bind, other, lo, 7000))
local before, asks = tcp(), tcp()
before:bind(lo, 7009)
before:listen()
asks:connect(lo, 7009)
local answers = before:accept()
answers:close() -- first: so its port is waited for
print("ended", asks:receive(1) == "")
asks:close()
before:close()
local anew = tcp()
print("anew", pcall(anew.bind, anew, lo, 7009))
anew:listen()
print("not beside it", pcall(other.bind, other, lo, 7009))
print("not listening", pcall(other.accept, other))
print("no family", pcall(socket.new, af.X25, sock.STREAM, 0))
print("no type", pcall(socket.new, af.INET, 77, 0))
print("in progress", pcall(other.connect, other, 0x0a636363, 1, sock.NONBLOCK))

local a, b = socket.new(af.INET, sock.DGRAM, ipproto.UDP), socket.new(af.INET, sock.DGRAM | sock.NONBLOCK, 0)
a:bind(lo, 7000)
b:bind(lo, 0)
b:send("one", lo, 7000)
b:send("", lo, 7000)
local message, addr, port = a:receive(2, 0, true)
print("datagram", message, addr == lo, port == select(2, b:getsockname()), a:receive(2) == "")
print("would wait", pcall(b.receive, b, 1))
print("truncated", b:send("12345", lo, 7000), a:receive(2, msg.TRUNC))
print("too long", pcall(b.send, b, ("x"):rep(70000), lo, 7000))
b:connect(lo, 7000)
print("connected", b:send("two"), a:receive(99))

local u, v = socket.new(af.UNIX, sock.DGRAM, 0), socket.new(af.UNIX, sock.DGRAM)
u:bind("\0here")
v:send("by name", "\0here")
print("unix", u:receive(99), u:getsockname() == "\0here")
print("no such name", pcall(v.send, v, "x", "\0there"))
v:send("nameless", "\0here")
print("from", u:receive(99, 0, true))

local six = socket.new(af.INET6, sock.DGRAM, 0)
six:bind(string.pack(">I2I4", 7006, 0) .. ("\0"):rep(15) .. "\1" .. ("\0"):rep(4))
print("six", #six:getsockname(), six:send("6", six:getsockname()), six:receive(9))

local wrong = 0
for _, f in pairs { socket.close, socket.send, socket.receive, socket.bind, socket.listen, socket.accept, socket.connect,
    socket.getsockname, socket.getpeername } do
  for _, args in ipairs { {}, { 1 }, { "x", "y" }, { {} }, { io } } do
    if not pcall(f, table.unpack(args)) then wrong = wrong + 1 end
  end
end
print("wrong", wrong)
for _, call in ipairs { { "receive" }, { "receive", 0 }, { "receive", -1 }, { "receive", 1 << 40 }, { "send" }, { "send", {} },
    { "send", "x", "text" }, { "send", "x", 1 << 32, 1 }, { "bind", -1, 1 }, { "bind", lo, 65536 }, { "bind" }, { "connect", lo, 1, -1 },
    { "listen", -1 } } do
  if pcall(a[call[1]], a, table.unpack(call, 2)) then print("should be wrong", table.unpack(call)) end
end
print("too long an address", pcall(u.bind, u, ("x"):rep(127)))
LUA
is 'the tables have numbers' $'constants\t2\t17\t1\t2048\t17\t2\t256'
is 'who does not wait for connections is told' $'nobody\tfalse\t11'
is 'addresses are integers' $'names\t2130706433\t7000'
is 'of both ends' $'peer\ttrue\t2130706433\t7000'
is 'bytes of any value are sent' $'sent\t14'
is 'they may be looked at' $'peeked\thello'
is 'and are received, with where they are from' $'received\t14\ttrue\ttrue'
is 'who does not wait for them is told' $'none\tfalse\t11'
is 'all of them may be waited for' $'all\tabcd'
is 'also when they are many' $'long\t100000\ttrue'
is 'the end is an empty string' $'end\ttrue'
is 'what is closed is not used' $'closed\tfalse\t.*the socket is closed'
is 'nor closed again' $'closed twice\tfalse\t.*the socket is closed'
is 'errors are numbers: refused' $'refused\tfalse\t111'
is 'not connected' $'not connected\tfalse\t107'
is 'in use' $'in use\tfalse\t98'
is 'a server has its port' $'ended\ttrue'
is 'again as soon as it is closed, where connections still end' $'anew\ttrue'
is 'which is then in use' $'not beside it\tfalse\t98'
is 'not listening' $'not listening\tfalse\t22'
is 'no such family' $'no family\tfalse\t97'
is 'no such type' $'no type\tfalse\t(22|94)'
is 'a connection need not be waited for' $'in progress\tfalse\t(115|101)'
is 'datagrams are cut, empty ones come' $'datagram\ton\ttrue\ttrue\ttrue'
is 'a socket may be made not to wait' $'would wait\tfalse\t11'
is 'what is cut is so' $'truncated\t5\t12'
is 'what is too long is not sent' $'too long\tfalse\t90'
is 'datagrams may be connected' $'connected\t3\ttwo'
is 'other families have packed addresses' $'unix\tby name\ttrue'
is 'and their errors' $'no such name\tfalse\t111'
is 'who has no address sends, too' $'from\tnameless'
is 'IPv6 is one of them' $'six\t26\t1\t6'
is 'methods refuse what is no socket' $'wrong\t45'
check_fails 'and wrong arguments' has 'should be wrong.*'
is 'and addresses that are too long' $'too long an address\tfalse\t.*too long for an address.*'
rmmod lunatik_run
check 'nothing holds the module' rmmod luasocket

run_afresh <<'LUA'
local inet = require("socket.inet")
local server, client = inet.tcp(), inet.tcp()
server:bind(inet.localhost, 7000)
server:listen(1)
client:connect("127.0.0.1", 7000)
local session = server:accept()
print("tcp", client:getpeername())
session:send("hi")
print("received", client:receive(9, 0, true))
print("names", server:getsockname())
local a, b = inet.udp(), inet.udp()
a:bind("127.0.0.1", 7001)
b:bind("127.1.2.3", 7002)
b:send("x", "127.0.0.1", 7001)
print("udp", a:receivefrom(9))
b:connect("127.0.0.1", 7001)
b:send("y")
print("plain", select("#", a:receive(9)))
for _, address in ipairs { "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.1000", "a.b.c.d", "1.2.3.-4", " 1.2.3.4", 5, true } do
  if pcall(a.bind, a, address, 1) then print("taken", address) end
end
print(pcall(a.connect, a, "300.1.1.1", 1))
do local closes <close> = server end
print("closed", pcall(server.accept, server))
LUA
is 'dotted addresses' $'tcp\t127.0.0.1\t7000'
is 'of streams' $'received\thi\t127.0.0.1\t7000'
is 'of servers' $'names\t127.0.0.1\t7000'
is 'of datagrams' $'udp\tx\t127.1.2.3\t7002'
is 'are not told unless asked for' $'plain\t1'
check_fails 'no others are taken' has 'taken.*'
is 'and where they come from is said' $'false\t/lib/modules/lua/test.lua:[0-9]*: \'300.1.1.1\' is no address.*'
is 'variables may close them' $'closed\tfalse\t.*the socket is closed'
rmmod lunatik_run

# Who waits: one thread for each kind of waiting, each ended in another way.
script waits <<'LUA'
return function(finish, socket, how, ...)
  local args = { ... }
  coroutine.yield()
  local ok, err = pcall(function()
    repeat socket[how](socket, table.unpack(args)) until how ~= "send"
  end)
  print("waited", finish, how, ok, err)
end
LUA
run_afresh <<'LUA'
local lunatik, thread, socket = require("lunatik"), require("thread"), require("socket")
local af, sock = socket.af, socket.sock
local lo = 0x7f000001
local function waits(...)
  local runtime = lunatik.runtime("waits")
  runtime:resume(...)
  return thread.run(runtime, "waits"), runtime
end
local function tcp() return socket.new(af.INET, sock.STREAM, 0) end
local function pair(port)
  local server, client = tcp(), tcp()
  server:bind(lo, port)
  server:listen()
  client:connect(lo, port)
  return client, server:accept()
end
-- until what the thread does has come to wait
local function settle() require("linux").schedule(200) end

local function each(make, ...)
  for _, finish in ipairs { "stop", "close", "runtime" } do
    local s = make()
    local thrd, runtime = waits(finish, s, ...)
    settle()
    if finish == "stop" then thrd:stop()
    elseif finish == "close" then s:close() while not thrd:task().ended do end
    else runtime:stop() end
    print("finished")
  end
end
local port = 7100
local keep = {}
each(function() local s = tcp() port = port + 1 s:bind(lo, port) s:listen() return s end, "accept")
each(function() port = port + 1 local c, s = pair(port) keep[#keep + 1] = s return c end, "receive", 100)
each(function() port = port + 1 local c, s = pair(port) keep[#keep + 1] = s return c end, "send", ("x"):rep(1000000))
each(function() return socket.new(af.INET, sock.DGRAM, 0) end, "receive", 100)
each(function() return socket.new(af.PACKET, sock.RAW, 0x88b5) end, "receive", 100)
LUA
check_eq 'waiting ends in each way' "$(all_said | grep -c '^finished')" 15
check_eq 'who is stopped is told' "$(all_said | grep -Ec $'^waited\tstop\t[a-z]*\tfalse\t4$')" 5
check_eq 'and whose socket is closed' "$(all_said | grep -Ec $'^waited\tclose\t[a-z]*\tfalse\t9$')" 5
rmmod lunatik_run
wait_for rmmod luathread
check 'and nothing holds the module' rmmod luasocket

# In the background, a process waits in its own context; a signal ends the wait, and soon the script, too: sometimes before its next line.
cat >$lua/test.lua <<'LUA'
local inet = require("socket.inet")
local u = inet.udp()
u:bind(inet.localhost, 7000)
print(pcall(u.receive, u, 1))
LUA
dmesg -C
modprobe lunatik_run script=test & loader=$!
check 'a socket of the namespace is there' wait_for bash -c 'ss -Huln | grep -q 127.0.0.1:7000'
kill -TERM $loader
wait $loader || true
check 'a process that waits is killed' wait_for bash -c 'dmesg | grep -Eq "packetscript: (false.4|.*: stopped)$"'
[ ! -e /sys/module/lunatik_run ] || rmmod lunatik_run

# A process in another namespace has its sockets there, and they keep it.
ip netns add N
ip -n N link set lo up
cat >$lua/test.lua <<'LUA'
local inet = require("socket.inet")
u = inet.udp()
u:bind(inet.localhost, 7000)
LUA
at N modprobe lunatik_run script=test
check_eq 'sockets are of the namespace of who makes them' "$(at N ss -Huln | grep -c 127.0.0.1:7000) $(ss -Huln | grep 127.0.0.1:7000 || true)" '1 '
ip netns del N
rmmod lunatik_run
check 'which goes with them' rmmod luasocket

# Two visits of one runtime: one waits for the socket, the other one closes it, and with it the only userdata.
run_afresh <<'LUA'
local socket, device, data, linux = require("socket"), require("device"), require("data"), require("linux")
local s, kept = socket.new(socket.af.PACKET, socket.sock.RAW, 0), {}
local function nop() end
device.new { name = "closes", open = nop, release = nop, read = function()
  s:close()
  linux.schedule(20)
  for i = 1, 3000 do kept[i] = data.new(16) end
end }
require("thread").run(require("lunatik").find("test"), "waits")
return function()
  print("waits")
  print("closed meanwhile", pcall(s.receive, s, 1))
end
LUA
is_waiting() { [ "$(ps -C waits -o state=)" = S ]; }
wait_for has waits
wait_for is_waiting
cat /dev/closes
check 'who waits for a socket is told that another visit has closed it' wait_for -t 20 has $'closed meanwhile\tfalse\t9'
rmmod lunatik_run
