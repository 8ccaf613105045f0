/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Loops without an end. The last pass over a function marks for each instruction which ones may follow it: after a
 * comparison of known values only one. A set of instructions that all lead to each other and nowhere else never ends, unless
 * one of them may raise, which can be meant as the end: by a call of something unknown, or by a value that becomes nil.
 */
#include <stdlib.h>
#include <string.h>

#include "lint_internals.h"
#include "ldebug.h"

#define TOO_LONG	(1ULL << 32)	/* a 'for' with so many rounds exceeds any time limit */
#define CANDIDATES_MAX	32		/* of a function's loops no more are looked at */

/*
 * Ways.
 */

/* Whether v counts as true: 1 or 0; -1: not known. */
static int truth(struct ps_known v)
{
	if (v.global)
		return -1;
	switch (v.kind) {
	case PS_KIND_NIL:
		return 0;
	case PS_KIND_BOOLEAN:
		return v.i == PS_EITHER ? -1 : (int)v.i;
	case PS_KIND_INTEGER:
	case PS_KIND_STRING:
	case PS_KIND_TABLE:
	case PS_KIND_FUNCTION:
		return 1;
	default:
		return -1;
	}
}

/* An integer that no other script can change. */
static bool is_known(struct ps_known v)
{
	return v.kind == PS_KIND_INTEGER && !v.global;
}

/* How a comparison comes out: 1 or 0; -1: not known. */
static int outcome(const struct lint_flow *w, Instruction i)
{
	struct ps_known a = lint_get(w, GETARG_A(i)), b = ps_known_integer(GETARG_sB(i));

	switch (GET_OPCODE(i)) {
	case OP_TEST:
		return truth(a);
	case OP_TESTSET:
		return truth(lint_get(w, GETARG_B(i)));
	case OP_EQK:
		b = ps_known_constant(&w->walk.p->k[GETARG_B(i)]);
		break;
	case OP_EQ:
	case OP_LT:
	case OP_LE:
		b = lint_get(w, GETARG_B(i));
		break;
	default:
		break;
	}
	if (!is_known(a) || !is_known(b))
		return -1;
	switch (GET_OPCODE(i)) {
	case OP_EQ:
	case OP_EQK:
	case OP_EQI:
		return a.i == b.i;
	case OP_LT:
	case OP_LTI:
		return a.i < b.i;
	case OP_LE:
	case OP_LEI:
		return a.i <= b.i;
	case OP_GTI:
		return a.i > b.i;
	case OP_GEI:
		return a.i >= b.i;
	default:
		return -1;
	}
}

static uint8_t ways_of_comparison(const struct lint_flow *w, Instruction i)
{
	int result = outcome(w, i);

	if (result < 0)
		return LINT_TO_NEXT | LINT_TO_JUMP;
	return result == GETARG_k(i) ? LINT_TO_NEXT : LINT_TO_JUMP;
}

/* True if it takes years until a 'for' has counted from first to last. */
static bool counts_long(lua_Integer first, lua_Integer last, lua_Integer step)
{
	uint64_t distance = step > 0 ? (uint64_t)last - first : (uint64_t)first - last;
	uint64_t stride = step > 0 ? (uint64_t)step : -(uint64_t)step;

	return (step > 0 ? first <= last : first >= last) && distance / stride >= TOO_LONG;
}

static void mark_count(struct lint_flow *w, Instruction i)
{
	struct ps_known first = lint_get(w, GETARG_A(i)), last = lint_get(w, GETARG_A(i) + 1);
	struct ps_known step = lint_get(w, GETARG_A(i) + 2);

	if (!is_known(step))
		return;
	if (!step.i)
		lint_warn(w, "endless-loop", "the step of this 'for' is 0: it raises; leave it out for 1");
	else if (is_known(first) && is_known(last) && counts_long(first.i, last.i, step.i))
		w->marks[w->walk.pc + 1 + GETARG_Bx(i)] |= LINT_COUNTS_LONG;
}

/* Finds what an instruction indexes or measures. False: it does neither. */
static bool base_of(const struct lint_flow *w, Instruction i, struct ps_known *base)
{
	OpCode op = GET_OPCODE(i);
	int r = lint_indexed(i);

	if (op == OP_GETTABUP)
		*base = w->f->upvalues[GETARG_B(i)];
	else if (op == OP_SETTABUP)
		*base = w->f->upvalues[GETARG_A(i)];
	else if (r >= 0 && op != OP_SELF)
		*base = lint_get(w, r);
	else
		return false;
	return true;
}

/* True if an operand that must be a number may be something else. */
static bool lacks_number(const struct lint_flow *w, Instruction i)
{
	int operands[3], n = lint_numbers(i, operands);

	while (n-- && !ps_known_is_no_number(lint_get(w, operands[n])))
		;
	return n >= 0;
}

static void mark_errors(struct lint_flow *w, Instruction i)
{
	struct ps_known base;

	if (base_of(w, i, &base)) {
		if (base.kind == PS_KIND_TABLE || base.kind == PS_KIND_GLOBALS)
			w->marks[w->walk.pc] |= LINT_SAFE;
		else if (base.no_number || (base.kind != PS_KIND_ANY && base.kind < PS_KIND_STRING))
			w->marks[w->walk.pc] |= LINT_RAISES;
	} else if (lacks_number(w, i)) {
		w->marks[w->walk.pc] |= LINT_RAISES;
	}
}

void lint_mark_way(struct lint_flow *w, Instruction i)
{
	OpCode op = GET_OPCODE(i);
	bool next;
	int to;

	w->marks[w->walk.pc] |= LINT_REACHED;
	mark_errors(w, i);
	if (testTMode(op)) {
		w->marks[w->walk.pc] |= ways_of_comparison(w, i);
		return;
	}
	if (op == OP_FORPREP)
		mark_count(w, i);
	to = ps_code_jump(w->walk.p, w->walk.pc, &next);
	if (to >= 0)
		w->marks[w->walk.pc] |= LINT_TO_JUMP;
	if (next && !(w->marks[w->walk.pc] & LINT_COUNTS_LONG))
		w->marks[w->walk.pc] |= LINT_TO_NEXT;
}

/*
 * Loops.
 */
struct loops {
	struct lint_flow *w;
	int n;		/* instructions */
	int *queue;
	uint8_t *ends;	/* some path from here leaves the function */
	uint8_t *in;	/* it is in the set that is looked at */
	uint8_t *back;	/* and leads back to where that set begins */
	uint8_t *done;	/* it is in a set that has been reported, or passed over */
};

/* The instructions that may follow: up to two. */
static int successors(const struct lint_flow *w, int pc, int to[2])
{
	bool next;
	int n = 0;

	if (w->marks[pc] & LINT_TO_NEXT && pc + 1 < w->walk.p->sizecode)
		to[n++] = pc + 1;
	if (w->marks[pc] & LINT_TO_JUMP) {
		to[n] = ps_code_jump(w->walk.p, pc, &next);
		n += to[n] >= 0 && to[n] < w->walk.p->sizecode;
	}
	return n;
}

/* Adds to set all instructions that lead into it, of those in among (NULL: of all). */
static void add_leading(const struct loops *loops, uint8_t *set, const uint8_t *among)
{
	struct lint_flow *w = loops->w;
	bool added = true;
	int pc, to[2], n;

	while (added && w->walk.steps) {
		added = false;
		ps_walk_spend(&w->walk, loops->n);
		for (pc = loops->n - 1; pc >= 0; pc--) {
			if (set[pc] || (among && !among[pc]))
				continue;
			for (n = successors(w, pc, to); n > 0 && !set[pc]; n--)
				set[pc] = set[to[n - 1]];
			added |= set[pc];
		}
	}
}

/* Makes loops->in the set of all that can be reached from pc. */
static void collect(const struct loops *loops, int pc)
{
	int length = 1, to[2], n;

	ps_walk_spend(&loops->w->walk, 2 * loops->n);
	memset(loops->in, 0, loops->n);
	memset(loops->back, 0, loops->n);
	loops->in[pc] = loops->back[pc] = 1;
	loops->queue[0] = pc;
	while (length > 0) {
		pc = loops->queue[--length];
		for (n = successors(loops->w, pc, to); n > 0; n--) {
			if (!loops->in[to[n - 1]])
				loops->queue[length++] = to[n - 1];
			loops->in[to[n - 1]] = 1;
		}
	}
}

static void mark_written(const struct lint_flow *w, Instruction i, uint8_t *set)
{
	int first, last;

	if (!ps_code_writes(w->walk.p, i, &first, &last))
		return;
	for (; first <= last && first < LINT_REGISTERS; first++)
		lint_set_bit(set, first);
}

/*
 * True if the instruction may give, in some round, nil or something that is no number. Globals and upvalues are taken not
 * to: the script has made them for what the loop does with them.
 */
static bool gives_anything(const struct lint_flow *w, Instruction i)
{
	OpCode op = GET_OPCODE(i);

	switch (op) {
	case OP_GETTABUP:
		return w->f->upvalues[GETARG_B(i)].kind != PS_KIND_GLOBALS;
	case OP_LOADK:
		return !ttisinteger(&w->walk.p->k[GETARG_Bx(i)]);
	case OP_MOVE:
	case OP_LOADI:
	case OP_GETUPVAL:
	case OP_UNM:
	case OP_BNOT:
	case OP_LEN:
	case OP_FORPREP:
	case OP_FORLOOP:
		return false;
	default:
		return op < OP_ADDI || op > OP_SHR;
	}
}

/* Finds the registers that the loop writes, and which of them may become something other than a number. */
static void find_written(const struct loops *loops, uint8_t *written, uint8_t *doubtful)
{
	const struct lint_flow *w = loops->w;
	int pc, again;

	for (again = 0; again < 3; again++) {	/* values are copied from register to register: three steps will do */
		for (pc = 0; pc < loops->n; pc++) {
			Instruction i = w->walk.p->code[pc];
			OpCode op = GET_OPCODE(i);

			if (!loops->in[pc])
				continue;
			mark_written(w, i, written);
			if (gives_anything(w, i) ||
			    (op == OP_MOVE && lint_bit(doubtful, GETARG_B(i))))
				mark_written(w, i, doubtful);
		}
	}
}

/* True if the instruction may raise after some rounds, because of a value that the loop makes. */
static bool may_raise(Instruction i, bool is_safe, const uint8_t *written, const uint8_t *doubtful)
{
	int operands[3], n = lint_numbers(i, operands), r = lint_indexed(i);

	switch (GET_OPCODE(i)) {
	case OP_GETTABUP:
	case OP_SETTABUP:
		return !is_safe;
	case OP_MOD:
	case OP_IDIV:
	case OP_CONCAT:
		return true;	/* division by 0; not enough memory */
	case OP_SETTABLE:
		if (lint_bit(doubtful, GETARG_B(i)))
			return true;
		break;
	default:
		break;
	}
	if (r >= 0)
		return !is_safe && lint_bit(written, r);
	while (n-- && !lint_bit(doubtful, operands[n]))
		;
	return n >= 0;
}

static bool ends_by_error(const struct loops *loops)
{
	uint8_t written[LINT_REGISTERS / 8 + 1] = { 0 }, doubtful[LINT_REGISTERS / 8 + 1] = { 0 };
	int pc;

	find_written(loops, written, doubtful);
	for (pc = 0; pc < loops->n; pc++) {
		uint8_t marks = loops->w->marks[pc];

		if (loops->in[pc] && (marks & LINT_RAISES ||
				      may_raise(loops->w->walk.p->code[pc], marks & LINT_SAFE, written,
						doubtful)))
			return true;
	}
	return false;
}

/* Reports the loop that begins at pc, if it never ends. */
static void check_loop(const struct loops *loops, int pc)
{
	struct lint_flow *w = loops->w;
	int i;

	collect(loops, pc);
	add_leading(loops, loops->back, loops->in);
	for (i = 0; i < loops->n; i++) {
		if (loops->in[i] && (!loops->back[i] || loops->done[i]))
			return;
	}
	for (i = 0; i < loops->n; i++)
		loops->done[i] |= loops->in[i];
	if (ends_by_error(loops))
		return;
	w->walk.pc = pc;
	lint_warn(w, "endless-loop", "nothing ends the loop that begins here: there is no way to a "
		  "'break', 'return' or 'goto' out of it, so it runs until its time is up; give it an end");
}

/* A loop begins where a jump back leads. */
static void check_candidates(const struct loops *loops)
{
	const struct lint_flow *w = loops->w;
	int pc, to[2], n, left = CANDIDATES_MAX;
	uint8_t *is_head = loops->back;

	memset(is_head, 0, loops->n);
	for (pc = 0; pc < loops->n; pc++) {
		if (!(w->marks[pc] & LINT_REACHED) || loops->ends[pc])
			continue;
		for (n = successors(w, pc, to); n > 0; n--)
			is_head[to[n - 1]] |= to[n - 1] <= pc;
	}
	for (n = pc = 0; pc < loops->n; pc++) {
		if (is_head[pc] && n < left)
			loops->queue[loops->n + n++] = pc;
	}
	for (left = 0; left < n && w->walk.steps; left++) {
		if (!loops->done[loops->queue[loops->n + left]])
			check_loop(loops, loops->queue[loops->n + left]);
	}
}

void lint_check_loops(struct lint_flow *w)
{
	int n = w->walk.p->sizecode, pc;
	struct loops loops = { .w = w, .n = n };
	uint8_t *bytes = calloc(n, 4);
	bool endless = false;

	loops.queue = calloc(n + CANDIDATES_MAX, sizeof(*loops.queue));
	if (!bytes || !loops.queue) {
		w->l->failed = true;
		goto out;
	}
	loops.ends = bytes;
	loops.in = bytes + n;
	loops.back = bytes + 2 * n;
	loops.done = bytes + 3 * n;
	for (pc = 0; pc < n; pc++)
		loops.ends[pc] = !(w->marks[pc] & LINT_REACHED) || w->marks[pc] & LINT_LEAVES;
	add_leading(&loops, loops.ends, NULL);
	for (pc = 0; pc < n; pc++)
		endless |= !loops.ends[pc];
	if (endless)
		check_candidates(&loops);
out:
	free(bytes);
	free(loops.queue);
}
