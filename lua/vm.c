/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Lua's interpreter as released, with one more fast way: a method of an object of ours
 * (p:data) is looked up in the object's table of methods, without going through metatables.
 */
#define lvm_c
#define LUA_CORE
#include "lprefix.h"

#include <stddef.h>
#include <stdint.h>

#include "lua.h"
#include "lstate.h"
#include "ltable.h"
#include "lvm.h"

#include "inside.h"

/* OP_SELF on something that is no table. NULL: the ordinary way. */
static inline const TValue *method_of(const TValue *self, TString *name)
{
	const struct ps_object *object;
	const TValue *method;

	if (!ttisfulluserdata(self))
		return NULL;
	object = (void *)((char *)uvalue(self) + udatamemoffset(0));
	if (!object->methods)
		return NULL;
	method = luaH_getstr(object->methods, name);
	return isempty(method) ? NULL : method;
}

/* lvm.c names the function that looks into tables; only OP_SELF names luaH_getstr. */
#define ps_other_luaH_get(t, k)		NULL
#define ps_other_luaH_getshortstr(t, k)	NULL
#define ps_other_luaH_getstr(t, k)	method_of(t, k)
#undef luaV_fastget
#define luaV_fastget(L, t, k, slot, f) \
	(ttistable(t) ? (slot = f(hvalue(t), k), !isempty(slot)) : \
			(slot = ps_other_##f(t, k), slot != NULL))

#include "lvm.c"
