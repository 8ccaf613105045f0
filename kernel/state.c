/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define pr_fmt(fmt) "packetscript: " fmt

#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/kernel_read_file.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "state.h"

/* A script that is loaded in every copy. Its text is kept for those still to come. */
struct ps_source {
	struct list_head list;
	void *text;
	size_t len;
	char path[];
};

/*
 * The state that handles packets. A state for deferred work will stand beside it.
 */
struct ps_state {
	struct list_head list;
	const struct net *net;	/* compared only: rules go before their namespace does */
	u32 id;
	bool is_percpu;
	unsigned int rules;
	struct list_head sources;	/* in the order they were loaded */
	struct list_head handlers;
	struct ps_copy *copies[];	/* of each CPU that was online; or the one, at 0 */
};

/*
 * All of the above, but not what is inside of copies. Who wants into those takes
 * cpus_read_lock() first, so that CPUs neither come nor go.
 */
static LIST_HEAD(states);
static DEFINE_MUTEX(states_mutex);

static void lock_states(void)
{
	cpus_read_lock();
	mutex_lock(&states_mutex);
}

static void unlock_states(void)
{
	mutex_unlock(&states_mutex);
	cpus_read_unlock();
}

#define for_each_copy(copy, cpu, state)				\
	for_each_possible_cpu(cpu)				\
		if (!((copy) = (state)->copies[cpu])) {} else

/*
 * Errands: what is done in a copy, on its CPU, where disabled softirqs are enough to keep packets
 * out. An offline CPU has no packets.
 */
struct errand {
	struct work_struct work;
	struct ps_copy *copy;
	int (*f)(struct ps_copy *copy, const void *context);
	const void *context;
	int result;
};

static void run_errand(struct errand *errand)
{
	local_bh_disable();
	ps_copy_lock(errand->copy);
	errand->result = errand->f(errand->copy, errand->context);
	ps_copy_unlock(errand->copy);
	local_bh_enable();
}

static void work_errand(struct work_struct *work)
{
	struct errand *errand = container_of(work, struct errand, work);

	WARN_ON_ONCE(raw_smp_processor_id() != errand->copy->cpu);
	run_errand(errand);
}

static int do_in(struct ps_copy *copy, int (*f)(struct ps_copy *copy, const void *context),
		 const void *context)
{
	struct errand errand = { .copy = copy, .f = f, .context = context };

	if (copy->is_shared || !cpu_online(copy->cpu)) {
		run_errand(&errand);
		return errand.result;
	}
	INIT_WORK_ONSTACK(&errand.work, work_errand);
	schedule_work_on(copy->cpu, &errand.work);
	flush_work(&errand.work);
	destroy_work_on_stack(&errand.work);
	return errand.result;
}

static int open_in(struct ps_copy *copy, const void *context)
{
	const struct ps_state *state = context;

	return ps_script_init(&copy->script, state->id, true) ? -ENOMEM : 0;
}

static int load_in(struct ps_copy *copy, const void *context)
{
	const struct ps_source *source = context;
	const char *error = copy->script.error;

	if (!ps_script_load(&copy->script, source->path, source->text, source->len))
		return 0;
	pr_err("%s%s: not loaded: %*pE\n", copy->prefix, source->path, (int)strlen(error), error);
	return -EINVAL;
}

static int find_in(struct ps_copy *copy, const void *context)
{
	const struct ps_handler *handler = context;
	int number = ps_script_find(&copy->script, handler->source->path, handler->function);

	if (number >= 0)
		return number;
	pr_err("%s%s\n", copy->prefix, copy->script.error);
	return -EINVAL;
}

static int put_in(struct ps_copy *copy, const void *context)
{
	const struct ps_call *call = context;

	ps_script_put(&copy->script, call->number);
	return 0;
}

/*
 * Copies.
 */

/* Nobody uses it any more, so it needs no errand. */
static void copy_free(struct ps_copy *copy)
{
	local_bh_disable();
	ps_script_clean(&copy->script);
	local_bh_enable();
	kfree(copy);
}

/* A copy with all scripts of the state, or an ERR_PTR. It is not in state->copies yet. */
static struct ps_copy *copy_new(const struct ps_state *state, unsigned int cpu)
{
	int node = state->is_percpu ? cpu_to_node(cpu) : NUMA_NO_NODE;
	struct ps_copy *copy = kzalloc_node(sizeof(*copy), GFP_KERNEL, node);
	const struct ps_source *source;
	int err;

	if (!copy)
		return ERR_PTR(-ENOMEM);
	copy->is_shared = !state->is_percpu;
	copy->cpu = cpu;
	if (state->is_percpu)
		snprintf(copy->prefix, sizeof(copy->prefix), "CPU %u: ", cpu);
	spin_lock_init(&copy->lock);

	err = do_in(copy, open_in, state);
	if (err) {
		kfree(copy);
		return ERR_PTR(err);
	}
	list_for_each_entry(source, &state->sources, list) {
		err = do_in(copy, load_in, source);
		if (err) {
			copy_free(copy);
			return ERR_PTR(err);
		}
	}
	return copy;
}

/* Fills in state->copies[cpu]. */
static int copy_add(struct ps_state *state, unsigned int cpu)
{
	struct ps_copy *copy = copy_new(state, cpu);
	struct ps_handler *handler;
	int number;

	if (IS_ERR(copy))
		return PTR_ERR(copy);
	list_for_each_entry(handler, &state->handlers, list) {
		number = do_in(copy, find_in, handler);
		if (number < 0) {
			copy_free(copy);
			return number;
		}
		*per_cpu_ptr(handler->calls, cpu) = (struct ps_call){ copy, number };
	}
	state->copies[cpu] = copy;
	return 0;
}

/*
 * Before a CPU comes up: where states are per CPU it gets its copy, if it was never up before,
 * or stays down. Copies stay when CPUs go, with their counts.
 */
static int cpu_prepare(unsigned int cpu)
{
	struct ps_state *state;
	int err = 0;

	mutex_lock(&states_mutex);
	list_for_each_entry(state, &states, list) {
		if (!state->is_percpu || state->copies[cpu])
			continue;
		err = copy_add(state, cpu);
		if (err) {
			pr_err("state %u: no copy for CPU %u, which stays offline: error %d\n",
			       state->id, cpu, -err);
			break;
		}
	}
	mutex_unlock(&states_mutex);
	return err;
}

/*
 * Sources.
 */

/*
 * Reads the file; an ERR_PTR if that fails. Takes its time, so without a lock. To what guards the
 * files that the kernel reads, a script is a policy: to IPE, a file of unknown purpose is a bug.
 */
static struct ps_source *source_read(const char *path)
{
	struct ps_source *source = kzalloc(struct_size(source, path, strlen(path) + 1), GFP_KERNEL);
	size_t file_size;
	ssize_t len;

	if (!source)
		return ERR_PTR(-ENOMEM);
	strcpy(source->path, path);
	len = kernel_read_file_from_path(path, 0, &source->text, PS_SCRIPT_TEXT_MAX, &file_size,
					 READING_POLICY);
	if (len < 0) {
		pr_err("%s: cannot be read: error %zd%s\n", path, -len,
		       len == -EFBIG ? " (a script may have 256 KiB)" : "");
		kfree(source);
		return ERR_PTR(len);
	}
	source->len = len;
	return source;
}

static void source_free(struct ps_source *source)
{
	vfree(source->text);
	kfree(source);
}

static struct ps_source *source_find(const struct ps_state *state, const char *path)
{
	struct ps_source *source;

	list_for_each_entry(source, &state->sources, list) {
		if (!strcmp(source->path, path))
			return source;
	}
	return NULL;
}

/* Loads it in every copy; then it is the state's. */
static int source_load(struct ps_source *source, struct ps_state *state)
{
	struct ps_copy *copy;
	unsigned int cpu;
	int err;

	for_each_copy(copy, cpu, state) {
		err = do_in(copy, load_in, source);
		if (err)
			return err;
	}
	if (!state->is_percpu) {	/* there will be no other copy */
		vfree(source->text);
		source->text = NULL;
	}
	list_add_tail(&source->list, &state->sources);
	return 0;
}

/*
 * States.
 */
static struct ps_state *state_find(const struct net *net, u32 id)
{
	struct ps_state *state;

	list_for_each_entry(state, &states, list) {
		if (state->net == net && state->id == id)
			return state;
	}
	return NULL;
}

static void state_free(struct ps_state *state)
{
	struct ps_source *source, *next;
	struct ps_copy *copy;
	unsigned int cpu;

	list_del(&state->list);
	for_each_copy(copy, cpu, state)
		copy_free(copy);
	list_for_each_entry_safe(source, next, &state->sources, list)
		source_free(source);
	kfree(state);
}

static int add_copies(struct ps_state *state)
{
	unsigned int cpu;
	int err;

	if (!state->is_percpu)
		return copy_add(state, 0);
	for_each_online_cpu(cpu) {
		err = copy_add(state, cpu);
		if (err)
			return err;
	}
	return 0;
}

/* An ERR_PTR, or a state without handlers. */
static struct ps_state *state_new(const struct net *net, u32 id, bool is_percpu)
{
	struct ps_state *state = kzalloc(struct_size(state, copies, nr_cpu_ids), GFP_KERNEL);
	int err;

	if (!state)
		return ERR_PTR(-ENOMEM);
	state->net = net;
	state->id = id;
	state->is_percpu = is_percpu;
	INIT_LIST_HEAD(&state->sources);
	INIT_LIST_HEAD(&state->handlers);
	list_add_tail(&state->list, &states);
	err = add_copies(state);
	if (err) {
		state_free(state);
		return ERR_PTR(err);
	}
	return state;
}

/*
 * Handlers.
 */
static void handler_put(struct ps_handler *handler)
{
	struct ps_copy *copy;
	struct ps_call *call;
	unsigned int cpu;

	for_each_copy(copy, cpu, handler->state) {
		call = per_cpu_ptr(handler->calls, cpu);
		if (call->copy)
			do_in(copy, put_in, call);
	}
}

static int handler_find(struct ps_handler *handler)
{
	struct ps_copy *copy;
	unsigned int cpu;
	int number;

	for_each_copy(copy, cpu, handler->state) {
		number = do_in(copy, find_in, handler);
		if (number < 0) {
			handler_put(handler);
			return number;
		}
		*per_cpu_ptr(handler->calls, cpu) = (struct ps_call){ copy, number };
	}
	if (handler->state->is_percpu)
		return 0;
	for_each_possible_cpu(cpu)
		*per_cpu_ptr(handler->calls, cpu) = *per_cpu_ptr(handler->calls, 0);
	return 0;
}

/* With handler->state and, if that has it, handler->source. */
static int handler_attach(struct ps_handler *handler, struct ps_source *source)
{
	int err;

	if (!handler->source) {
		err = source_load(source, handler->state);
		if (err)
			return err;
		handler->source = source;
	}
	err = handler_find(handler);
	if (err)
		return err;
	list_add_tail(&handler->list, &handler->state->handlers);
	handler->state->rules++;
	return 0;
}

/* source is loaded if the state does not have path. Without one, it is -ENODATA then. */
static int handler_join(struct ps_handler *handler, struct net *net, u32 id, bool is_percpu,
			const char *path, struct ps_source *source)
{
	struct ps_state *state = state_find(net, id);
	int err;

	if (state && state->is_percpu != is_percpu) {
		pr_err("state %u has rules %s --percpu: give this rule another --state, or delete those first\n",
		       id, is_percpu ? "without" : "with");
		return -EINVAL;
	}
	if (state)
		handler->source = source_find(state, path);
	if (!handler->source && !source)
		return -ENODATA;

	if (!state)
		state = state_new(net, id, is_percpu);
	if (IS_ERR(state))
		return PTR_ERR(state);
	handler->state = state;
	err = handler_attach(handler, source);
	if (!state->rules)
		state_free(state);
	return err;
}

static void handler_free(struct ps_handler *handler)
{
	free_percpu(handler->calls);
	kfree(handler->function);
}

int ps_handler_init(struct ps_handler *handler, struct net *net, u32 id, bool is_percpu,
		    const char *path, const char *function)
{
	struct ps_source *source;
	int err = -ENOMEM;

	memset(handler, 0, sizeof(*handler));
	handler->calls = alloc_percpu(struct ps_call);
	handler->function = kstrdup(function, GFP_KERNEL);
	if (!handler->calls || !handler->function)
		goto err_free;

	lock_states();
	err = handler_join(handler, net, id, is_percpu, path, NULL);
	unlock_states();
	if (err != -ENODATA)
		goto out;

	source = source_read(path);
	err = PTR_ERR_OR_ZERO(source);
	if (err)
		goto err_free;
	lock_states();
	err = handler_join(handler, net, id, is_percpu, path, source);
	unlock_states();
	if (handler->source != source)
		source_free(source);
out:
	if (!err)
		return 0;
err_free:
	handler_free(handler);
	return err;
}

void ps_handler_clean(struct ps_handler *handler)
{
	struct ps_state *state = handler->state;

	lock_states();
	list_del(&handler->list);
	if (--state->rules)
		handler_put(handler);
	else
		state_free(state);
	unlock_states();
	handler_free(handler);
}

/*
 * /proc/net/packetscript: a line for each state of the namespace, with the sums of its copies.
 * Counts are read while they change.
 */
static void state_show(struct seq_file *seq, const struct ps_state *state)
{
	u64 packets = 0, errors = 0, pulled = 0;
	unsigned long allocations = 0;
	unsigned int copies = 0, cpu;
	const struct ps_copy *copy;
	size_t memory = 0;

	for_each_copy(copy, cpu, state) {
		const struct ps_runtime *rt = &copy->script.bind.rt;

		packets += READ_ONCE(copy->packets);
		errors += READ_ONCE(copy->errors);
		pulled += atomic64_read(&copy->pulled);
		memory += READ_ONCE(rt->memory);
		allocations += READ_ONCE(rt->allocations);
		copies++;
	}
	seq_printf(seq, "%-10u %6u %12llu %10llu %8zu %12lu ", state->id, state->rules,
		   packets, errors, memory, allocations);
	if (state->is_percpu)
		seq_printf(seq, "%6u", copies);
	else
		seq_printf(seq, "%6s", "-");
	seq_printf(seq, " %10llu\n", pulled);
}

static int states_show(struct seq_file *seq, void *v)
{
	const struct net *net = seq_file_single_net(seq);
	const struct ps_state *state;

	seq_printf(seq, "%-10s %6s %12s %10s %8s %12s %6s %10s\n", "state", "rules", "packets",
		   "errors", "memory", "allocations", "percpu", "pulled");
	mutex_lock(&states_mutex);
	list_for_each_entry(state, &states, list) {
		if (state->net == net)
			state_show(seq, state);
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

static int cpu_state;

int __init ps_state_setup(void)
{
	int err;

	cpu_state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "net/packetscript:prepare",
					      cpu_prepare, NULL);
	if (cpu_state < 0)
		return cpu_state;
	err = register_pernet_subsys(&net_ops);
	if (err)
		cpuhp_remove_state_nocalls(cpu_state);
	return err;
}

void ps_state_teardown(void)
{
	unregister_pernet_subsys(&net_ops);
	cpuhp_remove_state_nocalls(cpu_state);
}
