-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Puts 16 MiB into shared tables and queues again and again, with and without room for them.
local t, q = shared.table("large"), shared.queue("large", 3)
local part, parts = bytes.new(65536), {}
for i = 1, 256 do parts[i] = part end

function process_packet(p)
  for i = 1, 1 << 40 do
    pcall(function() t[i % 20] = parts end)
    pcall(q.send, q, parts)
  end
  return XT_CONTINUE
end
