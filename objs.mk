# SPDX-License-Identifier: MIT OR GPL-2.0-only
# What Kbuild and Makefile both read: the version, and the one list of what the engine is made of.
PS_VERSION := 0.1.0

# Names without suffix, from the top of the project.

# Lua (scripts/fetch-lua, scripts/patch-lua), without linit, liolib, loslib,
# loadlib and lmathlib
LUA_RELEASE := lapi lcode lctype ldebug ldump lfunc lgc llex lmem lobject \
	lopcodes lparser lstate lstring ltable ltm lundump lzio \
	lauxlib lbaselib lcorolib ldblib lstrlib ltablib lutf8lib

# ours around it; lua/vm is the interpreter, lvm.c, and lua/call its calls, ldo.c, and a little more
LUA_OURS := lua/runtime lua/reference lua/watch lua/text lua/heap lua/arena lua/mathlib lua/tablelib lua/variables lua/call lua/vm

ENGINE := packet/verdict engine/digest packet/csum packet/value packet/field packet/write packet/proto packet/layer packet/store packet/resize engine/bind engine/object engine/dynamic engine/content engine/library engine/bytes engine/buffer engine/company engine/conntrack engine/memory engine/ranges engine/set engine/timer engine/hash engine/recent engine/limit engine/count engine/tuple engine/flows engine/defer engine/nf engine/complete engine/send \
	engine/shared_store engine/shared_table engine/shared_queue engine/shared_set engine/shared engine/listen \
	engine/globals engine/carry engine/spelling engine/given engine/bundle engine/script compile/types compile/flow compile/compile compile/inline compile/unite compile/run proto/protos proto/eth proto/ip proto/ip6 \
	proto/icmp proto/tcp proto/udp proto/udplite proto/dccp proto/gre proto/icmp6 proto/vlan proto/arp \
	proto/dns proto/tftp proto/http proto/tls proto/dhcp \
	proto/mpls proto/pppoe proto/vxlan \
	proto/sctp \
	proto/ah
