-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A guard against floods of SYNs, in front of a server: clients that nobody knows have to answer a cookie first.
--   iptables -t mangle -A PREROUTING -i eth0 -d 10.0.0.2 -p tcp -j LUA --script syn_guard.lua
-- The SYN of a stranger is dropped, and answered with a SYN/ACK that acknowledges a cookie in place of the SYN. By RFC 9293
-- (3.10.7.3) a client that has really sent the SYN answers that with a RST which carries the cookie, and goes on waiting; its
-- next SYN, which Linux sends at once, others after a second, goes to the server, as do all that its address sends for ten minutes.
-- Who sends SYNs with addresses of others never sees the cookie, and keeps nothing busy: until the RST comes, nothing is remembered.
-- What it does for the server, and what not: the server only gets SYNs of addresses that can receive. It takes part in nothing, so
-- options such as MSS and window scaling are its own, unlike with a proxy. Floods by clients that do answer are a matter for
-- rate_limit.lua; those of other packets than SYNs pass. A firewall that hides RSTs on the way keeps its clients out. A cookie is
-- good for one to two minutes; guessing one takes 2^31 RSTs on average. Answers are not longer than the SYNs.

local siphash = require "siphash"

local KNOWN <const> = 600000 -- milliseconds for which an address is known
local SLOT <const> = 65536 -- milliseconds after which cookies change
local SYN <const>, RST <const>, ACK <const> = 2, 4, 16

local known = shared.table("syn_guard", { size = 1000000, ttl = KNOWN })

-- All CPUs, copies and loads of the script have the same secrets, as long as there is one.
local secrets = shared.table("syn_guard secrets")
local function secret(i)
  secrets:cas(i, nil, nf.get_random() << 32 | nf.get_random())
  return secrets[i]
end
local K0 <const>, K1 <const> = secret(1), secret(2)

local function cookie(a, b) return siphash.words(K0, K1, a, b) & 0xffffffff end

-- the answer, of which addresses, ports and the cookie are filled in each time
local answer = bytes.new(40)
local answer_ip = bytes.to_packet(answer, packet_ip)
answer_ip.version, answer_ip.ihl, answer_ip.tot_len, answer_ip.ttl, answer_ip.protocol = 4, 5, 40, 64, 6
local answer_tcp = bytes.to_packet(answer:slice(20, 20), packet_tcp)
answer_tcp.data_off, answer_tcp.flags, answer_tcp.window_size = 5, SYN | ACK, 65535

local function challenge(ip, tcp, number)
  answer_ip.id, answer_ip.saddr, answer_ip.daddr = 0, ip.daddr, ip.saddr
  answer_tcp.sport, answer_tcp.dport, answer_tcp.ack = tcp.dport, tcp.sport, number
  local sent, why = nf.send{ answer }
  if not sent then nf.log("notice", "no challenge: " .. why) end
end

function process_packet(p)
  local ip = p.ip
  local tcp = ip and ip:data(packet_tcp)
  if not tcp then return XT_CONTINUE end
  local kind = tcp.flags & (SYN | RST | ACK)
  if kind ~= SYN and kind ~= RST then return XT_CONTINUE end
  local source = ip:saddr():int()
  if known[source] then return XT_CONTINUE end
  local ends, ports = source << 32 | ip:daddr():int(), tcp.sport << 16 | tcp.dport
  local slot = nf.get_time() // SLOT
  if kind == SYN then
    challenge(ip, tcp, cookie(ends, slot << 32 | ports))
    return NF_DROP
  end
  local number = tcp.seq
  if number ~= cookie(ends, slot << 32 | ports) and number ~= cookie(ends, slot - 1 << 32 | ports) then return XT_CONTINUE end
  known[source] = true
  return NF_DROP -- the server knows nothing of it
end
