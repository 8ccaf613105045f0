/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Does to what is known of the registers what each instruction does to their values.
 */
#include <stdio.h>
#include <string.h>

#include "lint_internals.h"

static void set_any(struct lint_flow *w, int first, int last)
{
	for (; first <= last && first < w->nregs; first++)
		lint_set(w, first, lint_any);
}

static void escape_from(struct lint_flow *w, int first, int last)
{
	for (; first <= last && first < w->nregs; first++)
		lint_escape(w, lint_get(w, first));
}

static struct lint_value constant(const struct lint_flow *w, int k)
{
	return lint_constant(&w->p->k[k]);
}

static struct lint_value rk(const struct lint_flow *w, Instruction i)
{
	return TESTARG_k(i) ? constant(w, GETARG_C(i)) : lint_get(w, GETARG_C(i));
}

/*
 * Loads.
 */
static bool run_move(struct lint_flow *w, Instruction i)
{
	lint_set(w, GETARG_A(i), lint_get(w, GETARG_B(i)));
	return true;
}

static bool run_load_integer(struct lint_flow *w, Instruction i)
{
	lint_set(w, GETARG_A(i), lint_integer(GETARG_sBx(i)));
	return true;
}

static bool run_load_constant(struct lint_flow *w, Instruction i)
{
	bool extra = GET_OPCODE(i) == OP_LOADKX;

	lint_set(w, GETARG_A(i),
		 constant(w, extra ? GETARG_Ax(w->p->code[w->pc + 1]) : GETARG_Bx(i)));
	return true;
}

static bool run_load_boolean(struct lint_flow *w, Instruction i)
{
	struct lint_value v = lint_boolean;

	v.i = GET_OPCODE(i) == OP_LOADTRUE;
	lint_set(w, GETARG_A(i), v);
	return true;
}

static bool run_load_nil(struct lint_flow *w, Instruction i)
{
	int b;

	for (b = GETARG_B(i); b >= 0; b--)
		lint_set(w, GETARG_A(i) + b, lint_nil);
	return true;
}

static bool run_new_table(struct lint_flow *w, Instruction i)
{
	lint_set(w, GETARG_A(i), lint_plain(LINT_TABLE));
	return true;
}

static bool run_vararg(struct lint_flow *w, Instruction i)
{
	int a = GETARG_A(i), c = GETARG_C(i);

	w->top = -1;
	set_any(w, a, c ? a + c - 2 : w->nregs - 1);
	return true;
}

static bool run_get_upvalue(struct lint_flow *w, Instruction i)
{
	lint_set(w, GETARG_A(i), w->f->upvalues[GETARG_B(i)]);
	return true;
}

static bool run_set_upvalue(struct lint_flow *w, Instruction i)
{
	lint_escape(w, lint_get(w, GETARG_A(i)));
	return true;
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

static struct lint_value captured(struct lint_flow *w, const Upvaldesc *up, int a,
				  struct lint_function *inner)
{
	struct lint_value v;
	int variable;

	if (!up->instack)
		return w->f->upvalues[up->idx];
	v = up->idx == a ? lint_pointer(LINT_FUNCTION, inner) : lint_get(w, up->idx);
	lint_expose(w, v);
	v.origin = 0;
	v.lasts = v.kind == LINT_TABLE && w->f == w->l->functions;
	lint_spend(w, w->p->sizelocvars / 64);
	variable = lint_variable(w->p, up->idx, w->pc + 1);
	if (variable >= 0 && !w->f->reassigned[variable] && !lint_bit(w->f->shared, up->idx))
		return v;
	lint_escape(w, v);
	return lint_any;
}

static bool run_closure(struct lint_flow *w, Instruction i)
{
	struct lint_function *inner = w->f->inner + GETARG_Bx(i);
	int n;

	inner->is_caught |= w->f->is_caught;
	for (n = 0; n < inner->p->sizeupvalues; n++)
		inner->upvalues[n] =
			lint_join(inner->upvalues[n],
				  captured(w, &inner->p->upvalues[n], GETARG_A(i), inner));
	lint_set(w, GETARG_A(i), lint_pointer(LINT_FUNCTION, inner));
	return true;
}

/*
 * What is in a table or an object.
 */
static bool run_read_global(struct lint_flow *w, Instruction i)
{
	lint_set(w, GETARG_A(i), lint_read_name(w, w->f->upvalues[GETARG_B(i)],
						tsvalue(&w->p->k[GETARG_C(i)]), false));
	return true;
}

static bool run_read_name(struct lint_flow *w, Instruction i)
{
	int b = GETARG_B(i);

	lint_use(w, b);
	lint_set(w, GETARG_A(i),
		 lint_read_name(w, lint_get(w, b), tsvalue(&w->p->k[GETARG_C(i)]), false));
	return true;
}

static bool run_read_index(struct lint_flow *w, Instruction i)
{
	bool is_integer = GET_OPCODE(i) == OP_GETI;
	int b = GETARG_B(i), c = GETARG_C(i);

	lint_use(w, b);
	lint_set(w, GETARG_A(i), lint_read_index(w, lint_get(w, b),
						 is_integer ? lint_integer(c) : lint_get(w, c)));
	return true;
}

static bool run_read_method(struct lint_flow *w, Instruction i)
{
	int a = GETARG_A(i), b = GETARG_B(i);
	struct lint_value v, key = rk(w, i);

	lint_use(w, b);
	v = lint_get(w, b);
	lint_set(w, a + 1, v);
	lint_set(w, a,
		 key.kind == LINT_STRING ? lint_read_name(w, v, key.string, true) : lint_any);
	return true;
}

static bool run_write_global(struct lint_flow *w, Instruction i)
{
	lint_write_name(w, w->f->upvalues[GETARG_A(i)], tsvalue(&w->p->k[GETARG_B(i)]), rk(w, i));
	return true;
}

static bool run_write_name(struct lint_flow *w, Instruction i)
{
	int a = GETARG_A(i);

	lint_use(w, a);
	lint_write_name(w, lint_get(w, a), tsvalue(&w->p->k[GETARG_B(i)]), rk(w, i));
	return true;
}

static bool run_write_index(struct lint_flow *w, Instruction i)
{
	bool is_integer = GET_OPCODE(i) == OP_SETI;
	int a = GETARG_A(i), b = GETARG_B(i);

	lint_use(w, a);
	lint_write_index(w, lint_get(w, a), is_integer ? lint_integer(b) : lint_get(w, b),
			 rk(w, i));
	return true;
}

static bool run_set_list(struct lint_flow *w, Instruction i)
{
	int a = GETARG_A(i), b = GETARG_B(i);

	escape_from(w, a + 1, b ? a + b : w->nregs - 1);
	return true;
}

/*
 * Operators.
 */
static bool run_compare(struct lint_flow *w, Instruction i)
{
	struct lint_value a = lint_get(w, GETARG_A(i)), b = lint_integer(GETARG_sB(i));

	switch (GET_OPCODE(i)) {
	case OP_EQ:
		b = lint_get(w, GETARG_B(i));
		lint_check_equal(w, a, b);
		lint_forget(w, a);	/* the script may know that the other value is not nil */
		lint_forget(w, b);
		break;
	case OP_EQK:
		lint_check_equal(w, a, constant(w, GETARG_B(i)));
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
	return true;
}

static bool run_not(struct lint_flow *w, Instruction i)
{
	lint_forget(w, lint_get(w, GETARG_B(i)));
	lint_set(w, GETARG_A(i), lint_boolean);
	return true;
}

static bool run_length(struct lint_flow *w, Instruction i)
{
	lint_use(w, GETARG_B(i));
	lint_look_at_size(w);
	lint_set(w, GETARG_A(i), lint_any);
	return true;
}

static bool run_unary(struct lint_flow *w, Instruction i)
{
	lint_check_operand(w, lint_get(w, GETARG_B(i)), "arithmetic");
	lint_set(w, GETARG_A(i), lint_any);
	return true;
}

static bool run_arithmetic(struct lint_flow *w, Instruction i)
{
	OpCode op = GET_OPCODE(i);

	lint_check_float(w, op);
	lint_check_operand(w, lint_get(w, GETARG_B(i)), "arithmetic");
	if (op >= OP_ADD)
		lint_check_operand(w, lint_get(w, GETARG_C(i)), "arithmetic");
	lint_set(w, GETARG_A(i), lint_any);
	return true;
}

static bool run_concat(struct lint_flow *w, Instruction i)
{
	int a = GETARG_A(i), r;

	for (r = a; r < a + GETARG_B(i); r++) {
		struct lint_value v = lint_get(w, r);

		if (v.kind == LINT_VIEW || v.kind == LINT_FIELD)
			lint_check_operand(w, v, "'..'");
	}
	lint_set(w, a, lint_any);
	return true;
}

/*
 * Loops.
 */
static bool run_count(struct lint_flow *w, Instruction i)
{
	set_any(w, GETARG_A(i), GETARG_A(i) + 3);
	return true;
}

static bool run_iterate(struct lint_flow *w, Instruction i)
{
	int a = GETARG_A(i);

	escape_from(w, a, a + 2);
	set_any(w, a + 4, a + 3 + GETARG_C(i));
	w->marks[w->pc] |= LINT_LEAVES;	/* what the iterator does is not known */
	w->may_leave = true;
	return true;
}

static bool run_iterate_on(struct lint_flow *w, Instruction i)
{
	lint_set(w, GETARG_A(i) + 2, lint_any);
	return true;
}

/*
 * Calls and returns.
 */

/* How many arguments the call at register a has, by its operand b; -1: not known. */
static int count_arguments(const struct lint_flow *w, int a, int b)
{
	return b ? b - 1 : w->top > a ? w->top - a - 1 : -1;
}

static bool run_call(struct lint_flow *w, Instruction i)
{
	int a = GETARG_A(i), b = GETARG_B(i), c = GETARG_C(i);
	bool ends;
	struct lint_value result = lint_call(w, a, count_arguments(w, a, b), &ends);

	escape_from(w, a + 1, b ? a + b - 1 : w->nregs - 1);
	if (!c) {
		w->top = result.kind == LINT_ANY || result.kind == LINT_NIL ? -1 : a + 1;
		set_any(w, a, w->nregs - 1);
		lint_set(w, a, result);
		return !ends;
	}
	set_any(w, a + 1, a + c - 2);
	if (c > 1)
		lint_set(w, a, result);
	return !ends;
}

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

static void value(struct lint_flow *w, struct lint_value v)
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

static bool run_tail_call(struct lint_flow *w, Instruction i)
{
	int a = GETARG_A(i), b = GETARG_B(i);
	bool ends;
	struct lint_value v = lint_call(w, a, count_arguments(w, a, b), &ends);

	escape_from(w, a + 1, b ? a + b - 1 : w->nregs - 1);
	if (!ends)
		value(w, v);
	return false;
}

static bool run_return(struct lint_flow *w, Instruction i)
{
	int a = GETARG_A(i), b = GETARG_B(i);

	switch (GET_OPCODE(i)) {
	case OP_RETURN0:
		b = 1;
		break;
	case OP_RETURN1:
		b = 2;
		break;
	default:
		break;
	}
	escape_from(w, a, b ? a + b - 2 : w->nregs - 1);
	if (b == 1)
		no_value(w);
	else
		value(w, b || w->top > a ? lint_get(w, a) : lint_any);
	return false;
}

/* Instructions that are not in this table give values of which nothing is known, or none. */
static bool (*const instructions[NUM_OPCODES])(struct lint_flow *w, Instruction i) = {
	[OP_MOVE] = run_move,
	[OP_LOADI] = run_load_integer,
	[OP_LOADK] = run_load_constant,
	[OP_LOADKX] = run_load_constant,
	[OP_LOADFALSE] = run_load_boolean,
	[OP_LFALSESKIP] = run_load_boolean,
	[OP_LOADTRUE] = run_load_boolean,
	[OP_LOADNIL] = run_load_nil,
	[OP_GETUPVAL] = run_get_upvalue,
	[OP_SETUPVAL] = run_set_upvalue,
	[OP_GETTABUP] = run_read_global,
	[OP_GETTABLE] = run_read_index,
	[OP_GETI] = run_read_index,
	[OP_GETFIELD] = run_read_name,
	[OP_SETTABUP] = run_write_global,
	[OP_SETTABLE] = run_write_index,
	[OP_SETI] = run_write_index,
	[OP_SETFIELD] = run_write_name,
	[OP_NEWTABLE] = run_new_table,
	[OP_SELF] = run_read_method,
	[OP_ADDI ... OP_SHR] = run_arithmetic,
	[OP_UNM] = run_unary,
	[OP_BNOT] = run_unary,
	[OP_NOT] = run_not,
	[OP_LEN] = run_length,
	[OP_CONCAT] = run_concat,
	[OP_EQ] = run_compare,
	[OP_LT] = run_compare,
	[OP_LE] = run_compare,
	[OP_EQK] = run_compare,
	[OP_EQI] = run_compare,
	[OP_LTI] = run_compare,
	[OP_LEI] = run_compare,
	[OP_GTI] = run_compare,
	[OP_GEI] = run_compare,
	[OP_CALL] = run_call,
	[OP_TAILCALL] = run_tail_call,
	[OP_RETURN] = run_return,
	[OP_RETURN0] = run_return,
	[OP_RETURN1] = run_return,
	[OP_FORLOOP] = run_count,
	[OP_FORPREP] = run_count,
	[OP_TFORCALL] = run_iterate,
	[OP_TFORLOOP] = run_iterate_on,
	[OP_SETLIST] = run_set_list,
	[OP_CLOSURE] = run_closure,
	[OP_VARARG] = run_vararg,
};

bool lint_run(struct lint_flow *w, Instruction i)
{
	OpCode op = GET_OPCODE(i);

	if (instructions[op])
		return instructions[op](w, i);
	/* OP_TESTSET sets its register only if it goes on: see lint_flow.c */
	if (testAMode(op) && op != OP_TESTSET)
		lint_set(w, GETARG_A(i), lint_any);
	return true;
}

bool lint_writes(const Proto *p, Instruction i, int *first, int *last)
{
	int a = GETARG_A(i), c = GETARG_C(i);

	*first = *last = a;
	switch (GET_OPCODE(i)) {
	case OP_LOADNIL:
		*last = a + GETARG_B(i);
		return true;
	case OP_SELF:
		*last = a + 1;
		return true;
	case OP_CALL:
	case OP_VARARG:
		*last = c ? a + c - 2 : p->maxstacksize;
		return true;
	case OP_FORPREP:
	case OP_FORLOOP:
		*last = a + 3;
		return true;
	case OP_TFORCALL:
		*first = a + 4;
		*last = a + 3 + c;
		return true;
	case OP_TFORLOOP:
		*first = *last = a + 2;
		return true;
	default:
		return testAMode(GET_OPCODE(i));
	}
}
