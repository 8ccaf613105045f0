-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Messages from one runtime to another: strings, through a fifo, with a completion that tells of each.
local fifo = require("fifo")
local completion = require("completion")

local mailbox = {}

local function new(methods, queue, event)
  if type(queue) ~= "userdata" then
    queue = fifo.new(queue)
    if event == nil then
      event = completion.new()
    end
  end
  return setmetatable({ queue = queue, event = event or nil }, methods)
end

local inbox = {}
inbox.__index = inbox

function inbox:send()
  error("an inbox only receives", 2)
end

--- The next message. It is waited for, if there is an event, for as many milliseconds; too long is the error "timeout", and
--- "interrupt" a signal or the runtime's end. nil: there is none.
function inbox:receive(timeout)
  if self.event then
    local ok, err = self.event:wait(timeout)
    if not ok then
      error(err, 2)
    end
  end
  return self.queue:popmessage()
end

local outbox = {}
outbox.__index = outbox

function outbox:receive()
  error("an outbox only sends", 2)
end

--- Raises if the other side has not received enough yet for this message to fit.
function outbox:send(message)
  self.queue:push(string.pack("s", message))
  if self.event then
    self.event:complete()
  end
end

--- Both take a number of bytes, for a mailbox of one's own; or another one's queue and event. Without an event (false), nobody
--- waits, and so it is for runtimes that must not sleep, too.
function mailbox.inbox(queue, event)
  return new(inbox, queue, event)
end

function mailbox.outbox(queue, event)
  return new(outbox, queue, event)
end

return mailbox
