/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Lua's interpreter, with fast ways for objects of ours: a method (p:data) is looked
 * up in the object's table of methods, without going through metatables; it is called without a
 * frame; names that are not called (ip.ttl) are read and written without one too.
 */
#define lvm_c
#define LUA_CORE
#include "lprefix.h"

#include <stddef.h>
#include <stdint.h>

#include "lua.h"
#include "ldo.h"
#include "lstate.h"
#include "ltable.h"
#include "lopcodes.h"
#include "lvm.h"

#include "inside.h"

/* An object of ours that has methods, or NULL. */
static inline const struct ps_object *object_of(const TValue *v)
{
	const struct ps_object *object = ps_block_of(v);

	return object && object->methods ? object : NULL;
}

/* lvm.c has variables of these names where they are used: a value's register, what is written. */
static const StkId ra __attribute__((unused));
static const TValue *const rc __attribute__((unused));

/*
 * What lvm.c does with things that are no tables: it names the function that looks into tables, and
 * the values by its variables. OP_SELF is the only one to name luaH_getstr; with
 * luaH_getshortstr, rb is read, and s2v(ra) is written. The other cases stay as they are.
 */
#define ps_other_luaH_get(t, text, key)	NULL
#define ps_other_luaH_getstr(t, text, key) ({ \
	const struct ps_object *object_ = object_of(t); \
	const Instruction *next_ = object_ ? ps_object_self(L, object_, pc, base) : NULL; \
	if (next_) { \
		pc = next_; \
		vmbreak; \
	} \
	object_ ? ps_find(object_->methods, key) : NULL; })
#define ps_other_luaH_getshortstr(t, text, key) ({ \
	const struct ps_object *object_ = object_of(t); \
	if (object_ && (!__builtin_strcmp(text, "rb") ? ps_object_read(L, object_, key, s2v(ra)) : \
			!__builtin_strcmp(text, "s2v(ra)") && \
			ps_object_write(L, object_, key, rc))) { \
		vmbreak; \
	} \
	NULL; })
#undef luaV_fastget
#define luaV_fastget(L, t, key, slot, f) \
	(ttistable(t) ? (slot = f(hvalue(t), key), !isempty(slot)) : \
			(slot = ps_other_##f(t, #t, key), slot != NULL))

/* The same for integers: rb is read, s2v(ra) is written. */
#define ps_other_index(t, text, i) ({ \
	struct ps_object *object_ = ps_block_of(t); \
	if (object_ && (!__builtin_strcmp(text, "rb") ? \
			ps_object_get_byte(L, object_, i, s2v(ra)) : \
			!__builtin_strcmp(text, "s2v(ra)") && \
			ps_object_set_byte(L, object_, i, rc))) { \
		vmbreak; \
	} \
	slot = NULL; \
	0; })

static inline const TValue *integer_slot(Table *t, lua_Unsigned i)
{
	return i - 1u < t->alimit ? &t->array[i - 1] : luaH_getint(t, i);
}

#undef luaV_fastgeti
#define luaV_fastgeti(L, t, i, slot) \
	(ttistable(t) ? (slot = integer_slot(hvalue(t), i), !isempty(slot)) : \
			ps_other_index(t, #t, i))

#define luaD_precall	ps_guard_precall

/*
 * In Lua 5.4.4 the interpreter's loop saves nothing before a division by zero, so its error named
 * a line further up. lvm.c defines these functions, too: there the first argument is "lua_State *L".
 */
#if LUA_VERSION_RELEASE_NUM < 50406
#define ps_arg_lua_State	lua_State
#define ps_arg_L		(savestate(L, ci), L)
#define luaV_idiv(L, m, n)	(luaV_idiv)(ps_arg_##L, m, n)
#define luaV_mod(L, m, n)	(luaV_mod)(ps_arg_##L, m, n)

/*
 * There luaV_concat() goes on with its variable "top" after it has called a __concat, which may have
 * moved the stack: it would read and write what is freed.
 */
#define luaT_tryconcatTM(L)	((luaT_tryconcatTM)(L), top = PS_STACK_TOP(L))
#endif

#include "lvm.c"
