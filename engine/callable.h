/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What scripts may call: methods and operators of objects, functions of libraries. Each is one row, from which
 * - the object gets it, and the interpreter and the compiler know what they may do without a call of C (method.op),
 * - 'packetscript check' knows what it takes and what comes of it,
 * - 'packetscript types' and the tables of docs/language.md are made.
 * Needs no header of Lua.
 */
#ifndef PS_CALLABLE_H
#define PS_CALLABLE_H

#include <stdbool.h>

#include "method.h"

#define PS_ARGUMENTS_MAX	6

/* What a row is of: bits, since one may be of several. */
enum ps_owner {
	PS_OF_RAW = 1,		/* raw views */
	PS_OF_HEADER = 2,
	PS_OF_VALUE = 4,	/* fields that are read as a value */
	PS_OF_BYTES = 8,	/* fields that are just bytes */
	PS_OF_FIELD = PS_OF_VALUE | PS_OF_BYTES,
	PS_OF_VIEW = PS_OF_RAW | PS_OF_HEADER | PS_OF_FIELD,
	PS_OF_ARRAY = 16,	/* byte arrays */
	PS_OF_LIBRARY = 32,	/* no object: one of ps_libraries has it */
	PS_OF_PAYLOAD = 64,	/* raw views that are all of a header's payload. Others have the method, too: it refuses them */
	PS_OF_SET = 128,
	PS_OF_SHARED_TABLE = 256,
	PS_OF_SHARED_QUEUE = 512,
	PS_OF_TIMER = 1024,
	PS_OF_FLOW = 2048,
	PS_OF_CT = 4096,	/* what conntrack knows of a connection, */
	PS_OF_CT_TUPLE = 8192,	/* and of one direction of it */
};

/* What is given to it, or comes of it. */
enum ps_lua_type {
	PS_LUA_NOTHING,
	PS_LUA_INTEGER,
	PS_LUA_SIZE,		/* an integer: the length of what it is called on */
	PS_LUA_BYTE,		/* an integer from 0 to 255 */
	PS_LUA_SETTING,		/* an integer from 0 to 0xFFFFFFFF, which the packet gets if it is given */
	PS_LUA_PROTOCOL,	/* an integer: the id of a protocol */
	PS_LUA_BOOLEAN,
	PS_LUA_STRING,
	PS_LUA_NAME,		/* a string: the name of a field */
	PS_LUA_FILE,		/* a string: the name of a file that is read along with the script, so it stands there */
	PS_LUA_VALUE,		/* what the field is read as, or takes: its type tells */
	PS_LUA_NUMBER,		/* an integer: the field's value, whatever it is read as */
	PS_LUA_ARRAY,		/* a byte array */
	PS_LUA_TEXT,		/* a string or a byte array */
	PS_LUA_CONTENT,		/* a byte, a string or a byte array */
	PS_LUA_TEXTS,		/* a table of these, from 1 on */
	PS_LUA_STRINGS,		/* a table of strings, from 1 on */
	PS_LUA_SET,		/* a set of addresses or names */
	PS_LUA_MEMBER,		/* what may be in a set, or a limit's key: a string, an integer or a field; or nil */
	PS_LUA_VIEW,		/* any view */
	PS_LUA_HANDLED,		/* any view of the packet that is handled */
	PS_LUA_PACKET,		/* a view of the protocol that the last argument names */
	PS_LUA_RAW,		/* a raw view */
	PS_LUA_PAYLOAD,		/* a view of the protocol that the first argument names, a raw one without it */
	PS_LUA_FIELD,		/* a view of a field */
	PS_LUA_KEY,		/* a string or an integer: which of those that a header has */
	PS_LUA_SHARED_TABLE,
	PS_LUA_SHARED_QUEUE,
	PS_LUA_SHAREABLE,	/* what may be in these: a string, an integer, a boolean, a byte array, a table of texts; or nil */
	PS_LUA_SHARED,		/* what comes out of them: no table */
	PS_LUA_OPTIONS,		/* a table of names and values */
	PS_LUA_FUNCTION,
	PS_LUA_ITERATOR,	/* what a 'for' loop calls, that gives tables */
	PS_LUA_UNIT,		/* a string: the name of a unit of time */
	PS_LUA_LEVEL,		/* a string or an integer: a level of the log */
	PS_LUA_TIMER,
	PS_LUA_REST,		/* any values, any number of them; the last argument */
	PS_LUA_ANYTHING,	/* any value */
	PS_LUA_IP_PACKET,	/* a string or a byte array: an IP packet */
	PS_LUA_PARTS,		/* a table of what makes up a packet that is sent */
	PS_LUA_LIMIT,		/* a table of what nf.limit() goes by */
	PS_LUA_FLOW,		/* the table of a connection */
	PS_LUA_FLOW_OPTIONS,	/* a table of how many there may be, and how long */
	PS_LUA_CT,		/* what conntrack knows of the connection */
	PS_LUA_CT_TUPLE,	/* a direction of it */
	PS_LUA_NAT,		/* a table of what its source or its destination becomes */
	PS_LUA_CT_STATUS,	/* a string: the name of a bit of its status */
	PS_LUA_VERDICT,		/* an integer or a boolean: what becomes of a packet, or whether it matches */
	PS_LUA_TYPES,		/* how many there are */
};

struct ps_argument {
	const char *name;	/* NULL: there is none */
	enum ps_lua_type type;
	bool is_optional;	/* as are all that follow */
};

struct ps_callable {
	struct ps_method method;	/* an operator has the name of its metamethod */
	unsigned int of;		/* enum ps_owner */
	struct ps_argument arguments[PS_ARGUMENTS_MAX];	/* behind the object itself */
	enum ps_lua_type result;
	const char *nil_if;	/* when the result is nil instead: goes on behind "nil if"; NULL: never */
	const char *about;	/* what it does or gives, in Markdown; no full stop */
};

/* Each ends with a row without a name; several rows may have the same one, if they are of different owners. */
extern const struct ps_callable ps_view_methods[], ps_array_methods[], ps_bytes_library[], ps_set_methods[], ps_set_library[],
	ps_nf_library[], ps_shared_table_methods[], ps_shared_queue_methods[], ps_shared_library[], ps_timer_methods[],
	ps_flow_methods[], ps_flow_library[], ps_ct_methods[], ps_ct_tuple_methods[];
/* The method that each field is: ip:ttl(); that finds one by a key; that goes through a list. */
extern const struct ps_callable ps_field_getter, ps_keyed_getter, ps_list_getter;

/* What is no object's: bytes.new(). Ends with one without a name. */
struct ps_library {
	const char *name;	/* the global */
	const struct ps_callable *rows;
};

extern const struct ps_library ps_libraries[];

static inline bool ps_callable_is_operator(const struct ps_callable *row)
{
	return row->method.name[0] == '_' && row->method.name[1] == '_';
}

/* The library that has a row of PS_OF_LIBRARY. */
static inline const char *ps_callable_library(const struct ps_callable *row)
{
	const struct ps_library *library = ps_libraries;
	const struct ps_callable *own = library->rows;

	while (own != row) {
		own++;
		if (!own->method.name)
			own = (++library)->rows;
	}
	return library->name;
}

#endif
