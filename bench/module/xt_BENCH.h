/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef XT_BENCH_H
#define XT_BENCH_H

#include <linux/types.h>

struct xt_bench_tginfo {
	__be32 daddr;	/* 0: the packet stays as it is */
	__u32 send;	/* it is dropped, and a new one with the same payload sent in its place */
};

#endif
