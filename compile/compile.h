/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * From bytecode to linear code, when a handler is looked up.
 */
#ifndef PS_COMPILE_H
#define PS_COMPILE_H

#include <stdbool.h>

struct lua_State;
struct ps_linear;
struct ps_proto;

/*
 * Compiles the function on top of the stack, which handles packets, and those that it calls, as far as that can be seen
 * and memory goes: an eighth of the state's. proto: of the view that it gets; a function that has been compiled for one gets
 * slow views of others, not wrong ones. If nothing of the state runs, all other functions that there are now are compiled, too, as far as half of
 * that memory goes. What is not compiled is interpreted. Takes time as the code is long, and as there are many objects. Any context that the runtime
 * is in; does not raise.
 *
 * Returns what the handler runs as, or NULL. With *is_own that is for this closure alone, with local functions that it calls
 * within; it is to be freed before that (ps_linear_free()).
 */
struct ps_linear *ps_compile(struct lua_State *L, const struct ps_proto *proto, bool *is_own);

/* The same of a function that gets a userdata with quick methods (lua/reference.h), of which this is the block. */
struct ps_linear *ps_compile_guest(struct lua_State *L, const void *block, bool *is_own);

#endif
