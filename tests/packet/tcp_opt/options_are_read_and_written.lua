-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Options of a SYN and of a selective acknowledgement, found by walking; written in place, with the checksum; malformed ones are nil.
-- in: eth / ip / tcp flags=2 options=020405b4_01_030307_0402_080a_00000001_00000002 / nothing
-- in: eth / ip6 / tcp flags=16 options=01_01_080a_00000003_00000004_01_01_0512_0000000a_0000000b_00000014_0000001f / text x
-- in: eth / ip / tcp / nothing
-- in: eth / ip / tcp options=00_020405b4_000000 / nothing
-- in: eth / ip / tcp options=0301_020405b4_0000 / nothing
-- in: eth / ip / tcp options=080a_00000001_0000 / nothing
-- in: eth / ip / tcp options=0203_01_01 / nothing
-- in: eth / ip / tcp options=0509_00000001_000000 / nothing
function process_packet(p)
  local eth = p:data(packet_eth)
  local tcp = (eth:data(packet_ip) or eth:data(packet_ip6)):data(packet_tcp)
  local opt = tcp:options()
  local all = {}
  for _, name in ipairs { "MSS", "WS", "SACK", "TSVAL", "TSER" } do
    all[#all + 1] = opt[name] and string.format("%x", opt[name]) or "-"
  end
  for b in opt:blocks() do all[#all + 1] = b.left .. "-" .. b.right end
  local text = table.concat(all, " ")
  assert(tcp.mss == opt.MSS and #opt == tcp.data_off * 4 - 20 and #opt:get() == #opt)
  if text == "5b4 7 - 1 2" then
    tcp.mss = 1400
    opt.WS = 3
    opt:TSVAL():set(0xFFFFFFFF)
    assert(opt.MSS == 1400 and tcp.mss == 1400)
    return NF_ACCEPT
  elseif text == "- - 512 3 4 10-11 20-31" then
    opt.TSER = 5
    return NF_ACCEPT
  end
  error(text, 0)
end

-- verdict 1-2: NF_ACCEPT
-- verdict 3-8: error - - - - -
-- out 1: eth / ip / tcp flags=2 options=02040578_01_030303_0402_080a_ffffffff_00000002 / nothing
-- out 2: eth / ip6 / tcp flags=16 options=01_01_080a_00000003_00000005_01_01_0512_0000000a_0000000b_00000014_0000001f / text x
