/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * packetscript_bpf.ko: the function that programs of XDP call.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/filter.h>

#include "compat.h"
#include "hooks.h"
#include "kfuncs.h"
#include "packetscript.h"
#include "program.h"
#include "rule.h"
#include "verdict.h"
#include "xdp.h"

static_assert((int)PACKETSCRIPT_NUMBER_XDP == PS_HOOK_XDP && XDP_REDIRECT < PACKETSCRIPT_PROGRAM_REDIRECT);

static int on_error(const struct ps_program *program)
{
	return program->passes ? XDP_PASS : XDP_DROP;
}

/* What is not simply let pass, nor dropped. */
static noinline int decide(const struct ps_program *program, const struct ps_xdp_packet *p, enum ps_verdict verdict)
{
	switch (verdict) {
	case PS_VERDICT_TX:
		return XDP_TX;
	case PS_VERDICT_REDIRECT:
		if (p->redirect && p->redirect <= PS_PROGRAM_IFINDEX_MAX)
			return PACKETSCRIPT_PROGRAM_REDIRECT + p->redirect;
		ps_rule_refuse(program->rule, p->redirect ? PS_PROGRAM_NO_IFINDEX : "NF_REDIRECT: nf.redirect() has to say by which device");
		break;
	case PS_VERDICT_STOLEN:
	case PS_VERDICT_QUEUE:
		ps_rule_refuse(program->rule, "NF_STOLEN and NF_QUEUE: at XDP there are none");
		break;
	default:
		break;
	}
	return on_error(program);
}

static int run(const struct ps_program *program, struct xdp_buff *xdp)
{
	struct ps_xdp_packet p ps_uninit;
	enum ps_verdict verdict;
	u16 queue ps_uninit;

	if (!ps_xdp_init(&p, xdp, program->net)) {
		ps_rule_refuse(program->rule, "a frame without a whole header of Ethernet, or in several pieces");
		return on_error(program);
	}
	verdict = ps_rule_run(program->rule, &p.pkt, &queue);
	if (unlikely(verdict == PS_VERDICT_REPEAT))
		verdict = ps_rule_repeat(program->rule, &p.pkt, &queue);
	if (likely(verdict == PS_VERDICT_CONTINUE || verdict == PS_VERDICT_ACCEPT || verdict == PS_VERDICT_RETURN))
		return XDP_PASS;
	if (likely(verdict == PS_VERDICT_DROP))
		return XDP_DROP;
	return decide(program, &p, verdict);
}

/* What a script says of the packet: XDP_…, or PACKETSCRIPT_PROGRAM_REDIRECT and a device. */
__bpf_kfunc int bpf_packetscript_xdp(struct xdp_md *ctx, u32 number)
{
	struct xdp_buff *xdp = (struct xdp_buff *)ctx;
	const struct ps_program *program;
	int action = XDP_PASS;

	rcu_read_lock();
	program = ps_program_find(number, PS_HOOK_XDP, xdp->rxq->dev);
	if (likely(program))
		action = run(program, xdp);
	rcu_read_unlock();
	return action;
}

BTF_KFUNCS_START(xdp_kfuncs)
BTF_ID_FLAGS(func, bpf_packetscript_xdp)
BTF_KFUNCS_END(xdp_kfuncs)

static const struct btf_kfunc_id_set kfunc_set = {
	.owner = THIS_MODULE,
	.set = &xdp_kfuncs,
};

int __init ps_xdp_setup(void)
{
	return register_btf_kfunc_id_set(BPF_PROG_TYPE_XDP, &kfunc_set);
}
