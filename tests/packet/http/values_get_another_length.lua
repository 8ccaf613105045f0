-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The address, a header's value, the status and the body grow and shrink in TCP, over IPv4 and IPv6.
-- in: eth / ip / tcp dport=80 / text GET / hex 20 / text /a / hex 20 / text HTTP/1.1 / hex 0d0a / text Host: / hex 20 / text example.com / hex 0d0a0d0a
-- in: eth / ip6 / tcp dport=80 / text GET / hex 20 / text /a / hex 20 / text HTTP/1.1 / hex 0d0a / text Host: / hex 20 / text example.com / hex 0d0a0d0a
-- in: eth / ip / tcp / text HTTP/1.1 / hex 20 / text 200 / hex 20 / text OK / hex 0d0a / text A:b / hex 0d0a0d0a / text body
-- in: eth / ip / tcp / text GET / hex 20 / text /a / hex 20 / text HTTP/1.1 / hex 0d0a0d0a
function process_packet(p)
  local eth = p:data(packet_eth)
  local tcp = (eth:data(packet_ip) or eth:data(packet_ip6)):data(packet_tcp)
  local http = tcp:data():data(packet_http)
  if http.status then
    local body = http:body()
    http.status = http.status + 204
    http.reason = "Not Found"
    body:set("")
    assert(http.status == 404 and http:status():int() == 404 and #body == 0)
    return NF_ACCEPT
  end
  local host = http:header("host")
  http.uri = "/another/place"
  if host then host = http:header("host"); host:set("x.org"); assert(host:get() == "x.org") end
  http.method = "HEAD"
  assert(http.uri == "/another/place" and http.method == "HEAD" and http.version == "HTTP/1.1")
  if not host then http.uri = "two words" end
  return NF_ACCEPT
end

-- verdict 1-3: NF_ACCEPT
-- verdict 4: error values_get_another_length.lua:24: uri: this is not a word without blanks
-- out 1: eth / ip / tcp dport=80 / text HEAD / hex 20 / text /another/place / hex 20 / text HTTP/1.1 / hex 0d0a / text Host: / hex 20 / text x.org / hex 0d0a0d0a
-- out 2: eth / ip6 / tcp dport=80 / text HEAD / hex 20 / text /another/place / hex 20 / text HTTP/1.1 / hex 0d0a / text Host: / hex 20 / text x.org / hex 0d0a0d0a
-- out 3: eth / ip / tcp / text HTTP/1.1 / hex 20 / text 404 / hex 20 / text Not / hex 20 / text Found / hex 0d0a / text A:b / hex 0d0a0d0a
