-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
local SERVER <const>, CLIENT <const> = "10.0.0.1", "10.0.0.9"
local MSS <const> = 1460
local state, port = 0, 30000
local cache, servers, answers, asked, up
local queue, first, last, is_busy -- packets that are under way

-- Each test begins with an empty cache, and a server that has nothing.
local function check(name, f)
  test(name, function()
    clock.advance(120000)
    state = state + 1
    cache = script("http.lua", { state = state, memory = "48M" })
    servers, answers, asked, up = {}, {}, {}, true
    queue, first, last, is_busy = {}, 1, 0, false
    f()
  end)
end

local function content_of(n)
  local t = {}
  for i = 1, n // 8 + 1 do t[i] = string.format("%08x", i * 2654435761 & 0xFFFFFFFF) end
  return table.concat(t):sub(1, n)
end
local function counted(name) return counter(cache, name) or 0 end
local function answer(body, fields, status)
  return "HTTP/1.1 " .. (status or "200 OK") .. "\r\nServer: s\r\n" .. (fields or "") .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
end

-- Ends of connections: what they have sent, and what has come in order

local function packet_of(e, flags, payload)
  return packet.tcp{ src = e.from, dst = e.to, sport = e.sport, dport = e.dport, flags = flags, seq = e.snd & 0xffffffff,
                     ack = flags & ACK ~= 0 and e.rcv & 0xffffffff or 0, window_size = 65535, payload = payload or "",
                     options = flags & SYN ~= 0 and "\2\4\5\xb4" or nil }
end

local pump
local function give(e, flags, payload)
  local p, f = packet_of(e, flags, payload), e.is_server and cache.response or cache.request
  e.snd = e.snd + #(payload or "") + (flags & FIN) + (flags >> 1 & 1)
  local verdict, _, sent = f(p)
  equal(verdict, e.is_server and NF_STOLEN or NF_DROP)
  return pump(sent)
end

-- The server sends what windows let through.
local function serve(s)
  while s.at < #s.out do
    local n = math.min(#s.out - s.at, MSS, s.acked + s.window - s.snd)
    if n <= 0 then return end
    s.at = s.at + n
    give(s, ACK | PSH, s.out:sub(s.at - n + 1, s.at))
  end
  if s.ends and not s.has_ended then
    s.has_ended = true
    give(s, FIN | ACK)
  end
end

local function ask_server(s)
  while true do
    local stop = s.got:find("\r\n\r\n", 1, true)
    if not stop then return end
    local head = s.got:sub(1, stop + 3)
    local length = tonumber(head:match("Content%-Length: (%d+)") or 0)
    if #s.got < stop + 3 + length then return end
    local body = s.got:sub(stop + 4, stop + 3 + length)
    s.got = s.got:sub(stop + 4 + length)
    local uri = head:match("^%u+ (%S+)")
    asked[#asked + 1] = { head = head, body = body, from = s.dport, to = s.to }
    local a = answers[uri] or answer("none", nil, "404 Not Found")
    if type(a) == "function" then a = a(head, body, s) end
    if head:find("^HEAD") then a = a:match("^.-\r\n\r\n") end
    s.out, s.at = s.out:sub(s.at + 1) .. a, 0
    s.ends = s.ends or a:find("Connection: close", 1, true) ~= nil
    serve(s)
  end
end

-- What TCP carries; p.payload is what HTTP does.
local function data_of(p) return p.bytes:sub(20 + 4 * p.tcp.data_off + 1) end

local function arrives_at_server(p)
  local key, t, data = p.tcp.sport, p.tcp, data_of(p)
  local s = servers[key]
  if t.flags & SYN ~= 0 then
    if not up then
      local e = { is_server = true, from = SERVER, to = p.ip.saddr, sport = 80, dport = key, snd = 0, rcv = t.seq + 1 }
      return give(e, RST | ACK)
    end
    s = { is_server = true, from = SERVER, to = p.ip.saddr, sport = 80, dport = key, snd = 5000, rcv = t.seq + 1, got = "", out = "", at = 0, acked = 5001, window = t.window_size }
    servers[key] = s
    return give(s, SYN | ACK)
  end
  if not s or s.is_mute then return end
  if t.flags & RST ~= 0 then
    servers[key] = nil
    return
  end
  s.acked, s.window = t.ack, t.window_size
  if t.seq == s.rcv & 0xffffffff and #data + (t.flags & FIN) > 0 then
    s.rcv = s.rcv + #data + (t.flags & FIN)
    s.got = s.got .. data
    give(s, ACK)
    ask_server(s)
    if t.flags & FIN ~= 0 and not s.has_ended then s.ends = true end
  end
  serve(s)
end

local clients = {}
local function arrives_at_client(p)
  local c, t, data = clients[p.tcp.dport], p.tcp, data_of(p)
  if not c then return end
  c.flags = t.flags
  if t.flags & SYN ~= 0 then
    c.rcv = t.seq + 1
    return give(c, ACK)
  end
  if t.flags & RST ~= 0 then c.is_reset = true end
  if c.is_deaf or t.seq ~= c.rcv & 0xffffffff or #data + (t.flags & FIN) == 0 then return end
  c.rcv = c.rcv + #data + (t.flags & FIN)
  c.parts[#c.parts + 1] = data
  c.has_ended = c.has_ended or t.flags & FIN ~= 0
  give(c, ACK)
end

local function put(sent)
  for _, p in ipairs(sent) do
    last = last + 1
    queue[last] = p
  end
end
function pump(sent)
  put(sent)
  if is_busy then return end
  is_busy = true
  while first <= last do
    local p = queue[first]
    queue[first], first = nil, first + 1
    if first % 500 == 0 then put(select(2, clock.advance(10))) end -- no more than 100,000 in a second
    if p.ip.daddr == SERVER then arrives_at_server(p) else arrives_at_client(p) end
  end
  is_busy = false
end
local function wait(ms)
  local _, sent = clock.advance(ms)
  pump(sent)
end

local function open()
  port = port + 1
  local c = { from = CLIENT, to = SERVER, sport = port, dport = 80, snd = 1000, rcv = 0, parts = {} }
  clients[port] = c
  give(c, SYN)
  equal(c.rcv > 0, true)
  return c
end
local function take(c)
  local text = table.concat(c.parts)
  c.parts = {}
  return text
end
local function get(c, uri, fields, method, version)
  give(c, PSH | ACK, (method or "GET") .. " " .. uri .. " HTTP/" .. (version or "1.1") .. "\r\nHost: h\r\n" .. (fields or "") .. "\r\n")
  return take(c)
end
local function body_of(text) return text:match("\r\n\r\n(.*)$") end
local function close(c)
  give(c, FIN | ACK)
  equal(c.has_ended, true)
end

check("what the server has answered once is answered from the cache", function()
  local c = open()
  for i, size in ipairs{ 0, 1, 1447, 1448, 1449, 16384, 65535, 65536, 65537, 200000 } do
    local uri, body = "/" .. size, content_of(size)
    answers[uri] = answer(body)
    equal(get(c, uri) == answers[uri], true)
    equal(#asked, i)
    local hit = get(c, uri)
    equal(body_of(hit) == body, true)
    equal(hit:match("^(.-\r\n\r\n)"), "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: " .. size .. "\r\nAge: 0\r\n\r\n")
    equal(#asked, i)
  end
  equal(asked[1].to, CLIENT)
  equal(counted "misses", 10)
  equal(counted "stored", 10)
  equal(counted "hits", 10)
  close(c)
end)

check("HEAD is answered, but not kept", function()
  local c = open()
  answers["/a"] = answer("content")
  equal(body_of(get(c, "/a", nil, "HEAD")), "")
  equal(counted "stored", 0)
  get(c, "/a")
  equal(get(c, "/a", nil, "HEAD"), "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 7\r\nAge: 0\r\n\r\n")
  equal(#asked, 2)
end)

check("hits and misses are mixed, one behind the other", function()
  answers["/a"], answers["/b"], answers["/c"] = answer("aaa"), answer(content_of(5000)), answer("c", "Cache-Control: no-store\r\n")
  local c = open()
  get(c, "/a")
  local all = {}
  for _, uri in ipairs{ "/a", "/b", "/a", "/c", "/b", "/c" } do all[#all + 1] = "GET " .. uri .. " HTTP/1.1\r\nHost: h\r\n\r\n" end
  give(c, PSH | ACK, table.concat(all))
  local text = take(c):gsub("Age: %d+\r\n", "")
  local wanted = answers["/a"] .. answers["/b"] .. answers["/a"] .. answers["/c"] .. answers["/b"] .. answers["/c"]
  equal(text == wanted, true)
  equal(#asked, 4)
end)

check("heads in pieces", function()
  answers["/a"] = function(_, _, s)
    for byte in answer("abc"):gmatch(".") do
      s.out, s.at = byte, 0
      serve(s)
    end
    return ""
  end
  local c = open()
  for byte in ("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"):gmatch(".") do give(c, ACK | PSH, byte) end
  equal(take(c), answer("abc"))
  equal(body_of(get(c, "/a")), "abc")
  equal(#asked, 1)
end)

check("what must not be kept is not", function()
  local c, n = open(), 0
  local function passes(fields, of_request, more)
    n = n + 1
    local uri = "/" .. n
    answers[uri] = answer("content", fields)
    for _ = 1, 2 do equal(body_of(get(c, uri, of_request)), "content") end
    local before = #asked
    get(c, uri, of_request)
    equal(#asked, before + 1)
    equal(#asked, 3 * n)
  end
  for _, fields in ipairs{ "Cache-Control: no-store\r\n", "Cache-Control: No-Cache\r\n", "Cache-Control: private, max-age=9\r\n", "Cache-Control: max-age=0\r\n",
    "Cache-Control: max-age=60, s-maxage=0\r\n", "Cache-Control: max-age=x\r\n", "Set-Cookie: a=b\r\n", "Vary: Accept\r\n", "Expires: 0\r\n",
    "Age: 60\r\n", "Content-Range: bytes 0-6/7\r\n", "Cache-Control: public\r\nCache-Control: no-store\r\n" } do passes(fields) end
  for _, fields in ipairs{ "Authorization: x\r\n", "Cookie: a=b\r\n", "Range: bytes=0-1\r\n", "If-None-Match: x\r\n", "Cache-Control: no-store\r\n" } do
    passes(nil, fields)
  end
  equal(counted "stored", 0)
  equal(counted "hits", 0)
end)

check("who asks for a fresh one gets it, and so do others then", function()
  local c = open()
  answers["/a"] = answer("old")
  get(c, "/a")
  answers["/a"] = answer("new")
  equal(body_of(get(c, "/a", "Cache-Control: no-cache\r\n")), "new")
  equal(body_of(get(c, "/a")), "new")
  equal(#asked, 2)
  equal(counted "replaced", 1)
end)

check("max-age says for how long, and Age how old", function()
  local c = open()
  answers["/a"] = answer("content", "Cache-Control: public, max-age=10\r\nAge: 3\r\n")
  get(c, "/a")
  wait(5000)
  equal(get(c, "/a"):match("Age: (%d+)"), "8")
  wait(1999)
  get(c, "/a")
  equal(#asked, 1)
  wait(1)
  get(c, "/a")
  equal(#asked, 2)
  answers["/b"] = answer("content", "Cache-Control: max-age=1, s-maxage=30\r\n")
  get(c, "/b")
  wait(20000)
  get(c, "/b")
  equal(#asked, 3)
end)

check("chunks are kept without their seams", function()
  local c = open()
  local head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
  answers["/a"] = head .. "3\r\nabc\r\n00A;x=y\r\n0123456789\r\n0\r\n\r\n"
  equal(get(c, "/a"), answers["/a"])
  equal(get(c, "/a"), "HTTP/1.1 200 OK\r\nContent-Length: 13\r\nAge: 0\r\n\r\nabc0123456789")
  answers["/b"] = head .. "3\r\nabc\r\n0\r\nX: y\r\n\r\n"
  equal(get(c, "/b"), answers["/b"])
  equal(get(c, "/b"), answers["/b"]) -- fields behind the chunks
  equal(#asked, 3)
  answers["/c"] = head .. "3\r\nabcd\r\n0\r\n\r\n"
  equal(get(c, "/c"), answers["/c"])
  equal(counted "stored", 1)
end)

check("HTTP/1.0, and the end of connections", function()
  answers["/a"] = answer("a")
  local c = open()
  equal(get(c, "/a", "Connection: close\r\n"), answer("a"))
  equal(c.has_ended, true)
  c = open()
  equal(get(c, "/a", nil, nil, "1.0"), "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 1\r\nAge: 0\r\nConnection: close\r\n\r\na")
  equal(c.has_ended, true)
  c = open()
  equal(get(c, "/a", "Connection: keep-alive\r\n", nil, "1.0"):find("Connection: keep-alive", 1, true) ~= nil, true)
  equal(c.has_ended, false)
  answers["/b"] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end"
  c = open()
  equal(get(c, "/b"), answers["/b"])
  equal(c.has_ended, true)
  equal(counted "stored", 1)
end)

check("bodies pass, and writing takes an object away", function()
  local c = open()
  answers["/a"] = answer("a")
  get(c, "/a")
  local body = content_of(20000)
  give(c, ACK, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n" .. body:sub(1, 1000))
  for at = 1001, 20000, 1000 do give(c, ACK, body:sub(at, at + 999)) end
  equal(take(c), answer("a"))
  equal(asked[2].body == body, true)
  equal(counted "void", 1)
  get(c, "/a")
  equal(#asked, 3)
end)

check("what is not to the letter passes by, and nothing of it is kept", function()
  for i, head in ipairs{ "GET /a HTTP/1.1\nHost: h\n\r\n\r\n", "GET /a HTTP/1.1\r\nHost: h\r\n x\r\n\r\n", "GET /a HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n",
    "GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0, 0\r\n\r\n", "GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a HTTP/1.1\r\nHost : h\r\n\r\n",
    "GET /a HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n" } do
    local c = open()
    answers["/a"] = answer("a")
    give(c, ACK, head)
    equal(asked[i].head, head)
  end
  equal(counted "stored", 0)
  equal(counted "passed", 7)
end)

check("without a server hits are still answered", function()
  local c = open()
  answers["/a"] = answer("a")
  get(c, "/a")
  up = false
  for _, s in pairs(servers) do
    s.has_ended = true
    give(s, FIN | ACK)
  end
  equal(body_of(get(c, "/a")), "a")
  equal(get(c, "/b"):match("^%C+"), "HTTP/1.1 502 Bad Gateway")
  equal(c.has_ended, true)
  up = true
  c = open()
  equal(body_of(get(c, "/a")), "a")
end)

check("a connection that the server has closed meanwhile is begun anew", function()
  local c = open()
  answers["/a"], answers["/b"] = answer("a"), answer("b")
  get(c, "/a")
  local _, s = next(servers)
  answers["/b"] = function(_, _, conn)
    if conn == s then
      conn.ends = true
      return ""
    end
    return answer("b")
  end
  equal(body_of(get(c, "/b")), "b")
  equal(#asked, 3)
end)

check("an answer that is cut is not kept", function()
  local c = open()
  answers["/a"] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX: Connection: close\r\n\r\nabc"
  equal(get(c, "/a"), answers["/a"])
  equal(c.has_ended, true)
  equal(counted "stored", 0)
  equal(counted "cut", 1)
end)

check("who does not take holds the server back", function()
  answers["/a"] = answer(content_of(300000))
  local c = open()
  c.is_deaf = true
  get(c, "/a")
  local _, s = next(servers)
  equal(s.at <= 65536 + 2 * 65535, true)
  c.is_deaf = nil
  for _ = 1, 200 do wait(1000) end
  equal(take(c) == answers["/a"], true)
  equal(counted "stored", 1)
end)

check("objects go that were not asked for longest", function()
  local c, n, name = open(), 1000, ("x"):rep(900)
  for i = 1, n do
    local uri = "/" .. name .. i
    answers[uri] = answer("a", "Cache-Control: max-age=9999\r\nX: " .. name .. "\r\nY: " .. name .. "\r\n")
    get(c, uri)
    get(c, "/" .. name .. 1)
    answers[uri] = i == 2 and answers[uri] or nil
    if i % 50 == 0 then wait(10) end
  end
  equal(counted "stored", n)
  equal(counted "evicted" > 100, true)
  equal(#asked, n)
  get(c, "/" .. name .. 2)
  equal(#asked, n + 1)
end)

check("what goes while somebody is sent it goes when he has it", function()
  answers["/a"] = answer(content_of(300000), "Cache-Control: max-age=20\r\n")
  local c = open()
  get(c, "/a")
  c.is_deaf = true
  get(c, "/a")
  wait(3000)
  answers["/a"] = answer("other")
  local d = open()
  equal(body_of(get(d, "/a", "Cache-Control: no-cache\r\n")), "other")
  wait(1000)
  c.is_deaf = nil
  for _ = 1, 100 do wait(1000) end
  equal(body_of(take(c)) == content_of(300000), true)
end)

check("when the shared table is emptied, who is sent it is reset", function()
  answers["/a"] = answer(content_of(300000))
  local c = open()
  get(c, "/a")
  c.is_deaf = true
  get(c, "/a")
  pcall(cache.on_close, packet.tcp{}) -- which takes all of it out, and gives no verdict
  c.is_deaf = nil
  for _ = 1, 20 do wait(1000) end
  equal(c.is_reset, true)
end)

check("who asks for much, and takes nothing, waits", function()
  answers["/a"] = answer("a")
  local c = open()
  get(c, "/a")
  c.is_deaf = true
  local n = 150
  for _ = 1, n do give(c, ACK | PSH, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n") end
  equal(counted "hits" <= 64, true)
  c.is_deaf = nil
  for _ = 1, 60 do wait(1000) end
  equal(select(2, take(c):gsub("HTTP/1.1 200 OK", "")), n)
  equal(#asked, 1)
end)

check("a connection that the server is closing is not used", function()
  local c = open()
  answers["/a"], answers["/b"] = answer("a"), answer("b")
  get(c, "/a")
  local _, s = next(servers)
  s.is_mute, s.has_ended = true, true
  give(s, FIN | ACK)
  equal(body_of(get(c, "/b")), "b")
  equal(#asked, 2)
end)

check("when there are too many connections to the server, clients wait", function()
  answers["/a"] = answer("a", "Cache-Control: no-store\r\n")
  answers["/slow"] = function() return "" end
  answers["/never"] = answers["/slow"]
  local slow, idle, c = {}, open(), nil
  get(idle, "/a")
  for i = 1, 96 do -- the last of them gets the connection of the one that is idle
    slow[i] = open()
    get(slow[i], "/slow")
  end
  equal(#asked, 97)
  c = open()
  equal(get(c, "/a"), "")
  give(open(), ACK | PSH, "GET /never HTTP/1.1\r\nHost: h\r\n\r\n")
  equal(#asked, 97)
  give(slow[50], RST)
  equal(take(c), answers["/a"])
  equal(#asked, 99) -- c has its answer, so the next one gets its connection
  equal(get(idle, "/a"), "")
  give(slow[7], RST)
  equal(take(idle), answers["/a"])
end)

check("those that are silent go", function()
  local c, d = open(), open()
  give(c, ACK, "GET /a")
  wait(21000)
  equal(c.has_ended, true)
  wait(45000)
  equal(d.has_ended, true)
end)
