/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The Lua states that rules share. A state belongs to a network namespace and lives from its
 * first handler to its last. It is one Lua state, or one for each CPU: its instances.
 */
#ifndef PS_STATE_H
#define PS_STATE_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "errors.h"
#include "outlet.h"
#include "script.h"

struct net;
struct ps_source;
struct ps_state;
struct ps_worker;

/*
 * One Lua state. Whoever runs in one that handles packets has disabled softirqs, and holds the lock
 * if CPUs share it. An instance that belongs to a CPU is touched on that CPU only, or while that CPU
 * is offline. Whoever runs in the one for deferred work is in process context, and holds the mutex.
 */
struct ps_instance {
	bool is_shared;
	bool is_work;		/* for deferred work */
	unsigned int cpu;	/* to which it belongs, unless it is shared */
	void *region;		/* memory for the script's large blocks */
	spinlock_t lock;
	struct mutex mutex;
	struct hrtimer timer;	/* until the next of the script's timers is due, or a value has come into a queue */
	struct work_struct kick;	/* on its CPU: a value has, sent on another one */
	u64 late_rest;		/* nanoseconds until when its timers and values rest */
	struct ps_worker *worker;	/* of the state */
	u64 packets;
	u64 errors;
	bool is_off_told;	/* that it is switched off has been logged */
	atomic64_t pulled;	/* counted outside of the lock */
	struct ps_outbox outbox;
	char prefix[16];	/* of its messages: "CPU 1: ", or empty if it is shared */
	struct ps_script script;
};

static inline void ps_instance_lock(struct ps_instance *instance)
{
	if (instance->is_shared)
		spin_lock(&instance->lock);
}

static inline void ps_instance_unlock(struct ps_instance *instance)
{
	if (instance->is_shared)
		spin_unlock(&instance->lock);
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
	size_t memory;		/* bytes that the state may hold; each of its instances */
	const char *on_error;	/* the verdict's name; static */
	enum ps_given given;
	bool is_match;
	/* where the rule stands, for /proc/net/packetscript */
	u8 family;
	const char *table;
	unsigned int hooks;	/* bits: NF_INET_… */
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
	char *function;
	const char *on_error;
	enum ps_given given;
	bool is_match;
	u8 family;
	char table[32];
	unsigned int hooks;
	/* Which instance a CPU uses, and the function's number there. NULL for CPUs that were never online. */
	struct ps_call {
		struct ps_instance *instance;
		int number;
	} __percpu *calls;
};

/*
 * Finds the function that is asked for, in a state which is made if need be. The script is read and
 * run, once in each instance, if the state does not have this text of it. Returns 0; -EINVAL if the script
 * is refused (the log says so), or the state exists and is not what is asked for (request->unsuited says
 * why); others from reading the file. Process context, may sleep. ps_handler_clean() undoes it.
 */
int ps_handler_init(struct ps_handler *handler, struct ps_request *request);

/* No packet is in the handler any more. Process context, may sleep. */
void ps_handler_clean(struct ps_handler *handler);

/* Where modules are looked for that are not beside the script. Does not change. */
extern char ps_module_folder[256];

int ps_state_setup(void);
void ps_state_teardown(void);

#endif
