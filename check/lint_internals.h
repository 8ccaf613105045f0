/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The parts of the checker: lint.c compiles, collects and reports; lint_flow.c follows the paths of a function, and
 * lint_code.c knows what each instruction on them does; lint_nil.c finds what may be nil, lint_loops.c what never ends;
 * lint_objects.c knows what names mean, lint_calls.c what calls do, lint_values.c what may be done with a value, lint_names.c
 * which names resemble each other. For files that are compiled with Lua's own headers.
 */
#ifndef PS_LINT_INTERNALS_H
#define PS_LINT_INTERNALS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lua.h"
#include "internals.h"
#include "lopcodes.h"

#include "callable.h"
#include "lint.h"
#include "script.h"

#define LINT_MESSAGE_SIZE	400
#define LINT_REGISTERS		256	/* of a function, and upvalues */
#define LINT_ROUNDS		3	/* each begins with what the one before has found */
#define LINT_STEPS_MAX		60000000UL	/* instructions that are followed in all */
#define LINT_GUESSES_MAX	200000UL

/*
 * What is known of a value. What is known as a view, as a field, or as read from one, may be nil as well: no kind of its own
 * is needed for that, since code that goes on with nil is wrong in any case.
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
	/* If it may be nil and no test has told: the instruction that gave it, from 1; else 0. */
	unsigned int origin : 20;
	bool whole : 1;		/* LINT_VIEW: of the packet that the handler gets */
	bool lasts : 1;		/* LINT_TABLE: made once, outside of functions, so it is there for later packets, too */
	bool global : 1;	/* other scripts of the state may have changed it */
	bool no_number : 1;	/* LINT_ANY: on some path it is known not to be a number */
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
#define LINT_ORIGIN_LOST	((1u << 20) - 1)	/* paths with different origins have met: nothing is reported */

/* A function of the script. */
struct lint_function {
	const Proto *p;
	struct lint_function *inner;	/* the first function that is defined in it; the others follow */
	struct lint_value *upvalues;
	uint8_t *reassigned;	/* for each local variable: true if it gets a second value */
	uint8_t *active;	/* for each instruction: how many local variables there are, in the first registers */
	uint8_t written[LINT_REGISTERS / 8];	/* upvalues that it, or a function inside of it, assigns */
	uint8_t shared[LINT_REGISTERS / 8];	/* registers that a function inside of it assigns */
	TString *name;		/* of the global that it is assigned to; NULL: none */
	bool returns;		/* some path does, as far as this round has seen */
	bool never_returns;	/* no path did in the round before, which has seen all of them */
	bool gives_value;	/* some path returns a value that may be a verdict */
	bool gives_verdict;	/* some path returns one that is */
	bool is_handler;	/* it surely gets a packet and owes a verdict */
	bool uses_packet;	/* it calls methods of views on its first argument */
	bool may_leave;		/* a call in it may raise on purpose, or yield */
	bool is_caught;		/* it is called by pcall(), so its errors may be meant */
};

/* A name that the script uses as a global. */
struct lint_global {
	TString *name;		/* NULL: this entry is free */
	struct lint_value value;	/* what the last round has found that it may be */
	struct lint_value next;		/* what this round has found so far */
	bool assigned;
	bool declared;		/* assigned outside of functions, or named by the options */
	bool changes;		/* assigned in functions */
	bool read;
	const struct lint_function *reported;	/* the last function for which it was reported: once for each is enough */
};

struct lint_finding {
	struct ps_finding f;
	int order;
};

struct lint {
	struct ps_script script;
	const char *path;
	const struct ps_lint_options *options;
	struct lint_function *functions;	/* the main chunk first, each before those inside of it */
	int nfunctions;
	struct lint_global *globals;	/* by address of the name */
	size_t nglobals, globals_size;
	struct lint_finding *findings;
	int nfindings;
	Table *engine_globals;
	const Table *strings;		/* the string library */
	TString **assigned_members;	/* names that the script adds to libraries */
	int nassigned_members;
	bool globals_escape;	/* globals may be defined otherwise than by an assignment */
	bool libraries_escape;
	bool catches_any;	/* pcall() is given functions that are not known */
	bool has_division, has_power;	/* the script defines these metamethods */
	bool report;		/* the last round */
	bool failed;		/* no memory */
	unsigned long steps;	/* that are left */
	unsigned long guesses;	/* names of the script that may still be compared with unknown ones */
	bool gave_up;		/* no steps are left, which has been reported */
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
	int top;	/* the register behind the results of a call that gives any number of them; -1: not known */
	int from[LINT_LINES_MAX + 1];	/* lines from which the function's end is reached without a return */
	int nfrom;
	size_t states;
	unsigned long steps;	/* that are left */
	bool report;
	int nil_line;	/* the last line for which it was reported that something may be nil */
	uint64_t seen;	/* what has been tested on the way here; lint_nil.c has the bits */
	bool may_leave;	/* as in struct lint_function */
	uint8_t *marks;	/* for each instruction: enum lint_mark */
	uint8_t *pairs;	/* for each instruction whose value may be nil: which bit in seen tells that it was tested */
};

enum lint_mark {
	LINT_REPORTED = 1,	/* that its value may be nil has been reported */
	LINT_REACHED = 2,
	LINT_TO_NEXT = 4,	/* the next instruction may follow; or that to which it jumps */
	LINT_TO_JUMP = 8,
	LINT_LEAVES = 16,	/* it returns, or may raise on purpose, or yield */
	LINT_COUNTS_LONG = 32,	/* it ends a round of a 'for' that counts for years */
	LINT_SAFE = 64,		/* what it indexes or measures is a table */
	LINT_RAISES = 128,	/* it may raise, since an operand is no number or no table */
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

/* A register that inner functions assign may have any value: each call may have changed it. */
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

/* True if it is known not to be a number, at least on some path. */
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

/* Takes steps from those that are left. At 0 the function is given up: this bounds all work. */
static inline void lint_spend(struct lint_flow *w, unsigned long steps)
{
	w->steps -= steps < w->steps ? steps : w->steps;
}

/* lint_flow.c: follows all paths of a function. */
void lint_follow(struct lint *l, struct lint_function *f);
/* The instruction that follows this one if the next one does not, or -1; *next: whether the next one may follow, too. */
int lint_jump(const Proto *p, int pc, bool *next);

/* lint_code.c: does to the registers what the instruction does. False: the path ends here. */
bool lint_run(struct lint_flow *w, Instruction i);
/* The variable in register reg, or -1. */
int lint_variable(const Proto *p, int reg, int pc);
/* True if the instruction gives registers a value: *first to *last. */
bool lint_writes(const Proto *p, Instruction i, int *first, int *last);

/*
 * lint_nil.c: a value that may be nil has an origin until something tests it. Returns v, which the instruction at w->pc
 * gives, with its origin. outer: the protocol whose payload it is.
 */
struct lint_value lint_may_be_nil(struct lint_flow *w, struct lint_value v,
				  const struct ps_proto *outer);
/* The value in register r is indexed, called or measured: with nil that raises. */
void lint_use(struct lint_flow *w, int r);
/* The script asks whether v is nil, or may ask elsewhere: no more is said of v. */
void lint_forget(struct lint_flow *w, struct lint_value v);
/* v goes to code that is not followed, which may test anything. */
void lint_expose(struct lint_flow *w, struct lint_value v);
void lint_look_at_size(struct lint_flow *w);
void lint_look_at_field(struct lint_flow *w, const struct ps_field *field);
/* Whether the comparison tells anything of a value; and takes note of it, on the way that skips the next instruction or not. */
bool lint_can_learn(const struct lint_flow *w, Instruction i);
void lint_learn(struct lint_flow *w, Instruction i, bool skips);

/* lint_loops.c: marks where the instruction at w->pc may lead; and reports loops that never end. */
void lint_mark_way(struct lint_flow *w, Instruction i);
void lint_check_loops(struct lint_flow *w);

/* lint_objects.c: v.key, or v:key(); v[key]; and what is assigned there. */
struct lint_value lint_read_name(struct lint_flow *w, struct lint_value v, TString *key, bool is_call);
struct lint_value lint_read_index(struct lint_flow *w, struct lint_value v, struct lint_value key);
void lint_write_name(struct lint_flow *w, struct lint_value v, TString *key,
		     struct lint_value value);
void lint_write_index(struct lint_flow *w, struct lint_value v, struct lint_value key,
		      struct lint_value value);
/* v goes to where it is not followed. */
void lint_escape(struct lint_flow *w, struct lint_value v);
/* The row that one of these owners has by this name, or NULL. */
const struct ps_callable *lint_row(const struct ps_callable *rows, unsigned int owners,
				   const char *name);
unsigned int lint_owner(struct lint_value v);	/* enum ps_owner; 0: v is no object */

/* lint_calls.c: the result of the call at register a. nargs: -1: not known. *ends: the call never returns. */
struct lint_value lint_call(struct lint_flow *w, int a, int nargs, bool *ends);
/* The function of this name in a library, or among the globals (NULL); LINT_ANY if nothing is known of what it does. */
struct lint_value lint_builtin(const char *library, const char *name);

/* lint_values.c: warn of what is wrong at w->pc. what: the operation, as the message shall name it. */
void lint_warn(const struct lint_flow *w, const char *kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Reports an error: a rule with this script would be refused. */
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
	const char *name;	/* the unknown one */
	const char *best;	/* the nearest of the candidates, or NULL */
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

/* What to use in place of a global or member that Lua has elsewhere, but not here; NULL: no advice. */
const char *lint_instead(const char *library, const char *name);

#endif
