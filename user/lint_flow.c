/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Follows the code of a function along all of its paths, with what is known of each register
 * in place of its value. Where paths meet, only what holds on both is kept. When nothing
 * changes any more, the code is gone through once again, and now what is found is reported.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lint_inside.h"
#include "ldebug.h"

#define STEPS_MAX	8000000UL		/* instructions that are followed in a function */
#define STATES_MAX	((size_t)64 << 20)	/* bytes that the states of one function may take */

struct lint_block {
	struct lint_value *in;	/* registers when it begins; NULL: no path comes here */
	bool begins;		/* a jump ends here, or code begins that only a jump reaches */
	bool changed;
};

static void set(struct lint_flow *w, int r, struct lint_value v)
{
	if (r < w->nregs)
		w->reg[r] = v;
}

static void spend(struct lint_flow *w, unsigned long steps)
{
	w->steps -= steps < w->steps ? steps : w->steps;
}

static void set_any(struct lint_flow *w, int first, int last)
{
	for (; first <= last && first < w->nregs; first++)
		set(w, first, lint_any);
}

static void escape_from(struct lint_flow *w, int first, int last)
{
	for (; first <= last && first < w->nregs; first++)
		lint_escape(w, lint_get(w, first));
}

/* How many arguments the call at register a has, as operand b tells. -1: not known. */
static int count_arguments(const struct lint_flow *w, int a, int b)
{
	return b ? b - 1 : w->top > a ? w->top - a - 1 : -1;
}

static void run_call(struct lint_flow *w, Instruction i, bool *ends)
{
	int a = GETARG_A(i), b = GETARG_B(i), c = GETARG_C(i);
	struct lint_value result = lint_call(w, a, count_arguments(w, a, b), ends);

	escape_from(w, a + 1, b ? a + b - 1 : w->nregs - 1);
	if (!c) {
		w->top = result.kind == LINT_ANY || result.kind == LINT_NIL ? -1 : a + 1;
		set_any(w, a, w->nregs - 1);
		set(w, a, result);
		return;
	}
	set_any(w, a + 1, a + c - 2);
	if (c > 1)
		set(w, a, result);
}

/*
 * Inner functions: what the variables of this one that they use are, if those get no second value.
 */
static int variable_at(const Proto *p, int reg, int pc)
{
	int i;

	for (i = 0; i < p->sizelocvars && p->locvars[i].startpc <= pc; i++) {
		if (pc < p->locvars[i].endpc && reg-- == 0)
			return i;
	}
	return -1;
}

static struct lint_value captured(struct lint_flow *w, const Upvaldesc *up, int a,
				  struct lint_function *inner)
{
	struct lint_value v;
	int variable;

	if (!up->instack)
		return w->f->upvalues[up->idx];
	v = up->idx == a ? lint_pointer(LINT_FUNCTION, inner) : lint_get(w, up->idx);
	spend(w, w->p->sizelocvars / 64);
	variable = variable_at(w->p, up->idx, w->pc + 1);
	if (variable >= 0 && !w->f->reassigned[variable] && !lint_bit(w->f->shared, up->idx))
		return v;
	lint_escape(w, v);
	return lint_any;
}

static void run_closure(struct lint_flow *w, Instruction i)
{
	struct lint_function *inner = w->f->inner + GETARG_Bx(i);
	int n;

	for (n = 0; n < inner->p->sizeupvalues; n++)
		inner->upvalues[n] =
			lint_join(inner->upvalues[n],
				  captured(w, &inner->p->upvalues[n], GETARG_A(i), inner));
	set(w, GETARG_A(i), lint_pointer(LINT_FUNCTION, inner));
}

/*
 * Returns.
 */
static bool is_verdict(lua_Integer i)
{
	uint16_t queue;

	return ps_verdict_of(i, &queue) != PS_VERDICT_ERROR;
}

/* "after line 3 or 7" */
static void list_lines(const struct lint_flow *w, char *to, size_t size)
{
	int i;

	to[0] = 0;
	for (i = 0; i < w->nfrom && i < LINT_LINES_MAX; i++) {
		size_t used = strlen(to);

		snprintf(to + used, size - used, "%s%d", i ? " or " : " after line ", w->from[i]);
	}
	if (w->nfrom > LINT_LINES_MAX)
		strncat(to, " or others", size - strlen(to) - 1);
}

static void no_value(struct lint_flow *w)
{
	const char *name = w->f->name ? getstr(w->f->name) : "the handler";
	char lines[96] = "";

	w->f->returns = true;
	if (!w->f->is_handler)
		return;
	if (w->pc == w->p->sizecode - 1) {
		list_lines(w, lines, sizeof(lines));
		lint_warn(w, "no-verdict",
			  "'%.60s' can end here%s without a verdict, which is an error of the "
			  "script: end it with 'return XT_CONTINUE', or the like",
			  name, lines);
	} else {
		lint_warn(w, "no-verdict",
			  "'%.60s' returns nothing here: a handler returns a verdict "
			  "(NF_DROP, XT_CONTINUE)",
			  name);
	}
}

static void run_return(struct lint_flow *w, struct lint_value v)
{
	w->f->returns = true;
	switch (v.kind) {
	case LINT_ANY:
	case LINT_NUMBER:
		w->f->gives_value = true;
		return;
	case LINT_INTEGER:
		if (is_verdict(v.i)) {
			w->f->gives_value = w->f->gives_verdict = true;
			return;
		}
		break;
	case LINT_VALUE:
		if (!lint_is_text(v)) {
			w->f->gives_value = true;
			return;
		}
		break;
	default:
		break;
	}
	if (w->f->is_handler)
		lint_warn(w, "bad-verdict",
			  "'%.60s' returns %s, which is no verdict: there are NF_DROP, "
			  "NF_ACCEPT, NF_STOLEN, NF_QUEUE, NF_REPEAT, XT_CONTINUE, XT_RETURN",
			  getstr(w->f->name), lint_describe(v).text);
}

/*
 * The way of the code.
 */

/* Adds the registers to what is known at an instruction where paths may meet. */
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
	spend(w, w->nregs);
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
		b->changed = true;
		return;
	}
	for (i = 0; i < w->nregs; i++) {
		struct lint_value v = lint_join(b->in[i], w->reg[i]);

		if (v.kind != b->in[i].kind || v.i != b->in[i].i) {
			b->in[i] = v;
			b->changed = true;
		}
	}
}

/* Where the instruction goes if not to the next one, or -1; *next: whether it may go there too. */
static int jump_of(const Proto *p, int pc, bool *next)
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

static void run_compare(struct lint_flow *w, Instruction i)
{
	struct lint_value a = lint_get(w, GETARG_A(i));
	int b = GETARG_B(i);

	switch (GET_OPCODE(i)) {
	case OP_EQ:
		lint_check_equal(w, a, lint_get(w, b));
		break;
	case OP_EQK:
		lint_check_equal(w, a, lint_constant(&w->p->k[b]));
		break;
	case OP_EQI:
		lint_check_equal(w, a, lint_integer(GETARG_sB(i)));
		break;
	case OP_LT:
	case OP_LE:
		lint_check_order(w, a, lint_get(w, b));
		break;
	case OP_LTI:
	case OP_LEI:
	case OP_GTI:
	case OP_GEI:
		lint_check_order(w, a, lint_integer(GETARG_sB(i)));
		break;
	default:
		break;
	}
}

static void run_arithmetic(struct lint_flow *w, Instruction i)
{
	OpCode op = GET_OPCODE(i);

	lint_check_float(w, op);
	lint_check_operand(w, lint_get(w, GETARG_B(i)), "arithmetic");
	if (op >= OP_ADD && op <= OP_SHR)
		lint_check_operand(w, lint_get(w, GETARG_C(i)), "arithmetic");
	set(w, GETARG_A(i), lint_any);
}

static void run_concat(struct lint_flow *w, Instruction i)
{
	int a = GETARG_A(i), r;

	for (r = a; r < a + GETARG_B(i); r++) {
		struct lint_value v = lint_get(w, r);

		if (v.kind == LINT_VIEW || v.kind == LINT_FIELD)
			lint_check_operand(w, v, "'..'");
	}
	set(w, a, lint_any);
}

static struct lint_value rk(const struct lint_flow *w, Instruction i)
{
	return TESTARG_k(i) ? lint_constant(&w->p->k[GETARG_C(i)]) : lint_get(w, GETARG_C(i));
}

/* What an instruction does to the registers. False: the path ends here. */
static bool run(struct lint_flow *w, Instruction i)
{
	int a = GETARG_A(i), b = GETARG_B(i), c = GETARG_C(i);
	const TValue *k = w->p->k;
	struct lint_value v, key;
	bool ends = false;

	switch (GET_OPCODE(i)) {
	case OP_MOVE:
		set(w, a, lint_get(w, b));
		break;
	case OP_LOADI:
		set(w, a, lint_integer(GETARG_sBx(i)));
		break;
	case OP_LOADK:
		set(w, a, lint_constant(&k[GETARG_Bx(i)]));
		break;
	case OP_LOADKX:
		set(w, a, lint_constant(&k[GETARG_Ax(w->p->code[w->pc + 1])]));
		break;
	case OP_LOADFALSE:
	case OP_LFALSESKIP:
	case OP_LOADTRUE:
		v = lint_boolean;
		v.i = GET_OPCODE(i) == OP_LOADTRUE;
		set(w, a, v);
		break;
	case OP_NOT:
		set(w, a, lint_boolean);
		break;
	case OP_LOADNIL:
		for (; b >= 0; b--)
			set(w, a + b, lint_nil);
		break;
	case OP_GETUPVAL:
		set(w, a, w->f->upvalues[b]);
		break;
	case OP_SETUPVAL:
		lint_escape(w, lint_get(w, a));
		break;
	case OP_GETTABUP:
		set(w, a, lint_read_name(w, w->f->upvalues[b], tsvalue(&k[c]), false));
		break;
	case OP_GETTABLE:
		set(w, a, lint_read_index(w, lint_get(w, b), lint_get(w, c)));
		break;
	case OP_GETFIELD:
		set(w, a, lint_read_name(w, lint_get(w, b), tsvalue(&k[c]), false));
		break;
	case OP_SETTABUP:
		lint_write_name(w, w->f->upvalues[a], tsvalue(&k[b]), rk(w, i));
		break;
	case OP_SETTABLE:
		lint_write_index(w, lint_get(w, a), lint_get(w, b), rk(w, i));
		break;
	case OP_SETI:
		lint_write_index(w, lint_get(w, a), lint_integer(b), rk(w, i));
		break;
	case OP_SETFIELD:
		lint_write_name(w, lint_get(w, a), tsvalue(&k[b]), rk(w, i));
		break;
	case OP_NEWTABLE:
		set(w, a, lint_plain(LINT_TABLE));
		break;
	case OP_SELF:
		v = lint_get(w, b);
		key = rk(w, i);
		set(w, a + 1, v);
		set(w, a,
		    key.kind == LINT_STRING ? lint_read_name(w, v, key.string, true) : lint_any);
		break;
	case OP_CONCAT:
		run_concat(w, i);
		break;
	case OP_TESTSET: /* sets the register only if it jumps: see run_block() */
	case OP_EQ:
	case OP_LT:
	case OP_LE:
	case OP_EQK:
	case OP_EQI:
	case OP_LTI:
	case OP_LEI:
	case OP_GTI:
	case OP_GEI:
		run_compare(w, i);
		break;
	case OP_CALL:
		run_call(w, i, &ends);
		return !ends;
	case OP_TAILCALL:
		v = lint_call(w, a, count_arguments(w, a, b), &ends);
		escape_from(w, a + 1, b ? a + b - 1 : w->nregs - 1);
		if (!ends)
			run_return(w, v);
		return false;
	case OP_RETURN:
		escape_from(w, a, b ? a + b - 2 : w->nregs - 1);
		if (b == 1)
			no_value(w);
		else
			run_return(w, b || w->top > a ? lint_get(w, a) : lint_any);
		return false;
	case OP_RETURN0:
		no_value(w);
		return false;
	case OP_RETURN1:
		lint_escape(w, lint_get(w, a));
		run_return(w, lint_get(w, a));
		return false;
	case OP_FORPREP:
	case OP_FORLOOP:
		set_any(w, a, a + 3);
		break;
	case OP_TFORCALL:
		escape_from(w, a, a + 2);
		set_any(w, a + 4, a + 3 + c);
		break;
	case OP_TFORLOOP:
		set(w, a + 2, lint_any);
		break;
	case OP_SETLIST:
		escape_from(w, a + 1, b ? a + b : w->nregs - 1);
		break;
	case OP_CLOSURE:
		run_closure(w, i);
		break;
	case OP_VARARG:
		w->top = -1;
		set_any(w, a, c ? a + c - 2 : w->nregs - 1);
		break;
	case OP_UNM:
	case OP_BNOT:
		lint_check_operand(w, lint_get(w, b), "arithmetic");
		set(w, a, lint_any);
		break;
	default:
		if (GET_OPCODE(i) >= OP_ADDI && GET_OPCODE(i) <= OP_SHR)
			run_arithmetic(w, i);
		else if (testAMode(GET_OPCODE(i)))
			set(w, a, lint_any);
	}
	return true;
}

static void run_block(struct lint_flow *w, int pc)
{
	bool next;
	int to;

	memcpy(w->reg, w->blocks[pc].in, w->nregs * sizeof(w->reg[0]));
	for (;; pc++) {
		Instruction i = w->p->code[pc];

		if (!w->steps)
			return;
		spend(w, 1);
		w->pc = pc;
		if (!run(w, i))
			return;
		to = jump_of(w->p, pc, &next);
		if (to >= 0)
			flow_to(w, to);
		if (!next)
			return;
		if (GET_OPCODE(i) == OP_TESTSET)
			set(w, GETARG_A(i), lint_get(w, GETARG_B(i)));
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
		to = jump_of(w->p, pc, &next);
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
	if (w->f->is_handler && w->p->numparams)
		w->reg[0] = lint_pointer(LINT_VIEW, &ps_proto_raw);
	flow_to(w, 0);
}

/* Nothing is known of a function that is too big. It is said once if that is so of all that is left. */
static void too_complex(struct lint_flow *w)
{
	struct lint *l = w->l;

	w->f->returns = w->f->gives_value = true;
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

	if (w)
		w->blocks = calloc(f->p->sizecode, sizeof(*w->blocks));
	if (!w || !w->blocks) {
		l->failed = true;
		free(w);
		return;
	}
	w->l = l;
	w->f = f;
	w->p = f->p;
	w->nregs = f->p->maxstacksize;
	w->steps = budget;
	find_blocks(w);
	begin(w);
	settle(w);
	if (w->steps && l->report)
		report(w);
	l->steps -= budget - w->steps;
	if (!w->steps)
		too_complex(w);

	for (pc = 0; pc < w->p->sizecode; pc++)
		free(w->blocks[pc].in);
	free(w->blocks);
	free(w);
}
