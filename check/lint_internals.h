/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The parts of the checker, over what compile/ knows of values along the paths of a function: lint.c compiles, collects and
 * reports; lint_code.c looks at each instruction on these paths; lint_nil.c finds what may be nil, lint_loops.c what never ends;
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

#include "flow.h"
#include "lint.h"
#include "script.h"
#include "spelling.h"

#define LINT_MESSAGE_SIZE	400
#define LINT_REGISTERS		256	/* of a function, and upvalues */
#define LINT_ROUNDS		3	/* each begins with what the one before has found */
#define LINT_STEPS_MAX		60000000UL	/* instructions that are followed in all */
#define LINT_GUESSES_MAX	200000UL

/* A function of the script. */
struct lint_function {
	const Proto *p;
	struct lint_function *inner;	/* the first function that is defined in it; the others follow */
	struct ps_known *upvalues;
	uint8_t *reassigned;	/* for each local variable: true if it gets a second value */
	uint8_t *active;	/* for each instruction: how many local variables there are, in the first registers */
	uint8_t written[LINT_REGISTERS / 8];	/* upvalues that it, or a function inside of it, assigns */
	uint8_t shared[LINT_REGISTERS / 8];	/* registers that a function inside of it assigns */
	TString *name;		/* of the global that it is assigned to; NULL: none */
	bool returns;		/* some path does, as far as this round has seen */
	bool never_returns;	/* no path did in the round before, which has seen all of them */
	bool gives_value;	/* some path returns a value that may be a verdict */
	bool gives_verdict;	/* some path returns one that is */
	bool is_handler;	/* it surely gets a packet and owes a verdict, or if it is_match, true or false */
	bool is_match;
	bool uses_packet;	/* it calls methods of views on its first argument */
	bool may_leave;		/* a call in it may raise on purpose, or yield */
	bool is_caught;		/* it is called by pcall(), so its errors may be meant */
};

/* A name that the script uses as a global. */
struct lint_global {
	TString *name;		/* NULL: this entry is free */
	struct ps_known value;	/* what the last round has found that it may be */
	struct ps_known next;		/* what this round has found so far */
	bool assigned;
	bool declared;		/* assigned outside of functions, or named by the options */
	bool changes;		/* assigned in functions */
	bool is_given;		/* a table has it as 'name': a protocol of the script's, if it describes any */
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
	bool adds_protocols;	/* some may have names that are not known */
	bool libraries_escape;
	bool catches_any;	/* pcall() is given functions that are not known */
	struct ps_known gives;	/* what the main chunk returns, in this round */
	bool has_division, has_power;	/* the script defines these metamethods */
	bool report;		/* the last round */
	bool failed;		/* no memory */
	unsigned long steps;	/* that are left */
	unsigned long guesses;	/* names of the script that may still be compared with unknown ones */
	uint64_t around[64];	/* lint_nil.c: by protocols, which may lie around them; 0: not known yet */
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

static inline bool lint_known(const Table *table, TString *name)
{
	return !ttisnil(luaH_getstr((Table *)table, name));
}

/* lint.c: adds a finding, once for a line. */
void lint_add(struct lint *l, int line, enum ps_severity severity, const char *kind,
	      const char *message);
/* The record of a global, made if need be; NULL when there is no memory. */
struct lint_global *lint_global(struct lint *l, TString *name);

#define LINT_LINES_MAX	4	/* that a message lists */
#define LINT_NAMES_SIZE	480

/* A walk through the code of a function. */
struct lint_flow {
	struct ps_walk walk;	/* first */
	struct lint *l;
	struct lint_function *f;
	int from[LINT_LINES_MAX + 1];	/* lines from which the function's end is reached without a return */
	int nfrom;
	int nil_line;	/* the last line for which it was reported that something may be nil */
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

static inline struct ps_known lint_get(const struct lint_flow *w, int r)
{
	return ps_walk_get(&w->walk, r);
}

static inline bool lint_is_object(struct ps_known v)
{
	return v.kind == PS_KIND_VIEW || v.kind == PS_KIND_FIELD || v.kind == PS_KIND_BYTES;
}

/* lint_code.c: follows all paths of a function. */
void lint_follow(struct lint *l, struct lint_function *f);
/* The variable in register reg, or -1. */
int lint_variable(const Proto *p, int reg, int pc);
/* The register that the instruction indexes, measures or takes a method of, or -1. */
int lint_indexed(Instruction i);
/* The registers in which the instruction wants numbers. Returns how many. */
int lint_numbers(Instruction i, int to[3]);

/*
 * lint_nil.c: a value that may be nil has an origin until something tests it. Returns v, which the instruction at w->walk.pc
 * gives, with its origin. outer: the protocol whose payload it is.
 */
struct ps_known lint_may_be_nil(struct lint_flow *w, struct ps_known v,
				  const struct ps_proto *outer);
/* The same of a header of the packet that it finds by name. */
struct ps_known lint_may_have_none(struct lint_flow *w, struct ps_known v);
/* lint_calls.c: whether a packet begins with a header of that protocol, or has it behind the link layer. */
bool lint_begins_packet(const struct ps_proto *proto);
/* The value in register r is indexed, called or measured: with nil that raises. */
void lint_use(struct lint_flow *w, int r);
/* The script asks whether v is nil, or may ask elsewhere: no more is said of v. */
void lint_forget(struct lint_flow *w, struct ps_known v);
/* v goes to code that is not followed, which may test anything. */
void lint_expose(struct lint_flow *w, struct ps_known v);
void lint_look_at_size(struct lint_flow *w);
void lint_look_at_field(struct lint_flow *w, const struct ps_field *field);

/* lint_loops.c: marks where the instruction at w->walk.pc may lead; and reports loops that never end. */
void lint_mark_way(struct lint_flow *w, Instruction i);
void lint_check_loops(struct lint_flow *w);

/* lint_objects.c: struct ps_walker, read. */
struct ps_known lint_read(struct ps_walk *walk, struct ps_known of, TString *name, bool is_call,
			  struct ps_known member);
/* v.key = value; v[key] is looked into; v[key] = value */
void lint_write_name(struct lint_flow *w, struct ps_known v, TString *key, struct ps_known value);
void lint_check_key(const struct lint_flow *w, struct ps_known table, struct ps_known key);
void lint_write_index(struct lint_flow *w, struct ps_known v, struct ps_known key,
		      struct ps_known value);
/* v goes to where it is not followed. */
void lint_escape(struct lint_flow *w, struct ps_known v);

/* lint_calls.c: struct ps_walker, call; of each call but a tail call. */
bool lint_call(struct lint_flow *w, struct ps_call *call);
/* The function of this name in a library, or among the globals (NULL); PS_KIND_ANY if nothing is known of what it does. */
struct ps_known lint_builtin(const char *library, const char *name);

/* lint_objects.c: the function writes the packet that it has got. */
void lint_write_packet(const struct lint_flow *w);

/* lint_values.c: warn of what is wrong at w->walk.pc. what: the operation, as the message shall name it. */
void lint_warn(const struct lint_flow *w, const char *kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Reports an error: a rule with this script would be refused. */
void lint_refuse(const struct lint_flow *w, const char *kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void lint_check_byte(const struct lint_flow *w, struct ps_known v, const char *what);
void lint_check_value(const struct lint_flow *w, const struct ps_field *field, struct ps_known v);
void lint_check_operand(const struct lint_flow *w, struct ps_known v, const char *what);
void lint_check_float(const struct lint_flow *w, OpCode op);
void lint_check_equal(const struct lint_flow *w, struct ps_known a, struct ps_known b);
void lint_check_order(const struct lint_flow *w, struct ps_known a, struct ps_known b);
bool lint_is_text(struct ps_known v);		/* was read from a field that reads as text */
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

struct lint_description lint_describe(struct ps_known v);

/* lint_names.c */
void lint_try_table(struct ps_guess *guess, const Table *table);
void lint_try_methods(struct ps_guess *guess, const struct ps_callable *rows, unsigned int owner);

/* Names, as far as there is room: "a, b, c". Tables and methods are sorted. */
void lint_list_table(char *to, size_t size, const Table *table);
void lint_list_methods(char *to, size_t size, const struct ps_callable *rows, unsigned int owner);
void lint_list_fields(char *to, size_t size, const struct ps_proto *proto);
void lint_list_payloads(char *to, size_t size, const struct ps_proto *proto);
void lint_list_protos(char *to, size_t size);

/* What to use in place of a global or member that Lua has elsewhere, but not here; NULL: no advice. */
const char *lint_instead(const char *library, const char *name);

#endif
