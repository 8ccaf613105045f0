-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- For sockets.lua: a thread that nobody stops.
return { shouldstop = function() return false end }
