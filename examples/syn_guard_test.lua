-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local guard = script("syn_guard.lua")
local SYN, RST, ACK = 2, 4, 16

local function from(source, flags, more)
  local t = { src = source, dst = "10.0.0.2", sport = 40000, dport = 80, flags = flags, seq = 1000 }
  for k, v in pairs(more or {}) do t[k] = v end
  return packet.tcp(t)
end

-- the cookie that a SYN of this source gets
local function challenged(source, more)
  local verdict, _, sent = guard.process_packet(from(source, SYN, more))
  equal(verdict, NF_DROP)
  equal(#sent, 1)
  return sent[1].tcp.ack, sent[1]
end

test("a stranger's SYN is answered with a cookie, and dropped", function()
  local cookie, sent = challenged("192.0.2.1")
  equal(sent, packet.tcp{ eth = false, src = "10.0.0.2", dst = "192.0.2.1", sport = 80, dport = 40000, flags = SYN | ACK, ack = cookie,
                          seq = 0, window_size = 65535, ip = { id = sent.ip.id } })
  equal(challenged("192.0.2.1"), cookie)
  for _, other in ipairs{ { sport = 40001 }, { dport = 81 }, { dst = "10.0.0.3" }, { src = "192.0.2.2" } } do
    equal(challenged("192.0.2.1", other) == cookie, false)
  end
end)

test("who answers the cookie is known", function()
  local cookie = challenged("192.0.2.3")
  equal((guard.process_packet(from("192.0.2.3", RST, { seq = cookie }))), NF_DROP)
  for port = 1, 3 do
    local verdict, _, sent = guard.process_packet(from("192.0.2.3", SYN, { sport = port }))
    equal(verdict, XT_CONTINUE)
    equal(#sent, 0)
  end
  equal((guard.process_packet(from("192.0.2.3", RST))), XT_CONTINUE)
  challenged("192.0.2.4")
  clock.advance(600000)
  challenged("192.0.2.3")
end)

test("who does not is not", function()
  local cookie = challenged("192.0.2.5")
  equal((guard.process_packet(from("192.0.2.5", RST, { seq = cookie + 1 & 0xffffffff }))), XT_CONTINUE)
  equal((guard.process_packet(from("192.0.2.6", RST, { seq = cookie }))), XT_CONTINUE)
  equal((guard.process_packet(from("192.0.2.5", ACK, { seq = cookie, ack = cookie }))), XT_CONTINUE)
  challenged("192.0.2.5")
  challenged("192.0.2.6")
end)

test("a cookie is good for one to two minutes", function()
  local cookie = challenged("192.0.2.7")
  clock.advance(65536)
  equal(challenged("192.0.2.7") == cookie, false)
  equal((guard.process_packet(from("192.0.2.7", RST, { seq = cookie }))), NF_DROP)
  cookie = challenged("192.0.2.8")
  clock.advance(131072)
  equal((guard.process_packet(from("192.0.2.8", RST, { seq = cookie }))), XT_CONTINUE)
end)

test("everything else goes on", function()
  for _, p in ipairs{ packet.udp{}, packet.tcp{ flags = ACK }, packet.tcp{ flags = SYN | ACK }, packet.tcp{ ip6 = {}, flags = SYN }, packet.arp{} } do
    local verdict, _, sent = guard.process_packet(p)
    equal(verdict, XT_CONTINUE)
    equal(#sent, 0)
  end
end)
