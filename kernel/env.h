/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Runtimes of scripts that are not packets' (include/lunatik.h), as the core knows them.
 */
#ifndef PS_ENV_H
#define PS_ENV_H

#include <linux/completion.h>
#include <linux/wait.h>
#include <lunatik.h>

#include "bind.h"

#define PS_RUNTIME_FOLDER	"/lib/modules/lua"
#define PS_RUNTIME_SCRIPT	128	/* bytes of a script's name, with the final 0 */
#define PS_RUNTIME_FILE_MAX	(4 * 1024 * 1024)	/* bytes of a script, or of what it requires */
#define PS_RUNTIME_IDLE		16	/* coroutines that are kept for later visits */
#define PS_RUNTIME_OWNERS	32	/* modules that a runtime's libraries may be of */

/*
 * Who is in a runtime holds its lock, which is of level: so the context in which it is called decides what waits for it. A
 * function that sleeps gives the lock up (lunatik_sleep()), and others come in: each visit has a Lua coroutine of its own.
 */
struct ps_env {
	lunatik_object_t object;	/* first */
	struct ps_bind bind;		/* of its runtime, and of packets once a library has them */
	struct list_head list;		/* of all */
	char script[PS_RUNTIME_SCRIPT];
	enum lunatik_context level;	/* of the lock; written by who has it */
	enum lunatik_context wanted;	/* of the lock, once the script is loaded */
	bool is_loaded;
	bool is_closed;			/* the Lua state is, or about to be */
	bool is_scripts;		/* a script has made it, no module */
	bool is_stopping;		/* it will be closed when nobody is in it any more */
	struct mutex mutex;
	spinlock_t softirq_spin, hardirq_spin;	/* two, as hard interrupts come while the first one is held */
	struct task_struct *owner;	/* of the mutex */
	int cpu;			/* that has hardirq_spin; or -1 */
	struct lunatik_entry *current_entry;
	struct list_head entries;	/* all who are inside, asleep or not */
	wait_queue_head_t gone;		/* one of them has left */
	struct completion closed;
	lua_State *idle[PS_RUNTIME_IDLE];
	unsigned int idles;
	lua_State *body;		/* the coroutine that resume() goes on with; or NULL */
	struct ps_account *account;	/* of memory that Lua does not know of; a reference */
	struct module *owners[PS_RUNTIME_OWNERS];
	unsigned int nowners;
	struct ps_log log;
};

static inline struct ps_env *ps_env_of(lunatik_object_t *runtime)
{
	return container_of(runtime, struct ps_env, object);
}

static inline struct ps_env *ps_env_here(lua_State *L)
{
	return container_of(ps_runtime_of(L), struct ps_env, bind.rt);
}

#define PS_RUNTIME_ERROR	2048	/* bytes of an error with its traceback */

extern const struct lunatik_class ps_env_class;
extern const luaL_Reg ps_env_methods[];	/* kernel/lib/lunatik.c */
extern struct lunatik_library ps_lunatik_library;

/* Limits that the administrator may set. 0: none. */
struct ps_env_limits {
	unsigned int process_ms;	/* of a visit in process context, of its own thread's time */
	unsigned int hardirq_ms;	/* of one with interrupts disabled */
	unsigned int process_mib;	/* that a runtime may hold */
	unsigned int interrupt_mib;
};

extern struct ps_env_limits ps_env_limits;

/*
 * Makes a runtime and runs the script in it. Returns 0 with a reference in *runtime, or -errno with why in error[size]: -ENOSPC where
 * too little of the stack is left for it within outer. Process context, may sleep, outside of any runtime, or between lunatik_sleep(), which has given outer, and lunatik_awake(); else
 * outer is NULL.
 */
int ps_env_new(lunatik_object_t **runtime, const struct lunatik_entry *outer, const char *script,
	       enum lunatik_context context, char *error, size_t size);

/*
 * As lunatik_resume(). outer: the caller's visit, which is asleep; in interrupts its limits of the stack hold here, too. It is
 * -ENOSPC if too little of the stack is left.
 */
int ps_env_resume(lunatik_object_t *runtime, const struct lunatik_entry *outer, enum lunatik_context context, const bool *abort,
		  const struct lunatik_value *args, int nargs, struct lunatik_value *results, int max, bool *is_over,
		  char *error, size_t size);

/*
 * Ends what is in the runtime, and closes it. Returns 0; -EDEADLK if the caller is in it itself, and then nothing ends;
 * -EINTR if the runtime that the caller is in is stopped meanwhile. by: the caller's visit, which is asleep, or NULL. As
 * ps_env_new().
 */
int ps_env_stop(lunatik_object_t *runtime, const struct lunatik_entry *by);

/*
 * The same for all runtimes that scripts have made, but those that by is within, one after the other. Returns 0; or what the first
 * one returns that cannot be stopped, and the others go on.
 */
int ps_env_stop_all(const struct lunatik_entry *by);

/* A reference to the runtime of this script, or NULL. Any context. */
lunatik_object_t *ps_env_find(const char *script);

/* Whether the runtime keeps the module, as it does that of runtimes. Within it. */
bool ps_env_has_owner(const struct ps_env *env, const struct module *owner);

/* The runtime gives the module back when it goes. Within it, or before it is anybody's. False: there are too many. */
bool ps_env_add_owner(struct ps_env *env, struct module *owner);

/* The runtime keeps the module as long as it is there. Within it. Raises if there are too many. */
void ps_env_hold(lua_State *L, struct module *owner);

/* Fills in an object that is all zero and part of what the class knows. Returns 0 or -ENOMEM. */
int ps_object_init(lunatik_object_t *object, const struct lunatik_class *class, gfp_t gfp);

/* What memory of objects is counted in: they have a reference to it, and may be there longer than their runtime. */
struct ps_account {
	struct kref kref;
	atomic_long_t used;		/* bytes */
};

/* With one reference, or NULL. Process context, may sleep. */
struct ps_account *ps_account_new(void);
/* Any context. */
void ps_account_put(struct ps_account *account);

/* Objects that have been let go are released now. Process context, outside of runtimes. */
void ps_objects_flush(void);

int ps_objects_setup(void);
void ps_objects_teardown(void);

/* lua_CFunctions that open what a runtime has besides what a state has. */
int ps_open_package(lua_State *L);
/* Pushes the function of a file's text, which path names in messages, or raises. */
void ps_compile_file(lua_State *L, const char *path, const char *text, size_t len);
int ps_open_debug(lua_State *L);
/* All of that, and what is different there from states. */
void ps_env_open_libraries(lua_State *L);

/* kernel/object.c: the opener of a library, whose module the runtime keeps from now on; or NULL. Loads nothing. */
lua_CFunction ps_library_find(lua_State *L, const char *name);
/* Of all objects that L has left behind. */
void ps_objects_put(struct ps_runtime *rt);

#endif
