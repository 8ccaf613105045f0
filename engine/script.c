/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"
#include "ldebug.h"

#include "access.h"
#include "arena.h"
#include "carry.h"
#include "dynamic.h"
#include "global_use.h"
#include "globals.h"
#include "host.h"
#include "memory.h"
#include "script.h"

/* A function that rules call. */
struct ps_function {
	struct ps_function *next;	/* of a runtime that is no state's */
	TValue function;
	const Instruction *code;	/* where it begins, for ps_call1() */
	struct ps_linear *linear;	/* or NULL */
	bool is_own;	/* the linear code is this handler's, and goes with it */
	int slots;	/* of the stack that it needs; too many, if it is called the ordinary way */
	unsigned int given;	/* the id of the header that it gets, or PS_ID_RAW */
	uint32_t value;		/* that stands for it in the link layer */
	unsigned int cutter;	/* the number of its script to flows */
	int ref;	/* that keeps it, or LUA_NOREF: the place is free */
};

/*
 * Its address is the registry's key of a table: a script's number → a table: name → function, its path at PATH, and at
 * MODULES, if it requires any, a table: module → what that gave, or &scripts while it runs.
 */
static const char scripts;
enum { PATH = 1, MODULES };

#define NOTHING	(-1)	/* is being loaded */

/* Adds text to what to[size] holds, as far as there is room. */
static void append(char *to, size_t size, const char *text)
{
	size_t used = strlen(to), len = strlen(text);

	if (len > size - 1 - used)
		len = size - 1 - used;
	memcpy(to + used, text, len);
	to[used + len] = 0;
}

static void append_integer(char *to, size_t size, lua_Integer value)
{
	char digits[24], *p = digits + sizeof(digits);
	lua_Unsigned rest = value < 0 ? 0u - (lua_Unsigned)value : (lua_Unsigned)value;

	*--p = 0;
	do {
		*--p = '0' + rest % 10;
		rest /= 10;
	} while (rest);
	if (value < 0)
		*--p = '-';
	append(to, size, p);
}

static void set_error(char *error, size_t size, const char *text)
{
	error[0] = 0;
	append(error, size, text);
}

static struct ps_script *script_of(lua_State *L)
{
	return (struct ps_script *)ps_bind_of(L);
}

void ps_script_refuse(struct ps_script *s, const char *why)
{
	set_error(s->error, sizeof(s->error), why);
	s->levels = 0;
}

static ps_noinline int fail(struct ps_script *s, int status)
{
	const char *place, *text = ps_runtime_error(&s->bind.rt, status, &place);

	ps_memory_leave(&s->bind);	/* an error's __tostring may have looked at one */
	set_error(s->error, sizeof(s->error), place);
	append(s->error, sizeof(s->error), text);
	s->levels = s->bind.rt.levels;
	s->bind.rt.levels = 0;
	return -1;
}

static int protect(struct ps_script *s, lua_CFunction f, void *context)
{
	int status = ps_runtime_call(&s->bind.rt, f, context, ps_limits.load_ms);

	ps_memory_leave(&s->bind);
	return status == LUA_OK ? 0 : fail(s, status);
}

static int require(lua_State *L);

struct open_request {
	lua_Integer state_id;
	bool is_interrupt;
};

static int open(lua_State *L)
{
	const struct open_request *request = lua_touserdata(L, 1);

	ps_bind_open(L);
	lua_register(L, "require", require);
	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &scripts);
	lua_pushboolean(L, request->is_interrupt);
	lua_setglobal(L, "IS_INTERRUPT");
	lua_pushinteger(L, request->state_id);
	lua_setglobal(L, "STATE_ID");
	return 0;
}

size_t ps_script_region(size_t memory)
{
	return ps_arena_size(memory);
}

bool ps_script_memory(const char *text, size_t *memory)
{
	size_t n = 0;

	*memory = PS_SCRIPT_MEMORY;
	if (!text)
		return true;
	for (; *text >= '0' && *text <= '9' && n < PS_SCRIPT_MEMORY_MAX; text++)
		n = 10 * n + (*text - '0');
	if (*text != 'K' && *text != 'M')
		return false;
	*memory = n * 1024 * (*text == 'M' ? 1024 : 1);
	return !text[1] && n <= PS_SCRIPT_MEMORY_MAX / 1024 && *memory >= PS_SCRIPT_MEMORY_MIN &&
	       *memory <= PS_SCRIPT_MEMORY_MAX;
}

int ps_script_init_sized(struct ps_script *s, uint32_t state_id, bool is_interrupt, size_t memory,
			 void *region)
{
	struct open_request request = { state_id, is_interrupt };
	int err;

	memset(s, 0, sizeof(*s));
	s->loading = NOTHING;
	if (ps_runtime_init(&s->bind.rt, is_interrupt ? PS_CONTEXT_PACKET : PS_CONTEXT_WORK, state_id, memory,
			    region ? ps_arena_make(region, memory) : NULL))
		return -1;
	/* our own work, so its time is what it takes */
	err = ps_runtime_call(&s->bind.rt, open, &request, ~0u) == LUA_OK ? 0 : -1;
	if (err)
		ps_script_clean(s);
	else
		lua_settop(s->bind.rt.L, 0);
	return err;
}

int ps_script_init(struct ps_script *s, uint32_t state_id, bool is_interrupt)
{
	return ps_script_init_sized(s, state_id, is_interrupt, PS_SCRIPT_MEMORY, NULL);
}

void ps_script_limit(struct ps_script *s, const struct ps_script_limits *limits)
{
	struct ps_bind *bind = &s->bind;

	bind->rt.guard.packet_ms = limits->packet_ms;
	bind->rt.memory_max = limits->memory;
	bind->sent.own = limits->sends;
	ps_flows_limit(bind);
	ps_limit_memory(bind);
}

/* The place is free from then on. */
static void put_handler(struct ps_script *s, struct ps_function *h)
{
	if (h->is_own)
		ps_linear_free(&s->bind.rt, h->linear);
	h->is_own = false;
	h->ref = LUA_NOREF;
}

void ps_script_clean(struct ps_script *s)
{
	int i;

	for (i = 0; i < s->nhandlers; i++)
		put_handler(s, &s->handlers[i]);
	ps_runtime_clean(&s->bind.rt);
	ps_bind_clean(&s->bind);
	ps_host_realloc(s->handlers, 0);
	s->handlers = NULL;
}

/*
 * Loading.
 */
struct load_request {
	int id;
	const char *path;
	const char *text;	/* what has not been read yet */
	size_t len;
	const struct ps_bundle *bundle;	/* the text has been compiled; or NULL */
	bool has_deadline;	/* no watch looks at the time */
	unsigned int deadline;	/* ps_host_now() then */
	bool is_within_line;
	int line;
	const char *constants;	/* source that goes before the text, or NULL */
};

/* Bytes of a long line that the compiler gets at once: so often the time is looked at. */
#define PIECE	1024

/* Gives the compiler a line at a time, or a part of one, so that we know where it is. */
static const char *read_line(lua_State *L, void *data, size_t *size)
{
	struct load_request *request = data;
	const char *line = request->text;
	size_t len = 0;

	if (request->has_deadline && (int)(ps_host_now() - request->deadline) > 0)
		luaL_error(L, "time limit exceeded");
	if (request->constants) {
		line = request->constants;
		request->constants = NULL;
		*size = strlen(line);
		return line;
	}
	if (!request->len)
		return NULL;
	request->line += !request->is_within_line;
	do {
		len++;
	} while (len < request->len && len < PIECE && line[len - 1] != '\n');
	request->is_within_line = line[len - 1] != '\n';
	request->text += len;
	request->len -= len;
	*size = len;
	return line;
}

size_t ps_script_begin(const char *text, size_t len)
{
	static const char mark[] = { '\xEF', '\xBB', '\xBF' };
	size_t n = 0;

	if (len >= sizeof(mark) && !memcmp(text, mark, sizeof(mark)))
		n = sizeof(mark);
	if (n < len && text[n] == '#') {
		while (n < len && text[n] != '\n')
			n++;
	}
	return n;
}

/* Gives all there is. */
static const char *read_code(lua_State *L, void *data, size_t *size)
{
	const struct ps_part **part = data;
	const char *code = *part ? (*part)->code : NULL;

	(void)L;
	*size = *part ? (*part)->len : 0;
	*part = NULL;
	return code;
}

/* Pushes the function that has been compiled. The code is ours, so it is what Lua takes it for. */
static void take_code(lua_State *L, const struct ps_part *part)
{
	if (lua_load(L, read_code, &part, part->path, "b") != LUA_OK)
		lua_error(L);
}

/* Calls the main function on top of the stack, behind which there are nargs arguments, and looks at the names it has. */
static void run_main(lua_State *L, int nargs, int nresults)
{
	const int main = lua_gettop(L) - nargs;

	lua_pushcfunction(L, ps_globals_check);
	lua_pushvalue(L, main);
	lua_rotate(L, main, 2);
	lua_call(L, nargs, nresults);
	lua_rotate(L, main, nresults);
	lua_call(L, 1, 0);
}

/* Pushes the compiled text, or raises with file and line. */
static void compile(lua_State *L, struct load_request *request)
{
	size_t len = strlen(request->path), before = ps_script_begin(request->text, request->len);
	const char *message;

	request->text += before;
	request->len -= before;
	ps_bind_push_constants(L);
	if (request->len && request->text[0] != LUA_SIGNATURE[0])
		request->constants = lua_tostring(L, -1);
	lua_pushfstring(L, "@%s", request->path);
	if (lua_load(L, read_line, request, lua_tostring(L, -1), "t") != LUA_OK) {
		message = lua_tostring(L, -1);
		/* what does not come from the parser's own functions names no place */
		if (message && strncmp(message, "...", 3) && strncmp(message, request->path, len))
			lua_pushfstring(L, "%s:%d: %s", request->path, request->line, message);
		lua_error(L);
	}
	ps_settle_variables(L, clLvalue(s2v(PS_STACK_TOP(L) - 1))->p);
	lua_replace(L, -3);
	lua_pop(L, 1);
}

/* A module's main function gets its name and its path, as in Lua. What gives nothing, gives true. */
static int start_module(lua_State *L)
{
	const struct ps_part *part = lua_touserdata(L, 1);

	take_code(L, part);
	lua_pushstring(L, part->name);
	lua_pushstring(L, part->path);
	run_main(L, 2, 1);
	if (lua_isnil(L, -1))
		lua_pushboolean(L, true);
	return 1;
}

/* Pushes a copy of the table of globals. */
static void copy_globals(lua_State *L)
{
	int globals, copy;

	lua_newtable(L);
	copy = lua_gettop(L);
	lua_pushglobaltable(L);
	globals = copy + 1;
	lua_pushnil(L);
	while (lua_next(L, globals)) {
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, copy);
	}
	lua_settop(L, copy);
}

/* Adds the functions in globals that are not what they were in the table before to the one on top of the stack. */
static void add_functions(lua_State *L, int before)
{
	int functions = lua_gettop(L), globals = functions + 1;

	lua_pushglobaltable(L);
	lua_pushnil(L);
	while (lua_next(L, globals)) {
		lua_pushvalue(L, -2);
		lua_rawget(L, before);
		if (lua_isfunction(L, -2) && !lua_rawequal(L, -1, -2)) {
			lua_pushvalue(L, -3);
			lua_pushvalue(L, -3);
			lua_rawset(L, functions);
		}
		lua_pop(L, 2);
	}
	lua_settop(L, functions);
}

/* Pushes the table of the script, which gets the number, with its path and room for modules. */
static void new_script(lua_State *L, const struct load_request *request)
{
	lua_newtable(L);
	lua_pushstring(L, request->path);
	lua_rawseti(L, -2, PATH);
	if (request->bundle && request->bundle->n > 1) {
		lua_newtable(L);
		lua_rawseti(L, -2, MODULES);
	}
	lua_rawgetp(L, LUA_REGISTRYINDEX, &scripts);
	lua_pushvalue(L, -2);
	lua_rawseti(L, -2, request->id);
	lua_pop(L, 1);
}

static int load(lua_State *L)
{
	const int before = 2, script = 3;
	struct load_request *request = lua_touserdata(L, 1);

	copy_globals(L);
	new_script(L, request);
	if (request->bundle)
		take_code(L, request->bundle->part[0]);
	else
		compile(L, request);
	run_main(L, 0, 0);
	lua_settop(L, script);
	add_functions(L, before);
	return 0;
}

static int load_protected(struct ps_script *s, struct load_request *request)
{
	unsigned int protocols = s->bind.registry.n;
	uint64_t timers = s->bind.timers.heap.added;
	int err;

	s->bundle = request->bundle;
	s->loading = request->id;
	err = protect(s, load, request);
	s->loading = NOTHING;
	s->bundle = NULL;
	lua_settop(s->bind.rt.L, 0);
	ps_listen_settle(&s->bind, !err);
	if (err) {
		ps_script_forget(s, request->id);
		ps_timers_cancel(&s->bind, timers);
		ps_runtime_call(&s->bind.rt, ps_dynamic_forget, &protocols, ~0u);	/* so that the corrected script has them */
		lua_settop(s->bind.rt.L, 0);
	} else {
		ps_watch_forgive(&s->bind.rt.guard);
	}
	return err;
}

int ps_script_load(struct ps_script *s, int id, const char *path, const char *text, size_t len)
{
	struct load_request request = { .id = id, .path = path, .text = text, .len = len };

	return load_protected(s, &request);
}

int ps_script_load_bundle(struct ps_script *s, int id, const struct ps_bundle *bundle)
{
	struct load_request request = { .id = id, .path = bundle->part[0]->path, .bundle = bundle };

	return load_protected(s, &request);
}

/*
 * Modules.
 */

/* Pushes the modules of the script whose table is on top of the stack, and, in its place, the one whose key is at key. */
static bool push_known(lua_State *L, int key)
{
	bool is_known = false;

	if (lua_rawgeti(L, -1, MODULES) == LUA_TTABLE) {
		lua_pushvalue(L, key);
		is_known = lua_rawget(L, -2) != LUA_TNIL;
		lua_remove(L, -2);
	}
	lua_remove(L, -2);
	return is_known;
}

/* Pushes what the module has given to a script of this state, this one or another. False: nothing; some value instead. */
static bool push_given(lua_State *L, int key)
{
	int all;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &scripts);
	all = lua_gettop(L);
	lua_pushnil(L);
	while (lua_next(L, all)) {
		if (push_known(L, key)) {
			lua_replace(L, all);
			lua_settop(L, all);
			return true;
		}
		lua_pop(L, 1);
	}
	lua_settop(L, all);
	return false;
}

/* The value on top of the stack is what the module gave to the script that is being loaded. */
static void keep(lua_State *L, int key)
{
	const struct ps_script *s = script_of(L);
	int value = lua_gettop(L);

	lua_rawgetp(L, LUA_REGISTRYINDEX, &scripts);
	lua_rawgeti(L, -1, s->loading);
	lua_rawgeti(L, -1, MODULES);
	lua_pushvalue(L, key);
	lua_pushvalue(L, value);
	lua_rawset(L, -3);
	lua_settop(L, value);
}

/* Runs the module, and pushes what it gives. An error in it is told with the line that requires it. */
static void run_module(lua_State *L, const struct ps_part *part, int key)
{
	int status;

	lua_pushlightuserdata(L, (void *)&scripts);
	keep(L, key);
	lua_pushcfunction(L, start_module);
	lua_pushlightuserdata(L, (void *)part);
	status = lua_pcall(L, 1, 1, 0);
	if (status == LUA_OK)
		return;
	lua_pushnil(L);
	keep(L, key);
	lua_pop(L, 1);
	ps_runtime_explain(L, status);
	luaL_where(L, 1);
	lua_pushfstring(L, "%smodule '%s': %s", lua_tostring(L, -1), part->name, lua_tostring(L, -2));
	lua_error(L);
}

/* Pushes what tells one text of a module from another, and from modules elsewhere. */
static void push_key(lua_State *L, const struct ps_part *part)
{
	lua_pushlstring(L, (const char *)part->digest, sizeof(part->digest));
	lua_pushstring(L, part->path);
	lua_concat(L, 2);
}

const struct ps_part *ps_script_part(lua_State *L, enum ps_part_kind kind, const char *name)
{
	const struct ps_script *s = script_of(L);
	const struct ps_part_call *call = &ps_part_calls[kind];
	const struct ps_part *part = s->bundle ? ps_bundle_part(s->bundle, kind, name) : NULL;

	if (s->loading == NOTHING)
		luaL_error(L, "%s '%s': %s%s%s is for when the script is loaded: call it outside of "
			      "functions, and keep what it gives in a local variable", call->what, name,
			   call->library ? call->library : "", call->library ? "." : "", call->function);
	if (!part)
		luaL_error(L, "%s '%s' was not read along with the script: write its name where it is "
			      "asked for, as in %s", call->what, name, call->as);
	return part;
}

static int require(lua_State *L)
{
	const struct ps_part *part = ps_script_part(L, PS_PART_MODULE, luaL_checkstring(L, 1));

	lua_settop(L, 1);
	push_key(L, part);
	if (push_given(L, 2)) {
		if (lua_touserdata(L, -1) == &scripts)
			return luaL_error(L, "module '%s' is required while it runs", part->name);
	} else {
		run_module(L, part, 2);
	}
	keep(L, 2);
	return 1;
}

/*
 * Handlers.
 */

/* Pushes two tables: of all scripts, and of this one's functions. False: there is none; nil instead. */
static bool push_script(lua_State *L, int id)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &scripts);
	return lua_rawgeti(L, -1, id) == LUA_TTABLE;
}

bool ps_script_has(struct ps_script *s, int id)
{
	bool found = push_script(s->bind.rt.L, id);

	lua_settop(s->bind.rt.L, 0);
	return found;
}

/* Where there is an entry, taking it out allocates nothing. */
void ps_script_forget(struct ps_script *s, int id)
{
	lua_State *L = s->bind.rt.L;

	if (push_script(L, id)) {
		lua_pushnil(L);
		lua_rawseti(L, 1, id);
	}
	lua_settop(L, 0);
}

struct find_request {
	int id;
	const char *function;
	enum ps_given given;
	struct ps_function *handler;	/* to be filled in */
};

static bool takes_nothing(const TValue *function)
{
	const Proto *p = ttisLclosure(function) ? clLvalue(function)->p : NULL;

	return p && !p->numparams && !p->is_vararg;
}

/* The function on top of the stack, which may be compiled before use_code(). May raise, before it has taken anything. */
static void take_function(lua_State *L, struct ps_function *h, enum ps_given given)
{
	const struct ps_next *row = ps_proto_only_row(ps_proto_eth.next, ps_givens[given].proto);

	h->given = ps_proto_id(&ps_bind_of(L)->registry, ps_givens[given].proto);
	h->value = row ? row->value : 0;
	if (takes_nothing(s2v(PS_STACK_TOP(L) - 1)))
		h->given = PS_ID_RAW;	/* the view would be made for nobody */
	if (!ps_bind_open_protocol(L, h->given))	/* give_header() may not raise */
		luaL_error(L, "not enough memory");
	h->function = *s2v(PS_STACK_TOP(L) - 1);
	lua_pushvalue(L, -1);
	h->ref = luaL_ref(L, LUA_REGISTRYINDEX);
	h->linear = NULL;
}

/* Pops the function. */
static void use_code(lua_State *L, struct ps_function *h)
{
	const Proto *p = ttisLclosure(&h->function) ? clLvalue(&h->function)->p : NULL;

	h->code = p ? p->code : NULL;
	h->slots = p && p->numparams <= 1 && !p->is_vararg ? 2 + p->maxstacksize : LUAI_MAXSTACK;
	if (h->linear && h->linear->slots > h->slots)
		h->slots = h->linear->slots;
	lua_pop(L, 1);
}

static int find(lua_State *L)
{
	struct find_request *request = lua_touserdata(L, 1);
	int script;

	if (!push_script(L, request->id))
		return luaL_error(L, "script %d: not loaded", request->id);
	script = lua_gettop(L);
	lua_pushstring(L, request->function);
	if (lua_rawget(L, -2) == LUA_TNIL) {
		lua_pushglobaltable(L);
		lua_pushstring(L, request->function);
		lua_rawget(L, -2);
	}
	lua_rawgeti(L, script, PATH);
	if (!lua_isfunction(L, -2)) {
		return luaL_error(L, "%s: no function '%s' (define it as a global, or ask for "
				     "another one)", lua_tostring(L, -1), request->function);
	}
	request->handler->cutter = ps_flows_script(L, lua_tostring(L, -1));
	lua_pop(L, 1);
	take_function(L, request->handler, request->given);
	if (script_of(L)->compile)
		request->handler->linear = script_of(L)->compile(L, ps_givens[request->given].proto, &request->handler->is_own);
	use_code(L, request->handler);
	return 0;
}

/* The place of a new handler, or -1 when there is no memory. */
static int free_place(struct ps_script *s)
{
	struct ps_function *handlers;
	int i;

	for (i = 0; i < s->nhandlers; i++) {
		if (s->handlers[i].ref == LUA_NOREF)
			return i;
	}
	handlers = ps_host_realloc(s->handlers, (i + 1) * sizeof(*handlers));
	if (!handlers)
		return -1;
	handlers[i].ref = LUA_NOREF;
	handlers[i].is_own = false;
	s->handlers = handlers;
	s->nhandlers++;
	return i;
}

int ps_script_find_given(struct ps_script *s, int id, const char *function, enum ps_given given)
{
	struct find_request request = { id, function, given, NULL };
	int handler = free_place(s);

	if (handler < 0) {
		ps_script_refuse(s, "not enough memory");
		return -1;
	}
	request.handler = &s->handlers[handler];
	if (protect(s, find, &request))
		handler = -1;
	lua_settop(s->bind.rt.L, 0);
	return handler;
}

int ps_script_find(struct ps_script *s, int id, const char *function)
{
	return ps_script_find_given(s, id, function, PS_GIVEN_RAW);
}

void ps_script_put(struct ps_script *s, int handler)
{
	luaL_unref(s->bind.rt.L, LUA_REGISTRYINDEX, s->handlers[handler].ref);
	put_handler(s, &s->handlers[handler]);
}

static int close(lua_State *L)
{
	const int *id = lua_touserdata(L, 1);

	if (!push_script(L, *id))
		return 0;
	lua_pushliteral(L, "on_close");
	if (lua_rawget(L, -2) == LUA_TFUNCTION)
		lua_call(L, 0, 0);
	return 0;
}

int ps_script_close(struct ps_script *s, int id)
{
	int err = protect(s, close, &id);

	lua_settop(s->bind.rt.L, 0);
	return err;
}

static int reload(lua_State *L)
{
	const int *id = lua_touserdata(L, 1);

	if (!push_script(L, *id))
		return 0;
	lua_pushliteral(L, "on_reload");
	if (lua_rawget(L, -2) != LUA_TFUNCTION)
		return 0;
	ps_carry_push(L);
	lua_call(L, 1, 0);
	return 0;
}

/* Calls f, which asks for what was in the old Lua state. */
static int take_over(struct ps_script *s, lua_CFunction f, void *context, struct ps_old *old)
{
	int err;

	s->old = old;
	err = protect(s, f, context);
	s->old = NULL;
	lua_settop(s->bind.rt.L, 0);
	ps_host_realloc(old->bytes, 0);
	old->bytes = NULL;
	old->len = old->room = 0;
	return err;
}

int ps_script_reload(struct ps_script *s, int id, struct ps_old *old)
{
	int err = take_over(s, reload, &id, old);

	ps_listen_settle(&s->bind, !err);
	return err;
}

static int take_flows(lua_State *L)
{
	ps_flows_take(L, script_of(L)->old, lua_touserdata(L, 1));
	return 0;
}

bool ps_script_take_flows(struct ps_script *s, struct ps_old *old, uint32_t *at)
{
	return !take_over(s, take_flows, at, old) && *at;
}

/*
 * Running.
 */

/* Into s->error: where the handler is. */
static ps_noinline void begin_error(struct ps_script *s, int handler)
{
	lua_State *L = s->bind.rt.L;
	lua_Debug ar;

	lua_rawgeti(L, LUA_REGISTRYINDEX, s->handlers[handler].ref);
	lua_getinfo(L, ">S", &ar);
	ps_script_refuse(s, ar.short_src);
	append(s->error, sizeof(s->error), ":");
	append_integer(s->error, sizeof(s->error), ar.linedefined);
	append(s->error, sizeof(s->error), ": ");
}

/* The same, and that it returned the value at -1, which is not what is wanted of it. */
static ps_noinline void returned(struct ps_script *s, int handler, const char *wanted)
{
	const size_t size = sizeof(s->error);
	lua_State *L = s->bind.rt.L;

	begin_error(s, handler);
	append(s->error, size, "the handler returned ");
	if (lua_isinteger(L, -1)) {
		append_integer(s->error, size, lua_tointeger(L, -1));
		append(s->error, size, ", which is ");
		append(s->error, size, wanted);
	} else {
		append(s->error, size, wanted);
		append(s->error, size, " but ");
		append(s->error, size, luaL_typename(L, -1));
	}
}

static inline enum ps_verdict to_verdict(struct ps_script *s, lua_State *L, int handler,
					 uint16_t *queue)
{
	const TValue *result = s2v(PS_STACK_TOP(L) - 1);
	enum ps_verdict verdict;

	if (l_likely(ttisinteger(result))) {
		verdict = ps_verdict_of(ivalue(result), queue);
		if (l_likely(verdict != PS_VERDICT_ERROR))
			return verdict;
	}
	returned(s, handler, "no verdict");
	return PS_VERDICT_ERROR;
}

/* Into s->error: why the handlers of this state are not run. False: they may be again. */
static ps_noinline bool is_refused(struct ps_script *s)
{
	const struct ps_guard *guard = &s->bind.rt.guard;

	if (!ps_watch_is_refused(&s->bind.rt.guard))
		return false;
	if (guard->refused == PS_REFUSED_STOPS) {
		ps_script_refuse(s, "switched off: stopped by the time limit ");
		append_integer(s->error, sizeof(s->error), guard->stops);
		append(s->error, sizeof(s->error), " times; correct the script and load it anew");
	} else {
		ps_script_refuse(s, "not run: slow handlers of this state have used ");
		append_integer(s->error, sizeof(s->error), ps_limits.share);
		append(s->error, sizeof(s->error), " % of a CPU");
	}
	return true;
}

/*
 * As far as the handler, which is at func with the packet behind it, needs no interpreter. True: that was all. False:
 * *from is where ps_call1() goes on, or NULL: it is called the ordinary way.
 */
static ps_inline bool begin(lua_State *L, const struct ps_function *h, StkId func, struct ps_run *run,
			 const struct ps_run **from)
{
	*from = NULL;
	if (l_unlikely(!L->ci->next || func + h->slots >= ps_stk(L->stack_last)))
		return false;
	*from = run;
	if (l_likely(h->linear)) {
		if (l_likely(!h->linear->run(L, h->linear, NULL, func + 1, run)))
			return true;
		h->linear->leave(L, h->linear, run);
		return false;
	}
	run->frames[0].func = func;
	run->frames[0].pc = h->code;
	run->frames[0].nresults = 1;
	return false;
}

/* Makes the argument a view of the header that the packet, which begins, has for the function; or nil, if it has none. */
static ps_noinline void give_header(lua_State *L, struct ps_bind *bind, const struct ps_function *h, TValue *argument)
{
	const struct ps_proto *proto = bind->registry.protos[h->given];
	struct ps_place place ps_uninit;
	struct ps_layer *layer;

	setnilvalue(argument);
	if (!ps_layers_give(&bind->layers, bind->pkt, &ps_proto_eth, proto, h->value, &layer))
		return;
	ps_place_header(&place, layer, proto, layer->flags);
	ps_access_make(L, bind, ps_views_of(bind, h->given), &place, argument);	/* the first one of a packet is there: take_function() */
}

/*
 * As lua_rawgeti(), lua_pcall() and lua_settop() would, with less in between: a function that needs no interpreter needs
 * neither a frame nor limits. LUA_OK: its result is on top of the stack. Otherwise s->error says why, and something is.
 */
static ps_inline int call(struct ps_script *s, int handler, struct ps_packet *pkt, bool is_repeat)
{
	const struct ps_function *h = &s->handlers[handler];
	struct ps_runtime *rt = &s->bind.rt;
	lua_State *L = rt->L;
	StkId func = PS_STACK_TOP(L);
	struct ps_view *packet = ps_bind_packet(&s->bind, pkt);
	struct ps_run run ps_uninit;
	const struct ps_run *from;
	int status = LUA_OK;

	setobj2s(L, func, &h->function);
	setuvalue(L, s2v(func + 1), ps_userdata_of(packet));
	if (l_unlikely(h->given))
		give_header(L, &s->bind, h, s2v(func + 1));
	run.depth = 0;
	run.is_watched = false;
	run.is_repeat = is_repeat;
	run.calls = 0;
	if (l_likely(begin(L, h, func, &run, &from))) {
		PS_STACK_TOP(L) = func + 1;
	} else {
		PS_STACK_TOP(L) = func + 2;
		if (!run.is_watched)
			ps_runtime_enter(rt, is_repeat ? 0 : ps_watch_packet_ms(&rt->guard));
		run.is_watched = true;
		status = ps_call1(L, from, h->linear ? h->linear->slots : 0, false);
	}
	if (l_unlikely(run.is_watched)) {
		ps_memory_leave(&s->bind);
		ps_runtime_leave(rt);
	}
	ps_bind_release(&s->bind);
	if (l_unlikely(status != LUA_OK))
		fail(s, status);
	return status;
}

static ps_inline enum ps_verdict run(struct ps_script *s, int handler, struct ps_packet *pkt,
				     uint16_t *queue, bool is_repeat)
{
	enum ps_verdict verdict = PS_VERDICT_ERROR;
	lua_State *L = s->bind.rt.L;

	if (l_likely(call(s, handler, pkt, is_repeat) == LUA_OK))
		verdict = to_verdict(s, L, handler, queue);
	PS_STACK_TOP(L)--;
	return verdict;
}

/* Where it was refused. If it no longer is, it begins anew. */
static ps_noinline enum ps_verdict run_unless_refused(struct ps_script *s, int handler,
						      struct ps_packet *pkt, uint16_t *queue)
{
	return is_refused(s) ? PS_VERDICT_ERROR : ps_script_run(s, handler, pkt, queue);
}

/* Where some flow is cut. What a match is told of one is not for handlers. */
static ps_inline bool is_cut(struct ps_script *s, int handler, struct ps_packet *pkt, bool is_match, struct ps_flow_cut *cut)
{
	return ps_flows_find_cut(&s->bind, pkt, s->handlers[handler].cutter, cut) && cut->is_answer == is_match;
}

/* Apart from what follows, where it is the last call: a packet that is cut does not save registers for it. */
static ps_noinline enum ps_verdict run_once(struct ps_script *s, int handler, struct ps_packet *pkt, uint16_t *queue)
{
	return run(s, handler, pkt, queue, false);
}

static ps_noinline enum ps_verdict run_unless_cut(struct ps_script *s, int handler, struct ps_packet *pkt, uint16_t *queue)
{
	struct ps_flow_cut cut;

	if (!is_cut(s, handler, pkt, false, &cut))
		return run_once(s, handler, pkt, queue);
	*queue = cut.queue;
	return cut.verdict;
}

enum ps_verdict ps_script_run(struct ps_script *s, int handler, struct ps_packet *pkt,
			      uint16_t *queue)
{
	if (l_unlikely(s->bind.rt.guard.refused))
		return run_unless_refused(s, handler, pkt, queue);
	if (l_unlikely(s->bind.flows.ncut))
		return run_unless_cut(s, handler, pkt, queue);
	return run_once(s, handler, pkt, queue);
}

enum ps_verdict ps_script_repeat(struct ps_script *s, int handler, struct ps_packet *pkt,
				 uint16_t *queue)
{
	enum ps_verdict verdict;
	int i;

	for (i = 0; i < PS_REPEAT_MAX; i++) {
		if (s->bind.rt.guard.refused && is_refused(s))
			return PS_VERDICT_ERROR;
		verdict = run(s, handler, pkt, queue, true);
		if (verdict != PS_VERDICT_REPEAT)
			return verdict;
	}
	begin_error(s, handler);
	append(s->error, sizeof(s->error), "the handler returned NF_REPEAT ");
	append_integer(s->error, sizeof(s->error), PS_REPEAT_MAX);
	append(s->error, sizeof(s->error), " times in a row");
	return PS_VERDICT_ERROR;
}

int ps_script_call(struct ps_script *s, int nargs, struct ps_packet *pkt, unsigned int ms)
{
	struct ps_runtime *rt = &s->bind.rt;
	int status, err = -1;

	if (rt->guard.refused && is_refused(s))
		goto out;
	if (pkt)
		ps_bind_packet(&s->bind, pkt);
	ps_runtime_begin(rt, ms);
	status = lua_pcall(rt->L, nargs, 0, 0);
	ps_memory_leave(&s->bind);
	ps_runtime_end(rt);
	ps_bind_release(&s->bind);
	err = status == LUA_OK ? 0 : fail(s, status);
out:
	lua_settop(rt->L, 0);
	return err;
}

/*
 * Functions of runtimes that are no states'.
 */
struct ps_function *ps_guest_take(lua_State *L, const void *block,
				  struct ps_linear *(*compile)(lua_State *L, const void *block, bool *is_own))
{
	struct ps_function *h = ps_host_realloc(NULL, sizeof(*h));

	if (!h) {
		luaL_error(L, "not enough memory");
		return NULL;
	}
	memset(h, 0, sizeof(*h));
	h->ref = LUA_NOREF;
	h->next = ps_bind_of(L)->guests;
	ps_bind_of(L)->guests = h;
	take_function(L, h, PS_GIVEN_RAW);
	h->linear = compile(L, block, &h->is_own);
	use_code(L, h);
	return h;
}

static void free_guest(struct ps_bind *bind, struct ps_function *h)
{
	if (h->is_own)
		ps_linear_free(&bind->rt, h->linear);
	ps_host_realloc(h, 0);
}

void ps_guest_put(lua_State *L, struct ps_function *h)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_function **place = &bind->guests;

	while (*place != h)
		place = &(*place)->next;
	*place = h->next;
	luaL_unref(L, LUA_REGISTRYINDEX, h->ref);
	free_guest(bind, h);
}

void ps_guests_free(struct ps_bind *bind)
{
	struct ps_function *next;

	for (; bind->guests; bind->guests = next) {
		next = bind->guests->next;
		free_guest(bind, bind->guests);
	}
}

void ps_guest_push(lua_State *L, const struct ps_function *h, void *block)
{
	setobj2s(L, PS_STACK_TOP(L), &h->function);
	PS_STACK_TOP(L)++;
	ps_push_block(L, block);
}

int ps_guest_call(lua_State *L, const struct ps_function *h, struct ps_guest *guest, lua_CFunction handler)
{
	struct ps_bind *bind = ps_bind_of(L);
	StkId func = PS_STACK_TOP(L) + 1;
	struct ps_run run ps_uninit;
	const struct ps_run *from;
	int status = LUA_OK;

	bind->guest = guest->pkt ? guest : NULL;
	setobj2s(L, func, &h->function);
	setuvalue(L, s2v(func + 1), ps_userdata_of(guest->block));
	run.depth = 0;
	run.is_watched = false;
	run.is_repeat = false;
	run.calls = 0;
	if (l_likely(begin(L, h, func, &run, &from))) {
		PS_STACK_TOP(L) = func + 1;
	} else {
		if (yieldable(L))
			incnny(L);	/* else pcall() would leave errors to who resumes it */
		setfvalue(s2v(func - 1), handler);
		PS_STACK_TOP(L) = func + 2;
		if (!run.is_watched)
			ps_runtime_enter(&bind->rt, ps_watch_packet_ms(&bind->rt.guard));
		run.is_watched = true;
		status = ps_call1(L, from, h->linear ? h->linear->slots : 0, true);
	}
	if (l_unlikely(run.is_watched)) {
		ps_memory_leave(bind);
		ps_host_leave();
	}
	bind->guest = NULL;
	if (guest->pkt && guest->is_asked) {
		ps_memory_leave(bind);
		ps_bind_release(bind);
	}
	func = PS_STACK_TOP(L) - 1;
	guest->is_integer = l_likely(status == LUA_OK) && ttisinteger(s2v(func));
	if (l_likely(guest->is_integer)) {
		guest->result = ivalue(s2v(func));
		PS_STACK_TOP(L) = func - 1;
	}
	return status;
}

static inline enum ps_answer to_answer(struct ps_script *s, lua_State *L, int handler)
{
	const TValue *result = s2v(PS_STACK_TOP(L) - 1);

	if (ttistrue(result))
		return PS_ANSWER_YES;
	if (ttisfalse(result) || ttisnil(result))
		return PS_ANSWER_NO;
	returned(s, handler, "neither true nor false");
	return PS_ANSWER_ERROR;
}

enum ps_answer ps_script_match(struct ps_script *s, int handler, struct ps_packet *pkt)
{
	enum ps_answer answer = PS_ANSWER_ERROR;
	lua_State *L = s->bind.rt.L;
	struct ps_flow_cut cut;

	if (l_unlikely(s->bind.rt.guard.refused) && is_refused(s))
		return PS_ANSWER_ERROR;
	if (l_unlikely(s->bind.flows.ncut) && is_cut(s, handler, pkt, true, &cut))
		return cut.answer ? PS_ANSWER_YES : PS_ANSWER_NO;
	if (l_likely(call(s, handler, pkt, false) == LUA_OK))
		answer = to_answer(s, L, handler);
	PS_STACK_TOP(L)--;
	return answer;
}

/*
 * Tracing.
 */

/* The last function that returns is the handler, or what it ends with ("return f(x)"). */
static void note_return(lua_State *L, lua_Debug *ar)
{
	struct ps_traced *traced = script_of(L)->traced;

	lua_getinfo(L, "Sl", ar);
	if (traced && ar->currentline > 0)
		snprintf(traced->place, sizeof(traced->place), "%s:%d", ar->short_src, ar->currentline);
}

/* If the time is up, the hook that ends what runs takes the place of this one. */
void ps_script_trace(struct ps_script *s, int handler, struct ps_traced *traced)
{
	traced->place[0] = 0;
	traced->linear = s->handlers[handler].linear;
	s->handlers[handler].linear = NULL;
	s->traced = traced;
	lua_sethook(s->bind.rt.L, note_return, LUA_MASKRET, 0);
}

void ps_script_untrace(struct ps_script *s, int handler)
{
	lua_sethook(s->bind.rt.L, NULL, 0, 0);
	s->handlers[handler].linear = s->traced->linear;
	s->traced = NULL;
}

/*
 * Compiling only.
 */

/* How much longer than what packets wait for it may take, where none does. */
#define UNHURRIED	20

struct compile_request {
	struct load_request load;
	const struct ps_compilation *to;
};

static int write_code(lua_State *L, const void *code, size_t len, void *data)
{
	const struct ps_compilation *c = data;

	(void)L;
	return c->write(c->to, code, len);
}

/* Whether globals of this name are assigned in p or in a function within. */
static bool assigns_global(const Proto *p, const char *name)
{
	struct ps_code_global global;
	int i;

	for (i = 0; i < p->sizecode; i++) {
		if (ps_code_global(p, p->code[i], &global) && global.is_assigned &&
		    !strcmp(getstr(global.name), name))
			return true;
	}
	for (i = 0; i < p->sizep; i++) {
		if (assigns_global(p->p[i], name))
			return true;
	}
	return false;
}

/*
 * The calls that ask for a file by a name which stands there. All code ends with OP_RETURN, so what looks for other
 * instructions in a row stops there. What follows gives the string that code takes into a register, or NULL, and goes on
 * behind it.
 */
static const TString *take_string(const Proto *p, const Instruction **i, int to)
{
	Instruction first = **i;

	if (GET_OPCODE(first) != OP_LOADK || GETARG_A(first) != to || !ttisstring(&p->k[GETARG_Bx(first)]))
		return NULL;
	++*i;
	return tsvalue(&p->k[GETARG_Bx(first)]);
}

/* The name of a field of what is in the register, where the field comes. If there are many constants, that takes two steps. */
static const TString *take_field(const Proto *p, const Instruction **i, int to)
{
	const TString *name;
	Instruction first = **i;

	if (GET_OPCODE(first) == OP_GETFIELD && GETARG_A(first) == to && GETARG_B(first) == to) {
		++*i;
		return tsvalue(&p->k[GETARG_C(first)]);
	}
	name = take_string(p, i, to + 1);
	if (!name || GET_OPCODE(**i) != OP_GETTABLE || GETARG_A(**i) != to || GETARG_B(**i) != to ||
	    GETARG_C(**i) != to + 1)
		return NULL;
	++*i;
	return name;
}

/* The name of a global, and in *to the register where it comes. */
static const TString *take_global(const Proto *p, const Instruction **i, int *to)
{
	struct ps_code_global global;
	Instruction first = **i;

	*to = GETARG_A(first);
	if (GET_OPCODE(first) == OP_GETUPVAL && ps_code_takes_globals(p, first)) {
		++*i;
		return take_field(p, i, *to);
	}
	if (!ps_code_global(p, first, &global) || global.is_assigned)
		return NULL;
	++*i;
	return global.name;
}

/* The name of the file that the code asks for by a call of this kind, or NULL. */
static const TString *asked_for(const Proto *p, const Instruction *i, const struct ps_part_call *call)
{
	const TString *name;
	int called;

	name = take_global(p, &i, &called);
	if (!name || strcmp(getstr(name), call->library ? call->library : call->function))
		return NULL;
	if (call->library) {
		name = take_field(p, &i, called);
		if (!name || strcmp(getstr(name), call->function))
			return NULL;
	}
	name = take_string(p, &i, called + 1);
	if ((GET_OPCODE(*i) != OP_CALL && GET_OPCODE(*i) != OP_TAILCALL) || GETARG_A(*i) != called || GETARG_B(*i) != 2)
		return NULL;
	return name;
}

/* Tells what p, and the functions within, ask for by calls of this kind. */
static void tell_needs(lua_State *L, const Proto *p, const struct ps_compilation *c, enum ps_part_kind kind)
{
	const TString *name;
	int pc;

	luaL_checkstack(L, 1, NULL);
	for (pc = 0; pc < p->sizecode; pc++) {
		name = asked_for(p, &p->code[pc], &ps_part_calls[kind]);
		if (name && c->need(c->to, kind, getstr(name), tsslen(name), luaG_getfuncline(p, pc)))
			luaL_error(L, "not enough memory for what it asks for");
	}
	for (pc = 0; pc < p->sizep; pc++)
		tell_needs(L, p->p[pc], c, kind);
}

/* A script may have a function of such a name, which is another one. */
static void tell_all_needs(lua_State *L, const Proto *main, const struct ps_compilation *c)
{
	const struct ps_part_call *call;
	int kind;

	for (kind = 0; kind < PS_PART_KINDS; kind++) {
		call = &ps_part_calls[kind];
		if (!assigns_global(main, call->library ? call->library : call->function))
			tell_needs(L, main, c, kind);
	}
}

/* Whether p or a function within has the string. */
static bool has_string(const Proto *p, const char *text)
{
	int i;

	for (i = 0; i < p->sizek; i++) {
		if (ttisstring(&p->k[i]) && !strcmp(getstr(tsvalue(&p->k[i])), text))
			return true;
	}
	for (i = 0; i < p->sizep; i++) {
		if (has_string(p->p[i], text))
			return true;
	}
	return false;
}

static int compile_and_write(lua_State *L)
{
	struct compile_request *request = lua_touserdata(L, 1);
	const struct ps_compilation *c = request->to;
	const Proto *main;

	compile(L, &request->load);
	main = clLvalue(s2v(PS_STACK_TOP(L) - 1))->p;
	if (c->need)
		tell_all_needs(L, main, c);
	if (c->defers && (has_string(main, "schedule") || has_string(main, "IS_INTERRUPT")))
		*c->defers = true;
	if (c->translates && has_string(main, "nat") && has_string(main, "nf"))
		*c->translates = true;
	if (c->offloads && has_string(main, "offload") && has_string(main, "flow"))
		*c->offloads = true;
	if (c->tracks && has_string(main, "ct"))
		*c->tracks = true;
	if (c->write && lua_dump(L, write_code, (void *)c, 0))
		return luaL_error(L, "not enough memory for what it was compiled to");
	return 0;
}

/* Into error[size]: why the call of which this is the status has failed. */
static void tell_failure(struct ps_runtime *rt, int status, char *error, size_t size)
{
	const char *place, *message;

	set_error(error, size, "");
	message = ps_runtime_error(rt, status, &place);
	append(error, size, place);
	append(error, size, message);
}

int ps_script_compile(const struct ps_compilation *c, char *error, size_t size)
{
	struct compile_request request = {
		.load = { .path = c->path, .text = c->text, .len = c->len, .has_deadline = true,
			  .deadline = ps_host_now() + UNHURRIED * ps_limits.load_ms },
		.to = c,
	};
	struct ps_runtime *rt = ps_host_realloc(NULL, sizeof(*rt));
	int status = LUA_ERRMEM;

	set_error(error, size, "not enough memory");
	if (!rt)
		return -1;
	if (!ps_runtime_init_bare(rt, c->memory, c->region ? ps_arena_make(c->region, c->memory) : NULL)) {
		status = ps_runtime_call_unwatched(rt, compile_and_write, &request);
		if (status != LUA_OK)
			tell_failure(rt, status, error, size);
		ps_runtime_clean_bare(rt);
	}
	ps_host_realloc(rt, 0);
	return status == LUA_OK ? 0 : -1;
}

static int check(lua_State *L)
{
	compile(L, lua_touserdata(L, 1));
	return 0;
}

int ps_script_check(const char *chunkname, const char *text, size_t len, char *error, size_t size)
{
	struct load_request request = { .path = chunkname, .text = text, .len = len };
	struct ps_runtime rt;
	int status;

	if (ps_runtime_init(&rt, PS_CONTEXT_PACKET, 0, PS_SCRIPT_MEMORY, NULL)) {
		set_error(error, size, "not enough memory");
		return -1;
	}
	status = ps_runtime_call(&rt, check, &request, ps_limits.load_ms);
	if (status != LUA_OK)
		tell_failure(&rt, status, error, size);
	ps_runtime_clean(&rt);
	return status == LUA_OK ? 0 : -1;
}

struct define_request {
	struct load_request load;
	const char *function;
	bool may_define;
};

/*
 * Whether p or a function within may assign globals in a way that cannot be seen: by the table of them,
 * by text that is compiled later, or by what another script of the state has defined. main has all.
 */
static bool is_obscure(lua_State *L, const Proto *main, const Proto *p)
{
	static const char *const ways[] = { LUA_GNAME, "require", "load" };
	struct ps_code_global global;
	bool is_known;
	size_t way;
	int i;

	for (i = 0; i < p->sizecode; i++) {
		if (ps_code_takes_globals(p, p->code[i]))
			return true;
		if (!ps_code_global(p, p->code[i], &global) || global.is_assigned)
			continue;
		for (way = 0; way < sizeof(ways) / sizeof(ways[0]); way++) {
			if (!strcmp(getstr(global.name), ways[way]))
				return true;
		}
		is_known = lua_getglobal(L, getstr(global.name)) != LUA_TNIL;
		lua_pop(L, 1);
		if (!is_known && !assigns_global(main, getstr(global.name)))
			return true;
	}
	for (i = 0; i < p->sizep; i++) {
		if (is_obscure(L, main, p->p[i]))
			return true;
	}
	return false;
}

static int may_define(lua_State *L)
{
	struct define_request *request = lua_touserdata(L, 1);
	const Proto *main;

	compile(L, &request->load);
	main = clLvalue(s2v(PS_STACK_TOP(L) - 1))->p;
	request->may_define = lua_getglobal(L, request->function) != LUA_TNIL ||
			      assigns_global(main, request->function) || is_obscure(L, main, main);
	return 0;
}

bool ps_script_may_define(const char *text, size_t len, const char *function)
{
	struct define_request request = { { .path = "", .text = text, .len = len }, function, true };
	struct ps_script *s = ps_host_realloc(NULL, sizeof(*s));

	if (!s)
		return true;
	if (!ps_script_init(s, 0, true)) {	/* one with all its globals */
		if (protect(s, may_define, &request))
			request.may_define = true;
		ps_script_clean(s);
	}
	ps_host_realloc(s, 0);
	return request.may_define;
}
