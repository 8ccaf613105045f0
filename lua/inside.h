/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The few places where the packet path goes past Lua's API. Include after lua.h, in a file
 * that is compiled with Lua's own headers.
 */
#ifndef PS_INSIDE_H
#define PS_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

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

/* What the block of every object of ours begins with: a userdata that has a class. They have no user values. */
struct ps_object {
	Table *methods;		/* by name, made with ps_push_method(); NULL if it has none */
};

/* The object that a userdata with a class is; and back. */
static inline struct ps_object *ps_object_of(const TValue *v)
{
	return (struct ps_object *)((char *)uvalue(v) + udatamemoffset(0));
}

static inline Udata *ps_userdata_of(void *block)
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
	return ttisfulluserdata(v) && uvalue(v)->class == class ? ps_object_of(v) : NULL;
}

/* The argument if it is an object of this class, or NULL. */
static inline void *ps_arg_object(lua_State *L, int arg, const struct ps_class *class)
{
	const TValue *v = ps_arg(L, arg);

	return v ? ps_check(v, class) : NULL;
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

/* Pushes a method, which must outlive the runtime. */
void ps_push_method(lua_State *L, const struct ps_method *method);

/* The value in methods that has this name, or NULL. */
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
 * What a userdata is, and what the interpreter tries first with it: without the frame that a call of a C function costs,
 * and without metamethods. NULL: nothing. These do what they are asked if it is simple, or nothing: no error, no call
 * back, nothing that Lua allocates, and no look at the time, which loops have.
 */
struct ps_class {
	const char *name;

	/*
	 * The arguments are at func + 1 … func + nargs, the first is the object. Returns 1 with the result at func, 0
	 * without one, or -1: call it the other way.
	 */
	int (*call)(lua_State *L, const struct ps_method *method, StkId func, int nargs);

	/* object.name, object.name = value. False: the other way. */
	bool (*read)(lua_State *L, const struct ps_object *object, const TString *name, TValue *result);
	bool (*write)(lua_State *L, const struct ps_object *object, const TString *name,
		      const TValue *value);

	/* object[i], object[i] = value. */
	bool (*get_byte)(lua_State *L, const struct ps_object *object, lua_Unsigned i, TValue *result);
	bool (*set_byte)(lua_State *L, struct ps_object *object, lua_Unsigned i, const TValue *value);
};

/*
 * A handler that runs, without the interpreter so far: the functions that are being called, each but the last one in a
 * call of the next, and where the interpreter would go on in each.
 */
#define PS_RUN_FRAMES	8

struct ps_called {
	StkId func;
	const Instruction *pc;
	int nresults;		/* that its caller wants */
};

struct ps_run {
	int depth;		/* of the last frame, from 0 */
	bool is_watched;	/* ps_runtime_enter() has been called: the run goes back, or calls much */
	bool is_repeat;		/* the packet has what time is left of its last run */
	uint16_t calls;		/* before that */
	struct ps_called frames[PS_RUN_FRAMES];
};

/*
 * What a function has been compiled to, beside its bytecode (compile/). It goes with the function.
 */
struct ps_linear {
	size_t size;	/* in bytes; they count as the state's */

	/*
	 * Does what the function does from pc on, in the frame at base, as far as it can: without an error, a call back, or a
	 * byte more of memory. Returns where the interpreter goes on, which is pc if nothing was done.
	 *
	 * With run there is no interpreter yet, and nothing is around the call; pc is NULL, which is the beginning. Then it
	 * returns NULL if the first function has returned, and its result is where the function was; else run tells where the
	 * interpreter goes on. All of run is 0 before but is_repeat and the frames.
	 */
	const Instruction *(*run)(lua_State *L, const struct ps_linear *linear, const Instruction *pc,
				  StkId base, struct ps_run *run);
};

/* The method that the value is, as ps_push_method() has pushed it, or NULL. */
const struct ps_method *ps_to_method(const TValue *value);

/*
 * Calls the function that is all there is on the stack but for one argument, protected, when
 * nothing runs in L. With run it goes on where that tells, and there is room for its frames. Returns a Lua status; what is left
 * is one value: the result, or the error.
 */
int ps_call1(lua_State *L, const struct ps_run *run);

/*
 * What some of Lua's files call in the place of a function of Lua's: luaconf.h renames it for them,
 * with the prototype that Lua has for it. They raise what that function does, and their own errors.
 */
CallInfo *ps_guard_precall(lua_State *L, StkId func, int nresults);
int ps_guard_fold(lua_State *L, int op, const TValue *a, const TValue *b, TValue *result);
void ps_guard_finalizer(lua_State *L, GCObject *object, Table *metatable);
void ps_guard_handler(lua_State *L, StkId func, int nresults);
void ps_guard_freeproto(lua_State *L, Proto *f);

#endif
