#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# timeout: 120
# Bytes of IPv6 packets are written whose checksum is completed later: they arrive right, or the script is told.
. /tests/lib.sh

topology
offload hosts
start_nginx B "$PWD" '[fd00:b::2]:80'
head -c 100000 /dev/urandom >file

# the destination fd00:b::99 is fd00:b::2, and back
cat >nat6.lua <<'END'
local ETH, SOURCE, DESTINATION = 14, 14 + 23, 14 + 39

local function is_tcp(b) return b[ETH + 6] == 6 end

function by_write(p)
  local b = p:get()
  if not is_tcp(b) then return XT_CONTINUE end
  if b[DESTINATION] == 0x99 then p:write("\2", DESTINATION) else p:write("\x99", SOURCE) end
  return XT_CONTINUE
end

function by_bytes(p)
  local b = p:get()
  if not is_tcp(b) then return XT_CONTINUE end
  if b[DESTINATION] == 0x99 then b[DESTINATION] = 2 else b[SOURCE] = 0x99 end
  return XT_CONTINUE
end

function with_checksum(p)
  local b = p:get()
  if not is_tcp(b) or b[DESTINATION] ~= 0x99 then return XT_CONTINUE end
  local sum = (b[ETH + 56] << 8 | b[ETH + 57]) + 0x97
  sum = (sum & 0xffff) + (sum >> 16)
  b[DESTINATION], b[ETH + 56], b[ETH + 57] = 2, sum >> 8, sum & 255
  return XT_CONTINUE
end
END

try() { rm -f got; inA curl -sS -m 10 -o got 'http://[fd00:b::99]/file'; }
errors() { inR awk '$1 == 0 { print $4 }' /proc/net/packetscript; }
rule() { inR ip6tables -t mangle -F; inR ip6tables -t mangle -A FORWARD -j LUA --script nat6.lua --function "$1"; }

rule by_write
check 'addresses by :write()' try
check 'the file is as it was' cmp file got

rule by_bytes
check 'addresses by bytes: the checksum that is completed later goes along' try
check 'the file is as it was again' cmp file got
check_eq 'nothing failed' "$(errors)" 0

rule with_checksum
check_fails 'a checksum by bytes is not sent' inA curl -sS -m 3 -o got 'http://[fd00:b::99]/file'
check 'the script is told why' klog_has 'these bytes are a checksum that is completed later'
check 'it counts as an error' [ "$(errors)" -gt 0 ]

# where the sender computes it, bytes are bytes
inA ethtool -K eth0 tx off tso off gso off >/dev/null
before=$(errors)
check_fails 'without offload there is no error, and no way back' inA curl -sS -m 3 -o got 'http://[fd00:b::99]/file'
check_eq 'the script is not told' "$(errors)" "$before"
