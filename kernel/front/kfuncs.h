/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The functions of packetscript_bpf.ko that programs of BPF call. */
#ifndef PS_KFUNCS_H
#define PS_KFUNCS_H

#include <linux/types.h>

struct __sk_buff;
struct xdp_md;

int bpf_packetscript_tc(struct __sk_buff *ctx, u32 number);
int bpf_packetscript_xdp(struct xdp_md *ctx, u32 number);

/*
 * Each function is known to programs of its type, and to no others: what those call their context may be any memory to the kernel. 0 or -errno.
 */
int ps_tc_setup(void);
int ps_xdp_setup(void);

#endif
