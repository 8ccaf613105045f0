/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A userdata that stands for something outside of its Lua state.
 */
#ifndef PS_REFERENCE_H
#define PS_REFERENCE_H

struct lua_State;
struct ps_runtime;

/*
 * In memory of its own: Lua forgets a userdata whose finalizer it has no memory or stack to call. Then this is still in the
 * runtime's list, whose owner lets go of it at the end.
 */
struct ps_reference {
	struct ps_reference *next, **place;	/* place: the pointer to this one */
	void *target;				/* or NULL */
};

/* Pushes a userdata with a new reference, to nothing so far, and without a metatable. May raise. */
struct ps_reference *ps_reference_new(struct lua_State *L);

/* That of the userdata at index; NULL: it is no such userdata, or has been let go. */
struct ps_reference *ps_reference_at(struct lua_State *L, int index);

/* The userdata at index has none from now on. */
void ps_reference_free(struct lua_State *L, int index);

/* After the Lua state has been closed: takes the first that is left out of the list, and returns its target; false: there is none. */
_Bool ps_reference_take(struct ps_runtime *rt, void **target);

#endif
