/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define pr_fmt(fmt) "packetscript: " fmt

#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/kernel_read_file.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_bridge.h>
#include <linux/percpu.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "bundle.h"
#include "compile.h"
#include "compat.h"
#include "shared.h"
#include "shared_store.h"
#include "state.h"
#include "worker.h"

/*
 * One text of a script with those of its modules and lists, loaded in every instance. Their code is kept for instances still to
 * come. When a file has changed and a new rule wants what it holds now, that is another source: the rules that are there go
 * on with theirs.
 */
struct ps_source {
	struct list_head list;
	int id;			/* its number in each instance */
	unsigned int rules;
	time64_t loaded;
	struct ps_bundle bundle;
	const char *path;	/* the bundle's */
	const u8 *digest;	/* the bundle's: of all texts */
};

/*
 * One Lua state that CPUs share or one for each of them, which handle packets; and one for deferred work, if scripts ask for it.
 */
struct ps_state {
	struct list_head list;
	const struct net *net;	/* compared only: rules go before their namespace does */
	struct ps_shared_space *space;	/* the namespace's */
	u32 id;
	bool is_percpu;
	size_t memory;		/* that each instance may hold */
	unsigned int rules;
	int next_source;
	struct list_head sources;	/* in the order they were loaded */
	struct list_head handlers;
	struct ps_outlet outlet;
	struct ps_worker worker;
	struct ps_instance *instances[];	/* of each CPU that was online, or the one, at 0; at WORK that for deferred work */
};

#define WORK	nr_cpu_ids

/* What each network namespace has. */
struct ps_net {
	struct ps_shared_space *space;	/* of what its states share */
};

static unsigned int net_id;

char ps_module_folder[256] = PS_MODULE_FOLDER;

/*
 * The mutex protects all of the above, but not what is inside of instances. Whoever touches that takes
 * cpus_read_lock() first, so that CPUs neither come nor go.
 */
static LIST_HEAD(states);
static DEFINE_MUTEX(states_mutex);

static void lock_states(void)
{
	cpus_read_lock();
	mutex_lock(&states_mutex);
}

static void unlock_states(void)
{
	mutex_unlock(&states_mutex);
	cpus_read_unlock();
}

#define for_each_instance(instance, cpu, state)				\
	for_each_possible_cpu(cpu)				\
		if (!((instance) = (state)->instances[cpu])) {} else

/* The same, and that for deferred work before all others: what these ask for as they are loaded finds it ready. */
#define for_each_runtime(instance, n, state)				\
	for ((n) = WORK + 1; (n)-- > 0;)				\
		if (!((instance) = (state)->instances[n])) {} else

/*
 * An instance that belongs to a CPU is touched on that CPU only, where disabled softirqs are enough to keep packets out. A
 * CPU that is offline has no packets: what is to be done in its instance, any other may do.
 */
struct call_in {
	struct ps_instance *instance;
	int (*f)(struct ps_instance *instance, const void *context);
	const void *context;
};

static long run_here(const struct call_in *call)
{
	long result;

	local_bh_disable();
	ps_instance_lock(call->instance);
	result = call->f(call->instance, call->context);
	ps_instance_unlock(call->instance);
	local_bh_enable();
	return result;
}

static long run_on_owner(void *arg)
{
	const struct call_in *call = arg;

	WARN_ON_ONCE(raw_smp_processor_id() != call->instance->cpu);
	return run_here(call);
}

/* Calls f in an instance: with its lock held, or on the CPU that it belongs to. Returns what f returns. */
static int call_in(struct ps_instance *instance,
		   int (*f)(struct ps_instance *instance, const void *context), const void *context)
{
	struct call_in call = { instance, f, context };
	int result;

	if (instance->is_work) {
		mutex_lock(&instance->mutex);
		result = f(instance, context);
		mutex_unlock(&instance->mutex);
		return result;
	}
	if (instance->is_shared || !cpu_online(instance->cpu))
		return run_here(&call);
	return work_on_cpu(instance->cpu, run_on_owner, &call);
}

/*
 * Timers of scripts, and values that come into queues for them. An instance has one timer of the kernel, until the first of the
 * script's is due. It is set only in the instance's own exclusion, so a later time never takes the place of an earlier one; but whoever
 * sends a value sets it to now. So it is looked for values after each time that it is set to later.
 */

/* How long a state that has been slow rests before it is asked again. */
#define LATE_LATER	(100 * NSEC_PER_MSEC)

/* So long timers and values are handled in one go. */
#define LATE_GO		NSEC_PER_MSEC

/* Percent of a CPU that they have where handlers have no limit: at all of it, nobody would come to take the rule away. */
#define LATE_SHARE_MAX	90

/* How long they rest after so long a go. */
static u64 rest_after(u64 go)
{
	unsigned int share = READ_ONCE(ps_limits.share);

	if (!share || share > LATE_SHARE_MAX)
		share = LATE_SHARE_MAX;
	return div_u64(go * (100 - share), share);
}

static enum hrtimer_mode timer_mode(const struct ps_instance *instance)
{
	return instance->is_shared ? HRTIMER_MODE_ABS_SOFT : HRTIMER_MODE_ABS_PINNED_SOFT;
}

static void start_timer(struct ps_instance *instance, u64 at)
{
	hrtimer_start(&instance->timer, ns_to_ktime(max(at, instance->late_rest)), timer_mode(instance));
}

static void wake_timers(struct ps_timers *timers, uint64_t at)
{
	struct ps_instance *instance = container_of(timers, struct ps_instance, script.bind.timers);

	start_timer(instance, at);
	if (ps_listen_is_awake(&instance->script.bind.listening))
		start_timer(instance, 0);
}

static void set_timer(struct ps_instance *instance)
{
	struct ps_timers *timers = &instance->script.bind.timers;

	if (!timers->is_closed && timers->heap.n)
		wake_timers(timers, ps_heap_at(&timers->heap));
	else if (ps_listen_is_awake(&instance->script.bind.listening))
		start_timer(instance, 0);
}

/* Without the instance's exclusion: so it does not look whether the instance rests, which set_timer() does then. */
static void kick_here(struct ps_instance *instance)
{
	hrtimer_start(&instance->timer, 0, timer_mode(instance));
}

static void kick(struct work_struct *work)
{
	kick_here(container_of(work, struct ps_instance, kick));
}

/* The queue is locked, so this CPU stays the same one, and none goes offline. */
static bool wake_values(struct ps_listening *listening)
{
	struct ps_instance *instance = container_of(listening, struct ps_instance, script.bind.listening);

	if (instance->is_shared || instance->cpu == smp_processor_id())
		kick_here(instance);
	else if (cpu_online(instance->cpu))
		queue_work_on(instance->cpu, system_highpri_wq, &instance->kick);
	else
		return false;
	return true;
}

static bool run_timer(struct ps_instance *instance, u64 now, bool *is_later)
{
	int err;
	bool has_run = ps_timer_run(&instance->script, now, is_later, &err);

	if (err)
		ps_errors_add(&instance->worker->errors, instance, "timer: ", NULL);
	return has_run;
}

static bool run_value(struct ps_instance *instance, bool *is_later)
{
	int err;
	bool has_run = ps_listen_run(&instance->script, is_later, &err);

	if (err)
		ps_errors_add(&instance->worker->errors, instance, "queue: ", NULL);
	return has_run;
}

/*
 * Runs what is due. Timers that make others which are due at once, and values that make others come, would leave no time for anything
 * else: so they have the part of this CPU that slow handlers have, however quick they are.
 */
static void run_late(struct ps_instance *instance)
{
	u64 start = ktime_get_ns(), now = start;
	bool is_later = false, any = start >= instance->late_rest;

	while (any && now - start < LATE_GO) {
		any = run_timer(instance, start, &is_later);
		any |= run_value(instance, &is_later);
		now = ktime_get_ns();
	}
	if (now > start)
		instance->late_rest = now + rest_after(now - start);
	if (is_later)
		instance->late_rest = now + LATE_LATER;
	set_timer(instance);
}

/* In softirq. One whose CPU has gone offline may be called elsewhere: cpu_begin() goes on with its timers. */
static enum hrtimer_restart timers_due(struct hrtimer *timer)
{
	struct ps_instance *instance = container_of(timer, struct ps_instance, timer);

	if (!instance->is_shared && instance->cpu != smp_processor_id())
		return HRTIMER_NORESTART;
	ps_instance_lock(instance);
	run_late(instance);
	ps_instance_unlock(instance);
	return HRTIMER_NORESTART;
}

static int close_late_in(struct ps_instance *instance, const void *context)
{
	ps_timers_close(&instance->script.bind);
	ps_listen_close(&instance->script.bind);
	return 0;
}

/* Neither timers nor functions of queues are called when this returns. */
static void stop_late(struct ps_instance *instance)
{
	call_in(instance, close_late_in, NULL);
	cancel_work_sync(&instance->kick);
	hrtimer_cancel(&instance->timer);
}

static int open_in(struct ps_instance *instance, const void *context)
{
	struct ps_state *state = (struct ps_state *)context;

	if (ps_script_init_sized(&instance->script, state->id, !instance->is_work, state->memory, instance->region))
		return -ENOMEM;
	instance->script.bind.defer = &state->worker.defer;
	instance->script.bind.sender = &instance->outbox.sender;
	ps_shared_join(&instance->script.bind, state->space);
	instance->script.bind.listening.wake = instance->is_work ? ps_worker_wake : wake_values;
	if (instance->is_work)
		return 0;
	instance->script.compile = ps_compile;
	instance->script.bind.timers.wake = wake_timers;
	return 0;
}

static int load_in(struct ps_instance *instance, const void *context)
{
	const struct ps_source *source = context;
	const char *error = instance->script.error;

	if (!ps_script_load_bundle(&instance->script, source->id, &source->bundle))
		return 0;
	pr_err("%s%s: not loaded: %*pE\n", instance->prefix, source->path, (int)strlen(error), error);
	return -EINVAL;
}

static int find_in(struct ps_instance *instance, const void *context)
{
	const struct ps_handler *handler = context;
	int number = ps_script_find_given(&instance->script, handler->source->id, handler->function,
					  handler->given);

	if (number >= 0)
		return number;
	pr_err("%s%s\n", instance->prefix, instance->script.error);
	return -EINVAL;
}

static int close_in(struct ps_instance *instance, const void *context)
{
	const struct ps_source *source = context;
	const char *error = instance->script.error;

	if (ps_script_close(&instance->script, source->id))
		pr_err("%s%s: on_close: %*pE\n", instance->prefix, source->path, (int)strlen(error), error);
	return 0;
}

static int forget_in(struct ps_instance *instance, const void *context)
{
	const struct ps_source *source = context;

	ps_script_forget(&instance->script, source->id);
	return 0;
}

static int put_in(struct ps_instance *instance, const void *context)
{
	const struct ps_call *call = context;

	ps_script_put(&instance->script, call->number);
	return 0;
}

/*
 * Instances.
 */

/* Nobody uses it any more, so any CPU may. */
static void instance_free(struct ps_instance *instance)
{
	stop_late(instance);
	if (!instance->is_work)
		local_bh_disable();
	ps_script_clean(&instance->script);
	if (!instance->is_work)
		local_bh_enable();
	ps_outbox_clean(&instance->outbox);
	vfree(instance->region);
	kfree(instance);
}

/* A region for the large blocks of a Lua state of this size, or an ERR_PTR. */
static void *region_new(u32 state_id, size_t memory, int node)
{
	size_t size = ps_script_region(memory);
	void *region = vmalloc_node(size, node);

	if (region)
		return region;
	pr_err("state %u: the machine has no %zu bytes left for it\n", state_id, size);
	return ERR_PTR(-ENOMEM);
}

/* Puts it into its place, whatever it is for. */
static void instance_init(struct ps_instance *instance, struct ps_state *state, unsigned int n)
{
	instance->is_work = n == WORK;
	instance->is_shared = !state->is_percpu && !instance->is_work;
	instance->cpu = n;
	if (state->is_percpu && !instance->is_work)
		snprintf(instance->prefix, sizeof(instance->prefix), "CPU %u: ", n);
	else if (instance->is_work)
		strscpy(instance->prefix, "deferred work: ", sizeof(instance->prefix));
	spin_lock_init(&instance->lock);
	mutex_init(&instance->mutex);
	hrtimer_setup(&instance->timer, timers_due, CLOCK_MONOTONIC, timer_mode(instance));
	INIT_WORK(&instance->kick, kick);
	instance->worker = &state->worker;
	ps_outbox_init(&instance->outbox, &state->outlet);
}

/* An instance with all scripts of the state, or an ERR_PTR. It is not in state->instances yet. n: of what CPU, or WORK. */
static struct ps_instance *instance_new(struct ps_state *state, unsigned int n)
{
	int node = state->is_percpu && n != WORK ? cpu_to_node(n) : NUMA_NO_NODE;
	struct ps_instance *instance = kzalloc_node(sizeof(*instance), GFP_KERNEL, node);
	const struct ps_source *source;
	int err;

	if (!instance)
		return ERR_PTR(-ENOMEM);
	instance->region = n == WORK ? NULL : region_new(state->id, state->memory, node);
	if (IS_ERR(instance->region)) {
		err = PTR_ERR(instance->region);
		kfree(instance);
		return ERR_PTR(err);
	}
	instance_init(instance, state, n);
	err = call_in(instance, open_in, state);
	if (err) {
		vfree(instance->region);
		kfree(instance);
		return ERR_PTR(err);
	}
	list_for_each_entry(source, &state->sources, list) {
		if (!source->bundle.part[0]->code)
			continue;
		err = call_in(instance, load_in, source);
		if (err) {
			instance_free(instance);
			return ERR_PTR(err);
		}
	}
	return instance;
}

/*
 * Makes the Lua state for deferred work, unless there is one. What was loaded into the state before, and has given its code
 * back, is not in it: that did not ask for it.
 */
static int worker_add(struct ps_state *state)
{
	struct ps_instance *instance;

	if (state->instances[WORK])
		return 0;
	instance = instance_new(state, WORK);
	if (IS_ERR(instance))
		return PTR_ERR(instance);
	state->instances[WORK] = instance;
	ps_worker_open(&state->worker, instance);
	return 0;
}

/* Fills in state->instances[cpu]. */
static int instance_add(struct ps_state *state, unsigned int cpu)
{
	struct ps_instance *instance = instance_new(state, cpu);
	struct ps_handler *handler;
	int number;

	if (IS_ERR(instance))
		return PTR_ERR(instance);
	list_for_each_entry(handler, &state->handlers, list) {
		number = call_in(instance, find_in, handler);
		if (number < 0) {
			instance_free(instance);
			return number;
		}
		*per_cpu_ptr(handler->calls, cpu) = (struct ps_call){ instance, number };
	}
	state->instances[cpu] = instance;
	return 0;
}

/*
 * Before a CPU comes up, it gets an instance of each state that has one for each CPU, unless it has one from before; if
 * that fails, the CPU stays offline. An instance stays when its CPU goes, with its counts.
 */
static int cpu_prepare(unsigned int cpu)
{
	struct ps_state *state;
	int err = 0;

	mutex_lock(&states_mutex);
	list_for_each_entry(state, &states, list) {
		if (!state->is_percpu || state->instances[cpu])
			continue;
		err = instance_add(state, cpu);
		if (err) {
			pr_err("state %u: no copy for CPU %u, which stays offline: error %d\n",
			       state->id, cpu, -err);
			break;
		}
	}
	mutex_unlock(&states_mutex);
	return err;
}

/* A CPU has come up, and this runs on it: goes on with the timers of its instances, which may be pending elsewhere. */
static int cpu_begin(unsigned int cpu)
{
	struct ps_instance *instance;
	struct ps_state *state;

	mutex_lock(&states_mutex);
	list_for_each_entry(state, &states, list) {
		instance = state->is_percpu ? state->instances[cpu] : NULL;
		if (!instance)
			continue;
		hrtimer_cancel(&instance->timer);
		local_bh_disable();
		set_timer(instance);
		local_bh_enable();
	}
	mutex_unlock(&states_mutex);
	return 0;
}

/*
 * Sources.
 */

static void source_free(struct ps_source *source)
{
	ps_bundle_clean(&source->bundle);
	kfree(source);
}

/*
 * Compiles the text and its modules in Lua states of their own, which may hold as much as the rule's state. Returns an
 * ERR_PTR if that fails.
 */
static struct ps_source *source_compile(const struct ps_request *request, const char *text, size_t len)
{
	struct ps_source *source = kzalloc(sizeof(*source), GFP_KERNEL);
	void *region = region_new(request->state_id, request->memory, NUMA_NO_NODE);
	const struct ps_bundle_source from = {
		.path = request->path, .text = text, .len = len, .beside = request->path,
		.folder = ps_module_folder, .memory = request->memory, .region = region,
	};
	char error[PS_SCRIPT_ERROR_SIZE];
	int err = source ? PTR_ERR_OR_ZERO(region) : -ENOMEM;

	if (!err && ps_bundle_make(&source->bundle, &from, error, sizeof(error))) {
		pr_err("%s: not loaded: %*pE\n", request->path, (int)strlen(error), error);
		err = -EINVAL;
	}
	if (!IS_ERR(region))
		vfree(region);
	if (err) {
		if (source)
			source_free(source);
		return ERR_PTR(err);
	}
	source->path = source->bundle.part[0]->path;
	source->digest = source->bundle.part[0]->digest;
	return source;
}

/*
 * Reads the files and compiles them; an ERR_PTR if that fails. It takes long, so no lock is held. The security modules that
 * guard what the kernel reads are told that a script is a policy, since IPE warns of a file of unknown purpose.
 */
static struct ps_source *source_read(const struct ps_request *request)
{
	const char *path = request->path;
	struct ps_source *source;
	void *text = NULL;
	size_t file_size;
	ssize_t len;

	len = kernel_read_file_from_path(path, 0, &text, PS_SCRIPT_TEXT_MAX, &file_size,
					 READING_POLICY);
	if (len < 0) {
		pr_err("%s: cannot be read: error %zd%s\n", path, -len,
		       len == -EFBIG ? " (a script may have 256 KiB)" : "");
		return ERR_PTR(len);
	}
	source = source_compile(request, text, len);
	vfree(text);
	return source;
}

/* The text of this path whose digest begins so; without a digest, the one that was loaded last. */
static struct ps_source *source_find(const struct ps_state *state, const char *path,
				     const u8 *digest)
{
	struct ps_source *source;

	list_for_each_entry_reverse(source, &state->sources, list) {
		if (!strcmp(source->path, path) &&
		    (!digest || !memcmp(source->digest, digest, PS_REQUEST_DIGEST)))
			return source;
	}
	return NULL;
}

/* Takes it out of all instances, also out of those in which loading it has failed. */
static void source_forget(struct ps_source *source, struct ps_state *state)
{
	struct ps_instance *instance;
	unsigned int cpu;

	for_each_runtime(instance, cpu, state)
		call_in(instance, forget_in, source);
}

/* Forgets the texts that no rule has; of each path the one loaded last stays, for rules to come. */
static void drop_outdated(struct ps_state *state)
{
	struct ps_source *source, *next;

	list_for_each_entry_safe(source, next, &state->sources, list) {
		if (source->rules || source_find(state, source->path, NULL) == source)
			continue;
		list_del(&source->list);
		source_forget(source, state);
		source_free(source);
	}
}

/* Loads it in every instance; then it is the state's. */
static int source_load(struct ps_source *source, struct ps_state *state)
{
	struct ps_instance *instance;
	unsigned int cpu;
	int err;

	source->id = state->next_source++;
	source->loaded = ktime_get_real_seconds();
	if (source->bundle.defers) {
		err = worker_add(state);
		if (err)
			return err;
	}
	for_each_runtime(instance, cpu, state) {
		err = call_in(instance, load_in, source);
		if (err) {
			source_forget(source, state);
			return err;
		}
	}
	if (state->instances[WORK])
		ps_worker_go_on(&state->worker);
	if (!state->is_percpu)	/* there will be no other instance but that for deferred work, which does without */
		ps_bundle_drop_code(&source->bundle);
	list_add_tail(&source->list, &state->sources);
	return 0;
}

/*
 * States.
 */
static struct ps_state *state_find(const struct net *net, u32 id)
{
	struct ps_state *state;

	list_for_each_entry(state, &states, list) {
		if (state->net == net && state->id == id)
			return state;
	}
	return NULL;
}

/*
 * No packet comes any more: timers and deferred work end, too. What is pending is cancelled, and what runs is waited for, with
 * the locks of states held: it takes none of them.
 */
static void state_stop(struct ps_state *state)
{
	struct ps_instance *instance;
	unsigned int cpu;

	ps_worker_close(&state->worker);
	for_each_instance(instance, cpu, state)
		stop_late(instance);
}

/* Calls on_close() of each script, as it was loaded last. Nothing else runs any more. */
static void state_close(struct ps_state *state)
{
	struct ps_source *source;
	struct ps_instance *instance;
	unsigned int cpu;

	list_for_each_entry(source, &state->sources, list) {
		if (source_find(state, source->path, NULL) != source)
			continue;
		for_each_runtime(instance, cpu, state)
			call_in(instance, close_in, source);
	}
}

static void state_free(struct ps_state *state)
{
	struct ps_source *source, *next;
	struct ps_instance *instance;
	unsigned int cpu;

	list_del(&state->list);
	state_stop(state);
	for_each_runtime(instance, cpu, state)
		instance_free(instance);
	ps_outlet_clean(&state->outlet);
	list_for_each_entry_safe(source, next, &state->sources, list)
		source_free(source);
	ps_shared_space_put(state->space);
	kfree(state);
}

static int add_instances(struct ps_state *state)
{
	unsigned int cpu;
	int err;

	if (!state->is_percpu)
		return instance_add(state, 0);
	for_each_online_cpu(cpu) {
		err = instance_add(state, cpu);
		if (err)
			return err;
	}
	return 0;
}

/* An ERR_PTR, or a state without handlers. */
static struct ps_state *state_new(const struct ps_request *request)
{
	struct ps_state *state = kzalloc(struct_size(state, instances, WORK + 1), GFP_KERNEL);
	const struct ps_net *own = net_generic(request->net, net_id);
	int err;

	if (!state)
		return ERR_PTR(-ENOMEM);
	state->net = request->net;
	state->id = request->state_id;
	state->is_percpu = request->is_percpu;
	state->memory = request->memory;
	INIT_LIST_HEAD(&state->sources);
	INIT_LIST_HEAD(&state->handlers);
	ps_worker_init(&state->worker);
	err = ps_outlet_init(&state->outlet, request->net);
	if (err) {
		kfree(state);
		return ERR_PTR(err);
	}
	state->space = ps_shared_space_get(own->space);
	list_add_tail(&state->list, &states);
	err = add_instances(state);
	if (err) {
		state_free(state);
		return ERR_PTR(err);
	}
	return state;
}

/*
 * Handlers.
 */
static void handler_put(struct ps_handler *handler)
{
	struct ps_instance *instance;
	struct ps_call *call;
	unsigned int cpu;

	for_each_instance(instance, cpu, handler->state) {
		call = per_cpu_ptr(handler->calls, cpu);
		if (call->instance)
			call_in(instance, put_in, call);
	}
}

static int handler_find(struct ps_handler *handler)
{
	struct ps_instance *instance;
	unsigned int cpu;
	int number;

	for_each_instance(instance, cpu, handler->state) {
		number = call_in(instance, find_in, handler);
		if (number < 0) {
			handler_put(handler);
			return number;
		}
		*per_cpu_ptr(handler->calls, cpu) = (struct ps_call){ instance, number };
	}
	if (handler->state->is_percpu)
		return 0;
	for_each_possible_cpu(cpu)
		*per_cpu_ptr(handler->calls, cpu) = *per_cpu_ptr(handler->calls, 0);
	return 0;
}

/* Finds the function in handler->state and handler->source, and makes it one of their rules. */
static int handler_attach(struct ps_handler *handler)
{
	int err = handler_find(handler);

	if (err)
		return err;
	list_add_tail(&handler->list, &handler->state->handlers);
	handler->state->rules++;
	handler->source->rules++;
	return 0;
}

static void tell_change(const struct ps_state *state, const struct ps_source *before, const struct ps_source *now)
{
	const u8 *text_before = before->bundle.part[0]->text, *text = now->bundle.part[0]->text;

	if (memcmp(text_before, text, PS_DIGEST_SIZE))
		pr_info("state %u: %s: has changed and is loaded anew, sha256 %4phN; %u rules have the text loaded before, %4phN\n",
			state->id, now->path, text, before->rules, text_before);
	else
		pr_info("state %u: %s: its modules or lists have changed and it is loaded anew; %u rules have those loaded before\n",
			state->id, now->path, before->rules);
}

/* The same with a source that is loaded first, and taken out again if the function is not found. */
static int handler_attach_new(struct ps_handler *handler, struct ps_source *source)
{
	const struct ps_source *before = source_find(handler->state, source->path, NULL);
	int err = source_load(source, handler->state);

	if (err)
		return err;
	handler->source = source;
	err = handler_attach(handler);
	if (err) {
		handler->source = NULL;
		list_del(&source->list);
		source_forget(source, handler->state);
		return err;
	}
	if (!before)
		return 0;
	tell_change(handler->state, before, source);
	drop_outdated(handler->state);
	return 0;
}

/* Whether the rule may be of this state. */
static bool state_suits(const struct ps_state *state, struct ps_request *request)
{
	request->state_memory = state->memory;
	if (state->is_percpu != request->is_percpu)
		request->unsuited = PS_UNSUITED_PERCPU;
	else if (state->memory != request->memory)
		request->unsuited = PS_UNSUITED_MEMORY;
	return !request->unsuited;
}

/* If the state does not have the text that is asked for, loads source; returns -ENODATA if that is NULL. */
static int handler_join(struct ps_handler *handler, struct ps_request *request,
			struct ps_source *source)
{
	struct ps_state *state = state_find(request->net, request->state_id);
	const u8 *digest = source ? source->digest : request->digest;
	int err;

	if (state && !state_suits(state, request))
		return -EINVAL;
	if (state && memchr_inv(digest, 0, PS_REQUEST_DIGEST))
		handler->source = source_find(state, request->path, digest);
	if (!handler->source && !source)
		return -ENODATA;

	if (!state)
		state = state_new(request);
	if (IS_ERR(state))
		return PTR_ERR(state);
	handler->state = state;
	handler->sk = state->outlet.sk;
	err = handler->source ? handler_attach(handler) : handler_attach_new(handler, source);
	if (!state->rules)
		state_free(state);
	return err;
}

static void handler_free(struct ps_handler *handler)
{
	free_percpu(handler->calls);
	kfree(handler->function);
}

int ps_handler_init(struct ps_handler *handler, struct ps_request *request)
{
	struct ps_source *source;
	int err = -ENOMEM;

	memset(handler, 0, sizeof(*handler));
	handler->on_error = request->on_error;
	handler->given = request->given;
	handler->is_match = request->is_match;
	handler->family = request->family;
	strscpy(handler->table, request->table, sizeof(handler->table));
	handler->hooks = request->hooks;
	handler->calls = alloc_percpu(struct ps_call);
	handler->function = kstrdup(request->function, GFP_KERNEL);
	if (!handler->calls || !handler->function)
		goto err_free;

	lock_states();
	err = handler_join(handler, request, NULL);
	unlock_states();
	if (err != -ENODATA)
		goto out;

	source = source_read(request);
	err = PTR_ERR_OR_ZERO(source);
	if (err)
		goto err_free;
	lock_states();
	err = handler_join(handler, request, source);
	unlock_states();
	if (handler->source != source)
		source_free(source);
out:
	if (!err) {
		memcpy(request->digest, handler->source->digest, PS_REQUEST_DIGEST);
		return 0;
	}
err_free:
	handler_free(handler);
	return err;
}

void ps_handler_clean(struct ps_handler *handler)
{
	struct ps_state *state = handler->state;

	lock_states();
	list_del(&handler->list);
	handler->source->rules--;
	if (--state->rules) {
		handler_put(handler);
		drop_outdated(state);
	} else {
		state_stop(state);
		state_close(state);
		state_free(state);
	}
	unlock_states();
	handler_free(handler);
}

/*
 * /proc/net/packetscript: a line for each state of the namespace, with the sums of its instances, and
 * below it, indented, its scripts and their rules. Counts are read while they change.
 */
static void state_show(struct seq_file *seq, const struct ps_state *state)
{
	u64 packets = 0, errors = 0, pulled = 0;
	unsigned long allocations = 0;
	unsigned int instances = 0, cpu;
	const struct ps_instance *instance;
	size_t memory = 0;

	for_each_instance(instance, cpu, state) {
		const struct ps_runtime *rt = &instance->script.bind.rt;

		packets += READ_ONCE(instance->packets);
		errors += READ_ONCE(instance->errors);
		pulled += atomic64_read(&instance->pulled);
		memory += READ_ONCE(rt->memory);
		allocations += READ_ONCE(rt->allocations);
		instances++;
	}
	seq_printf(seq, "%-10u %5u %12llu %9llu %9zu %11lu ", state->id, state->rules,
		   packets, errors, memory, allocations);
	if (state->is_percpu)
		seq_printf(seq, "%6u", instances);
	else
		seq_printf(seq, "%6s", "-");
	seq_printf(seq, " %8llu\n", pulled);
}

/* What functions of queues have to tell, in all Lua states, if there are any. */
static void values_show(struct seq_file *seq, const struct ps_state *state)
{
	const struct ps_instance *instance;
	u64 run = 0, failed = 0;
	bool any = false;
	unsigned int n;

	for_each_runtime(instance, n, state) {
		const struct ps_listening *listening = &instance->script.bind.listening;

		any |= READ_ONCE(listening->ears) != NULL;
		run += READ_ONCE(listening->run);
		failed += READ_ONCE(listening->failed);
	}
	if (any)
		seq_printf(seq, "  queues: %llu values, %llu failed\n", run, failed);
}

/* What timers and deferred work have to tell, if there are any. */
static void late_show(struct seq_file *seq, const struct ps_state *state)
{
	const struct ps_instance *instance, *work = state->instances[WORK];
	const struct ps_defer *defer = &state->worker.defer;
	unsigned int pending = 0, cpu;
	u64 run = 0, failed = 0;

	for_each_instance(instance, cpu, state) {
		const struct ps_timers *timers = &instance->script.bind.timers;

		pending += READ_ONCE(timers->heap.n);
		run += READ_ONCE(timers->run);
		failed += READ_ONCE(timers->failed);
	}
	if (pending || run)
		seq_printf(seq, "  timers: %u pending, %llu run, %llu failed\n", pending, run, failed);
	values_show(seq, state);
	if (work)
		seq_printf(seq, "  deferred work: %u pending, %llu done, %llu failed, %llu refused, memory %zu\n",
			   READ_ONCE(defer->heap.n), READ_ONCE(defer->done), READ_ONCE(defer->failed),
			   READ_ONCE(defer->refused), READ_ONCE(work->script.bind.rt.memory));
}

static void source_show(struct seq_file *seq, const struct ps_source *source)
{
	struct tm tm;
	int i;

	time64_to_tm(source->loaded, 0, &tm);
	seq_puts(seq, "  script ");
	seq_escape(seq, source->path, "\n");
	seq_printf(seq, "\n    loaded %ld-%02d-%02d %02d:%02d:%02d UTC, sha256 %4phN\n", tm.tm_year + 1900,
		   tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, source->bundle.part[0]->text);
	for (i = 1; i < source->bundle.n; i++) {
		const struct ps_part *part = source->bundle.part[i];

		seq_printf(seq, "    %s sha256 %4phN ", ps_part_calls[part->kind].what, part->text);
		seq_escape(seq, part->path, "\n");
		seq_putc(seq, '\n');
	}
}

/* The program whose rules are of a family, and its hooks. Those of bridges are numbered as those of IP are. */
static const struct {
	const char *program;
	const char *hooks[NF_BR_NUMHOOKS];
} families[NFPROTO_NUMPROTO] = {
#define HOOKS	{ "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING", "BROUTING" }
	[NFPROTO_IPV4] = { "iptables", HOOKS },
	[NFPROTO_IPV6] = { "ip6tables", HOOKS },
	[NFPROTO_BRIDGE] = { "ebtables", HOOKS },
	[NFPROTO_ARP] = { "arptables", { "INPUT", "OUTPUT", "FORWARD" } },
};

static void rule_show(struct seq_file *seq, const struct ps_handler *handler)
{
	unsigned int hook;

	seq_printf(seq, "    %s %s %s", handler->is_match ? "match" : "rule", families[handler->family].program,
		   handler->table);
	for (hook = 0; hook < NF_BR_NUMHOOKS; hook++) {
		if (handler->hooks & BIT(hook))
			seq_printf(seq, " %s", families[handler->family].hooks[hook]);
	}
	seq_printf(seq, ": %s, on error %s", handler->function, handler->on_error);
	if (handler->given != PS_GIVEN_RAW)
		seq_printf(seq, ", object %s", ps_givens[handler->given].name);
	seq_putc(seq, '\n');
}

static void scripts_show(struct seq_file *seq, const struct ps_state *state)
{
	const struct ps_source *source;
	const struct ps_handler *handler;

	list_for_each_entry(source, &state->sources, list) {
		source_show(seq, source);
		list_for_each_entry(handler, &state->handlers, list) {
			if (handler->source == source)
				rule_show(seq, handler);
		}
	}
}

static int states_show(struct seq_file *seq, void *v)
{
	const struct net *net = seq_file_single_net(seq);
	const struct ps_state *state;

	seq_printf(seq, "%-10s %5s %12s %9s %9s %11s %6s %8s\n", "state", "rules", "packets",
		   "errors", "memory", "allocations", "percpu", "pulled");
	mutex_lock(&states_mutex);
	list_for_each_entry(state, &states, list) {
		if (state->net != net)
			continue;
		state_show(seq, state);
		late_show(seq, state);
		scripts_show(seq, state);
	}
	mutex_unlock(&states_mutex);
	return 0;
}

static int __net_init net_setup(struct net *net)
{
	struct ps_net *own = net_generic(net, net_id);

	own->space = ps_shared_space_new();
	if (!own->space)
		return -ENOMEM;
	if (!proc_create_net_single("packetscript", 0400, net->proc_net, states_show, NULL)) {
		ps_shared_space_put(own->space);
		return -ENOMEM;
	}
	return 0;
}

/* Tables of iptables may go later than this, and their states with them: these have references of their own. */
static void __net_exit net_teardown(struct net *net)
{
	struct ps_net *own = net_generic(net, net_id);

	remove_proc_entry("packetscript", net->proc_net);
	ps_shared_space_close(own->space);
	ps_shared_space_put(own->space);
}

static struct pernet_operations net_ops = {
	.init = net_setup,
	.exit = net_teardown,
	.id = &net_id,
	.size = sizeof(struct ps_net),
};

static int cpu_state, cpu_online_state;

int __init ps_state_setup(void)
{
	int err;

	cpu_state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "net/packetscript:prepare",
					      cpu_prepare, NULL);
	if (cpu_state < 0)
		return cpu_state;
	cpu_online_state = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "net/packetscript:online", cpu_begin, NULL);
	err = cpu_online_state < 0 ? cpu_online_state : 0;
	if (err)
		goto err_remove_cpu;
	err = ps_workers_setup();
	if (err)
		goto err_remove_online;
	err = register_pernet_subsys(&net_ops);
	if (!err)
		return 0;
	ps_workers_teardown();
err_remove_online:
	cpuhp_remove_state_nocalls(cpu_online_state);
err_remove_cpu:
	cpuhp_remove_state_nocalls(cpu_state);
	return err;
}

void ps_state_teardown(void)
{
	unregister_pernet_subsys(&net_ops);
	ps_workers_teardown();
	cpuhp_remove_state_nocalls(cpu_online_state);
	cpuhp_remove_state_nocalls(cpu_state);
}
