-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Runtimes by the names of their scripts: what the command lunatik runs, spawns, lists and stops.
local linux = require("linux")
local lunatik = require("lunatik")

local runner = {}

local STARTING = "starting"
local runtimes = {} -- by script: a runtime, or STARTING
local threads = {}

-- What starts and is killed has nobody to forget it: there is no runtime of it.
local function current(script)
  local runtime = runtimes[script]
  if runtime == STARTING and not lunatik.find(script) then
    return nil
  end
  return runtime
end

local function forget(script)
  runtimes[script], threads[script] = nil, nil
end

--- Runs a script in a runtime of its own, which it returns; context: as of lunatik.runtime().
function runner.run(script, context)
  if current(script) then
    error(script .. " is already running", 0)
  end
  runtimes[script] = STARTING
  local ok, runtime = pcall(lunatik.runtime, script, context)
  if not ok then
    forget(script)
    error(runtime, 0)
  end
  runtimes[script] = runtime
  return runtime
end

--- The same, and a thread goes on with the function that the script returns. It has the script's name, without folders.
function runner.spawn(script, context)
  local thread = require("thread")
  local runtime = runner.run(script, context)
  local ok, thrd = pcall(thread.run, runtime, (script:match("[^/]+$")))
  local is_there = runtimes[script] == runtime -- somebody may have stopped it meanwhile
  if not ok then
    if is_there then
      pcall(runner.stop, script)
    end
    error(thrd, 0)
  end
  if is_there then
    threads[script] = thrd
  end
  return thrd
end

-- Whoever runs the script forgets it; its runtime may not be there yet, or any more.
local function stop_start(script)
  while current(script) == STARTING do
    local runtime = lunatik.find(script)
    if runtime then
      pcall(runtime.stop, runtime)
    end
    linux.schedule(10)
  end
end

--- Ends the thread, if there is one, and the runtime, whatever they are doing.
function runner.stop(script)
  if not current(script) then
    error(script .. " is not running", 0)
  end
  stop_start(script)
  local runtime, thrd = current(script), threads[script]
  if not runtime then
    return
  end
  forget(script)
  if thrd then
    pcall(thrd.stop, thrd) -- fails when who waits for it is told to end: its runtime's end is its own, too
  end
  local ok, err = pcall(runtime.stop, runtime)
  if ok then
    return
  end
  if not runtimes[script] then
    runtimes[script], threads[script] = runtime, thrd
  end
  error(err, 0)
end

--- The names of all that run, in order, with ", " between.
function runner.list()
  local scripts = {}
  for script in pairs(runtimes) do
    if current(script) then
      scripts[#scripts + 1] = script
    end
  end
  table.sort(scripts)
  return table.concat(scripts, ", ")
end

--- Ends all of them, and what they and others have made themselves.
function runner.shutdown()
  for script in runner.list():gmatch("[^,]+") do
    pcall(runner.stop, (script:gsub("^ ", "")))
  end
  lunatik.stopall()
end

return runner
