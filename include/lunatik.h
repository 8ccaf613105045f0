/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Lua in the kernel, for other modules: runtimes that run scripts, objects that runtimes share, and libraries that scripts
 * require. The first six functions are Lunatik's, the others are what libraries are made of. docs/capi.md has examples.
 *
 * Lua's own functions (lua.h, lauxlib.h) are exported to modules, too. They may be called for an L that lunatik_run() or
 * lunatik_enter() has given, until that ends.
 */
#ifndef LUNATIK_H
#define LUNATIK_H

#include <linux/device/driver.h>	/* module_driver() */
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>

typedef struct lunatik_object lunatik_object_t;
struct late;
struct ps_function;
struct ps_guest;
struct ps_quick;
struct ps_window;

/*
 * In which context a runtime is called. In PROCESS it may sleep. In SOFTIRQ and HARDIRQ neither a script nor what it calls
 * sleeps, memory is bounded and comes without waiting, and so is time; but its script is loaded as if it were PROCESS. The
 * order counts: what is called in one of them may also be called in those before it.
 */
enum lunatik_context {
	LUNATIK_PROCESS,
	LUNATIK_SOFTIRQ,
	LUNATIK_HARDIRQ,
};

/*
 * Makes a runtime and runs /lib/modules/lua/<script>.lua in it. Returns 0, and *pruntime has one reference; -ENOMEM; or
 * -EINVAL if there is no such script or it fails, and the log says why. Process context, may sleep. lunatik_stop() undoes it.
 * sleep: LUNATIK_PROCESS; else LUNATIK_SOFTIRQ.
 */
int lunatik_runtime(lunatik_object_t **pruntime, const char *script, bool sleep);

/*
 * Ends what runs in the runtime, closes its Lua state and gives one reference back. Returns 1 if that was the last one, else 0.
 * Process context, may sleep, not within the runtime itself.
 */
int lunatik_stop(lunatik_object_t *runtime);

/* Any context. One reference more; and one less: returns 1 if it was the last one, else 0. */
void lunatik_getobject(lunatik_object_t *object);
int lunatik_putobject(lunatik_object_t *object);

/* The runtime that L is of; no reference is counted. */
lunatik_object_t *lunatik_toruntime(lua_State *L);

/* The name of its script, as lunatik_runtime() was given it; as long as there is a reference to the runtime. */
const char *lunatik_script(lunatik_object_t *runtime);

/*
 * One visit of a thread of control to a runtime. On the caller's stack.
 */
struct lunatik_entry {
	lua_State *L;			/* to be used from enter to leave */
	/* the core's */
	lunatik_object_t *runtime;
	struct list_head list;
	struct task_struct *task;	/* who runs, if it may sleep; or NULL */
	lua_State *running;
	unsigned long stack_soft, stack_hard;
	unsigned long interrupted;	/* to where a visit that this one interrupts may use the stack; or 0 */
	unsigned long flags;
	const bool *abort;		/* the visit is to end; or NULL */
	const struct lunatik_entry *outer;	/* asleep meanwhile, of the same task in another runtime; or NULL */
	unsigned int left;		/* milliseconds, in process context */
	int expired;
	enum lunatik_context context, level;
	bool is_asleep;
	bool has_deadline;		/* in an interrupt: ps_host_now() at left is when its time is up */
	bool has_end;			/* it must end, and at ends_at, of the same clock, at the latest */
	unsigned int ends_at;
};

/*
 * Between these two calls nobody else is in the runtime, but while a function sleeps (lunatik_sleep()). Returns 0; -ENXIO if
 * the runtime is closed; -EDEADLK if the caller interrupts what is in there, or comes from within a script that handles packets, or is in a softirq with
 * interrupts disabled; -EAGAIN if the script is being loaded, or the runtime is not meant to be called in this context; -EBUSY if it has used up its
 * time, in an interrupt; -ERESTARTSYS if a signal came first; -ENOMEM. Any context but NMI: it is said which.
 */
int lunatik_enter(lunatik_object_t *runtime, struct lunatik_entry *entry, enum lunatik_context context);

/* The same in process context, but heeds no signals: for what has to be done in any case, for instance when a file is closed. */
int lunatik_enteranyway(lunatik_object_t *runtime, struct lunatik_entry *entry);

/*
 * The same for whom others wait meanwhile, who cannot be told to end: it waits no longer than a packet's function may take, else it is -EBUSY, as in a
 * runtime that was stopped too often; has that time; and must not sleep, as in a softirq. Also while the script is being loaded.
 */
int lunatik_enterbriefly(lunatik_object_t *runtime, struct lunatik_entry *entry);

/* The context of the caller, as far as it can be known: disabled preemption is seen only by kernels that count it. */
static inline enum lunatik_context lunatik_context(void)
{
	if (in_hardirq() || irqs_disabled())
		return LUNATIK_HARDIRQ;
	return in_interrupt() || in_atomic() ? LUNATIK_SOFTIRQ : LUNATIK_PROCESS;
}

/* What is left on the Lua stack is removed. */
void lunatik_leave(lunatik_object_t *runtime, struct lunatik_entry *entry);

/* ret = handler(L, …) within the runtime, or what lunatik_enter() returns. */
#define lunatik_run(runtime, handler, ret, ...)						\
do {											\
	struct lunatik_entry lunatik_entry_;						\
	int lunatik_err_ = lunatik_enter(runtime, &lunatik_entry_, lunatik_context());	\
											\
	if (unlikely(lunatik_err_)) {							\
		(ret) = lunatik_err_;							\
	} else {									\
		(ret) = handler(lunatik_entry_.L, ## __VA_ARGS__);			\
		lunatik_leave(runtime, &lunatik_entry_);				\
	}										\
} while (0)

/*
 * Calls the function below its nargs arguments on L's stack, as lua_pcall(). An error is logged, with file, line and
 * traceback, as one of what (e.g. "device: "), and nothing is left on the stack. Returns Lua's status.
 */
int lunatik_call(lua_State *L, int nargs, int nresults, const char *what);

/*
 * For functions that are called with one userdata again and again, where packets are handled, and so cost little: they are
 * compiled for it, and enter the interpreter, and are watched, only where they come to something that needs it.
 * lunatik_newhandler() pops the function; it lasts until lunatik_freehandler(), both within the runtime, which frees what is left at its end. May
 * raise.
 */
struct ps_function *lunatik_newhandler(lua_State *L, const void *userdata);
void lunatik_freehandler(lua_State *L, struct ps_function *handler);

/*
 * How such a function is called. All is the caller's to say.
 */
struct lunatik_handler {
	struct ps_function *function;
	void *userdata;			/* the block of it, which is kept elsewhere (lua_touserdata()) */
	void **place;			/* *place is the guest meanwhile, else NULL */
	struct ps_window *window;	/* which is empty afterwards, if bytes have been shown */
	const char *what;		/* of errors, which are logged as by lunatik_call() */
	lua_Integer usual;		/* what it returns mostly */
	/*
	 * Called within the runtime, unless the function has returned the usual integer, and the guest is not touched. status is
	 * Lua's; LUA_OK: what it has returned is in the guest, if it is an integer, else on the stack. True: call it again.
	 */
	bool (*settle)(lua_State *L, struct ps_guest *guest, int status);
};

/*
 * As lunatik_enter(), in LUNATIK_SOFTIRQ, a call, and lunatik_leave(); as few things happen around the call as can be. guest: the
 * userdata, the packet that it stands for, and afterwards the function's result (engine/bind.h). 0, or why the runtime could
 * not be entered, and then nothing was called.
 */
int lunatik_handle(lunatik_object_t *runtime, const struct lunatik_handler *handler, struct ps_guest *guest);

/* As lunatik_call(), in settle(): with limits of its own, as those of the function have ended with it. */
int lunatik_callanew(lua_State *L, int nargs, int nresults, const char *what);

/* The same line in the log for an error that a caller outside of the runtime has got. At most 10 in 5 s. */
void lunatik_log(lunatik_object_t *runtime, const char *what, const char *text);

/*
 * Within a function that a script calls. Raises if it may not sleep, or too little of the stack is left for that; function is the
 * name for the message.
 */
void lunatik_checksleep(lua_State *L, const char *function);

/*
 * Around what sleeps, after lunatik_checksleep(); or what takes another runtime's lock. In between others may enter the
 * runtime, and neither L nor what Lua has made may be touched; but strings and userdata on L's stack stay where they are.
 * What waits has to end when lunatik_isstopping(): the task is woken, or has a signal, if it is a thread of the kernel.
 * Neither raises.
 */
struct lunatik_entry *lunatik_sleep(lua_State *L);
void lunatik_awake(struct lunatik_entry *entry);
bool lunatik_isstopping(const struct lunatik_entry *entry);
/* The same but for signals: a thread of the kernel that has one may still wait for what surely ends. */
bool lunatik_isending(const struct lunatik_entry *entry);

/*
 * The runtime will be called in this context, by something that this function registers; at the latest when the script has been
 * loaded. It stays so. In a runtime of LUNATIK_PROCESS what is called by others in process context may still sleep. Raises, and
 * nothing has changed, if the script has more memory than it may have there. Process context, may sleep, and others come in.
 */
void lunatik_calledin(lua_State *L, enum lunatik_context context);

/* Whether what runs now may sleep. */
bool lunatik_maysleep(lua_State *L);
/* The same, and whether enough of the stack is left for that. */
bool lunatik_cansleep(lua_State *L);
/* For memory that is allocated within a runtime. */
gfp_t lunatik_gfp(lua_State *L);

/*
 * Memory that Lua does not know of counts as that of the runtime in which it was asked for, wherever it goes and whoever frees it. A
 * runtime may have as much of it as of Lua's.
 */
struct lunatik_charge {
	struct ps_account *account;	/* the core's; NULL: nothing is counted */
	size_t size;
};

/*
 * Counts size bytes more, which are allocated next: in the charge of the object that they go with, or in one of their own, at first
 * all zero. Lua collects garbage as if they were its own. Raises, with nothing counted, if the runtime would have more than it
 * may. Within a runtime, in any context; a charge always in the same runtime.
 */
void lunatik_charge(lua_State *L, struct lunatik_charge *charge, size_t size);

/* What was counted is freed. Any context. Does nothing to a charge that is all zero, and leaves it so. */
void lunatik_discharge(struct lunatik_charge *charge);

/*
 * A kind of objects. Methods are functions that get the object first; names that begin with "__" are metamethods, but not
 * __gc, __close, __index (unless methods has one), __name and __metatable.
 */
struct lunatik_class {
	const char *name;
	const luaL_Reg *methods;
	/*
	 * The last reference is gone: frees what private has, not private itself. Process context, may sleep; or, if
	 * is_atomic, any context. NULL: there is nothing to do.
	 */
	void (*release)(lunatik_object_t *object);
	bool is_atomic;
	bool is_container;	/* release() lets go of other objects, and is called in process context for that, also if is_atomic */
	struct module *owner;
	const struct ps_quick *quick;	/* more methods, by lua/reference.h; or NULL */
	/* For those of them with a width: what a reference in this Lua state has; or NULL. */
	const struct ps_window *(*window)(lua_State *L, const void *private);
};

struct lunatik_object {
	struct kref kref;
	const struct lunatik_class *class;
	/* Of the class: lunatik_lock(). */
	union {
		struct mutex mutex;
		spinlock_t spin;
	};
	unsigned long flags;
	struct late *late;		/* the core's */
	struct lunatik_charge charge;	/* of all its memory; given back when that is freed */
	void *private;			/* the class's, size bytes, at first zero */
};

/*
 * Any context that the class allows: is_atomic: a spinlock with interrupts disabled; else a mutex.
 */
void lunatik_lock(lunatik_object_t *object);
void lunatik_unlock(lunatik_object_t *object);

/*
 * Pushes a new object, whose private has size bytes. What comes into it later is released with it. May raise.
 */
lunatik_object_t *lunatik_newobject(lua_State *L, const struct lunatik_class *class, size_t size);

/* Pushes an object that there is, with a reference more. May raise. */
void lunatik_pushobject(lua_State *L, lunatik_object_t *object);

/*
 * The same in two steps, for an object to which a reference is got only in between: an empty userdata is pushed; then that on
 * top of the stack becomes the object's, along with the caller's reference. Both may raise; the reference is the runtime's
 * then, too.
 */
void lunatik_pushempty(lua_State *L);
void lunatik_fillempty(lua_State *L, lunatik_object_t *object);

/* The object that argument arg is, of this class. Raises if it is none, or was closed. */
lunatik_object_t *lunatik_checkobject(lua_State *L, int arg, const struct lunatik_class *class);

/* The same for a runtime. */
lunatik_object_t *lunatik_checkruntime(lua_State *L, int arg);

/* The object at index, of whatever class; or NULL. */
lunatik_object_t *lunatik_toobject(lua_State *L, int index);

/* The value at index lets go of its object: it is a closed one from now on. */
void lunatik_closeobject(lua_State *L, int index);

/*
 * Keeps the userdata at index object, and along with it the value on top of the stack, which is popped, until lunatik_drop()
 * or the runtime's end; so what is installed stays, whether the script has a variable for it or not. May raise.
 */
void lunatik_keep(lua_State *L, int object);
/* Pushes that value; nil if there is none. Does not raise. */
void lunatik_pushkept(lua_State *L, const lunatik_object_t *object);
void lunatik_drop(lua_State *L, const lunatik_object_t *object);

/*
 * A value on its way from one runtime to another.
 */
struct lunatik_value {
	int type;			/* of Lua: LUA_TNIL … */
	union {
		lua_Integer integer;
		bool boolean;
		void *pointer;
		lunatik_object_t *object;	/* LUA_TUSERDATA; a reference */
		char *string;			/* kmalloc()ed */
	};
	size_t len;
};

/* Fills it with what is at index. Raises if that is a table, a function or a coroutine, or there is no memory. */
void lunatik_checkvalue(lua_State *L, int index, struct lunatik_value *value);
/* May raise. */
void lunatik_pushvalue(lua_State *L, const struct lunatik_value *value);
void lunatik_putvalue(struct lunatik_value *value);

/*
 * A library: what require(name) gives. A module has one, and says so by module_lunatik(library, "name"): then require() loads it.
 */
struct lunatik_library {
	const char *name;
	lua_CFunction open;		/* returns the library */
	struct module *owner;
	struct list_head list;		/* the core's */
};

int lunatik_register(struct lunatik_library *library);
void lunatik_unregister(struct lunatik_library *library);

#define LUNATIK_ALIAS	"lunatik-"	/* of the module that has a library */
#define module_lunatik(library, name)				\
	module_driver(library, lunatik_register, lunatik_unregister);	\
	MODULE_ALIAS(LUNATIK_ALIAS name)

/* Sets field name of the table on top of the stack to a table of these. */
struct lunatik_constant {
	const char *name;
	lua_Integer value;
};
void lunatik_setconstants(lua_State *L, const char *name, const struct lunatik_constant *constants, size_t n);

/*
 * Goes on with the function that the runtime's script has returned, or where it has yielded, with nargs values. Returns how
 * many it yields or returns, of which the first max are in results, or -errno with why in error[size]: -ENXIO if it is closed
 * or has ended. Outside of the runtime. abort: the visit ends soon after that becomes true; or NULL. *is_over: it has
 * returned.
 */
int lunatik_resume(lunatik_object_t *runtime, enum lunatik_context context, const bool *abort,
		   const struct lunatik_value *args, int nargs, struct lunatik_value *results, int max, bool *is_over,
		   char *error, size_t size);

/* Raises the integer -err, as scripts of Lunatik's libraries expect it. err: -EINVAL and so on. */
int lunatik_throw(lua_State *L, int err);

/*
 * Field name of the table at index: of this type, or an error is raised that names it.
 */
void lunatik_checkfield(lua_State *L, int index, const char *name, int type);

#endif
