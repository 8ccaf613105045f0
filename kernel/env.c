/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Runtimes of scripts that are not packets': who is in one, what it may do there, and how it ends.
 */
#define pr_fmt(fmt) "packetscript: " fmt

#include <linux/bottom_half.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "compile.h"
#include "env.h"
#include "host_kernel.h"
#include "inside.h"
#include "reference.h"
#include "script.h"
#include "watch.h"

struct ps_env_limits ps_env_limits = {
	.process_ms = 0,
	.hardirq_ms = 20,
	.process_mib = 0,
	.interrupt_mib = 16,
};

static LIST_HEAD(envs);
static DEFINE_SPINLOCK(envs_lock);

lunatik_object_t *lunatik_toruntime(lua_State *L)
{
	return &ps_env_here(L)->object;
}
EXPORT_SYMBOL_GPL(lunatik_toruntime);

const char *lunatik_script(lunatik_object_t *runtime)
{
	return ps_env_of(runtime)->script;
}
EXPORT_SYMBOL_GPL(lunatik_script);

/*
 * The lock.
 *
 * Who comes from within another runtime of hard interrupts, as a probe of what that calls does, or from within a script of packets, must not
 * wait: somebody may come the other way on another CPU. No other kind of lock is waited for there.
 */
static DEFINE_PER_CPU(unsigned int, hardirq_locks);	/* that this CPU has */

static bool lock_hardirq(struct ps_env *env, unsigned long *flags)
{
	local_irq_save(*flags);
	if (!__this_cpu_read(hardirq_locks) && !__this_cpu_read(ps_is_inside)) {
		spin_lock(&env->hardirq_spin);
	} else if (!spin_trylock(&env->hardirq_spin)) {
		local_irq_restore(*flags);
		return false;
	}
	__this_cpu_inc(hardirq_locks);
	return true;
}

static void unlock_hardirq(struct ps_env *env, unsigned long flags)
{
	__this_cpu_dec(hardirq_locks);
	spin_unlock_irqrestore(&env->hardirq_spin, flags);
}

/* flags: whether softirqs were disabled before. */
static int lock_softirq(struct ps_env *env, unsigned long *flags)
{
	*flags = in_softirq();
	if (!*flags)
		local_bh_disable();
	if (likely(ps_lock_inside(&env->softirq_spin)))
		return 0;
	if (!*flags)
		local_bh_enable();
	return -EDEADLK;
}

static __always_inline void unlock_softirq(struct ps_env *env, unsigned long flags)
{
	ps_unlock_inside(&env->softirq_spin);
	if (unlikely(!flags))
		local_bh_enable();
}

static void unlock(struct ps_env *env, enum lunatik_context level, unsigned long flags)
{
	if (level == LUNATIK_PROCESS) {
		WRITE_ONCE(env->owner, NULL);
		mutex_unlock(&env->mutex);
		return;
	}
	if (level == LUNATIK_SOFTIRQ) {
		unlock_softirq(env, flags);
		return;
	}
	WRITE_ONCE(env->cpu, -1);
	unlock_hardirq(env, flags);
}

/* The runtime ends, or this visit, or those within which it came to be. */
static bool must_end(const struct lunatik_entry *entry)
{
	for (; entry; entry = entry->outer) {
		if (READ_ONCE(ps_env_of(entry->runtime)->is_stopping) || (entry->abort && READ_ONCE(*entry->abort)))
			return true;
	}
	return false;
}

/* Nobody who waits for a mutex can be told that the runtime which it comes from ends: so it looks now and then. */
static int lock_from(struct mutex *mutex, const struct lunatik_entry *outer)
{
	while (!mutex_trylock(mutex)) {
		if (must_end(outer) || signal_pending(current))
			return -ERESTARTSYS;
		schedule_timeout_interruptible(1);
	}
	return 0;
}

/* How long who may sleep waits for the runtime. */
enum waiting {
	WAIT_UNLESS_SIGNALLED,
	WAIT_ANYWAY,
	WAIT_BRIEFLY	/* as others wait for him, who cannot be told to end */
};

static int lock_briefly(struct mutex *mutex)
{
	unsigned long end = jiffies + msecs_to_jiffies(READ_ONCE(ps_limits.packet_ms)) + 1;

	while (!mutex_trylock(mutex)) {
		if (time_after(jiffies, end))
			return -EBUSY;
		schedule_timeout_uninterruptible(1);
	}
	return 0;
}

/* outer: the visit in another runtime that the caller comes from; or NULL. */
static int lock_mutex(struct ps_env *env, const struct lunatik_entry *outer, enum waiting waiting)
{
	int err = 0;

	if (READ_ONCE(env->owner) == current)
		return -EDEADLK;
	if (outer)
		err = lock_from(&env->mutex, outer);
	else if (waiting == WAIT_BRIEFLY)
		err = lock_briefly(&env->mutex);
	else if (waiting == WAIT_UNLESS_SIGNALLED)
		err = mutex_lock_interruptible(&env->mutex) ? -ERESTARTSYS : 0;
	else
		mutex_lock(&env->mutex);
	if (!err)
		WRITE_ONCE(env->owner, current);
	return err;
}

static int lock_spin(struct ps_env *env, enum lunatik_context level, unsigned long *flags)
{
	bool is_held;

	if (level == LUNATIK_SOFTIRQ)
		return lock_softirq(env, flags);
	/* who has it on this CPU has been interrupted by the caller, who stays here: others cannot run here meanwhile */
	preempt_disable();
	is_held = READ_ONCE(env->cpu) == smp_processor_id();
	preempt_enable();
	if (is_held || !lock_hardirq(env, flags))
		return -EDEADLK;
	WRITE_ONCE(env->cpu, smp_processor_id());
	return 0;
}

/* What a packet mostly finds. False: nothing has been done. */
static __always_inline bool lock_quickly(struct ps_env *env, struct lunatik_entry *entry)
{
	if (unlikely(READ_ONCE(env->level) != LUNATIK_SOFTIRQ || !in_softirq() || !ps_lock_inside(&env->softirq_spin)))
		return false;
	if (unlikely(env->level != LUNATIK_SOFTIRQ)) {
		unlock_softirq(env, true);
		return false;
	}
	entry->level = LUNATIK_SOFTIRQ;
	entry->flags = true;
	env->bind.rt.is_atomic = true;
	return true;
}

/* Which kind of lock it is may have changed while it was waited for. */
static int lock(struct ps_env *env, struct lunatik_entry *entry, enum lunatik_context context, const struct lunatik_entry *outer,
		enum waiting waiting)
{
	unsigned long flags = 0;
	enum lunatik_context level;
	int err;

	for (;;) {
		level = READ_ONCE(env->level);
		if (context > level)
			return -EAGAIN;
		/* at the level of hard interrupts, too */
		if (context == LUNATIK_SOFTIRQ && env->is_loaded && (this_cpu_read(ps_is_inside) || irqs_disabled()))
			return -EDEADLK;
		err = level == LUNATIK_PROCESS ? lock_mutex(env, outer, waiting) : lock_spin(env, level, &flags);
		if (err)
			return err;
		if (level == env->level)
			break;
		unlock(env, level, flags);
	}
	entry->level = level;
	entry->flags = flags;
	env->bind.rt.is_atomic = level != LUNATIK_PROCESS;
	return 0;
}

/*
 * Limits. Only the time of this visit counts; where a function has slept, it goes on with what was left.
 */

#define STACK(bytes)	((bytes) * (THREAD_SIZE / 16384))	/* as much more as debugging makes frames larger */
#define OVERFLOW_STACK	STACK(512)	/* above the limit of the visit that is interrupted, in which the other one handles an overflow */
#define RESUME_STACK	STACK(1536)	/* in which a function that is resumed at least can make a protected call, and see that there is not enough for more */
#define BEGIN_STACK	STACK(2048)	/* that a runtime takes in process context before its script calls anything */

/* To where the visit with interrupts disabled that this CPU is in may use the stack; 0: there is none. */
static DEFINE_PER_CPU(unsigned long, hardirq_end);

/* How much of an interrupt's stack is used cannot be told. So visits within each other have together what the first one may have. */
static void limit_stack(struct ps_guard *guard, unsigned long soft, unsigned long hard)
{
	guard->stack_soft = max(guard->stack_soft, soft);
	guard->stack_hard = max(guard->stack_hard, hard);
}

/* Whether a visit within outer, or NULL, has enough of its stack. Else why not is in error[size]. */
static bool has_stack(const struct lunatik_entry *outer, enum lunatik_context context, char *error, size_t size)
{
	unsigned long sp = ps_stack_pointer();

	if (!outer || (context == LUNATIK_PROCESS ? ps_host_has_stack(BEGIN_STACK) : sp >= outer->stack_soft + RESUME_STACK))
		return true;
	snprintf(error, size, "too many runtimes are within each other: all of them have one stack, which has no room for another one");
	return false;
}

/* Milliseconds of a visit in an interrupt; 0: no limit */
static unsigned int level_ms(enum lunatik_context level)
{
	return level == LUNATIK_HARDIRQ ? READ_ONCE(ps_env_limits.hardirq_ms) : READ_ONCE(ps_limits.packet_ms);
}

static void begin_limits(struct ps_env *env, struct lunatik_entry *entry, unsigned int process_ms)
{
	struct ps_guard *guard = &env->bind.rt.guard;
	unsigned long sp = ps_stack_pointer();
	size_t budget;

	guard->running = entry->running;
	guard->expired = entry->expired;
	/* else budgets count, and how often it is stopped: not with interrupts disabled, as that time is the clock's, also when a host holds the machine up */
	guard->is_loading = entry->level != LUNATIK_SOFTIRQ || entry->context == LUNATIK_PROCESS;
	switch (entry->level) {
	case LUNATIK_PROCESS:
		budget = ps_host_enter_work(env->bind.rt.work, guard, process_ms, sp);
		if (entry->context != LUNATIK_PROCESS)	/* the kernel may be deep in something, and is not asked what it needs */
			budget = min(budget, ps_host_stack(sp));
		ps_guard_stack(guard, sp, budget);
		break;
	case LUNATIK_SOFTIRQ:
		ps_guard_stack(guard, sp, ps_host_enter(guard, level_ms(entry->level), sp));
		break;
	default:	/* what is interrupted may have used some of this stack, and a script of it */
		ps_guard_stack(guard, sp, ps_host_stack(sp) / 2);
		entry->interrupted = this_cpu_read(hardirq_end);	/* by a probe of what the other one calls */
		if (entry->interrupted)
			limit_stack(guard, entry->interrupted + OVERFLOW_STACK, entry->interrupted);
		ps_runtime_begin_clock(&env->bind.rt, entry->running, level_ms(entry->level));
	}
	if (entry->outer && entry->context != LUNATIK_PROCESS)
		limit_stack(guard, entry->outer->stack_soft, entry->outer->stack_hard);
	if (entry->is_asleep) {	/* and goes on */
		guard->stack_soft = entry->stack_soft;
		guard->stack_hard = entry->stack_hard;
	}
	if (entry->level == LUNATIK_HARDIRQ)
		this_cpu_write(hardirq_end, guard->stack_soft);
}

static void end_limits(struct ps_env *env, struct lunatik_entry *entry)
{
	struct ps_guard *guard = &env->bind.rt.guard;

	switch (entry->level) {
	case LUNATIK_PROCESS:
		entry->left = ps_host_leave_work(env->bind.rt.work);
		break;
	case LUNATIK_SOFTIRQ:
		ps_host_leave();
		break;
	default:
		ps_runtime_end_clock(&env->bind.rt, guard->running);
		this_cpu_write(hardirq_end, entry->interrupted);
	}
	entry->running = guard->running;
	entry->expired = guard->expired;
	guard->expired = PS_EXPIRED_NOT;
}

static unsigned int process_ms(void)
{
	unsigned int ms = READ_ONCE(ps_env_limits.process_ms);

	return ms ? ms : ~0u;
}

/*
 * Coroutines of visits. They are in the registry, by their address.
 */
static int new_coroutine(lua_State *L)
{
	lua_State *co = lua_newthread(L);

	lua_rawsetp(L, LUA_REGISTRYINDEX, co);
	lua_pushlightuserdata(L, co);
	return 1;
}

static int drop_coroutine(lua_State *L)
{
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, lua_touserdata(L, 1));
	return 0;
}

/* In the main coroutine, in which nothing else ever runs. */
static lua_State *call_main(struct ps_env *env, lua_CFunction f, void *argument)
{
	unsigned long sp = ps_stack_pointer();
	lua_State *L = env->bind.rt.L, *co;

	ps_guard_stack(&env->bind.rt.guard, sp, ps_host_stack(sp) / 2);
	env->bind.rt.guard.running = L;
	lua_pushcfunction(L, f);
	lua_pushlightuserdata(L, argument);
	co = lua_pcall(L, 1, 1, 0) == LUA_OK ? lua_touserdata(L, -1) : NULL;
	lua_settop(L, 0);
	return co;
}

static lua_State *take_coroutine(struct ps_env *env)
{
	if (likely(env->idles))
		return env->idle[--env->idles];
	return call_main(env, new_coroutine, NULL);
}

static void give_coroutine(struct ps_env *env, lua_State *co)
{
	if (likely(env->idles < PS_RUNTIME_IDLE))
		env->idle[env->idles++] = co;
	else
		call_main(env, drop_coroutine, co);
}

/*
 * Errors.
 */
static int add_traceback(lua_State *L)
{
	luaL_tolstring(L, 1, NULL);
	luaL_traceback(L, L, lua_tostring(L, -1), 1);
	return 1;
}

#define LINES_MAX	10	/* errors in 5 s; prints may be ten times as many */

/* A line of the log for each of the text. */
static void log_lines(const char *script, const char *what, const char *text)
{
	const char *end;
	char line[256];

	for (; *text; text = *end ? end + 1 : end) {
		end = strchrnul(text, '\n');
		snprintf(line, sizeof(line), "%s: %s%.*s", script, what, (int)(end - text), text);
		ps_host_log(PS_LOG_ERR, line);
	}
}

static void log_error(struct ps_env *env, const char *what, const char *text)
{
	unsigned int left_out;
	char line[64];

	if (!ps_host_may_log(&env->log, &left_out))
		return;
	if (left_out) {
		snprintf(line, sizeof(line), "%u errors left out", left_out);
		log_lines(env->script, "", line);
	}
	log_lines(env->script, what, text);
}

void lunatik_log(lunatik_object_t *runtime, const char *what, const char *text)
{
	log_error(ps_env_of(runtime), what, text);
}
EXPORT_SYMBOL_GPL(lunatik_log);

/* As lua_pcall(), where the message has a traceback. */
static int call(lua_State *L, int nargs, int nresults)
{
	int handler = lua_gettop(L) - nargs, status;

	lua_pushcfunction(L, add_traceback);
	lua_insert(L, handler);
	status = lua_pcall(L, nargs, nresults, handler);
	lua_remove(L, handler);
	return status;
}

static const char *error_text(lua_State *L)
{
	const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;

	return text ? text : "an error without text";
}

int lunatik_call(lua_State *L, int nargs, int nresults, const char *what)
{
	int status = call(L, nargs, nresults);

	if (likely(status == LUA_OK))
		return status;
	log_error(ps_env_here(L), what, error_text(L));
	lua_pop(L, 1);
	return status;
}
EXPORT_SYMBOL_GPL(lunatik_call);

/*
 * Visits.
 */

/* Of one that interrupts have found too slow, again and again: what it would do is not done any more. */
static void recover(struct ps_env *env, const struct lunatik_entry *entry)
{
	struct ps_guard *guard = &env->bind.rt.guard;
	int before = guard->refused;

	lua_sethook(entry->L, NULL, 0, 0);
	guard->expired = entry->expired;
	ps_watch_stopped(guard);
	guard->expired = PS_EXPIRED_NOT;
	ps_env_of(entry->runtime)->bind.rt.expired_at[0] = 0;
	if (guard->refused == PS_REFUSED_STOPS && before != PS_REFUSED_STOPS)
		log_lines(env->script, "", "stopped by the time limit too often: it is not called any more, until it is run anew");
}

static int may_enter(struct ps_env *env, enum lunatik_context context, enum waiting waiting)
{
	if (env->is_stopping || env->is_closed)
		return -ENXIO;
	if (context == LUNATIK_PROCESS && waiting != WAIT_BRIEFLY)
		return 0;
	if (context != LUNATIK_PROCESS && !env->is_loaded)
		return -EAGAIN;
	return env->bind.rt.guard.refused && ps_watch_is_refused(&env->bind.rt.guard) ? -EBUSY : 0;
}

/* A quick visit is not watched. */
static __always_inline int begin_visit(lunatik_object_t *runtime, struct lunatik_entry *entry, enum lunatik_context context,
				       const struct lunatik_entry *outer, enum waiting waiting, bool is_quick)
{
	struct ps_env *env = ps_env_of(runtime);
	int err;

	if (!is_quick || unlikely(!lock_quickly(env, entry))) {
		err = lock(env, entry, context, outer, waiting);
		if (unlikely(err)) {
			if (err == -EDEADLK && context == LUNATIK_SOFTIRQ && !outer)
				pr_warn_ratelimited("%s: not called for a packet that a script or the log has made at once\n", env->script);
			return err;
		}
	}
	err = may_enter(env, context, waiting);
	if (unlikely(err))
		goto err_unlock;
	entry->L = take_coroutine(env);
	err = -ENOMEM;
	if (unlikely(!entry->L))
		goto err_unlock;
	entry->runtime = runtime;
	entry->context = waiting == WAIT_BRIEFLY ? LUNATIK_SOFTIRQ : context;	/* which must not sleep */
	entry->task = context == LUNATIK_PROCESS ? current : NULL;
	entry->running = entry->L;
	entry->abort = NULL;
	entry->outer = outer;
	entry->expired = PS_EXPIRED_NOT;
	entry->is_asleep = false;
	entry->has_deadline = false;
	entry->has_end = false;
	env->current_entry = entry;
	if (is_quick)
		INIT_LIST_HEAD(&entry->list);	/* nobody looks for it while it has the lock */
	else
		list_add(&entry->list, &env->entries);
	if (is_quick && likely(entry->level == LUNATIK_SOFTIRQ))
		env->bind.rt.guard.running = entry->L;
	else
		begin_limits(env, entry, waiting == WAIT_BRIEFLY ? min(process_ms(), READ_ONCE(ps_limits.packet_ms)) : process_ms());
	return 0;
err_unlock:
	unlock(env, entry->level, entry->flags);
	return err;
}

static int enter(lunatik_object_t *runtime, struct lunatik_entry *entry, enum lunatik_context context,
		 const struct lunatik_entry *outer, enum waiting waiting)
{
	return begin_visit(runtime, entry, context, outer, waiting, false);
}

int lunatik_enter(lunatik_object_t *runtime, struct lunatik_entry *entry, enum lunatik_context context)
{
	return enter(runtime, entry, context, NULL, WAIT_UNLESS_SIGNALLED);
}
EXPORT_SYMBOL_GPL(lunatik_enter);

int lunatik_enteranyway(lunatik_object_t *runtime, struct lunatik_entry *entry)
{
	return enter(runtime, entry, LUNATIK_PROCESS, NULL, WAIT_ANYWAY);
}
EXPORT_SYMBOL_GPL(lunatik_enteranyway);

int lunatik_enterbriefly(lunatik_object_t *runtime, struct lunatik_entry *entry)
{
	return enter(runtime, entry, LUNATIK_PROCESS, NULL, WAIT_BRIEFLY);
}
EXPORT_SYMBOL_GPL(lunatik_enterbriefly);

static __always_inline void end_visit(struct ps_env *env, struct lunatik_entry *entry, bool is_quick)
{
	if (unlikely(entry->expired))
		recover(env, entry);
	give_coroutine(env, entry->L);
	if (unlikely(!is_quick || !list_empty(&entry->list)))
		list_del(&entry->list);
	env->current_entry = NULL;
	if (unlikely(env->is_stopping))
		wake_up_all(&env->gone);
	if (is_quick && likely(entry->level == LUNATIK_SOFTIRQ))
		unlock_softirq(env, entry->flags);
	else
		unlock(env, entry->level, entry->flags);
}

void lunatik_leave(lunatik_object_t *runtime, struct lunatik_entry *entry)
{
	struct ps_env *env = ps_env_of(runtime);

	lua_settop(entry->L, 0);
	end_limits(env, entry);
	end_visit(env, entry, false);
}
EXPORT_SYMBOL_GPL(lunatik_leave);

/*
 * Quick visits.
 */
static noinline int tell_failure(struct ps_env *env, lua_State *L, int status, const char *what)
{
	log_error(env, what, error_text(L));
	lua_settop(L, 0);
	return status;
}

/* Where interrupts are disabled, compiled code would not see the time go by. */
static noinline int handle_slowly(lua_State *L, const struct lunatik_handler *handler, struct ps_guest *guest)
{
	int status;

	ps_guest_push(L, handler->function, guest->block);
	status = lunatik_call(L, 1, 1, handler->what);
	guest->is_integer = status == LUA_OK && lua_isinteger(L, -1);
	if (guest->is_integer) {
		guest->result = lua_tointeger(L, -1);
		lua_pop(L, 1);
	}
	return status;
}

static __always_inline int call_handler(struct ps_env *env, struct lunatik_entry *entry, const struct lunatik_handler *handler,
					struct ps_guest *guest)
{
	struct ps_guard *guard = &env->bind.rt.guard;
	int status;

	if (unlikely(entry->level != LUNATIK_SOFTIRQ))
		return handle_slowly(entry->L, handler, guest);
	status = ps_guest_call(entry->L, handler->function, guest, add_traceback);
	if (unlikely(guard->expired)) {
		entry->expired = guard->expired;
		guard->expired = PS_EXPIRED_NOT;
	}
	return likely(status == LUA_OK) ? status : tell_failure(env, entry->L, status, handler->what);
}

int lunatik_handle(lunatik_object_t *runtime, const struct lunatik_handler *handler, struct ps_guest *guest)
{
	struct ps_env *env = ps_env_of(runtime);
	struct lunatik_entry entry ps_uninit;
	int err, status;

	err = begin_visit(runtime, &entry, LUNATIK_SOFTIRQ, NULL, WAIT_ANYWAY, true);
	if (unlikely(err))
		return err;
	env->bind.rt.guard.is_loading = entry.level != LUNATIK_SOFTIRQ;	/* else budgets count */
	do {
		*handler->place = guest;
		status = call_handler(env, &entry, handler, guest);
		*handler->place = NULL;
		if (unlikely(guest->is_shown))
			*handler->window = ps_no_window;
	} while (unlikely(status != LUA_OK || !guest->is_integer || guest->result != handler->usual || guest->is_touched) &&
		 handler->settle(entry.L, guest, status));
	if (unlikely(entry.level != LUNATIK_SOFTIRQ)) {
		lua_settop(entry.L, 0);
		end_limits(env, &entry);
	}
	end_visit(env, &entry, true);
	return 0;
}
EXPORT_SYMBOL_GPL(lunatik_handle);

int lunatik_callanew(lua_State *L, int nargs, int nresults, const char *what)
{
	struct ps_env *env = ps_env_here(L);
	struct lunatik_entry *entry = env->current_entry;
	int status;

	if (entry->level != LUNATIK_SOFTIRQ)
		return lunatik_call(L, nargs, nresults, what);
	begin_limits(env, entry, process_ms());
	status = lunatik_call(L, nargs, nresults, what);
	end_limits(env, entry);
	return status;
}
EXPORT_SYMBOL_GPL(lunatik_callanew);

struct ps_function *lunatik_newhandler(lua_State *L, const void *userdata)
{
	return ps_guest_take(L, userdata, ps_compile_guest);
}
EXPORT_SYMBOL_GPL(lunatik_newhandler);

void lunatik_freehandler(lua_State *L, struct ps_function *handler)
{
	ps_guest_put(L, handler);
}
EXPORT_SYMBOL_GPL(lunatik_freehandler);

/*
 * Sleeping.
 */
bool lunatik_maysleep(lua_State *L)
{
	return ps_env_here(L)->current_entry->context == LUNATIK_PROCESS;
}
EXPORT_SYMBOL_GPL(lunatik_maysleep);

bool lunatik_cansleep(lua_State *L)
{
	return lunatik_maysleep(L) && ps_host_has_stack(0);
}
EXPORT_SYMBOL_GPL(lunatik_cansleep);

void lunatik_checksleep(lua_State *L, const char *function)
{
	if (!lunatik_maysleep(L))
		luaL_error(L, "%s may sleep, which what is called in an interrupt must not: call it where the script is loaded, or in a "
			   "runtime in process context", function);
	if (unlikely(!ps_host_has_stack(0)))
		luaL_error(L, "%s is not possible so deep: too little of the kernel's stack is left where functions and runtimes are within each other",
			   function);
}
EXPORT_SYMBOL_GPL(lunatik_checksleep);

gfp_t lunatik_gfp(lua_State *L)
{
	if (ps_env_here(L)->bind.rt.is_atomic)
		return GFP_ATOMIC;
	return ps_host_has_stack(0) ? GFP_KERNEL : GFP_NOWAIT | __GFP_NOWARN;
}
EXPORT_SYMBOL_GPL(lunatik_gfp);

/* Interrupts stay disabled while the visit is outside of the runtime: so what is used of this stack stays known. */
static bool stays_on_stack(const struct lunatik_entry *entry)
{
	return entry->level == LUNATIK_HARDIRQ && entry->context != LUNATIK_PROCESS && irqs_disabled_flags(entry->flags);
}

/* The visit is outside of the runtime from here to lunatik_awake(). Who takes the lock from now on takes it as level says. */
static struct lunatik_entry *step_out(struct ps_env *env, enum lunatik_context level)
{
	struct lunatik_entry *entry = env->current_entry;

	end_limits(env, entry);
	entry->stack_soft = env->bind.rt.guard.stack_soft;
	entry->stack_hard = env->bind.rt.guard.stack_hard;
	entry->is_asleep = true;
	if (stays_on_stack(entry))
		this_cpu_write(hardirq_end, entry->stack_soft);
	if (entry->level != LUNATIK_PROCESS && entry->context != LUNATIK_PROCESS && !entry->has_deadline && level_ms(entry->level)) {
		entry->left = ps_host_now() + level_ms(entry->level);
		entry->has_deadline = true;
	}
	if (list_empty(&entry->list))	/* a quick visit */
		list_add(&entry->list, &env->entries);
	env->current_entry = NULL;
	WRITE_ONCE(env->level, level);
	unlock(env, entry->level, entry->flags);
	return entry;
}

struct lunatik_entry *lunatik_sleep(lua_State *L)
{
	struct ps_env *env = ps_env_here(L);

	return step_out(env, env->level);
}
EXPORT_SYMBOL_GPL(lunatik_sleep);

#define ENDING_MS	100	/* for which who is to end may go on, from one sleep to the next */

/* Who never sleeps for long is not found by the timer, which begins anew each time. */
static bool should_have_ended(struct lunatik_entry *entry)
{
	if (!must_end(entry) && !(entry->task && fatal_signal_pending(entry->task)))
		return false;
	if (!entry->has_end) {
		entry->has_end = true;
		entry->ends_at = ps_host_now() + ENDING_MS;
	}
	return (int)(ps_host_now() - entry->ends_at) >= 0;
}

void lunatik_awake(struct lunatik_entry *entry)
{
	struct ps_env *env = ps_env_of(entry->runtime);
	int err;

	if (stays_on_stack(entry))
		this_cpu_write(hardirq_end, entry->interrupted);
	if (entry->context == LUNATIK_PROCESS)
		ps_host_rest();
	/*
	 * who is inside keeps the runtime from closing, so this comes to an end; it is nobody's own lock, as the visit is asleep, and has to be had
	 * where others would not wait for it
	 */
	do
		err = lock(env, entry, min(entry->context, env->level), NULL, WAIT_ANYWAY);
	while (err == -EDEADLK && entry->context != LUNATIK_PROCESS);
	WARN_ON(err);
	env->current_entry = entry;
	begin_limits(env, entry, max(entry->left, 1u));
	entry->is_asleep = false;
	/* each time that it goes on is another run to who watches: all of them have no more than one */
	if (entry->has_deadline && (int)(ps_host_now() - entry->left) >= 0)
		ps_runtime_expire(&env->bind.rt.guard, PS_EXPIRED_OWN);
	if (should_have_ended(entry))
		ps_runtime_expire(&env->bind.rt.guard, PS_EXPIRED_STOPPED);
}
EXPORT_SYMBOL_GPL(lunatik_awake);

static bool must_end_now(const struct ps_guard *guard)
{
	return must_end(container_of(guard, struct ps_env, bind.rt.guard)->current_entry);
}

bool lunatik_isending(const struct lunatik_entry *entry)
{
	return must_end(entry);
}
EXPORT_SYMBOL_GPL(lunatik_isending);

bool lunatik_isstopping(const struct lunatik_entry *entry)
{
	return must_end(entry) || signal_pending(current);
}
EXPORT_SYMBOL_GPL(lunatik_isstopping);

static size_t memory_max(enum lunatik_context level)
{
	unsigned int mib = READ_ONCE(*(level == LUNATIK_PROCESS ? &ps_env_limits.process_mib :
							       &ps_env_limits.interrupt_mib));

	return mib ? (size_t)mib * 1024 * 1024 : LONG_MAX;
}

static size_t objects_memory(const struct ps_env *env)
{
	return atomic_long_read(&env->account->used);
}

static bool has_room(const struct ps_env *env, size_t max)
{
	return env->bind.rt.memory <= max && objects_memory(env) <= max;
}

/* With more than it may have there a script would fail whenever it is called. */
static void check_room(lua_State *L, enum lunatik_context level)
{
	const struct ps_env *env = ps_env_here(L);
	size_t max = memory_max(level);

	if (level == LUNATIK_PROCESS || has_room(env, max))
		return;
	lua_gc(L, LUA_GCCOLLECT);
	if (!has_room(env, max))
		luaL_error(L, "the script has %I KiB of memory and its objects have %I KiB: where interrupts call it, each may be %I MiB "
			   "(interrupt_mib)", (lua_Integer)env->bind.rt.memory / 1024, (lua_Integer)objects_memory(env) / 1024,
			   (lua_Integer)max / (1024 * 1024));
}

/* The kind of lock changes while the visit is outside. */
void lunatik_calledin(lua_State *L, enum lunatik_context context)
{
	struct ps_env *env = ps_env_here(L);

	if (env->is_loaded && env->level < context)
		check_room(L, context);
	env->wanted = max(env->wanted, context);
	if (!env->is_loaded || env->level >= env->wanted)
		return;
	env->bind.rt.memory_max = memory_max(env->wanted);
	lunatik_awake(step_out(env, env->wanted));
}
EXPORT_SYMBOL_GPL(lunatik_calledin);

/*
 * Modules whose code the runtime may call.
 */
bool ps_env_add_owner(struct ps_env *env, struct module *owner)
{
	if (env->nowners == PS_RUNTIME_OWNERS)
		return false;
	env->owners[env->nowners++] = owner;
	return true;
}

bool ps_env_has_owner(const struct ps_env *env, const struct module *owner)
{
	unsigned int i;

	for (i = 0; i < env->nowners; i++) {
		if (env->owners[i] == owner)
			return true;
	}
	return owner == THIS_MODULE;
}

void ps_env_hold(lua_State *L, struct module *owner)
{
	struct ps_env *env = ps_env_here(L);

	if (ps_env_has_owner(env, owner))
		return;
	if (!ps_env_add_owner(env, owner))
		luaL_error(L, "this runtime has libraries of too many modules");
	__module_get(owner);
}

/*
 * The end.
 */
static void close_state(struct ps_env *env)
{
	unsigned long flags;

	env->bind.rt.is_atomic = false;
	env->bind.rt.guard.must_end = NULL;
	ps_runtime_clean(&env->bind.rt);
	ps_guests_free(&env->bind);
	if (env->bind.registry.protos)
		ps_bind_clean(&env->bind);
	ps_objects_put(&env->bind.rt);
	while (env->nowners)
		module_put(env->owners[--env->nowners]);
	spin_lock_irqsave(&envs_lock, flags);
	list_del_init(&env->list);
	spin_unlock_irqrestore(&envs_lock, flags);
	complete_all(&env->closed);
}

static void release_env(lunatik_object_t *object)
{
	struct ps_env *env = ps_env_of(object);

	if (!env->is_closed)
		close_state(env);
	ps_account_put(env->account);
	mutex_destroy(&env->mutex);
}

const struct lunatik_class ps_env_class = {
	.name = "runtime",
	.methods = ps_env_methods,
	.release = release_env,
	.owner = THIS_MODULE,
};

/* Within the lock. */
static bool is_inside(const struct ps_env *env, const struct task_struct *task)
{
	const struct lunatik_entry *entry;

	list_for_each_entry(entry, &env->entries, list) {
		if (entry->task == task)
			return true;
	}
	return false;
}

static void wake_sleepers(const struct ps_env *env)
{
	const struct lunatik_entry *entry;

	list_for_each_entry(entry, &env->entries, list) {
		if (!entry->task || !entry->is_asleep)
			continue;
		if (entry->task->flags & PF_KTHREAD)
			send_sig(SIGTERM, entry->task, 1);
		wake_up_process(entry->task);
	}
}

static bool is_stopping(const struct ps_env *own)
{
	return own && READ_ONCE(own->is_stopping);
}

#define AGAIN	(HZ / 20)	/* between two attempts to wake who sleeps */

/* Waits until nobody is inside. Returns 0: the caller closes it; 1: another one does or has; or -errno. */
static int wait_until_empty(struct ps_env *env, const struct ps_env *own)
{
	struct lunatik_entry visit;
	int ret;

	for (;;) {
		ret = lock(env, &visit, LUNATIK_PROCESS, NULL, WAIT_ANYWAY);
		if (ret)
			return ret;
		if (env->is_closed)
			ret = 1;
		else if (is_inside(env, current))
			ret = -EDEADLK;
		else if (list_empty(&env->entries))
			env->is_closed = true;
		else
			ret = -EAGAIN;
		if (ret == -EAGAIN)
			wake_sleepers(env);
		unlock(env, visit.level, visit.flags);
		if (ret != -EAGAIN)
			return ret;
		wait_event_timeout(env->gone, list_empty_careful(&env->entries) || is_stopping(own), AGAIN);
		if (is_stopping(own))
			return -EINTR;
	}
}

/* Whether the visit, or one within which it came to be, is in there. */
static bool is_within(const struct lunatik_entry *entry, const lunatik_object_t *runtime)
{
	while (entry && entry->runtime != runtime)
		entry = entry->outer;
	return entry;
}

int ps_env_stop(lunatik_object_t *runtime, const struct lunatik_entry *by)
{
	struct ps_env *env = ps_env_of(runtime), *mine = by ? ps_env_of(by->runtime) : NULL;
	int ret;

	if (is_within(by, runtime))
		return -EDEADLK;
	WRITE_ONCE(env->is_stopping, true);
	ret = wait_until_empty(env, mine);
	if (!ret) {
		close_state(env);
		return 0;
	}
	while (ret == 1 && !wait_for_completion_timeout(&env->closed, AGAIN)) {
		if (is_stopping(mine))
			ret = -EINTR;
	}
	return min(ret, 0);
}

/* A reference to the first that may be stopped by this visit, or NULL. */
static lunatik_object_t *get_another(const struct lunatik_entry *by)
{
	lunatik_object_t *found = NULL;
	unsigned long flags;
	struct ps_env *env;

	spin_lock_irqsave(&envs_lock, flags);
	list_for_each_entry(env, &envs, list) {
		if (env->is_scripts && !is_within(by, &env->object) && kref_get_unless_zero(&env->object.kref)) {
			found = &env->object;
			break;
		}
	}
	spin_unlock_irqrestore(&envs_lock, flags);
	return found;
}

/* What is closed is in the list no more, so this comes to an end unless scripts make more without one. */
int ps_env_stop_all(const struct lunatik_entry *by)
{
	lunatik_object_t *runtime;
	int err;

	for (;;) {
		runtime = get_another(by);
		if (!runtime)
			return 0;
		err = lunatik_isstopping(by) ? -EINTR : ps_env_stop(runtime, by);
		lunatik_putobject(runtime);
		if (err)
			return err;
	}
}

int lunatik_stop(lunatik_object_t *runtime)
{
	int err = ps_env_stop(runtime, NULL), is_last;

	if (err)
		return err;
	is_last = lunatik_putobject(runtime);
	ps_objects_flush();
	return is_last;
}
EXPORT_SYMBOL_GPL(lunatik_stop);

lunatik_object_t *ps_env_find(const char *script)
{
	lunatik_object_t *found = NULL;
	unsigned long flags;
	struct ps_env *env;

	spin_lock_irqsave(&envs_lock, flags);
	list_for_each_entry(env, &envs, list) {
		if (!strcmp(env->script, script) && kref_get_unless_zero(&env->object.kref)) {
			found = &env->object;
			break;
		}
	}
	spin_unlock_irqrestore(&envs_lock, flags);
	return found;
}

/*
 * The beginning.
 */
struct source {
	const char *path;
	void *text;
	size_t len;
};

static bool is_script_name(const char *script)
{
	return *script && *script != '/' && strlen(script) < PS_RUNTIME_SCRIPT && !strstr(script, "..") &&
	       !strpbrk(script, "\n\r\033");
}

static int read_source(const char *script, char *path, size_t size, struct source *source, char *error, size_t error_size)
{
	static const char *const suffixes[] = { ".lua", "/init.lua" };
	char why[80];
	size_t i;

	if (!is_script_name(script)) {
		snprintf(error, error_size, "'%s' cannot be the name of a script: it is one below " PS_RUNTIME_FOLDER
			 ", without '.lua'", script);
		return -EINVAL;
	}
	for (i = 0; i < ARRAY_SIZE(suffixes); i++) {
		snprintf(path, size, PS_RUNTIME_FOLDER "/%s%s", script, suffixes[i]);
		switch (ps_host_read_first(path, PS_RUNTIME_FILE_MAX, &source->text, &source->len, why, sizeof(why))) {
		case PS_READ_DONE:
			source->path = path;
			return 0;
		case PS_READ_FAILED:
			snprintf(error, error_size, "%s: %s", path, why);
			return -EINVAL;
		default:
			break;
		}
	}
	snprintf(error, error_size, "there is no script " PS_RUNTIME_FOLDER "/%s.lua", script);
	return -EINVAL;
}

/* collectgarbage(): as in Lua, but "count" is in bytes. Upvalue: Lua's. */
static int collect_garbage(lua_State *L)
{
	if (lua_isnoneornil(L, 1) || strcmp(luaL_checkstring(L, 1), "count"))
		return lua_tocfunction(L, lua_upvalueindex(1))(L);
	lua_pushinteger(L, (lua_Integer)lua_gc(L, LUA_GCCOUNT) * 1024 + lua_gc(L, LUA_GCCOUNTB));
	return 1;
}

void ps_env_open_libraries(lua_State *L)
{
	ps_open_package(L);
	ps_open_debug(L);
	lua_getglobal(L, "collectgarbage");
	lua_pushcclosure(L, collect_garbage, 1);
	lua_setglobal(L, "collectgarbage");
	lua_pushliteral(L, LUA_VERSION "-kernel");
	lua_setglobal(L, "_VERSION");
}

/* Within a protected call. What the script returns becomes the function that resume() goes on with. */
static int load(lua_State *L)
{
	struct source *source = lua_touserdata(L, 1);
	struct ps_env *env = ps_env_here(L);
	lua_State *body;

	ps_env_open_libraries(L);
	ps_compile_file(L, source->path, source->text, source->len);
	lua_call(L, 0, 1);
	check_room(L, env->wanted);
	if (!lua_isfunction(L, -1))
		return 0;
	body = lua_newthread(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &env->body);
	lua_xmove(L, body, 1);
	env->body = body;
	return 0;
}

static int run(struct ps_env *env, const struct lunatik_entry *outer, struct source *source, char *error, size_t size)
{
	struct lunatik_entry visit;
	int err = enter(&env->object, &visit, LUNATIK_PROCESS, outer, WAIT_UNLESS_SIGNALLED);

	if (err)
		return err;
	lua_pushcfunction(visit.L, load);
	lua_pushlightuserdata(visit.L, source);
	if (call(visit.L, 1, 0) != LUA_OK) {
		snprintf(error, size, "%s", error_text(visit.L));
		err = -EINVAL;
	}
	if (!err && env->is_stopping)
		err = -ENXIO;
	env->is_loaded = !err;
	if (!err)
		WRITE_ONCE(env->level, env->wanted);
	env->bind.rt.memory_max = memory_max(env->level);
	lunatik_leave(&env->object, &visit);
	return err;
}

/* Nobody knows it yet. */
static struct ps_env *new_env(const char *script, enum lunatik_context context)
{
	struct ps_env *env = kzalloc(sizeof(*env), GFP_KERNEL);
	unsigned long flags;

	if (!env)
		return NULL;
	env->account = ps_account_new();
	if (!env->account)
		goto err_free;
	if (ps_runtime_init(&env->bind.rt, PS_CONTEXT_ANY, 0, memory_max(LUNATIK_PROCESS), NULL))
		goto err_account;
	if (ps_object_init(&env->object, &ps_env_class, GFP_KERNEL))
		goto err_runtime;
	strscpy(env->script, script, sizeof(env->script));
	env->wanted = context;
	env->cpu = -1;
	env->bind.rt.guard.must_end = must_end_now;
	env->bind.rt.name = env->script;
	env->bind.rt.log.max = 10 * LINES_MAX;
	env->log.max = LINES_MAX;
	mutex_init(&env->mutex);
	spin_lock_init(&env->softirq_spin);
	spin_lock_init(&env->hardirq_spin);
	INIT_LIST_HEAD(&env->entries);
	init_waitqueue_head(&env->gone);
	init_completion(&env->closed);
	__module_get(THIS_MODULE);
	spin_lock_irqsave(&envs_lock, flags);
	list_add_tail(&env->list, &envs);
	spin_unlock_irqrestore(&envs_lock, flags);
	return env;
err_runtime:
	ps_runtime_clean(&env->bind.rt);
err_account:
	ps_account_put(env->account);
err_free:
	kfree(env);
	return NULL;
}

int ps_env_new(lunatik_object_t **runtime, const struct lunatik_entry *outer, const char *script,
	       enum lunatik_context context, char *error, size_t size)
{
	char path[sizeof(PS_RUNTIME_FOLDER) + PS_RUNTIME_SCRIPT + 10];
	struct source source;
	struct ps_env *env;
	int err;

	if (!has_stack(outer, LUNATIK_PROCESS, error, size))
		return -ENOSPC;
	err = read_source(script, path, sizeof(path), &source, error, size);
	if (err)
		return err;
	env = new_env(script, context);
	if (!env) {
		snprintf(error, size, "not enough memory");
		err = -ENOMEM;
		goto out;
	}
	env->is_scripts = outer;
	err = run(env, outer, &source, error, size);
	if (err) {
		if (err == -ENXIO || err == -ERESTARTSYS)
			snprintf(error, size, "%s: stopped", script);
		lunatik_stop(&env->object);
	} else {
		*runtime = &env->object;
	}
out:
	ps_host_resize(source.text, source.len, 0);
	return err;
}

int lunatik_runtime(lunatik_object_t **pruntime, const char *script, bool sleep)
{
	char *error = kmalloc(PS_RUNTIME_ERROR, GFP_KERNEL);
	int err;

	if (!error)
		return -ENOMEM;
	err = ps_env_new(pruntime, NULL, script, sleep ? LUNATIK_PROCESS : LUNATIK_SOFTIRQ, error, PS_RUNTIME_ERROR);
	if (err)
		log_lines(script, "", error);
	kfree(error);
	return err == -ENOMEM ? err : err ? -EINVAL : 0;
}
EXPORT_SYMBOL_GPL(lunatik_runtime);

/*
 * Going on with what a script has returned.
 */
struct passing {
	struct ps_env *env;
	const struct lunatik_value *args;
	int nargs;
	struct lunatik_value *results;
	int max, n;
	bool *is_over;
};

/* Within a protected call: raises what the body raises. */
static int resume_body(lua_State *L)
{
	struct passing *passing = lua_touserdata(L, 1);
	lua_State *body = passing->env->body;
	int i, n, status;

	if (!body)
		luaL_error(L, "the script has returned no function, or that has ended");
	if (lua_status(body) != LUA_YIELD && lua_gettop(body) != 1)
		luaL_error(L, "its function runs already");
	luaL_checkstack(L, passing->nargs + 1, NULL);
	if (!lua_checkstack(body, passing->nargs + 1))
		luaL_error(L, "too many values");
	for (i = 0; i < passing->nargs; i++)
		lunatik_pushvalue(L, passing->args + i);
	lua_xmove(L, body, passing->nargs);
	passing->env->body = NULL;	/* runs */
	status = ps_guard_resume(body, L, passing->nargs, &n);
	*passing->is_over = status != LUA_YIELD;
	/* From here on nothing is asked of the body that may raise: it is not what runs within the protected call. */
	if (status > LUA_YIELD) {
		lua_xmove(body, L, 1);
		luaL_tolstring(L, -1, NULL);
		luaL_traceback(L, body, lua_tostring(L, -1), 0);
		return lua_error(L);
	}
	luaL_checkstack(L, n, NULL);
	lua_xmove(body, L, n);
	if (status == LUA_YIELD)
		passing->env->body = body;
	for (passing->n = 0; passing->n < min(n, passing->max); passing->n++)
		lunatik_checkvalue(L, passing->n - n, passing->results + passing->n);
	lua_pushinteger(L, n);
	return 1;
}

int ps_env_resume(lunatik_object_t *runtime, const struct lunatik_entry *outer, enum lunatik_context context, const bool *abort,
		  const struct lunatik_value *args, int nargs, struct lunatik_value *results, int max, bool *is_over,
		  char *error, size_t size)
{
	struct passing passing = { ps_env_of(runtime), args, nargs, results, max, 0, is_over };
	struct lunatik_entry visit;
	int ret;

	*is_over = false;
	if (!has_stack(outer, context, error, size))
		return -ENOSPC;
	ret = enter(runtime, &visit, context, outer, WAIT_UNLESS_SIGNALLED);
	if (ret) {
		snprintf(error, size, "%s", ret == -ENXIO ? "the runtime is closed" : ret == -EAGAIN ?
			 "the runtime is not meant for this context, or is being loaded" : "the runtime cannot be entered here");
		return ret;
	}
	visit.abort = abort;
	lua_pushcfunction(visit.L, resume_body);
	lua_pushlightuserdata(visit.L, &passing);
	if (call(visit.L, 1, 1) != LUA_OK) {
		snprintf(error, size, "%s", error_text(visit.L));
		ret = -EINVAL;
		while (passing.n)
			lunatik_putvalue(results + --passing.n);
	} else {
		ret = lua_tointeger(visit.L, -1);
	}
	lunatik_leave(runtime, &visit);
	return ret;
}

int lunatik_resume(lunatik_object_t *runtime, enum lunatik_context context, const bool *abort,
		   const struct lunatik_value *args, int nargs, struct lunatik_value *results, int max, bool *is_over,
		   char *error, size_t size)
{
	return ps_env_resume(runtime, NULL, context, abort, args, nargs, results, max, is_over, error, size);
}
EXPORT_SYMBOL_GPL(lunatik_resume);
