/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "state.h"

#include "buffer.h"
#include "bundle.h"
#include "carry.h"
#include "clock.h"
#include "compile.h"
#include "host_user.h"
#include "shared.h"
#include "shared_store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

long long ps_verdict_value(enum ps_verdict verdict, uint16_t queue)
{
	return ps_verdicts[verdict].value | (verdict == PS_VERDICT_QUEUE ? (long long)queue << 16 : 0);
}

static const struct {
	const char *name;
	enum ps_verdict verdict;
} on_errors[] = {
	{ "drop", PS_VERDICT_DROP },
	{ "accept", PS_VERDICT_ACCEPT },
	{ "continue", PS_VERDICT_CONTINUE },
};

bool ps_on_error_parse(const char *text, enum ps_verdict *verdict)
{
	size_t i;

	*verdict = PS_VERDICT_DROP;
	for (i = 0; text && i < sizeof(on_errors) / sizeof(*on_errors); i++) {
		*verdict = on_errors[i].verdict;
		if (!strcmp(text, on_errors[i].name))
			return true;
	}
	return !text;
}

const char *ps_on_error_name(enum ps_verdict verdict)
{
	size_t i = 0;

	while (on_errors[i].verdict != verdict)
		i++;
	return on_errors[i].name;
}

char *ps_script_read(const char *path, size_t *len, char *error, size_t size)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	int err = 0;

	if (!file) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		return NULL;
	}
	text = malloc(PS_SCRIPT_TEXT_MAX + 1);
	if (!text) {
		err = ENOMEM;
		snprintf(error, size, "%s: not enough memory", path);
		goto out;
	}
	*len = fread(text, 1, PS_SCRIPT_TEXT_MAX + 1, file);
	if (ferror(file)) {
		err = errno;
		snprintf(error, size, "%s: %s", path, strerror(err));
	} else if (*len > PS_SCRIPT_TEXT_MAX) {
		err = EFBIG;
		snprintf(error, size, "%s: larger than %d bytes, the most that a script may be", path,
			 PS_SCRIPT_TEXT_MAX);
	} else {
		goto out;
	}
	free(text);
	text = NULL;
out:
	fclose(file);
	errno = err;
	return text;
}

/* What is wrong, with the file's name if it has none: lack of memory and errors that are no strings have no line. */
static void put_error(const char *why, const char *path, char *error, size_t size)
{
	bool has_place = !strncmp(why, "...", 3) || !strncmp(why, path, strlen(path));

	snprintf(error, size, "%s%s%s", has_place ? "" : path, has_place ? "" : ": ", why);
}

int ps_bundle_read(struct ps_bundle *bundle, const char *path, const char *text, size_t len, size_t memory, char *error,
		   size_t size)
{
	const char *folder = getenv(PS_MODULE_VARIABLE);
	struct stat st;
	char *target = !lstat(path, &st) && S_ISLNK(st.st_mode) ? realpath(path, NULL) : NULL;
	const struct ps_bundle_source source = {
		.path = path, .text = text, .len = len, .beside = target ? target : path,
		.folder = folder && folder[0] ? folder : ps_user_module_folder(),
		.memory = memory, .region = malloc(ps_script_region(memory)),
	};
	char why[PS_SCRIPT_ERROR_SIZE];
	int err = -1;

	snprintf(why, sizeof(why), "not enough memory");
	if (source.region)
		err = ps_bundle_make(bundle, &source, why, sizeof(why));
	if (err)
		put_error(why, path, error, size);
	free(source.region);
	free(target);
	return err;
}

static void tell_error(const struct ps_state *s, const char *path, char *error, size_t size)
{
	put_error(s->script.error, path, error, size);
}

/* Nothing else happens meanwhile, and the front end asks when something is due. */
static void no_lock(struct ps_defer *defer)
{
	(void)defer;
}

static void no_wake(struct ps_defer *defer, uint64_t at)
{
	(void)defer;
	(void)at;
}

static const struct ps_defer_ops defer_ops = { no_lock, no_lock, no_wake };

struct ps_shared_space *ps_state_space(void)
{
	static struct ps_shared_space *only;

	if (!only)
		only = ps_shared_space_new();
	return only;
}

/* Makes the Lua state for deferred work, in which the script is run, too. */
static int load_work(struct ps_state *s, const struct ps_bundle *bundle, const char *path, size_t memory, char *error, size_t size)
{
	if (ps_script_init_sized(&s->work, s->script.bind.rt.state_id, false, memory, NULL)) {
		snprintf(error, size, "%s: not enough memory", path);
		return -1;
	}
	s->has_work = true;
	s->work.bind.defer = &s->defer;
	s->work.bind.sender = &s->outbox.sender;
	s->work.bind.counted = &s->counted;
	ps_shared_join(&s->work.bind, ps_state_space());
	ps_defer_open(&s->defer);
	if (!ps_script_load_bundle(&s->work, 0, bundle))
		return 0;
	put_error(s->work.error, path, error, size);
	return -1;
}

/* Compiles the script and its modules, and runs them. */
static int load(struct ps_state *s, const char *path, const char *text, size_t len, size_t memory, char *error,
		size_t size)
{
	struct ps_bundle bundle = { .n = 0 };
	int err = ps_bundle_read(&bundle, path, text, len, memory, error, size);

	s->tracks = bundle.tracks;
	if (!err && bundle.defers)
		err = load_work(s, &bundle, path, memory, error, size);
	if (!err && ps_script_load_bundle(&s->script, 0, &bundle)) {
		tell_error(s, path, error, size);
		err = -1;
	}
	ps_bundle_clean(&bundle);
	return err ? 1 : 0;
}

int ps_state_load(struct ps_state *s, const char *path, uint32_t id, size_t memory, char *error,
		  size_t size)
{
	size_t len;
	char *text;
	int err = -1;

	memset(s, 0, sizeof(*s));
	ps_outbox_init(&s->outbox);
	ps_defer_init(&s->defer, &defer_ops);
	text = ps_script_read(path, &len, error, size);
	if (!text)
		return errno == EFBIG ? 1 : -1;
	s->region = malloc(ps_script_region(memory));
	if (!s->region || !ps_state_space() || ps_script_init_sized(&s->script, id, true, memory, s->region)) {
		snprintf(error, size, "%s: not enough memory", path);
		s->script.bind.rt.L = NULL;
	} else {
		s->script.compile = ps_compile;
		s->script.bind.sender = &s->outbox.sender;
		s->script.bind.counted = &s->counted;
		ps_shared_join(&s->script.bind, ps_state_space());
		s->script.bind.defer = &s->defer;
		err = load(s, path, text, len, memory, error, size);
	}
	free(text);
	return err;
}

int ps_state_init(struct ps_state *s, const struct ps_state_rule *rule, char *error, size_t size)
{
	const char *function = rule->is_match ? PS_STATE_MATCH : PS_STATE_FUNCTION;
	int err = ps_state_load(s, rule->path, rule->id, rule->memory, error, size);

	if (err)
		return err;
	s->on_error = rule->on_error;
	s->is_match = rule->is_match;
	s->handler = ps_script_find_given(&s->script, 0, rule->function ? rule->function : function, rule->given);
	if (s->handler < 0)
		tell_error(s, rule->path, error, size);
	return s->handler < 0 ? 1 : 0;
}

void ps_state_clean(struct ps_state *s)
{
	if (s->defer.ops)
		ps_defer_close(&s->defer);
	if (s->has_work)
		ps_script_clean(&s->work);
	s->has_work = false;
	if (s->script.bind.rt.L)
		ps_script_clean(&s->script);
	ps_counted_clean(&s->counted);
	ps_outbox_clean(&s->outbox);
	free(s->region);
	s->region = NULL;
}

/*
 * Reloading. Nothing else happens meanwhile.
 */
static void nobody_waits(struct ps_old *old)
{
	(void)old;
}

/* Calls on_reload() in the Lua state. */
static int carry_over(struct ps_script *to, struct ps_script *from, const char *path, char *error, size_t size)
{
	struct ps_old old = { .script = from, .lock = nobody_waits, .unlock = nobody_waits };

	if (!ps_script_reload(to, 0, &old))
		return 0;
	put_error(to->error, path, error, size);
	return 1;
}

static void carry_flows_over(struct ps_script *to, struct ps_script *from)
{
	struct ps_old old = { .script = from, .lock = nobody_waits, .unlock = nobody_waits };
	uint32_t at = 0;

	while (ps_script_take_flows(to, &old, &at))
		;
}

/* What has been counted goes on, and what is sent goes where it went. */
static void take_place(struct ps_state *next, struct ps_state *s)
{
	if (next->has_work)
		ps_defer_move(&s->defer, &next->defer);
	ps_outbox_deliver(&next->outbox, s->outbox.deliver, s->outbox.context);
	next->outbox.count = s->outbox.count;
	ps_counted_keep(&s->counted, &s->script.bind);
	if (s->has_work)
		ps_counted_keep(&s->counted, &s->work.bind);
	ps_counted_move(&next->counted, &s->counted);
	next->packets = s->packets;
	memcpy(next->verdicts, s->verdicts, sizeof(s->verdicts));
	memcpy(next->errors, s->errors, sizeof(s->errors));
	next->nerrors = s->nerrors;
	next->other_errors = s->other_errors;
	next->late_errors = s->late_errors;
}

int ps_state_reload(struct ps_state *next, struct ps_state *s, const struct ps_state_rule *rule, char *error, size_t size)
{
	int err = ps_state_init(next, rule, error, size);

	if (!err) {
		carry_flows_over(&next->script, &s->script);
		if (next->has_work && s->has_work)
			err = carry_over(&next->work, &s->work, rule->path, error, size);
	}
	if (!err)
		err = carry_over(&next->script, &s->script, rule->path, error, size);
	if (err)
		ps_state_clean(next);
	else
		take_place(next, s);
	return err;
}

uint64_t ps_state_counted(const struct ps_state *s, unsigned int number)
{
	return s->counted.past[number] + ps_count_of(&s->script.bind, number) + (s->has_work ? ps_count_of(&s->work.bind, number) : 0);
}

int ps_state_close(struct ps_state *s, const char *path, char *error, size_t size)
{
	struct ps_script *const closed[] = { &s->script, s->has_work ? &s->work : NULL };
	int i, err = 0;

	ps_timers_close(&s->script.bind);
	ps_defer_close(&s->defer);
	ps_listen_close(&s->script.bind);
	if (s->has_work)
		ps_listen_close(&s->work.bind);
	for (i = 0; i < 2 && closed[i]; i++) {
		if (!ps_script_close(closed[i], 0))
			continue;
		put_error(closed[i]->error, path, error, size);
		err = 1;
	}
	return err;
}

static void count_error(struct ps_state *s, const char *text)
{
	struct ps_state_error *e = s->errors;
	int i;

	for (i = 0; i < s->nerrors; i++, e++) {
		if (!strcmp(e->text, text)) {
			e->count++;
			return;
		}
	}
	if (i == PS_STATE_ERRORS) {
		s->other_errors++;
		return;
	}
	snprintf(e->text, sizeof(e->text), "%s", text);
	e->count = 1;
	s->nerrors++;
}

/* One that is no verdict's. */
static void count_late_error(struct ps_state *s, const char *text)
{
	s->late_errors++;
	if (!s->late_error[0])
		snprintf(s->late_error, sizeof(s->late_error), "%s", text);
	count_error(s, text);
}

const char *ps_state_verdict_name(const struct ps_state *s, enum ps_verdict verdict)
{
	if (s->is_match && verdict != PS_VERDICT_ERROR)
		return verdict == PS_VERDICT_ACCEPT ? "match" : "no match";
	return ps_verdicts[verdict].name;
}

static enum ps_verdict run_target(struct ps_state *s, struct ps_packet *pkt, uint16_t *queue)
{
	enum ps_verdict verdict = ps_script_run(&s->script, s->handler, pkt, queue);

	return verdict == PS_VERDICT_REPEAT ? ps_script_repeat(&s->script, s->handler, pkt, queue) : verdict;
}

static enum ps_verdict run_match(struct ps_state *s, struct ps_packet *pkt)
{
	ps_buffer_protect(pkt);
	switch (ps_script_match(&s->script, s->handler, pkt)) {
	case PS_ANSWER_YES:
		return PS_VERDICT_ACCEPT;
	case PS_ANSWER_NO:
		return PS_VERDICT_CONTINUE;
	default:
		return PS_VERDICT_ERROR;
	}
}

enum ps_verdict ps_state_run(struct ps_state *s, struct ps_packet *pkt, uint16_t *queue)
{
	enum ps_verdict verdict = s->is_match ? run_match(s, pkt) : run_target(s, pkt, queue);

	s->packets++;
	s->verdicts[verdict]++;
	if (verdict == PS_VERDICT_ERROR)
		count_error(s, s->script.error);
	return verdict;
}

enum ps_verdict ps_state_refuse(struct ps_state *s, enum ps_verdict verdict, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(s->script.error, sizeof(s->script.error), format, args);
	va_end(args);
	s->verdicts[verdict]--;
	s->verdicts[PS_VERDICT_ERROR]++;
	count_error(s, s->script.error);
	return PS_VERDICT_ERROR;
}

/*
 * What is due.
 */
static bool has_values(const struct ps_state *s)
{
	return ps_listen_is_awake(&s->script.bind.listening) || (s->has_work && ps_listen_is_awake(&s->work.bind.listening));
}

/* A timer or deferred work. */
static uint64_t next_timed(struct ps_state *s)
{
	uint64_t timer = ps_heap_at(&s->script.bind.timers.heap), work = ps_defer_next(&s->defer);

	return timer < work ? timer : work;
}

uint64_t ps_state_next(struct ps_state *s)
{
	return has_values(s) ? 0 : next_timed(s);
}

static uint64_t last_of(const struct ps_heap *heap)
{
	uint64_t last = 0;
	uint32_t i;

	for (i = 0; i < heap->n; i++) {
		if (ps_heap_get(heap, i)->at > last)
			last = ps_heap_get(heap, i)->at;
	}
	return last;
}

uint64_t ps_state_last(struct ps_state *s)
{
	uint64_t timer = last_of(&s->script.bind.timers.heap), work = last_of(&s->defer.heap);

	return timer > work ? timer : work;
}

static int run_work(struct ps_state *s, uint64_t now)
{
	struct ps_work *work = ps_defer_take(&s->defer, now);
	int err = work ? ps_script_work(&s->work, work) : 0;

	ps_work_free(work);
	return err;
}

static void run_timed(struct ps_state *s, uint64_t now)
{
	bool is_later;
	int err = 0;

	if (ps_heap_at(&s->script.bind.timers.heap) > ps_defer_next(&s->defer)) {
		if (run_work(s, now))
			count_late_error(s, s->work.error);
		return;
	}
	ps_timer_run(&s->script, now, &is_later, &err);	/* off the kernel there are no budgets: none has to wait */
	if (err)
		count_late_error(s, s->script.error);
}

static void run_value(struct ps_state *s, struct ps_script *script)
{
	bool is_later;
	int err;

	if (ps_listen_run(script, &is_later, &err) && err)
		count_late_error(s, script->error);
}

void ps_state_run_due(struct ps_state *s, uint64_t now)
{
	run_timed(s, now);
	run_value(s, &s->script);
	if (s->has_work)
		run_value(s, &s->work);
}

/*
 * Besides what is pending when the clock comes to a time, so much more is run at that: then a millisecond passes, so that what makes
 * itself due at once does not hold up the clock.
 */
#define AT_ONCE	1000
#define MOMENT	1000000

static unsigned int count_pending(struct ps_state *const *states, size_t n)
{
	unsigned int pending = 0;
	size_t i;

	for (i = 0; i < n; i++)
		pending += states[i]->script.bind.timers.heap.n + states[i]->defer.heap.n +
			   ps_listen_pending(&states[i]->script.bind.listening) + ps_listen_pending(&states[i]->work.bind.listening);
	return pending;
}

void ps_states_pass(struct ps_state *const *states, size_t n, uint64_t until, bool (*go_on)(void *context), void *context)
{
	struct ps_state *first;
	unsigned int left = AT_ONCE + count_pending(states, n);
	uint64_t at, next;
	size_t i;

	for (;;) {
		for (first = NULL, at = PS_NEVER, i = 0; i < n; i++) {
			next = ps_state_next(states[i]);
			if (next < at) {
				at = next;
				first = states[i];
			}
		}
		if (at > until)
			break;
		if (!go_on(context))
			return;
		if (at > ps_clock_now()) {
			ps_clock_advance(at - ps_clock_now());
			left = AT_ONCE + count_pending(states, n);
		} else if (!left--) {
			if (until <= ps_clock_now())
				break;
			ps_clock_advance(until - ps_clock_now() < MOMENT ? until - ps_clock_now() : MOMENT);
			left = AT_ONCE + count_pending(states, n);
		}
		ps_state_run_due(first, ps_clock_now());
	}
	if (until > ps_clock_now())
		ps_clock_advance(until - ps_clock_now());
}
