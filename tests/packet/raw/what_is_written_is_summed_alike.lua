-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- After :write(), each checksum is what it is when it is computed anew.
-- in 40 times: eth / ip / udp / text abcdefgh
-- in 40 times: eth / ip options=01010100 / tcp options=02040578 / text abcdefghi
-- in 40 times: eth / ip / icmp / text abcdefgh
-- in 40 times: eth / ip / udplite length=11 / text abcdefgh
-- in 40 times: eth / ip / dccp cscov=2 / text abcdefgh
-- in 40 times: eth / ip / gre check=+0 key=5 / ip / udp / text abcdefgh
-- in 40 times: eth / ip / gre check=+0 / eth / ip / tcp / text abcdefgh
-- in 40 times: eth / ip options=830704c000020900 final=192.0.2.9 / udp / text abcdefgh
local n, seed = 0, 7

local function random(limit)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % limit
end

local protocols = { packet_icmp, packet_tcp, packet_udp, packet_udplite, packet_dccp }

-- What says which headers there are and how long they are, and the checksums
local function fixed_bytes(ip, fixed)
  local function add(view, at, n)
    for i = at, at + n - 1 do fixed[view:get_offset() + i] = true end
  end
  add(ip, 0, 4)
  add(ip, 6, 2)
  add(ip, 9, 3)
  if ip.ihl > 5 then add(ip, 20, 3) end
  for _, id in ipairs(protocols) do
    local h = ip:data(id)
    if h then
      add(id == packet_icmp and h:checksum() or h:check(), 0, 2)
      if id == packet_icmp then add(h, 0, 1) end
      if id == packet_tcp then add(h:data_off(), 0, 1) end
      if id == packet_dccp then add(h, 4, 2) end
      if id == packet_udp or id == packet_udplite then add(h:length(), 0, 2) end
    end
  end
  local gre = ip:data(packet_gre)
  if not gre then return fixed end
  add(gre, 0, 6)
  local eth = gre:data(packet_eth)
  if eth then add(eth:type(), 0, 2) end
  return fixed_bytes(eth and eth:data(packet_ip) or gre:data(packet_ip), fixed)
end

local function is_free(fixed, at, size)
  for i = at, at + size - 1 do
    if fixed[i] then return false end
  end
  return true
end

local function all_same(ip)
  local was = ip.check
  ip:check():set()
  assert(ip.check == was, "ip")
  for _, id in ipairs(protocols) do
    local h = ip:data(id)
    if h then
      local field = id == packet_icmp and h:checksum() or h:check()
      was = field:get()
      field:set()
      assert(field:get() == was, supported_protocols[id])
    end
  end
  local gre = ip:data(packet_gre)
  if not gre then return end
  local inner = gre:data(packet_ip) or gre:data(packet_eth):data(packet_ip)
  if inner then all_same(inner) end
  was = gre.check
  gre:check():set()
  assert(gre.check == was, "gre")
end

function process_packet(p)
  n = n + 1
  local ip = p:data(packet_eth):data(packet_ip)
  local fixed = fixed_bytes(ip, {})
  for _ = 1, 12 do
    local size = 1 + random(9)
    local at = 14 + random(#p - size - 13)
    local text = {}
    for i = 1, size do text[i] = string.char(random(5) == 0 and 255 or random(256)) end
    if is_free(fixed, at, size) then p:write(table.concat(text), at) end
  end
  all_same(ip)
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip saddr=86.213.227.93 daddr=6.255.132.216 / udp sport=25820 dport=57390
--   / hex 61300f65bceb038e
-- out 2: eth / ip saddr=10.37.116.89 daddr=183.255.21.176 / udp sport=47237 dport=11671
--   / hex c5ff54ff60086768
-- out 3: eth / ip saddr=10.0.0.172 daddr=184.40.231.5 / udp sport=2652 dport=40201 / text abcdef / hex cc68
-- out 4: eth / ip id=4634 saddr=8.73.11.64 daddr=200.255.202.255 / udp sport=16916 dport=65326
--   / hex 615bf9ffff7edc68
-- out 5: eth / ip saddr=10.0.0.255 daddr=91.149.0.2 / udp / text abcd / hex 93aa8b68
-- out 6: eth / ip daddr=10.0.41.120 / udp sport=20115 dport=43566 / text abcdefgh
-- out 7: eth / ip saddr=10.234.255.226 daddr=228.255.255.66 / udp sport=65382 dport=21795
--   / hex 6158e81dbe666768
-- out 8: eth / ip saddr=10.0.38.1 daddr=192.255.46.199 / udp sport=8858 dport=61486 / hex 61627effdaffc768
-- out 9: eth / ip saddr=10.0.135.1 daddr=10.0.77.49 / udp sport=65535 dport=26670 / hex 13d93387656b61a7
-- out 10: eth / ip saddr=10.0.179.194 daddr=255.8.8.154 / udp sport=65535 dport=65465 / hex c7a9
--   / text &defgh
-- out 11: eth / ip daddr=10.0.246.198 / udp sport=35196 / hex 04ffff5b2480b31f
-- out 12: eth / ip saddr=10.0.106.255 daddr=17.15.61.16 / udp sport=33279 dport=2405 / text abcdefgh
-- out 13: eth / ip saddr=10.0.109.117 daddr=149.75.229.88 / udp sport=10568 dport=61230 / text abcdefgh
-- out 14: eth / ip saddr=242.95.181.9 daddr=137.213.0.255 / udp sport=65342 dport=41006 / text abcdV
--   / hex ffcf4a
-- out 15: eth / ip saddr=10.0.201.66 daddr=20.90.212.92 / udp sport=33023 dport=16430 / hex 61626311
--   / text efgh
-- out 16: eth / ip saddr=10.0.64.187 daddr=34.170.241.255 / udp sport=65414 dport=33461 / text abcdefgh
-- out 17: eth / ip daddr=138.9.223.255 / udp sport=49447 dport=65326 / text abcde / hex ff2e6e
-- out 18: eth / ip saddr=10.0.0.177 daddr=65.255.142.55 / udp sport=16130 dport=65445 / text abcdefgh
-- out 19: eth / ip saddr=10.0.9.12 daddr=125.19.147.2 / udp sport=1238 dport=54432 / hex 61629d9bff60df02
-- out 20: eth / ip saddr=10.0.0.11 daddr=246.48.250.95 / udp sport=65535 / hex 61114cbc10ffa7f2
-- out 21: eth / ip saddr=10.0.255.1 / udp dport=5879 / text abcdefgh
-- out 22: eth / ip saddr=10.155.255.85 daddr=228.255.82.2 / udp / hex ca6eff75fff26768
-- out 23: eth / ip saddr=186.108.255.52 daddr=255.20.244.255 / udp sport=65490 / hex 15 / text bcde
--   / hex ff2cff
-- out 24: eth / ip saddr=10.193.255.35 daddr=129.127.255.235 / udp sport=28111 / hex bbc11adc0560ffff
-- out 25: eth / ip saddr=91.68.87.180 daddr=197.206.255.157 / udp sport=65490 / text abcd / hex 12a0efc0
-- out 26: eth / ip saddr=10.0.0.187 daddr=255.72.255.144 / udp sport=23150 / text abcd / hex ff41cf2a
-- out 27: eth / ip saddr=167.124.217.136 daddr=141.169.29.255 / udp / text abcdefgh
-- out 28: eth / ip saddr=253.24.35.247 daddr=202.142.80.153 / udp sport=53202 / text abcd$ / hex b9ffff
-- out 29: eth / ip saddr=174.176.255.132 daddr=255.76.31.70 / udp sport=65300 dport=4550
--   / hex 6163bdffbe79b268
-- out 30: eth / ip saddr=89.255.255.122 daddr=95.192.206.255 / udp sport=19283 dport=35839
--   / hex a2628185d8666768
-- out 31: eth / ip saddr=10.0.0.82 daddr=159.190.0.2 / udp / hex 6106d5e8 / text efgh
-- out 32: eth / ip saddr=255.195.41.243 daddr=22.255.87.255 / udp sport=48533 dport=21294 / hex ff
--   / text [cdefgh
-- out 33: eth / ip saddr=10.7.176.50 daddr=168.91.157.175 / udp sport=40146 / hex ffc0bdff6d441268
-- out 34: eth / ip saddr=10.110.72.162 daddr=130.59.255.153 / udp sport=62371 / text abcdefgh
-- out 35: eth / ip saddr=128.227.126.155 daddr=255.15.255.2 / udp / hex 61ff732865f44eff
-- out 36: eth / ip / udp sport=1040 dport=9430 / text abcd / hex f9666768
-- out 37: eth / ip saddr=181.255.0.1 daddr=51.78.50.168 / udp sport=41028 / hex 04ce986ccf666768
-- out 38: eth / ip saddr=10.0.210.255 daddr=2.0.0.2 / udp / hex eaa6beef21460d6f
-- out 39: eth / ip / udp / hex 616258ff / text efgh
-- out 40: eth / ip saddr=255.114.16.255 daddr=15.44.253.198 / udp sport=2790 / hex 616263c22272ff68
-- out 41: eth / ip options=01010100 saddr=10.255.112.255 daddr=20.240.166.2
--   / tcp options=8a3e5777 sport=1279 dport=48976 seq=2986291717 ack=1879050192 urgent=4967 / hex d0af
--   / text cdefghi
-- out 42: eth / ip options=01010100 saddr=10.0.249.1
--   / tcp options=02ffb241 seq=2033569643 ack=4282058704 urgent=255 / hex bfff13ff30750e3569
-- out 43: eth / ip options=010101c0 / tcp options=ed1a25ff sport=19599 dport=2815 seq=4286514152 urgent=255
--   / hex 1e16ff0ae36eff1069
-- out 44: eth / ip options=01010100 / tcp options=f1eab666 sport=1232 dport=39727 seq=4287041512 urgent=32630
--   / hex 28a63aa6ff / text fghi
-- out 45: eth / ip options=01010100 saddr=10.31.1.255 daddr=166.92.47.2 / tcp options=900405ff / hex c136c6
--   / text defghi
-- out 46: eth / ip options=01010100 id=45620 daddr=167.0.0.2 / tcp options=02aab778 seq=907 ack=1456913324
--   / text abcdefghi
-- out 47: eth / ip options=01010100 saddr=10.0.0.255 daddr=157.13.255.60
--   / tcp options=02040578 sport=1049 dport=34527 seq=2239692636 ack=3523217360 / hex 61624dc79866671269
-- out 48: eth / ip options=010101ae / tcp options=91ff0f6d sport=65487 dport=63604 seq=4287097121
--   ack=2130509803 urgent=41 / hex b244c564ffffc2c89f
-- out 49: eth / ip options=01010100 / tcp options=8a0d61b2 sport=1267 dport=44267 seq=65512 ack=8650704
--   / hex ff4a2a2fff519c6869
-- out 50: eth / ip options=01010100 / tcp options=0204ffff sport=7679 dport=18610 seq=1287381480
--   / hex b641ffffa11b976869
-- out 51: eth / ip options=01010100 saddr=10.113.200.241 daddr=44.0.0.2
--   / tcp options=0204054b dport=5814 seq=3527147496 / hex 3e22046dc3a7580d69
-- out 52: eth / ip options=01010100 id=4854 saddr=235.165.73.60 daddr=243.0.0.2
--   / tcp options=02040578 dport=5887 seq=4281335630 ack=2106263504 / text abcdefghi
-- out 53: eth / ip options=01010100 / tcp options=02041c78 sport=1244 dport=65366 seq=2375704624
--   ack=2768242640 / hex 61d85ce6ff83e18c69
-- out 54: eth / ip options=01010100 saddr=10.0.201.163 daddr=212.164.57.255
--   / tcp options=ffffff35 sport=1261 urgent=246 / hex 9a / text KWcefghi
-- out 55: eth / ip options=01010100 id=4799 daddr=10.53.255.121 / tcp options=c9a79502 / text abcde
--   / hex 1a11ff69
-- out 56: eth / ip options=01010100 saddr=240.255.33.255 daddr=255.159.12.96
--   / tcp options=de850578 seq=45823 ack=3260942288 flags=56 window_size=20479 urgent=36 / text abcdefghi
-- out 57: eth / ip options=010101fd / tcp options=02ffc404 sport=44799 dport=65508 seq=553583592
--   / hex 8145e591e8 / text Vghi
-- out 58: eth / ip options=01010100 / tcp options=02040578 dport=5676 seq=4285569279 ack=301933264
--   / hex 6162ff3c07ff839c69
-- out 59: eth / ip options=01010108 saddr=10.255.200.241 daddr=231.176.0.2
--   / tcp options=02040578 sport=33530 dport=23311 seq=2868904936 / hex 1301ff2eff9040ff41
-- out 60: eth / ip options=010101e4 saddr=29.255.76.1
--   / tcp options=020402e8 sport=42556 dport=21528 seq=2364801000 / hex c80badffd1 / text fghi
-- out 61: eth / ip options=01010100 saddr=213.255.217.255 daddr=203.44.95.66 / tcp options=02040578
--   / hex 61c8edff33ff676869
-- out 62: eth / ip options=01010100 id=4659
--   / tcp options=02040578 sport=19501 dport=54282 seq=1977941992 ack=53247 / text abcd / hex cf / text R>.i
-- out 63: eth / ip options=01010100 saddr=10.107.233.143 daddr=246.255.163.115
--   / tcp options=02040578 dport=33145 seq=2530499421 ack=4211081168 / text abcdefghi
-- out 64: eth / ip options=01010100 saddr=102.255.24.255
--   / tcp options=02040578 sport=52016 dport=20653 seq=4285799656 / hex 6162ff0565ff08c7e5
-- out 65: eth / ip options=01010100 saddr=89.255.255.255 daddr=35.109.0.2
--   / tcp options=119914c4 seq=3405775848 ack=13827900 flags=255 window_size=28677 urgent=42435
--   / hex 616263cfefbbff7969
-- out 66: eth / ip options=01010100 saddr=255.224.0.235 daddr=101.147.190.56
--   / tcp options=1cff78b7 sport=65511 dport=56681 seq=4280566515 ack=2994339792 urgent=255
--   / hex dfb093ae4bff7f6e69
-- out 67: eth / ip options=01010100 saddr=10.0.255.69 daddr=66.255.0.2
--   / tcp options=02d406fa sport=17407 dport=11058 seq=2954952738 / hex 3eb0 / text cdefghi
-- out 68: eth / ip options=01010100 id=4736 daddr=10.75.255.174
--   / tcp options=0204986e sport=65410 dport=28852 seq=4294902760 / hex 03ff / text cdefghi
-- out 69: eth / ip options=01010100 daddr=10.58.159.2 / tcp options=6e98a94b seq=16773691 urgent=65535
--   / hex f1 / text @cdefghi
-- out 70: eth / ip options=01010100 / tcp options=53ffa978 sport=56831 dport=4063 seq=2415854568 ack=16745215
--   urgent=14829 / hex 617eff6dffb7a4ffff
-- out 71: eth / ip options=01010100 / tcp options=51211140 ack=1924 urgent=184 / hex 05 / text Ccdefghi
-- out 72: eth / ip options=01010109 / tcp options=a5d7047d sport=41259 dport=33923 seq=2348811240
--   window_size=28706 urgent=14553 / hex b087 / text cdefghi
-- out 73: eth / ip options=01010100 saddr=10.0.252.113
--   / tcp options=a5be0fff dport=1173 seq=1328611327 ack=3100054050 urgent=51242 / hex ffd63515 / text efghi
-- out 74: eth / ip options=010101ff / tcp options=02040578 sport=52831 dport=22039 seq=4280816791
--   ack=2533361616 / hex 61626316d3ff676869
-- out 75: eth / ip options=01010100 / tcp options=ffe5b17e seq=2859948022 ack=2874802079 urgent=38143
--   / hex a9a0 / text cdefghi
-- out 76: eth / ip options=0101010a / tcp options=eebc0594 sport=13567 dport=10658 seq=2650864104 urgent=49
--   / hex 1f53cb50b5 / text fghi
-- out 77: eth / ip options=01010100 saddr=155.238.151.21 daddr=224.205.112.2 / tcp options=02040578
--   / hex 8e60cb54ffe105cd69
-- out 78: eth / ip options=01010100 saddr=255.255.231.1 / tcp options=ae90d954 urgent=53
--   / hex ffffd53a0c88676869
-- out 79: eth / ip options=01010100 / tcp options=02040578 dport=5887 seq=2415919062 ack=2466187216 flags=243
--   window_size=65368 / text abcY / hex 00d0676869
-- out 80: eth / ip options=01010100 daddr=255.0.0.2 / tcp options=025e11e3 seq=906 ack=4294742658 flags=108
--   / hex e31cdbe9ecc5036869
-- out 81: eth / ip saddr=10.238.139.255 daddr=248.64.255.162 / icmp id=33 sequence=2377 / hex 958cff
--   / text tXqgh
-- out 82: eth / ip saddr=244.221.0.48 daddr=15.130.6.2 / icmp id=50723 sequence=21354 / hex 906bdcffc375c168
-- out 83: eth / ip / icmp sequence=53256 / hex ff / text bcdefgh
-- out 84: eth / ip / icmp id=65306 sequence=52247 / hex 80f2ffffffffa668
-- out 85: eth / ip saddr=10.0.255.247 daddr=157.140.0.2 / icmp id=29951 sequence=65486 / hex a059ffffff666768
-- out 86: eth / ip / icmp id=65533 sequence=15461 / hex c0c5794965ffbc68
-- out 87: eth / ip / icmp id=65108 sequence=47446 / hex ff297da890666768
-- out 88: eth / ip saddr=48.116.3.174 daddr=255.193.0.2 / icmp / hex 33152df51541184e
-- out 89: eth / ip / icmp id=77 sequence=13591 / hex ef93 / text idefgh
-- out 90: eth / ip id=20142 daddr=10.82.255.178 / icmp id=255 sequence=50784 / hex f0322bff67381e91
-- out 91: eth / ip / icmp sequence=125 / hex 0e11ff4fff126368
-- out 92: eth / ip saddr=10.45.86.234 daddr=36.153.154.149 / icmp / hex 61986207 / text efgh
-- out 93: eth / ip saddr=10.181.0.1 daddr=142.255.84.60 / icmp id=58663 sequence=60662 / hex ffa7d5fde75bde28
-- out 94: eth / ip id=38803 / icmp id=30534 sequence=7621 / hex b6ffc9d426d8ef68
-- out 95: eth / ip saddr=255.144.172.144 daddr=127.138.159.194 / icmp id=255 sequence=17548
--   / hex b2758dff8998ff68
-- out 96: eth / ip saddr=10.0.0.255 daddr=255.107.107.111 / icmp id=172 sequence=13567 / hex 5d1efe239543b6f9
-- out 97: eth / ip saddr=10.0.0.221 daddr=255.243.38.74 / icmp sequence=122 / hex 0dcc134aff666768
-- out 98: eth / ip id=65332 saddr=10.100.46.1 / icmp id=48903 / hex 61ffab4934ff0168
-- out 99: eth / ip saddr=10.175.216.15 daddr=142.255.255.2 / icmp id=65535 sequence=10495
--   / hex acca9e3d783df6e7
-- out 100: eth / ip / icmp code=32 / text abcde / hex dd6768
-- out 101: eth / ip saddr=10.188.216.88 daddr=10.40.0.2 / icmp sequence=7407 / hex 0cdda6ea / text efgh
-- out 102: eth / ip saddr=10.0.53.1 / icmp / hex eed08e477e7ea368
-- out 103: eth / ip ttl=132 saddr=10.0.31.6 daddr=47.247.0.2 / icmp / text abcdefgh
-- out 104: eth / ip saddr=10.252.30.255 daddr=255.0.0.2 / icmp id=162 sequence=9896 / hex 61ac / text cdefgh
-- out 105: eth / ip saddr=10.214.255.255 daddr=76.0.0.2 / icmp id=31487 sequence=48725 / hex ffdb636465e80d68
-- out 106: eth / ip / icmp id=59993 sequence=21156 / hex 6aed89ff2effecff
-- out 107: eth / ip saddr=10.0.215.1 / icmp sequence=47688 / hex ff38b804ff554869
-- out 108: eth / ip id=14591 / icmp sequence=7796 / text abcdefgh
-- out 109: eth / ip daddr=90.142.242.2 / icmp / hex ff426364c3ffff68
-- out 110: eth / ip saddr=10.170.2.65 daddr=146.255.170.206 / icmp id=143 sequence=32816 / hex 609a17
--   / text defgh
-- out 111: eth / ip saddr=10.255.182.114 daddr=255.185.35.60 / icmp id=3 sequence=32107
--   / hex ff927a71ff196768
-- out 112: eth / ip saddr=179.27.195.58 daddr=49.255.228.2 / icmp sequence=68 / hex 16 / text bcdefgh
-- out 113: eth / ip saddr=10.0.183.122 daddr=255.103.0.2 / icmp / hex 61c047591174ff68
-- out 114: eth / ip saddr=44.143.10.1 / icmp id=65282 sequence=172 / hex aa09ff07 / text efgh
-- out 115: eth / ip saddr=255.195.49.116 / icmp id=25196 sequence=50136 / hex 6552938965ff2f9e
-- out 116: eth / ip / icmp id=65535 sequence=30897 / hex bbffffffb359c8cd
-- out 117: eth / ip / icmp sequence=65326 / hex 962aee / text %efgh
-- out 118: eth / ip daddr=10.24.0.2 / icmp / hex ff17ea39ff52c068
-- out 119: eth / ip saddr=10.0.248.173 daddr=67.0.0.2 / icmp sequence=48383 / hex ff6dff04ffb9ffff
-- out 120: eth / ip / icmp id=33570 sequence=58367 / hex 1a2e9224ff47ff68
-- out 121: eth / ip saddr=232.255.179.247 daddr=255.97.121.139 / udplite length=11 / hex a8f25ca9f4fdff68
-- out 122: eth / ip / udplite length=11 / hex 61629f4dff95cdff
-- out 123: eth / ip saddr=149.95.255.255 daddr=255.128.255.191 / udplite length=11 sport=32023 dport=49884
--   / hex 61ffb6a3 / text eBgh
-- out 124: eth / ip saddr=10.255.87.75 daddr=201.111.214.2 / udplite length=11 / text abcdefgh
-- out 125: eth / ip daddr=10.0.233.255 / udplite length=11 sport=25123 dport=53806 / hex 61df54ff / text ~hgh
-- out 126: eth / ip saddr=136.120.114.241 daddr=105.150.151.171 / udplite length=11 sport=58322 dport=5755
--   / text abcdefgh
-- out 127: eth / ip saddr=10.219.123.1 daddr=71.220.228.16 / udplite length=11 sport=62222
--   / hex 6f1be00a6493ffff
-- out 128: eth / ip saddr=10.0.255.37 daddr=201.119.205.100 / udplite length=11 sport=65490
--   / hex 5d33dc6ee7126768
-- out 129: eth / ip id=20195 saddr=10.0.248.88 daddr=25.248.112.148 / udplite length=11 sport=26671
--   / text abcdefgh
-- out 130: eth / ip daddr=10.228.255.84 / udplite length=11 sport=57310 dport=43566 / text abILk / hex f96768
-- out 131: eth / ip saddr=10.89.214.41 daddr=121.231.50.18 / udplite length=11 sport=40146 dport=65364
--   / hex 61eaffbffba770ff
-- out 132: eth / ip saddr=10.73.161.169 daddr=255.255.12.184 / udplite length=11 sport=65510 dport=3674
--   / text abcdefgh
-- out 133: eth / ip daddr=99.229.80.120 / udplite length=11 sport=32379 / hex 61e4ff9735ffffe6
-- out 134: eth / ip saddr=60.56.143.246 daddr=159.231.211.255 / udplite length=11 sport=54517 dport=65378
--   / text abcdu} / hex ff68
-- out 135: eth / ip id=10826 saddr=10.23.80.116 daddr=190.195.0.2 / udplite length=11 / text abcdefgh
-- out 136: eth / ip saddr=255.151.112.70 daddr=65.255.255.255 / udplite length=11 sport=34595 dport=51967
--   / hex 8e171fff / text efgh
-- out 137: eth / ip saddr=255.133.142.157 daddr=123.255.28.64 / udplite length=11 sport=65319 dport=14601
--   / hex 616236b220ffff68
-- out 138: eth / ip saddr=10.42.0.1 / udplite length=11 sport=65360 dport=21731 / text abcdefgh
-- out 139: eth / ip saddr=10.0.29.255 daddr=255.104.88.13 / udplite length=11 sport=65535 dport=59438
--   / text abcdefgh
-- out 140: eth / ip id=39988 saddr=10.114.232.255 daddr=243.255.193.62
--   / udplite length=11 sport=32654 dport=65535 / hex 9762c5d2ff666768
-- out 141: eth / ip saddr=10.194.0.1 daddr=10.0.15.87 / udplite length=11 sport=34047 dport=57569
--   / hex 79e043ffff166768
-- out 142: eth / ip saddr=56.255.70.255 daddr=33.255.188.152 / udplite length=11 sport=33436
--   / hex 61c2e83dfffba346
-- out 143: eth / ip saddr=10.0.226.102 daddr=255.198.255.234 / udplite length=11 sport=65347 dport=9006
--   / text Ibcdefg / hex 02
-- out 144: eth / ip saddr=255.107.184.12 daddr=254.178.182.232 / udplite length=11 sport=20223 dport=65436
--   / hex 616263c7 / text efgh
-- out 145: eth / ip saddr=10.0.0.39 daddr=49.0.0.2 / udplite length=11 / hex 6162e0 / text defgh
-- out 146: eth / ip saddr=10.0.57.236 daddr=44.22.219.103 / udplite length=11 dport=23713 / text abcdefgh
-- out 147: eth / ip id=4669 saddr=10.0.189.57 daddr=18.156.134.223
--   / udplite length=11 sport=64255 dport=39423 / hex 39ff945cfbff37ff
-- out 148: eth / ip saddr=10.76.224.255 daddr=254.100.95.255 / udplite length=11 sport=65520 dport=15662
--   / hex 6162632025d96768
-- out 149: eth / ip saddr=10.253.239.220 daddr=21.8.255.56 / udplite length=11 / hex 61a3ffceff44e668
-- out 150: eth / ip saddr=10.255.31.203 daddr=19.123.242.255 / udplite length=11 sport=52612 dport=56366
--   / text abcdefgh
-- out 151: eth / ip saddr=10.66.255.233 daddr=255.139.65.178 / udplite length=11 sport=51841 dport=63278
--   / text abcdefgh
-- out 152: eth / ip saddr=135.222.0.1 daddr=10.143.124.255 / udplite length=11 sport=1700 dport=65489
--   / text abxJ / hex dec2d41a
-- out 153: eth / ip saddr=10.0.255.255 daddr=114.195.95.49 / udplite length=11 sport=60115 dport=32814
--   / hex ff2e6a98 / text efgh
-- out 154: eth / ip id=34356 saddr=10.255.19.1 daddr=10.0.157.233 / udplite length=11 sport=65361
--   / hex ffffffffe9f8c267
-- out 155: eth / ip saddr=255.49.70.228 daddr=235.39.255.179 / udplite length=11 sport=54999
--   / hex ffa648518c710568
-- out 156: eth / ip saddr=52.22.137.217 daddr=141.56.91.64 / udplite length=11 sport=57533 dport=65515
--   / hex 616dff6499246c92
-- out 157: eth / ip saddr=10.0.71.44 daddr=255.4.210.2 / udplite length=11 / hex 3301c45d4bffb968
-- out 158: eth / ip saddr=10.182.241.48 daddr=210.3.251.245 / udplite length=11 sport=41790 dport=23539
--   / hex 6162092cffc8872f
-- out 159: eth / ip saddr=163.123.149.50 daddr=67.218.206.255 / udplite length=11 / hex 8dc2edff5b9a6768
-- out 160: eth / ip saddr=10.255.255.183 daddr=114.123.173.8 / udplite length=11 sport=65528 dport=65280
--   / hex cb2c8f4ff30e2168
-- out 161: eth / ip saddr=10.0.0.238 daddr=29.112.255.49 / dccp cscov=2 sport=65494 dport=52089
--   / hex 61bfffa089616768
-- out 162: eth / ip id=11572 daddr=10.0.44.1 / dccp cscov=2 sport=64978 options=0000e2af
--   / hex 09625909ffff23ff
-- out 163: eth / ip saddr=83.0.0.25 daddr=22.154.60.255 / dccp cscov=2 sport=42548 dport=59637
--   / hex ffd2d689dd666768
-- out 164: eth / ip saddr=10.48.23.255 daddr=231.172.0.2 protocol=33 / hex 04d2162e040211f205000022dfd2a6e8
--   / hex 6180d796eea76768
-- out 165: eth / ip / dccp cscov=2 options=0058ffe8 / hex 76b9ffff017f2d15
-- out 166: eth / ip saddr=10.0.244.94 daddr=99.185.165.255
--   / dccp cscov=2 sport=36938 dport=558 options=00ff5bef / hex 820688ff68287aff
-- out 167: eth / ip saddr=156.160.84.36 daddr=255.227.219.224 protocol=33
--   / hex ffd2162e0402562c0500004899ff5eff / text abcdefgh
-- out 168: eth / ip daddr=185.178.255.7 / dccp cscov=2 sport=466 options=9badb2ff / hex a5ff8b358649f692
-- out 169: eth / ip saddr=10.108.0.243 daddr=205.255.71.219 / dccp cscov=2 sport=20178 options=75e8ff89
--   / hex c59a13b0ab92ffe6
-- out 170: eth / ip protocol=33 / hex 04d2162e0402a8fb057b0b6c1435ff69 / hex ff62ffdca39f6768
-- out 171: eth / ip saddr=50.110.210.1 daddr=255.227.101.252 / dccp cscov=2 sport=65391 dport=65326
--   / hex 4f1bdf4f0b3d6468
-- out 172: eth / ip protocol=33 / hex 04d2162e0402fe1a055c6400000003e8 / hex 6162fffff1666768
-- out 173: eth / ip saddr=44.255.168.87 daddr=255.255.255.197 protocol=33
--   / hex 61d2162e040208e2ff8ca68d9d21049d / hex d0ec8cff86666768
-- out 174: eth / ip saddr=131.255.5.255 daddr=188.255.149.237 / dccp cscov=2 sport=57298
--   / hex 6162d7ff731ea84b
-- out 175: eth / ip saddr=10.0.0.255 daddr=255.88.245.49
--   / dccp cscov=2 sport=45511 dport=49454 options=8e9903e8 / text abcd / hex ac716768
-- out 176: eth / ip daddr=28.0.255.161 / dccp cscov=2 sport=65031 dport=54527 options=0000dcb6
--   / hex 198b4d6aff666768
-- out 177: eth / ip daddr=10.237.14.14 / dccp cscov=2 sport=49106 options=908703e8 / hex 616244c565662ae2
-- out 178: eth / ip saddr=10.0.245.155 daddr=157.127.255.255 / dccp cscov=2 sport=65425 / text abcdefgh
-- out 179: eth / ip saddr=10.255.255.96 daddr=255.255.243.1 protocol=33
--   / hex 7e41ff20040241610500ff6afd289a23 / hex 0bff97e83c4cab68
-- out 180: eth / ip saddr=255.90.215.255 daddr=97.247.182.106
--   / dccp cscov=2 sport=24706 dport=31022 options=03ebffa2 / hex 802ce5e2bb4f6768
-- out 181: eth / ip saddr=174.255.255.119 daddr=253.182.0.2 protocol=33
--   / hex 04d2162e0402637e050000cd337f03e8 / hex cf19c4c7ffa7b8d7
-- out 182: eth / ip saddr=10.0.0.252 daddr=203.193.249.22 / dccp cscov=2 sport=35026 options=00009fff
--   / hex 052bf2b5 / text efgh
-- out 183: eth / ip saddr=10.172.19.5 daddr=132.1.54.11 protocol=33 / hex 04d2162e04025c9d05c77428008e50cb
--   / hex 6d8a7396dd666768
-- out 184: eth / ip saddr=67.251.255.174 / dccp cscov=2 / hex 6e99ff9ce966b65d
-- out 185: eth / ip saddr=10.0.131.253 daddr=166.186.116.105
--   / dccp cscov=2 sport=60159 dport=33070 options=4f44ffc5 / hex f3 / text c?de / hex d01911
-- out 186: eth / ip saddr=255.238.184.53 daddr=255.242.53.255 protocol=33
--   / hex b5d2162e0402dc617177937517a147f6 / hex 9d / text bcdefgh
-- out 187: eth / ip saddr=10.44.241.202 daddr=57.255.255.255 protocol=33
--   / hex 7034162e040282f0dc000001620003ff / hex ff7a7affa4f8fab0
-- out 188: eth / ip protocol=33 / hex ff51c92e0402840905006f4cffffab24 / hex 02c778ff2d3ee868
-- out 189: eth / ip saddr=10.211.0.1 daddr=10.0.0.255 protocol=33 / hex fbd2162e0402fdaf0500c8dd3973af0b
--   / hex ee7f / text 1defgh
-- out 190: eth / ip saddr=10.0.228.158 daddr=50.74.91.59 protocol=33 / hex 6da29c8c04029f5105ffe4bef6ffffff
--   / hex 8f6264ff6b0567ff
-- out 191: eth / ip id=22445 saddr=10.223.153.1 daddr=233.93.255.255 protocol=33
--   / hex 22ff162e04020df0ffbaff44c9fff8fa / hex ffc265abe72e5168
-- out 192: eth / ip saddr=10.0.110.255 daddr=154.182.0.2 protocol=33 / hex 04d2162e0402c5f1050000e29eff9d72
--   / text abcdef.h
-- out 193: eth / ip saddr=97.84.133.73 daddr=11.219.62.116
--   / dccp cscov=2 sport=49919 dport=65449 options=000003da / hex 77ffd26e1bffff68
-- out 194: eth / ip saddr=10.0.0.255 daddr=255.12.255.75
--   / dccp cscov=2 sport=18318 dport=10030 options=0000bced / hex ffff3409a2096768
-- out 195: eth / ip saddr=255.32.113.255 daddr=255.255.101.151 / dccp cscov=2 sport=51711 options=ff0003e8
--   / hex 65fffe65ff666768
-- out 196: eth / ip saddr=254.96.41.28 daddr=24.83.255.148 protocol=33 / hex ff2b172e04029587050000cf420003e8
--   / text abcdef / hex f568
-- out 197: eth / ip saddr=176.255.255.175 daddr=34.49.0.2 protocol=33 / hex 04d2162e040222a2052f0000000003e1
--   / hex d08a11a5bfdb8768
-- out 198: eth / ip saddr=10.0.1.119 daddr=123.76.33.146 protocol=33 / hex 04d2162e040275ab0500003d9d4ec6ff
--   / hex 7ad3de / text defgh
-- out 199: eth / ip saddr=181.255.255.139 daddr=16.117.255.255 protocol=33
--   / hex a737eef904022bf60500cc9ddc0003e8 / hex 616260b365e87668
-- out 200: eth / ip saddr=10.106.255.255 daddr=255.124.160.202
--   / dccp cscov=2 sport=65305 dport=59746 options=ff3bff4c / hex 1565ffff / text efgh
-- out 201: eth / ip daddr=10.255.255.2 / gre check=+0 key=5 / ip saddr=10.255.255.22 daddr=198.67.96.255
--   / udp sport=48082 / hex ffc8e5 / text uefgh
-- out 202: eth / ip protocol=47 / hex a00008009c6b000000ff0005 / ip saddr=10.0.0.49 daddr=59.158.255.127
--   / udp sport=10450 / text abcdefgh
-- out 203: eth / ip protocol=47 / hex a0000800023b00caff000005 / ip saddr=13.1.204.84 daddr=186.189.21.215
--   / udp sport=55224 / text abcdefgh
-- out 204: eth / ip daddr=10.0.255.207 protocol=47 / hex a00008000e4200e7b031ed05
--   / ip saddr=10.155.235.238 daddr=175.179.174.2 / udp sport=19546 / text abcdefgh
-- out 205: eth / ip saddr=255.255.255.17 daddr=153.89.0.2 / gre check=+0 key=5 / ip saddr=229.31.0.1
--   / udp dport=5834 / text abcb|k / hex 1168
-- out 206: eth / ip / gre check=+0 key=5 / ip daddr=161.15.0.2 / udp / text abcdefgh
-- out 207: eth / ip protocol=47 / hex a0000800fb08000000157a05 / ip daddr=19.0.0.2 / udp / text abcdefgh
-- out 208: eth / ip saddr=215.64.183.118 daddr=255.0.0.2 protocol=47 / hex a0000800c9b6106792000005 / ip
--   / udp / hex 6162ffffff436768
-- out 209: eth / ip saddr=10.255.96.65 daddr=255.116.121.164 / gre check=+0 key=5 / ip daddr=10.255.95.21
--   / udp sport=12799 / hex 61e63f5afff1ff68
-- out 210: eth / ip protocol=47 / hex a0000800d419000010000005 / ip saddr=10.0.0.25 daddr=123.255.5.230
--   / udp sport=19410 / hex 616263bfc61f0a68
-- out 211: eth / ip saddr=10.255.0.1 daddr=33.255.101.110 / gre check=+0 key=5 / ip daddr=10.208.29.15
--   / udp sport=29005 / text abcde / hex 98394a
-- out 212: eth / ip saddr=10.0.76.45 daddr=143.0.0.2 protocol=47 / hex a00008009b0a001270ff0005
--   / ip daddr=10.0.159.255 / udp / hex 616263089b986768
-- out 213: eth / ip protocol=47 / hex a0000800c78c00d268a5efe8 / ip saddr=10.0.0.255 daddr=10.255.178.206
--   / udp sport=22226 / text abcdefgh
-- out 214: eth / ip saddr=10.0.0.143 daddr=168.2.143.47 protocol=47 / hex a0000800f8d40022652d0dff / ip / udp
--   / text abcdefgh
-- out 215: eth / ip saddr=62.34.52.122 daddr=7.220.255.2 protocol=47 / hex a000080034f800000000372b / ip
--   / udp / hex 616263ff7fbbdd7a
-- out 216: eth / ip protocol=47 / hex a000080084b00000004cc405 / ip saddr=76.255.209.190 daddr=255.255.210.35
--   / udp sport=30138 / hex 66f8ff7588d93f11
-- out 217: eth / ip saddr=194.45.216.1 protocol=47 / hex a000080094090010ce000005
--   / ip saddr=10.26.170.255 daddr=168.180.172.48 / udp sport=65467 dport=60718 / text abcdefgh
-- out 218: eth / ip id=29460 saddr=10.98.255.1 protocol=47 / hex a0000800d2130000008cf705
--   / ip daddr=10.0.93.132 / udp sport=30125 dport=42495 / text abcdefgh
-- out 219: eth / ip saddr=10.167.189.1 daddr=10.0.255.255 / gre check=+0 key=5 / ip id=21556 / udp
--   / text abcdefgh
-- out 220: eth / ip ttl=7 / gre check=+0 key=5 / ip saddr=10.0.255.255 daddr=142.218.0.2
--   / udp sport=1262 dport=60718 / hex 610296 / text k{n'h
-- out 221: eth / ip saddr=10.0.241.125 / gre check=+0 key=5 / ip daddr=10.0.168.103 / udp / hex ffe829a5
--   / text efgh
-- out 222: eth / ip daddr=10.0.59.187 protocol=47 / hex a0000800ad516dff00000005
--   / ip saddr=10.15.255.35 daddr=186.0.0.2 / udp sport=1109 dport=65535 / hex 88ff57cdd9668368
-- out 223: eth / ip saddr=23.0.0.1 / gre check=+0 key=5 / ip daddr=10.110.218.42 / udp sport=36010 dport=2410
--   / hex 28868a67f9ff6768
-- out 224: eth / ip saddr=10.0.0.255 daddr=252.0.0.2 / gre check=+0 key=5 / ip daddr=10.57.255.208
--   / udp sport=42539 dport=13867 / text abcdefgh
-- out 225: eth / ip id=11060 protocol=47 / hex a0000800e6b100a7ffffb105
--   / ip id=4860 saddr=10.0.255.102 daddr=0.213.54.2 / udp / text abcde / hex ff8f68
-- out 226: eth / ip / gre check=+0 key=5 / ip saddr=10.0.255.1 daddr=205.255.255.39
--   / udp sport=7476 dport=51039 / hex 613153f8e242927a
-- out 227: eth / ip saddr=10.0.0.213 daddr=127.130.189.18 / gre check=+0 key=5
--   / ip saddr=10.14.175.255 daddr=200.237.255.2 / udp / text abcdefgh
-- out 228: eth / ip / gre check=+0 key=5 / ip saddr=10.0.5.255 daddr=163.232.200.255 / udp dport=65326
--   / hex 61fc5e2073ff99ff
-- out 229: eth / ip / gre check=+0 key=5 / ip saddr=10.0.239.1 daddr=10.0.138.224 / udp
--   / hex 6116506465e76768
-- out 230: eth / ip daddr=10.0.67.2 / gre check=+0 key=5 / ip daddr=10.255.249.47 / udp / text abcd
--   / hex 83770568
-- out 231: eth / ip id=65468 saddr=10.66.178.255 daddr=73.206.0.2 protocol=47 / hex a0000800844400000000cce2
--   / ip saddr=255.0.0.1 daddr=10.2.240.2 / udp / text abcdefgh
-- out 232: eth / ip / gre check=+0 key=5 / ip / udp sport=38786 / hex 616e54ff16666768
-- out 233: eth / ip saddr=10.0.0.255 daddr=167.255.0.2 protocol=47 / hex a00008005bea000000004cff
--   / ip saddr=10.0.0.255 daddr=129.202.195.255 / udp sport=64255 dport=65326 / text abcde / hex c6e215
-- out 234: eth / ip protocol=47 / hex a000080059b8131eff47ff05 / ip daddr=10.0.255.2
--   / udp sport=1136 dport=65515 / text abcdefgh
-- out 235: eth / ip saddr=10.0.0.252 protocol=47 / hex a000080058520000000013d1 / ip
--   / udp sport=17884 dport=27391 / text abcde / hex ff6768
-- out 236: eth / ip saddr=255.79.64.240 daddr=32.90.255.2 protocol=47 / hex a000080022d99ec7 / text O\P'
--   / ip saddr=10.0.245.1 / udp / hex 61c4ff / text defgh
-- out 237: eth / ip saddr=10.181.241.96 daddr=255.255.255.236 / gre check=+0 key=5 / ip / udp dport=9262
--   / text abcdefgh
-- out 238: eth / ip saddr=10.0.255.165 daddr=154.255.147.211 protocol=47 / hex a0000800fd77e70000000005
--   / ip saddr=10.0.255.136 daddr=43.213.86.255 / udp sport=37867 / text ae1rv2Z / hex 92
-- out 239: eth / ip saddr=10.0.0.255 / gre check=+0 key=5 / ip daddr=10.164.0.2 / udp / text abcdefgh
-- out 240: eth / ip protocol=47 / hex a0000800d7e8d134c3000005 / ip / udp / hex 616223812c5c1368
-- out 241: eth / ip saddr=10.0.255.255 daddr=31.91.194.192 / gre check=+0
--   / eth dmac=02:00:83:FD:EF:01 smac=15:28:BE:03:FF:F9 / ip / tcp / text abcdefgh
-- out 242: eth / ip daddr=105.71.53.162 / gre check=+0 / eth dmac=02:00:00:E1:D5:7B smac=7D:5F:00:00:00:02
--   / ip daddr=10.0.255.183 / tcp sport=6655 dport=59889 seq=939525096 / hex 61624ce919886768
-- out 243: eth / ip protocol=47 / hex 8000 / text eXMM / hex 00e1
--   / eth dmac=FF:00:00:00:4C:42 smac=B2:55:6D:00:6E:02 / ip daddr=10.0.255.255 / tcp / text abcdefgh
-- out 244: eth / ip saddr=90.170.82.208 daddr=255.152.134.2 protocol=47 / hex 8000 / text eXl, / hex bb98
--   / eth dmac=9A:3B:EF:C7:73:01 / ip / tcp / text abcdefgh
-- out 245: eth / ip daddr=10.255.88.2 / gre check=+0 / eth dmac=02:00:00:00:1B:01
--   / ip saddr=10.0.5.144 daddr=184.4.0.2 / tcp / hex 61628edaff666768
-- out 246: eth / ip protocol=47 / hex 800065585be00010 / eth dmac=3C:FF:00:00:61:4D smac=04:8D:28:00:00:02
--   / ip / tcp sport=7512 dport=43042 seq=2600185853 / hex 6162c1 / text defgh
-- out 247: eth / ip saddr=255.97.0.1 protocol=47 / hex 80006558c7a300cf
--   / eth dmac=02:00:BA:FF:FF:B2 smac=1C:FF:FF:FF:5C:02 / ip saddr=10.0.0.77 daddr=106.83.118.189
--   / tcp sport=60422 dport=43115 / text abcdefgh
-- out 248: eth / ip / gre check=+0 / eth dmac=02:00:FF:4D:00:01 / ip
--   / tcp sport=65534 dport=30040 seq=2624310527 ack=2891712464 / hex 6162ffff / text rrgh
-- out 249: eth / ip / gre check=+0 / eth dmac=02:00:00:B0:76:01 / ip saddr=10.0.0.48 daddr=141.93.177.183
--   / tcp sport=65396 dport=2905 seq=1644168168 ack=8043 / text abcdefgh
-- out 250: eth / ip daddr=10.0.255.23 protocol=47 / hex 800065580fb30095
--   / eth dmac=FF:A5:5D:89:E7:D0 smac=8B:FF:3B:F7:34:15 / ip saddr=224.255.167.136 daddr=215.255.222.2
--   / tcp urgent=125 / hex 36ff74aa15ff1545
-- out 251: eth / ip / gre check=+0 / eth / ip daddr=10.0.112.255 / tcp sport=40724 dport=48296 seq=100664296
--   / hex 48eb / text cdefgh
-- out 252: eth / ip / gre check=+0 / eth / ip saddr=177.255.222.23 daddr=255.255.153.211
--   / tcp sport=4059 dport=5571 urgent=56 / hex 326ba3ff90256768
-- out 253: eth / ip / gre check=+0 / eth dmac=02:C0:23:8D:CE:2E smac=7F:C7:1E:00:00:02
--   / ip saddr=10.0.120.253 daddr=137.91.255.158 / tcp sport=30219 / hex 61ffab / text defgh
-- out 254: eth / ip saddr=10.255.42.1 / gre check=+0 / eth dmac=02:00:00:00:C4:08 smac=FF:E5:DF:C2:B8:FF
--   / ip saddr=10.0.244.38 daddr=26.94.208.118 / tcp sport=25554 dport=5887 seq=4174287956 / text aK"Mefgh
-- out 255: eth / ip saddr=10.0.150.1 / gre check=+0 / eth / ip
--   / tcp seq=2638094078 ack=1744832464 window_size=8222 / hex ff92ff90 / text efgh
-- out 256: eth / ip saddr=137.148.161.255 daddr=77.236.0.2 protocol=47 / hex 800065589ad57a05
--   / eth dmac=8C:B2:FF:D9:E2:FF smac=10:44:B5:00:00:02
--   / ip id=5172 saddr=128.214.219.102 daddr=219.9.255.157 / tcp dport=2284 seq=3316580351 ack=2719614928
--   / text abcdefgh
-- out 257: eth / ip protocol=47 / hex 8000 / text eX"v / hex 0053 / eth / ip
--   / tcp seq=2089315 ack=2637264 urgent=255 / hex ffe44131ff076768
-- out 258: eth / ip saddr=10.255.188.1 protocol=47 / hex 8000655850f8475e
--   / eth dmac=A4:FF:FF:12:D1:71 smac=69:00:00:00:00:02 / ip saddr=10.255.206.34 daddr=166.157.228.84
--   / tcp sport=9471 seq=3694747157 ack=3618042832 / text abcdef / hex ff68
-- out 259: eth / ip saddr=32.255.198.60 protocol=47 / hex 8000 / text eXp^ / hex 003b
--   / eth dmac=DB:00:00:00:00:01 smac=FF:FF:4B:00:00:02 / ip daddr=121.157.0.54
--   / tcp sport=44834 dport=30421 seq=1174406120 ack=3774875600 / text abcdefgh
-- out 260: eth / ip protocol=47 / hex 800065588c680096 / eth dmac=3A:96:5E:32:00:01 / ip saddr=10.0.0.255
--   / tcp urgent=113 / text %bcdefgh
-- out 261: eth / ip saddr=133.147.0.1 / gre check=+0 / eth / ip daddr=10.178.72.64
--   / tcp sport=65326 dport=42542 / hex 61ce940f2046ff30
-- out 262: eth / ip id=54580 saddr=10.0.108.1 / gre check=+0 / eth / ip saddr=64.110.133.81 daddr=30.15.0.2
--   / tcp / text abcdefgh
-- out 263: eth / ip / gre check=+0 / eth smac=02:00:00:5E:00:02 / ip
--   / tcp dport=5747 seq=3149165612 urgent=65350 / hex 566844ffeeed6768
-- out 264: eth / ip protocol=47 / hex 80006558c4ba00ca / eth dmac=FF:FF:26:A3:C0:3B smac=F7:65:83:00:00:02
--   / ip / tcp dport=3661 seq=714677296 ack=2092173264 urgent=12799 / hex 15 / text bcdefgh
-- out 265: eth / ip protocol=47 / hex 800065585517bd25 / eth dmac=4F:03:41:A7:00:01
--   / ip saddr=10.0.218.180 daddr=169.8.4.100 / tcp sport=22148 dport=29668 seq=888799208 / text abcdefgh
-- out 266: eth / ip saddr=255.154.255.176 daddr=255.255.0.2 / gre check=+0
--   / eth dmac=02:00:22:8A:83:FF smac=81:1B:FF:00:00:02 / ip saddr=10.0.0.255 daddr=14.255.3.40
--   / tcp sport=55450 dport=20547 seq=3306642005 ack=2036402128 / hex 61d2ff64e9820e68
-- out 267: eth / ip / gre check=+0 / eth dmac=3C:91:C7:06:80:FF smac=FF:FF:E8:BF:FF:02
--   / ip saddr=10.0.101.184 daddr=101.147.142.43 / tcp sport=65202 dport=28974 urgent=4362
--   / hex 7c9cffd60cff6768
-- out 268: eth / ip / gre check=+0 / eth dmac=02:00:00:A0:00:01 / ip saddr=10.124.2.21 daddr=138.0.0.2
--   / tcp sport=48850 window_size=12288 / text abcdefgh
-- out 269: eth / ip protocol=47 / hex 80006558c19cc252 / eth dmac=FF:4B:00:00:00:01 smac=02:00:00:00:24:02
--   / ip saddr=95.255.3.255 daddr=6.255.43.120 / tcp sport=65452 / text abcd / hex 94666768
-- out 270: eth / ip daddr=231.241.0.2 protocol=47 / hex 80006558c0ea00ff
--   / eth dmac=EC:50:3F:C0:13:16 smac=B0:D0:FF:B8:00:02 / ip daddr=197.210.206.255
--   / tcp sport=65371 dport=65530 seq=855580159 ack=714147792 urgent=31491 / text ubcdefgh
-- out 271: eth / ip / gre check=+0 / eth smac=02:00:00:00:03:02
--   / ip saddr=180.35.255.116 daddr=170.58.255.255 / tcp sport=14290 dport=6143 seq=558449593 ack=805308368
--   / hex 61f270ff / text efgh
-- out 272: eth / ip saddr=255.65.134.1 / gre check=+0 / eth smac=02:00:00:FF:85:02
--   / ip saddr=105.18.0.1 daddr=10.120.159.113 / tcp sport=35718 dport=23039 seq=3791586280 ack=38143
--   / text abcdefgh
-- out 273: eth / ip / gre check=+0 / eth smac=9D:63:EA:28:CF:AB / ip
--   / tcp sport=1169 dport=36398 seq=12331 ack=3774875600 urgent=50431 / hex 81be82ff0c666768
-- out 274: eth / ip saddr=92.140.28.251 daddr=57.94.0.2 / gre check=+0 / eth / ip
--   / tcp sport=3390 dport=49524 seq=822033484 ack=1180344016 / text abcdefgh
-- out 275: eth / ip / gre check=+0 / eth dmac=02:00:00:00:5B:2F smac=FF:68:9D:00:00:02
--   / ip saddr=10.0.118.83 daddr=53.126.255.8 / tcp sport=65357 dport=34413 seq=3609853928 ack=13764560
--   / text abcdefgh
-- out 276: eth / ip saddr=29.31.233.20 daddr=151.33.130.2 / gre check=+0
--   / eth dmac=06:4B:E1:89:D5:F5 smac=66:9E:CF:46:CC:07 / ip / tcp / text abcdefgh
-- out 277: eth / ip / gre check=+0 / eth smac=02:6F:37:00:00:02 / ip saddr=10.0.228.40 daddr=255.76.151.139
--   / tcp sport=8703 dport=26157 seq=3707748419 ack=989857744 / text abcdefgh
-- out 278: eth / ip / gre check=+0 / eth dmac=06:E6:FF:24:37:1F smac=F1:81:00:00:00:02
--   / ip saddr=78.170.147.64 daddr=73.254.0.2 / tcp seq=999 ack=587180358 / text abcde / hex ff8668
-- out 279: eth / ip saddr=255.0.0.1 daddr=10.0.246.255 protocol=47 / hex 800065582eb4338f
--   / eth dmac=5B:DA:FB:11:00:01 / ip saddr=10.162.255.31 daddr=62.168.95.255 / tcp sport=31637
--   / hex 61ffffff23a9b868
-- out 280: eth / ip saddr=10.0.45.187 / gre check=+0 / eth dmac=02:00:4C:0D:B4:FF smac=15:D3:A1:EE:4A:02 / ip
--   / tcp sport=1279 dport=18431 seq=1099056936 ack=1962936272 / text abc& / hex ff315768
-- out 281: eth / ip options=830704c000020900 final=192.0.2.9 saddr=10.121.0.237 / udp / text abcdefgh
-- out 282: eth / ip options=830704c000020900 final=192.0.2.9 saddr=178.0.0.1 daddr=10.202.0.2
--   / udp sport=65494 dport=18734 / text abcdefgh
-- out 283: eth / ip options=830704c000023f00 final=192.0.2.9 / udp check=0x86f8 / text abcdefgh
-- out 284: eth / ip options=830704c000020900 final=192.0.2.9 saddr=10.0.44.196 daddr=255.198.234.2 / udp
--   / text abcdefgh
-- out 285: eth / ip options=8307046336c32dec final=192.0.2.9 saddr=86.255.8.102 daddr=255.166.19.200
--   / udp sport=13162 check=0x9f11 / text a(cdefgh
-- out 286: eth / ip options=830704c000020908 final=192.0.2.9 / udp sport=65292 dport=33874 / text abcdefgh
-- out 287: eth / ip options=830704c08aff6aff final=192.0.2.9 / udp check=0x6f41 / hex df62ff / text defgh
-- out 288: eth / ip options=830704c000020900 final=192.0.2.9 saddr=10.88.218.83 daddr=255.88.0.2 / udp
--   / hex a0ffb8fffff16768
-- out 289: eth / ip options=830704c0000296ff final=192.0.2.9 saddr=10.0.151.86 daddr=128.178.133.240
--   / udp sport=62988 dport=59694 check=0xadb8 / hex 6193e70a717b54d3
-- out 290: eth / ip options=830704c0edcd0900 final=192.0.2.9 ttl=255 / udp sport=1279 dport=2742 check=0xacfb
--   / hex 6162e2ffff5a6768
-- out 291: same
-- out 292: eth / ip options=830704418effe8c0 final=192.0.2.9 id=4863 saddr=10.198.161.255 daddr=244.42.80.2
--   / udp sport=43046 dport=58670 check=0xf2a6 / text abcdefgh
-- out 293: eth / ip options=830704577aefffff final=192.0.2.9 daddr=57.50.62.164
--   / udp sport=65470 dport=3327 check=0xfcc7 / hex 616289e5b9ffff85
-- out 294: eth / ip options=830704c000020900 final=192.0.2.9 / udp / hex 61b30f96b4ff56ff
-- out 295: eth / ip options=830704ffff0ae1ff final=192.0.2.9 / udp sport=34239 dport=65326 check=0x3214
--   / hex 614063a6079b6768
-- out 296: eth / ip options=830704c00078f4d4 final=192.0.2.9 saddr=255.96.186.255 daddr=191.243.177.2
--   / udp check=0x5fe3 / text abcdefgh
-- out 297: eth / ip options=83070452dc737111 final=192.0.2.9 / udp sport=65523 dport=29484 check=0xf0c0
--   / hex 6165dc / text j&fgh
-- out 298: eth / ip options=8307045ba200fd27 final=192.0.2.9 daddr=10.0.0.233
--   / udp sport=45055 dport=17966 check=0x116b / text abcdefgh
-- out 299: eth / ip options=830704c0ffef5aff final=192.0.2.9 / udp check=0xd7a8 / hex 616263ffeaffa268
-- out 300: eth / ip options=830704584e59c0d6 final=192.0.2.9 saddr=10.0.115.186 daddr=12.246.0.2
--   / udp sport=56530 check=0x4b6f / text abcdefgh
-- out 301: eth / ip options=830704c000590900 final=192.0.2.9 saddr=10.0.0.204 daddr=202.127.187.34
--   / udp sport=65395 dport=25902 check=0x06b5 / hex 611442be / text efgh
-- out 302: eth / ip options=830704ff4fee1db5 final=192.0.2.9 / udp sport=60852 dport=65527 check=0xa61d
--   / text Dbcdefgh
-- out 303: eth / ip options=830704c000020900 final=192.0.2.9 daddr=10.0.255.138 / udp sport=20690
--   / text abcdefgh
-- out 304: eth / ip options=83070457a8c95a6d final=192.0.2.9 saddr=10.174.59.0 daddr=255.206.54.2
--   / udp sport=65512 dport=23267 check=0x1bf6 / hex 616201abbfa2ffaa
-- out 305: eth / ip options=830704c000020900 final=192.0.2.9 saddr=10.178.48.1 / udp / text abcr
--   / hex ff02ff68
-- out 306: eth / ip options=830704c000020900 final=192.0.2.9 saddr=10.255.135.1 / udp / hex 1c654818ff666768
-- out 307: eth / ip options=830704c0000209d6 final=192.0.2.9 id=4797 ttl=139 saddr=10.189.0.1
--   / udp sport=36415 / text abcde / hex c5ebb2
-- out 308: eth / ip options=830704c0000235c2 final=192.0.2.9 saddr=115.170.138.74 daddr=217.0.0.2
--   / udp sport=33724 dport=65358 check=0x71a9 / hex 61621cbe / text efgh
-- out 309: eth / ip options=830704c000020900 final=192.0.2.9 / udp / hex 616263996566c595
-- out 310: eth / ip options=830704c000020900 final=192.0.2.9 saddr=255.113.62.95 daddr=179.191.109.203 / udp
--   / hex 6162be / text defgh
-- out 311: eth / ip options=830704c000020900 final=192.0.2.9 saddr=10.0.71.150 daddr=237.180.95.77
--   / udp dport=53550 / text abcdefgh
-- out 312: eth / ip options=830704b8d0ff7ff4 final=192.0.2.9 / udp sport=40146 check=0x8a4f
--   / hex 6141401cf7666768
-- out 313: eth / ip options=830704c00002d80b final=192.0.2.9 saddr=32.168.47.255 daddr=141.32.255.2
--   / udp sport=65336 dport=43263 check=0x4ff6 / hex 6162c0ffd254ff68
-- out 314: eth / ip options=830704387f35c7b9 final=192.0.2.9 saddr=10.0.123.1
--   / udp sport=52835 dport=53711 check=0x6cfc / text abc| / hex a00f9a68
-- out 315: eth / ip options=8307042dffdf50c5 final=192.0.2.9 daddr=10.105.142.255
--   / udp sport=54995 dport=11083 check=0xbbb5 / hex 278f9c4aff666768
-- out 316: eth / ip options=830704c000800900 final=192.0.2.9 saddr=10.0.26.240 daddr=227.0.0.2
--   / udp check=0x5487 / text abcd / hex ff1d6768
-- out 317: eth / ip options=830704c000020900 final=192.0.2.9 id=4690 ttl=60 / udp / hex 5dcdffa85fff50b9
-- out 318: eth / ip options=830704c000cd70ff final=192.0.2.9 saddr=10.0.0.142 daddr=128.28.97.2
--   / udp sport=42450 check=0x456a / text R1Gdefgh
-- out 319: eth / ip options=830704c049b548cb final=192.0.2.9 saddr=255.131.204.104
--   / udp sport=12543 dport=65326 check=0x0386 / hex 6169c1c993ffd368
-- out 320: eth / ip options=830704ae02c3973a final=192.0.2.9 saddr=10.84.215.28 daddr=28.0.0.2
--   / udp sport=65490 check=0xeb2c / text ab}defgh
