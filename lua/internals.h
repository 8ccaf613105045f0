/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Lua's internals, where the packet path uses them instead of its API. Include after lua.h, in a file
 * that is compiled with Lua's own headers.
 */
#ifndef PS_INTERNALS_H
#define PS_INTERNALS_H

#include <stdbool.h>
#include <stdint.h>

#include "attr.h"
#include "lgc.h"
#include "lobject.h"
#include "lstate.h"
#include "ltable.h"

#include "method.h"

#if LUA_VERSION_NUM != 504 || LUA_VERSION_RELEASE_NUM < 50404
#error "PacketScript needs Lua 5.4.4 or a later 5.4: scripts/fetch-lua gets one"
#endif

/* Lua 5.4.5 made a union of it. */
#if LUA_VERSION_RELEASE_NUM >= 50405
#define ps_stk(place)	((place).p)
#else
#define ps_stk(place)	(place)
#endif
#define PS_STACK_TOP(L)		ps_stk((L)->top)
#define PS_CALL_FUNC(L)		ps_stk((L)->ci->func)

/* The block of each of our objects begins so. An object is a userdata that has a class; it has no user values. */
struct ps_object {
	Table *methods;		/* its methods by name, pushed by ps_push_method(); NULL if it has none */
};

/* The object in a userdata that has a class; and the userdata of an object. */
static inline struct ps_object *ps_object_of(const TValue *v)
{
	return (struct ps_object *)((char *)uvalue(v) + udatamemoffset(0));
}

static inline Udata *ps_userdata_of(const void *block)
{
	return (Udata *)((char *)block - udatamemoffset(0));
}

/* The value of argument arg of the C function that runs, or NULL. */
static inline const TValue *ps_arg(lua_State *L, int arg)
{
	StkId slot = PS_CALL_FUNC(L) + arg;

	return slot < PS_STACK_TOP(L) ? s2v(slot) : NULL;
}

/* The object if v is one of this class, or NULL. */
static inline void *ps_check(const TValue *v, const struct ps_class *class)
{
	void *object;

	if (!ttisfulluserdata(v) || uvalue(v)->class != class)
		return NULL;
	object = ps_object_of(v);
	ps_never(!object);
	return object;
}

/* The argument if it is an object of this class, or NULL. */
static inline void *ps_arg_object(lua_State *L, int arg, const struct ps_class *class)
{
	const TValue *v = ps_arg(L, arg);

	return v ? ps_check(v, class) : NULL;
}

/* Whether the table has nothing but an array: no names, and no numbers that are far from the others. */
static inline bool ps_is_array(const TValue *table)
{
	return !hvalue(table)->lastfree;
}

/* Upvalue n, from 0, of the C closure that runs. Lua declares one where there are more: no index. */
static inline const TValue *ps_upvalue(lua_State *L, int n)
{
	return clCvalue(s2v(PS_CALL_FUNC(L)))->upvalue + n;
}

/*
 * Pushes the userdata whose block this is (made with no user values). The caller keeps it
 * referenced elsewhere, and there is room on the stack.
 */
static inline void ps_push_block(lua_State *L, void *block)
{
	setuvalue(L, s2v(PS_STACK_TOP(L)), ps_userdata_of(block));
	PS_STACK_TOP(L)++;
}

/* The string whose bytes these are. */
static inline TString *ps_string_of(const char *text)
{
	return (TString *)((char *)text - offsetof(TString, contents));
}

/* Pushes it, under the same conditions. */
static inline void ps_push_string(lua_State *L, const char *text)
{
	setsvalue2s(L, PS_STACK_TOP(L), ps_string_of(text));
	PS_STACK_TOP(L)++;
}

/* The method of this name in a table of methods, or NULL. */
static inline const TValue *ps_find(const Table *methods, const TString *name)
{
	const Node *n = gnode(methods, lmod(name->hash, sizenode(methods)));

	while (!keyisshrstr(n) || keystrval(n) != name) {
		if (!gnext(n))
			return NULL;
		n += gnext(n);
	}
	return gval(n);
}

static inline const struct ps_method *ps_method_of(const TValue *value)
{
	return pvalue(&clCvalue(value)->upvalue[0]);
}

/*
 * A class of userdata. Its functions are what the interpreter tries first: they need no frame, as the call of a C function
 * does, and no metamethod. Any may be NULL. Each does all of what is asked, if that is simple, or nothing. They never raise,
 * call back or have Lua allocate, and do not look at the time, which each loop does.
 */
struct ps_class {
	const char *name;

	/*
	 * Calls a method. The arguments are at func + 1 … func + nargs; the first is the object. Returns 1 with the result at
	 * func; 0 if there is none; -1 if it did nothing: the C function has to be called.
	 */
	int (*call)(lua_State *L, const struct ps_method *method, StkId func, int nargs);

	/* object.name, object.name = value. False: it did nothing, and the metamethod has to be called. */
	bool (*read)(lua_State *L, const struct ps_object *object, const TString *name, TValue *result);
	bool (*write)(lua_State *L, const struct ps_object *object, const TString *name,
		      const TValue *value);

	/* The same for object[i], object[i] = value. */
	bool (*get_byte)(lua_State *L, const struct ps_object *object, lua_Unsigned i, TValue *result);
	bool (*set_byte)(lua_State *L, struct ps_object *object, lua_Unsigned i, const TValue *value);

	/*
	 * What has to live as long as the object: number n, from 0; NULL: no more. All of these are older than the object, and
	 * it has them from the beginning, before Lua allocates again: so the collector needs no barrier.
	 */
	const struct ps_object *(*holds)(const struct ps_object *object, unsigned int n);
};

/*
 * A handler that runs, without the interpreter so far: the functions that are being called, each but the last one in a
 * call of the next, and where the interpreter would go on in each.
 */
#define PS_RUN_FRAMES	8	/* that linear code makes */
#define PS_INLINED_FRAMES	3	/* within the first of these, of functions whose code is there in place of calls */

struct ps_called {
	StkId func;
	union {
		const Instruction *pc;
		const void *op;		/* the same while linear code runs, which knows no pc */
	};
	int nresults;		/* that its caller wants */
};

struct ps_run {
	int depth;		/* of the last frame, from 0 */
	bool is_watched;	/* ps_runtime_enter() has been called: the run goes back, or calls much */
	bool is_repeat;		/* the packet has what time is left of its last run */
	uint8_t calls;		/* before that */
	struct ps_called frames[PS_RUN_FRAMES + PS_INLINED_FRAMES];
};

/*
 * What a function has been compiled to, beside its bytecode (compile/). It goes with the function.
 */
struct ps_linear {
	size_t size;	/* in bytes; they count as the state's */
	int slots;	/* of the stack that it may use, from the function on */

	/*
	 * Does what the function does from pc on, in the frame at base, which is L->ci's, as far as it can: without an error of its own, a call of C
	 * that is not ours, or a byte more of memory. It may call and return; what it calls may raise, and move the stack. Returns where the interpreter goes on,
	 * which is in L->ci then; pc if nothing was done.
	 *
	 * With run there is no interpreter yet, and nothing is around the call, so nothing may raise; pc is NULL, which is the beginning. Then it
	 * returns NULL if the first function has returned, and its result is where the function was; else leave() is called
	 * next. All of run is 0 before but is_repeat, and the frames, which are anything.
	 */
	const Instruction *(*run)(lua_State *L, const struct ps_linear *linear, const Instruction *pc,
				  StkId base, struct ps_run *run);

	/* Has run tell where the interpreter goes on. */
	void (*leave)(lua_State *L, const struct ps_linear *linear, struct ps_run *run);
};

/* Frees it, which is not NULL. */
void ps_linear_free(struct ps_runtime *rt, struct ps_linear *linear);

/*
 * Of the functions in one that has just been compiled: upvalues that nothing assigns, once they have a value, become <const>
 * (RDKCONST), as what the script has written so is.
 */
void ps_settle_variables(lua_State *L, Proto *main);

/* The method that the value is, as ps_push_method() has pushed it, or NULL. */
const struct ps_method *ps_to_method(const TValue *value);

/*
 * Calls what stands at func, with so many arguments behind it, if it is a method that needs no frame. Returns as a class's call().
 */
int ps_call_method(lua_State *L, StkId func, int nargs);

/*
 * A protected call, when nothing runs in L: of the function that is alone on the stack with its one argument. With run it goes
 * on where that tells; the stack has to have room for its frames. Without, the stack gets room for as many slots, if there is
 * memory. Returns a Lua status; one value is left: the result, or the error. is_handled: below the function there is one that
 * makes of an error what is left.
 */
int ps_call1(lua_State *L, const struct ps_run *run, int slots, bool is_handled);

/*
 * Some of Lua's files call these in place of a function of Lua's, since luaconf.h renames it for them; so each has that
 * function's prototype. They raise the errors of that function, and their own.
 */
CallInfo *ps_guard_precall(lua_State *L, StkId func, int nresults);
int ps_guard_fold(lua_State *L, int op, const TValue *a, const TValue *b, TValue *result);
void ps_guard_finalizer(lua_State *L, GCObject *object, Table *metatable);
void ps_guard_handler(lua_State *L, StkId func, int nresults);
void ps_guard_freeproto(lua_State *L, Proto *f);

#endif
