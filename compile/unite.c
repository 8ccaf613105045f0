/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Which nodes of lines can be one. Two can, if they never have different values at once that are needed: then a move from one to
 * the other is none.
 */
#define LUA_CORE
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lopcodes.h"

#include "host.h"
#include "lines.h"

#define NODES_MAX	512	/* else no moves are saved */
#define ROUNDS_MAX	16	/* through all lines, to find what values are needed; the same */

/* Sets of nodes. */
#define WORD_BITS	64

static int words_of(int nodes)
{
	return (nodes + WORD_BITS - 1) / WORD_BITS;
}

static bool has(const uint64_t *set, int node)
{
	return set[node / WORD_BITS] >> node % WORD_BITS & 1;
}

static void include(uint64_t *set, int node)
{
	set[node / WORD_BITS] |= (uint64_t)1 << node % WORD_BITS;
}

static void exclude(uint64_t *set, int node)
{
	set[node / WORD_BITS] &= ~((uint64_t)1 << node % WORD_BITS);
}

/* Ranges of registers. */
struct range {
	int first, last;	/* none, if that is before */
};

/* What an operation of the line's function reads there, and writes. */
struct access {
	struct range reads[3], writes;
	bool may_write;		/* or not */
};

static struct range one(int reg)
{
	return (struct range){ reg, reg };
}

/* Registers that the interpreter may read, from an instruction on that is left to it: those above its operands are free. */
static int last_read(Instruction i, int nregs)
{
	int b = GETARG_B(i), c = GETARG_C(i), last = GETARG_A(i) + (b > c ? b : c) + 4;
	OpCode op = GET_OPCODE(i);
	bool is_open = (op == OP_CALL || op == OP_TAILCALL || op == OP_RETURN || op == OP_SETLIST || op == OP_VARARG) && !b;

	return is_open || last >= nregs ? nregs - 1 : last;
}

static struct access find_access(const struct ps_lines *n, const struct ps_line *l)
{
	const struct ps_line_frame *f = &n->frames[l->frame];
	const struct range none = { 0, -1 };
	struct access x = { { none, none, none }, none, false };
	const struct ps_op *op = &l->op;
	unsigned int which = ps_operands[op->op];
	int end = f->first + f->nregs - 1;

	if (which & PS_GIVES)
		x.writes = one(op->a);
	else if (which & PS_A)
		x.reads[0] = one(op->a);
	if (which & PS_B)
		x.reads[1] = one(op->b);
	if (which & PS_C)
		x.reads[2] = one(op->c);
	switch (op->op) {
	case DO_LEAVE:
		x.reads[0] = (struct range){ f->first, f->first + last_read(f->closure->p->code[l->pc], f->nregs) };
		break;
	case DO_LOAD_NIL:
		x.writes.last += op->n - 1;
		break;
	case DO_SELF:
	case DO_SELF_QUICK:
		x.writes = (struct range){ op->a, op->a + 1 };
		x.reads[0] = none;
		break;
	case DO_CALL:
	case DO_CALL_QUICK:
	case DO_CALL_WRITE:	/* and all behind is the callee's */
		x.reads[0].last += op->b;
		x.writes = (struct range){ op->a, end };
		break;
	case DO_TAIL_CALL:
		x.reads[0].last += op->b;
		break;
	case DO_RETURN:
		x.reads[0].last += op->n - 1;
		break;
	case DO_RETURN_K:
		x.reads[0] = none;
		break;
	case DO_TEST_SET:
		x.writes = one(op->a);
		x.reads[0] = none;
		x.may_write = true;
		break;
	case DO_FOR_BEGIN:
	case DO_FOR_NEXT:
		x.reads[0].last += 2;
		x.writes = (struct range){ op->a, op->a + 3 };
		x.may_write = true;
		break;
	}
	return x;
}

/* Whether registers of the operation have to be beside each other. */
static bool wants_range(enum ps_operation op)
{
	switch (op) {
	case DO_SELF:
	case DO_SELF_QUICK:
	case DO_CALL:
	case DO_CALL_QUICK:
	case DO_CALL_WRITE:
	case DO_TAIL_CALL:
	case DO_RETURN:
	case DO_LOAD_NIL:
	case DO_FOR_BEGIN:
	case DO_FOR_NEXT:
		return true;
	default:
		return false;
	}
}

/* Where a line may go on. */
static int find_next_lines(const struct ps_lines *n, int i, int next[PS_NEXT_MAX])
{
	const struct ps_line *l = &n->lines[i];
	int k, count;

	if (l->is_gone) {
		next[0] = i + 1;
		return 1;
	}
	count = ps_op_next(&l->op, next);
	for (k = 0; k < count; k++)
		next[k] += i;
	if (ps_operands[l->op.op] & PS_N && count)
		next[count > 1 && !ps_op_is_condition(l->op.op) && !ps_op_is_search(l->op.op) ? 1 : 0] = l->to;
	if (ps_op_is_condition(l->op.op) || ps_op_is_search(l->op.op))
		next[1] = l->other;
	return count;
}

/*
 * Which values are needed, and so which nodes may not be one.
 */
struct needs {
	int words;
	uint64_t *after;	/* a set for each line: values that are needed behind it */
	uint64_t *beside;	/* a set for each group of nodes: of those that may have other values at the same time */
};

static uint64_t *after(const struct needs *needs, int line)
{
	return needs->after + (size_t)line * needs->words;
}

static uint64_t *beside(const struct needs *needs, int group)
{
	return needs->beside + (size_t)group * needs->words;
}

static void include_range(uint64_t *set, struct range r)
{
	for (; r.first <= r.last; r.first++)
		include(set, r.first);
}

/* What is needed before the line, from what is needed behind. */
static void step_back(const struct ps_lines *n, int i, uint64_t *set)
{
	const struct ps_line *l = &n->lines[i];
	struct access x;
	int r, frame;

	if (l->is_gone)
		return;
	x = find_access(n, l);
	for (r = x.writes.first; !x.may_write && r <= x.writes.last; r++)
		exclude(set, r);
	for (r = 0; r < 3; r++)
		include_range(set, x.reads[r]);
	if (l->op.op != DO_LEAVE)
		return;
	/* the interpreter goes on, in the functions around, too */
	for (frame = l->frame; frame; frame = n->frames[frame].caller) {
		const struct ps_line_frame *f = &n->frames[frame];
		int first = n->frames[f->caller].first;

		include_range(set, (struct range){ first, first + f->func - 1 });
	}
}

/* Goes backwards through the lines until nothing changes. False: that takes too long. */
static bool find_needs(const struct ps_lines *n, struct needs *needs, uint64_t *set)
{
	int i, k, w, count, round, next[PS_NEXT_MAX];
	bool changed = true;

	for (round = 0; changed && round < ROUNDS_MAX; round++) {
		changed = false;
		for (i = n->nlines - 1; i >= 0; i--) {
			count = find_next_lines(n, i, next);
			for (k = 0; k < count; k++) {
				memcpy(set, after(needs, next[k]), needs->words * sizeof(*set));
				step_back(n, next[k], set);
				for (w = 0; w < needs->words; w++) {
					changed |= set[w] & ~after(needs, i)[w];
					after(needs, i)[w] |= set[w];
				}
			}
		}
	}
	return !changed;
}

/* A value that a line gives a node is beside all that are needed behind it, but for the one that it is a copy of. */
static void find_beside(const struct ps_lines *n, const struct needs *needs)
{
	int i, r, w, other;

	for (i = 0; i < n->nlines; i++) {
		const struct ps_line *l = &n->lines[i];
		bool is_copy = l->op.op == DO_MOVE || l->op.op == DO_TEST_SET, is_beside;
		struct range writes;

		if (l->is_gone)
			continue;
		writes = find_access(n, l).writes;
		for (r = writes.first; r <= writes.last; r++) {
			is_beside = is_copy && has(beside(needs, r), l->op.b);
			for (w = 0; w < needs->words; w++)
				beside(needs, r)[w] |= after(needs, i)[w];
			if (is_copy && !is_beside)
				exclude(beside(needs, r), l->op.b);
		}
	}
	for (r = 0; r < n->nodes; r++) {
		exclude(beside(needs, r), r);
		for (other = 0; other < n->nodes; other++) {
			if (has(beside(needs, r), other))
				include(beside(needs, other), r);
		}
	}
}

/* Whether nothing that is needed beside the group's value is in the slot. */
static bool is_free(const struct ps_lines *n, const struct needs *needs, int group, int slot)
{
	int node;

	for (node = 0; node < n->nodes; node++) {
		if (has(beside(needs, group), node) && ps_lines_slot(n, node) == slot)
			return false;
	}
	return true;
}

/* Whether all nodes of the group may be in the slot, as far as they are bound. */
static bool may_move(const struct ps_lines *n, int group, int slot)
{
	int node;

	if (n->node_slot[group] == slot)
		return true;
	for (node = 0; node < n->nodes; node++) {
		if (n->group[node] == group && n->is_bound[node])
			return false;
	}
	return true;
}

/* Makes two nodes one, in the lower of their places. If one is needed beside the other, one of them is there. */
static void unite(struct ps_lines *n, const struct needs *needs, int a, int b)
{
	int node, w, slot;

	a = n->group[a];
	b = n->group[b];
	if (a == b)
		return;
	slot = n->node_slot[a] < n->node_slot[b] ? n->node_slot[a] : n->node_slot[b];
	if (!may_move(n, a, slot) || !may_move(n, b, slot) || !is_free(n, needs, a, slot) || !is_free(n, needs, b, slot))
		return;
	for (node = 0; node < n->nodes; node++) {
		if (n->group[node] == b)
			n->group[node] = a;
	}
	for (w = 0; w < needs->words; w++)
		beside(needs, a)[w] |= beside(needs, b)[w];
	n->node_slot[a] = slot;
}

static void save_moves(struct ps_lines *n)
{
	struct needs needs = { .words = words_of(n->nodes) };
	size_t sets = n->nlines + n->nodes + 2;
	int i;

	if (n->nodes > NODES_MAX)
		return;
	needs.after = ps_host_realloc(NULL, sets * needs.words * sizeof(uint64_t));
	if (!needs.after)
		return;
	memset(needs.after, 0, sets * needs.words * sizeof(uint64_t));
	needs.beside = after(&needs, n->nlines + 1);
	if (find_needs(n, &needs, beside(&needs, n->nodes))) {
		find_beside(n, &needs);
		for (i = 0; i < n->nlines; i++) {
			const struct ps_line *l = &n->lines[i];

			if (!l->is_gone && (l->op.op == DO_MOVE || l->op.op == DO_TEST_SET))
				unite(n, &needs, l->op.a, l->op.b);
		}
	}
	ps_host_realloc(needs.after, 0);
}

/* Where each node has its value, to begin with. */
static void place_nodes(struct ps_lines *n)
{
	int frame, r, i;

	for (frame = 0; frame < n->nframes; frame++) {
		const struct ps_line_frame *f = &n->frames[frame];

		for (r = 0; r < f->nregs; r++) {
			n->node_slot[f->first + r] = f->base + r;
			n->group[f->first + r] = f->first + r;
			n->is_bound[f->first + r] = !frame;
		}
	}
	for (i = 0; i < n->nlines; i++) {
		struct access x;

		if (n->lines[i].is_gone || !wants_range(n->lines[i].op.op))
			continue;
		x = find_access(n, &n->lines[i]);
		for (r = x.writes.first; r <= x.writes.last; r++)
			n->is_bound[r] = true;
		for (r = x.reads[0].first; r <= x.reads[0].last; r++)
			n->is_bound[r] = true;
	}
}

void ps_lines_unite(struct ps_lines *n)
{
	place_nodes(n);
	save_moves(n);
}
