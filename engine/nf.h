/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The library nf: what the machine gives to scripts.
 */
#ifndef PS_NF_H
#define PS_NF_H

#include <stdbool.h>

#include "callable.h"

struct lua_State;

/* Pushes the library. A lua_CFunction. */
int ps_nf_open(struct lua_State *L);

/* Whether an argument of this type, one of those that are words, may be this one. Types that are no words know any. */
bool ps_nf_knows(enum ps_lua_type type, const char *word);

#endif
