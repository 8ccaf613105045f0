/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Libraries, and the types of the objects that they make, from rows of what scripts may call.
 */
#ifndef PS_LIBRARY_H
#define PS_LIBRARY_H

#include "callable.h"

struct lua_State;

/* Pushes a table of the functions. A name that it does not have, and that is nearly one of theirs, raises. */
void ps_library_push(struct lua_State *L, const struct ps_callable *functions);

/* Creates the metatable of a type, with its methods and operators. */
void ps_library_new_type(struct lua_State *L, const char *type, const struct ps_callable *methods);

/* The results of a function that does what is asked, or says why not: pushes true, or nil and that. Returns how many. */
int ps_library_answer(struct lua_State *L, const char *why_not);

#endif
