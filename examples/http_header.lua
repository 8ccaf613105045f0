-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Adds a header line to each HTTP request of a connection that it has seen begin. Both ends count bytes, so sequence numbers
-- are shifted on the way there, and acknowledgements on the way back. On the router:
--   iptables -t mangle -A FORWARD -p tcp --dport 80 -j LUA --script http_header.lua --function to_server --on-error continue
--   iptables -t mangle -A FORWARD -p tcp --sport 80 -j LUA --script http_header.lua --function to_client
-- Try it:  the server's log shows $http_x_via of each request.

local LINE <const> = "X-Via: PacketScript\r\n"
local FLOWS_MAX <const> = 1000	-- connections beyond these pass as they are
local SYN <const>, FIN <const>, RST <const> = 2, 1, 4

-- A connection has what was put in and acknowledged (base), where in the client's numbers lines were put in since (points,
-- in their order), and the end of all that the client has sent (last).
local flows, count = {}, 0

-- whether a is not behind b; sequence numbers begin anew after 2^32
local function until_(a, b) return (b - a) & 0xFFFFFFFF < 0x80000000 end

local function headers(p)
  local ip = p:data(packet_eth):data(packet_ip)
  return ip, ip and ip:data(packet_tcp)
end

local function forget(key)
  if flows[key] then flows[key], count = nil, count - 1 end
end

-- how many bytes were put in before the client's byte seq
local function shift(flow, seq)
  local n = flow.base
  for _, point in ipairs(flow.points) do
    if until_(point, seq) then n = n + #LINE end
  end
  return n
end

-- where a line is to be put into a payload that begins with a request, or nil
local function place(tcp, text)
  local http = tcp:data(packet_http)
  if not http or not http.method or not http.version then return nil end
  local _, finish = text:find("\n", 1, true)
  return finish
end

function to_server(p)
  local ip, tcp = headers(p)
  if not tcp then return XT_CONTINUE end
  local key = ip:saddr():int() << 32 | tcp.sport << 16 | tcp.dport
  if tcp.flags & SYN ~= 0 then
    forget(key)
    if count < FLOWS_MAX then
      flows[key], count = { base = 0, points = {}, last = tcp.seq + 1 & 0xFFFFFFFF }, count + 1
    end
    return XT_CONTINUE
  end
  local flow = flows[key]
  if not flow then return XT_CONTINUE end
  local seq, data = tcp.seq, tcp:data()
  local finish = seq + #data & 0xFFFFFFFF
  local new = shift(flow, seq)
  if #data > 0 then
    local text = data:get():string()
    local at = until_(flow.last, seq) and place(tcp, text)
    if at then table.insert(flow.points, seq + at & 0xFFFFFFFF) end
    -- from the last one on, since those before it move what is behind them
    local points, changed = flow.points, false
    for i = #points, 1, -1 do
      local off = points[i] - seq & 0xFFFFFFFF
      if off > 0 and off <= #data then
        text, changed = text:sub(1, off) .. LINE .. text:sub(off + 1), true
      end
    end
    if changed then data:set(text) end
    if until_(flow.last, finish) then flow.last = finish end
  end
  if new > 0 then tcp.seq = seq + new & 0xFFFFFFFF end
  if tcp.flags & RST ~= 0 then forget(key) end
  return XT_CONTINUE
end

function to_client(p)
  local ip, tcp = headers(p)
  if not tcp then return XT_CONTINUE end
  local key = ip:daddr():int() << 32 | tcp.dport << 16 | tcp.sport
  local flow = flows[key]
  if not flow then return XT_CONTINUE end
  if tcp.flags & SYN == 0 then
    local ack, base, done = tcp.ack, flow.base, 0
    for _, point in ipairs(flow.points) do
      local begins = point + base & 0xFFFFFFFF		-- where the line is in the server's numbers
      if not until_(begins + #LINE & 0xFFFFFFFF, ack) then
        if until_(begins, ack) then ack = begins end	-- a part of it has arrived
        break
      end
      base, done = base + #LINE, done + 1
    end
    if base > 0 or ack ~= tcp.ack then tcp.ack = ack - base & 0xFFFFFFFF end
    if done > 0 then
      table.move(flow.points, done + 1, #flow.points + done, 1)
      flow.base = base
    end
    -- what the server has beyond that is in its own numbers, so the client is not told
    local options = tcp:options()
    if options and options.SACK then
      options:write(("\1"):rep(options.SACK & 255), options:SACK():get_offset() - options:get_offset())
    end
  end
  if tcp.flags & RST ~= 0 then forget(key) end
  return XT_CONTINUE
end
