-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local SERVER, CLIENT <const> = "10.0.0.2", "192.0.2.1"
local state = 0
local cache

-- Each test begins with an empty cache.
local function fresh(memory)
  state = state + 1
  cache = script("tftp.lua", { state = state, memory = memory or "16M", object = "ip" })
end

-- A test that does.
local function check(name, f)
  test(name, function()
    clock.advance(60000) -- nothing of the test before is left
    fresh()
    f()
  end)
end

local function u16(n) return string.char(n >> 8 & 255, n & 255) end
local function rrq(name, ...) return "\0\1" .. table.concat({ name, "octet", ... }, "\0") .. "\0" end
local function data(n, payload) return "\0\3" .. u16(n) .. payload end
local function ack(n) return "\0\4" .. u16(n) end
local function oack(...) return "\0\6" .. table.concat({ ... }, "\0") .. "\0" end

-- The server has a port of its own for each request that reaches it: by port of the client
local server_ports, server_port = {}, 40000

-- From the client, to port 69: the verdict, and what was sent
local function ask(payload, port, more)
  local t = { src = CLIENT, dst = SERVER, sport = port or 2000, dport = 69, payload = payload }
  for k, v in pairs(more or {}) do t[k] = v end
  local verdict, _, sent = cache.request(packet.udp(t))
  if verdict == XT_CONTINUE then
    server_port = 40000 + (server_port - 39999) % 25000
    server_ports[port or 2000] = server_port
  end
  return verdict, sent
end

-- Other clients
local function from(i) return { src = "198.51.100." .. i % 250 } end

-- The client acknowledges what it was sent: what the cache answers at once
local last, ip, udp
local function tell(p, payload, more)
  if p ~= last then last, ip, udp = p, p.ip, p.udp end
  local t = { src = ip.daddr, dst = ip.saddr, sport = udp.dport, dport = udp.sport, payload = payload }
  for k, v in pairs(more or {}) do t[k] = v end
  local verdict, _, sent = cache.acknowledgement(packet.udp(t))
  return verdict, sent
end

-- The same with the rest of a window
local function answer(p, payload, more)
  local verdict, sent = tell(p, payload, more)
  local _, rest = clock.advance(0)
  for _, one in ipairs(rest) do sent[#sent + 1] = one end
  return verdict, sent
end

-- The server sends that.
local function serve(payload, port, more)
  local t = { src = SERVER, dst = CLIENT, sport = server_ports[port or 2000], dport = port or 2000, payload = payload }
  for k, v in pairs(more or {}) do t[k] = v end
  local verdict, _, sent = cache.response(packet.udp(t))
  equal(verdict, XT_CONTINUE)
  equal(#sent, 0)
end

-- The server answers a request with that content, in blocks of that size. A client has a port of its own for each.
local fill_port = 3999
local function next_port()
  fill_port = 4000 + (fill_port - 3999) % 60000
  return fill_port
end
local function fill(name, content, size, ...)
  size = size or 512
  next_port()
  local verdict, sent = ask(rrq(name, ...), fill_port)
  equal(verdict, XT_CONTINUE)
  equal(#sent, 0)
  if ... then serve(oack("blksize", tostring(size)), fill_port) end
  for block = 1, #content // size + 1 do serve(data(block, content:sub((block - 1) * size + 1, block * size)), fill_port) end
end

-- Reads all of it as a client does, which acknowledges the last block of each window: content, blocks, the first packet
local function read(request, port)
  local verdict, sent = ask(request, port)
  equal(verdict, NF_DROP)
  local first, content, blocks, size, window = sent[1], {}, 0, 512, 1
  if first.payload:sub(1, 2) == "\0\6" then
    equal(#sent, 1)
    size = tonumber(first.payload:match("blksize%z(%d+)")) or 512
    window = tonumber(first.payload:match("windowsize%z(%d+)")) or 1
    verdict, sent = answer(first, ack(0))
    equal(verdict, NF_DROP)
  end
  while true do
    for i, p in ipairs(sent) do
      blocks = blocks + 1
      local payload = p.payload
      equal(payload:sub(1, 4), data(blocks & 0xFFFF, ""))
      content[#content + 1] = payload:sub(5)
      if #content[#content] < size then
        equal(i, #sent)
        verdict, sent = answer(first, ack(blocks & 0xFFFF))
        equal(verdict, NF_DROP)
        equal(#sent, 0)
        return table.concat(content), blocks, first
      end
    end
    equal(#sent, window)
    if blocks & 1023 < window then clock.advance(11) end -- no more than 100,000 in a second
    verdict, sent = answer(first, ack(blocks & 0xFFFF))
    equal(verdict, NF_DROP)
  end
end

-- Bytes that differ from place to place.
local function content_of(n)
  local t = {}
  for i = 1, n // 8 + 1 do t[i] = string.format("%08x", i * 2654435761 & 0xFFFFFFFF) end
  return table.concat(t):sub(1, n)
end

local function counted(name) return counter(cache, name) end

check("what the server has answered once is answered from the cache", function()
  for _, size in ipairs{ 0, 1, 511, 512, 513, 1024, 1428, 32767, 32768, 32769, 100000 } do
    local name, content = "file" .. size, content_of(size)
    fill(name, content)
    equal(read(rrq(name)) == content, true)
    equal(select(2, read(rrq(name))), size // 512 + 1)
  end
  equal(counted("misses"), 11)
  equal(counted("stored"), 11)
  equal(counted("hits"), 22)
  equal(counted("served"), 22)
  equal(counted("again"), 0)
end)

check("what is sent is whole", function()
  fill("a", "hello")
  local _, sent = ask(rrq("a"), 2345)
  equal(#sent, 1)
  local port = sent[1].udp.sport
  equal(port >= 61440, true)
  equal(sent[1], packet.udp{ eth = false, src = SERVER, dst = CLIENT, sport = port, dport = 2345, payload = data(1, "hello"), ip = { id = sent[1].ip.id } })
end)

check("ports are chosen by chance", function()
  fill("a", "hello")
  local ports, n, least, most = {}, 0, 65536, 0
  for i = 1, 50 do
    local _, sent = ask(rrq("a"), 3000 + i)
    if not ports[sent[1].udp.sport] then n = n + 1 end
    ports[sent[1].udp.sport] = true
    least, most = math.min(least, sent[1].udp.sport), math.max(most, sent[1].udp.sport)
  end
  equal(n, 50)
  equal(most - least > 500, true)
end)

check("options are granted, whatever the server's blocks were", function()
  local content = content_of(100000)
  fill("a", content, 1428, "blksize", "1428")
  for _, size in ipairs{ 8, 9, 511, 1428, 1468, 4096, 8192, 16384 } do
    local got, blocks, first = read(rrq("a", "blksize", tostring(size)))
    equal(got == content, true)
    equal(blocks, 100000 // size + 1)
    equal(first.payload, oack("blksize", tostring(size)))
  end
  local got, blocks, first = read(rrq("a", "BLKSIZE", "65464", "tsize", "0", "timeout", "3", "other", "x"))
  equal(got == content, true)
  equal(first.payload, oack("blksize", "16384", "timeout", "3", "tsize", "100000"))
  equal(blocks, 7)
  for _, window in ipairs{ 1, 2, 7, 64 } do
    got, blocks, first = read(rrq("a", "windowsize", tostring(window)))
    equal(first.payload, oack("windowsize", tostring(window)))
    equal(got == content, true)
  end
  equal((select(3, read(rrq("a", "windowsize", "65535", "blksize", "1000")))).payload, oack("blksize", "1000", "windowsize", "64"))
  equal((select(3, read(rrq("a", "unknown", "1")))).payload:sub(1, 4), data(1, ""))
  fill("empty", "")
  equal((select(3, read(rrq("empty", "tsize", "0")))).payload, data(1, "")) -- curl takes no 0
end)

check("block numbers begin anew at 0", function()
  local content = content_of(65540 * 8 + 3)
  ask(rrq("a", "blksize", "8"))
  serve(oack("blksize", "8"))
  local t = { src = SERVER, dst = CLIENT, sport = server_ports[2000], dport = 2000 }
  for block = 1, 65541 do
    t.payload = "\0\3" .. u16(block) .. content:sub(block * 8 - 7, block * 8)
    cache.response(packet.udp(t))
  end
  equal(counted("stored"), 1)
  local got, blocks = read(rrq("a", "blksize", "8", "windowsize", "64"))
  equal(blocks, 65541)
  equal(got == content, true)
end)

check("who acknowledges nothing is sent it again, five times", function()
  fill("a", "hello")
  local _, sent = ask(rrq("a"))
  local first = sent[1].payload
  for i = 1, 5 do
    _, sent = clock.advance(999)
    equal(#sent, 0)
    _, sent = clock.advance(1)
    equal(#sent, 1)
    equal(sent[1].payload, first)
  end
  _, sent = clock.advance(60000)
  equal(#sent, 0)
  equal(counted("again"), 5)
  equal(counted("given_up"), 1)
  _, sent = ask(rrq("a", "timeout", "3"))
  _, sent = clock.advance(2999)
  equal(#sent, 0)
  _, sent = clock.advance(1)
  equal(sent[1].payload, oack("timeout", "3"))
end)

check("time counts from the last acknowledgement", function()
  fill("a", content_of(2000))
  local _, sent = ask(rrq("a"))
  local first = sent[1]
  clock.advance(700)
  _, sent = answer(first, ack(1))
  equal(#sent, 1)
  _, sent = clock.advance(999)
  equal(#sent, 0)
  _, sent = clock.advance(1)
  equal(#sent, 1)
  equal(sent[1].payload:sub(1, 4), data(2, ""))
  answer(first, ack(2))
  for _ = 1, 5 do -- and tries, too
    _, sent = clock.advance(1000)
    equal(sent[1].payload:sub(1, 4), data(3, ""))
  end
end)

check("acknowledgements that come twice, too early, or from others change nothing", function()
  fill("a", content_of(5000))
  local _, sent = ask(rrq("a"))
  local first, verdict = sent[1], nil
  for _, n in ipairs{ 0, 2, 3, 9, 10, 11, 0x8000, 0xFFFF } do
    verdict, sent = answer(first, ack(n))
    equal(verdict, NF_DROP)
    equal(#sent, 0)
  end
  _, sent = answer(first, ack(1))
  equal(#sent, 1)
  for _ = 1, 3 do -- the Sorcerer's Apprentice
    verdict, sent = answer(first, ack(1))
    equal(verdict, NF_DROP)
    equal(#sent, 0)
  end
  for _, other in ipairs{ { src = "192.0.2.9" }, { sport = 2001 }, { dport = first.udp.sport ~ 1 }, { dport = 5000 }, { dport = 61439 } } do
    verdict, sent = answer(first, ack(2), other)
    equal(verdict, XT_CONTINUE)
    equal(#sent, 0)
  end
  for _, junk in ipairs{ "", "\0", "\0\4", "\0\4\0", "\1\4\0\2", "\0\6\0\2", "\0\3\0\2" } do
    verdict, sent = answer(first, junk)
    equal(verdict, NF_DROP)
    equal(#sent, 0)
  end
  clock.advance(500)
  _, sent = answer(first, ack(1))
  equal(#sent, 0)
  _, sent = answer(first, ack(2))
  equal(sent[1].payload:sub(1, 4), data(3, ""))
  verdict, sent = answer(first, "\0\5\0\0enough\0")
  equal(verdict, NF_DROP)
  equal(#sent, 0)
  equal(counted("broken_off"), 1)
  verdict, sent = answer(first, ack(3)) -- late ones are dropped as well
  equal(verdict, NF_DROP)
  equal(#sent, 0)
  _, sent = clock.advance(60000)
  equal(#sent, 0)
end)

-- A packet that is cut has numbers that follow each other; others have random ones.
check("blocks of a window leave together, also where one of them lies in two chunks", function()
  fill("a", content_of(40000), 1000, "blksize", "1000")
  local _, sent = ask(rrq("a", "blksize", "1000", "windowsize", "10"))
  local first = sent[1]
  for block = 0, 30, 10 do
    _, sent = answer(first, ack(block))
    equal(#sent, 10)
    for i = 2, 10 do equal(sent[i].ip.id, sent[1].ip.id + i - 1 & 0xFFFF) end
  end
end)

check("windows go on behind what has arrived", function()
  fill("a", content_of(20 * 512))
  local _, sent = ask(rrq("a", "windowsize", "4"))
  local first = sent[1]
  local function numbers(list)
    local t = {}
    for i, p in ipairs(list) do t[i] = p.payload:byte(4) end
    return t
  end
  _, sent = answer(first, ack(0))
  equal(numbers(sent), { 1, 2, 3, 4 })
  _, sent = answer(first, ack(2))
  equal(numbers(sent), { 3, 4, 5, 6 })
  _, sent = answer(first, ack(7))
  equal(#sent, 0)
  _, sent = answer(first, ack(2)) -- at once, it may be one that came twice
  equal(#sent, 0)
  clock.advance(200)
  _, sent = answer(first, ack(2)) -- the first of the window is lost
  equal(numbers(sent), { 3, 4, 5, 6 })
  _, sent = answer(first, ack(6))
  equal(numbers(sent), { 7, 8, 9, 10 })
  _, sent = clock.advance(1000)
  equal(numbers(sent), { 7, 8, 9, 10 })
  _, sent = answer(first, ack(18))
  equal(#sent, 0)
  _, sent = answer(first, ack(10))
  _, sent = answer(first, ack(14))
  _, sent = answer(first, ack(18))
  equal(numbers(sent), { 19, 20, 21 })
  equal(#sent[3].payload, 4)
end)

check("of a large window some blocks come first, and the rest goes on behind them", function()
  fill("a", content_of(30 * 512))
  local _, sent = ask(rrq("a", "windowsize", "64"))
  local first = sent[1]
  local function expect(from, to)
    equal(#sent, to - from + 1)
    for i, p in ipairs(sent) do equal(p.payload:byte(4), from + i - 1) end
  end
  _, sent = tell(first, ack(0))
  expect(1, 4)
  _, sent = tell(first, ack(2))
  expect(3, 6)
  _, sent = clock.advance(0)
  expect(7, 31)
  _, sent = tell(first, ack(31))
  expect(1, 0)
  _, sent = ask(rrq("a", "windowsize", "64"), 2001)
  first = sent[1]
  _, sent = tell(first, ack(0))
  expect(1, 4)
  tell(first, "\0\5\0\0gone\0") -- meanwhile
  _, sent = clock.advance(0)
  expect(1, 0)
  local served = counted "served"
  _, sent = ask(rrq("a", "windowsize", "64"), 2002)
  first = sent[1]
  answer(first, ack(0))
  clock.advance(200)
  _, sent = tell(first, ack(0)) -- as if the first were lost
  expect(1, 4)
  _, sent = tell(first, ack(31)) -- but all have arrived
  expect(1, 0)
  _, sent = clock.advance(0)
  expect(1, 0)
  equal(counted "served", served + 1)
end)

check("options are acknowledged before blocks are sent", function()
  fill("a", "hello")
  local _, sent = ask(rrq("a", "tsize", "0"))
  local first = sent[1]
  equal(first.payload, oack("tsize", "5"))
  _, sent = answer(first, ack(1))
  equal(#sent, 0)
  _, sent = clock.advance(1000)
  equal(sent[1].payload, first.payload)
  _, sent = answer(first, ack(0))
  equal(sent[1].payload, data(1, "hello"))
  _, sent = answer(first, ack(0))
  equal(#sent, 0)
end)

check("a request that comes twice has one answer, and another one another", function()
  local content = content_of(2000)
  fill("a", content)
  local _, one = ask(rrq("a"))
  local _, two = ask(rrq("a"))
  equal(two[1].udp.sport, one[1].udp.sport)
  equal(two[1].payload, one[1].payload)
  answer(one[1], ack(1))
  local _, three = ask(rrq("a")) -- of a client that began anew
  equal(three[1].udp.sport == one[1].udp.sport, false)
  local _, four = ask(rrq("a", "blksize", "1000"))
  equal(four[1].payload, oack("blksize", "1000"))
  local _, sent = answer(one[1], ack(2))
  equal(sent[1].payload:sub(1, 4), data(3, ""))
  _, sent = answer(three[1], ack(1))
  equal(sent[1].payload:sub(1, 4), data(2, ""))
end)

check("requests that are not to the letter are the server's", function()
  fill("a", "hello")
  for _, payload in ipairs{
    "", "\0", "\0\1", "\0\1a", "\0\1a\0", "\0\1a\0octet", "\0\1\0octet\0", "\1\1a\0octet\0", "\0\1a\0mail\0", "\0\1a\0octet\0x",
    rrq("a", "blksize"), rrq("a", "blksize", "7"), rrq("a", "blksize", "65465"), rrq("a", "blksize", "x"), rrq("a", "blksize", "-8"),
    rrq("a", "blksize", ""), rrq("a", "blksize", "512", "BlkSize", "512"), rrq("a", "timeout", "0"), rrq("a", "timeout", "256"),
    rrq("a", "windowsize", "0"), rrq("a", "windowsize", "65536"), rrq("a", "tsize", "99999999999999999999"), rrq("a", "x", ("y"):rep(600)),
    data(1, "a"), ack(0), "\0\5\0\0a\0", "\0\7a\0octet\0", rrq("b"), rrq("A"), rrq("a/"), rrq(("a"):rep(400)),
  } do
    local verdict, sent = ask(payload)
    equal(verdict, XT_CONTINUE)
    equal(#sent, 0)
  end
  equal(counted("misses"), 5)
  for _, more in ipairs{ { src = "224.0.0.1" }, { src = "255.255.255.255" }, { src = "0.0.0.0" }, { dst = "10.0.0.3" }, { ip = { flags = 1 }, udp = { length = 600 } } } do
    local verdict, sent = ask(rrq("a"), nil, more)
    equal(verdict, XT_CONTINUE)
    equal(#sent, 0)
  end
  equal(read("\0\1a\0OCTet\0"), "hello")
  for _, p in ipairs{ packet.tcp{}, packet.icmp{}, packet.udp{ payload = "" } } do
    equal(cache.request(p), XT_CONTINUE)
    equal(cache.response(p), XT_CONTINUE)
    equal(cache.acknowledgement(p), XT_CONTINUE)
  end
end)

check("names are bytes", function()
  for i, name in ipairs{ "\255\254", " ", "../../etc/passwd", "a\nb", "%s%n", ("n"):rep(490) } do
    fill(name, "content" .. i)
    equal(read(rrq(name)), "content" .. i)
  end
end)

check("texts with other ends of lines are other content", function()
  fill("a", "one\n")
  ask("\0\1a\0netascii\0")
  serve(data(1, "one\r\n"))
  equal(read(rrq("a")), "one\n")
  equal(read("\0\1a\0NetASCII\0"), "one\r\n")
  local _, sent = ask("\0\1a\0netascii\0tsize\0000\0") -- whose size the server does not tell either
  equal(sent[1].payload, data(1, "one\r\n"))
end)

-- How often the server is asked for it.
local function is_kept(name)
  local verdict = ask(rrq(name), 2999)
  clock.advance(20000) -- nobody goes on with it
  return verdict == NF_DROP
end

check("what did not leave whole is not kept", function()
  local block = ("x"):rep(512)
  local cases = {
    { data(1, block), "\0\5\0\0broken\0" }, { "\0\5\0\1no such file\0" }, { data(1, block), data(3, "x") }, { data(2, "x") },
    { data(1, block), data(2, block) }, { data(1, block .. "x"), data(2, "x") }, { oack("blksize", "8"), data(1, "123456789") },
    { oack("blksize", "7"), data(1, "1") }, { oack("multicast", "224.0.0.1,1758,1"), data(1, "1") }, { oack("tsize", "2"), data(1, "1") },
    { "\0\4\0\0" }, { data(1, block), oack("blksize", "8"), data(2, "1") }, { "\0\6blksize" },
  }
  for i, case in ipairs(cases) do
    ask(rrq("file" .. i))
    for _, payload in ipairs(case) do serve(payload) end
    equal(is_kept("file" .. i), false)
  end
  ask(rrq("fragment"))
  serve(data(1, "x"), nil, { udp = { length = 500 } })
  serve(data(1, "x"))
  equal(is_kept("fragment"), false)
  equal(counted("stored"), 0)
end)

check("blocks of others, and that come again, are not the file's", function()
  ask(rrq("a"))
  serve(data(1, ("x"):rep(512)))
  serve(data(1, ("y"):rep(512)))
  serve(data(0, "y"))
  serve(data(2, "y"), nil, { sport = 40001 })
  serve("\0\5\0\5other port\0", nil, { sport = 40001 })
  serve(data(2, "y"), nil, { src = "10.0.0.9" })
  serve(data(2, "y"), 2001)
  serve(data(2, "y"), nil, { dst = "192.0.2.9" })
  serve("")
  serve(data(2, "z"))
  serve(data(2, "y"))
  equal(read(rrq("a")) == ("x"):rep(512) .. "z", true)
end)

check("while the server answers others ask the server", function()
  ask(rrq("a"))
  serve(data(1, ("x"):rep(512)))
  equal((ask(rrq("a"), 2001)), XT_CONTINUE)
  serve(data(1, ("y"):rep(512)), 2001)
  equal(counted("not_kept"), 1)
  serve(data(2, "z"))
  equal(read(rrq("a"), 2002) == ("x"):rep(512) .. "z", true)
  ask(rrq("b"))
  clock.advance(1500)
  ask(rrq("b"), 2003) -- the first one has stopped
  serve(data(1, "b"), 2003)
  equal(read(rrq("b")), "b")
  ask(rrq("c"))
  serve(data(1, ("x"):rep(512)))
  clock.advance(11000)
  serve(data(2, "z"))
  equal(is_kept("c"), false)
end)

check("an answer is kept as that to the only request it can be of", function()
  ask(rrq("a")) -- both reach the server before it answers
  local port = server_ports[2000]
  ask(rrq("b"))
  serve(data(1, "content of a"), 2000, { sport = port })
  serve(data(1, "content of b"))
  equal(counted("stored"), 0)
  equal(counted("unsure"), 2)
  equal(is_kept("a"), false)
  equal(is_kept("b"), false)

  ask(rrq("c"), 2100)
  ask("\0\1d\0octet\0blksize\0", 2100) -- one that nobody keeps anything of
  serve(data(1, "content of d"), 2100)
  equal(is_kept("c"), false)
  ask("\0\1d\0octet\0blksize\0", 2200) -- or before
  ask(rrq("e"), 2200)
  serve(data(1, "content of d"), 2200)
  equal(is_kept("e"), false)

  fill("f", "content of f") -- whose last block the server sends again
  port = server_ports[fill_port]
  ask(rrq("g"), fill_port)
  serve(data(1, "content of f"), fill_port, { sport = port })
  serve(data(1, "content of g"), fill_port)
  equal(read(rrq("g"), 2300), "content of g")
  ask(rrq("h"), 2400) -- one that has come twice is answered twice
  ask(rrq("h"), 2400)
  port = server_ports[2400]
  serve(data(1, "content of h"), 2400)
  equal(read(rrq("h"), 2401), "content of h")
  ask(rrq("i"), 2400)
  serve(data(1, "content of h"), 2400, { sport = port })
  equal(is_kept("i"), false)
  clock.advance(300001)
  ask(rrq("i"), 2400)
  serve(data(1, "content of i"), 2400)
  equal(read(rrq("i"), 2500), "content of i")

  ask(rrq("j", "timeout", "255"), 2600) -- an answer that nobody acknowledges
  port = server_ports[2600]
  for _ = 1, 3 do
    serve(oack("timeout", "255"), 2600, { sport = port })
    clock.advance(255000)
  end
  ask(rrq("k"), 2600)
  serve(data(1, "content of j"), 2600, { sport = port })
  serve(data(1, "content of k"), 2600)
  equal(is_kept("k"), false)
end)

check("an answer may be silent for longer the longer the timeout is that the server agrees to", function()
  ask(rrq("j", "timeout", "255"), 2600)
  local port = server_ports[2600]
  local function again() serve(oack("timeout", "255"), 2600, { sport = port }) end
  again()
  clock.advance(255000)
  again()
  clock.advance(509000) -- the next one comes after twice as long
  ask(rrq("k"), 2600)
  serve(data(1, "content of j"), 2600, { sport = port })
  serve(data(1, "content of k"), 2600)
  equal(is_kept("k"), false)
end)

check("a client that asks for many files from one port is alone in that nothing is kept of it", function()
  ask(rrq("a"), 2000)
  for i = 1, 70 do
    serve(data(1, "content" .. i), 2000)
    ask(rrq("file" .. i), 2000)
  end
  equal(counted("stored"), 65)
  fill("b", "x")
  equal(read(rrq("b"), 2001), "x")
end)

check("what other services send is no answer", function()
  ask(rrq("a"))
  for _, port in ipairs{ 7, 53, 1023 } do serve(data(1, "echo"), 2000, { sport = port }) end
  serve(data(1, "a"))
  equal(read(rrq("a"), 2001), "a")
  ask(rrq("b"), 2002)
  serve(data(1, "b"), 2002, { sport = 69 }) -- a server with one port
  equal(read(rrq("b"), 2001), "b")
end)

check("answers to requests that came before the script are of others", function()
  serve(data(1, "before"), 2000, { sport = 50000 })
  ask(rrq("a"))
  serve(data(1, "before"), 2000, { sport = 50000 })
  serve(data(1, "a"))
  equal(is_kept("a"), false)
  for _, payload in ipairs{ "", "\0\3\0", "\0\5\0\1", "\1\3\0\1" } do serve(payload, 2001, { sport = 50000 }) end
  ask(rrq("a"), 2001)
  serve(data(1, "a"), 2001)
  equal(read(rrq("a"), 2001), "a")
end)

check("where memory ends nothing wrong is kept", function()
  local failed, wrong, right = 0, 0, 0
  local function try(f, ...)
    local ok, verdict, sent = pcall(f, ...)
    if not ok then failed = failed + 1 end
    return ok and verdict, sent
  end
  for round = 1, 12 do
    fresh(round % 2 == 0 and "1M" or "1200K")
    for i = 1, 100 * round do try(ask, rrq("none" .. i), 10000 + i, from(i)) end
    clock.advance(11000)
    for i = 1, 60 do
      local name, content = "file" .. i .. ("n"):rep(i * 7 % 400), content_of(i * 37 + 300)
      try(ask, rrq(name, "blksize", "256"), 2000 + i)
      try(serve, oack("blksize", "256"), 2000 + i)
      for block = 1, #content // 256 + 1 do
        try(serve, data(block, content:sub(block * 256 - 255, block * 256)), 2000 + i)
        try(ask, "\0\1other\0mail\0", 30000 + block, from(i))
      end
      local verdict, sent = try(ask, rrq(name, "blksize", "16384"), 50000 + i)
      if verdict == NF_DROP and sent[1] then
        local _, first = try(answer, sent[1], ack(0))
        if first and first[1] then
          if first[1].payload:sub(5) == content then right = right + 1 else wrong = wrong + 1 end
        end
      end
    end
  end
  equal(wrong, 0)
  equal(right > 50, true)
  equal(failed > 50, true)
end)

check("a request that raises reaches the server, too", function()
  for i, name in ipairs{ "c", "d" } do -- asked for before it, or after it
    local held = {}
    fresh("1M")
    fill("a", "content of a")
    if i == 1 then ask(rrq("c"), 2100) end
    for _, request in ipairs{ rrq("a", "timeout", "255"), rrq("a") } do -- until not even the one that takes less has room
      while true do
        local is_there, _, sent = pcall(ask, request, 1 + #held, from(#held))
        if not is_there then break end
        held[#held + 1] = sent[1]
      end
    end
    equal(pcall(ask, rrq("a"), 2100), false)
    for _, p in ipairs(held) do answer(p, "\0\5\0\0enough\0") end
    for _ = 1, 200 do pcall(ask, rrq("a"), 5000) end -- so that garbage is collected
    if i == 2 then ask(rrq("d"), 2100) end
    serve(data(1, "content of a"), 2100, { sport = 39000 })
    equal((ask(rrq(name), 998)), XT_CONTINUE)
  end
end)

check("of more clients than can be noted nothing is kept for five minutes", function()
  for i = 1, 8193 do ask(rrq("none"), 3000 + i) end
  fill("a", "content")
  equal(is_kept("a"), false)
  clock.advance(300001)
  fill("a", "content")
  equal(read(rrq("a"), 2001), "content")
end)

check("transfers that nobody goes on with leave nothing", function()
  fill("a", content_of(20000))
  for _ = 1, 3 do
    local hits = 0
    for i = 1, 1100 do
      local request = rrq("a", "blksize", "8", "windowsize", "64", "timeout", "255")
      if ask(request, 3000 + i, from(i)) == NF_DROP then hits = hits + 1 end
      if i % 50 == 0 then clock.advance(1) end
    end
    equal(hits, 1024)
    for _ = 1, 160 do clock.advance(10000) end
    fill("a", content_of(20000))
  end
  equal(counted("given_up"), 3 * 1024)
  equal(counted("no_memory"), 0)
end)

check("a file that is written is not answered, nor kept for a minute", function()
  fill("a", "old")
  local _, sent = ask(rrq("a"), 2001)
  ask(rrq("b"))
  for _, name in ipairs{ "a", "b" } do equal((ask("\0\2" .. name .. "\0octet\0", 2002)), XT_CONTINUE) end
  serve(data(1, "b"))
  equal(is_kept("b"), false)
  equal((ask(rrq("a"))), XT_CONTINUE)
  serve(data(1, "half"))
  equal(is_kept("a"), false)
  _, sent = answer(sent[1], ack(1)) -- it was begun before
  equal(#sent, 0)
  clock.advance(60000)
  fill("a", "new")
  equal(read(rrq("a")), "new")
  for i = 1, 70 do ask("\0\2file" .. i .. "\0octet\0", 2002) end
  fill("file1", "x")
  equal(is_kept("file1"), false)
  clock.advance(60000)
  fill("file1", "x")
  equal(read(rrq("file1")), "x")
end)

check("who is being sent a file gets all of it, whatever becomes of the file", function()
  local content = content_of(1500)
  fill("a", content)
  local _, sent = ask(rrq("a"), 2001)
  local first = sent[1]
  ask("\0\2a\0octet\0", 2002)
  _, sent = clock.advance(500)
  for block = 1, 3 do
    if block > 1 then equal(sent[1].payload == data(block, content:sub(block * 512 - 511, block * 512)), true) end
    _, sent = answer(first, ack(block))
  end
  equal(counted("served"), 1)
end)

check("a file is asked for anew after five minutes", function()
  fill("a", "old")
  clock.advance(299000)
  equal(read(rrq("a")), "old")
  local _, sent = ask(rrq("a"), 2001)
  clock.advance(1000)
  equal(counted("expired"), 1)
  _, sent = answer(sent[1], ack(1))
  equal(#sent, 0)
  fill("a", "new")
  equal(read(rrq("a")), "new")
end)

check("so many answers at once, and no more", function()
  fill("a", "hello")
  for i = 1, 1024 do equal((ask(rrq("a"), i, from(i))), NF_DROP) end
  local verdict, sent = ask(rrq("a"), 1025)
  equal(verdict, XT_CONTINUE)
  equal(#sent, 0)
  equal(counted("busy"), 1)
  local _, sent = clock.advance(10000)
  equal(#sent, 1024 * 5)
  equal(counted("given_up"), 1024)
  equal(read(rrq("a"), 1025), "hello")
end)

check("those that acknowledge nothing give way, and one address has so many", function()
  fill("a", content_of(1000))
  local _, one = ask(rrq("a"), 999)
  answer(one[1], ack(1))
  for i = 1, 255 do equal((ask(rrq("a", "timeout", "255"), i)), NF_DROP) end
  equal((ask(rrq("a"), 2000)), XT_CONTINUE)
  for i = 1, 768 do equal((ask(rrq("a", "timeout", "255"), i, from(i))), NF_DROP) end
  equal((ask(rrq("a"), 1, { src = "203.0.113.1" })), XT_CONTINUE)
  equal(counted("busy"), 2)
  clock.advance(2000)
  for i = 1, 255 do equal((ask(rrq("a"), i, { src = "203.0.113.1" })), NF_DROP) end -- in place of those of CLIENT
  equal(counted("gave_way"), 255)
  _, one = clock.advance(0)
  local _, sent = ask(rrq("a"), 2000)
  local _, more = answer(sent[1], ack(1))
  equal(#more, 1)
  equal(counted("gave_way"), 256)
  for i = 1, 600 do ask(rrq("a"), i + 5000, from(i)) end
  _, sent = answer(sent[1], ack(2)) -- not so who goes on
  equal(counted("served"), 1)
end)

check("so many files are kept, those that were asked for last", function()
  for i = 1, 4096 do fill("f" .. i, "content" .. i) end
  equal(read(rrq("f1")), "content1")
  fill("more", "content")
  equal(counted("evicted"), 1)
  equal(read(rrq("f1")), "content1")
  equal(read(rrq("f4096")), "content4096")
  equal((ask(rrq("f2"))), XT_CONTINUE)
end)

check("so many files are filled at once", function()
  for i = 1, 20 do
    ask(rrq("f" .. i), i)
    serve(data(1, ("x"):rep(512)), i)
  end
  equal(counted("not_kept"), 4)
  clock.advance(1500)
  for i = 2, 20 do serve(data(2, "x"), i) end
  equal(counted("stored"), 15)
  ask(rrq("f17"), 117)
  serve(data(1, "y"), 117)
  equal(read(rrq("f17")), "y")
end)

local SIZE <const>, BLOCKS <const> = 65464, 91 -- of a file of some 6 MB, of which sixteen have room
local piece = content_of(SIZE)
local function fill_large(i)
  local port = next_port()
  ask(rrq("f" .. i, "blksize", "65464"), port)
  serve(oack("blksize", "65464"), port)
  for block = 1, BLOCKS do serve(data(block, piece), port) end
  if i == 17 then equal(counted("evicted"), 1) end -- before there is too much
  serve(data(BLOCKS + 1, "end" .. i), port)
end

check("large files go for others", function()
  for i = 1, 17 do
    fill_large(i)
    if i == 16 then
      ask(rrq("f1"), 2001) -- is being sent while the others go by
      for k = 2, 16 do
        local _, sent = ask(rrq("f" .. k), 2002)
        answer(sent[1], "\0\5\0\0enough\0")
      end
    end
  end
  equal(counted("stored"), 17)
  equal(counted("evicted"), 1)
  equal((ask(rrq("f1"), 2003)), NF_DROP)
  equal((ask(rrq("f2"), 2003)), XT_CONTINUE)
  local pieces = piece .. piece
  for _, i in ipairs{ 3, 9, 17 } do
    local _, sent = ask(rrq("f" .. i, "blksize", "16384", "tsize", "0"))
    local first = sent[1]
    equal(first.payload, oack("blksize", "16384", "tsize", tostring(SIZE * BLOCKS + 3 + #tostring(i))))
    local at, n = 0, 0
    repeat
      _, sent = answer(first, ack(n))
      n = n + 1
      local payload = sent[1].payload:sub(5)
      local expected = pieces:sub(at % SIZE + 1, at % SIZE + #payload)
      if #payload < 16384 then expected = pieces:sub(at % SIZE + 1, at % SIZE + SIZE * BLOCKS - at) .. "end" .. i end
      equal(payload == expected, true)
      at = at + #payload
    until #payload < 16384
    equal(at, SIZE * BLOCKS + 3 + #tostring(i))
  end
end)

check("their bytes go with them", function()
  for i = 1, 3 do
    fill_large(100) -- when it goes, somebody is being sent it, and takes it no more or breaks off; or it is not all there yet
    if i == 3 then
      ask("\0\2f100\0octet\0", 2002)
      clock.advance(60000)
      ask(rrq("f100", "blksize", "65464"), 2003)
      serve(oack("blksize", "65464"), 2003)
      for block = 1, BLOCKS do serve(data(block, piece), 2003) end
    end
    local _, sent = ask(rrq("f100"), 2001)
    ask("\0\2f100\0octet\0", 2002)
    if i == 2 then answer(sent[1], "\0\5\0\0enough\0") end
    clock.advance(60000)
  end
  for i = 1, 16 do fill_large(i) end
  equal(counted("evicted"), 0)
end)

check("a file that is too large is not kept", function()
  local block = content_of(65464)
  ask(rrq("large", "blksize", "65464"))
  serve(oack("blksize", "65464"))
  for n = 1, (48 << 20) // 65464 + 2 do serve(data(n, block)) end
  equal(counted("no_room"), 1)
  serve(data(2, ""))
  equal(is_kept("large"), false)
  equal(counted("stored"), 0)
end)
