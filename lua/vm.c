/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Lua's interpreter, with fast paths for our objects: a method (p:data) is looked up in the object's table of methods, not
 * through metatables, and called without a frame; names that are not called (ip.ttl) are read and written without one, too.
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

#include "internals.h"

/*
 * lvm.c calls these where it indexes something that is no table (lua/patches/lvm.c.patch). Each does all of it, or nothing
 * and returns false.
 */
static inline const struct ps_class *class_of(const TValue *v)
{
	return ttisfulluserdata(v) ? uvalue(v)->class : NULL;
}

static inline bool get_byte(lua_State *L, const TValue *v, lua_Unsigned i, TValue *result)
{
	const struct ps_class *class = class_of(v);

	return class && class->get_byte && class->get_byte(L, ps_object_of(v), i, result);
}

static inline bool set_byte(lua_State *L, const TValue *v, lua_Unsigned i, const TValue *value)
{
	const struct ps_class *class = class_of(v);

	return class && class->set_byte && class->set_byte(L, ps_object_of(v), i, value);
}

static inline bool get_name(lua_State *L, const TValue *v, const TString *name, TValue *result)
{
	const struct ps_class *class = class_of(v);

	return class && class->read && class->read(L, ps_object_of(v), name, result);
}

static inline bool set_name(lua_State *L, const TValue *v, const TString *name, const TValue *value)
{
	const struct ps_class *class = class_of(v);

	return class && class->write && class->write(L, ps_object_of(v), name, value);
}

/* v[key], v[key] = value */
static inline bool get_key(lua_State *L, const TValue *v, const TValue *key, TValue *result)
{
	if (ttisinteger(key))
		return get_byte(L, v, ivalue(key), result);
	return ttisstring(key) && get_name(L, v, tsvalue(key), result);
}

static inline bool set_key(lua_State *L, const TValue *v, const TValue *key, const TValue *value)
{
	if (ttisinteger(key))
		return set_byte(L, v, ivalue(key), value);
	return ttisstring(key) && set_name(L, v, tsvalue(key), value);
}

/* Puts the method into ra. */
static inline bool get_self(lua_State *L, const TValue *v, const TString *name, StkId ra)
{
	const struct ps_class *class = class_of(v);
	const TValue *method;

	if (!class || !ps_object_of(v)->methods)
		return false;
	method = ps_find(ps_object_of(v)->methods, name);
	if (!method)
		return false;
	setobj2s(L, ra, method);
	return true;
}

/*
 * Has linear code, if the function has some, do what it can from pc on, and has the interpreter go on behind that. Where linear code
 * has called or returned, that is in another frame, at which the time is looked at anew.
 */
#define run_linear() do { \
		const struct ps_linear *linear_ = cl->p->linear; \
		if (linear_ && !trap) { \
			pc = linear_->run(L, linear_, pc, base, NULL); \
			ci = L->ci; \
			cl = clLvalue(s2v(ps_stk(ci->func))); \
			k = cl->p->k; \
			base = ps_stk(ci->func) + 1; \
			ci->u.l.trap = 0; \
			trap = L->hookmask; \
			if (trap) \
				ci->u.l.trap = 1; \
		} \
	} while (0)

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
