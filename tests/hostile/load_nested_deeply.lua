-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Blocks, functions, parentheses, tables and unary operators, nested until the compiler refuses.
local forms = {
  { "do ", "end " }, { "function f() ", "end " }, { "return (", ")" }, { "return {", "}" }, { "return - -", "1" },
  { "if a then ", "end " }, { "while a do ", "end " }, { "return a..", "a" }, { "for i = 1, 2 do ", "end " },
  { "return function() ", " end " }, { "repeat local a ", "until a " }, { "return not ", "a" }, { "return a^", "a" },
}
function process_packet(p)
  while true do
    for _, form in ipairs(forms) do
      local opening = form[1]
      local inner = opening:gsub("return ", "")
      load(opening .. inner:rep(5000) .. form[2]:rep(5000))
      load(opening .. inner:rep(120) .. form[2]:rep(121))
    end
  end
end
