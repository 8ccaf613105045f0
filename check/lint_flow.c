/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Follows the code of a function along all of its paths. In place of values, registers have what is known of them; where
 * paths meet, what holds on all of them. When that changes no more, a last pass goes through the code and reports.
 */
#include <stdlib.h>
#include <string.h>

#include "lint_internals.h"
#include "ldebug.h"

#define STEPS_MAX	8000000UL		/* instructions that are followed in a function */
#define STATES_MAX	((size_t)64 << 20)	/* bytes that the states of one function may take */

struct lint_block {
	struct lint_value *in;	/* registers when it begins; NULL: no path comes here */
	uint64_t seen;
	bool begins;		/* a block begins here: a jump leads here, or the instruction before always jumps */
	bool changed;
};

/*
 * Paths.
 */

/* A path leads to pc: joins the registers with what is known there. */
static void flow_to(struct lint_flow *w, int pc)
{
	struct lint_block *b;
	int i;

	if (pc < 0 || pc >= w->p->sizecode)
		return;
	if (w->report) {
		if (pc == w->p->sizecode - 1 && w->nfrom <= LINT_LINES_MAX) {
			int line = luaG_getfuncline(w->p, w->pc);

			for (i = 0; i < w->nfrom && w->from[i] != line; i++)
				;
			if (i == w->nfrom)
				w->from[w->nfrom++] = line;
		}
		return;
	}
	lint_spend(w, w->nregs);
	b = &w->blocks[pc];
	if (!b->in) {
		size_t size = w->nregs * sizeof(*b->in);

		w->states += size;
		b->in = w->states <= STATES_MAX ? malloc(size) : NULL;
		if (!b->in) {
			w->steps = 0;
			return;
		}
		memcpy(b->in, w->reg, size);
		b->seen = w->seen;
		b->changed = true;
		return;
	}
	if (w->seen & ~b->seen) {
		b->seen |= w->seen;
		b->changed = true;
	}
	for (i = 0; i < w->nregs; i++) {
		struct lint_value v = lint_join(b->in[i], w->reg[i]);

		if (!lint_same(v, b->in[i])) {
			b->in[i] = v;
			b->changed = true;
		}
	}
}

int lint_jump(const Proto *p, int pc, bool *next)
{
	Instruction i = p->code[pc];
	OpCode op = GET_OPCODE(i);

	*next = true;
	if (testTMode(op))
		return pc + 2;
	switch (op) {
	case OP_JMP:
		*next = false;
		return pc + 1 + GETARG_sJ(i);
	case OP_LFALSESKIP:
		*next = false;
		return pc + 2;
	case OP_FORLOOP:
	case OP_TFORLOOP:
		return pc + 1 - GETARG_Bx(i);
	case OP_FORPREP:
		return pc + 2 + GETARG_Bx(i);
	case OP_TFORPREP:
		*next = false;
		return pc + 1 + GETARG_Bx(i);
	case OP_RETURN:
	case OP_RETURN0:
	case OP_RETURN1:
	case OP_TAILCALL:
		*next = false;
		return -1;
	default:
		return -1;
	}
}

/*
 * After a comparison the next instruction follows, which is a jump, or the one behind it. On each of these ways it is known
 * how the comparison came out.
 */
static void branch(struct lint_flow *w, Instruction i)
{
	struct lint_value before[LINT_REGISTERS];
	uint64_t seen = w->seen;
	size_t size = w->nregs * sizeof(before[0]);

	if (!lint_can_learn(w, i)) {
		flow_to(w, w->pc + 2);
		return;
	}
	lint_spend(w, w->nregs);
	memcpy(before, w->reg, size);
	lint_learn(w, i, true);
	flow_to(w, w->pc + 2);
	memcpy(w->reg, before, size);
	w->seen = seen;
	lint_learn(w, i, false);
}

static void run_block(struct lint_flow *w, int pc)
{
	bool next, goes_on;
	int to;

	memcpy(w->reg, w->blocks[pc].in, w->nregs * sizeof(w->reg[0]));
	w->seen = w->blocks[pc].seen;
	for (;; pc++) {
		Instruction i = w->p->code[pc];

		if (!w->steps)
			return;
		lint_spend(w, 1);
		w->pc = pc;
		if (w->report)
			lint_mark_way(w, i);
		goes_on = lint_run(w, i);
		if (!goes_on) {
			w->marks[pc] |= LINT_LEAVES;
			return;
		}
		to = lint_jump(w->p, pc, &next);
		if (testTMode(GET_OPCODE(i)))
			branch(w, i);
		else if (to >= 0)
			flow_to(w, to);
		if (!next)
			return;
		if (GET_OPCODE(i) == OP_TESTSET)
			lint_set(w, GETARG_A(i), lint_get(w, GETARG_B(i)));
		if (pc + 1 >= w->p->sizecode)
			return;
		if (w->blocks[pc + 1].begins || w->report)
			flow_to(w, pc + 1);
		if (w->blocks[pc + 1].begins)
			return;
	}
}

/* Blocks begin where jumps end, and behind them. */
static void find_blocks(struct lint_flow *w)
{
	bool next;
	int pc, to;

	w->blocks[0].begins = true;
	for (pc = 0; pc < w->p->sizecode; pc++) {
		to = lint_jump(w->p, pc, &next);
		if (to >= 0 && to < w->p->sizecode)
			w->blocks[to].begins = true;
		if ((to >= 0 || !next) && pc + 1 < w->p->sizecode)
			w->blocks[pc + 1].begins = true;
	}
}

static void begin(struct lint_flow *w)
{
	int i;

	for (i = 0; i < w->nregs; i++)
		w->reg[i] = i < w->p->numparams ? lint_any : lint_nil;
	if (w->f->is_handler && w->p->numparams) {
		w->reg[0] = lint_pointer(LINT_VIEW, &ps_proto_raw);
		w->reg[0].whole = true;
	}
	flow_to(w, 0);
}

/* A function is too big to be followed: nothing is known of it. If all steps are used up, that is told once for the rest. */
static void too_complex(struct lint_flow *w)
{
	struct lint *l = w->l;

	w->f->returns = w->f->gives_value = w->f->may_leave = true;
	if (!l->report || l->gave_up)
		return;
	l->gave_up = !l->steps;
	lint_add(l, w->p->linedefined, PS_NOTE, "too-complex",
		 l->gave_up ? "the script is too big to be followed from here on: it is not checked" :
			      "this function is too big to be followed: it is not checked");
}

/* The last pass: what is known is complete. */
static void report(struct lint_flow *w)
{
	int pc;

	w->report = true;
	for (pc = 0; pc < w->p->sizecode; pc++) {
		if (w->blocks[pc].in)
			run_block(w, pc);
	}
	if (w->steps)
		lint_check_loops(w);
}

static void settle(struct lint_flow *w)
{
	bool changed = true;
	int pc;

	while (changed && w->steps) {
		changed = false;
		for (pc = 0; pc < w->p->sizecode; pc++) {
			if (!w->blocks[pc].changed)
				continue;
			w->blocks[pc].changed = false;
			changed = true;
			run_block(w, pc);
		}
	}
}

void lint_follow(struct lint *l, struct lint_function *f)
{
	struct lint_flow *w = calloc(1, sizeof(*w));
	unsigned long budget = l->steps < STEPS_MAX ? l->steps : STEPS_MAX;
	int pc;

	if (w) {
		w->blocks = calloc(f->p->sizecode, sizeof(*w->blocks));
		w->marks = calloc(f->p->sizecode, sizeof(*w->marks) + sizeof(*w->pairs));
	}
	if (!w || !w->blocks || !w->marks) {
		l->failed = true;
		goto out;
	}
	w->l = l;
	w->f = f;
	w->p = f->p;
	w->pairs = w->marks + f->p->sizecode;
	w->nregs = f->p->maxstacksize;
	w->steps = budget;
	find_blocks(w);
	begin(w);
	settle(w);
	if (w->steps && l->report)
		report(w);
	l->steps -= budget - w->steps;
	f->may_leave = w->may_leave;
	if (!w->steps)
		too_complex(w);

	for (pc = 0; pc < w->p->sizecode; pc++)
		free(w->blocks[pc].in);
out:
	if (w) {
		free(w->blocks);
		free(w->marks);
	}
	free(w);
}
