/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What protocols have besides numbers in fixed places: texts, which are read and get another length, what a header has
 * one of for each key, and lists.
 */
#define LUA_LIB
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"
#include "lstring.h"

#include "access.h"
#include "bytes.h"
#include "callable.h"
#include "resize.h"
#include "write.h"

/* The bytes of a field that is text, from the packet's start. */
static struct ps_range range_of(const struct ps_layer *layer, const struct ps_field *here)
{
	return (struct ps_range){ layer->header.range.off + here->at.bit / 8, here->at.width / 8 };
}

/*
 * Reading.
 */

/*
 * The text of a field, which stays where it is until the next one is asked for. *len is below 0 if what is encoded is
 * malformed. NULL: no memory to read the packet.
 */
static const char *text_of(struct ps_bind *bind, const struct ps_layer *layer, const struct ps_field *here, int *len)
{
	struct ps_range range = range_of(layer, here);
	const struct ps_coding *coding = here->type->coding;

	*len = range.len;
	if (!coding)
		return (const char *)ps_packet_read(bind->pkt, range.off, range.len);
	*len = coding->decode(bind->pkt, &layer->header, range.off, range.len, bind->decoded);
	return bind->decoded;
}

static int push_text(lua_State *L, const struct ps_layer *layer, const struct ps_field *here)
{
	int len;
	const char *text = text_of(ps_bind_of(L), layer, here, &len);

	if (!text)
		return luaL_error(L, "no memory to read the packet");
	if (len < 0)
		lua_pushnil(L);
	else
		lua_pushlstring(L, text, len);
	return 1;
}

TString *ps_known_string(lua_State *L, const char *text, size_t len)
{
	global_State *g = G(L);
	unsigned int hash;
	TString *s;

	if (len > LUAI_MAXSHORTLEN)
		return NULL;
	hash = luaS_hash(text, len, g->seed);
	for (s = g->strt.hash[lmod(hash, g->strt.size)]; s; s = s->u.hnext) {
		if (s->shrlen != len || memcmp(text, getstr(s), len))
			continue;
		if (isdead(g, s))	/* not freed yet: it comes back to life */
			changewhite(s);
		return s;
	}
	return NULL;
}

bool ps_view_known_text(lua_State *L, const struct ps_place *at, const struct ps_field *here, TValue *result)
{
	int len;
	const char *text = here->type->is_decimal ? NULL : text_of(ps_bind_of(L), at->layer, here, &len);
	TString *s;

	if (!text)
		return false;
	if (len < 0) {
		setnilvalue(result);
		return true;
	}
	s = ps_known_string(L, text, len);
	if (s)
		setsvalue(L, result, s);
	return s;
}

int ps_view_push_text(lua_State *L, const struct ps_place *at, const struct ps_field *here)
{
	push_text(L, at->layer, here);
	if (here->type->is_decimal && !lua_stringtonumber(L, lua_tostring(L, -1)))
		lua_pushnil(L);
	return 1;
}

/*
 * Writing.
 */

/* The bytes that argument index is in the packet, with which ps_ENCODED_MAX ones at room may be filled. */
static const uint8_t *check_text(lua_State *L, const struct ps_field *field, int index, uint8_t *room, size_t *len)
{
	const struct ps_type *type = field->type;
	const uint8_t *bytes;
	int encoded;

	if (lua_type(L, index) == LUA_TNUMBER)
		bytes = (const uint8_t *)lua_tolstring(L, index, len);
	else
		bytes = ps_bytes_check(L, index, len);
	if (type->is_valid && !type->is_valid((const char *)bytes, *len))
		luaL_error(L, "%s: this is not %s", field->name, type->example);
	if (!type->coding)
		return bytes;
	encoded = type->coding->encode((const char *)bytes, *len, room);
	if (encoded < 0)
		luaL_error(L, "%s: this is not %s", field->name, type->example);
	*len = encoded;
	return room;
}

/* Puts bytes in the place of the field, and makes what is behind the fixed part follow. */
static int rewrite(lua_State *L, struct ps_layer *layer, const struct ps_field *field, const uint8_t *bytes, size_t len)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_proto *proto = layer->header.proto;
	struct ps_range range = layer->header.range;
	uint32_t size = 2 * range.len + PS_DECODED_MAX;
	const uint8_t *message;
	uint8_t *to;
	int n;

	if (size > PS_PACKET_MAX)
		size = PS_PACKET_MAX;
	to = lua_newuserdatauv(L, size, 0);
	message = ps_packet_read(bind->pkt, range.off, range.len);
	if (!message)
		return PS_FIELD_GONE;
	n = proto->rewrite(message, range.len, field, bytes, len, to, size);
	if (n == PS_FIELD_SHAPE)
		luaL_error(L, "%s keeps its length: the message behind it is malformed, or was cut", field->name);
	if (n < 0)
		return n;
	range.off = proto->header_min;
	range.len -= proto->header_min;
	return ps_layer_replace(&bind->layers, bind->pkt, layer, range, to, n);
}

int ps_view_set_text(lua_State *L, struct ps_view *v, const struct ps_place *at, const struct ps_field *here, int index)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_layer *layer = at->layer;
	struct ps_range range = range_of(layer, here), within = range;
	uint8_t room[PS_ENCODED_MAX];
	const uint8_t *bytes;
	size_t len;
	int err;

	bytes = check_text(L, here, index, room, &len);
	if (len == range.len && !layer->header.proto->rewrite) {
		ps_layers_expose(&bind->layers);
		return ps_bytes_written(L, ps_write_bytes(bind->pkt, &layer->header, &range, bytes));
	}
	within.off -= layer->header.range.off;
	if (len > PS_PACKET_MAX)
		err = PS_FIELD_LONG;
	else if (layer->header.proto->rewrite)
		err = rewrite(L, layer, here, bytes, len);
	else
		err = ps_layer_replace(&bind->layers, bind->pkt, layer, within, bytes, len);
	ps_view_replaced(L, err, here->name, len);
	ps_layers_expose(&bind->layers);
	if (v && v->place.flags & PS_VIEW_KEYED) {
		v->place.within.len = len;
		ps_view_renew(bind, v);
	}
	return 0;
}

/*
 * What there is one of for each key.
 */
static const struct ps_place *check_header(lua_State *L, const struct ps_field_method *m)
{
	const struct ps_place *at = &ps_view_check(L)->place;

	if (!ps_place_is_of(at, m->proto))
		luaL_error(L, "%s is not a method of this %s", m->method.name, at->layer->header.proto->name);
	return at;
}

static struct ps_key check_key(lua_State *L, const struct ps_keyed *keyed)
{
	struct ps_key key = { NULL, 0, 0 };
	lua_Integer n;

	if (!keyed->is_number) {
		key.name = luaL_checklstring(L, 2, &key.len);
		return key;
	}
	n = luaL_checkinteger(L, 2);
	luaL_argcheck(L, n >= 0 && n <= 0xFFFFFFFF, 2, "not a number that a header could have");
	key.number = n;
	return key;
}

static int view_keyed(lua_State *L)
{
	struct ps_field_method *m = pvalue(ps_upvalue(L, 0));
	struct ps_place place = *check_header(L, m);
	const struct ps_header *header = &place.layer->header;
	struct ps_key key = check_key(L, m->keyed);
	struct ps_bits at = { 0, 0 };

	if (place.flags & PS_VIEW_LACKING || !m->keyed->find(ps_bind_of(L)->pkt, header, &key, &at) ||
	    at.bit + at.width > header->range.len * 8) {
		lua_pushnil(L);
		return 1;
	}
	place.plain = NULL;
	place.field = m->field;
	place.within = (struct ps_range){ at.bit / 8, at.width / 8 };
	place.flags = PS_VIEW_KEYED;
	ps_view_push_field(L, m, &place);
	return 1;
}

/*
 * Lists.
 */

/* Pushes what a column has. */
static void push_column(lua_State *L, const struct ps_layer *layer, const struct ps_field *here)
{
	struct ps_range range = range_of(layer, here);
	struct ps_value value;
	char text[PS_TEXT_SIZE];

	if (here->type->is_text) {
		push_text(L, layer, here);
	} else if (here->type->is_bytes) {
		const uint8_t *bytes = ps_packet_read(ps_bind_of(L)->pkt, range.off, range.len);

		lua_pushlstring(L, bytes ? (const char *)bytes : "", bytes ? range.len : 0);
	} else if (ps_field_get_value(ps_bind_of(L)->pkt, layer->header.range.off, here, &value)) {
		lua_pushnil(L);
	} else if (here->type->format) {
		lua_pushlstring(L, text, here->type->format(text, value));
	} else {
		lua_pushinteger(L, value.low);
	}
}

enum { LIST_VIEW = 1, LIST_METHOD, LIST_CURSOR };

/* One step of the iterator: an element as a table. */
static int next_element(lua_State *L)
{
	const struct ps_field_method *m = lua_touserdata(L, lua_upvalueindex(LIST_METHOD));
	uint32_t cursor = lua_tointeger(L, lua_upvalueindex(LIST_CURSOR));
	struct ps_field here[PS_COLUMNS_MAX];
	const struct ps_list *list = m->list;
	const struct ps_place *at;
	unsigned int i;

	lua_settop(L, 0);
	lua_pushvalue(L, lua_upvalueindex(LIST_VIEW));
	at = check_header(L, m);
	memcpy(here, list->columns, list->ncolumns * sizeof(here[0]));
	ps_guard_tick(L);
	if (at->flags & PS_VIEW_LACKING || !list->next(ps_bind_of(L)->pkt, &at->layer->header, &cursor, here)) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, cursor);
	lua_replace(L, lua_upvalueindex(LIST_CURSOR));
	lua_createtable(L, 0, list->ncolumns + 1);
	for (i = 0; i < list->ncolumns; i++) {
		if (here[i].at.bit + here[i].at.width > at->layer->header.range.len * 8)
			continue;
		push_column(L, at->layer, &here[i]);
		lua_setfield(L, -2, list->columns[i].name);
		if (list->columns[i].type->is_bytes) {
			lua_pushinteger(L, here[i].at.bit / 8);
			lua_setfield(L, -2, "offset");
		}
	}
	return 1;
}

static int view_list(lua_State *L)
{
	struct ps_field_method *m = pvalue(ps_upvalue(L, 0));

	check_header(L, m);
	lua_pushvalue(L, 1);
	lua_pushlightuserdata(L, m);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, next_element, 3);
	return 1;
}

const struct ps_callable ps_keyed_getter = {
	{ "keyed", view_keyed }, PS_OF_HEADER, { { "key", PS_LUA_KEY } },
	PS_LUA_FIELD, "there is none", "what the header has for the key, as a field",
};

const struct ps_callable ps_list_getter = {
	{ "list", view_list }, PS_OF_HEADER, { { NULL } },
	PS_LUA_ITERATOR, NULL, "goes through a list in a `for` loop; each element is a table",
};
