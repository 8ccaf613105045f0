/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_CORE
#include "lprefix.h"

#include <stdbool.h>
#include <string.h>

#include "lua.h"
#include "lauxlib.h"
#include "lapi.h"

#include "holder.h"
#include "runtime.h"

/* As a class does it. */
static int call(lua_State *L, const struct ps_method *method, StkId func, int nargs)
{
	const struct ps_holder *holder = (const struct ps_holder *)ps_object_of(s2v(func + 1));

	if (method->op != PS_OP_QUICK || !holder->reference)
		return -1;
	return ps_call_quick(L, (const struct ps_quick *)method, holder->reference, func + 2, nargs - 1, s2v(func));
}

const struct ps_window ps_no_window;
const struct ps_class ps_class_reference = { .name = "reference", .call = call };

static struct ps_holder *holder_at(lua_State *L, int index)
{
	struct ps_holder *holder = lua_touserdata(L, index);

	if (!holder || lua_islightuserdata(L, index))
		return NULL;
	return ps_userdata_of(holder)->class == &ps_class_reference ? holder : NULL;
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
	struct ps_holder *holder = lua_newuserdatauv(L, sizeof(*holder), 0);
	struct ps_reference *reference;

	memset(holder, 0, sizeof(*holder));
	ps_userdata_of(holder)->class = &ps_class_reference;
	reference = ps_runtime_allocate(rt, sizeof(*reference));
	if (!reference)
		luaL_error(L, "not enough memory");
	reference->target = NULL;
	reference->window = &ps_no_window;
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
	struct ps_holder *holder = holder_at(L, index);

	return holder ? holder->reference : NULL;
}

void ps_reference_adopt(lua_State *L)
{
	struct ps_holder *holder = holder_at(L, -1);

	if (luaL_getmetafield(L, -1, "__index") == LUA_TNIL)
		return;
	if (lua_istable(L, -1))
		holder->object.methods = (Table *)lua_topointer(L, -1);
	lua_pop(L, 1);
}

void ps_reference_free(lua_State *L, int index)
{
	struct ps_holder *holder = holder_at(L, index);

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
