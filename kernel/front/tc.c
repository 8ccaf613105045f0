/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * packetscript_bpf.ko: functions that programs of BPF call. This one is for those of tc.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/filter.h>
#include <linux/pkt_cls.h>
#include <net/sch_generic.h>

#include "compat.h"
#include "front.h"
#include "hooks.h"
#include "kfuncs.h"
#include "packetscript.h"
#include "program.h"

static_assert((int)PACKETSCRIPT_NUMBER_TC_INGRESS == PS_HOOK_TC_INGRESS && (int)PACKETSCRIPT_NUMBER_TC_EGRESS == PS_HOOK_TC_EGRESS);

/* The packet goes on to the next program, or its way if that was the last one. */
#define PASS	TC_ACT_UNSPEC

static int on_error(const struct ps_program *program)
{
	return program->passes ? PASS : TC_ACT_SHOT;
}

static int redirect(const struct ps_program *program, int ifindex)
{
	if (ifindex <= PS_PROGRAM_IFINDEX_MAX)
		return PACKETSCRIPT_PROGRAM_REDIRECT + ifindex;
	ps_rule_refuse(program->rule, PS_PROGRAM_NO_IFINDEX);
	return on_error(program);
}

/* What is not simply let pass, nor dropped. */
static noinline int decide(const struct ps_program *program, const struct ps_skb_place *place, const struct sk_buff *skb, enum ps_verdict verdict)
{
	const bool leaves = program->hook == PS_HOOK_TC_EGRESS;

	switch (verdict) {
	case PS_VERDICT_TX:
		if (!leaves)
			return redirect(program, skb->dev->ifindex);
		ps_rule_refuse(program->rule, "NF_TX: at tc-egress the packet leaves by this device anyway");
		break;
	case PS_VERDICT_REDIRECT:
		if (!place->redirect) {
			ps_rule_refuse(program->rule, "NF_REDIRECT: nf.redirect() has to say by which device");
			break;
		}
		if (!leaves || place->redirect != skb->dev->ifindex)
			return redirect(program, place->redirect);
		ps_rule_refuse(program->rule, "NF_REDIRECT: at tc-egress, the same device would come back to here");
		break;
	case PS_VERDICT_STOLEN:
	case PS_VERDICT_QUEUE:
		ps_rule_refuse(program->rule, "NF_STOLEN and NF_QUEUE: at tc there are none");
		break;
	default:
		break;
	}
	return on_error(program);
}

/* Whatever stands before the network header: what devices have that are none of Ethernet's is not looked at. */
static enum ps_verdict run_bare(const struct ps_program *program, struct sk_buff *skb, const struct ps_skb_place *place, u16 *queue)
{
	int link = max(skb_network_offset(skb), 0);
	enum ps_verdict verdict;

	__skb_pull(skb, link);
	verdict = ps_front_run(program->rule, skb, false, &place->state, queue);
	__skb_push(skb, link);
	return verdict;
}

static int run(const struct ps_program *program, struct sk_buff *skb)
{
	const bool leaves = program->hook == PS_HOOK_TC_EGRESS;
	struct ps_skb_place place = {
		.state = {
			.hook = program->hook,
			.pf = NFPROTO_NETDEV,
			.in = leaves ? NULL : skb->dev,
			.out = leaves ? skb->dev : NULL,
			.sk = skb->sk,
			.net = program->net,
		},
	};
	enum ps_verdict verdict;
	u16 queue ps_uninit;

	if (ps_front_is_own(program->rule, skb))
		return PASS;
	if (!ps_front_is_ethernet(skb->dev)) {
		verdict = run_bare(program, skb, &place, &queue);
	} else if (!skb_mac_header_was_set(skb) || skb_mac_offset(skb) || !pskb_may_pull(skb, ETH_HLEN)) {
		ps_rule_refuse(program->rule, "a frame without a whole header of Ethernet");
		return on_error(program);
	} else {
		verdict = ps_front_run_frame(program->rule, skb, &place.state, &queue);
	}
	if (likely(verdict == PS_VERDICT_CONTINUE || verdict == PS_VERDICT_ACCEPT || verdict == PS_VERDICT_RETURN))
		return PASS;
	if (likely(verdict == PS_VERDICT_DROP))
		return TC_ACT_SHOT;
	return decide(program, &place, skb, verdict);
}

/*
 * What a script says of the packet: TC_ACT_…, or PACKETSCRIPT_PROGRAM_REDIRECT and a device. The program is at tc, so the packet begins with
 * its link-layer header.
 */
__bpf_kfunc int bpf_packetscript_tc(struct __sk_buff *ctx, u32 number)
{
	struct sk_buff *skb = (struct sk_buff *)ctx;
	const struct ps_program *program;
	int action = PASS;

	rcu_read_lock();
	program = ps_program_find(number, skb_at_tc_ingress(skb) ? PS_HOOK_TC_INGRESS : PS_HOOK_TC_EGRESS, skb->dev);
	if (likely(program))
		action = run(program, skb);
	rcu_read_unlock();
	bpf_compute_data_pointers(skb);	/* the packet's memory may be another one now, and whose program this is may go on reading */
	return action;
}

BTF_KFUNCS_START(tc_kfuncs)
BTF_ID_FLAGS(func, bpf_packetscript_tc)
BTF_KFUNCS_END(tc_kfuncs)

static const struct btf_kfunc_id_set kfunc_set = {
	.owner = THIS_MODULE,
	.set = &tc_kfuncs,
};

int __init ps_tc_setup(void)
{
	return register_btf_kfunc_id_set(BPF_PROG_TYPE_SCHED_CLS, &kfunc_set);
}
