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

/* What a userdata with these methods has; NULL: it is another value, or has been let go. */
static inline const struct ps_reference *ps_holder_reference(const TValue *v, const Table *methods)
{
	const struct ps_holder *holder = ps_check(v, &ps_class_reference);

	return l_likely(holder && holder->object.methods == methods) ? holder->reference : NULL;
}

/* What it stands for; NULL: nothing. */
static inline void *ps_holder_target(const TValue *v, const Table *methods)
{
	const struct ps_reference *reference = ps_holder_reference(v, methods);

	return l_likely(reference) ? reference->target : NULL;
}

/* The window that a method is about, which has bytes; or NULL. */
static inline const struct ps_window *ps_window_of(lua_State *L, const struct ps_reference *reference, const struct ps_quick *quick)
{
	const struct ps_window *window = reference->window;

	return l_likely(window->bytes || !quick->call(L, reference->target, NULL, 0, NULL)) ? window : NULL;
}

/* Where the integer at the offset is that the method is about; NULL: there is none, or it may not be written. */
static inline uint8_t *ps_window_at(lua_State *L, const struct ps_reference *reference, const struct ps_quick *quick, lua_Integer offset)
{
	const struct ps_window *window = ps_window_of(L, reference, quick);
	size_t size;

	if (l_unlikely(!window))
		return NULL;
	size = quick->is_write ? window->writable : window->size;
	return l_likely(size >= quick->width && l_castS2U(offset) <= size - quick->width) ? window->bytes + offset : NULL;
}

/* It has that type, and is anywhere. */
#define PS_READ_AS(type, at)	({ type value_; memcpy(&value_, at, sizeof(value_)); (lua_Integer)value_; })

static inline lua_Integer ps_window_read(const struct ps_quick *quick, const uint8_t *at)
{
	switch (quick->width) {
	case 1:
		return quick->is_signed ? (int8_t)*at : *at;
	case 2:
		return quick->is_signed ? PS_READ_AS(short, at) : PS_READ_AS(uint16_t, at);
	case 4:
		return quick->is_signed ? PS_READ_AS(int, at) : PS_READ_AS(uint32_t, at);
	default:
		return PS_READ_AS(lua_Integer, at);
	}
}

/* The lower bytes of the value. */
static inline void ps_window_write(const struct ps_quick *quick, uint8_t *at, lua_Integer value)
{
	uint16_t two = value;
	uint32_t four = value;

	switch (quick->width) {
	case 1:
		*at = value;
		break;
	case 2:
		memcpy(at, &two, sizeof(two));
		break;
	case 4:
		memcpy(at, &four, sizeof(four));
		break;
	default:
		memcpy(at, &value, sizeof(value));
	}
}

/* As ps_call_quick(), of a method with a width. */
static inline int ps_call_window(lua_State *L, const struct ps_quick *quick, const struct ps_reference *reference, StkId args, int nargs,
				 TValue *result)
{
	uint8_t *at;

	if (l_unlikely(nargs != 1 + quick->is_write || !ttisinteger(s2v(args)) || (quick->is_write && !ttisinteger(s2v(args + 1)))))
		return -1;
	at = ps_window_at(L, reference, quick, ivalue(s2v(args)));
	if (l_unlikely(!at))
		return -1;
	if (quick->is_write) {
		ps_window_write(quick, at, ivalue(s2v(args + 1)));
		return 0;
	}
	setivalue(result, ps_window_read(quick, at));
	return 1;
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
static inline int ps_call_quick(lua_State *L, const struct ps_quick *quick, const struct ps_reference *reference, StkId args, int nargs,
				TValue *result)
{
	long long arguments[PS_QUICK_ARGUMENTS];
	union ps_quick_result said;
	int i;

	if (quick->width)
		return ps_call_window(L, quick, reference, args, nargs, result);
	if (l_unlikely(nargs > PS_QUICK_ARGUMENTS))
		return -1;
	for (i = 0; i < nargs; i++) {
		if (l_unlikely(!ttisinteger(s2v(args + i))))
			return -1;
		arguments[i] = ivalue(s2v(args + i));
	}
	return ps_give_quick(L, quick->call(L, reference->target, arguments, nargs, &said), &said, result);
}

#endif
