/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * packetscript_bpf.ko: what programs of BPF call at tc and XDP. It is a module of its own, so that its types (BTF), where they are not this
 * kernel's, keep nothing else from being loaded. Programs hold it, and what they ask is packetscript.ko's.
 */
#include <linux/module.h>

#include "compat.h"
#include "kfuncs.h"
#include "program.h"

static int __init bpf_init(void)
{
	if (!PS_HAS_BTF(THIS_MODULE))	/* some kernels register what nobody will find */
		ps_programs_provide(PS_PROGRAMS_UNTYPED);
	else
		ps_programs_provide(ps_tc_setup() || ps_xdp_setup() ? PS_PROGRAMS_REFUSED : PS_PROGRAMS_THERE);
	return 0;
}

static void __exit bpf_exit(void)
{
	ps_programs_provide(PS_PROGRAMS_ABSENT);
}

module_init(bpf_init);
module_exit(bpf_exit);
MODULE_DESCRIPTION("PacketScript at tc and XDP");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
