/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A userdata that stands for something outside of its Lua state.
 */
#ifndef PS_REFERENCE_H
#define PS_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "method.h"

struct lua_State;
struct ps_class;
struct ps_runtime;

/*
 * In memory of its own: Lua forgets a userdata whose finalizer it has no memory or stack to call. Then this is still in the
 * runtime's list, whose owner lets go of it at the end.
 */
struct ps_reference {
	struct ps_reference *next, **place;	/* place: the pointer to this one */
	void *target;				/* or NULL */
	const struct ps_window *window;		/* of the target, for this Lua state; or ps_no_window */
};

/*
 * Bytes of a target, whose integers the interpreter reads and writes by itself, in the machine's order. What is in it changes
 * only where no Lua state that has it runs.
 */
struct ps_window {
	uint8_t *bytes;		/* or NULL: not now */
	size_t size, writable;	/* writable: so many from the first on, all or none */
};

extern const struct ps_window ps_no_window;

/*
 * A method of what such userdata stand for that the interpreter calls without a frame, with arguments that are integers: what is
 * simple. call() gets those behind the object, PS_QUICK_ARGUMENTS at most. It does all or nothing, as that of a class
 * (lua/internals.h): 1: result has an integer; PS_QUICK_BLOCK: it has the block of a userdata that is referenced elsewhere;
 * 0: there is none; -1: it did nothing.
 * Or, with a width, it is the access to an integer in the target's window: of arguments (offset) it gives it, of (offset, value)
 * it is written. The interpreter does that; call() only has to bring the window's bytes, where there are none: 0, or -1.
 */
#define PS_QUICK_ARGUMENTS	2
#define PS_QUICK_BLOCK	2
#define PS_OP_QUICK	4096	/* none of the engine's */

union ps_quick_result {
	long long integer;
	void *block;
};

struct ps_quick {
	struct ps_method method;	/* first; op is PS_OP_QUICK */
	int (*call)(struct lua_State *L, void *target, const long long *arguments, int n, union ps_quick_result *result);
	uint8_t width;			/* in bytes: 1, 2, 4, 8; or 0 */
	bool is_signed, is_write;	/* is_signed: where it is read, and has less than 8 */
	bool is_packet;			/* it gives the packet that the userdata stands for (struct ps_guest) */
};

/* The class of such userdata, which the compiler and lua/holder.h know. */
extern const struct ps_class ps_class_reference;

/*
 * The userdata on top of the stack, a reference with a metatable, has methods that the interpreter finds: those of the table
 * __index.
 */
void ps_reference_adopt(struct lua_State *L);

/* Pushes a userdata with a new reference, to nothing so far, and without a metatable. May raise. */
struct ps_reference *ps_reference_new(struct lua_State *L);

/* That of the userdata at index; NULL: it is no such userdata, or has been let go. */
struct ps_reference *ps_reference_at(struct lua_State *L, int index);

/* The userdata at index has none from now on. */
void ps_reference_free(struct lua_State *L, int index);

/*
 * After the Lua state has been closed: takes the first that is left out of the list, and returns its target; false: there is
 * none.
 */
_Bool ps_reference_take(struct ps_runtime *rt, void **target);

#endif
