/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Objects of the library data, for other modules: bytes that a script may look at, and may write to.
 */
#ifndef LUADATA_H
#define LUADATA_H

#include <lunatik.h>

/*
 * Pushes an object of no bytes, for this runtime only: in another one each access to what luadata_reset() gives it raises. A
 * library may make it once, keep it (lunatik_keep()), and reset it for each callback. May raise.
 */
lunatik_object_t *luadata_new(lua_State *L);

/*
 * From now on the object stands for these bytes, which are the caller's; until luadata_clear(), after which each access
 * raises. Both within the object's runtime, in any context; neither raises. Bytes that move are given anew.
 */
void luadata_reset(lunatik_object_t *object, void *bytes, size_t size, bool is_readonly);
void luadata_clear(lunatik_object_t *object);

/*
 * The bytes are those of packets, and are given when a script first asks for them, so who does not costs nothing. open()
 * calls luadata_reset(), or returns false: there is none, or no memory. packet() is d:packet(): the block of the packet
 * object, or NULL. Neither raises. They get what is in the place that luadata_offer() returns, which is NULL outside of
 * callbacks: whoever offers writes it within the object's runtime. It is the object's own, since a script may keep the object
 * for longer than there is anybody who offers. Within the object's runtime, in any context; does not raise.
 */
struct luadata_source {
	bool (*open)(void *of);
	void *(*packet)(lua_State *L, void *of);
};
void **luadata_offer(lunatik_object_t *object, const struct luadata_source *source);

/* Where it has its bytes, which luadata_clear() empties. */
struct ps_window *luadata_window(lunatik_object_t *object);

/* Nothing of the source is called from now on, but by who is in its runtime already, which keeps its module. Any context. */
void luadata_withdraw(lunatik_object_t *object);

/*
 * The bytes of argument arg, *size of them; they stay as long as the argument does. Raises if it is no data, is gone, or, if
 * they are to be written, readonly.
 */
void *luadata_check(lua_State *L, int arg, size_t *size, bool is_written);

#endif
