-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- For sockets.lua: of the kernel's library of that name, what the scripts of the cache use, with a clock that the tests put on.
local M = { ms = 1000000, errno = { BADF = 9 } }
function M.time() return M.ms * 1000000 end
function M.random() return 7 end
return M
