/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What may be nil. A value of :data(protocol) or :raw() has an origin: the instruction that made it. A test removes the origin from
 * all registers that have it, however it comes out; so does an assignment to where it is not followed, and a call of what
 * may test it. A value that still has its origin when it is indexed has been tested on no path that leads there.
 *
 * A script may know otherwise that a header is there: it has tested the same payload before, or looked at lengths and at
 * the offset of fragments. w->walk.seen has a bit for each of these, and for each protocol whose header has been found, be it by
 * name: then those that lie around it are there, too. Where paths meet, it has the bits of all of them, so nothing is reported that
 * a script may know on one path.
 */
#include <stdio.h>

#include "lint_internals.h"
#include "ldebug.h"

#define SEEN_PAIRS	62		/* of protocols, one in the other; some share a bit */
#define PAIR_IN_PARTS	64		/* added to a pair whose outer protocol has fragments */
#define PAIR_NAMED	128		/* and to a protocol, which has a bit of its own, if its header was found by name */
#define SEEN_SIZE	(1ULL << 62)	/* the script has looked at a length */
#define SEEN_FRAGMENT	(1ULL << 63)	/* the script has looked at the field that tells fragments apart */

enum { PAYLOADS, HEADERS };	/* which bits of struct ps_seen these are */

static const struct ps_seen seen_all = { { UINT64_MAX, UINT64_MAX } };

static unsigned int number_of(unsigned int id)
{
	return id % SEEN_PAIRS;
}

static struct ps_known with_origin(struct lint_flow *w, struct ps_known v, unsigned int pair)
{
	if (w->walk.pc + 1 >= (int)PS_ORIGIN_LOST)
		return v;
	v.origin = w->walk.pc + 1;
	w->pairs[w->walk.pc] = pair;
	return v;
}

struct ps_known lint_may_be_nil(struct lint_flow *w, struct ps_known v,
				  const struct ps_proto *outer)
{
	const struct ps_registry *registry = w->walk.registry;
	unsigned int pair = number_of(ps_proto_id(registry, outer) * registry->n + ps_proto_id(registry, v.proto));

	return with_origin(w, v, pair | (outer->fragment.mask && v.proto != &ps_proto_raw ? PAIR_IN_PARTS : 0));
}

struct ps_known lint_may_have_none(struct lint_flow *w, struct ps_known v)
{
	unsigned int number = number_of(ps_proto_id(w->walk.registry, v.proto));

	return with_origin(w, v, number | PAIR_NAMED | (lint_begins_packet(v.proto) ? 0 : PAIR_IN_PARTS));
}

/* Whether a header of outer may lie around one of these protocols, as names find them: not in what is quoted. None is around a link layer. */
static bool is_around(const struct ps_proto *outer, uint64_t protocols)
{
	const struct ps_next *row;
	const struct ps_port *port;
	unsigned int id;

	for (id = 0; id < ps_nprotos; id++) {
		const struct ps_proto *proto = ps_protos[id];

		if (!(protocols >> number_of(id) & 1) || proto->is_link || outer->quotes)
			continue;
		for (row = outer->next; row && row->proto; row++) {
			if (row->proto == proto)
				return true;
		}
		for (port = outer->ports; port && port->proto; port++) {
			if (port->proto == proto)
				return true;
		}
		if (outer->options == proto)
			return true;
	}
	return false;
}

/* The protocol, and all whose headers may lie around it. */
static uint64_t around(struct lint *l, const struct ps_proto *proto)
{
	unsigned int number = number_of(ps_proto_id(&l->script.bind.registry, proto)), id;
	uint64_t found = 1ULL << number, before = 0;

	if (l->around[number])
		return l->around[number];
	while (found != before) {
		before = found;
		for (id = 0; id < ps_nprotos; id++) {
			if (!(found >> number_of(id) & 1) && is_around(ps_protos[id], found))
				found |= 1ULL << number_of(id);
		}
	}
	l->around[number] = found;
	return found;
}

static uint64_t *bits_of(struct lint_flow *w, uint8_t pair, uint64_t *bit)
{
	*bit = 1ULL << (pair & ~(PAIR_IN_PARTS | PAIR_NAMED));
	return &w->walk.seen.bits[pair & PAIR_NAMED ? HEADERS : PAYLOADS];
}

void lint_forget(struct lint_flow *w, struct ps_known v)
{
	uint64_t *bits, bit;
	int r;

	if (!v.origin)
		return;
	if (v.origin == PS_ORIGIN_LOST) {
		w->walk.seen = seen_all;
	} else {
		bits = bits_of(w, w->pairs[v.origin - 1], &bit);
		*bits |= bit;
	}
	if (v.kind == PS_KIND_VIEW && v.proto != &ps_proto_raw)
		w->walk.seen.bits[HEADERS] |= around(w->l, v.proto);
	for (r = 0; r < w->walk.nregs; r++) {
		if (v.origin == PS_ORIGIN_LOST || w->walk.reg[r].origin == v.origin)
			w->walk.reg[r].origin = 0;
	}
}

void lint_expose(struct lint_flow *w, struct ps_known v)
{
	if (lint_is_object(v) || v.origin)
		w->walk.seen = seen_all;
	lint_forget(w, v);
}

void lint_look_at_size(struct lint_flow *w)
{
	w->walk.seen.bits[PAYLOADS] |= SEEN_SIZE;
}

void lint_look_at_field(struct lint_flow *w, const struct ps_field *field)
{
	const struct ps_word *fragment = &lint_proto_of(field)->fragment;

	if (field->flags & PS_COVERAGE)
		w->walk.seen.bits[PAYLOADS] |= SEEN_SIZE;
	if (fragment->mask && field->at.bit / 16 * 2 == fragment->at)
		w->walk.seen.bits[PAYLOADS] |= SEEN_FRAGMENT;
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

static bool is_named(const struct lint_flow *w, struct ps_known v)
{
	return v.origin && w->pairs[v.origin - 1] & PAIR_NAMED;
}

/* Why a view may be nil. A raw one with an origin is a range of bytes. */
static const char *reasons(const struct lint_flow *w, struct ps_known v)
{
	if (is_named(w, v))
		return "a packet without such a header";
	return v.kind == PS_KIND_VIEW && v.proto == &ps_proto_raw ?
		       "not all of these bytes are there" :
		       "another protocol, a later fragment, too few bytes";
}

/* p.udp.dport */
static void report_header(const struct lint_flow *w, struct ps_known v)
{
	Instruction i = w->walk.p->code[v.origin - 1];
	int variable = lint_variable(w->walk.p, GETARG_B(i), v.origin - 1);
	const char *packet = variable < 0 ? "p" : getstr(w->walk.p->locvars[variable].varname);
	const char *header = ps_proto_short_name(v.proto);

	lint_warn(w, "nil", "%.40s.%s may be nil (%s) and nothing tests it before: 'if %.40s.%s then'", packet, header,
		  reasons(w, v), packet, header);
}

static void report_nil(const struct lint_flow *w, const char *name, struct ps_known v)
{
	if (name && v.kind == PS_KIND_NIL)
		lint_warn(w, "nil", "'%.40s' is nil here, which has no fields and no methods: go on "
			  "only where it is not", name);
	else if (name)
		lint_warn(w, "nil", "'%.40s' may be nil (%s) and nothing tests it before: "
			  "'if not %.40s then return XT_CONTINUE end'", name, reasons(w, v), name);
	else if (is_named(w, v))
		report_header(w, v);
	else if (v.kind == PS_KIND_VIEW && v.proto == &ps_proto_raw)
		lint_warn(w, "nil", ":raw() may be nil (%s): keep it in a local variable, and go on only "
			  "if that is not nil", reasons(w, v));
	else if (v.kind == PS_KIND_VIEW)
		lint_warn(w, "nil", ":data(%s) may be nil (%s): keep it in a local variable, "
			  "and go on only if that is not nil", v.proto->name, reasons(w, v));
	else
		lint_warn(w, "nil", "this may be nil (%s): keep it in a local variable, and "
			  "go on only if that is not nil", reasons(w, v));
}

static bool is_known_otherwise(struct lint_flow *w, uint8_t pair)
{
	uint64_t enough = pair & PAIR_IN_PARTS ? SEEN_SIZE | SEEN_FRAGMENT : SEEN_SIZE, bit;

	return *bits_of(w, pair, &bit) & bit || (w->walk.seen.bits[PAYLOADS] & enough) == enough;
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
