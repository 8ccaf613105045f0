/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define pr_fmt(fmt) "packetscript: " fmt

#include <linux/capability.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "errors.h"
#include "failure.h"
#include "rule.h"
#include "state.h"
#include "trace.h"

struct ps_rule {
	struct ps_handler handler;
	struct ps_errors errors;
};

struct ps_rule *ps_rule_new(struct ps_request *request, struct ps_failure *failure)
{
	struct ps_rule *rule;
	int err;

	failure->text[0] = 0;
	if (!capable(CAP_NET_ADMIN))
		return ERR_PTR(-EPERM);	/* without a line in the log: anyone could fill that */
	rule = kzalloc(sizeof(*rule), GFP_KERNEL);
	if (!rule)
		return ERR_PTR(-ENOMEM);
	ps_errors_init(&rule->errors);
	err = ps_handler_init(&rule->handler, request, failure);
	if (err) {
		kfree(rule);
		return ERR_PTR(err);
	}
	return rule;
}
EXPORT_SYMBOL_GPL(ps_rule_new);

void ps_rule_free(struct ps_rule *rule)
{
	ps_handler_clean(&rule->handler);
	kfree(rule);
}
EXPORT_SYMBOL_GPL(ps_rule_free);

static noinline void count_error(struct ps_rule *rule, struct ps_instance *instance)
{
	ps_errors_add(&rule->errors, instance, "", rule->handler.on_error);
}

/*
 * What follows is called where packets are traced or timed, with the instance locked, in place of the function of the script that it
 * calls.
 */
static noinline enum ps_verdict run_traced(struct ps_rule *rule, struct ps_call *call, struct ps_packet *pkt, u16 *queue, bool is_repeat)
{
	struct ps_script *script = &call->instance->script;
	struct ps_trace trace;
	enum ps_verdict verdict;
	u64 start;

	ps_trace_begin(&trace, &rule->handler, call, pkt);
	start = ps_times_begin(&call->tally.times, is_repeat);
	verdict = is_repeat ? ps_script_repeat(script, call->number, pkt, queue) : ps_script_run(script, call->number, pkt, queue);
	ps_times_end(&call->tally.times, start, verdict != PS_VERDICT_REPEAT);
	ps_trace_end(&trace, verdict, verdict == PS_VERDICT_QUEUE ? *queue : 0);
	return verdict;
}

static noinline enum ps_answer match_traced(struct ps_rule *rule, struct ps_call *call, struct ps_packet *pkt)
{
	struct ps_trace trace;
	enum ps_answer answer;
	u64 start;

	ps_trace_begin(&trace, &rule->handler, call, pkt);
	start = ps_times_begin(&call->tally.times, false);
	answer = ps_script_match(&call->instance->script, call->number, pkt);
	ps_times_end(&call->tally.times, start, true);
	ps_trace_end(&trace, answer, 0);
	return answer;
}

static noinline void refuse_inner(struct ps_rule *rule, struct ps_call *call)
{
	call->tally.inner++;
	ps_errors_add_inner(&rule->errors, call->instance->script.bind.rt.state_id, rule->handler.on_error);
}

/*
 * With softirqs disabled over the repeats, too: between them another packet would take the time that the first run has
 * left.
 */
static noinline enum ps_verdict run_disabled(struct ps_rule *rule, struct ps_packet *pkt,
					     u16 *queue)
{
	enum ps_verdict verdict;

	local_bh_disable();
	verdict = ps_rule_run(rule, pkt, queue);
	if (verdict == PS_VERDICT_REPEAT)
		verdict = ps_rule_repeat(rule, pkt, queue);
	local_bh_enable();
	return verdict;
}

enum ps_verdict ps_rule_run(struct ps_rule *rule, struct ps_packet *pkt, u16 *queue)
{
	enum ps_verdict verdict;
	struct ps_instance *instance;
	struct ps_call *call;

	/* most hooks call with softirqs disabled: doing it again would be paid by each packet */
	if (unlikely(!softirq_count()))
		return run_disabled(rule, pkt, queue);
	call = this_cpu_ptr(ps_handler_calls(&rule->handler));
	instance = call->instance;
	if (unlikely(!ps_instance_lock(instance))) {
		refuse_inner(rule, call);
		return PS_VERDICT_ERROR;
	}
	call->tally.bytes += pkt->len - pkt->network;
	verdict = ps_trace_is_on() ? run_traced(rule, call, pkt, queue, false) :
		  ps_script_run(&instance->script, call->number, pkt, queue);
	call->tally.verdicts[verdict]++;
	if (unlikely(verdict == PS_VERDICT_ERROR))
		count_error(rule, instance);
	ps_instance_unlock(instance);
	return verdict;
}
EXPORT_SYMBOL_GPL(ps_rule_run);

enum ps_verdict ps_rule_repeat(struct ps_rule *rule, struct ps_packet *pkt, u16 *queue)
{
	struct ps_call *call = this_cpu_ptr(ps_handler_calls(&rule->handler));
	struct ps_instance *instance = call->instance;
	enum ps_verdict verdict;

	if (unlikely(!ps_instance_lock(instance))) {
		refuse_inner(rule, call);
		return PS_VERDICT_ERROR;
	}
	verdict = ps_trace_is_on() ? run_traced(rule, call, pkt, queue, true) :
		  ps_script_repeat(&instance->script, call->number, pkt, queue);
	call->tally.verdicts[verdict]++;
	if (verdict == PS_VERDICT_ERROR)
		count_error(rule, instance);
	ps_instance_unlock(instance);
	return verdict;
}
EXPORT_SYMBOL_GPL(ps_rule_repeat);

enum ps_answer ps_rule_match(struct ps_rule *rule, struct ps_packet *pkt)
{
	struct ps_instance *instance;
	struct ps_call *call;
	enum ps_answer answer = PS_ANSWER_ERROR;

	local_bh_disable();
	call = this_cpu_ptr(ps_handler_calls(&rule->handler));
	instance = call->instance;
	if (unlikely(!ps_instance_lock(instance))) {
		refuse_inner(rule, call);
		goto out;
	}
	call->tally.bytes += pkt->len - pkt->network;
	answer = ps_trace_is_on() ? match_traced(rule, call, pkt) : ps_script_match(&instance->script, call->number, pkt);
	call->tally.verdicts[answer]++;
	if (unlikely(answer == PS_ANSWER_ERROR))
		count_error(rule, instance);
	ps_instance_unlock(instance);
out:
	local_bh_enable();
	return answer;
}
EXPORT_SYMBOL_GPL(ps_rule_match);

void ps_rule_refuse(struct ps_rule *rule, const char *why)
{
	struct ps_instance *instance;
	struct ps_call *call;

	local_bh_disable();
	call = this_cpu_ptr(ps_handler_calls(&rule->handler));
	instance = call->instance;
	if (ps_instance_lock(instance)) {
		call->tally.refused++;
		ps_script_refuse(&instance->script, why);
		count_error(rule, instance);
		ps_instance_unlock(instance);
	} else {
		refuse_inner(rule, call);
	}
	local_bh_enable();
}
EXPORT_SYMBOL_GPL(ps_rule_refuse);

bool ps_rule_has_sent(const struct ps_rule *rule, const struct sk_buff *skb)
{
	return skb->sk == rule->handler.sk;
}
EXPORT_SYMBOL_GPL(ps_rule_has_sent);

/* Whichever instance counts it, /proc/net/packetscript shows the sum. */
void ps_rule_count_pulled(struct ps_rule *rule)
{
	atomic64_inc(&raw_cpu_ptr(ps_handler_calls(&rule->handler))->instance->pulled);
}
EXPORT_SYMBOL_GPL(ps_rule_count_pulled);
