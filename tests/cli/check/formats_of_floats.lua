-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  print(string.format("%f", 5), ("%d is %5.1f"):format(1, 2), string.format("%g %e", 1, 2))
  local name = "%a"
  print(string.format(name, 1), string.format("%y", 1), string.format("%d of %d", 1))
  print(string.pack("<I4d", 1, 2), string.unpack("n", p:get():string()), string.pack("f", 1))
  print(string.format("%5d %-5s %x %c %q %% %i %05d %.3s %p", 1, "a", 2, 65, "b", 3, 4, "abcd", p))
  print(string.format("%%f %d", 5), string.pack(">I2s1z", 1, "fdn", "d"), string.packsize("d"))
  print(string.format("%d %d", string.byte("ab", 1, 2)), string.format(STATE_ID, 5))
  return XT_CONTINUE
end
function helper(string) return string.format("%f", 5) end
