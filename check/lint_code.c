/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Looks at each instruction on the paths of a function.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lint_internals.h"
#include "ldebug.h"

#define STEPS_MAX	8000000UL		/* instructions that are followed in a function */
#define STATES_MAX	((size_t)64 << 20)	/* bytes that its registers may take, where paths meet */

int lint_indexed(Instruction i)
{
	switch (GET_OPCODE(i)) {
	case OP_GETTABLE:
	case OP_GETI:
	case OP_GETFIELD:
	case OP_SELF:
	case OP_LEN:
		return GETARG_B(i);
	case OP_SETTABLE:
	case OP_SETI:
	case OP_SETFIELD:
		return GETARG_A(i);
	default:
		return -1;
	}
}

int lint_numbers(Instruction i, int to[3])
{
	switch (GET_OPCODE(i)) {
	case OP_ADDI ... OP_SHLI:
	case OP_UNM:
	case OP_BNOT:
		to[0] = GETARG_B(i);
		return 1;
	case OP_ADD ... OP_SHR:
		to[0] = GETARG_B(i);
		to[1] = GETARG_C(i);
		return 2;
	case OP_LT:
	case OP_LE:
		to[0] = GETARG_A(i);
		to[1] = GETARG_B(i);
		return 2;
	case OP_LTI ... OP_GEI:
		to[0] = GETARG_A(i);
		return 1;
	case OP_FORPREP:
		to[0] = GETARG_A(i);
		to[1] = GETARG_A(i) + 1;
		to[2] = GETARG_A(i) + 2;
		return 3;
	default:
		return 0;
	}
}

static void escape_from(struct lint_flow *w, int first, int last)
{
	for (; first <= last && first < w->walk.nregs; first++)
		lint_escape(w, lint_get(w, first));
}

/* A constant, or what the register has. */
static struct ps_known rk(const struct lint_flow *w, Instruction i)
{
	return TESTARG_k(i) ? ps_known_constant(&w->walk.p->k[GETARG_C(i)]) : lint_get(w, GETARG_C(i));
}

static TString *name_at(const struct lint_flow *w, int k)
{
	return tsvalue(&w->walk.p->k[k]);
}

/*
 * Inner functions: what is known of the variables of this function that they use, if these are assigned only once.
 */
int lint_variable(const Proto *p, int reg, int pc)
{
	int i;

	for (i = 0; i < p->sizelocvars && p->locvars[i].startpc <= pc; i++) {
		if (pc < p->locvars[i].endpc && reg-- == 0)
			return i;
	}
	return -1;
}

static struct ps_known captured(struct lint_flow *w, const Upvaldesc *up, int a,
				  struct lint_function *inner)
{
	struct ps_known v;
	int variable;

	if (!up->instack)
		return w->f->upvalues[up->idx];
	v = up->idx == a ? ps_known_as(PS_KIND_FUNCTION, inner) : lint_get(w, up->idx);
	lint_expose(w, v);
	v.origin = 0;
	v.lasts = v.kind == PS_KIND_TABLE && w->f == w->l->functions;
	ps_walk_spend(&w->walk, w->walk.p->sizelocvars / 64);
	variable = lint_variable(w->walk.p, up->idx, w->walk.pc + 1);
	if (variable >= 0 && !w->f->reassigned[variable] && !lint_bit(w->f->shared, up->idx))
		return v;
	lint_escape(w, v);
	return ps_known_any;
}

static struct ps_known close_over(struct ps_walk *walk, Instruction i)
{
	struct lint_flow *w = (struct lint_flow *)walk;
	struct lint_function *inner = w->f->inner + GETARG_Bx(i);
	int n;

	inner->is_caught |= w->f->is_caught;
	for (n = 0; n < inner->p->sizeupvalues; n++)
		inner->upvalues[n] =
			ps_known_join(inner->upvalues[n],
				  captured(w, &inner->p->upvalues[n], GETARG_A(i), inner));
	return ps_known_as(PS_KIND_FUNCTION, inner);
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
	if (!w->f->is_handler || w->f->is_match)	/* nothing is nil, which is no match */
		return;
	if (w->walk.pc == w->walk.p->sizecode - 1) {
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

/* What a match returns. */
static void answer(struct lint_flow *w, struct ps_known v)
{
	if (v.kind != PS_KIND_ANY && v.kind != PS_KIND_BOOLEAN && v.kind != PS_KIND_NIL)
		lint_warn(w, "bad-answer",
			  "'%.60s' returns %s, where a match returns true or false: compare it, as in 'return x ~= nil'",
			  getstr(w->f->name), lint_describe(v).text);
}

static void value(struct lint_flow *w, struct ps_known v)
{
	w->f->returns = true;
	if (w->f == w->l->functions)
		w->l->gives = ps_known_join(w->l->gives, v);
	if (w->f->is_match) {
		answer(w, v);
		return;
	}
	switch (v.kind) {
	case PS_KIND_ANY:
	case PS_KIND_NUMBER:
		w->f->gives_value = true;
		return;
	case PS_KIND_INTEGER:
		if (is_verdict(v.i)) {
			w->f->gives_value = w->f->gives_verdict = true;
			return;
		}
		break;
	case PS_KIND_VALUE:
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
			  "NF_ACCEPT, NF_STOLEN, NF_QUEUE, NF_REPEAT, XT_CONTINUE, XT_RETURN, NF_TX, NF_REDIRECT",
			  getstr(w->f->name), lint_describe(v).text);
}

static void look_at_return(struct lint_flow *w, Instruction i)
{
	int a = GETARG_A(i), b = GETARG_B(i);

	if (GET_OPCODE(i) != OP_RETURN)
		b = GET_OPCODE(i) == OP_RETURN0 ? 1 : 2;
	escape_from(w, a, b ? a + b - 2 : w->walk.nregs - 1);
	if (b == 1)
		no_value(w);
	else
		value(w, b || w->walk.top > a ? lint_get(w, a) : ps_known_any);
	w->marks[w->walk.pc] |= LINT_LEAVES;
}

static bool call(struct ps_walk *walk, struct ps_call *call)
{
	struct lint_flow *w = (struct lint_flow *)walk;
	Instruction i = walk->p->code[walk->pc];
	int a = GETARG_A(i), b = GETARG_B(i);
	bool is_tail = GET_OPCODE(i) == OP_TAILCALL, returns = lint_call(w, call);

	escape_from(w, a + 1, b ? a + b - 1 : walk->nregs - 1);
	if (is_tail && returns)
		value(w, call->results[0]);
	if (is_tail || !returns)
		w->marks[walk->pc] |= LINT_LEAVES;
	return returns;
}

/*
 * Instructions.
 */
static void look_at_comparison(struct lint_flow *w, Instruction i)
{
	struct ps_known a = lint_get(w, GETARG_A(i)), b = ps_known_integer(GETARG_sB(i));

	switch (GET_OPCODE(i)) {
	case OP_EQ:
		b = lint_get(w, GETARG_B(i));
		lint_check_equal(w, a, b);
		lint_forget(w, a);	/* the script may know that the other value is not nil */
		lint_forget(w, b);
		break;
	case OP_EQK:
		lint_check_equal(w, a, ps_known_constant(&w->walk.p->k[GETARG_B(i)]));
		break;
	case OP_EQI:
		lint_check_equal(w, a, b);
		break;
	case OP_LT:
	case OP_LE:
		lint_check_order(w, a, lint_get(w, GETARG_B(i)));
		break;
	default:
		lint_check_order(w, a, b);
	}
}

static void look_at_arithmetic(struct lint_flow *w, Instruction i)
{
	int operands[3], n = lint_numbers(i, operands), j;

	lint_check_float(w, GET_OPCODE(i));
	for (j = 0; j < n; j++)
		lint_check_operand(w, lint_get(w, operands[j]), "arithmetic");
}

static void look_at_concatenation(struct lint_flow *w, Instruction i)
{
	int r, end = GETARG_A(i) + GETARG_B(i);

	for (r = GETARG_A(i); r < end; r++) {
		struct ps_known v = lint_get(w, r);

		if (v.kind == PS_KIND_VIEW || v.kind == PS_KIND_FIELD)
			lint_check_operand(w, v, "'..'");
	}
}

static void look(struct ps_walk *walk, Instruction i)
{
	struct lint_flow *w = (struct lint_flow *)walk;
	int a = GETARG_A(i), b = GETARG_B(i), indexed = lint_indexed(i);

	if (walk->is_last)
		lint_mark_way(w, i);
	if (indexed >= 0)
		lint_use(w, indexed);
	switch (GET_OPCODE(i)) {
	case OP_SETUPVAL:
		lint_escape(w, lint_get(w, a));
		break;
	case OP_GETTABLE:
		lint_check_key(w, lint_get(w, b), lint_get(w, GETARG_C(i)));
		break;
	case OP_SETTABUP:
		lint_write_name(w, w->f->upvalues[a], name_at(w, b), rk(w, i));
		break;
	case OP_SETFIELD:
		lint_write_name(w, lint_get(w, a), name_at(w, b), rk(w, i));
		break;
	case OP_SETI:
		lint_write_index(w, lint_get(w, a), ps_known_integer(b), rk(w, i));
		break;
	case OP_SETTABLE:
		lint_write_index(w, lint_get(w, a), lint_get(w, b), rk(w, i));
		break;
	case OP_SETLIST:
		escape_from(w, a + 1, b ? a + b : walk->nregs - 1);
		break;
	case OP_NOT:
		lint_forget(w, lint_get(w, b));
		break;
	case OP_LEN:
		lint_look_at_size(w);
		break;
	case OP_CONCAT:
		look_at_concatenation(w, i);
		break;
	case OP_EQ ... OP_GEI:
		look_at_comparison(w, i);
		break;
	case OP_TFORCALL:
		escape_from(w, a, a + 2);
		w->marks[walk->pc] |= LINT_LEAVES;	/* what the iterator does is not known */
		w->may_leave = true;
		break;
	case OP_RETURN:
	case OP_RETURN0:
	case OP_RETURN1:
		look_at_return(w, i);
		break;
	case OP_FORPREP:
		break;
	default:
		look_at_arithmetic(w, i);
	}
}

static void test(struct ps_walk *walk, struct ps_known v)
{
	lint_forget((struct lint_flow *)walk, v);
}

/* Takes note of the lines from which the end is reached. */
static void lead(struct ps_walk *walk, int pc)
{
	struct lint_flow *w = (struct lint_flow *)walk;
	int line = luaG_getfuncline(walk->p, walk->pc), i;

	if (pc != walk->p->sizecode - 1 || w->nfrom > LINT_LINES_MAX)
		return;
	for (i = 0; i < w->nfrom && w->from[i] != line; i++)
		;
	if (i == w->nfrom)
		w->from[w->nfrom++] = line;
}

/*
 * Functions.
 */

/* A function is too big to be followed: nothing is known of it. If all steps are used up, that is told once for the rest. */
static void too_complex(struct lint *l, struct lint_function *f)
{
	f->returns = f->gives_value = f->may_leave = true;
	if (!l->report || l->gave_up)
		return;
	l->gave_up = !l->steps;
	lint_add(l, f->p->linedefined, PS_NOTE, "too-complex",
		 l->gave_up ? "the script is too big to be followed from here on: it is not checked" :
			      "this function is too big to be followed: it is not checked");
}

void lint_follow(struct lint *l, struct lint_function *f)
{
	static const struct ps_walker checker = { look, lint_read, call, close_over, test, lead };
	const unsigned long budget = l->steps < STEPS_MAX ? l->steps : STEPS_MAX;
	const struct ps_known packet = { .kind = PS_KIND_VIEW, .whole = true, .proto = ps_givens[l->options->given].proto };
	struct lint_flow w = {
		.walk = { .by = &checker, .registry = &l->script.bind.registry, .p = f->p, .upvalues = f->upvalues, .shared = f->shared, .active = f->active,
			  .steps = budget, .memory = STATES_MAX, .has_last = l->report },
		.l = l, .f = f, .marks = calloc(f->p->sizecode, sizeof(*w.marks) + sizeof(*w.pairs)),
	};

	w.pairs = w.marks ? w.marks + f->p->sizecode : NULL;
	if (!w.marks || ps_walk_run(&w.walk, &packet, f->is_handler)) {
		l->failed = true;
		free(w.marks);
		return;
	}
	if (w.walk.is_last && w.walk.steps)
		lint_check_loops(&w);
	l->steps -= budget - w.walk.steps;
	f->may_leave = w.may_leave;
	if (!w.walk.steps)
		too_complex(l, f);
	free(w.marks);
}
