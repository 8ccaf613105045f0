/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_CORE
#include "lprefix.h"

#include <string.h>

#include "lua.h"

#include "flow.h"
#include "host.h"

#define NAME_STEPS	16	/* what it takes to look for a name among those of an object */
#define PASS_PART	16	/* a pass takes a step for so many instructions, whatever it comes to */

struct ps_block {
	struct ps_known *in;	/* registers when it begins; NULL: no path comes here */
	struct ps_seen seen;
	bool begins;		/* a block begins here: a jump leads here, or the instruction before always jumps */
	bool changed;
};

int ps_code_jump(const Proto *p, int pc, bool *next)
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

bool ps_code_loads(const Proto *p, int pc, TValue *k)
{
	Instruction i = p->code[pc];

	switch (GET_OPCODE(i)) {
	case OP_LOADI:
		setivalue(k, GETARG_sBx(i));
		return true;
	case OP_LOADK:
		*k = p->k[GETARG_Bx(i)];
		return true;
	case OP_LOADKX:
		*k = p->k[GETARG_Ax(p->code[pc + 1])];
		return true;
	case OP_LOADTRUE:
		setbtvalue(k);
		return true;
	case OP_LOADFALSE:
	case OP_LFALSESKIP:
		setbfvalue(k);
		return true;
	default:
		return false;
	}
}

bool ps_code_writes(const Proto *p, Instruction i, int *first, int *last)
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

/*
 * What each instruction makes of the registers.
 */
static struct ps_known name_of(struct ps_walk *w, struct ps_known of, struct ps_known name, bool is_call)
{
	struct ps_known member;

	if (name.kind != PS_KIND_STRING)
		return ps_known_any;
	ps_walk_spend(w, NAME_STEPS);
	member = ps_known_member(of, getstr(name.string), is_call);
	return w->by->read(w, of, name.string, is_call, member);
}

static void self(struct ps_walk *w, Instruction i)
{
	struct ps_known v = ps_walk_get(w, GETARG_B(i));
	struct ps_known name = TESTARG_k(i) ? ps_known_constant(w->p->k + GETARG_C(i)) : ps_walk_get(w, GETARG_C(i));

	ps_walk_set(w, GETARG_A(i) + 1, v);
	ps_walk_set(w, GETARG_A(i), name_of(w, v, name, true));
}

/* Finds what is called at register a, with what, and what its row says of the result. */
static void find_call(struct ps_walk *w, int a, int b)
{
	int nargs = b ? b - 1 : w->top > a ? w->top - a - 1 : -1, n;
	struct ps_known callee = ps_walk_get(w, a);
	struct ps_call *call = &w->call;

	call->callee = callee;
	call->self.kind = PS_KIND_NONE;
	call->first = a + 1;
	call->count = nargs;
	if (callee.kind == PS_KIND_GETTER || callee.kind == PS_KIND_FINDER || callee.kind == PS_KIND_QUICK ||
	    (callee.kind == PS_KIND_METHOD && callee.row->of != PS_OF_LIBRARY)) {
		call->self = nargs ? ps_walk_get(w, a + 1) : ps_known_nil;
		call->first++;
		call->count -= nargs > 0;
	}
	if (callee.kind == PS_KIND_QUICK && !strcmp(ps_method_of(callee.closure)->name, "packet"))
		call->results[0] = (struct ps_known){ .kind = PS_KIND_VIEW, .whole = true, .proto = &ps_proto_raw };
	else
		call->results[0] = ps_known_result(w->registry, call, nargs < 0 ? ps_known_any : ps_walk_get(w, call->first));
	for (n = 1; n < PS_RESULTS; n++)
		call->results[n] = ps_known_any;
}

static bool do_call(struct ps_walk *w, Instruction i)
{
	const struct ps_known *results = w->call.results;
	int a = GETARG_A(i), r, last;
	bool returns;

	find_call(w, a, GETARG_B(i));
	returns = w->by->call(w, &w->call);
	if (GET_OPCODE(i) == OP_TAILCALL)
		return returns;
	if (!GETARG_C(i))
		w->top = results[0].kind <= PS_KIND_NIL ? -1 : a + 1;
	ps_code_writes(w->p, i, &r, &last);
	for (; r <= last; r++)
		ps_walk_set(w, r, r - a < PS_RESULTS ? results[r - a] : ps_known_any);
	return returns;
}

static void forget(struct ps_walk *w, Instruction i)
{
	int r, last;

	if (!ps_code_writes(w->p, i, &r, &last))
		return;
	for (; r <= last; r++)
		ps_walk_set(w, r, ps_known_any);
}

/* False: the path ends here. */
static bool do_instruction(struct ps_walk *w, Instruction i)
{
	int a = GETARG_A(i), b = GETARG_B(i), c = GETARG_C(i);
	OpCode op = GET_OPCODE(i);
	struct ps_known v;
	TValue k;

	if (ps_code_loads(w->p, w->pc, &k)) {
		v = ttisboolean(&k) ? ps_known_boolean(ttistrue(&k)) : ps_known_constant(&k);
		ps_walk_set(w, a, ttisfalse(&k) && w->by->wants_objects ? ps_known_nil : v);
		return true;
	}
	switch (op) {
	case OP_MOVE:
		v = ps_walk_get(w, b);
		break;
	case OP_LOADNIL:
		for (; b >= 0; b--)
			ps_walk_set(w, a + b, ps_known_nil);
		return true;
	case OP_NOT:
		v = ps_known_boolean(PS_EITHER);
		break;
	case OP_NEWTABLE:
		v = ps_known_as(PS_KIND_TABLE, NULL);
		break;
	case OP_CLOSURE:
		v = w->by->close ? w->by->close(w, i) : ps_known_any;
		break;
	case OP_GETUPVAL:
		v = w->upvalues[b];
		break;
	case OP_GETTABUP:
		v = name_of(w, w->upvalues[b], ps_known_constant(w->p->k + c), false);
		break;
	case OP_GETFIELD:
		v = name_of(w, ps_walk_get(w, b), ps_known_constant(w->p->k + c), false);
		break;
	case OP_GETTABLE:
		v = name_of(w, ps_walk_get(w, b), ps_walk_get(w, c), false);
		break;
	case OP_SELF:
		self(w, i);
		return true;
	case OP_CALL:
	case OP_TAILCALL:
		return do_call(w, i);
	case OP_TESTSET:	/* only if it goes on */
		return true;
	default:
		if (op == OP_VARARG)
			w->top = -1;
		forget(w, i);
		return true;
	}
	ps_walk_set(w, a, v);
	return true;
}

/*
 * Paths.
 */

/* A path leads to pc: joins the registers with what is known there. */
static void flow_to(struct ps_walk *w, int pc)
{
	size_t size = w->nregs * sizeof(*w->reg);
	struct ps_block *b;
	int i;

	if (pc < 0 || pc >= w->p->sizecode)
		return;
	if (w->is_last) {
		if (w->by->lead)
			w->by->lead(w, pc);
		return;
	}
	ps_walk_spend(w, w->nregs);
	b = &w->blocks[pc];
	if (!b->in) {
		b->in = size <= w->memory ? ps_host_realloc(NULL, size) : NULL;
		if (!b->in) {
			w->steps = 0;
			return;
		}
		w->memory -= size;
		memcpy(b->in, w->reg, size);
		b->seen = w->seen;
		b->changed = true;
		return;
	}
	for (i = 0; i < 2; i++) {
		if (w->seen.bits[i] & ~b->seen.bits[i]) {
			b->seen.bits[i] |= w->seen.bits[i];
			b->changed = true;
		}
	}
	for (i = 0; i < w->nregs; i++) {
		struct ps_known v = ps_known_join(b->in[i], w->reg[i]);

		if (!ps_known_same(v, b->in[i])) {
			b->in[i] = v;
			b->changed = true;
		}
	}
}

/* The register that an instruction tests for nil, or -1. *nil_skips: with nil the next instruction is skipped. */
static int tested(const struct ps_walk *w, Instruction i, bool *nil_skips)
{
	int a = GETARG_A(i), b = GETARG_B(i);
	bool k = GETARG_k(i);

	switch (GET_OPCODE(i)) {
	case OP_TEST:
		*nil_skips = k;
		return a;
	case OP_TESTSET:
		*nil_skips = k;
		return b;
	case OP_EQK:
		*nil_skips = !k;
		return ttisnil(&w->p->k[b]) ? a : -1;
	case OP_EQ:
		*nil_skips = !k;
		if (ps_walk_get(w, b).kind == PS_KIND_NIL)
			return a;
		return ps_walk_get(w, a).kind == PS_KIND_NIL ? b : -1;
	default:
		return -1;
	}
}

/* On this way the value in register r, which may be nil, is so, or has at least been tested. */
static void learn(struct ps_walk *w, int r, bool is_nil)
{
	struct ps_known v = ps_walk_get(w, r);

	if (w->by->test)
		w->by->test(w, v);
	if (is_nil && (ps_known_may_be_nil(v) || w->by->wants_objects))
		ps_walk_set(w, r, ps_known_nil);
}

/*
 * After a comparison the next instruction follows, which is a jump, or the one behind it. On each of these ways it is known
 * how the comparison came out.
 */
static void branch(struct ps_walk *w, Instruction i)
{
	size_t size = w->nregs * sizeof(*w->reg);
	struct ps_seen seen = w->seen;
	bool nil_skips;
	int r = tested(w, i, &nil_skips);

	if (r < 0 || !(ps_walk_get(w, r).origin || ps_known_may_be_nil(ps_walk_get(w, r)) || w->by->wants_objects)) {
		flow_to(w, w->pc + 2);
		return;
	}
	ps_walk_spend(w, w->nregs);
	memcpy(w->saved, w->reg, size);
	learn(w, r, nil_skips);
	flow_to(w, w->pc + 2);
	memcpy(w->reg, w->saved, size);
	w->seen = seen;
	learn(w, r, !nil_skips);
}

static void run_block(struct ps_walk *w, int pc)
{
	bool next;
	int to;

	memcpy(w->reg, w->blocks[pc].in, w->nregs * sizeof(*w->reg));
	w->seen = w->blocks[pc].seen;
	for (;; pc++) {
		Instruction i = w->p->code[pc];

		if (!w->steps)
			return;
		ps_walk_spend(w, 1);
		w->pc = pc;
		w->by->look(w, i);
		if (!do_instruction(w, i))
			return;
		to = ps_code_jump(w->p, pc, &next);
		if (testTMode(GET_OPCODE(i)))
			branch(w, i);
		else if (to >= 0)
			flow_to(w, to);
		if (!next)
			return;
		if (GET_OPCODE(i) == OP_TESTSET)
			ps_walk_set(w, GETARG_A(i), ps_walk_get(w, GETARG_B(i)));
		if (pc + 1 >= w->p->sizecode)
			return;
		if (w->blocks[pc + 1].begins || w->is_last)
			flow_to(w, pc + 1);
		if (w->blocks[pc + 1].begins)
			return;
	}
}

/* Blocks begin where jumps end, and behind them. */
static void find_blocks(struct ps_walk *w)
{
	bool next;
	int pc, to;

	w->blocks[0].begins = true;
	for (pc = 0; pc < w->p->sizecode; pc++) {
		to = ps_code_jump(w->p, pc, &next);
		if (to >= 0 && to < w->p->sizecode)
			w->blocks[to].begins = true;
		if ((to >= 0 || !next) && pc + 1 < w->p->sizecode)
			w->blocks[pc + 1].begins = true;
	}
}

/* One pass through the blocks that paths come to, or to which they bring news. False: none. */
static bool pass(struct ps_walk *w)
{
	bool any = false;
	int pc;

	ps_walk_spend(w, w->p->sizecode / PASS_PART + 1);
	for (pc = 0; pc < w->p->sizecode; pc++) {
		struct ps_block *b = &w->blocks[pc];

		if (w->is_last ? !b->in : !b->changed)
			continue;
		b->changed = false;
		any = true;
		run_block(w, pc);
	}
	return any;
}

static void follow(struct ps_walk *w, const struct ps_known *args, int nargs)
{
	int i, nparams = w->p->numparams;

	find_blocks(w);
	for (i = 0; i < w->nregs; i++)
		w->reg[i] = i >= nparams ? ps_known_nil : i < nargs ? args[i] : ps_known_any;
	flow_to(w, 0);
	while (w->steps && pass(w)) {
	}
	w->is_last = w->has_last && w->steps;
	if (w->is_last)
		pass(w);
	for (i = 0; i < w->p->sizecode; i++)
		ps_host_realloc(w->blocks[i].in, 0);
}

int ps_walk_run(struct ps_walk *w, const struct ps_known *args, int nargs)
{
	size_t size = w->p->sizecode * sizeof(*w->blocks);
	int err = -1;

	w->nregs = w->p->maxstacksize;
	w->blocks = ps_host_realloc(NULL, size);
	w->reg = ps_host_realloc(NULL, 2 * w->nregs * sizeof(*w->reg));
	if (w->blocks && w->reg) {
		w->saved = w->reg + w->nregs;
		memset(w->blocks, 0, size);
		follow(w, args, nargs);
		err = 0;
	}
	ps_host_realloc(w->blocks, 0);
	ps_host_realloc(w->reg, 0);
	w->nregs = 0;
	return err;
}
