/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The Lua states that rules share. A state belongs to a network namespace and lives from its
 * first handler to its last. It is one Lua state, or one for each CPU: its copies.
 */
#ifndef PS_STATE_H
#define PS_STATE_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "script.h"

struct net;
struct ps_source;
struct ps_state;

/*
 * One Lua state that handles packets. What runs in it has softirqs disabled, and holds the lock
 * if CPUs share it. A copy that is a CPU's own is touched on that CPU only, or while that CPU
 * is offline.
 */
struct ps_copy {
	bool is_shared;
	unsigned int cpu;	/* whose it is, if not shared */
	void *region;		/* of the script's large blocks; or NULL */
	spinlock_t lock;
	u64 packets;
	u64 errors;
	bool is_off_told;	/* the log knows that it is switched off */
	atomic64_t pulled;	/* counted outside of the lock */
	char prefix[16];	/* of messages: whose it is */
	struct ps_script script;
};

static inline void ps_copy_lock(struct ps_copy *copy)
{
	if (copy->is_shared)
		spin_lock(&copy->lock);
}

static inline void ps_copy_unlock(struct ps_copy *copy)
{
	if (copy->is_shared)
		spin_unlock(&copy->lock);
}

#define PS_REQUEST_DIGEST	8	/* bytes: enough to tell the texts of a script apart */

/* In what a state that exists may differ from the one that a rule asks for. */
enum ps_unsuited {
	PS_UNSUITED_NOT,
	PS_UNSUITED_PERCPU,	/* one has a Lua state for each CPU, the other has one in all */
	PS_UNSUITED_MEMORY,
};

/* What a rule asks for. */
struct ps_request {
	struct net *net;
	const char *path;
	/*
	 * How the digest of the text begins that is asked for; all zero: what the file holds now. Becomes
	 * that of the text which was taken.
	 */
	u8 *digest;
	const char *function;
	u32 state_id;
	bool is_percpu;
	size_t memory;		/* bytes that the state may hold; each of its copies */
	const char *on_error;	/* the verdict's name; static */
	/* where the rule stands, for who reads about it */
	u8 family;
	const char *table;
	unsigned int hooks;	/* bits: NF_INET_… */
	/* Filled in where -EINVAL comes of the state: why, and what each of its copies may hold. */
	enum ps_unsuited unsuited;
	size_t state_memory;
};

/* A function of a script, in each copy of a state. */
struct ps_handler {
	struct list_head list;
	struct ps_state *state;
	struct ps_source *source;
	char *function;
	const char *on_error;
	u8 family;
	char table[32];
	unsigned int hooks;
	/* Where a CPU finds it. Of CPUs that were never online there may be nothing. */
	struct ps_call {
		struct ps_copy *copy;
		int number;
	} __percpu *calls;
};

/*
 * Finds the function that is asked for, in a state which is made if need be. The script is read and
 * run, once in each copy, if the state does not have this text of it. Returns 0; -EINVAL if the script
 * is refused (the log says so), or the state exists and is not what is asked for (request->unsuited says
 * why); others from reading the file. Process context, may sleep. ps_handler_clean() undoes it.
 */
int ps_handler_init(struct ps_handler *handler, struct ps_request *request);

/* No packet is in the handler any more. Process context, may sleep. */
void ps_handler_clean(struct ps_handler *handler);

int ps_state_setup(void);
void ps_state_teardown(void);

#endif
