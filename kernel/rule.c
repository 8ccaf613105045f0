/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define pr_fmt(fmt) "packetscript: " fmt

#include <linux/capability.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "rule.h"
#include "state.h"

struct ps_rule {
	struct ps_handler handler;
	u32 state_id;
	spinlock_t log_lock;
	struct ps_log log;	/* each rule has its own: one does not silence another */
};

struct ps_rule *ps_rule_new(struct ps_request *request)
{
	struct ps_rule *rule;
	int err;

	if (!capable(CAP_NET_ADMIN))
		return ERR_PTR(-EPERM);
	rule = kzalloc(sizeof(*rule), GFP_KERNEL);
	if (!rule)
		return ERR_PTR(-ENOMEM);
	rule->state_id = request->state_id;
	spin_lock_init(&rule->log_lock);
	err = ps_handler_init(&rule->handler, request);
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

/* Once its state is switched off, it has said so, and is silent. */
static void log_error(struct ps_rule *rule, struct ps_copy *copy)
{
	bool is_off = copy->script.bind.rt.guard.refused == PS_REFUSED_STOPS;
	const char *error = copy->script.error;
	unsigned int left_out = 0;
	bool may_log;

	if (is_off && copy->is_off_told)
		return;
	copy->is_off_told = is_off;
	spin_lock(&rule->log_lock);
	may_log = ps_host_may_log(&rule->log, &left_out);
	spin_unlock(&rule->log_lock);
	if (left_out)
		pr_warn("state %u: %u errors of this rule left out\n", rule->state_id, left_out);
	if (may_log)
		pr_warn("%sstate %u: %*pE (on error: %s)\n", copy->prefix, rule->state_id,
			(int)strlen(error), error, rule->handler.on_error);
	if (is_off)
		pr_warn("%sstate %u: switched off, as it was stopped by the time limit %u times: its rules do what they do on errors until a script is loaded into it anew\n",
			copy->prefix, rule->state_id, copy->script.bind.rt.guard.stops);
}

static noinline void count_error(struct ps_rule *rule, struct ps_copy *copy)
{
	copy->errors++;
	log_error(rule, copy);
}

/* Repeats too, before another packet can take the time that the first run has left. */
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
	const struct ps_call *call;
	enum ps_verdict verdict;
	struct ps_copy *copy;

	/* most hooks have softirqs disabled already, and doing it again is not for free */
	if (unlikely(!softirq_count()))
		return run_disabled(rule, pkt, queue);
	call = this_cpu_ptr(rule->handler.calls);
	copy = call->copy;
	ps_copy_lock(copy);
	copy->packets++;
	verdict = ps_script_run(&copy->script, call->number, pkt, queue);
	if (unlikely(verdict == PS_VERDICT_ERROR))
		count_error(rule, copy);
	ps_copy_unlock(copy);
	return verdict;
}
EXPORT_SYMBOL_GPL(ps_rule_run);

enum ps_verdict ps_rule_repeat(struct ps_rule *rule, struct ps_packet *pkt, u16 *queue)
{
	const struct ps_call *call = this_cpu_ptr(rule->handler.calls);
	struct ps_copy *copy = call->copy;
	enum ps_verdict verdict;

	ps_copy_lock(copy);
	verdict = ps_script_repeat(&copy->script, call->number, pkt, queue);
	if (verdict == PS_VERDICT_ERROR)
		count_error(rule, copy);
	ps_copy_unlock(copy);
	return verdict;
}
EXPORT_SYMBOL_GPL(ps_rule_repeat);

/* Any copy will do: they are summed. */
void ps_rule_count_pulled(struct ps_rule *rule)
{
	atomic64_inc(&raw_cpu_ptr(rule->handler.calls)->copy->pulled);
}
EXPORT_SYMBOL_GPL(ps_rule_count_pulled);
