/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Runtimes, and the functions that luaconf.h builds into Lua.
 */
#define LUA_CORE
#include "lprefix.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lua.h"
#include "lauxlib.h"
#include "lualib.h"
#include "lapi.h"
#include "ldebug.h"
#include "ldo.h"
#include "lfunc.h"
#include "lgc.h"
#include "lobject.h"
#include "lstate.h"
#include "lvm.h"

#include "arena.h"
#include "host.h"
#include "internals.h"
#include "runtime.h"
#include "text.h"

/* Raises with the line of the function that runs, or of the one that called it if that is C. */
static void raise(lua_State *L, const char *message)
{
	if (isLua(L->ci))
		luaG_runerror(L, message);
	luaL_error(L, message);
}

unsigned long long ps_guard_hash_factor;

long long ps_guard_no_float(lua_State *L)
{
	raise(L, "no floating point (// divides integers)");
	return 0;
}

/*
 * Constant folding; "/" and "^" would raise, so they stay in the code. The compiler ignores what
 * is returned, but does not fold to a float of zero.
 */
int ps_guard_fold(lua_State *L, int op, const TValue *a, const TValue *b, TValue *result)
{
	if (op == LUA_OPDIV || op == LUA_OPPOW) {
		setfltvalue(result, 0);
		return 0;
	}
	return luaO_rawarith(L, op, a, b, result);
}

/* A finalizer would run at any time, within any handler, and without the hook that ends what takes too long. */
void ps_guard_finalizer(lua_State *L, GCObject *object, Table *metatable)
{
	if (object->tt == LUA_VTABLE && gfasttm(G(L), metatable, TM_GC))
		luaL_error(L, "'__gc' is not available to scripts");
	luaC_checkfinalizer(L, object, metatable);
}

/*
 * Lua pushes a message handler and its argument without a look at the Lua stack, and the call then checks the C stack. If
 * that check raised, the error would be handled by another such call, and so on, each with more on the Lua stack.
 */
void ps_guard_handler(lua_State *L, StkId func, int nresults)
{
	if (ps_stack_pointer() <= ps_guard_of(L)->stack_soft)
		luaD_throw(L, LUA_ERRERR);
	luaD_callnoyield(L, func, nresults);
}

GCObject *ps_guard_held(const Udata *userdata, unsigned int n)
{
	const struct ps_class *class = userdata->class;
	const struct ps_object *held = NULL;

	if (class && class->holds)
		held = class->holds((const struct ps_object *)((const char *)userdata + udatamemoffset(0)), n);
	return held ? obj2gco(ps_userdata_of(held)) : NULL;
}

void ps_linear_free(struct ps_runtime *rt, struct ps_linear *linear)
{
	rt->memory -= linear->size;
	rt->linear -= linear->size;
	ps_host_realloc(linear, 0);
}

void ps_guard_freeproto(lua_State *L, Proto *f)
{
	if (f->linear)
		ps_linear_free(ps_runtime_of(L), f->linear);
	luaF_freeproto(L, f);
}

/*
 * Methods.
 */
static int call_method(lua_State *L)
{
	const struct ps_method *method = pvalue(ps_upvalue(L, 0));

	return method->call(L);
}

void ps_push_method(lua_State *L, const struct ps_method *method)
{
	lua_pushlightuserdata(L, (void *)method);
	lua_pushcclosure(L, call_method, 1);
}

const struct ps_method *ps_to_method(const TValue *value)
{
	return ttisCclosure(value) && clCvalue(value)->f == call_method ? ps_method_of(value) : NULL;
}

int ps_call_method(lua_State *L, StkId func, int nargs)
{
	const struct ps_method *method = ps_to_method(s2v(func));
	const TValue *object = s2v(func + 1);
	const struct ps_class *class;

	if (!method)
		return -1;
	if (method->direct)
		return method->direct(func, nargs);
	class = nargs && ttisfulluserdata(object) ? uvalue(object)->class : NULL;
	return class && class->call ? class->call(L, method, func, nargs) : -1;
}

CallInfo *ps_guard_precall(lua_State *L, StkId func, int nresults)
{
	int n = ps_call_method(L, func, PS_STACK_TOP(L) - func - 1);

	if (n < 0)
		return luaD_precall(L, func, nresults);
	if (nresults == LUA_MULTRET)
		nresults = n;
	for (; n < nresults; n++)
		setnilvalue(s2v(func + n));
	PS_STACK_TOP(L) = func + nresults;
	return NULL;
}

/*
 * Time.
 */

/* Where the script is: the line of the innermost function that is written in Lua. */
static void find_place(lua_State *L, char *place, size_t size)
{
	lua_Debug ar;
	int level;

	if (!L->ci)	/* the state is being made */
		return;
	for (level = 0; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (ar.currentline > 0) {
			snprintf(place, size, "%s:%d: ", ar.short_src, ar.currentline);
			return;
		}
	}
}

/*
 * Raises, with the place where the expiry was seen first: clean-up on the way out, of gsub()'s buffer for instance, comes
 * here again, and has no line of its own.
 */
void ps_guard_expired(lua_State *L)
{
	static const char *const messages[] = {
		[PS_EXPIRED_OWN] = "time limit exceeded",
		[PS_EXPIRED_SHARE] = "no time left (slow handlers of this state have used up its share of a CPU)",
		[PS_EXPIRED_CPU] = "no time left (slow scripts have used up their share of this CPU)",
		[PS_EXPIRED_STOPPED] = "stopped",
	};
	struct ps_runtime *rt = ps_runtime_of(L);

	L->errfunc = 0;		/* in a message handler a loop would have no end, as hooks are off there */
	if (!rt->expired_at[0])
		find_place(L, rt->expired_at, sizeof(rt->expired_at));
	lua_pushfstring(L, "%s%s", rt->expired_at, messages[rt->guard.expired]);
	lua_error(L);
}

static void expire_hook(lua_State *L, lua_Debug *ar);

static void arm(lua_State *L)
{
	lua_sethook(L, expire_hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

/*
 * Removes itself before it looks: if an interrupt comes between the two, that arms it again. Nothing has expired where
 * others may want to run; or the hook is one that an earlier run has left in a coroutine.
 */
static void expire_hook(lua_State *L, lua_Debug *ar)
{
	(void)ar;
	lua_sethook(L, NULL, 0, 0);
	if (ps_guard_of(L)->expired) {
		arm(L);
		ps_guard_expired(L);
	}
	if (ps_runtime_of(L)->work && !ps_runtime_of(L)->is_atomic)
		ps_host_rest();
}

/*
 * Where no timer interrupts.
 */
#define CLOCK_STEPS	1000	/* instructions of the interpreter between two looks at the clock */
#define CLOCK_TICKS	64	/* of loops in C, the same */

/* Then the time is up from now on. */
static bool is_late(struct ps_runtime *rt)
{
	if ((int)(ps_host_now() - rt->deadline) < 0)
		return false;
	ps_runtime_expire(&rt->guard, PS_EXPIRED_OWN);
	return true;
}

static void clock_hook(lua_State *L, lua_Debug *ar)
{
	struct ps_runtime *rt = ps_runtime_of(L);

	(void)ar;
	if (!rt->guard.has_clock) {	/* an earlier run has left it in a coroutine */
		lua_sethook(L, NULL, 0, 0);
		return;
	}
	if (is_late(rt))
		ps_guard_expired(L);
}

bool ps_guard_look(lua_State *L)
{
	struct ps_runtime *rt = ps_runtime_of(L);

	return !(++rt->ticks % CLOCK_TICKS) && is_late(rt);
}

static void start_clock(lua_State *L)
{
	lua_sethook(L, clock_hook, LUA_MASKCOUNT, CLOCK_STEPS);
}

void ps_runtime_begin_clock(struct ps_runtime *rt, lua_State *L, unsigned int ms)
{
	rt->deadline = ps_host_now() + ms;
	rt->guard.has_clock = true;
	start_clock(L);
}

void ps_runtime_end_clock(struct ps_runtime *rt, lua_State *L)
{
	rt->guard.has_clock = false;
	lua_sethook(L, NULL, 0, 0);
}

void ps_runtime_yield(struct ps_guard *guard)
{
	arm(guard->running);
}

void ps_runtime_expire(struct ps_guard *guard, enum ps_expired why)
{
	if (!guard->expired)
		guard->expired = why;
	arm(guard->running);
}

int ps_guard_resume(lua_State *co, lua_State *from, int nargs, int *nresults)
{
	struct ps_guard *guard = ps_guard_of(co);
	int status;

	guard->running = co;
	if (guard->expired)
		arm(co);
	else if (guard->has_clock)
		start_clock(co);
	status = lua_resume(co, from, nargs, nresults);
	guard->running = from;
	if (guard->expired)
		arm(from);
	return status;
}

int ps_guard_close(lua_State *co, lua_State *from)
{
	struct ps_guard *guard = ps_guard_of(co);
	int status;

	guard->running = co;
	co->allowhook = 1;	/* it may have been stopped inside the hook */
	if (guard->expired)
		arm(co);
#if LUA_VERSION_RELEASE_NUM >= 50406
	status = lua_closethread(co, from);
#else
	status = lua_resetthread(co);
#endif
	guard->running = from;
	if (guard->expired)
		arm(from);
	return status;
}

void ps_runtime_recover(struct ps_runtime *rt)
{
	ps_watch_stopped(&rt->guard);
	rt->stopped++;
	rt->guard.expired = PS_EXPIRED_NOT;
	rt->expired_at[0] = 0;
	lua_sethook(rt->L, NULL, 0, 0);
}

void ps_runtime_begin(struct ps_runtime *rt, unsigned int ms)
{
	unsigned long sp = ps_stack_pointer();

	if (rt->work)
		ps_guard_stack(&rt->guard, sp, ps_host_enter_work(rt->work, &rt->guard, ms, sp));
	else
		ps_guard_stack(&rt->guard, sp, ps_host_enter(&rt->guard, ms, sp));
}

static void leave(struct ps_runtime *rt)
{
	if (rt->work)
		ps_host_leave_work(rt->work);
	else
		ps_host_leave();
}

void ps_runtime_end(struct ps_runtime *rt)
{
	leave(rt);
	if (rt->guard.expired)
		ps_runtime_recover(rt);
}

static int call(lua_State *L, lua_CFunction f, void *context)
{
	lua_pushcfunction(L, f);
	lua_pushlightuserdata(L, context);
	return lua_pcall(L, 1, 1, 0);
}

int ps_runtime_call(struct ps_runtime *rt, lua_CFunction f, void *context, unsigned int ms)
{
	int status;

	rt->guard.is_loading = true;
	ps_runtime_begin(rt, ms);
	status = call(rt->L, f, context);
	ps_runtime_end(rt);
	rt->guard.is_loading = false;
	return status;
}

int ps_runtime_call_unwatched(struct ps_runtime *rt, lua_CFunction f, void *context)
{
	unsigned long sp = ps_stack_pointer();

	ps_guard_stack(&rt->guard, sp, ps_host_stack(sp));
	return call(rt->L, f, context);
}

static bool is_heard(const struct ps_runtime *rt)
{
	return rt->audience && rt->audience->is_heard(rt);
}

/* Functions of C have no line. Nothing is allocated, as there may be no memory. */
static ps_noinline void note_levels(lua_State *L, struct ps_runtime *rt)
{
	struct ps_level *to = rt->level;
	lua_Debug ar;
	int i;

	for (i = 0; L->ci && to < rt->level + PS_LEVELS && lua_getstack(L, i, &ar); i++) {
		lua_getinfo(L, "Sln", &ar);
		if (ar.currentline <= 0)
			continue;
		to->line = ar.currentline;
		to->defined = ar.linedefined;
		snprintf(to->file, sizeof(to->file), "%s", ar.short_src);
		snprintf(to->name, sizeof(to->name), "%s", ar.name ? ar.name : "");
		to++;
	}
	rt->levels = to - rt->level;
}

/*
 * The place of errors whose value does not say it.
 */
void ps_guard_throw(lua_State *L, int status)
{
	struct ps_runtime *rt = ps_runtime_of(L);

	if (l_unlikely(is_heard(rt)) && status != LUA_YIELD)
		note_levels(L, rt);
	if (status == LUA_YIELD || (status == LUA_ERRRUN && ttisstring(s2v(PS_STACK_TOP(L) - 1))))
		return;
	rt->thrown[0] = 0;
	find_place(L, rt->thrown, sizeof(rt->thrown));
}

const char *ps_guard_add_place(lua_State *L, const char *message)
{
	char place[80] = "";

	find_place(L, place, sizeof(place));
	lua_pushfstring(L, "%s%s", place, message);
	setobjs2s(L, PS_STACK_TOP(L) - 2, PS_STACK_TOP(L) - 1);
	PS_STACK_TOP(L)--;
	return getstr(tsvalue(s2v(PS_STACK_TOP(L) - 1)));
}

/*
 * The Lua state.
 */

/* Of a string or byte array, where nothing sleeps: so loops over its bytes are short, however much a state may hold. */
#define BYTES_MAX	(1024 * 1024)

static size_t bytes_max(const struct ps_runtime *rt)
{
	return rt->is_any && !rt->is_atomic ? rt->memory_max : BYTES_MAX;
}

/*
 * Garbage is collected when memory is four times what the last collection has left, but no later than when half of what is left of the limit is used, or as
 * much as the last one has left, or an eighth of the limit, whichever is more: what many connections had at once does not stay for long. It goes in steps,
 * so that no packet waits for long: one for each 512 bytes (1 << 9) that are allocated. How much a step does follows from how much may be allocated before
 * the collection has to have ended: in units of Lua's measure for each 16 bytes, where its own default is 100. Runtimes have Lua's own settings, as
 * their objects have memory that Lua knows nothing of.
 */
enum { GC_PAUSE = 400, GC_SHARE = 8, GC_STEP_BYTES = 9, GC_WORK_MIN = 8, GC_WORK_MAX = 400 };

/* For a collection that begins with so many bytes: to mark and free them is about a third of a unit of work for each; half of the room is spared. */
static int gc_work(size_t begins, size_t max)
{
	size_t room = max > begins ? (max - begins) / 2 : 0;
	size_t work = room / 5 ? begins / (room / 5) : GC_WORK_MAX;

	return work < GC_WORK_MIN ? GC_WORK_MIN : work > GC_WORK_MAX ? GC_WORK_MAX : work;
}

ptrdiff_t ps_guard_gc_threshold(lua_State *L, size_t estimate, ptrdiff_t threshold)
{
	struct ps_runtime *rt = ps_runtime_of(L);
	size_t half = rt->memory_max > estimate ? (rt->memory_max - estimate) / 2 : 0;
	size_t most = estimate > rt->memory_max / GC_SHARE ? estimate : rt->memory_max / GC_SHARE;
	ptrdiff_t latest = estimate + (rt->is_any || half < most ? half : most);

	rt->collections++;	/* Lua asks this when one has come to its end */
	if (threshold > latest)
		threshold = latest;
	if (!rt->is_any)
		setgcparam(G(L)->gcstepmul, gc_work(threshold, rt->memory_max));
	return threshold;
}

static void *resize(struct ps_runtime *rt, void *block, size_t old, size_t size)
{
	struct ps_arena *arena = rt->arena;
	bool is_inside = arena && ps_arena_has(arena, block);
	void *other;

	if (!arena || (size < PS_ARENA_LEAST && !is_inside))
		return ps_host_realloc(block, size);
	other = ps_arena_realloc(arena, is_inside ? block : NULL, is_inside ? old : 0, size);
	if (is_inside && (other || !size))
		return other;
	if (!is_inside && !other)	/* no gap is large enough: the machine may have one, here and below */
		return ps_host_realloc(block, size);
	if (is_inside)
		other = ps_host_realloc(NULL, size);
	if (!other || !block)
		return other;
	memcpy(other, block, old < size ? old : size);
	if (is_inside)
		ps_arena_realloc(arena, block, old, 0);
	else
		ps_host_realloc(block, 0);
	return other;
}

/* Notes that a request for size bytes is in vain; returns NULL. */
static void *refuse(struct ps_runtime *rt, size_t size, enum ps_refusal why)
{
	rt->refused = size;
	rt->held = rt->memory;
	rt->refusal = why;
	return NULL;
}

/* What lua_Alloc does, with memory from resize. */
static ps_inline void *allocate_by(void *(*resize)(struct ps_runtime *, void *, size_t, size_t), struct ps_runtime *rt,
				   void *block, size_t old, size_t size)
{
	bool is_first = !block && !rt->memory;
	void *p;

	if (!block) {	/* then old tells the type of the object */
		if (size > bytes_max(rt) && (old == LUA_TSTRING || old == LUA_TUSERDATA))
			return refuse(rt, size, PS_REFUSAL_BYTES);
		old = 0;
	}
	if (size > old) {
		if (rt->memory > rt->memory_max || size - old > rt->memory_max - rt->memory) {
			if (rt->make_room)	/* Lua collects garbage, and asks again */
				rt->make_room(rt);
			return refuse(rt, size, PS_REFUSAL_FULL);
		}
		rt->allocations++;
	}
	p = resize(rt, block, old, size);
	if (!p && size)
		return refuse(rt, size, PS_REFUSAL_MACHINE);
	rt->memory += size - old;
	if (rt->memory > rt->peak)
		rt->peak = rt->memory;
	if (is_first && p)	/* it is the main thread's, which begins with its extra space */
		memcpy(p, &rt, sizeof(rt));
	return p;
}

static void *allocate(void *ud, void *block, size_t old, size_t size)
{
	return allocate_by(resize, ud, block, old, size);
}

static void *resize_any(struct ps_runtime *rt, void *block, size_t old, size_t size)
{
	return ps_host_resize_any(block, old, size, !rt->is_atomic);
}

static void *allocate_any(void *ud, void *block, size_t old, size_t size)
{
	return allocate_by(resize_any, ud, block, old, size);
}

static lua_Alloc allocator(const struct ps_runtime *rt)
{
	return rt->work ? allocate_any : allocate;
}

/*
 * The bytes of a string buffer that grew large. Lua frees them in a finalizer, and forgets them if there is not the memory
 * or the C stack to call it, which scripts can bring about. So they are in a list, too, and freed with the runtime.
 */
struct ps_box {
	struct ps_box *next, **place;	/* place: the pointer to this one */
	size_t size;			/* with this header */
};

static void link_box(struct ps_runtime *rt, struct ps_box *box, size_t size)
{
	box->size = size;
	box->next = rt->boxes;
	box->place = &rt->boxes;
	if (box->next)
		box->next->place = &box->next;
	rt->boxes = box;
}

static void unlink_box(struct ps_box *box)
{
	*box->place = box->next;
	if (box->next)
		box->next->place = box->place;
}

static struct ps_box *try_resize_box(struct ps_runtime *rt, struct ps_box *box, size_t size)
{
	size_t old = box ? box->size : 0;
	struct ps_box *resized;
	void *ud;
	lua_Alloc f = lua_getallocf(rt->L, &ud);

	if (box)
		unlink_box(box);
	resized = f(ud, box, old, size);
	if (resized)
		link_box(rt, resized, size);
	else if (box && size)
		link_box(rt, box, old);	/* it was not resized, and is still there */
	return resized;
}

/* Where there is no memory for an object, Lua collects garbage and tries again; for a box it is done here. */
static void *resize_box(void *ud, void *block, size_t old, size_t size)
{
	struct ps_runtime *rt = ud;
	struct ps_box *box = block ? (struct ps_box *)block - 1 : NULL, *resized;

	(void)old;
	if (size > bytes_max(rt))
		return refuse(rt, size, PS_REFUSAL_BYTES);
	size = size ? sizeof(*box) + size : 0;
	resized = try_resize_box(rt, box, size);
	if (!resized && size) {
		lua_gc(rt->guard.running, LUA_GCCOLLECT);
		resized = try_resize_box(rt, box, size);
	}
	return resized ? resized + 1 : NULL;
}

void *(*ps_guard_getallocf(lua_State *L, void **ud))(void *, void *, size_t, size_t)
{
	*ud = ps_runtime_of(L);
	return resize_box;
}

/* The boxes that no finalizer has freed. */
static void free_boxes(struct ps_runtime *rt)
{
	const lua_Alloc free_box = allocator(rt);
	struct ps_box *box = rt->boxes, *next;

	for (; box; box = next) {
		next = box->next;
		free_box(rt, box, box->size, 0);
	}
	rt->boxes = NULL;
}

/*
 * Printing. Bytes of values that may not be shown are escaped, so that a tab in the log always stands between two values,
 * and each print() is one line.
 */
static void add_escaped(luaL_Buffer *b, const char *text, size_t len)
{
	size_t n;

	for (; len; text += n, len -= n) {
		n = ps_runtime_of(b->L)->name && (*text == '\t' || *text == '\n') ? 1 : ps_text_shown(text, len);
		if (n) {
			luaL_addlstring(b, text, n);
			continue;
		}
		ps_guard_tick(b->L);
		ps_text_escape(luaL_prepbuffsize(b, PS_TEXT_ESCAPED), *text);
		luaL_addsize(b, PS_TEXT_ESCAPED);
		n = 1;
	}
}

static void tell_left_out(const struct ps_runtime *rt, unsigned int lines)
{
	char line[96];

	if (!lines)
		return;
	if (rt->name)
		snprintf(line, sizeof(line), "%.40s: %u lines of print left out", rt->name, lines);
	else
		snprintf(line, sizeof(line), "state %u: %u lines of print and nf.log left out", rt->state_id, lines);
	ps_host_log(PS_LOG_WARNING, line);
}

/* One for each line of the text, of which a part may be left out if it is long. */
static void log_lines(enum ps_log_level level, const char *text)
{
	const char *end = strchr(text, '\n');
	char line[256];

	for (; end; text = end + 1, end = strchr(text, '\n')) {
		snprintf(line, sizeof(line), "%.*s", (int)(end - text), text);
		ps_host_log(level, line);
	}
	if (*text)
		ps_host_log(level, text);
}

void ps_runtime_log(lua_State *L, enum ps_log_level level)
{
	struct ps_runtime *rt = ps_runtime_of(L);
	bool is_told = is_heard(rt), is_logged;
	int i, n = lua_gettop(L);
	unsigned int left_out;
	const char *text;
	luaL_Buffer b;
	size_t len;

	is_logged = ps_host_may_log(&rt->log, &left_out);
	if (!is_logged && !is_told)
		return;
	if (is_logged)
		tell_left_out(rt, left_out);
	for (i = 1; i <= n; i++) {	/* now, as a buffer needs the top of the stack for itself */
		luaL_tolstring(L, i, NULL);
		lua_replace(L, i);
	}
	if (rt->name) {
		lua_pushliteral(L, "");
		lua_pushliteral(L, "");
	} else {
		luaL_where(L, 1);
		lua_pushfstring(L, "state %I: %s", (LUAI_UACINT)rt->state_id, lua_tostring(L, -1));
	}
	luaL_buffinit(L, &b);
	text = lua_tolstring(L, n + 2, &len);
	add_escaped(&b, text, len);
	for (i = 1; i <= n; i++) {
		if (i > 1)
			luaL_addchar(&b, '\t');
		text = lua_tolstring(L, i, &len);
		add_escaped(&b, text, len);
	}
	luaL_pushresult(&b);
	if (is_told)
		rt->audience->tell(rt, level, lua_tostring(L, -1));
	if (is_logged)
		log_lines(level, lua_tostring(L, -1));
}

static int print(lua_State *L)
{
	ps_runtime_log(L, PS_LOG_PRINT);
	return 0;
}

/*
 * Between two looks at the time, one item of the pattern is tried at each byte of the subject, and an item (a set) may be
 * as long as the whole pattern. So the product of both lengths has a limit.
 */
#define PATTERN_STEPS	(4 * 1024 * 1024)

/* string.find and its kin. Upvalue: the function as Lua has it. */
static int bounded_pattern(lua_State *L)
{
	bool plain = lua_toboolean(L, lua_upvalueindex(2)) && lua_toboolean(L, 4);

	if (!plain && lua_type(L, 1) == LUA_TSTRING && lua_type(L, 2) == LUA_TSTRING &&
	    lua_rawlen(L, 1) * lua_rawlen(L, 2) > PATTERN_STEPS)
		return luaL_error(L, "pattern too long for so long a string");
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

static void bound_patterns(lua_State *L)
{
	static const char *const functions[] = { "find", "match", "gmatch", "gsub" };
	size_t i;

	lua_getglobal(L, LUA_STRLIBNAME);
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		lua_getfield(L, -1, functions[i]);
		lua_pushboolean(L, i == 0);	/* find has a fourth argument: plain */
		lua_pushcclosure(L, bounded_pattern, 2);
		lua_setfield(L, -2, functions[i]);
	}
	lua_pop(L, 1);
}

int ps_open_libraries(lua_State *L)
{
	static const luaL_Reg libraries[] = {
		{ LUA_GNAME, luaopen_base },
		{ LUA_STRLIBNAME, luaopen_string },
		{ LUA_TABLIBNAME, ps_open_table },
		{ LUA_COLIBNAME, luaopen_coroutine },
		{ LUA_UTF8LIBNAME, luaopen_utf8 },
		{ LUA_MATHLIBNAME, ps_open_math },
	};
	static const char *const without[] = { "dofile", "loadfile", "warn" };
	size_t i;

	for (i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
		lua_pop(L, 1);
	}
	for (i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		lua_pushnil(L);
		lua_setglobal(L, without[i]);
	}
	lua_register(L, "print", print);
	bound_patterns(L);
	return 0;
}

static int make_state(struct ps_runtime *rt, enum ps_context context, struct ps_host_work *work, size_t memory_max,
		      struct ps_arena *arena)
{
	memset(rt, 0, sizeof(*rt));
	if (!ps_guard_hash_factor)	/* no table has been made yet */
		ps_guard_hash_factor = ps_host_random() | 1;
	rt->memory_max = memory_max;
	rt->arena = arena;
	rt->work = work;
	rt->is_any = context == PS_CONTEXT_ANY;
	rt->L = lua_newstate(allocator(rt), rt);
	if (!rt->L)
		return -1;
	rt->guard.running = rt->L;
	if (!rt->is_any)
		lua_gc(rt->L, LUA_GCINC, GC_PAUSE, GC_WORK_MAX, GC_STEP_BYTES);
	return 0;
}

int ps_runtime_init_bare(struct ps_runtime *rt, size_t memory_max, struct ps_arena *arena)
{
	return make_state(rt, PS_CONTEXT_PACKET, NULL, memory_max, arena);
}

int ps_runtime_init(struct ps_runtime *rt, enum ps_context context, unsigned int state_id, size_t memory_max,
		    struct ps_arena *arena)
{
	struct ps_host_work *work = NULL;
	int status;

	if (context != PS_CONTEXT_PACKET) {
		work = ps_host_work_new();
		if (!work)
			return -1;
	}
	if (make_state(rt, context, work, memory_max, arena)) {
		ps_host_work_free(work);
		return -1;
	}
	rt->state_id = state_id;
	status = ps_runtime_call(rt, ps_open_libraries, NULL, ~0u);
	lua_settop(rt->L, 0);
	if (status != LUA_OK) {
		ps_runtime_clean(rt);
		return -1;
	}
	return 0;
}

void ps_runtime_clean_bare(struct ps_runtime *rt)
{
	lua_close(rt->L);
	rt->L = NULL;
	free_boxes(rt);
}

void ps_runtime_clean(struct ps_runtime *rt)
{
	unsigned long sp = ps_stack_pointer();

	if (!rt->L)
		return;
	/* without a watch: no script runs any more, and a tick would reach for coroutines that have been freed */
	ps_guard_stack(&rt->guard, sp, ps_host_stack(sp));
	ps_runtime_clean_bare(rt);
	ps_host_work_free(rt->work);
	rt->work = NULL;
	tell_left_out(rt, rt->log.left_out);
}

void *ps_runtime_allocate(struct ps_runtime *rt, size_t size)
{
	void *block = rt->memory <= rt->memory_max && size <= rt->memory_max - rt->memory ? ps_host_realloc(NULL, size) : NULL;

	if (block)
		rt->memory += size;
	return block;
}

/* What is held is told in KiB: so errors of one cause mostly have the same text. */
static const char *tell_full(struct ps_runtime *rt)
{
	if (rt->refusal == PS_REFUSAL_BYTES)
		snprintf(rt->full, sizeof(rt->full),
			 "not enough memory: no string or byte array may have %zu bytes", rt->refused);
	else
		snprintf(rt->full, sizeof(rt->full), "not enough memory: %zu of %zu KiB are held, %s%zu bytes",
			 rt->held / 1024, rt->memory_max / 1024,
			 rt->refusal == PS_REFUSAL_FULL ? "without room for " :
							  "and the machine has no block of ", rt->refused);
	return rt->full;
}

/* Pushes the error, its only argument, as text. */
static int error_to_text(lua_State *L)
{
	if (lua_isnumber(L, 1) || luaL_getmetafield(L, 1, "__tostring") != LUA_TNIL)
		luaL_tolstring(L, 1, NULL);
	else
		lua_pushfstring(L, "the error is not a string but a %s", luaL_typename(L, 1));
	return 1;
}

void ps_runtime_explain(lua_State *L, int status)
{
	struct ps_runtime *rt = ps_runtime_of(L);
	char place[sizeof(rt->thrown)];

	if (status == LUA_ERRRUN && lua_type(L, -1) == LUA_TSTRING)
		return;
	memcpy(place, rt->thrown, sizeof(place));	/* an error in __tostring would overwrite it */
	if (status == LUA_ERRMEM) {
		lua_pushfstring(L, "%s%s", place, tell_full(rt));
	} else {
		lua_pushcfunction(L, error_to_text);
		lua_pushvalue(L, -2);
		lua_call(L, 1, 1);
		lua_pushfstring(L, "%s%s", place, lua_tostring(L, -1));
		lua_remove(L, -2);
	}
	lua_remove(L, -2);
}

const char *ps_runtime_error(struct ps_runtime *rt, int status, const char **place)
{
	lua_State *L = rt->L;
	bool is_text = ttisstring(s2v(PS_STACK_TOP(L) - 1));

	/* kept from here on: an error in __tostring would overwrite rt->thrown */
	memcpy(rt->place, rt->thrown, sizeof(rt->place));
	*place = status == LUA_ERRMEM || status == LUA_ERRERR || !is_text ? rt->place : "";
	if (status == LUA_ERRMEM)
		return tell_full(rt);
	if (!is_text) {
		ps_runtime_begin(rt, 0);
		lua_pushcfunction(L, error_to_text);
		lua_pushvalue(L, -2);
		status = lua_pcall(L, 1, 1, 0);
		ps_runtime_end(rt);
		lua_replace(L, -2);
		if (status != LUA_OK || !ttisstring(s2v(PS_STACK_TOP(L) - 1)))
			return "the error is not a string, and its __tostring failed";
	}
	return getstr(tsvalue(s2v(PS_STACK_TOP(L) - 1)));
}
