/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define pr_fmt(fmt) "packetscript: " fmt

#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

#include "conntrack.h"
#include "failure.h"
#include "generation.h"
#include "host_kernel.h"
#include "instance.h"
#include "nat.h"
#include "state.h"

/*
 * Sources.
 */
static atomic64_t tickets;

u64 ps_source_ticket(void)
{
	return atomic64_inc_return(&tickets);
}

void ps_source_free(struct ps_source *source)
{
	ps_bundle_clean(&source->bundle);
	module_put(source->nat);
	kfree(source);
}

/* Loads the module by which it translates connections, if it names what asks for that. */
static int get_nat(struct ps_source *source, struct net *net, struct ps_failure *failure)
{
	struct module *nat = source->bundle.translates ? ps_nat_get(net) : NULL;

	if (IS_ERR(nat))
		return ps_fail(failure, PTR_ERR(nat), "%s: not loaded: it translates connections (nf.nat), for which the module "
			       "packetscript_nat is needed: error %ld", source->path, -PTR_ERR(nat));
	source->nat = nat;
	return 0;
}

/* Compiles the text and its modules in Lua states of their own, which may hold as much as the rule's state. */
static int compile(struct ps_source *source, const char *path, u32 state_id, size_t memory, const char *text, size_t len,
		   struct ps_failure *failure)
{
	void *region = ps_instance_region(state_id, memory, NUMA_NO_NODE, failure);
	const struct ps_bundle_source from = {
		.path = path, .text = text, .len = len, .beside = path,
		.folder = ps_module_folder, .memory = memory, .region = region,
	};
	char error[PS_SCRIPT_ERROR_SIZE];
	int err;

	if (IS_ERR(region))
		return PTR_ERR(region);
	err = ps_bundle_make(&source->bundle, &from, error, sizeof(error));
	vfree(region);
	if (err)
		return ps_fail_script(failure, -EINVAL, error, "%s: not loaded: ", path);
	source->path = source->bundle.part[0]->path;
	source->digest = source->bundle.part[0]->digest;
	return 0;
}

struct ps_source *ps_source_read(const char *path, struct net *net, u32 state_id, size_t memory, struct ps_failure *failure)
{
	u64 ticket = ps_source_ticket();	/* before the file is read: who changed it, and asks then, has a higher one */
	struct ps_source *source;
	void *text = NULL;
	ssize_t len;
	int err;

	len = ps_host_read_file(path, PS_SCRIPT_TEXT_MAX, &text);
	if (len < 0)
		return ERR_PTR(ps_fail(failure, len, "%s: cannot be read: error %zd%s", path, -len,
				       len == -EFBIG ? " (a script may have 256 KiB)" :
				       len == -EINVAL ? " (it is empty, or no regular file)" : ""));
	source = kzalloc(sizeof(*source), GFP_KERNEL);
	err = source ? compile(source, path, state_id, memory, text, len, failure) :
		       ps_fail(failure, -ENOMEM, "%s: not enough memory", path);
	vfree(text);
	if (!err)
		err = get_nat(source, net, failure);
	ps_conntrack_load();
	if (!err && source->bundle.offloads)
		ps_flowtable_begin(net);
	if (!err) {
		source->ticket = ticket;
		return source;
	}
	if (source)
		ps_source_free(source);
	return ERR_PTR(err);
}

struct ps_source *ps_source_find(const struct ps_generation *generation, const char *path, const u8 *digest)
{
	struct ps_source *source;

	list_for_each_entry_reverse(source, &generation->sources, list) {
		if (!strcmp(source->path, path) && !memcmp(source->digest, digest, PS_REQUEST_DIGEST))
			return source;
	}
	return NULL;
}

struct ps_source *ps_source_newest(const struct ps_generation *generation, const char *path)
{
	struct ps_source *source, *newest = NULL;

	list_for_each_entry(source, &generation->sources, list) {
		if (!strcmp(source->path, path) && (!newest || source->ticket > newest->ticket))
			newest = source;
	}
	return newest;
}

/*
 * Sources in instances.
 */
struct load {
	const struct ps_source *source;
	struct ps_failure *failure;
};

static int load_in(struct ps_instance *instance, void *context)
{
	const struct load *load = context;
	const struct ps_source *source = load->source;

	if (!ps_script_load_bundle(&instance->script, source->id, &source->bundle))
		return 0;
	return ps_fail_script(load->failure, -EINVAL, instance->script.error, "%s%s: not loaded: ", instance->prefix,
			      source->path);
}

static int close_in(struct ps_instance *instance, void *context)
{
	const struct ps_source *source = context;
	const char *error = instance->script.error;

	if (ps_script_close(&instance->script, source->id))
		pr_err("%s%s: on_close: %*pE\n", instance->prefix, source->path, (int)strlen(error), error);
	return 0;
}

static int forget_in(struct ps_instance *instance, void *context)
{
	const struct ps_source *source = context;

	ps_script_forget(&instance->script, source->id);
	return 0;
}

/* Takes it out of all instances, also out of those in which loading it has failed. */
static void forget(struct ps_generation *generation, struct ps_source *source)
{
	struct ps_instance *instance;
	unsigned int n;

	ps_for_each_runtime(instance, n, generation)
		ps_instance_call(instance, forget_in, source);
}

struct ps_instance *ps_generation_instance(struct ps_generation *generation, unsigned int n, struct ps_failure *failure)
{
	struct ps_instance *instance = ps_instance_new(generation, n, failure);
	struct load load = { NULL, failure };
	int err;

	if (IS_ERR(instance))
		return instance;
	list_for_each_entry(load.source, &generation->sources, list) {
		if (!load.source->bundle.part[0]->code)
			continue;
		err = ps_instance_call(instance, load_in, &load);
		if (err) {
			ps_instance_free(instance);
			return ERR_PTR(err);
		}
	}
	return instance;
}

/*
 * Makes the Lua state for deferred work, unless there is one. What was loaded before, and has given its code back, is not in
 * it: that did not ask for it.
 */
static int add_work(struct ps_generation *generation, struct ps_failure *failure)
{
	struct ps_instance *instance;

	if (generation->instances[PS_WORK])
		return 0;
	instance = ps_generation_instance(generation, PS_WORK, failure);
	if (IS_ERR(instance))
		return PTR_ERR(instance);
	generation->instances[PS_WORK] = instance;
	if (generation->is_live)
		ps_worker_open(&generation->state->worker, instance);
	else
		ps_defer_open(&generation->early);
	return 0;
}

int ps_generation_load(struct ps_generation *generation, struct ps_source *source, struct ps_failure *failure)
{
	struct load load = { source, failure };
	struct ps_instance *instance;
	unsigned int n;
	int err;

	source->id = generation->next_source++;
	source->loaded = ktime_get_real_seconds();
	if (source->bundle.defers) {
		err = add_work(generation, failure);
		if (err)
			return err;
	}
	ps_for_each_runtime(instance, n, generation) {
		err = ps_instance_call(instance, load_in, &load);
		if (err) {
			forget(generation, source);
			return err;
		}
	}
	if (generation->is_live && generation->instances[PS_WORK])
		ps_worker_go_on(&generation->state->worker);
	if (!generation->state->is_percpu)	/* there will be no other instance but that for deferred work, which does without */
		ps_bundle_drop_code(&source->bundle);
	list_add_tail(&source->list, &generation->sources);
	return 0;
}

void ps_generation_unload(struct ps_generation *generation, struct ps_source *source)
{
	list_del(&source->list);
	forget(generation, source);
}

void ps_generation_drop_outdated(struct ps_generation *generation)
{
	struct ps_source *source, *next;

	list_for_each_entry_safe(source, next, &generation->sources, list) {
		if (source->rules || ps_source_newest(generation, source->path) == source)
			continue;
		ps_generation_unload(generation, source);
		ps_source_free(source);
	}
}

/*
 * Generations.
 */

/* Only who loads the scripts, one Lua state after the other, asks for such work. */
static void no_lock(struct ps_defer *defer)
{
}

static void no_wake(struct ps_defer *defer, uint64_t at)
{
}

static const struct ps_defer_ops early_ops = { no_lock, no_lock, no_wake };

static int add_instance(struct ps_generation *generation, unsigned int cpu, struct ps_failure *failure)
{
	struct ps_instance *instance = ps_instance_new(generation, cpu, failure);

	if (IS_ERR(instance))
		return PTR_ERR(instance);
	generation->instances[cpu] = instance;
	return 0;
}

/* Of CPUs that are offline those get one whose place it takes: what is in that goes over, and waits for the CPU. */
static int add_instances(struct ps_generation *generation, struct ps_failure *failure)
{
	const struct ps_generation *live = generation->state->generation;
	unsigned int cpu;
	int err;

	if (!generation->state->is_percpu)
		return add_instance(generation, 0, failure);
	for_each_possible_cpu(cpu) {
		if (!cpu_online(cpu) && !(live && live->instances[cpu]))
			continue;
		err = add_instance(generation, cpu, failure);
		if (err)
			return err;
	}
	return 0;
}

struct ps_generation *ps_generation_new(struct ps_state *state, struct ps_failure *failure)
{
	struct ps_generation *generation = kzalloc(struct_size(generation, instances, PS_WORK + 1), GFP_KERNEL);
	int err;

	if (!generation)
		return ERR_PTR(ps_fail(failure, -ENOMEM, "state %u: not enough memory", state->id));
	generation->state = state;
	generation->number = 1;
	INIT_LIST_HEAD(&generation->sources);
	ps_defer_init(&generation->early, &early_ops);
	generation->defer = &generation->early;
	err = add_instances(generation, failure);
	if (err) {
		ps_generation_free(generation);
		return ERR_PTR(err);
	}
	return generation;
}

static int adopt_in(struct ps_instance *instance, void *context)
{
	instance->script.bind.defer = context;
	return 0;
}

void ps_generation_take_over(struct ps_generation *generation)
{
	struct ps_state *state = generation->state;
	struct ps_instance *instance;
	unsigned int n;

	generation->defer = &state->worker.defer;
	ps_for_each_runtime(instance, n, generation)
		ps_instance_call(instance, adopt_in, generation->defer);
	if (generation->instances[PS_WORK])
		ps_worker_open(&state->worker, generation->instances[PS_WORK]);
	ps_defer_move(&generation->early, generation->defer);
	if (state->generation)
		WRITE_ONCE(state->generation->is_live, false);
	WRITE_ONCE(generation->is_live, true);
	smp_mb();	/* who sends a value has seen that, or ps_instance_begin() sees that the listener is awake */
	state->generation = generation;
	ps_for_each_instance(instance, n, generation)
		ps_instance_begin(instance);
}

void ps_generation_stop(struct ps_generation *generation)
{
	struct ps_instance *instance;
	unsigned int n;

	ps_defer_close(&generation->early);
	ps_for_each_runtime(instance, n, generation) {
		ps_instance_stop(instance);
		ps_instance_call(instance, adopt_in, &generation->early);	/* closed: nothing is asked for any more */
	}
}

void ps_generation_close(struct ps_generation *generation)
{
	struct ps_source *source;
	struct ps_instance *instance;
	unsigned int n;

	list_for_each_entry(source, &generation->sources, list) {
		if (ps_source_newest(generation, source->path) != source)
			continue;
		ps_for_each_runtime(instance, n, generation)
			ps_instance_call(instance, close_in, source);
	}
}

void ps_generation_free(struct ps_generation *generation)
{
	struct ps_source *source, *next;
	struct ps_instance *instance;
	unsigned int n;

	ps_for_each_runtime(instance, n, generation)
		ps_instance_free(instance);
	ps_defer_close(&generation->early);
	list_for_each_entry_safe(source, next, &generation->sources, list)
		ps_source_free(source);
	kfree(generation);
}
