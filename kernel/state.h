/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The Lua states that rules share. A state belongs to a network namespace and lives from its
 * first handler to its last. What it runs is its generation: one load of its scripts.
 */
#ifndef PS_STATE_H
#define PS_STATE_H

#include <linux/list.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "instance.h"
#include "outlet.h"
#include "script.h"
#include "times.h"
#include "worker.h"

struct net;
struct ps_failure;
struct ps_generation;
struct ps_shared_space;
struct ps_source;

/* What functions have counted that rules call. */
struct ps_tally {
	u64 bytes;		/* of packets, from their network header on, as they came */
	u64 verdicts[PS_VERDICT_ERROR + 1];	/* as functions gave them; of a match, by enum ps_answer */
	u64 refused;		/* verdicts that could not be carried out */
	u64 inner;		/* packets that they were not called for, as a script had made them at once (inside.h) */
	struct ps_times times;
};

#define PS_ANSWERS	(PS_ANSWER_ERROR + 1)

/* What a state's functions and instances have counted. */
struct ps_counts {
	u64 packets, bytes;
	u64 verdicts[PS_VERDICT_ERROR + 1];
	u64 answers[PS_ANSWERS];	/* of matches */
	u64 errors, pulled;
	u64 stopped;		/* runs that the time limit has ended */
	u64 collections;	/* of garbage, that have come to their end */
	u64 timers_run, timers_failed;
	u64 values_run, values_failed;
	struct ps_times times;
	unsigned long allocations;
};

struct ps_state {
	struct list_head list;
	const struct net *net;	/* compared only: rules go before their namespace does */
	struct ps_shared_space *space;	/* the namespace's */
	u32 id;
	bool is_percpu;
	size_t memory;		/* that each instance may hold, by the rules */
	struct ps_script_limits limits;	/* of each, as they are now; changed with the states locked */
	unsigned int rules;
	struct list_head handlers;
	struct ps_generation *generation;	/* the one that is live */
	struct ps_counts past;	/* of generations and handlers that were */
	struct ps_counted counted;	/* by scripts */
	atomic64_t lines;	/* that were told to those who listen */
	struct ps_outlet outlet;
	struct ps_worker worker;
};

#define PS_REQUEST_DIGEST	8	/* bytes: enough to tell the texts of a script apart */

/* In what a state that exists may differ from the one that a rule asks for. */
enum ps_unsuited {
	PS_UNSUITED_NOT,
	PS_UNSUITED_PERCPU,	/* one has a Lua state for each CPU, the other has one in all */
	PS_UNSUITED_MEMORY,
};

/* Of a rule without a table: its place among what else is at the hook. */
struct ps_hook_place {
	int priority;
	char device[16];	/* IFNAMSIZ; "": it is no hook of a device */
	u32 program;		/* by which number a program of BPF asks for it; 0: none does */
};

/* What a rule asks for. */
struct ps_request {
	struct net *net;
	const char *path;
	/*
	 * How the digest of the text begins that is asked for; all zero: what the file holds now. Becomes
	 * that of the text which the rule has, as long as there is the handler: 8 bytes, aligned.
	 */
	u8 *digest;
	const char *function;
	u32 state_id;
	bool is_percpu;
	size_t memory;		/* bytes that the state may hold; each of its instances */
	const char *on_error;	/* the verdict's name; static */
	enum ps_given given;
	bool is_match;
	/* where the rule stands, for /proc/net/packetscript */
	u8 family;
	const char *table;
	unsigned int hooks;	/* bits: NF_INET_… */
	const struct ps_hook_place *hook;	/* stays as long as there is the handler; NULL: it is in a table */
	/* Filled in where -EINVAL comes of the state: why, and what each of its instances may hold. */
	enum ps_unsuited unsuited;
	size_t state_memory;
};

/* A function of a script, in each instance of a state. */
struct ps_handler {
	struct list_head list;
	struct ps_state *state;
	struct ps_source *source;
	const struct sock *sk;	/* of what the state sends */
	u8 *digest;		/* the request's */
	char *function;
	const char *on_error;
	enum ps_given given;
	bool is_match;
	u8 family;
	char table[32];
	unsigned int hooks;
	const struct ps_hook_place *place;	/* the request's hook: it is in no table, but here */
	/*
	 * Which instance a CPU uses, and the function's number there; NULL for CPUs that were never online; and what it has counted on
	 * that CPU, with softirqs disabled. Read under RCU, and replaced with the generation.
	 */
	struct ps_call {
		struct ps_instance *instance;
		int number;
		struct ps_tally tally;
	} __percpu *calls;
	struct ps_tally past;	/* of calls that were */
	struct ps_call __percpu *next_calls;	/* while the next generation is made */
	struct ps_source *next_source;
};

/* With softirqs disabled, or within rcu_read_lock(), as netfilter calls. */
static inline struct ps_call __percpu *ps_handler_calls(const struct ps_handler *handler)
{
	return rcu_dereference_check(handler->calls, softirq_count());
}

/*
 * Finds the function that is asked for, in a state which is made if need be. The script is read and
 * run, once in each instance, if the state does not have this text of it. Returns 0; -EINVAL if the script
 * is refused, or the state exists and is not what is asked for (then request->unsuited says
 * why, and not the failure); others from reading the file. Process context, may sleep. ps_handler_clean() undoes it.
 */
int ps_handler_init(struct ps_handler *handler, struct ps_request *request, struct ps_failure *failure);

/* No packet is in the handler any more. Process context, may sleep. */
void ps_handler_clean(struct ps_handler *handler);

/* Where modules are looked for that are not beside the script. Does not change. */
extern char ps_module_folder[256];

/* What all Lua states of a state come to that handle packets, also those that were. */
struct ps_sums {
	struct ps_counts counts;
	unsigned int instances;
	size_t memory;		/* bytes that they hold */
	size_t peak;		/* that one of them has held at most; of those that are */
	unsigned int timers;	/* that are pending */
};

/* Counts are read while they change. With the states locked, or within ps_states_each(). */
void ps_handler_sum(const struct ps_handler *handler, struct ps_tally *sum);
void ps_state_sum(const struct ps_state *state, struct ps_sums *sums);

/*
 * Calls f with each state of the namespace, which does not change meanwhile, until it returns false: then that is returned. *changes
 * becomes another number whenever states have changed. May sleep.
 */
bool ps_states_each(const struct net *net, bool (*f)(const struct ps_state *state, void *context), void *context, unsigned int *changes);

/* Of what the namespace's states share: as long as the namespace. */
struct ps_shared_space *ps_states_space(const struct net *net);

/* The state of this number, or NULL. With the states locked. */
struct ps_state *ps_state_find(const struct net *net, u32 id);

/*
 * Nobody else touches states, but for what is inside of instances: who touches that is in a call of ps_instance_call(). CPUs
 * neither come nor go meanwhile. May sleep.
 */
void ps_states_lock(void);
void ps_states_unlock(void);
void ps_states_unlock_unchanged(void);	/* who lists states meanwhile need not begin anew */

/* Packets that functions were called for, and errors of these, of a tally of a match or of none. */
u64 ps_tally_packets(const struct ps_tally *tally, bool is_match);
u64 ps_tally_errors(const struct ps_tally *tally, bool is_match);

/* What scripts have counted by the name of this number. As ps_state_sum(). */
u64 ps_state_counted(const struct ps_state *state, unsigned int number);

/* What scripts have counted in the generation is kept, which will be freed. */
void ps_counted_keep_all(struct ps_counted *counted, const struct ps_generation *generation);

/* Adds what the generation's instances have counted. */
void ps_counts_add(struct ps_counts *counts, const struct ps_generation *generation);

/*
 * Finds the handler in the source, which is loaded in the generation: into handler->next_calls and next_source. Returns 0 or -errno.
 * ps_handler_drop_next() undoes it, where the generation goes as well; what was counted there is kept.
 */
int ps_handler_find(struct ps_handler *handler, struct ps_generation *generation, struct ps_source *source,
		    struct ps_failure *failure);
void ps_handler_drop_next(struct ps_handler *handler);

/* What was found becomes what packets use. What they have used is in next_calls until they are through: one grace period later. */
void ps_handler_swap(struct ps_handler *handler);

int ps_state_setup(void);
void ps_state_teardown(void);

#endif
