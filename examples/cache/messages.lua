-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What HTTP/1.0 and 1.1 say, as a module for caches: heads, which answers may be kept and for how long, and where an answer ends.
-- It needs nothing but Lua, so scripts of rules have it, and those of runtimes.
--   local messages = require "messages"
--   local rules = messages.new{ life = 60000, life_max = 86400000, object_max = 32 << 20, head_max = 8192, kept_head_max = 2048, name_max = 1024,
--     recent_max = 512, has_head = f, has_body = f, has_trailer = f, has_lost = f }
--   local q = rules.request(head, here) -- what is asked for: method, minor, length, key, keeps, is_get, is_safe, is_asked, is_kept; or is_raw
--   r.request = q; rules.begin(r); rules.take(r, data) -- as the bytes of its answer come; true: all of it was there
-- Of data it takes the length, and calls data:string(from [, n]) and data:find(text, from), which count from 0, as byte arrays do; for a string
-- messages.text(s) does. While it reads, it calls has_head(r, a) with what the head says: status, keeps, and if the answer may be kept life and age in
-- milliseconds, and head, in which nothing is about one connection; has_body(r, data, from, n) with what of the body is in data[from, from + n), without the
-- seams of chunks; has_trailer(r) if fields follow chunks; has_lost(r) if the end of the answer is that of the connection, though its head did not say so.

local M = {}

local LINE <const> = "^([%w!#$%%&'*+.^_`|~-]+):[ \t]*([^\r\n%z]-)[ \t]*\r\n()"

-- Whether a list has the word, all in small letters
local function has(list, word)
  for token in list:gmatch("[^,%s]+") do
    if token == word then return true end
  end
  return false
end

-- The fields of a head from there on, names in small letters, values of those that come twice as a list; nil: it is not to the letter.
local function fields_of(head, at)
  local fields, n = {}, 0
  local last = #head - 1
  while at < last do
    local name, value, next = head:match(LINE, at)
    n = n + 1
    if not name or n > 100 then return nil end
    name = name:lower()
    fields[name] = fields[name] and fields[name] .. ", " .. value or value
    at = next
  end
  return at == last and fields or nil
end

local function length_of(fields)
  local length = fields["content-length"]
  if not length then return nil, true end
  if #length > 15 or not length:find("^%d+$") then return nil, false end
  return tonumber(length), true
end

local REFUSE <const> = { "authorization", "cookie", "range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since" }
M.RAW = { is_raw = true } -- a request that is not to the letter
M.UNKNOWN = { is_raw = true } -- one of which more has to be known than this module does: a body in chunks, Expect, Upgrade, CONNECT
local RAW <const>, UNKNOWN <const> = M.RAW, M.UNKNOWN

local function parse_request(head, here, name_max)
  local method, target, minor, at = head:match("^(%u+) ([^%s%c]+) HTTP/1%.([01])\r\n()")
  if method == "CONNECT" then return UNKNOWN end
  local f = method and fields_of(head, at)
  if not f then return RAW end
  if f["transfer-encoding"] or f.expect or f.upgrade then return UNKNOWN end
  local length, is_right = length_of(f)
  local host = f.host or ""
  if not is_right or host:find("[,%s]") or target:byte() ~= 47 then return RAW end
  local connection = f.connection and f.connection:lower() or ""
  local q = { method = method, minor = minor, length = length or 0, is_get = method == "GET", key = here .. " " .. host:lower() .. " " .. target }
  if minor == "1" then q.keeps = not has(connection, "close") else q.keeps = has(connection, "keep-alive") end
  q.is_safe = method == "GET" or method == "HEAD" or method == "OPTIONS"
  local plain = (q.is_get or method == "HEAD") and q.length == 0 and #q.key <= name_max
  for _, name in ipairs(REFUSE) do plain = plain and not f[name] end
  q.is_asked = plain and not f["cache-control"] and not f.pragma
  q.is_kept = plain and q.is_get and not has((f["cache-control"] or ""):lower(), "no-store")
  return q
end

local HOPS <const> = {
  ["connection"] = true, ["keep-alive"] = true, ["proxy-connection"] = true, ["transfer-encoding"] = true, ["content-length"] = true, ["age"] = true,
  ["trailer"] = true, ["te"] = true, ["upgrade"] = true,
}
local NEVER <const> = { "set-cookie", "set-cookie2", "vary", "content-range", "www-authenticate", "pragma", "trailer" }

-- Milliseconds for which an answer may be kept, and how old it was when it came; nil: it must not be kept.
local function life_of(f, limits)
  local control, life = (f["cache-control"] or ""):lower(), limits.life
  for _, word in ipairs{ "no-store", "no-cache", "private" } do
    if control:find(word, 1, true) then return nil end
  end
  local seconds = control:match("s%-maxage=\"?(%d+)") or (" " .. control):match("[%s,]max%-age=\"?(%d+)")
  if seconds then
    life = math.min(#seconds < 10 and tonumber(seconds) or limits.life_max, limits.life_max // 1000) * 1000
  elseif f.expires or control:find("max-age", 1, true) or control:find("s-maxage", 1, true) then
    return nil
  end
  local age = f.age or "0"
  if #age > 9 or not age:find("^%d+$") then return nil end
  life = life - tonumber(age) * 1000
  if life <= 0 then return nil end
  return life, tonumber(age) * 1000
end

-- What of the head is kept with the answer
local function kept_of(head, at)
  local lines = { "HTTP/1.1 200 OK\r\n" }
  while at < #head - 1 do
    local name, _, next = head:match(LINE, at)
    if not HOPS[name:lower()] then lines[#lines + 1] = head:sub(at, next - 1) end
    at = next
  end
  return table.concat(lines)
end

-- What the head of an answer says: how its end is found, and for how long it may be kept
local function parse_answer(head, q, limits)
  local minor, status, at = head:match("^HTTP/1%.([01]) (%d%d%d)[^\r\n%z]*\r\n()")
  local f = minor and fields_of(head, at)
  if not f then return nil end
  local a = { status = tonumber(status), is_interim = status:byte() == 49 and status ~= "101" }
  local length, is_right = length_of(f)
  local coding = f["transfer-encoding"] and f["transfer-encoding"]:lower()
  local connection = f.connection and f.connection:lower() or ""
  if status == "101" or not is_right or coding and (coding ~= "chunked" or length) then return nil end
  if minor == "1" then a.keeps = not has(connection, "close") else a.keeps = has(connection, "keep-alive") end
  if a.is_interim then return a end
  if q.method == "HEAD" or status == "204" or status == "304" then
    a.left = 0
  elseif coding then
    a.is_chunked = true
  else
    a.left = length -- nil: to the end of the connection
  end
  if not q.is_kept or status ~= "200" or not (a.left or a.is_chunked) or (a.left or 0) > limits.object_max or #head > limits.kept_head_max then return a end
  for _, name in ipairs(NEVER) do
    if f[name] then return a end
  end
  for token in connection:gmatch("[^,%s]+") do
    if token ~= "close" and token ~= "keep-alive" then return a end
  end
  a.life, a.age = life_of(f, limits)
  if a.life then a.head = kept_of(head, at) end
  return a
end

-- The answer ends with the connection, whatever it is.
local function lose(r, rules)
  rules.has_lost(r)
  r.part, r.answer = "end", nil
end

local function take_head(r, data, at, rules)
  local before = #r.text_up
  local text = r.text_up .. data:string(at)
  local stop = text:find("\r\n\r\n", 1, true)
  if not stop then
    r.text_up = text
    if #text > 2 * rules.head_max then lose(r, rules) end
    return #data
  end
  local a = parse_answer(text:sub(1, stop + 3), r.request, rules)
  r.text_up = ""
  at = at + stop + 3 - before
  if not a then
    lose(r, rules)
  elseif not a.is_interim then
    r.answer = a
    rules.has_head(r, a)
    r.part, r.left_up = a.is_chunked and "size" or a.left and "body" or "end", a.left or 0
  end
  return at
end

local function take_body(r, data, at, rules)
  local n = math.min(r.left_up, #data - at)
  r.left_up = r.left_up - n
  rules.has_body(r, data, at, n)
  return at + n
end

-- A line between chunks: its text without the end, or nil, as there is none yet; and where it ends
local function take_line(r, data, at, rules)
  local stop = data:find("\n", at)
  local line = r.line .. data:string(at, (stop or #data - 1) - at + 1)
  if #line > 1024 then
    lose(r, rules)
    return nil, #data
  end
  r.line = stop and "" or line
  return stop and line:match("^(.-)\r?\n$"), stop and stop + 1 or #data
end

local PARTS <const> = {
  head = take_head,
  body = take_body,
  ["end"] = function(_, data) return #data end,
  chunk = function(r, data, at, rules)
    at = take_body(r, data, at, rules)
    if r.left_up == 0 then r.part = "seam" end
    return at
  end,
  seam = function(r, data, at, rules)
    local line, next = take_line(r, data, at, rules)
    if line == "" then r.part = "size" elseif line then lose(r, rules) end
    return next
  end,
  size = function(r, data, at, rules)
    local line, next = take_line(r, data, at, rules)
    local size = line and line:match("^(%x+)[ \t]*$") or line and line:match("^(%x+)[ \t]*;")
    if size and #size <= 12 then
      r.left_up = tonumber(size, 16)
      r.part = r.left_up > 0 and "chunk" or "trailer"
    elseif line then
      lose(r, rules)
    end
    return next
  end,
  trailer = function(r, data, at, rules)
    local line, next = take_line(r, data, at, rules)
    if line == "" then
      r.part = "body" -- of which nothing is left
    elseif line then
      rules.has_trailer(r)
    end
    return next
  end,
}

-- An answer to r.request begins with what comes next. r.part is "end" when nothing but the connection's end tells where it ends.
local function begin(r)
  r.part, r.text_up, r.line, r.left_up, r.answer = "head", "", "", 0, nil
end

-- A string, to be read as byte arrays are
local Text = {}
Text.__index = Text
function Text:__len() return #self.s end
function Text:string(at, n) return self.s:sub(at + 1, n and at + n) end
function Text:find(what, at)
  local found = self.s:find(what, at + 1, true)
  return found and found - 1
end
function M.text(s) return setmetatable({ s = s }, Text) end

-- The rules, with limits in bytes and milliseconds and what is called while answers are read
function M.new(rules)
  local recent, recents, recent_max, name_max = {}, 0, rules.recent_max, rules.name_max -- by head, of those that came often: what they ask for

  -- here: to whom it was sent, address << 16 | port
  function rules.request(head, here)
    local q = recent[head]
    if q and q.here == here then return q end
    q = parse_request(head, here >> 16, name_max)
    if #head <= 1024 and not q.is_raw then
      if recents == recent_max then recent, recents = {}, 0 end
      q.here = here
      if not recent[head] then recents = recents + 1 end
      recent[head] = q
    end
    return q
  end

  rules.begin = begin

  function rules.take(r, data)
    local at, n = 0, #data
    while at < n or r.part == "body" and r.left_up == 0 do
      if r.part == "body" and r.left_up == 0 then
        if at < n then r.answer.keeps = false end -- more than was asked for
        return true
      end
      at = PARTS[r.part](r, data, at, rules)
    end
    return false
  end

  return rules
end

return M
