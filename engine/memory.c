/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"

#include "access.h"
#include "memory.h"

static const char looked_at;	/* the address is the registry's key of the one that is looked at, or was last */
static const char kept;		/* the same of a table, that has for each one what lasts as long as it */

/* Stamps begin so high that those of packets never get there. */
#define STAMPS	(1ull << 63)

static const struct ps_object *holds(const struct ps_object *object, unsigned int n)
{
	return n ? NULL : &((const struct ps_memory *)object)->array->object;
}

static const struct ps_class class = {
	.name = "byte array",
	.holds = holds,
};

static struct ps_layer_block *no_block(struct ps_layers *layers)
{
	(void)layers;
	return NULL;	/* who would give it back? */
}

void ps_memory_return(struct ps_bind *bind)
{
	bind->memory->layers = bind->layers;
	bind->memory = NULL;
	bind->layers = bind->handled.layers;
	bind->pkt = bind->handled.pkt;
	bind->stamp = bind->handled.stamp;
	bind->arrays = bind->handled.arrays;
	bind->whole = bind->handled.whole;
}

void ps_memory_enter(lua_State *L, struct ps_memory *memory)
{
	struct ps_bind *bind = ps_bind_of(L);

	if (bind->memory == memory)
		return;
	ps_memory_leave(bind);
	if (!memory)
		return;
	ps_push_block(L, memory);	/* whatever becomes of the views */
	lua_rawsetp(L, LUA_REGISTRYINDEX, &looked_at);
	bind->handled.layers = bind->layers;
	bind->handled.pkt = bind->pkt;
	bind->handled.stamp = bind->stamp;
	bind->handled.arrays = bind->arrays;
	bind->handled.whole = bind->whole;
	bind->memory = memory;
	bind->pkt = &memory->buffer.pkt;
	bind->whole = (struct ps_view *)memory;	/* which scripts never have */
	bind->stamp = bind->arrays = STAMPS;
	if (memory->is_new) {
		ps_layers_init(&bind->layers, no_block, NULL);
		ps_layers_begin(&bind->layers, bind->pkt);
		memory->is_new = false;
	} else {
		bind->layers = memory->layers;
	}
	ps_layers_expose(&bind->layers);	/* its array may have been written */
}

/* Pushes the table of what memory keeps. */
static void push_kept(lua_State *L, struct ps_memory *memory)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kept) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_createtable(L, 0, 1);
		lua_pushstring(L, "k");
		lua_setfield(L, -2, "__mode");
		lua_setmetatable(L, -2);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &kept);
	}
	ps_push_block(L, memory);
	if (lua_rawget(L, -2) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_newtable(L);
		ps_push_block(L, memory);
		lua_pushvalue(L, -2);
		lua_rawset(L, -4);
	}
	lua_remove(L, -2);
}

void *ps_memory_keep(lua_State *L, size_t size)
{
	void *block;

	push_kept(L, ps_bind_of(L)->memory);
	block = lua_newuserdatauv(L, size, 0);
	lua_rawseti(L, -2, lua_rawlen(L, -2) + 1);
	lua_pop(L, 1);
	return block;
}

void ps_memory_make(lua_State *L, struct ps_bytes *array)
{
	struct ps_memory *memory = lua_newuserdatauv(L, sizeof(*memory), 0);

	memset(memory, 0, sizeof(*memory));
	memory->array = array;
	memory->is_new = true;
	ps_userdata_of(memory)->class = &class;
	ps_buffer_init_room(&memory->buffer, array->own, array->len, 0, 0, 0);	/* it keeps its length */
	ps_memory_enter(L, memory);
	lua_pop(L, 1);
}
