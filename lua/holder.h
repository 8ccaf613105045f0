/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * References as the interpreter sees them: quick methods are called here. Include after lua.h, in a file that is compiled with
 * Lua's own headers.
 */
#ifndef PS_HOLDER_H
#define PS_HOLDER_H

#include <stddef.h>

#include "internals.h"
#include "reference.h"

/* The block of the userdata. */
struct ps_holder {
	struct ps_object object;
	struct ps_reference *reference;	/* or NULL: it has been let go */
};

/* The quick method that the value is, or NULL. */
static inline const struct ps_quick *ps_to_quick(const TValue *value)
{
	const struct ps_method *method = ps_to_method(value);

	return method && method->op == PS_OP_QUICK ? (const struct ps_quick *)method : NULL;
}

/* What a userdata with these methods stands for; NULL: it is another value, or stands for nothing. */
static inline void *ps_holder_target(const TValue *v, const Table *methods)
{
	const struct ps_holder *holder = ps_check(v, &ps_class_reference);

	if (l_unlikely(!holder || holder->object.methods != methods || !holder->reference))
		return NULL;
	return holder->reference->target;
}

/* What call() has said, at result, as the call of a class (struct ps_class). */
static inline int ps_give_quick(lua_State *L, int said, const union ps_quick_result *from, TValue *result)
{
	(void)L;
	if (said == 1)
		setivalue(result, from->integer);
	if (said != PS_QUICK_BLOCK)
		return said;
	setuvalue(L, result, ps_userdata_of(from->block));
	return 1;
}

/* Calls it with nargs arguments from args on. */
static inline int ps_call_quick(lua_State *L, const struct ps_quick *quick, void *target, StkId args, int nargs, TValue *result)
{
	long long arguments[PS_QUICK_ARGUMENTS];
	union ps_quick_result said;
	int i;

	if (l_unlikely(nargs > PS_QUICK_ARGUMENTS))
		return -1;
	for (i = 0; i < nargs; i++) {
		if (l_unlikely(!ttisinteger(s2v(args + i))))
			return -1;
		arguments[i] = ivalue(s2v(args + i));
	}
	return ps_give_quick(L, quick->call(L, target, arguments, nargs, &said), &said, result);
}

#endif
