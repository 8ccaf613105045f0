/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Lua's interpreter as released, with fast ways for objects of ours: a method (p:data) is looked
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

/* The method of that name of an object of ours, or NULL. */
static inline const TValue *method_of(const TValue *self, const TString *name)
{
	const struct ps_object *object = ps_block_of(self);

	return object && object->methods ? ps_find(object->methods, name) : NULL;
}

static inline const struct ps_object *named_object(const TValue *self)
{
	const struct ps_object *object = ps_block_of(self);

	return object && object->methods ? object : NULL;
}

/*
 * What lvm.c does with things that are no tables: it names the function that looks into tables, and
 * the values by its variables. OP_SELF is the only one to name luaH_getstr; with
 * luaH_getshortstr, rb is read, and s2v(ra) is written. The other cases stay as they are.
 */
#define ps_other_luaH_get(t, text, key)	NULL
#define ps_other_luaH_getstr(t, text, key) ({ \
	const TValue *method_ = method_of(t, key); \
	if (method_) { \
		const Instruction *next_ = ps_object_chain(L, ps_block_of(t), ps_method_of(method_), \
							   pc, base, k, ra); \
		if (next_) { \
			pc = next_; \
			vmbreak; \
		} \
	} \
	method_; })
#define ps_other_luaH_getshortstr(t, text, key) ({ \
	const struct ps_object *object_ = named_object(t); \
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

#define luaD_precall	ps_guard_precall

#include "lvm.c"
