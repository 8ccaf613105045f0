/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A method of an object, as far as the interpreter knows methods. What it takes and gives: engine/callable.h.
 */
#ifndef PS_METHOD_H
#define PS_METHOD_H

struct lua_State;
union StackValue;

struct ps_method {
	const char *name;
	int (*call)(struct lua_State *L);	/* a lua_CFunction, the whole of it: raises what is to be raised */
	int op;		/* what it is to its class's call(); 0: nothing */
	/*
	 * The same without a frame for it, as a class's call() does for methods of objects: it raises nothing, and allocates nothing. NULL: there is none.
	 */
	int (*direct)(union StackValue *func, int nargs);
};

/* Pushes a method, which must outlive the runtime. May raise. */
void ps_push_method(struct lua_State *L, const struct ps_method *method);

#endif
