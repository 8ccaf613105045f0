/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The library thread: threads of the kernel that go on with the function which a runtime's script has returned.
 */
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>

#include <lunatik.h>

struct thread {
	struct task_struct *task;	/* a reference */
	lunatik_object_t *runtime;	/* a reference of the thread's own, until it ends; NULL: the task is not of this library */
	unsigned long deadline;		/* in jiffies: when it is aborted; 0: it has not been told to end */
	bool is_aborted;		/* it has not heeded in time */
	struct completion ended;
	char error[2048];
};

#define PATIENCE	(3 * HZ)	/* before a thread that does not heed stop() is aborted */
#define AGAIN		(HZ / 20)	/* between two attempts to wake it */

static void release(lunatik_object_t *object)
{
	struct thread *thread = object->private;

	if (thread->task)
		put_task_struct(thread->task);
}

/* What sleeps raises the number of EINTR when the thread is told to end: that is no news. */
static bool is_news(const struct thread *thread, int err)
{
	if (signal_pending(current) && (err != -EINVAL || strstarts(thread->error, "4\n")))
		return false;
	return err != -ENXIO;
}

static int go_on(void *data)
{
	lunatik_object_t *object = data;
	struct thread *thread = object->private;
	bool is_over;
	int ret;

	allow_signal(SIGTERM);
	ret = lunatik_resume(thread->runtime, LUNATIK_PROCESS, &thread->is_aborted, NULL, 0, NULL, 0, &is_over, thread->error,
			     sizeof(thread->error));
	if (ret < 0 && is_news(thread, ret))
		lunatik_log(thread->runtime, "thread: ", thread->error);
	lunatik_putobject(thread->runtime);
	complete_all(&thread->ended);
	lunatik_putobject(object);
	module_put_and_kthread_exit(0);
	return 0;
}

/* That of this library which runs this code, or NULL. Not of what an interrupt has interrupted. */
static lunatik_object_t *current_thread(lua_State *L)
{
	if (!lunatik_maysleep(L) || !(current->flags & PF_KTHREAD) || kthread_func(current) != go_on)
		return NULL;
	return kthread_data(current);
}

static const struct lunatik_class class;

/* Outside of the runtime. The reference to that is the thread's from now on, if it can be made. It waits to be woken up. */
static int make(lunatik_object_t *object, lunatik_object_t *runtime, const char *name)
{
	struct thread *thread = object->private;
	struct task_struct *task;

	init_completion(&thread->ended);
	thread->runtime = runtime;
	task = kthread_create(go_on, object, "%s", name);
	if (IS_ERR(task)) {
		thread->runtime = NULL;
		return PTR_ERR(task);
	}
	get_task_struct(task);
	thread->task = task;
	lunatik_getobject(object);
	__module_get(THIS_MODULE);
	return 0;
}

/* thread.run(runtime, name) */
static int run(lua_State *L)
{
	lunatik_object_t *runtime = lunatik_checkruntime(L, 1);
	const char *name = luaL_checkstring(L, 2);
	struct lunatik_entry *entry;
	lunatik_object_t *object;
	int err;

	lunatik_checksleep(L, "thread.run()");
	object = lunatik_newobject(L, &class, sizeof(struct thread));
	runtime = lunatik_checkruntime(L, 1);	/* a finalizer may have closed it */
	lunatik_getobject(runtime);		/* and another visit may do so */
	entry = lunatik_sleep(L);
	err = make(object, runtime, name);
	lunatik_awake(entry);
	if (err) {
		lunatik_putobject(runtime);
		return luaL_error(L, "thread.run(): cannot make a thread: error %d", -err);
	}
	/* Now that this runtime is held again: if it is the thread's, and is being loaded, that comes to its end before the thread enters. */
	wake_up_process(((struct thread *)object->private)->task);
	return 1;
}

/* thread.shouldstop() */
static int should_stop(lua_State *L)
{
	lunatik_object_t *object = current_thread(L);
	const struct thread *thread = object ? object->private : NULL;

	lua_pushboolean(L, thread && (READ_ONCE(thread->deadline) || signal_pending(current)));
	return 1;
}

/* thread.current() */
static int current_object(lua_State *L)
{
	lunatik_object_t *object = current_thread(L);
	struct thread *thread;

	lunatik_checksleep(L, "thread.current()");	/* else it is anybody's thread */
	if (object) {
		lunatik_pushobject(L, object);
		return 1;
	}
	thread = lunatik_newobject(L, &class, sizeof(*thread))->private;
	thread->task = get_task_struct(current);
	return 1;
}

/* The thread's own code is gone, too, when it has exited. */
static bool has_ended(struct thread *thread)
{
	return wait_for_completion_timeout(&thread->ended, AGAIN) && READ_ONCE(thread->task->exit_state);
}

/* Signals do not keep a thread that is being stopped from stopping others; but whoever waits for it does. */
static bool must_return(const struct lunatik_entry *entry)
{
	return lunatik_isending(entry) || (!(current->flags & PF_KTHREAD) && signal_pending(current));
}

/* It ends soon. Its time counts from the first one who says so, and signals are lost on a thread that has just begun. */
static void tell(struct thread *thread)
{
	cmpxchg(&thread->deadline, 0, (jiffies + PATIENCE) | 1);
	send_sig(SIGTERM, thread->task, 1);
	wake_up_process(thread->task);
}

static int end(struct thread *thread, const struct lunatik_entry *entry)
{
	do {
		tell(thread);
		if (has_ended(thread))
			return 0;
		if (time_after(jiffies, READ_ONCE(thread->deadline)))
			WRITE_ONCE(thread->is_aborted, true);
		if (completion_done(&thread->ended))
			schedule_timeout_uninterruptible(1);
	} while (!must_return(entry));
	return -EINTR;
}

/* thrd:stop([wait]) */
static int stop(lua_State *L)
{
	lunatik_object_t *object = lunatik_checkobject(L, 1, &class);
	struct thread *thread = object->private;
	bool waits = lua_isnoneornil(L, 2) || lua_toboolean(L, 2);
	struct lunatik_entry *entry;
	int err;

	lunatik_checksleep(L, "stop()");
	if (!thread->runtime)
		return luaL_error(L, "only what thread.run() has made can be stopped");
	if (thread->task == current)
		return luaL_error(L, "a thread cannot wait for its own end: it ends when its function returns");
	if (!waits) {
		tell(thread);
		return 0;
	}
	lunatik_getobject(object);
	entry = lunatik_sleep(L);
	err = end(thread, entry);
	lunatik_awake(entry);
	lunatik_putobject(object);
	return err ? lunatik_throw(L, err) : 0;
}

/* thrd:task(). The name is read under a lock that interrupts must not take. */
static int task(lua_State *L)
{
	struct task_struct *task = ((struct thread *)lunatik_checkobject(L, 1, &class)->private)->task;
	unsigned int cpu = task_cpu(task);
	int pid = task->pid, tgid = task->tgid;
	bool has_ended = READ_ONCE(task->exit_state);
	char command[TASK_COMM_LEN];

	lunatik_checksleep(L, "task()");
	get_task_comm(command, task);	/* from here on a finalizer may close the object */
	lua_createtable(L, 0, 5);
	lua_pushinteger(L, cpu);
	lua_setfield(L, -2, "cpu");
	lua_pushstring(L, command);
	lua_setfield(L, -2, "command");
	lua_pushinteger(L, pid);
	lua_setfield(L, -2, "pid");
	lua_pushinteger(L, tgid);
	lua_setfield(L, -2, "tgid");
	lua_pushboolean(L, has_ended);
	lua_setfield(L, -2, "ended");
	return 1;
}

static const luaL_Reg methods[] = {
	{ "stop", stop },
	{ "task", task },
	{ NULL, NULL }
};

static const struct lunatik_class class = {
	.name = "thread",
	.methods = methods,
	.release = release,
	.owner = THIS_MODULE,
};

static const luaL_Reg functions[] = {
	{ "run", run },
	{ "shouldstop", should_stop },
	{ "current", current_object },
	{ "stop", stop },
	{ "task", task },
	{ NULL, NULL }
};

static int open(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}

static struct lunatik_library library = { "thread", open, THIS_MODULE };

module_lunatik(library, "thread");
MODULE_DESCRIPTION("Lua library thread");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
