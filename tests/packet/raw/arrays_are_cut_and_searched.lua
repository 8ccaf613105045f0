-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Parts of byte arrays, of the packet's bytes and of their own, are no copies; text is found in them; what is not there is nil.
-- in: eth / ip / udp / text hello, hello world
function process_packet(p)
  local data = p:data(packet_eth):data(packet_ip):data(packet_udp):data()
  for _, a in ipairs{ data:to_bytes(), data:to_bytes():slice(), ("..hello, hello world.."):len() > 0 and data:get() } do
    assert(#a == 18 and a:string(7) == "hello world" and a:string(7, 5) == "hello" and a:string(18) == "" and a:string(0, 0) == "")
    assert(a:string(19) == nil and a:string(-1) == nil and a:string(7, 12) == nil and a:string(7, -1) == nil)
    assert(a:string(1, math.maxinteger) == nil and a:string(math.mininteger, 1) == nil)
    assert(a:slice(19) == nil and a:slice(0, 19) == nil and a:slice(-1, 1) == nil and #a:slice(18) == 0)
    local world = a:slice(7):slice(6, 5)
    assert(world:string() == "world" and #world == 5 and world[5] == nil and world == a:slice(13))
    world[0] = 0x57
    assert(a[13] == 0x57 and a:find("World") == 13 and not a:find("world"))
    assert(a:find("hello") == 0 and a:find("hello", 0) == 0 and a:find("hello", 1) == 7 and a:find("hello", 8) == nil)
    assert(a:find("d") == 17 and a:find("d", 17) == 17 and a:find("d", 18) == nil and a:find(a) == 0 and a:find(a .. "x") == nil)
    assert(a:find("") == 0 and a:find("", 18) == 18 and a:find("", 19) == nil and a:find("h", -1) == nil)
    assert(a:find(a:slice(4, 3)) == 4 and a:find(world) == 13 and a:find("%a") == nil and world:find("l") == 3)
    assert(tostring(world) == "576f726c64" and (world .. "!"):string() == "World!" and bytes.many_to_one{world, a}:string(0, 7) == "Worldhe")
    world[0] = 0x77
  end
  error(data:get():hexdump() .. bytes.new(0):hexdump(), 0)
end

-- verdict: error 000000  68 65 6c 6c 6f 2c 20 68 65 6c 6c 6f 20 77 6f 72  |hello, hello wor|\x0a000010  6c 64                                            |ld|\x0a
