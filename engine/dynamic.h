/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Protocols that scripts describe: register_dynamic_protbuf. To the layers below they are protocols with tables like others,
 * whose fields each header has elsewhere (PS_LOCATED). What only the script knows is asked here: functions of its own say
 * where fields are, what a payload may be, and what values mean. All of these call Lua, and may raise.
 */
#ifndef PS_DYNAMIC_H
#define PS_DYNAMIC_H

#include "view.h"

/* The global function. A lua_CFunction. */
int ps_dynamic_register(lua_State *L);

/*
 * Takes all protocols back that have been registered since there were as many as argument 1 points to, when no packet is
 * handled: a script that could not be loaded leaves none. A lua_CFunction.
 */
int ps_dynamic_forget(lua_State *L);

/* Whether only a script can tell what the place has as the protocol. */
static inline bool ps_dynamic_decides(const struct ps_place *at, const struct ps_proto *proto)
{
	return ps_proto_is_scripted(proto) ||
	       (at->layer->flags & PS_LAYER_SCRIPTED && proto != &ps_proto_raw && ps_place_is_header(at));
}

/* ps_view_payload() then, of argument 1, which is a view. A header of such a protocol has its fields where it declares them. */
enum ps_layer_found ps_dynamic_payload(lua_State *L, unsigned int id, struct ps_place *to);

/* Finds where the fields of the layer are, of which the view is on top of the stack. False: they are not all within it. */
bool ps_dynamic_locate(lua_State *L, struct ps_layer *layer);

/* The functions of a field with PS_SCRIPTED, if it has any. False: it has none, and nothing was done. */
bool ps_dynamic_push_value(lua_State *L, const struct ps_place *at);

/* Sets such a field to argument index. False: it is a number that has no function for that. */
bool ps_dynamic_set_value(lua_State *L, const struct ps_place *at, int index);

/* Pushes the bytes of such a field, which are no number, as one; or raises. */
void ps_dynamic_push_integer(lua_State *L, const struct ps_place *at);

#endif
