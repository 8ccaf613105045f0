/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * How to get at fields of a view and bytes of an array, without a frame and without a way to raise: only
 * what is simple. For the interpreter's fast ways (engine/object.c) and for compiled code (compile/run.c). Include after lua.h.
 */
#ifndef PS_ACCESS_H
#define PS_ACCESS_H

#include "view.h"

/* The same as ps_access_get() and ps_access_set() for fields that are there and have no int. */
bool ps_access_get_wide(lua_State *L, struct ps_bind *bind, const struct ps_place *at,
			const struct ps_field *field, bool as_integer, TValue *result);
bool ps_access_set_wide(struct ps_bind *bind, const struct ps_place *at,
			const struct ps_field *field, const TValue *arg);

/*
 * The same of fields that each header has elsewhere: of integers, and of texts, if they are short and Lua has the string
 * already. A field that the header has not got reads as nil.
 */
bool ps_access_get_located(lua_State *L, struct ps_bind *bind, const struct ps_place *at,
			   const struct ps_field *field, bool as_integer, TValue *result);
bool ps_access_set_located(struct ps_bind *bind, const struct ps_place *at,
			   const struct ps_field *field, const TValue *arg);

/* The text of the value, if it has been made before. */
static inline bool ps_access_text(lua_State *L, struct ps_bind *bind, struct ps_value value,
			    const struct ps_type *type, TValue *result)
{
	const struct ps_address *known = ps_formatted_entry(bind, value);

	if (!known->text || known->type != type || !ps_value_is(known->value, value))
		return false;
	setsvalue(L, result, ps_string_of(known->text));
	return true;
}

/* Whether the field is where its table says, in the layer that the place is of. NULL: it is none. */
static inline bool ps_access_is_there(const struct ps_place *at, const struct ps_field *field)
{
	return field && !(at->flags & PS_VIEW_LACKING) && !(field->flags & (PS_LOCATED | PS_HEADER));
}

/*
 * The value of a field of the place, or of the field that it is: if it is there and nothing has
 * to be made for it.
 */
static inline bool ps_access_get(lua_State *L, struct ps_bind *bind, const struct ps_place *at,
			     const struct ps_field *field, bool as_integer, TValue *result)
{
	uint64_t value;

	if (!ps_access_is_there(at, field))
		return ps_access_get_located(L, bind, at, field, as_integer, result);
	if (ps_unlikely(!field->type->has_int))
		return ps_access_get_wide(L, bind, at, field, as_integer, result);
	if (ps_field_get(bind->pkt, at->layer->header.range.off, field->at, &value))
		return false;
	if (field->type->format && !as_integer)
		return ps_access_text(L, bind, (struct ps_value){ 0, value }, field->type, result);
	setivalue(result, value);
	return true;
}

/* Sets it, if it is there. What fails now fails the other way too, and says why. */
static inline bool ps_access_set(struct ps_bind *bind, const struct ps_place *at,
			     const struct ps_field *field, const TValue *arg)
{
	const struct ps_value *value;

	if (!ps_access_is_there(at, field))
		return ps_access_set_located(bind, at, field, arg);
	if (ps_unlikely(!field->type->has_int))
		return ps_access_set_wide(bind, at, field, arg);
	if (ttisinteger(arg))
		return !ps_view_set(bind, at->layer, field, ivalue(arg));
	if (!field->type->parse || !ttisstring(arg))
		return false;
	value = ps_known_address(bind, getstr(tsvalue(arg)), field->type);
	return value && !ps_view_set(bind, at->layer, field, value->low);
}

/* The place of a field. False: it is not there. */
static inline bool ps_access_field(struct ps_bind *bind, const struct ps_place *at,
			    const struct ps_field *field, struct ps_place *to)
{
	if (!ps_access_is_there(at, field) || !ps_proto_field(bind->pkt, &at->layer->header, field, &to->within))
		return false;
	to->within.off -= at->layer->header.range.off;
	to->layer = at->layer;
	to->plain = NULL;
	to->field = field;
	to->flags = 0;
	return true;
}

/* Makes a view of the place the value. False: the pool is used up. */
static inline bool ps_access_make(lua_State *L, struct ps_bind *bind, struct ps_pool *pool,
			     const struct ps_place *place, TValue *value)
{
	struct ps_view *v;

	if (!ps_pool_has(bind, pool))
		return false;
	v = pool->block[pool->used++];
	v->stamp = bind->stamp;
	v->place = *place;
	setuvalue(L, value, ps_userdata_of(v));
	return true;
}

/* The object as a view of the packet that is being handled, or NULL. */
static inline const struct ps_view *ps_access_view(const struct ps_bind *bind,
					    const struct ps_object *object)
{
	const struct ps_view *v = (const struct ps_view *)object;

	return v->stamp == bind->stamp && bind->pkt ? v : NULL;
}

/* The method of that name, or NULL. */
static inline const struct ps_method *ps_access_method(const Table *methods, const TString *name)
{
	const TValue *slot = ps_find(methods, name);

	return slot ? ps_method_of(slot) : NULL;
}

/* The method for the field of that name that views with these methods have, or NULL. */
static inline struct ps_field_method *ps_access_named(const Table *methods, const TString *name)
{
	const struct ps_method *method = ps_access_method(methods, name);

	return method && method->op == PS_OP_FIELD ? (struct ps_field_method *)method : NULL;
}

/*
 * Byte arrays.
 */
struct ps_bytes {
	struct ps_object object;	/* of ps_class_bytes */
	uint32_t len;
	uint64_t packet;	/* as struct ps_bind, arrays, if the bytes are in a packet; 0: they are at own */
	/*
	 * So many of these, from the first on, are surely readable where the packet's data is, and may be written there, as
	 * long as packet holds: somebody has looked. 64 bits wide, as indices are.
	 */
	uint64_t readable, writable;
	uint32_t off;		/* in that packet */
	const struct ps_object *owner;	/* what has the memory that own is in; NULL: the array itself, or the packet */
	uint8_t *own;
	uint8_t memory[];
};

/*
 * Whether the array's bytes can be had: its own, or those of the packet that is being handled, which has all of them.
 */
static inline bool ps_bytes_are_there(const struct ps_bind *bind, const struct ps_bytes *array)
{
	return !array->packet || array->packet == bind->arrays;	/* never the one after the last */
}

/* What the two below come to where nobody has looked yet, or the bytes are its own. */
bool ps_bytes_get_any(const struct ps_bind *bind, const struct ps_object *object, lua_Unsigned i, TValue *result);
bool ps_bytes_set_any(const struct ps_bind *bind, struct ps_object *object, lua_Unsigned i, const TValue *value);

/* Whether byte i of the array is one of the packet that is being handled, and surely readable, or writable, there. */
static ps_inline bool ps_bytes_near(const struct ps_bind *bind, const struct ps_bytes *array, uint64_t i, uint64_t near)
{
	return array->packet == bind->arrays && i < near;	/* between packets both may be 0, but near is 0 then */
}

/* object[i] */
static ps_inline bool ps_bytes_get(const struct ps_bind *bind, const struct ps_object *object, lua_Unsigned i, TValue *result)
{
	const struct ps_bytes *array = (const struct ps_bytes *)object;

	if (ps_unlikely(!ps_bytes_near(bind, array, i, array->readable)))
		return ps_bytes_get_any(bind, object, i, result);
	setivalue(result, bind->pkt->data[array->off + i]);
	return true;
}

/* object[i] = value */
static ps_inline bool ps_bytes_set(const struct ps_bind *bind, struct ps_object *object, lua_Unsigned i, const TValue *value)
{
	const struct ps_bytes *array = (const struct ps_bytes *)object;

	if (ps_unlikely(!ps_bytes_near(bind, array, i, array->writable) || !ttisinteger(value) ||
			l_castS2U(ivalue(value)) > 255))
		return ps_bytes_set_any(bind, object, i, value);
	bind->pkt->data[array->off + i] = ivalue(value);
	return true;
}

/* #object */
static inline bool ps_bytes_length(const struct ps_bind *bind, const struct ps_object *object,
				   TValue *result)
{
	const struct ps_bytes *array = (const struct ps_bytes *)object;

	if (!ps_bytes_are_there(bind, array))
		return false;
	setivalue(result, array->len);
	return true;
}

/* Makes the array one over range of the packet. */
static inline void ps_bytes_bind(struct ps_bind *bind, struct ps_bytes *array, struct ps_range range)
{
	array->packet = bind->arrays;
	array->readable = array->writable = 0;
	array->off = range.off;
	array->len = range.len;
	ps_layers_expose(&bind->layers);
}

/* Makes the value an array over range of the packet. False: the pool is used up. */
static inline bool ps_bytes_make(lua_State *L, struct ps_bind *bind, struct ps_range range, TValue *value)
{
	struct ps_pool *pool = &bind->bytes;
	struct ps_bytes *array;

	if (!ps_pool_has(bind, pool))
		return false;
	array = pool->block[pool->used++];
	ps_bytes_bind(bind, array, range);
	setuvalue(L, value, ps_userdata_of(array));
	return true;
}

#endif
