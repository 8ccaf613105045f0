-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Serves /dev/lunatik: who writes lines of Lua has them run in the kernel, and then reads what came of it, until the file's
-- end. The first byte of that says which: "=" values, "!" an error, "?" the lines are not complete.
local device = require("device")
local linux = require("linux")
require("lunatik.runner")

-- what lines leave in globals is there for later ones, of whoever writes them
local globals = setmetatable({}, { __index = _G })

local names = {}
for name, number in pairs(linux.errno) do
  names[number] = "E" .. name
end

-- errors of libraries are numbers
local function explain(err)
  if math.tointeger(err) and names[err] then
    return names[err] .. " (" .. err .. ")"
  end
  return tostring(err)
end

local function with_traceback(err)
  return debug.traceback(explain(err), 2)
end

local function to_text(ok, ...)
  if not ok then
    return "!" .. (...)
  end
  local texts = table.pack(...)
  for i = 1, texts.n do
    texts[i] = tostring(texts[i])
  end
  return "=" .. table.concat(texts, "\t")
end

local function answer(lines)
  local name = "=lunatik"
  local f = load("return " .. lines, name, "t", globals)
  local err
  if not f then
    f, err = load(lines, name, "t", globals)
  end
  if f then
    return to_text(xpcall(f, with_traceback))
  end
  return (err:find("<eof>$") and "?" or "!") .. err
end

local driver = { name = "lunatik", mode = 384 } -- rw for root

function driver:open(file)
  file.rest = ""
end

function driver:write(lines, offset, file)
  file.rest = answer(lines)
  return #lines
end

function driver:read(length, offset, file)
  local text = file.rest:sub(1, length)
  file.rest = file.rest:sub(length + 1)
  return text
end

function driver:release() end

device.new(driver)
