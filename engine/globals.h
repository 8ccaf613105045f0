/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Names of protocols that a script gets wrong: they are globals, and one that does not exist would be
 * nil without a word.
 */
#ifndef PS_GLOBALS_H
#define PS_GLOBALS_H

struct lua_State;

/*
 * A lua_CFunction, called with the main function of a script. Raises, with file and line, if that or
 * a function in it reads a global packet_… that nobody has defined, nor assigns to anywhere in the
 * script. To be called when the script has run, since that may define some.
 */
int ps_globals_check(struct lua_State *L);

#endif
