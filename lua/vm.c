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
#include "lvm.h"

#include "inside.h"

/* OP_SELF on something that is no table. NULL: the ordinary way. */
static inline const TValue *method_of(const TValue *self, TString *name)
{
	const struct ps_object *object = ps_block_of(self);
	const TValue *method;

	if (!object || !object->methods)
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

/*
 * __index and __newindex that are functions: ours are tried directly, unless a hook is set. By
 * then the interpreter has found out that self has such a metamethod.
 */
static void read_name(lua_State *L, const TValue *f, const TValue *self, const TValue *name,
		      StkId result)
{
	struct ps_object *object = ps_block_of(self);

	if (!object || !object->access || !ttisshrstring(name) || L->hookmask ||
	    !object->access->read(L, object, tsvalue(name), s2v(result)))
		luaT_callTMres(L, f, self, name, result);
}

static void write_name(lua_State *L, const TValue *f, const TValue *self, const TValue *name,
		       const TValue *value)
{
	struct ps_object *object = ps_block_of(self);

	if (!object || !object->access || !ttisshrstring(name) || L->hookmask ||
	    !object->access->write(L, object, tsvalue(name), value))
		luaT_callTM(L, f, self, name, value);
}

#define luaT_callTMres	read_name
#define luaT_callTM	write_name
#define luaD_precall	ps_guard_precall

#include "lvm.c"
