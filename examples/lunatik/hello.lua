-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The smallest script: a line in the kernel's log. What runs in a runtime has no packets; see docs/lunatik.
--
--   # lunatik run examples/hello
--   # dmesg | tail -n 1
print("hello from " .. _VERSION)
