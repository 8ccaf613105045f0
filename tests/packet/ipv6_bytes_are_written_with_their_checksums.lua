-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- There are no objects for IPv6 yet, but :write() of addresses, ports and payload keeps the checksums of what it carries.
-- in: eth / ip6 next=17 / hex 04d2162e000b2671616263
-- in: eth / ip6 next=6 / hex 04d2162e000003e8000007d050182000aaaa0000616263
-- in: eth / ip6 next=58 / hex 8000c14a00070001616263
function process_packet(p)
  p:write("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x77", 14 + 24)
  p:write("\x20\x01\x0d\xb8", 14 + 8)
  p:write("XY", #p - 2)
  p:write("\x09", 14 + 7)
  return XT_CONTINUE
end
