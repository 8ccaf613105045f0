/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What is known of a value without running the code that makes it, and what comes of names and calls. Include after lua.h, in
 * a file that is compiled with Lua's own headers.
 */
#ifndef PS_TYPES_H
#define PS_TYPES_H

#include "internals.h"

#include "callable.h"
#include "protos.h"

/*
 * What a value is. What is known as a view, as a field, or as read from one, may be nil as well: no kind of its own
 * is needed for that, since code that goes on with nil is wrong in any case.
 */
enum ps_kind {
	PS_KIND_NONE,	/* no path has come here yet */
	PS_KIND_ANY,
	PS_KIND_NIL,
	PS_KIND_BOOLEAN,	/* i: 0, 1 or PS_EITHER */
	PS_KIND_INTEGER,	/* i */
	PS_KIND_STRING,		/* string */
	PS_KIND_TABLE,
	PS_KIND_FUNCTION,	/* own */
	PS_KIND_GLOBALS,	/* _ENV, _G */
	PS_KIND_LIBRARY,	/* table, whose members are known */
	PS_KIND_BUILTIN,	/* own */
	PS_KIND_VIEW,		/* of a header, proto */
	PS_KIND_FIELD,		/* the view of a field */
	PS_KIND_VALUE,		/* what was read from a field: an integer, or text */
	PS_KIND_NUMBER,		/* the same with :int() */
	PS_KIND_BYTES,
	PS_KIND_SET,
	PS_KIND_SHARED_TABLE,
	PS_KIND_SHARED_QUEUE,
	PS_KIND_TIMER,
	PS_KIND_FLOW,
	PS_KIND_CT,
	PS_KIND_CT_TUPLE,
	PS_KIND_METHOD,		/* row: of an object, or a function of a library that has rows */
	PS_KIND_GETTER,		/* the method that gives the view of field */
	PS_KIND_FINDER,		/* the method that gives the view of what is found by a key: keyed */
	PS_KIND_GUEST,		/* what a function of a runtime is given for a packet: table, its methods */
	PS_KIND_QUICK,		/* one of them: closure */
};

#define PS_EITHER	2

struct ps_known {
	enum ps_kind kind : 8;
	/*
	 * What only messages are about, 0 to others. If it may be nil and no test has told: the instruction that gave it, from 1.
	 */
	unsigned int origin : 20;
	bool whole : 1;		/* VIEW: what the handler gets */
	bool lasts : 1;		/* TABLE: made once, outside of functions, so it is there for later packets, too */
	bool global : 1;	/* other scripts of the state may have changed it */
	bool payload : 1;	/* VIEW: raw, of all that a header carries */
	bool no_number : 1;	/* ANY: on some path it is known not to be a number */
	union {
		lua_Integer i;
		const void *pointer;
		void *own;	/* what whoever follows the code has of it */
		TString *string;
		const Table *table;
		const struct ps_proto *proto;
		const struct ps_field *field;
		const struct ps_callable *row;
		const struct ps_keyed *keyed;
		const TValue *closure;
	};
};

#define PS_ORIGIN_LOST	((1u << 20) - 1)	/* paths with different origins have met: nothing is reported */

static const struct ps_known ps_known_any = { .kind = PS_KIND_ANY };
static const struct ps_known ps_known_nil = { .kind = PS_KIND_NIL };

static inline struct ps_known ps_known_as(enum ps_kind kind, const void *pointer)
{
	return (struct ps_known){ .kind = kind, .pointer = pointer };
}

static inline struct ps_known ps_known_integer(lua_Integer i)
{
	return (struct ps_known){ .kind = PS_KIND_INTEGER, .i = i };
}

static inline struct ps_known ps_known_boolean(int i)
{
	return (struct ps_known){ .kind = PS_KIND_BOOLEAN, .i = i };
}

static inline bool ps_known_may_be_nil(struct ps_known v)
{
	return v.kind >= PS_KIND_VIEW && v.kind <= PS_KIND_BYTES;
}

static inline bool ps_known_same(struct ps_known a, struct ps_known b)
{
	return a.kind == b.kind && a.i == b.i && a.origin == b.origin && a.whole == b.whole &&
	       a.lasts == b.lasts && a.payload == b.payload && a.global == b.global && a.no_number == b.no_number;
}

/* True if it is known not to be a number, at least on some path. */
bool ps_known_is_no_number(struct ps_known v);

struct ps_known ps_known_constant(const TValue *k);

/* What holds of both. */
struct ps_known ps_known_join(struct ps_known a, struct ps_known b);

/* enum ps_owner, of the rows that it has; 0: it is no object. */
unsigned int ps_known_owner(struct ps_known v);

/* The rows that have what is of these owners. */
const struct ps_callable *ps_rows_of(unsigned int owners);

/* The row that one of these owners has by this name, or NULL. */
const struct ps_callable *ps_row_named(const struct ps_callable *rows, unsigned int owners, const char *name);

/* What object.name is, or object:name before it is called. NONE: it is no object, or has nothing of this name. */
struct ps_known ps_known_member(struct ps_known object, const char *name, bool is_call);

#define PS_RESULTS	4	/* of a call, of which anything is known */

struct ps_call {
	struct ps_known callee;
	struct ps_known self;	/* of a method: what it is called on; else NONE */
	int first;	/* the register of the first argument, behind self */
	int count;	/* of arguments; -1: not known */
	struct ps_known results[PS_RESULTS];
};

/* What a method, or a function that has a row, gives when its first argument is that. ANY if it is none of these. */
struct ps_known ps_known_result(const struct ps_registry *registry, const struct ps_call *call, struct ps_known argument);

#endif
