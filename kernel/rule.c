/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define pr_fmt(fmt) "packetscript: " fmt

#include <linux/capability.h>
#include <linux/err.h>
#include <linux/kernel_read_file.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/ratelimit.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>
#include <net/net_namespace.h>

#include "rule.h"
#include "script.h"

/*
 * The state that handles packets. Its lock is held, with softirqs disabled, whenever anything
 * runs in script. A state for deferred work will stand beside it.
 */
struct ps_state {
	struct list_head list;
	const struct net *net;	/* compared only: rules go before their namespace does */
	u32 id;
	unsigned int rules;	/* under states_mutex */
	spinlock_t lock;
	struct ps_script script;
	u64 packets;
	u64 errors;
};

struct ps_rule {
	struct ps_state *state;
	int handler;
	const char *on_error;
	struct ratelimit_state log;	/* each rule has its own: one does not silence another */
};

static LIST_HEAD(states);
static DEFINE_MUTEX(states_mutex);	/* the list, rules coming and going */

static struct ps_state *state_find(const struct net *net, u32 id)
{
	struct ps_state *state;

	list_for_each_entry(state, &states, list) {
		if (state->net == net && state->id == id)
			return state;
	}
	return NULL;
}

static struct ps_state *state_new(const struct net *net, u32 id)
{
	struct ps_state *state = kzalloc(sizeof(*state), GFP_KERNEL);
	int err;

	if (!state)
		return NULL;
	spin_lock_init(&state->lock);
	state->net = net;
	state->id = id;

	spin_lock_bh(&state->lock);
	err = ps_script_init(&state->script, id, true);
	spin_unlock_bh(&state->lock);
	if (err) {
		kfree(state);
		return NULL;
	}
	list_add_tail(&state->list, &states);
	return state;
}

static void state_free(struct ps_state *state)
{
	list_del(&state->list);
	spin_lock_bh(&state->lock);
	ps_script_clean(&state->script);
	spin_unlock_bh(&state->lock);
	kfree(state);
}

static int state_load(struct ps_state *state, const char *path)
{
	void *text = NULL;
	size_t file_size;
	ssize_t len;
	bool loaded;
	int err;

	spin_lock_bh(&state->lock);
	loaded = ps_script_has(&state->script, path);
	spin_unlock_bh(&state->lock);
	if (loaded)
		return 0;

	len = kernel_read_file_from_path(path, 0, &text, PS_SCRIPT_TEXT_MAX, &file_size,
					 READING_UNKNOWN);
	if (len < 0) {
		pr_err("%s: cannot be read: error %zd%s\n", path, -len,
		       len == -EFBIG ? " (a script may have 256 KiB)" : "");
		return len;
	}
	spin_lock_bh(&state->lock);
	err = ps_script_load(&state->script, path, text, len);
	if (err)
		pr_err("%s: not loaded: %*pE\n", path, (int)strlen(state->script.error),
		       state->script.error);
	spin_unlock_bh(&state->lock);
	vfree(text);
	return err ? -EINVAL : 0;
}

/* Fills in a rule for a state that exists. */
static int rule_init(struct ps_rule *rule, struct ps_state *state, const char *path,
		     const char *function)
{
	int err = state_load(state, path);

	if (err)
		return err;
	spin_lock_bh(&state->lock);
	rule->handler = ps_script_find(&state->script, path, function);
	if (rule->handler < 0)
		pr_err("%s\n", state->script.error);
	spin_unlock_bh(&state->lock);
	if (rule->handler < 0)
		return -EINVAL;
	rule->state = state;
	state->rules++;
	return 0;
}

struct ps_rule *ps_rule_new(struct net *net, const char *path, const char *function, u32 id,
			    const char *on_error)
{
	struct ps_state *state;
	struct ps_rule *rule;
	int err = -ENOMEM;

	if (!capable(CAP_NET_ADMIN))
		return ERR_PTR(-EPERM);
	rule = kzalloc(sizeof(*rule), GFP_KERNEL);
	if (!rule)
		return ERR_PTR(-ENOMEM);
	rule->on_error = on_error;
	ratelimit_state_init(&rule->log, DEFAULT_RATELIMIT_INTERVAL, DEFAULT_RATELIMIT_BURST);

	mutex_lock(&states_mutex);
	state = state_find(net, id);
	if (!state)
		state = state_new(net, id);
	if (state)
		err = rule_init(rule, state, path, function);
	if (state && !state->rules)
		state_free(state);
	mutex_unlock(&states_mutex);

	if (err) {
		kfree(rule);
		return ERR_PTR(err);
	}
	return rule;
}
EXPORT_SYMBOL_GPL(ps_rule_new);

void ps_rule_free(struct ps_rule *rule)
{
	struct ps_state *state = rule->state;

	mutex_lock(&states_mutex);
	spin_lock_bh(&state->lock);
	ps_script_put(&state->script, rule->handler);
	spin_unlock_bh(&state->lock);
	if (!--state->rules)
		state_free(state);
	mutex_unlock(&states_mutex);
	kfree(rule);
}
EXPORT_SYMBOL_GPL(ps_rule_free);

enum ps_verdict ps_rule_run(struct ps_rule *rule, struct ps_packet *pkt, u16 *queue)
{
	struct ps_state *state = rule->state;
	enum ps_verdict verdict;

	spin_lock_bh(&state->lock);
	state->packets++;
	verdict = ps_script_run(&state->script, rule->handler, pkt, queue);
	if (unlikely(verdict == PS_VERDICT_ERROR)) {
		state->errors++;
		if (__ratelimit(&rule->log))
			pr_warn("state %u: %*pE (--on-error %s)\n", state->id,
				(int)strlen(state->script.error), state->script.error,
				rule->on_error);
	}
	spin_unlock_bh(&state->lock);
	return verdict;
}
EXPORT_SYMBOL_GPL(ps_rule_run);

/*
 * /proc/net/packetscript: a line for each state of the namespace.
 */
static int states_show(struct seq_file *seq, void *v)
{
	const struct net *net = seq_file_single_net(seq);
	struct ps_state *state;

	seq_printf(seq, "%-10s %6s %12s %10s %8s %12s\n", "state", "rules", "packets", "errors",
		   "memory", "allocations");
	mutex_lock(&states_mutex);
	list_for_each_entry(state, &states, list) {
		if (state->net != net)
			continue;
		spin_lock_bh(&state->lock);
		seq_printf(seq, "%-10u %6u %12llu %10llu %8zu %12lu\n", state->id, state->rules,
			   state->packets, state->errors, state->script.bind.rt.memory,
			   state->script.bind.rt.allocations);
		spin_unlock_bh(&state->lock);
	}
	mutex_unlock(&states_mutex);
	return 0;
}

static int __net_init net_setup(struct net *net)
{
	if (!proc_create_net_single("packetscript", 0400, net->proc_net, states_show, NULL))
		return -ENOMEM;
	return 0;
}

static void __net_exit net_teardown(struct net *net)
{
	remove_proc_entry("packetscript", net->proc_net);
}

static struct pernet_operations net_ops = {
	.init = net_setup,
	.exit = net_teardown,
};

int __init ps_rule_setup(void)
{
	return register_pernet_subsys(&net_ops);
}

void ps_rule_teardown(void)
{
	unregister_pernet_subsys(&net_ops);
}
