/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sanitizer/asan_interface.h>
#include <sys/time.h>

#include "lua.h"

#include "compile.h"
#include "fuzz.h"
#include "host_user.h"
#include "shared.h"
#include "shared_store.h"

#define TICK_US		4000
#define RUN_MS		20	/* of a handler; loading, six times that. The kernel's are longer */
#define PATIENCE	200	/* ticks after which one that should have been stopped is none */

bool fuzz_show;
bool fuzz_plainly;
struct fuzz_events fuzz_events;
unsigned long long fuzz_time = 4000000;
enum ps_read (*fuzz_read)(const char *path, const char **text, size_t *len);

#define NOTHING_SAID	0xCBF29CE484222325

static uint64_t log_hash = NOTHING_SAID;
static struct ps_guard *running;
static bool opening;	/* a state, for which the machine may take its time */
static volatile unsigned int expired;	/* how often this run was told that its time is up */
static volatile bool was_late;		/* one was, or had no memory, since somebody asked */

void fuzz_fail(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "fuzz: does not hold: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

/*
 * The engine is linked such that these are in place of its own functions (ld --wrap).
 */
size_t __real_ps_host_enter(struct ps_guard *guard, unsigned int ms, unsigned long sp);
size_t __wrap_ps_host_enter(struct ps_guard *guard, unsigned int ms, unsigned long sp);
void __real_ps_host_leave(void);
void __wrap_ps_host_leave(void);
size_t __real_ps_host_enter_work(struct ps_host_work *work, struct ps_guard *guard, unsigned int ms, unsigned long sp);
size_t __wrap_ps_host_enter_work(struct ps_host_work *work, struct ps_guard *guard, unsigned int ms, unsigned long sp);
void __real_ps_host_leave_work(struct ps_host_work *work);
void __wrap_ps_host_leave_work(struct ps_host_work *work);
void *__wrap_ps_host_resize(void *block, size_t old, size_t size);
enum ps_read __wrap_ps_host_read(const char *path, size_t max, void **text, size_t *len, char *why, size_t size);
void __real_ps_runtime_expire(struct ps_guard *guard, enum ps_expired why);
void __wrap_ps_runtime_expire(struct ps_guard *guard, enum ps_expired why);
void *__real_ps_host_realloc(void *block, size_t size);
void *__wrap_ps_host_realloc(void *block, size_t size);
unsigned long __wrap_ps_host_random(void);
void __wrap_ps_host_log(enum ps_log_level level, const char *line);
unsigned long long __wrap_ps_host_time(void);

/* Less time than in the kernel, so that what never ends takes less of ours. */
static unsigned int begin_run(struct ps_guard *guard, unsigned int ms)
{
	expired = 0;
	running = ms == ~0u ? NULL : guard;
	if (opening || ms == ~0u)
		return ~0u;
	return ms > ps_limits.packet_ms ? 6 * RUN_MS : RUN_MS;
}

size_t __wrap_ps_host_enter(struct ps_guard *guard, unsigned int ms, unsigned long sp)
{
	return __real_ps_host_enter(guard, begin_run(guard, ms), sp);
}

size_t __wrap_ps_host_enter_work(struct ps_host_work *work, struct ps_guard *guard, unsigned int ms, unsigned long sp)
{
	return __real_ps_host_enter_work(work, guard, begin_run(guard, ms), sp);
}

void __wrap_ps_host_leave_work(struct ps_host_work *work)
{
	__real_ps_host_leave_work(work);
	running = NULL;
}

void __wrap_ps_host_leave(void)
{
	__real_ps_host_leave();
	running = NULL;
}

/* The clock says it at each tick, as long as the run goes on. */
void __wrap_ps_runtime_expire(struct ps_guard *guard, enum ps_expired why)
{
	was_late = true;
	if (++expired == PATIENCE)
		fuzz_fail("a script goes on after its time is up");
	__real_ps_runtime_expire(guard, why);
}

/*
 * Memory that is used again at once.
 */
#define UNIT	16	/* bytes; blocks are a whole number of them */
#define UNITS	128	/* larger ones are not kept */
#define KEPT	32	/* of each size */

static struct {
	void *blocks[KEPT];
	unsigned int n;
} kept[UNITS];
static bool recycling;

void fuzz_recycle(bool on)
{
	unsigned int units;

	recycling = on;
	for (units = 0; !on && units < UNITS; units++) {
		while (kept[units].n)
			free(kept[units].blocks[--kept[units].n]);
	}
}

static void give_back(void *block)
{
	size_t size = block ? malloc_usable_size(block) : 0, units = size / UNIT;

	if (size % UNIT || !units || units >= UNITS || kept[units].n == KEPT) {
		free(block);
		return;
	}
	ASAN_POISON_MEMORY_REGION(block, size);
	kept[units].blocks[kept[units].n++] = block;
}

static void *take(size_t size)
{
	size_t units = (size + UNIT - 1) / UNIT;
	void *block;

	if (units >= UNITS)
		return malloc(size);
	if (kept[units].n)
		block = kept[units].blocks[--kept[units].n];
	else
		block = malloc(units * UNIT);
	ASAN_POISON_MEMORY_REGION(block, units * UNIT);
	ASAN_UNPOISON_MEMORY_REGION(block, size);
	return block;
}

static void *recycle(void *block, size_t size)
{
	size_t old = block ? malloc_usable_size(block) : 0;
	void *other = NULL;

	if (size) {
		other = take(size);
		ASAN_UNPOISON_MEMORY_REGION(block, old);
		if (block)
			memcpy(other, block, old < size ? old : size);
	}
	give_back(block);
	return other;
}

/* Giving memory back never fails. */
void *__wrap_ps_host_realloc(void *block, size_t size)
{
	struct fuzz_events *e = &fuzz_events;

	if (size && (!block || size > malloc_usable_size(block))) {
		if (e->expires && !--e->expires && running)
			__wrap_ps_runtime_expire(running, PS_EXPIRED_OWN);
		if (e->fails > 1) {
			e->fails--;
		} else if (e->fails && e->times) {
			e->times--;
			return NULL;
		}
	}
	return recycling ? recycle(block, size) : __real_ps_host_realloc(block, size);
}

void *__wrap_ps_host_resize(void *block, size_t old, size_t size)
{
	(void)old;
	return __wrap_ps_host_realloc(block, size);
}

enum ps_read __wrap_ps_host_read(const char *path, size_t max, void **text, size_t *len, char *why, size_t size)
{
	const char *found = NULL;
	enum ps_read result = fuzz_read ? fuzz_read(path, &found, len) : PS_READ_ABSENT;

	*text = NULL;
	if (result == PS_READ_DONE && *len > max)
		result = PS_READ_FAILED;
	if (result == PS_READ_FAILED)
		snprintf(why, size, "cannot be read");
	if (result != PS_READ_DONE)
		return result;
	*text = __wrap_ps_host_realloc(NULL, *len);
	if (!*text) {
		snprintf(why, size, "not enough memory");
		return PS_READ_FAILED;
	}
	memcpy(*text, found, *len);
	return PS_READ_DONE;
}

/* What a script does is to be the same each time. */
unsigned long __wrap_ps_host_random(void)
{
	return 4;
}

unsigned long long __wrap_ps_host_time(void)
{
	return fuzz_time;
}

uint64_t fuzz_take_log(void)
{
	uint64_t hash = log_hash;

	log_hash = NOTHING_SAID;
	return hash;
}

bool fuzz_was_late(void)
{
	bool late = was_late;

	was_late = false;
	return late;
}

void __wrap_ps_host_log(enum ps_log_level level, const char *line)
{
	log_hash = (log_hash ^ level) * 0x100000001B3;
	was_late |= strstr(line, "memory") != NULL;
	if (fuzz_show)
		printf("  %s\n", line);
	while (*line)
		log_hash = (log_hash ^ (uint8_t)*line++) * 0x100000001B3;
}

/* The ways past engine/object.c and engine/bytes.c. */
#define PLAINLY(type, name, nothing, parameters, arguments) \
	type __real_##name parameters; \
	type __wrap_##name parameters; \
	type __wrap_##name parameters \
	{ \
		return fuzz_plainly ? nothing : __real_##name arguments; \
	}

struct ps_method;
struct ps_object;
typedef const void *pointer;

PLAINLY(int, ps_object_call, -1, (void *L, pointer method, pointer func, int nargs),
	(L, method, func, nargs))
PLAINLY(bool, ps_object_read, false, (void *L, pointer object, pointer name, void *result),
	(L, object, name, result))
PLAINLY(bool, ps_object_write, false, (void *L, pointer object, pointer name, pointer value),
	(L, object, name, value))
PLAINLY(bool, ps_object_get_byte, false, (void *L, pointer object, uint64_t i, void *result),
	(L, object, i, result))
PLAINLY(bool, ps_object_set_byte, false, (void *L, void *object, uint64_t i, pointer value),
	(L, object, i, value))

/*
 * States.
 */
static void *counted(void *data, void *block, size_t old, size_t size)
{
	struct fuzz_state *state = data;
	const struct ps_runtime *rt = &state->s.bind.rt;
	void *p = state->allocate(state->allocate_data, block, old, size);

	if (!p && size)
		state->refused = true;
	if (rt->memory > rt->memory_max)
		fuzz_fail("%zu bytes of memory, of %zu", rt->memory, rt->memory_max);
	return p;
}

/*
 * What is sent: in memory of its own, so that each byte beyond it is noticed. It counts as what a script says.
 */
static uint8_t *make_draft(struct ps_sender *sender, uint32_t len)
{
	struct fuzz_state *state = (void *)((char *)sender - offsetof(struct fuzz_state, sender));

	free(state->draft);
	state->draft = malloc(len);
	return state->draft;
}

/* Likewise what is lent: it is read, and counts. */
static bool lend(struct ps_sender *sender, const uint8_t *bytes, uint32_t n)
{
	(void)sender;
	while (n--)
		log_hash = (log_hash ^ *bytes++) * 0x100000001B3;
	return true;
}

static const char *send_draft(struct ps_sender *sender, const struct ps_message *message)
{
	const struct fuzz_state *state = (void *)((char *)sender - offsetof(struct fuzz_state, sender));
	uint32_t i;

	for (i = 0; i < message->drafted; i++)
		log_hash = (log_hash ^ state->draft[i]) * 0x100000001B3;
	if (message->drafted > message->len || message->is.payload > message->drafted || message->is.transport > message->is.payload ||
	    (message->partial && message->partial + 2 > message->is.payload))
		fuzz_fail("a header that is not within what is sent");
	return message->len & 1 ? NULL : "an even number of bytes";
}

static bool join(struct fuzz_state *state, struct ps_shared_space *space)
{
	struct ps_shared_space *own = space ? NULL : ps_shared_space_new();

	if (!space && !own)
		return false;
	ps_shared_join(&state->s.bind, space ? space : own);
	if (own)
		ps_shared_space_put(own);
	return true;
}

int fuzz_state_init_as(struct fuzz_state *state, bool is_interrupt, const char *memory, struct ps_shared_space *space)
{
	static const struct ps_sender_ops ops = { .draft = make_draft, .lend = lend, .finishes_checksums = true, .send = send_draft };
	lua_State *L;
	size_t size;
	int err;

	memset(state, 0, sizeof(*state));
	if (!ps_script_memory(memory, &size))
		return -1;
	if (memory && is_interrupt)
		state->region = malloc(ps_script_region(size));
	opening = true;
	err = ps_script_init_sized(&state->s, 7, is_interrupt, size, state->region);
	opening = false;
	if (!err && !join(state, space)) {
		ps_script_clean(&state->s);
		err = -1;
	}
	if (err) {
		free(state->region);
		return err;
	}
	state->s.compile = fuzz_plainly || !is_interrupt ? NULL : ps_compile;
	state->sender.ops = &ops;
	state->s.bind.sender = &state->sender;
	L = state->s.bind.rt.L;
	state->allocate = lua_getallocf(L, &state->allocate_data);
	lua_setallocf(L, counted, state);
	return 0;
}

int fuzz_state_init(struct fuzz_state *state)
{
	return fuzz_state_init_as(state, true, NULL, NULL);
}

void fuzz_state_clean(struct fuzz_state *state)
{
	free(state->draft);
	ps_script_clean(&state->s);
	free(state->region);
	if (state->s.bind.rt.memory)
		fuzz_fail("%zu bytes counted in a state that is gone", state->s.bind.rt.memory);
}

void fuzz_show_bytes(const char *what, const uint8_t *bytes, uint32_t len)
{
	if (!fuzz_show)
		return;
	printf("%s (%u):", what, len);
	for (uint32_t i = 0; i < len; i++)
		printf("%s%02x", i % 4 ? "" : " ", bytes[i]);
	putchar('\n');
}

typedef enum ps_verdict run_function(struct ps_script *s, int handler, struct frame_packet *packet, uint16_t *queue);

static enum ps_verdict handle(struct ps_script *s, int handler, struct frame_packet *packet, uint16_t *queue)
{
	enum ps_verdict verdict = ps_script_run(s, handler, &packet->pkt, queue);

	return verdict == PS_VERDICT_REPEAT ? ps_script_repeat(s, handler, &packet->pkt, queue) : verdict;
}

static enum ps_verdict match(struct ps_script *s, int handler, struct frame_packet *packet, uint16_t *queue)
{
	static const enum ps_verdict verdicts[] = {
		[PS_ANSWER_NO] = PS_VERDICT_CONTINUE,
		[PS_ANSWER_YES] = PS_VERDICT_ACCEPT,
		[PS_ANSWER_ERROR] = PS_VERDICT_ERROR,
	};

	(void)queue;
	frame_protect(packet);
	return verdicts[ps_script_match(s, handler, &packet->pkt)];
}

static void run(struct fuzz_state *state, run_function *call, int handler, const struct frame *frame,
		struct fuzz_outcome *outcome)
{
	struct ps_script *s = &state->s;
	struct frame_packet packet;
	const bool may_not_run = s->bind.rt.guard.refused || s->bind.flows.ncut;
	uint64_t stamp = s->bind.stamp;
	uint16_t queue = 0;

	if (fuzz_show)
		printf("%s: link %d other %d moving %d prefix %u partial %u segments %d failing %d\n",
		       fuzz_plainly ? "plainly" : "compiled", frame->link, frame->other,
		       frame->moving, frame->prefix, frame->partial, frame->segments,
		       frame->failing);
	fuzz_show_bytes("  packet", frame->bytes, frame->len);

	frame_open(&packet, frame);
	log_hash = NOTHING_SAID;
	expired = 0;	/* not all handlers need Lua */
	s->error[0] = 0;
	outcome->verdict = call(s, handler, &packet, &queue);
	outcome->late = expired;
	outcome->log = log_hash;
	outcome->len = packet.pkt.len;
	outcome->partial = packet.pkt.partial;
	outcome->bytes = frame_close(&packet);
	memcpy(outcome->error, s->error, sizeof(outcome->error));

	if (fuzz_show)
		printf("  verdict %d %s\n", outcome->verdict, s->error);
	fuzz_show_bytes("  packet", outcome->bytes, outcome->len);

	if ((unsigned int)outcome->verdict > PS_VERDICT_ERROR)
		fuzz_fail("verdict %d", outcome->verdict);
	if (!memchr(s->error, 0, sizeof(s->error)))
		fuzz_fail("the error has no end");
	if (outcome->verdict != PS_VERDICT_ERROR && s->error[0])
		fuzz_fail("an error without its verdict: %s", s->error);
	if (queue && outcome->verdict != PS_VERDICT_QUEUE)
		fuzz_fail("a queue without its verdict");
	if (s->bind.pkt || s->bind.serial || (s->bind.stamp == stamp && !may_not_run))
		fuzz_fail("the packet outlives its handler");
	if (s->bind.rt.guard.running != s->bind.rt.L || s->bind.rt.guard.expired)
		fuzz_fail("the runtime was not brought in order");
	if (lua_gettop(s->bind.rt.L))
		fuzz_fail("%d values left on the stack", lua_gettop(s->bind.rt.L));
	if (s->bind.rt.memory > s->bind.rt.memory_max)
		fuzz_fail("%zu bytes of memory", s->bind.rt.memory);
}

void fuzz_run(struct fuzz_state *state, int handler, const struct frame *frame,
	      struct fuzz_outcome *outcome)
{
	run(state, handle, handler, frame, outcome);
	if (outcome->verdict == PS_VERDICT_REPEAT)
		fuzz_fail("still to be repeated");
}

void fuzz_match(struct fuzz_state *state, int handler, const struct frame *frame,
		struct fuzz_outcome *outcome)
{
	run(state, match, handler, frame, outcome);
	if (outcome->len != frame->len || memcmp(outcome->bytes, frame->bytes, frame->len))
		fuzz_fail("a match has written");
}

void fuzz_outcome_clean(struct fuzz_outcome *outcome)
{
	free(outcome->bytes);
}

void fuzz_check_place(const char *error, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(error, name, len) || error[len] != ':' || error[len + 1] < '1' ||
	    error[len + 1] > '9' || !strchr(error + len + 1, ':'))
		fuzz_fail("an error without file and line: \"%s\"", error);
}

void fuzz_compare(const struct fuzz_outcome *compiled, const struct fuzz_outcome *plain)
{
	if (compiled->verdict != plain->verdict || strcmp(compiled->error, plain->error))
		fuzz_fail("verdict %d (%s) compiled, %d (%s) interpreted", compiled->verdict,
			  compiled->error, plain->verdict, plain->error);
	if (compiled->log != plain->log)
		fuzz_fail("what is printed compiled and interpreted is not the same");
	if (compiled->partial != plain->partial)
		fuzz_fail("partial checksum at %u compiled, at %u interpreted", compiled->partial,
			  plain->partial);
	if (compiled->len != plain->len)
		fuzz_fail("%u bytes long compiled, %u interpreted", compiled->len, plain->len);
	for (uint32_t i = 0; i < plain->len; i++) {
		if (compiled->bytes[i] != plain->bytes[i])
			fuzz_fail("byte %u is %02x compiled, %02x interpreted", i, compiled->bytes[i],
				  plain->bytes[i]);
	}
}

/* Where a block came from: a few frames tell that too, and sooner. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "malloc_context_size=6";
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct itimerval timer = { { 0, TICK_US }, { 0, TICK_US } };

	(void)argc;
	(void)argv;
	fuzz_show = getenv("FUZZ_SHOW");
	if (fuzz_show)
		setvbuf(stdout, NULL, _IOLBF, 0);
	if (ps_user_watch_start() || setitimer(ITIMER_VIRTUAL, &timer, NULL))
		fuzz_fail("no clock");
	return 0;
}
