-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Requests and responses; names of headers are of any case, values without blanks around; what ends past the packet is nil.
-- in: eth / ip / tcp dport=80 / text GET / hex 20 / text /index.html / hex 20 / text HTTP/1.1 / hex 0d0a / text HOST: / hex 20 / text example.com / hex 200d0a / text A:b / hex 0d0a0d0a / text body
-- in: eth / ip / tcp sport=80 / text HTTP/1.1 / hex 20 / text 404 / hex 20 / text Not / hex 20 / text Found / hex 0d0a / text Host: / hex 0d0a0d0a
-- in: eth / ip / tcp / text HTTP/1.0 / hex 20 / text 200 / hex 0a0a / text x
-- in: eth / ip / tcp / text POST / hex 20 / text /x / hex 20 / text HTTP/1
-- in: eth / ip / tcp / text POST / hex 20 / text /x
-- in: eth / ip / tcp / text GET / hex 20 / hex 2f20 / text HTTP/1.1 / hex 0d0a / text Host: / hex 20 / text example
-- in: eth / ip / tcp / text SSH-2.0-x / hex 0d0a
-- in: eth / ip / tcp / hex 160301
-- in: eth / ip / tcp / text G
-- in: eth / ip / tcp / text GET / hex 20 / text /x / hex 20 / text SPDY/1 / hex 0d0a
-- in: eth / ip / tcp / text GET / hex 20 / hex 2f20 / text HTTP/1.1 / hex 0d0a / text A:b / hex 0d0a / hex 20 / text Host:x / hex 0d0a / text hostile:y / hex 0d0a0d0a / text host: / hex 20 / text no / hex 0d0a
local function show(http)
  local all = {}
  for _, name in ipairs { "method", "uri", "version", "status", "reason" } do
    all[#all + 1] = tostring(http[name])
  end
  local host = http:header("Host")
  all[#all + 1] = host and ("<" .. host:get() .. ">") or "-"
  all[#all + 1] = #http:body()
  assert(#http:body() == #http:data())
  return table.concat(all, " ")
end

function process_packet(p)
  local http = p:data(packet_eth):data(packet_ip):data(packet_tcp):data():data(packet_http)
  error(http and show(http) or "none", 0)
end

-- verdict 1: error GET /index.html HTTP/1.1 nil nil <example.com> 4
-- verdict 2: error nil nil HTTP/1.1 404 Not Found <> 0
-- verdict 3: error nil nil HTTP/1.0 200 nil - 1
-- verdict 4: error POST /x nil nil nil - 0
-- verdict 5: error POST nil nil nil nil - 0
-- verdict 6: error GET / HTTP/1.1 nil nil - 0
-- verdict 7-8: error nil nil nil nil nil - 0
-- verdict 9: error none
-- verdict 10: error nil nil nil nil nil - 0
-- verdict 11: error GET / HTTP/1.1 nil nil - 10
