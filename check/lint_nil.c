/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What may be nil. A value of :data(protocol) or :raw() has an origin: the instruction that made it. A test removes the origin from
 * all registers that have it, however it comes out; so does an assignment to where it is not followed, and a call of what
 * may test it. A value that still has its origin when it is indexed has been tested on no path that leads there.
 *
 * A script may know otherwise that a header is there: it has tested the same payload before, or looked at lengths and at
 * the offset of fragments. w->walk.seen has a bit for each of these. Where paths meet, it has the bits of all of them, so
 * nothing is reported that a script may know on one path.
 */
#include <stdio.h>

#include "lint_internals.h"
#include "ldebug.h"

#define SEEN_ALL	UINT64_MAX
#define SEEN_PAIRS	62		/* of protocols, one in the other; some share a bit */
#define PAIR_IN_PARTS	64		/* added to a pair whose outer protocol has fragments */
#define SEEN_SIZE	(1ULL << 62)	/* the script has looked at a length */
#define SEEN_FRAGMENT	(1ULL << 63)	/* the script has looked at the field that tells fragments apart */

struct ps_known lint_may_be_nil(struct lint_flow *w, struct ps_known v,
				  const struct ps_proto *outer)
{
	const struct ps_registry *registry = w->walk.registry;
	unsigned int pair = (ps_proto_id(registry, outer) * registry->n + ps_proto_id(registry, v.proto)) % SEEN_PAIRS;

	if (w->walk.pc + 1 >= (int)PS_ORIGIN_LOST)
		return v;
	v.origin = w->walk.pc + 1;
	w->pairs[w->walk.pc] = pair | (outer->fragment.mask && v.proto != &ps_proto_raw ? PAIR_IN_PARTS : 0);
	return v;
}

static uint64_t bit_of(uint8_t pair)
{
	return 1ULL << (pair & ~PAIR_IN_PARTS);
}

void lint_forget(struct lint_flow *w, struct ps_known v)
{
	int r;

	if (!v.origin)
		return;
	w->walk.seen |= v.origin == PS_ORIGIN_LOST ? SEEN_ALL : bit_of(w->pairs[v.origin - 1]);
	for (r = 0; r < w->walk.nregs; r++) {
		if (v.origin == PS_ORIGIN_LOST || w->walk.reg[r].origin == v.origin)
			w->walk.reg[r].origin = 0;
	}
}

void lint_expose(struct lint_flow *w, struct ps_known v)
{
	if (lint_is_object(v) || v.origin)
		w->walk.seen = SEEN_ALL;
	lint_forget(w, v);
}

void lint_look_at_size(struct lint_flow *w)
{
	w->walk.seen |= SEEN_SIZE;
}

void lint_look_at_field(struct lint_flow *w, const struct ps_field *field)
{
	const struct ps_word *fragment = &lint_proto_of(field)->fragment;

	if (field->flags & PS_COVERAGE)
		w->walk.seen |= SEEN_SIZE;
	if (fragment->mask && field->at.bit / 16 * 2 == fragment->at)
		w->walk.seen |= SEEN_FRAGMENT;
}

/*
 * Uses.
 */
static bool may_be_meant(const struct lint_flow *w)
{
	return w->f->is_caught || (w->l->catches_any && !w->f->is_handler);
}

/* The name of the local variable in register r, or NULL. */
static const char *variable_name(const struct lint_flow *w, int r)
{
	int variable = lint_variable(w->walk.p, r, w->walk.pc);

	return variable < 0 ? NULL : getstr(w->walk.p->locvars[variable].varname);
}

/* Why a view may be nil. A raw one with an origin is a range of bytes. */
static const char *reasons(struct ps_known v)
{
	return v.kind == PS_KIND_VIEW && v.proto == &ps_proto_raw ?
		       "not all of these bytes are there" :
		       "another protocol, a later fragment, too few bytes";
}

static void report_nil(const struct lint_flow *w, const char *name, struct ps_known v)
{
	if (name && v.kind == PS_KIND_NIL)
		lint_warn(w, "nil", "'%.40s' is nil here, which has no fields and no methods: go on "
			  "only where it is not", name);
	else if (name)
		lint_warn(w, "nil", "'%.40s' may be nil (%s) and nothing tests it before: "
			  "'if not %.40s then return XT_CONTINUE end'", name, reasons(v), name);
	else if (v.kind == PS_KIND_VIEW && v.proto == &ps_proto_raw)
		lint_warn(w, "nil", ":raw() may be nil (%s): keep it in a local variable, and go on only "
			  "if that is not nil", reasons(v));
	else if (v.kind == PS_KIND_VIEW)
		lint_warn(w, "nil", ":data(%s) may be nil (%s): keep it in a local variable, "
			  "and go on only if that is not nil", v.proto->name, reasons(v));
	else
		lint_warn(w, "nil", "this may be nil (%s): keep it in a local variable, and "
			  "go on only if that is not nil", reasons(v));
}

static bool is_known_otherwise(const struct lint_flow *w, uint8_t pair)
{
	uint64_t enough = pair & PAIR_IN_PARTS ? SEEN_SIZE | SEEN_FRAGMENT : SEEN_SIZE;

	return w->walk.seen & bit_of(pair) || (w->walk.seen & enough) == enough;
}

static void check_use(struct lint_flow *w, int r, struct ps_known v)
{
	uint8_t *mark;
	int line;

	if (!w->walk.is_last || may_be_meant(w))
		return;
	if (v.kind == PS_KIND_NIL) {
		const char *name = variable_name(w, r);

		if (name)
			report_nil(w, name, v);
		return;
	}
	if (v.origin == PS_ORIGIN_LOST)
		return;
	mark = &w->marks[v.origin - 1];
	if (*mark & LINT_REPORTED || is_known_otherwise(w, w->pairs[v.origin - 1]))
		return;
	*mark |= LINT_REPORTED;
	line = luaG_getfuncline(w->walk.p, w->walk.pc);
	if (line != w->nil_line)	/* a chain is reported once */
		report_nil(w, variable_name(w, r), v);
	w->nil_line = line;
}

void lint_use(struct lint_flow *w, int r)
{
	struct ps_known v = lint_get(w, r);

	if (v.kind != PS_KIND_NIL && !v.origin)
		return;
	check_use(w, r, v);
	if (v.kind == PS_KIND_NIL)
		ps_walk_set(&w->walk, r, ps_known_any);
	else
		lint_forget(w, v);
}
