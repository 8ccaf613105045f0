-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- An error's text is cut after 255 bytes.
-- in: eth / ip / udp
function process_packet(p)
  error(("0123456789"):rep(40), 0)
end
