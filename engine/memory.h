/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Byte arrays of their own memory that are seen as packets: bytes.to_packet(). While a view of one is looked at, it is what
 * struct ps_bind has as the packet: whoever has checked a view need not know of which of the two that is. The packet that is
 * being handled is put back when one of its own views is looked at, and at the latest when Lua returns. No view and no byte
 * array of one of them is taken for one of the other: stamps tell.
 */
#ifndef PS_MEMORY_H
#define PS_MEMORY_H

#include "buffer.h"
#include "view.h"

struct ps_bytes;

/* A byte array as a packet. Views of it keep it, and it keeps the array. */
struct ps_memory {
	struct ps_object object;
	struct ps_bytes *array;
	struct ps_buffer buffer;
	struct ps_layers layers;	/* while it is not looked at */
	bool is_new;			/* it has not been yet */
};

/* A view of one: it is never taken for one of the packet without being checked. */
struct ps_memory_view {
	struct ps_view view;		/* first; with PS_VIEW_MEMORY */
	struct ps_memory *memory;
};

/* Makes one of an array of its own memory, which is on the stack, and looks at it. May raise. */
void ps_memory_make(lua_State *L, struct ps_bytes *array);

/* Looks at it; NULL: at the packet that is being handled, or at nothing between packets. */
void ps_memory_enter(lua_State *L, struct ps_memory *memory);

/* Returns a block of that size which lasts as long as the memory that is looked at. May raise. */
void *ps_memory_keep(lua_State *L, size_t size);

/* Goes back to the packet that is being handled. */
void ps_memory_return(struct ps_bind *bind);

static inline void ps_memory_leave(struct ps_bind *bind)
{
	if (ps_unlikely(bind->memory != NULL))
		ps_memory_return(bind);
}

/* lua_call(), of what may look at others meanwhile; afterwards what is looked at now is again: something on the stack keeps it. */
static inline void ps_memory_call(lua_State *L, int nargs, int nresults)
{
	struct ps_memory *memory = ps_bind_of(L)->memory;

	lua_call(L, nargs, nresults);
	ps_memory_enter(L, memory);
}

#endif
