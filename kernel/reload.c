/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/err.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "carry.h"
#include "compat.h"
#include "failure.h"
#include "generation.h"
#include "instance.h"
#include "reload.h"
#include "state.h"

struct reload {
	struct net *net;
	u32 state_id;
	u64 ticket;			/* when it began, as ps_source_ticket() */
	struct list_head sources;	/* that have been read, and are in no generation */
	struct ps_failure *failure;
};

/* Whether the script has been read after the text that a rule has of it. */
static bool has_read(const struct reload *r, const struct ps_source *loaded)
{
	const struct ps_source *source;

	list_for_each_entry(source, &r->sources, list) {
		if (!strcmp(source->path, loaded->path) && source->ticket > loaded->ticket)
			return true;
	}
	return false;
}

/* What has been read of the script before is outdated. */
static void drop_read(const struct reload *r, const char *path)
{
	struct ps_source *source, *next;

	list_for_each_entry_safe(source, next, &r->sources, list) {
		if (strcmp(source->path, path))
			continue;
		list_del(&source->list);
		ps_source_free(source);
	}
}

/* Whether all that rules have was read after this began: by other reloads, for instance. */
static bool is_done(const struct reload *r, const struct ps_state *state)
{
	const struct ps_source *source;

	list_for_each_entry(source, &state->generation->sources, list) {
		if (source->rules && source->ticket < r->ticket)
			return false;
	}
	return true;
}

/* Whether a rule of the state names the script. */
static bool is_named(const struct ps_state *state, const char *path)
{
	const struct ps_source *source;

	list_for_each_entry(source, &state->generation->sources, list) {
		if (source->rules && !strcmp(source->path, path))
			return true;
	}
	return false;
}

/* The path of a script that rules name and that is to be read; NULL: all have been. A copy, or an ERR_PTR. */
static char *unread(const struct reload *r, const struct ps_state *state)
{
	const struct ps_source *source;
	char *path;

	list_for_each_entry(source, &state->generation->sources, list) {
		if (!source->rules || has_read(r, source))
			continue;
		path = kstrdup(source->path, GFP_KERNEL);
		return path ?: ERR_PTR(ps_fail(r->failure, -ENOMEM, "state %u: not enough memory", r->state_id));
	}
	return NULL;
}

/*
 * Reads all scripts of the state, which it returns, or an ERR_PTR. States are locked, but not while files are read: so rules may
 * come meanwhile, with other scripts, or with later texts of these.
 */
static struct ps_state *read_scripts(struct reload *r)
{
	struct ps_source *source;
	struct ps_state *state;
	size_t memory;
	char *path;

	for (;;) {
		state = ps_state_find(r->net, r->state_id);
		if (!state)
			return ERR_PTR(ps_fail(r->failure, -ENOENT, "there is no state %u: no rule of this network namespace names it",
					       r->state_id));
		path = is_done(r, state) ? NULL : unread(r, state);
		if (!path)
			return state;
		if (IS_ERR(path))
			return ERR_CAST(path);
		memory = state->limits.memory;
		ps_states_unlock();
		source = ps_source_read(path, r->net, r->state_id, memory, r->failure);
		kfree(path);
		ps_states_lock();
		if (IS_ERR(source))
			return ERR_CAST(source);
		drop_read(r, source->path);
		list_add_tail(&source->list, &r->sources);
		if (fatal_signal_pending(current))
			return ERR_PTR(ps_fail(r->failure, -EINTR, "state %u: interrupted", r->state_id));
	}
}

static int load_scripts(struct reload *r, struct ps_generation *generation)
{
	struct ps_source *source, *next;
	int err;

	list_for_each_entry_safe(source, next, &r->sources, list) {
		if (!is_named(generation->state, source->path))
			continue;
		list_del(&source->list);
		err = ps_generation_load(generation, source, r->failure);
		if (err) {
			list_add(&source->list, &r->sources);
			return err;
		}
	}
	return 0;
}

static int find_handlers(struct reload *r, struct ps_generation *generation)
{
	struct ps_handler *handler;
	int err;

	list_for_each_entry(handler, &generation->state->handlers, list) {
		err = ps_handler_find(handler, generation, ps_source_newest(generation, handler->source->path), r->failure);
		if (err)
			return err;
	}
	return 0;
}

/*
 * What goes over.
 */
struct carry {
	struct ps_old old;	/* first */
	struct ps_instance *from;
	const struct ps_source *source;
	struct ps_failure *failure;
	u32 flows;		/* how far one has come with them */
	bool are_more;
};

static struct ps_instance *old_instance(struct ps_old *old)
{
	return container_of(old, struct carry, old)->from;
}

/* An instance of its own CPU is locked as soon as the new one is, which is of the same CPU. */
static void lock_old(struct ps_old *old)
{
	struct ps_instance *from = old_instance(old);

	if (from->is_work)
		mutex_lock_nested(&from->mutex, SINGLE_DEPTH_NESTING);
	else if (from->is_shared)
		spin_lock_nested(&from->lock, SINGLE_DEPTH_NESTING);
}

static void unlock_old(struct ps_old *old)
{
	struct ps_instance *from = old_instance(old);

	if (from->is_work)
		mutex_unlock(&from->mutex);
	else if (from->is_shared)
		spin_unlock(&from->lock);
}

static int carry_in(struct ps_instance *instance, void *context)
{
	struct carry *carry = context;

	if (!ps_script_reload(&instance->script, carry->source->id, &carry->old))
		return 0;
	return ps_fail_script(carry->failure, -EINVAL, instance->script.error, "%s%s: on_reload: ", instance->prefix,
			      carry->source->path);
}

static int carry_flows(struct ps_instance *instance, void *context)
{
	struct carry *carry = context;

	carry->are_more = ps_script_take_flows(&instance->script, &carry->old, &carry->flows);
	return 0;
}

/* Some at a time, so that packets do not wait. Where there is no memory for all, there are fewer. */
static void carry_flows_over(struct ps_instance *instance, struct carry *carry)
{
	carry->flows = 0;
	do {
		ps_instance_call(instance, carry_flows, carry);
		cond_resched();
	} while (carry->are_more);
}

/* Connections go over, and on_reload() of each script is called, in each Lua state that takes the place of one. */
static int carry_over(struct reload *r, struct ps_generation *generation, const struct ps_generation *before)
{
	struct carry carry = { .old = { .lock = lock_old, .unlock = unlock_old }, .failure = r->failure };
	struct ps_instance *instance;
	unsigned int n;
	int err;

	ps_for_each_runtime(instance, n, generation) {
		carry.from = before->instances[n];
		if (!carry.from || instance->is_work)
			continue;
		carry.old.script = &carry.from->script;
		carry_flows_over(instance, &carry);
	}
	list_for_each_entry(carry.source, &generation->sources, list) {
		ps_for_each_runtime(instance, n, generation) {
			carry.from = before->instances[n];
			if (!carry.from)
				continue;
			carry.old.script = &carry.from->script;
			err = ps_instance_call(instance, carry_in, &carry);
			if (err)
				return err;
		}
	}
	return 0;
}

static void drop_next(const struct ps_state *state)
{
	struct ps_handler *handler;

	list_for_each_entry(handler, &state->handlers, list)
		ps_handler_drop_next(handler);
}

/* Nothing fails from here on. */
static void swap_generations(struct ps_generation *generation, struct ps_generation *before)
{
	struct ps_state *state = generation->state;
	struct ps_handler *handler;

	ps_generation_take_over(generation);
	list_for_each_entry(handler, &state->handlers, list)
		ps_handler_swap(handler);
	synchronize_rcu();
	drop_next(state);
	if (!generation->instances[PS_WORK]) {
		ps_worker_close(&state->worker);
		ps_defer_forgo(&state->worker.defer);
	}
	ps_generation_stop(before);
	ps_generation_close(before);
	ps_counts_add(&state->past, before);
	ps_counted_keep_all(&state->counted, before);
	ps_generation_free(before);
}

static int reload_state(struct reload *r, struct ps_state *state)
{
	struct ps_generation *before = state->generation, *generation;
	int err;

	if (is_done(r, state))
		return 0;
	generation = ps_generation_new(state, r->failure);
	if (IS_ERR(generation))
		return PTR_ERR(generation);
	generation->number = before->number + 1;
	err = load_scripts(r, generation);
	if (!err)
		err = find_handlers(r, generation);
	if (!err)
		err = carry_over(r, generation, before);
	if (err) {
		drop_next(state);
		ps_generation_free(generation);
		return err;
	}
	swap_generations(generation, before);
	return 0;
}

int ps_reload(struct net *net, u32 state_id, struct ps_failure *failure)
{
	struct reload r = { .net = net, .state_id = state_id, .ticket = ps_source_ticket(), .failure = failure };
	struct ps_source *source, *next;
	struct ps_state *state;
	int err;

	INIT_LIST_HEAD(&r.sources);
	ps_states_lock();
	state = read_scripts(&r);
	err = IS_ERR(state) ? PTR_ERR(state) : reload_state(&r, state);
	ps_states_unlock();
	list_for_each_entry_safe(source, next, &r.sources, list)
		ps_source_free(source);
	return err;
}
