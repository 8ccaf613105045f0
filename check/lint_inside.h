/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the parts of the checker share: lint.c compiles, collects and reports; lint_flow.c follows the
 * paths of a function, lint_code.c what each instruction does, lint_nil.c what may be nil,
 * lint_loops.c what never ends; lint_objects.c knows what names mean there, lint_calls.c what calls
 * do, lint_values.c what may be done with a value, lint_names.c what a name resembles. For files that
 * are compiled with Lua's own headers.
 */
#ifndef PS_LINT_INSIDE_H
#define PS_LINT_INSIDE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lua.h"
#include "inside.h"
#include "lopcodes.h"

#include "callable.h"
#include "lint.h"
#include "script.h"

#define LINT_MESSAGE_SIZE	400
#define LINT_REGISTERS		256	/* of a function, and upvalues */
#define LINT_ROUNDS		3	/* each knows what the one before has found */
#define LINT_STEPS_MAX		60000000UL	/* instructions that are followed in all */
#define LINT_GUESSES_MAX	200000UL

/*
 * What is known of a value. A view, a field or what is read from one may be nil as well: code that
 * goes on with nil is wrong in any case.
 */
enum lint_kind {
	LINT_NONE,	/* no path has come here yet */
	LINT_ANY,
	LINT_NIL,
	LINT_BOOLEAN,	/* i: 0, 1 or LINT_EITHER */
	LINT_INTEGER,	/* i */
	LINT_STRING,	/* string */
	LINT_TABLE,
	LINT_FUNCTION,	/* function */
	LINT_GLOBALS,	/* _ENV, _G */
	LINT_LIBRARY,	/* table */
	LINT_ERROR,	/* the functions error() and assert() */
	LINT_ASSERT,
	LINT_BUILTIN,	/* builtin */
	LINT_VIEW,	/* of a header, proto */
	LINT_FIELD,	/* the view of a field */
	LINT_VALUE,	/* what was read from a field: an integer, or text */
	LINT_NUMBER,	/* the same with :int() */
	LINT_BYTES,
	LINT_METHOD,	/* row: of an object, or a function of a library that has rows */
	LINT_GETTER,	/* the method that gives the view of field */
};

#define LINT_EITHER	2

struct lint_value {
	enum lint_kind kind : 8;
	/* The place, from 1, that gave it, if it may be nil and nothing has tested that; 0: none. */
	unsigned int origin : 20;
	bool whole : 1;		/* LINT_VIEW: of the packet that the handler gets */
	bool lasts : 1;		/* LINT_TABLE: it was made outside of functions, once */
	bool global : 1;	/* other scripts of the state may have changed it */
	bool no_number : 1;	/* LINT_ANY: on some path it is known to be none */
	union {
		lua_Integer i;
		const void *pointer;
		TString *string;
		struct lint_function *function;
		const Table *table;
		const struct ps_proto *proto;
		const struct ps_field *field;
		const struct lint_builtin *builtin;
		const struct ps_callable *row;
	};
};

#define LINT_ORIGINS_MAX	((1u << 20) - 2)
#define LINT_ORIGIN_LOST	((1u << 20) - 1)	/* one of several: nothing is said of it */

/* A function of the script. */
struct lint_function {
	const Proto *p;
	struct lint_function *inner;	/* the first of those defined in it; they are in a row */
	struct lint_value *upvalues;
	uint8_t *reassigned;	/* for each local variable: true if it gets a second value */
	uint8_t *active;	/* for each instruction: how many variables have the first registers */
	uint8_t written[LINT_REGISTERS / 8];	/* upvalues that it or one inside of it assigns */
	uint8_t shared[LINT_REGISTERS / 8];	/* registers that one inside of it assigns */
	TString *name;		/* of the global that it is; NULL: none */
	bool returns;		/* some path does, as far as this round has seen */
	bool never_returns;	/* none does: the round before has seen them all */
	bool gives_value;	/* there is a return with a value that may be a verdict */
	bool gives_verdict;	/* with one that is */
	bool is_handler;	/* surely: it gets a packet and owes a verdict */
	bool uses_packet;	/* calls methods of views on its first argument */
	bool may_leave;		/* a call in it may raise on purpose, or yield */
	bool is_caught;		/* pcall() has it, so its errors may be meant */
};

/* A name that the script uses as a global. */
struct lint_global {
	TString *name;		/* NULL: the place is free */
	struct lint_value value;	/* that the last round has seen it have */
	struct lint_value next;		/* this one */
	bool assigned;
	bool declared;		/* outside of functions, or by the options */
	bool changes;		/* it is assigned in functions */
	bool read;
	const struct lint_function *reported;	/* the last one in which it was: once is enough */
};

struct lint_finding {
	struct ps_finding f;
	int order;
};

struct lint {
	struct ps_script script;
	const char *path;
	const struct ps_lint_options *options;
	struct lint_function *functions;	/* the main chunk first, outer ones before inner ones */
	int nfunctions;
	struct lint_global *globals;	/* by address of the name */
	size_t nglobals, globals_size;
	struct lint_finding *findings;
	int nfindings;
	Table *engine_globals;
	const Table *strings;		/* the string library */
	TString **assigned_members;	/* names that the script adds to libraries */
	int nassigned_members;
	bool globals_escape;	/* globals may be defined by other ways than an assignment */
	bool libraries_escape;
	bool catches_any;	/* pcall() has functions that are not known */
	bool has_division, has_power;	/* metamethods of the script's own */
	bool report;		/* the last round */
	bool failed;		/* no memory */
	unsigned long steps;	/* that are left */
	unsigned long guesses;	/* names of the script that may still be compared with unknown ones */
	bool gave_up;		/* none are, and that has been said */
};

static inline bool lint_bit(const uint8_t *set, unsigned int i)
{
	return set[i / 8] >> i % 8 & 1;
}

static inline void lint_set_bit(uint8_t *set, unsigned int i)
{
	set[i / 8] |= 1 << i % 8;
}

static inline unsigned int lint_proto_id(const struct ps_proto *proto)
{
	unsigned int id = 0;

	while (id < ps_nprotos - 1 && ps_protos[id] != proto)
		id++;
	return id;
}

static inline bool lint_known(const Table *table, TString *name)
{
	return !ttisnil(luaH_getstr((Table *)table, name));
}

/* lint.c: adds a finding, once for a line. */
void lint_add(struct lint *l, int line, enum ps_severity severity, const char *kind,
	      const char *message);
/* The record of a global, made if need be; NULL when there is no memory. */
struct lint_global *lint_global(struct lint *l, TString *name);
struct lint_value lint_join(struct lint_value a, struct lint_value b);

static inline bool lint_same(struct lint_value a, struct lint_value b)
{
	return a.kind == b.kind && a.i == b.i && a.origin == b.origin && a.whole == b.whole &&
	       a.lasts == b.lasts && a.global == b.global && a.no_number == b.no_number;
}

#define LINT_LINES_MAX	4	/* that a message lists */
#define LINT_NAMES_SIZE	240

struct lint_block;

/* Where lint_flow.c is in a function. */
struct lint_flow {
	struct lint *l;
	struct lint_function *f;
	const Proto *p;
	struct lint_block *blocks;	/* for each instruction */
	struct lint_value reg[LINT_REGISTERS];
	int nregs;
	int pc;
	int top;	/* behind the values of a call that may give any number; -1: not known */
	int from[LINT_LINES_MAX + 1];	/* lines from which the end is reached, without a return */
	int nfrom;
	size_t states;
	unsigned long steps;	/* that are left */
	bool report;
	int nil_line;	/* the last one in which something may be nil */
	uint64_t seen;	/* what has been tested on the way here: lint_nil.c */
	bool may_leave;	/* as in struct lint_function */
	uint8_t *marks;	/* for each instruction: enum lint_mark */
	uint8_t *pairs;	/* for each that gives what may be nil: its bit in seen */
};

enum lint_mark {
	LINT_REPORTED = 1,	/* that it may be nil has been said */
	LINT_REACHED = 2,
	LINT_TO_NEXT = 4,	/* it may go on to the next one, or to where it jumps */
	LINT_TO_JUMP = 8,
	LINT_LEAVES = 16,	/* it returns, or may raise on purpose, or yield */
	LINT_COUNTS_LONG = 32,	/* the end of a 'for' that counts for years */
	LINT_SAFE = 64,		/* what it looks into is a table */
	LINT_RAISES = 128,	/* it may raise, by what is no number, no table */
};

static const struct lint_value lint_any = { .kind = LINT_ANY };
static const struct lint_value lint_nil = { .kind = LINT_NIL };
static const struct lint_value lint_boolean = { .kind = LINT_BOOLEAN, .i = LINT_EITHER };

static inline struct lint_value lint_plain(enum lint_kind kind)
{
	struct lint_value v = { .kind = kind };

	return v;
}

static inline struct lint_value lint_pointer(enum lint_kind kind, const void *pointer)
{
	struct lint_value v = { .kind = kind, .pointer = pointer };

	return v;
}

static inline struct lint_value lint_integer(lua_Integer i)
{
	struct lint_value v = { .kind = LINT_INTEGER, .i = i };

	return v;
}

static inline struct lint_value lint_constant(const TValue *k)
{
	if (ttisinteger(k))
		return lint_integer(ivalue(k));
	if (ttisstring(k))
		return lint_pointer(LINT_STRING, tsvalue(k));
	if (ttisnil(k))
		return lint_nil;
	return lint_any;
}

/* What inner functions assign may have changed in any call. */
static inline struct lint_value lint_get(const struct lint_flow *w, int r)
{
	if (r >= w->nregs || (r < w->f->active[w->pc] && lint_bit(w->f->shared, r)))
		return lint_any;
	return w->reg[r];
}

static inline void lint_set(struct lint_flow *w, int r, struct lint_value v)
{
	if (r < w->nregs)
		w->reg[r] = v;
}

/* Known not to be a number, on some path at least. */
static inline bool lint_is_no_number(struct lint_value v)
{
	switch (v.kind) {
	case LINT_NONE:
	case LINT_INTEGER:
	case LINT_NUMBER:
	case LINT_VALUE:
		return false;
	case LINT_ANY:
		return v.no_number;
	default:
		return true;
	}
}

static inline bool lint_is_object(struct lint_value v)
{
	return v.kind == LINT_VIEW || v.kind == LINT_FIELD || v.kind == LINT_BYTES;
}

/* Work is bounded by the steps that are left; at 0 the function is given up. */
static inline void lint_spend(struct lint_flow *w, unsigned long steps)
{
	w->steps -= steps < w->steps ? steps : w->steps;
}

/* lint_flow.c: follows all paths of a function. */
void lint_follow(struct lint *l, struct lint_function *f);
/* Where the instruction goes if not to the next one, or -1; *next: whether it may go there too. */
int lint_jump(const Proto *p, int pc, bool *next);

/* lint_code.c: what an instruction does to the registers. False: the path ends here. */
bool lint_run(struct lint_flow *w, Instruction i);
/* The variable in register reg, or -1. */
int lint_variable(const Proto *p, int reg, int pc);
/* Registers that an instruction gives a value: *first to *last. */
bool lint_writes(const Proto *p, Instruction i, int *first, int *last);

/*
 * lint_nil.c: a value that may be nil has an origin until something tests it. v is what w->pc gives;
 * outer: the view that it lies in.
 */
struct lint_value lint_may_be_nil(struct lint_flow *w, struct lint_value v,
				  const struct ps_proto *outer);
/* The value in register r is indexed, called or measured, which nil cannot be. */
void lint_use(struct lint_flow *w, int r);
/* Whether v is nil is asked, or may be asked elsewhere. */
void lint_forget(struct lint_flow *w, struct lint_value v);
/* v is looked at by code that is not followed: it may test what it likes. */
void lint_expose(struct lint_flow *w, struct lint_value v);
void lint_look_at_size(struct lint_flow *w);
void lint_look_at_field(struct lint_flow *w, const struct ps_field *field);
/* What a comparison that goes on at the next instruction, or skips it, tells. */
bool lint_can_learn(const struct lint_flow *w, Instruction i);
void lint_learn(struct lint_flow *w, Instruction i, bool skips);

/* lint_loops.c: marks where the instruction at w->pc may go; then reports what never ends. */
void lint_mark_way(struct lint_flow *w, Instruction i);
void lint_check_loops(struct lint_flow *w);

/* lint_objects.c: v.key, or v:key(); v[key]; and what is assigned there. */
struct lint_value lint_read_name(struct lint_flow *w, struct lint_value v, TString *key, bool is_call);
struct lint_value lint_read_index(struct lint_flow *w, struct lint_value v, struct lint_value key);
void lint_write_name(struct lint_flow *w, struct lint_value v, TString *key,
		     struct lint_value value);
void lint_write_index(struct lint_flow *w, struct lint_value v, struct lint_value key,
		      struct lint_value value);
/* v goes where it is not followed. */
void lint_escape(struct lint_flow *w, struct lint_value v);
/* The row that one of these owners has by this name, or NULL. */
const struct ps_callable *lint_row(const struct ps_callable *rows, unsigned int owners,
				   const char *name);
unsigned int lint_owner(struct lint_value v);	/* enum ps_owner; 0: v is no object */

/* lint_calls.c: the function at register a is called. nargs: -1: not known. *ends: it never returns. */
struct lint_value lint_call(struct lint_flow *w, int a, int nargs, bool *ends);
/* A function of a library, or of none (NULL), if more is known of it than that there is one. */
struct lint_value lint_builtin(const char *library, const char *name);

/* lint_values.c: each warns of what is wrong at w->pc. what: the operation, as messages name it. */
void lint_warn(const struct lint_flow *w, const char *kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same, of what a rule is refused for. */
void lint_refuse(const struct lint_flow *w, const char *kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void lint_check_byte(const struct lint_flow *w, struct lint_value v, const char *what);
void lint_check_value(const struct lint_flow *w, const struct ps_field *field, struct lint_value v);
void lint_check_operand(const struct lint_flow *w, struct lint_value v, const char *what);
void lint_check_float(const struct lint_flow *w, OpCode op);
void lint_check_equal(const struct lint_flow *w, struct lint_value a, struct lint_value b);
void lint_check_order(const struct lint_flow *w, struct lint_value a, struct lint_value b);
bool lint_is_text(struct lint_value v);		/* was read from a field that reads as text */
bool lint_is_numeral(const TString *s);		/* Lua takes it for a number */

/* "packet_ip.ttl" */
struct lint_field_name {
	char text[64];
};

struct lint_field_name lint_field_name(const struct ps_field *field);
const struct ps_proto *lint_proto_of(const struct ps_field *field);

/* What v is, for messages: "the field packet_ip.ttl itself". */
struct lint_description {
	char text[96];
};

struct lint_description lint_describe(struct lint_value v);

/* lint_names.c */
struct lint_guess {
	const char *name;	/* that nobody knows */
	const char *best;	/* the nearest of those tried, or NULL */
	unsigned int distance;
};

void lint_try(struct lint_guess *guess, const char *candidate);
void lint_try_table(struct lint_guess *guess, const Table *table);
void lint_try_methods(struct lint_guess *guess, const struct ps_callable *rows, unsigned int owner);

/* Names, as far as there is room: "a, b, c". Tables and methods are sorted. */
void lint_list_table(char *to, size_t size, const Table *table);
void lint_list_methods(char *to, size_t size, const struct ps_callable *rows, unsigned int owner);
void lint_list_fields(char *to, size_t size, const struct ps_proto *proto);
void lint_list_payloads(char *to, size_t size, const struct ps_proto *proto);
void lint_list_protos(char *to, size_t size);

/* What scripts use in place of a global or a member that only Lua elsewhere has; NULL: none is known. */
const char *lint_instead(const char *library, const char *name);

#endif
