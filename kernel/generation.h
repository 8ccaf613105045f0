/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What a state runs: one load of its scripts, in one Lua state or one for each CPU, its instances. Reloading builds the next
 * generation beside the one that is live, and puts it in its place between two packets.
 */
#ifndef PS_GENERATION_H
#define PS_GENERATION_H

#include <linux/cpumask.h>
#include <linux/list.h>
#include <linux/time64.h>
#include <linux/types.h>

#include "bundle.h"
#include "defer.h"

struct net;
struct ps_failure;
struct ps_instance;
struct ps_state;

/*
 * One text of a script with those of its modules and lists, loaded in every instance. Their code is kept for instances still to
 * come. When a file has changed and a new rule wants what it holds now, that is another source: the rules that are there go
 * on with theirs.
 */
struct ps_source {
	struct list_head list;
	int id;			/* its number in each instance */
	unsigned int rules;
	u64 ticket;		/* when reading its files began, as ps_source_ticket() */
	time64_t loaded;
	struct ps_bundle bundle;
	const char *path;	/* the bundle's */
	const u8 *digest;	/* the bundle's: of all texts */
	struct module *nat;	/* what translates connections for it; NULL: it does not ask for that */
};

/* Where in instances[] that for deferred work is. */
#define PS_WORK	nr_cpu_ids

/*
 * One Lua state that CPUs share or one for each of them, which handle packets; and one for deferred work, if scripts ask for it.
 */
struct ps_generation {
	struct ps_state *state;
	unsigned int number;	/* from 1 */
	bool is_live;		/* packets come; of a state's generations one is */
	int next_source;
	struct list_head sources;	/* in the order they were loaded */
	struct ps_defer *defer;	/* the deferred work that is asked for here: the state's, or */
	struct ps_defer early;	/* until it is live, what its scripts ask for as they are loaded; closed once it is not any more */
	struct ps_instance *instances[];	/* of each CPU that was online, or the one, at 0; at PS_WORK that for deferred work */
};

/* Read where it may change. */
static inline bool ps_generation_is_live(const struct ps_generation *generation)
{
	return READ_ONCE(generation->is_live);
}

#define ps_for_each_instance(instance, cpu, generation)			\
	for_each_possible_cpu(cpu)				\
		if (!((instance) = (generation)->instances[cpu])) {} else

/* The same, and that for deferred work before all others: what these ask for as they are loaded finds it ready. */
#define ps_for_each_runtime(instance, n, generation)			\
	for ((n) = PS_WORK + 1; (n)-- > 0;)				\
		if (!((instance) = (generation)->instances[n])) {} else

/*
 * All of the following: process context, may sleep; CPUs neither come nor go, and nobody else touches what the state has, but for
 * packets, timers and deferred work. Where there is a failure, 0 or -errno is returned.
 */

/* An ERR_PTR, or one without scripts, which is not live. */
struct ps_generation *ps_generation_new(struct ps_state *state, struct ps_failure *failure);

/* Nothing runs in it any more. */
void ps_generation_free(struct ps_generation *generation);

/*
 * It becomes the state's live one: what is asked of its Lua states is done from now on, and timers of the one that was live end. What
 * is pending of deferred work goes over with the state; if there is no Lua state for it any more, ps_worker_close() is called
 * once no packet is in the other generation. Waits for a call of deferred work that runs.
 */
void ps_generation_take_over(struct ps_generation *generation);

/* Loads it in every instance; then it is the generation's. */
int ps_generation_load(struct ps_generation *generation, struct ps_source *source, struct ps_failure *failure);

/* Takes it out again. The caller frees it. */
void ps_generation_unload(struct ps_generation *generation, struct ps_source *source);

/* Forgets the texts that no rule has; of each path the one read last stays, for rules to come. */
void ps_generation_drop_outdated(struct ps_generation *generation);

/* Neither packets nor deferred work come any more: its timers end, and queues are not listened to. */
void ps_generation_stop(struct ps_generation *generation);

/* Calls on_close() of each script, as it was read last. Nothing else runs any more. */
void ps_generation_close(struct ps_generation *generation);

/* An instance of that CPU with all scripts, or an ERR_PTR. It is not in generation->instances yet. */
struct ps_instance *ps_generation_instance(struct ps_generation *generation, unsigned int cpu, struct ps_failure *failure);

/* The text of this path whose digest begins so. NULL: there is none. */
struct ps_source *ps_source_find(const struct ps_generation *generation, const char *path, const u8 *digest);

/* The text of this path that was read last. NULL: there is none. */
struct ps_source *ps_source_newest(const struct ps_generation *generation, const char *path);

/* A number higher than all before. Any context. */
u64 ps_source_ticket(void);

/*
 * Reads the files and compiles them, for a state of the namespace; an ERR_PTR if that fails. It takes long: no lock is to be held,
 * and CPUs may come and go. ps_source_free() undoes it.
 */
struct ps_source *ps_source_read(const char *path, struct net *net, u32 state_id, size_t memory, struct ps_failure *failure);
void ps_source_free(struct ps_source *source);

#endif
