/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What goes over from a Lua state to the one that takes its place: values of globals, copied as on_reload(old) asks for them.
 */
#ifndef PS_CARRY_H
#define PS_CARRY_H

#include <stddef.h>
#include <stdint.h>

struct lua_State;
struct ps_script;

/* Bounds of one value, so that packets do not wait long while it is copied. */
#define PS_CARRY_DEPTH	8		/* tables within one another */
#define PS_CARRY_PLACES	65536		/* in all its tables, those that are free counted */
#define PS_CARRY_BYTES	(512 * 1024)	/* that it is written in: 9 for an integer, 5 more than it has for a string */

/* The Lua state that goes, which others may use meanwhile. */
struct ps_old {
	struct ps_script *script;
	/* Nobody else uses it between these two, which are called with the new Lua state locked. */
	void (*lock)(struct ps_old *old);
	void (*unlock)(struct ps_old *old);
	/* Of ps_script_reload(): the value that is on its way. */
	uint8_t *bytes;
	size_t len, room;
};

/*
 * For whatever else goes over: bytes, and the table on top of the old Lua state's stack, whose fields go over as far as they can. Between
 * lock and unlock. NULL, or why they are not written.
 */
const char *ps_carry_put(struct ps_old *old, const void *bytes, size_t n);
const char *ps_carry_put_fields(struct ps_old *old);

/* Pushes what is written there, a table, and returns where the next begins. In the new Lua state; may raise. */
const uint8_t *ps_carry_get(struct lua_State *L, const uint8_t *at);

/* Pushes the table that on_reload() gets. As long as it runs, s->old says where its values are. May raise. */
void ps_carry_push(struct lua_State *L);

#endif
