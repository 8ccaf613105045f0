-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What scripts ask of packets again and again. docs/language.md, "The module checks", lists it.
--   local checks = require "checks"
--   if checks.address_kind(ip.saddr) == "private" then return NF_DROP end
local checks = {}

-- Addresses of a special kind (IANA's registries): first one, bits of the prefix, kind. Of those that overlap the first counts.
local special4 = {
  { 0x00000000, 8, "unspecified" },
  { 0x0A000000, 8, "private" },
  { 0x64400000, 10, "shared" },
  { 0x7F000000, 8, "loopback" },
  { 0xA9FE0000, 16, "link-local" },
  { 0xAC100000, 12, "private" },
  { 0xC0000200, 24, "documentation" },
  { 0xC0A80000, 16, "private" },
  { 0xC6120000, 15, "benchmark" },
  { 0xC6336400, 24, "documentation" },
  { 0xCB007100, 24, "documentation" },
  { 0xE0000000, 4, "multicast" },
  { 0xFFFFFFFF, 32, "broadcast" },
  { 0xF0000000, 4, "reserved" },
}
-- The same of the first 32 bits of an IPv6 address; those that begin with 0 are looked at as text.
local special6 = {
  { 0x0064FF9B, 32, "translated" },
  { 0x20010DB8, 32, "documentation" },
  { 0x3FFF0000, 20, "documentation" },
  { 0xFC000000, 7, "private" },
  { 0xFE800000, 10, "link-local" },
  { 0xFF000000, 8, "multicast" },
}

-- For each first byte, the rows that it may be of: most have none.
local function by_first_byte(rows)
  local bytes = {}
  for _, row in ipairs(rows) do
    local first = row[1] >> 24
    local last = first | 0xFF >> math.min(row[2], 8)
    local range = { from = row[1], to = row[1] | 0xFFFFFFFF >> row[2], kind = row[3] }
    for byte = first, last do
      bytes[byte] = bytes[byte] or {}
      table.insert(bytes[byte], range)
    end
  end
  return bytes
end

local ranges4, ranges6 = by_first_byte(special4), by_first_byte(special6)

local function kind_in(ranges, n)
  local few = ranges[n >> 24]
  if not few then return "global" end
  for i = 1, #few do
    if n >= few[i].from and n <= few[i].to then return few[i].kind end
  end
  return "global"
end

-- The integer that an IPv4 address as text is, or nil.
local function number4(text)
  local a, b, c, d = text:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
  if not a then return nil end
  return tonumber(a) << 24 | tonumber(b) << 16 | tonumber(c) << 8 | tonumber(d)
end

local function kind6(text)
  if text == "::" then return "unspecified" end
  if text == "::1" then return "loopback" end
  local inner = number4(text:match("^::ffff:([%d.]+)$") or "")
  if inner then return kind_in(ranges4, inner) end
  local first, second = text:match("^(%x+):(%x*)")
  if not first then return "global" end
  return kind_in(ranges6, tonumber(first, 16) << 16 | (tonumber(second, 16) or 0))
end

-- An address as fields give it, text or, of IPv4, an integer: "private", "loopback", "link-local", "multicast", "shared" (of
-- carriers), "documentation", "benchmark", "broadcast", "translated" (64:ff9b::), "unspecified", "reserved" or "global".
function checks.address_kind(address)
  if math.type(address) then return kind_in(ranges4, address) end
  local n = number4(address)
  return n and kind_in(ranges4, n) or kind6(address)
end

-- Nobody outside of this network can be meant by it.
local here = { private = true, loopback = true, ["link-local"] = true, shared = true, unspecified = true, broadcast = true }
function checks.is_local(address)
  return here[checks.address_kind(address)] or false
end

-- "system" (below 1024), "user", or "dynamic" (49152 and above), as RFC 6335 has them.
function checks.port_kind(port)
  return port < 1024 and "system" or port < 49152 and "user" or "dynamic"
end

local flag_names = { "FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR" }
local flag_bits = {}
for i, name in ipairs(flag_names) do flag_bits[name] = 1 << i - 1 end

-- checks.flags("SYN,ACK") is 18: to compare tcp.flags with. For when the script is loaded.
function checks.flags(names)
  local flags = 0
  for name in names:gmatch("[^,]+") do
    flags = flags | (flag_bits[name] or error("no TCP flag '" .. name .. "'; there are " .. table.concat(flag_names, ", "), 2))
  end
  return flags
end

-- checks.flag_names(18) is "SYN,ACK": for messages.
function checks.flag_names(flags)
  local names = {}
  for i, name in ipairs(flag_names) do
    if flags & 1 << i - 1 ~= 0 then table.insert(names, name) end
  end
  return table.concat(names, ",")
end

-- Whether a DNS name is the domain or lies in it: "www.example.com" in "example.com", but not "badexample.com".
function checks.is_within(name, domain)
  name, domain = name:lower():gsub("%.$", ""), domain:lower():gsub("%.$", "")
  return name == domain or domain == "" or name:sub(-#domain - 1) == "." .. domain
end

-- A table that keeps at least the last n keys that were set, and at most twice as many, so that no flood of packets fills
-- the state: when it is full, what has not been set or read since it was last full is forgotten.
local recent = {}
recent.__index = recent
function checks.recent(n)
  return setmetatable({ room = n, count = 0, new = {}, old = {} }, recent)
end

function recent:set(key, value)
  if value == nil then
    if self.new[key] ~= nil then self.count = self.count - 1 end
    self.old[key] = nil
  elseif self.new[key] == nil then
    if self.count == self.room then
      self.new, self.old, self.count = {}, self.new, 0
    end
    self.count = self.count + 1
  end
  self.new[key] = value
end

function recent:get(key)
  local value = self.new[key]
  if value == nil then
    value = self.old[key]
    if value ~= nil then self:set(key, value) end
  end
  return value
end

return checks
