/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define pr_fmt(fmt) "packetscript: " fmt

#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "compat.h"
#include "failure.h"
#include "generation.h"
#include "instance.h"
#include "show.h"
#include "shared_store.h"
#include "state.h"

/* What each network namespace has. */
struct ps_net {
	struct ps_shared_space *space;	/* of what its states share */
};

static unsigned int net_id;

char ps_module_folder[256] = PS_MODULE_FOLDER;

/*
 * The mutex protects all states, but not what is inside of instances. Whoever touches that takes
 * cpus_read_lock() first, so that CPUs neither come nor go.
 */
static LIST_HEAD(states);
static DEFINE_MUTEX(states_mutex);
static unsigned int states_changes = 1;	/* how often they may have changed; never 0 */

void ps_states_lock(void)
{
	cpus_read_lock();
	mutex_lock(&states_mutex);
}

void ps_states_unlock_unchanged(void)
{
	mutex_unlock(&states_mutex);
	cpus_read_unlock();
}

void ps_states_unlock(void)
{
	states_changes += states_changes == UINT_MAX ? 2 : 1;
	ps_states_unlock_unchanged();
}

/*
 * Functions in instances.
 */
struct find {
	struct ps_handler *handler;
	const struct ps_source *source;
	struct ps_failure *failure;
};

static int find_in(struct ps_instance *instance, void *context)
{
	const struct find *find = context;
	int number = ps_script_find_given(&instance->script, find->source->id, find->handler->function, find->handler->given);

	if (number >= 0)
		return number;
	return ps_fail_script(find->failure, -EINVAL, instance->script.error, "%s", instance->prefix);
}

static int put_in(struct ps_instance *instance, void *context)
{
	const struct ps_call *call = context;

	ps_script_put(&instance->script, call->number);
	return 0;
}

/* Adds a new instance, in which handlers are found. */
static int state_add_instance(struct ps_state *state, unsigned int cpu, struct ps_failure *failure)
{
	struct ps_instance *instance = ps_generation_instance(state->generation, cpu, failure);
	struct find find = { .failure = failure };
	int number;

	if (IS_ERR(instance))
		return PTR_ERR(instance);
	list_for_each_entry(find.handler, &state->handlers, list) {
		find.source = find.handler->source;
		number = ps_instance_call(instance, find_in, &find);
		if (number < 0) {
			ps_instance_free(instance);
			return number;
		}
		*per_cpu_ptr(find.handler->calls, cpu) = (struct ps_call){ instance, number };
	}
	state->generation->instances[cpu] = instance;
	return 0;
}

/*
 * Before a CPU comes up, it gets an instance of each state that has one for each CPU, unless it has one from before; if
 * that fails, the CPU stays offline. An instance stays when its CPU goes, with its counts.
 */
static int cpu_prepare(unsigned int cpu)
{
	struct ps_failure *failure = kzalloc(sizeof(*failure), GFP_KERNEL);
	struct ps_state *state;
	int err = 0;

	if (!failure)
		return -ENOMEM;
	mutex_lock(&states_mutex);
	list_for_each_entry(state, &states, list) {
		if (!state->is_percpu || state->generation->instances[cpu])
			continue;
		err = state_add_instance(state, cpu, failure);
		if (err) {
			pr_err("%s\n", failure->text);
			pr_err("state %u: no copy for CPU %u, which stays offline: error %d\n",
			       state->id, cpu, -err);
			break;
		}
	}
	mutex_unlock(&states_mutex);
	kfree(failure);
	return err;
}

/* A CPU has come up, and this runs on it. */
static int cpu_begin(unsigned int cpu)
{
	struct ps_instance *instance;
	struct ps_state *state;

	mutex_lock(&states_mutex);
	list_for_each_entry(state, &states, list) {
		instance = state->is_percpu ? state->generation->instances[cpu] : NULL;
		if (instance)
			ps_instance_resume(instance);
	}
	mutex_unlock(&states_mutex);
	return 0;
}

/*
 * States.
 */
struct ps_state *ps_state_find(const struct net *net, u32 id)
{
	struct ps_state *state;

	list_for_each_entry(state, &states, list) {
		if (state->net == net && state->id == id)
			return state;
	}
	return NULL;
}

void ps_counts_add(struct ps_counts *counts, const struct ps_generation *generation)
{
	const struct ps_instance *instance;
	unsigned int n;

	ps_for_each_runtime(instance, n, generation) {
		counts->values_run += READ_ONCE(instance->script.bind.listening.run);
		counts->values_failed += READ_ONCE(instance->script.bind.listening.failed);
	}
	ps_for_each_instance(instance, n, generation) {
		const struct ps_bind *bind = &instance->script.bind;

		counts->errors += READ_ONCE(instance->errors);
		counts->pulled += atomic64_read(&instance->pulled);
		counts->timers_run += READ_ONCE(bind->timers.run);
		counts->timers_failed += READ_ONCE(bind->timers.failed);
		counts->allocations += READ_ONCE(bind->rt.allocations);
		counts->stopped += READ_ONCE(bind->rt.stopped);
		counts->collections += READ_ONCE(bind->rt.collections);
	}
}

void ps_counted_keep_all(struct ps_counted *counted, const struct ps_generation *generation)
{
	const struct ps_instance *instance;
	unsigned int n;

	ps_for_each_runtime(instance, n, generation)
		ps_counted_keep(counted, &instance->script.bind);
}

u64 ps_state_counted(const struct ps_state *state, unsigned int number)
{
	const struct ps_instance *instance;
	u64 sum = state->counted.past[number];
	unsigned int n;

	ps_for_each_runtime(instance, n, state->generation)
		sum += ps_count_of(&instance->script.bind, number);
	return sum;
}

/*
 * What functions count.
 */
static void tally_add(struct ps_tally *sum, const struct ps_tally *tally)
{
	unsigned int i;

	sum->bytes += READ_ONCE(tally->bytes);
	sum->refused += READ_ONCE(tally->refused);
	sum->inner += READ_ONCE(tally->inner);
	for (i = 0; i < ARRAY_SIZE(sum->verdicts); i++)
		sum->verdicts[i] += READ_ONCE(tally->verdicts[i]);
	ps_times_add(&sum->times, &tally->times);
}

static void calls_add(struct ps_tally *sum, const struct ps_call __percpu *calls)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		tally_add(sum, &per_cpu_ptr(calls, cpu)->tally);
}

void ps_handler_sum(const struct ps_handler *handler, struct ps_tally *sum)
{
	*sum = handler->past;
	calls_add(sum, handler->calls);
}

u64 ps_tally_packets(const struct ps_tally *tally, bool is_match)
{
	unsigned int i, n = is_match ? PS_ANSWERS : ARRAY_SIZE(tally->verdicts);
	u64 packets = 0;

	for (i = 0; i < n; i++) {
		if (is_match || i != PS_VERDICT_REPEAT)		/* what the packet got then is counted as well */
			packets += tally->verdicts[i];
	}
	return packets;
}

u64 ps_tally_errors(const struct ps_tally *tally, bool is_match)
{
	return tally->verdicts[is_match ? PS_ANSWER_ERROR : PS_VERDICT_ERROR] + tally->refused + tally->inner;
}

static void counts_add_handler(struct ps_counts *counts, const struct ps_handler *handler)
{
	unsigned int i, n = handler->is_match ? ARRAY_SIZE(counts->answers) : ARRAY_SIZE(counts->verdicts);
	u64 *sums = handler->is_match ? counts->answers : counts->verdicts;
	struct ps_tally tally;

	ps_handler_sum(handler, &tally);
	counts->packets += ps_tally_packets(&tally, handler->is_match);
	counts->bytes += tally.bytes;
	counts->errors += tally.inner;	/* which no instance has */
	for (i = 0; i < n; i++)
		sums[i] += tally.verdicts[i];
	ps_times_add(&counts->times, &tally.times);
}

/*
 * No packet comes any more: timers and deferred work end, too. What is pending is cancelled, and what runs is waited for, with
 * the locks of states held: it takes none of them.
 */
static void state_stop(struct ps_state *state)
{
	ps_worker_close(&state->worker);
	ps_generation_stop(state->generation);
}

static void state_free(struct ps_state *state)
{
	list_del(&state->list);
	if (state->generation) {
		state_stop(state);
		ps_generation_free(state->generation);
	}
	ps_counted_clean(&state->counted);
	ps_outlet_clean(&state->outlet);
	ps_shared_space_put(state->space);
	kfree(state);
}

/* An ERR_PTR, or a state without handlers. */
static struct ps_state *state_new(const struct ps_request *request, struct ps_failure *failure)
{
	struct ps_state *state = kzalloc(sizeof(*state), GFP_KERNEL);
	const struct ps_net *own = net_generic(request->net, net_id);
	struct ps_generation *generation;
	int err;

	if (!state)
		return ERR_PTR(-ENOMEM);
	state->net = request->net;
	state->id = request->state_id;
	state->is_percpu = request->is_percpu;
	state->memory = request->memory;
	state->limits.memory = request->memory;
	INIT_LIST_HEAD(&state->handlers);
	ps_worker_init(&state->worker);
	err = ps_outlet_init(&state->outlet, request->net);
	if (err) {
		kfree(state);
		return ERR_PTR(err);
	}
	state->space = ps_shared_space_get(own->space);
	list_add_tail(&state->list, &states);
	generation = ps_generation_new(state, failure);
	if (IS_ERR(generation)) {
		state_free(state);
		return ERR_CAST(generation);
	}
	ps_generation_take_over(generation);
	return state;
}

/*
 * Handlers.
 */

/* Gives back what was found. */
static void put(struct ps_call __percpu *calls, const struct ps_generation *generation)
{
	struct ps_instance *instance;
	struct ps_call *call;
	unsigned int cpu;

	ps_for_each_instance(instance, cpu, generation) {
		call = per_cpu_ptr(calls, cpu);
		if (call->instance)
			ps_instance_call(instance, put_in, call);
	}
}

int ps_handler_find(struct ps_handler *handler, struct ps_generation *generation, struct ps_source *source,
		    struct ps_failure *failure)
{
	struct find find = { handler, source, failure };
	struct ps_instance *instance;
	unsigned int cpu;
	int number;

	handler->next_source = source;
	handler->next_calls = alloc_percpu(struct ps_call);
	if (!handler->next_calls)
		return ps_fail(failure, -ENOMEM, "state %u: not enough memory", generation->state->id);
	ps_for_each_instance(instance, cpu, generation) {
		number = ps_instance_call(instance, find_in, &find);
		if (number < 0) {
			put(handler->next_calls, generation);
			ps_handler_drop_next(handler);
			return number;
		}
		*per_cpu_ptr(handler->next_calls, cpu) = (struct ps_call){ instance, number };
	}
	if (generation->state->is_percpu)
		return 0;
	for_each_possible_cpu(cpu)
		*per_cpu_ptr(handler->next_calls, cpu) = *per_cpu_ptr(handler->next_calls, 0);
	return 0;
}

void ps_handler_drop_next(struct ps_handler *handler)
{
	if (!handler->next_calls)
		return;
	calls_add(&handler->past, handler->next_calls);
	free_percpu(handler->next_calls);
	handler->next_calls = NULL;
}

void ps_handler_swap(struct ps_handler *handler)
{
	struct ps_call __percpu *calls = handler->calls;
	u64 digest;

	rcu_assign_pointer(handler->calls, handler->next_calls);
	handler->next_calls = calls;
	handler->source = handler->next_source;
	handler->source->rules++;
	memcpy(&digest, handler->source->digest, sizeof(digest));
	WRITE_ONCE(*(u64 *)handler->digest, digest);	/* who reads the rule meanwhile gets the one or the other */
}

/* Finds the function in the source, which is of handler->state, and makes it one of their rules. */
static int handler_attach(struct ps_handler *handler, struct ps_source *source, struct ps_failure *failure)
{
	int err = ps_handler_find(handler, handler->state->generation, source, failure);

	if (err)
		return err;
	ps_handler_swap(handler);
	list_add_tail(&handler->list, &handler->state->handlers);
	handler->state->rules++;
	return 0;
}

static void tell_change(const struct ps_state *state, const struct ps_source *before, const struct ps_source *now)
{
	const u8 *text_before = before->bundle.part[0]->text, *text = now->bundle.part[0]->text;

	if (memcmp(text_before, text, PS_DIGEST_SIZE))
		pr_info("state %u: %s: has changed and is loaded anew, sha256 %4phN; %u rules have the text loaded before, %4phN\n",
			state->id, now->path, text, before->rules, text_before);
	else
		pr_info("state %u: %s: its modules or lists have changed and it is loaded anew; %u rules have those loaded before\n",
			state->id, now->path, before->rules);
}

/* The same with a source that is loaded first, and taken out again if the function is not found. */
static int handler_attach_new(struct ps_handler *handler, struct ps_source *source, struct ps_failure *failure)
{
	struct ps_generation *generation = handler->state->generation;
	const struct ps_source *before = ps_source_newest(generation, source->path);
	int err = ps_generation_load(generation, source, failure);

	if (err)
		return err;
	err = handler_attach(handler, source, failure);
	if (err) {
		ps_generation_unload(generation, source);
		return err;
	}
	if (!before)
		return 0;
	tell_change(handler->state, before, source);
	ps_generation_drop_outdated(generation);
	return 0;
}

/* Whether the rule may be of this state. */
static bool state_suits(const struct ps_state *state, struct ps_request *request)
{
	request->state_memory = state->memory;
	if (state->is_percpu != request->is_percpu)
		request->unsuited = PS_UNSUITED_PERCPU;
	else if (state->memory != request->memory)
		request->unsuited = PS_UNSUITED_MEMORY;
	return !request->unsuited;
}

/* What the state has in place of a text that has just been read: the same, or one that was read later. NULL: neither. */
static struct ps_source *loaded_instead(const struct ps_generation *generation, const struct ps_source *source)
{
	struct ps_source *loaded = ps_source_newest(generation, source->path);

	if (loaded && loaded->ticket > source->ticket)
		return loaded;
	loaded = ps_source_find(generation, source->path, source->digest);
	if (loaded)
		loaded->ticket = source->ticket;
	return loaded;
}

/* If the state does not have the text that is asked for, loads source; returns -ENODATA if that is NULL. */
static int handler_join(struct ps_handler *handler, struct ps_request *request, struct ps_source *source,
			struct ps_failure *failure)
{
	struct ps_state *state = ps_state_find(request->net, request->state_id);
	struct ps_source *loaded = NULL;
	int err;

	if (state && !state_suits(state, request))
		return -EINVAL;
	if (state && source)
		loaded = loaded_instead(state->generation, source);
	else if (state && memchr_inv(request->digest, 0, PS_REQUEST_DIGEST))
		loaded = ps_source_find(state->generation, request->path, request->digest);
	if (!loaded && !source)
		return -ENODATA;

	if (!state)
		state = state_new(request, failure);
	if (IS_ERR(state))
		return PTR_ERR(state);
	handler->state = state;
	handler->sk = state->outlet.sk;
	err = loaded ? handler_attach(handler, loaded, failure) : handler_attach_new(handler, source, failure);
	if (!state->rules)
		state_free(state);
	return err;
}

static void handler_free(struct ps_handler *handler)
{
	free_percpu(handler->calls);
	kfree(handler->function);
}

int ps_handler_init(struct ps_handler *handler, struct ps_request *request, struct ps_failure *failure)
{
	struct ps_source *source;
	int err = -ENOMEM;
	bool is_taken;

	memset(handler, 0, sizeof(*handler));
	handler->on_error = request->on_error;
	handler->given = request->given;
	handler->is_match = request->is_match;
	handler->family = request->family;
	strscpy(handler->table, request->table, sizeof(handler->table));
	handler->hooks = request->hooks;
	handler->place = request->hook;
	handler->digest = request->digest;
	handler->function = kstrdup(request->function, GFP_KERNEL);
	if (!handler->function)
		goto err_free;

	ps_states_lock();
	err = handler_join(handler, request, NULL, failure);
	ps_states_unlock();
	if (!err)
		return 0;
	if (err != -ENODATA)
		goto err_free;

	source = ps_source_read(request->path, request->net, request->state_id, request->memory, failure);
	err = PTR_ERR_OR_ZERO(source);
	if (err)
		goto err_free;
	ps_states_lock();
	err = handler_join(handler, request, source, failure);
	is_taken = handler->source == source;	/* a reload may put another one there as soon as states are not locked */
	ps_states_unlock();
	if (!is_taken)
		ps_source_free(source);
	if (!err)
		return 0;
err_free:
	handler_free(handler);
	return err;
}

void ps_handler_clean(struct ps_handler *handler)
{
	struct ps_state *state = handler->state;

	ps_states_lock();
	list_del(&handler->list);
	counts_add_handler(&state->past, handler);
	handler->source->rules--;
	if (--state->rules) {
		put(handler->calls, state->generation);
		ps_generation_drop_outdated(state->generation);
	} else {
		state_stop(state);
		ps_generation_close(state->generation);
		state_free(state);
	}
	ps_states_unlock();
	handler_free(handler);
}

void ps_state_sum(const struct ps_state *state, struct ps_sums *sums)
{
	const struct ps_instance *instance;
	const struct ps_handler *handler;
	unsigned int cpu;

	*sums = (struct ps_sums){ .counts = state->past };
	ps_counts_add(&sums->counts, state->generation);
	list_for_each_entry(handler, &state->handlers, list)
		counts_add_handler(&sums->counts, handler);
	ps_for_each_instance(instance, cpu, state->generation) {
		sums->instances++;
		sums->memory += READ_ONCE(instance->script.bind.rt.memory);
		sums->peak = max(sums->peak, READ_ONCE(instance->script.bind.rt.peak));
		sums->timers += READ_ONCE(instance->script.bind.timers.heap.n);
	}
}

bool ps_states_each(const struct net *net, bool (*f)(const struct ps_state *state, void *context), void *context, unsigned int *changes)
{
	const struct ps_state *state;
	bool is = true;

	mutex_lock(&states_mutex);
	*changes = states_changes;
	list_for_each_entry(state, &states, list) {
		if (state->net != net)
			continue;
		is = f(state, context);
		if (!is)
			break;
	}
	mutex_unlock(&states_mutex);
	return is;
}

/* /proc/net/packetscript */
static bool state_show(const struct ps_state *state, void *seq)
{
	ps_show_state(seq, state);
	return true;
}

static int states_show(struct seq_file *seq, void *v)
{
	unsigned int changes;

	ps_show_head(seq);
	ps_states_each(seq_file_single_net(seq), state_show, seq, &changes);
	return 0;
}

struct ps_shared_space *ps_states_space(const struct net *net)
{
	const struct ps_net *own = net_generic(net, net_id);

	return own->space;
}

static int __net_init net_setup(struct net *net)
{
	struct ps_net *own = net_generic(net, net_id);

	own->space = ps_shared_space_new();
	if (!own->space)
		return -ENOMEM;
	if (!proc_create_net_single("packetscript", 0400, net->proc_net, states_show, NULL)) {
		ps_shared_space_put(own->space);
		return -ENOMEM;
	}
	return 0;
}

/* Tables of iptables may go later than this, and their states with them: these have references of their own. */
static void __net_exit net_teardown(struct net *net)
{
	struct ps_net *own = net_generic(net, net_id);

	remove_proc_entry("packetscript", net->proc_net);
	ps_shared_space_close(own->space);
	ps_shared_space_put(own->space);
}

static struct pernet_operations net_ops = {
	.init = net_setup,
	.exit = net_teardown,
	.id = &net_id,
	.size = sizeof(struct ps_net),
};

static int cpu_state, cpu_online_state;

int __init ps_state_setup(void)
{
	int err;

	cpu_state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "net/packetscript:prepare",
					      cpu_prepare, NULL);
	if (cpu_state < 0)
		return cpu_state;
	cpu_online_state = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "net/packetscript:online", cpu_begin, NULL);
	err = cpu_online_state < 0 ? cpu_online_state : 0;
	if (err)
		goto err_remove_cpu;
	err = ps_workers_setup();
	if (err)
		goto err_remove_online;
	err = register_pernet_subsys(&net_ops);
	if (!err)
		return 0;
	ps_workers_teardown();
err_remove_online:
	cpuhp_remove_state_nocalls(cpu_online_state);
err_remove_cpu:
	cpuhp_remove_state_nocalls(cpu_state);
	return err;
}

void ps_state_teardown(void)
{
	unregister_pernet_subsys(&net_ops);
	ps_workers_teardown();
	cpuhp_remove_state_nocalls(cpu_online_state);
	cpuhp_remove_state_nocalls(cpu_state);
}
