/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_CORE
#include "lprefix.h"

#include <stdbool.h>
#include <string.h>

#include "lua.h"
#include "lauxlib.h"
#include "lapi.h"

#include "internals.h"
#include "reference.h"
#include "runtime.h"

struct holder {
	struct ps_object object;
	struct ps_reference *reference;
};

/* As a class does it. */
static int call(lua_State *L, const struct ps_method *method, StkId func, int nargs)
{
	const struct holder *holder = (const struct holder *)ps_object_of(s2v(func + 1));
	const struct ps_quick *quick = (const struct ps_quick *)method;
	long long arguments[PS_QUICK_ARGUMENTS];
	union ps_quick_result result;
	int i, n;

	if (method->op != PS_OP_QUICK || !holder->reference || nargs > 1 + PS_QUICK_ARGUMENTS)
		return -1;
	for (i = 0; i < nargs - 1; i++) {
		if (!ttisinteger(s2v(func + 2 + i)))
			return -1;
		arguments[i] = ivalue(s2v(func + 2 + i));
	}
	n = quick->call(L, holder->reference->target, arguments, nargs - 1, &result);
	if (n == 1)
		setivalue(s2v(func), result.integer);
	if (n != PS_QUICK_BLOCK)
		return n;
	setuvalue(L, s2v(func), ps_userdata_of(result.block));
	return 1;
}

static const struct ps_class class = { .name = "reference", .call = call };

static struct holder *holder_at(lua_State *L, int index)
{
	struct holder *holder = lua_touserdata(L, index);

	if (!holder || lua_islightuserdata(L, index))
		return NULL;
	return ps_userdata_of(holder)->class == &class ? holder : NULL;
}

static void unlink(struct ps_runtime *rt, struct ps_reference *reference)
{
	*reference->place = reference->next;
	if (reference->next)
		reference->next->place = reference->place;
	rt->memory -= sizeof(*reference);
	ps_host_realloc(reference, 0);
}

struct ps_reference *ps_reference_new(lua_State *L)
{
	struct ps_runtime *rt = ps_runtime_of(L);
	struct holder *holder = lua_newuserdatauv(L, sizeof(*holder), 0);
	struct ps_reference *reference;

	memset(holder, 0, sizeof(*holder));
	ps_userdata_of(holder)->class = &class;
	reference = ps_runtime_allocate(rt, sizeof(*reference));
	if (!reference)
		luaL_error(L, "not enough memory");
	reference->target = NULL;
	reference->next = rt->references;
	reference->place = &rt->references;
	if (reference->next)
		reference->next->place = &reference->next;
	rt->references = reference;
	holder->reference = reference;
	return reference;
}

struct ps_reference *ps_reference_at(lua_State *L, int index)
{
	struct holder *holder = holder_at(L, index);

	return holder ? holder->reference : NULL;
}

void ps_reference_adopt(lua_State *L)
{
	struct holder *holder = holder_at(L, -1);

	if (luaL_getmetafield(L, -1, "__index") == LUA_TNIL)
		return;
	if (lua_istable(L, -1))
		holder->object.methods = (Table *)lua_topointer(L, -1);
	lua_pop(L, 1);
}

void ps_reference_free(lua_State *L, int index)
{
	struct holder *holder = holder_at(L, index);

	if (!holder || !holder->reference)
		return;
	unlink(ps_runtime_of(L), holder->reference);
	holder->reference = NULL;
}

bool ps_reference_take(struct ps_runtime *rt, void **target)
{
	struct ps_reference *first = rt->references;

	if (!first)
		return false;
	*target = first->target;
	unlink(rt, first);
	return true;
}
