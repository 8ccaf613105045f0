/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Puts the linear code of local functions in place of their calls.
 *
 * The code becomes a list of lines, first of the handler's operations, with those of each function where its call was: what a
 * call does with arguments and results, moves of registers do. Registers are nodes meanwhile, numbered through all
 * functions. Then each move's two nodes become one, so it is none, if they never have different values at once that are
 * needed. Last, lines become operations.
 *
 * The interpreter may have to go on at any of them. So for each it is noted in which functions it is, and where; and for
 * each function, which registers are elsewhere than its frame would have them.
 */
#define LUA_CORE
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lopcodes.h"
#include "lparser.h"

#include "host.h"
#include "lines.h"

#define HANDLER_MAX	4096	/* instructions of one that others are put within */
#define LINES_MAX	384	/* more than it has itself */
#define FUNCTION_MAX	96	/* instructions of a function that is put within others */

/*
 * Operations.
 */
static struct ps_op unscaled(const struct ps_op *scaled)
{
	unsigned int which = ps_operands[scaled->op];
	struct ps_op op = *scaled;

	if (which & PS_A)
		op.a /= sizeof(StackValue);
	if (which & PS_B)
		op.b /= sizeof(StackValue);
	if (which & PS_C)
		op.c /= sizeof(StackValue);
	if (which & PS_N)
		op.n /= (int)sizeof(op);
	if (!(which & PS_S))
		op.other /= (int)sizeof(op);
	return op;
}

int ps_op_next(const struct ps_op *op, int next[PS_NEXT_MAX])
{
	switch (op->op) {
	case DO_LEAVE:
	case DO_TAIL_CALL:
	case DO_RETURN:
	case DO_RETURN_ONE:
	case DO_RETURN_K:
		return 0;
	case DO_GET_BITS:	/* or it does less */
		next[0] = 1;
		next[1] = 3;
		return 2;
	case DO_SET_BITS:
		next[0] = 1;
		next[1] = 3;
		next[2] = 4;
		return 3;
	case DO_FOR_BEGIN:
	case DO_FOR_NEXT:
		next[0] = 1;
		next[1] = op->n;
		return 2;
	}
	next[0] = ps_operands[op->op] & PS_N ? op->n : ps_operands[op->op] & PS_M ? 2 : 1;
	next[1] = op->other;
	return ps_op_is_condition(op->op) || ps_op_is_search(op->op) ? 2 : 1;
}

/*
 * From functions to lines.
 */

/* A function's operations, while they become lines. */
struct source {
	struct ps_lines *n;
	int frame;
	const Proto *p;
	const struct ps_function_code *code;
	int *line;		/* for each instruction; below 0: no path comes there, and nothing is beside it */
	bool *is_target;	/* a path comes there that is not just the one through the instruction before */
};

#define AT_END	(-2)		/* a line goes on behind all of its function */

static const struct ps_function_code *code_of(const LClosure *closure)
{
	return (const struct ps_function_code *)closure->p->linear;
}

static struct ps_line *add_line(const struct source *s, const struct ps_op *op, int pc)
{
	struct ps_line *l = &s->n->lines[s->n->nlines++];

	l->op = *op;
	l->pc = pc;
	l->frame = s->frame;
	l->to = l->other = -1;
	l->is_gone = false;
	return l;
}

/* Finds the instructions that paths come to. -1 in s->line means not yet, 0 that one does. */
static void find_paths(struct source *s, int *todo)
{
	int i, count = 0, pc, to, next[PS_NEXT_MAX], n;
	struct ps_op op;

	for (pc = 0; pc < s->p->sizecode; pc++)
		s->line[pc] = -1;
	s->line[0] = 0;
	todo[count++] = 0;
	while (count) {
		pc = todo[--count];
		op = unscaled(&s->code->ops[pc]);
		n = ps_op_next(&op, next);
		for (i = 0; i < n; i++) {
			to = pc + next[i];
			if (next[i] != 1)
				s->is_target[to] = true;
			if (s->line[to] < 0) {
				s->line[to] = 0;
				todo[count++] = to;
			}
		}
	}
}

/* Operations that go on behind the next one count on what is between. */
static bool is_between(const struct source *s, int pc)
{
	int back, i, n, next[PS_NEXT_MAX];

	for (back = 1; back < 4 && back <= pc; back++) {
		struct ps_op op = s->code->ops[pc - back];

		if (s->line[pc - back] < 0 || ps_operands[op.op] & PS_N)
			continue;
		n = ps_op_next(&op, next);
		for (i = 0; i < n; i++) {
			if (next[i] > back)
				return true;
		}
	}
	return false;
}

static int node_of(const struct source *s, int reg)
{
	return s->n->frames[s->frame].first + reg;
}

/* The upvalue of the handler that is this one, or -1. */
static int handler_upvalue(const struct ps_lines *n, const UpVal *up)
{
	const LClosure *handler = n->frames[0].closure;
	int u;

	for (u = 0; u < handler->nupvalues; u++) {
		if (handler->upvals[u] == up)
			return u;
	}
	return -1;
}

/*
 * Operations on upvalues find them in the closure, which is the handler's. A variable that nothing assigns has had its value
 * before.
 */
static void settle_upvalue(const struct source *s, struct ps_op *op)
{
	const LClosure *closure = s->n->frames[s->frame].closure;
	bool is_set = op->op == DO_SET_GLOBAL || op->op == DO_SET_GLOBAL_R;
	uint16_t *index = is_set ? &op->a : &op->b;
	UpVal *up;
	int u;

	if (!is_set && op->op != DO_GET_UPVALUE && op->op != DO_SET_UPVALUE && op->op != DO_GET_GLOBAL)
		return;
	up = closure->upvals[*index];
	if (op->op == DO_GET_UPVALUE && closure->p->upvalues[*index].kind == RDKCONST) {
		op->op = DO_LOAD;
		op->k = *ps_stk(up->v);
		return;
	}
	u = s->frame ? handler_upvalue(s->n, up) : *index;
	if (u >= 0) {
		*index = u;
		return;
	}
	op->op = op->op == DO_GET_UPVALUE ? DO_GET_VARIABLE : op->op == DO_SET_UPVALUE ? DO_SET_VARIABLE : DO_GET_MEMBER;
	op->variable = up;
}

/* Registers become nodes. */
static void name_nodes(const struct source *s, struct ps_op *op)
{
	unsigned int which = ps_operands[op->op];
	int first = s->n->frames[s->frame].first;

	if (which & PS_A)
		op->a += first;
	if (which & PS_B)
		op->b += first;
	if (which & PS_C)
		op->c += first;
}

/* Moves between nodes, of whatever functions. */
static void add_move(const struct source *s, int to, int from, int pc)
{
	const struct ps_op op = { .op = DO_MOVE, .a = to, .b = from };

	add_line(s, &op, pc);
}

static void add_nil(const struct source *s, int to, int pc)
{
	const struct ps_op op = { .op = DO_LOAD_NIL, .a = to, .n = 1 };

	add_line(s, &op, pc);
}

static void add_jump(const struct source *s, int to, int pc)
{
	const struct ps_op op = { .op = DO_JUMP };

	add_line(s, &op, pc)->to = to;
}

static bool is_return(enum ps_operation op)
{
	return op == DO_RETURN || op == DO_RETURN_ONE || op == DO_RETURN_K;
}

/* A return gives the caller its results, and goes on behind the code of this function. */
static void add_return(const struct source *s, const struct ps_op *op, int pc)
{
	const struct ps_line_frame *f = &s->n->frames[s->frame], *caller = &s->n->frames[f->caller];
	int i, n = op->op == DO_RETURN ? op->n : 1, to = caller->first + f->func;
	struct ps_op load = { .op = DO_LOAD, .a = to };

	for (i = 0; i < f->nresults; i++) {
		if (i >= n) {
			add_nil(s, to + i, pc);
		} else if (op->op == DO_RETURN_K) {
			load.k = op->k;
			add_line(s, &load, pc);
		} else {
			add_move(s, to + i, node_of(s, op->a + i), pc);
		}
	}
	add_jump(s, AT_END, pc);
}

/* An operation as it is, but for what it names. */
static void add_own(const struct source *s, struct ps_op *op, int pc)
{
	struct ps_line *l;

	settle_upvalue(s, op);
	name_nodes(s, op);
	l = add_line(s, op, pc);
	if (ps_operands[op->op] & PS_N)
		l->to = pc + op->n;	/* the instruction, yet */
	if (ps_op_is_condition(op->op) || ps_op_is_search(op->op))
		l->other = pc + op->other;
}

/* How many lines the function's code becomes at most, where it is called for so many results. */
static int count_lines(const LClosure *closure, int nresults)
{
	const struct ps_function_code *code = code_of(closure);
	int pc, n = closure->p->numparams;

	for (pc = 0; pc < closure->p->sizecode; pc++) {
		enum ps_operation op = code->ops[pc].op;

		n += is_return(op) ? nresults + 1 : op == DO_LOAD_SKIP ? 2 : 1;
	}
	return n;
}

/* Whether it does nothing for which its frame would have to be there. */
static bool needs_no_frame(const struct ps_lines *n, const LClosure *closure)
{
	const struct ps_function_code *code = code_of(closure);
	int pc;

	for (pc = 0; pc < closure->p->sizecode; pc++) {
		const struct ps_op *op = &code->ops[pc];

		if (op->op == DO_TAIL_CALL || ((op->op == DO_SET_GLOBAL || op->op == DO_SET_GLOBAL_R) &&
					       handler_upvalue(n, closure->upvals[op->a]) < 0))
			return false;
	}
	return true;
}

/* The function that a call is of, if its code may be put there, or NULL. */
static const LClosure *callee_of(const struct source *s, const struct ps_op *op)
{
	const struct ps_lines *n = s->n;
	const struct ps_line_frame *f = &n->frames[s->frame];
	const LClosure *callee;
	const TValue *v;
	int i;

	if (op->op != DO_CALL || !op->callee || n->nframes > PS_LINES_CALLS || f->depth == PS_INLINED_FRAMES)
		return NULL;
	v = ps_stk(f->closure->upvals[op->callee - 1]->v);
	callee = ttisLclosure(v) ? clLvalue(v) : NULL;
	if (!callee || !callee->p->linear || callee->p->sizecode > FUNCTION_MAX)
		return NULL;
	for (i = s->frame; callee->p != n->frames[i].closure->p; i = n->frames[i].caller) {
		if (!i)
			return count_lines(callee, op->c) <= n->room && needs_no_frame(n, callee) ? callee : NULL;
	}
	return NULL;	/* it calls itself, by whatever way */
}

/*
 * The lines before give the function and its arguments. They are given to the callee's nodes at once, where no path leads
 * between these lines, and none leaves there.
 */
static void take_arguments(const struct source *s, const struct ps_op *call, int pc, const struct ps_line_frame *callee, bool *is_given)
{
	int nparams = callee->closure->p->numparams, func = node_of(s, call->a), i, reg;

	for (i = pc - 1; i >= 0 && !s->is_target[i + 1] && s->line[i] >= 0; i--) {
		struct ps_line *l = &s->n->lines[s->line[i]];
		enum ps_operation op = l->op.op;

		reg = l->op.a - func;
		if ((op != DO_MOVE && op != DO_LOAD && op != DO_GET_UPVALUE && op != DO_GET_VARIABLE) ||
		    l->frame != s->frame || reg < 0 || reg > call->b || (op == DO_MOVE && l->op.b >= func))
			return;
		if (reg && reg <= nparams) {
			l->op.a = callee->first + reg - 1;
			is_given[reg - 1] = true;
		} else {
			l->is_gone = true;
		}
		if (!reg)
			return;
	}
}

static void add_function(struct ps_lines *n, int frame);

/* The callee's code in place of the call. */
static void add_callee(const struct source *s, const struct ps_op *call, int pc, const LClosure *closure)
{
	struct ps_lines *n = s->n;
	const struct ps_line_frame *f = &n->frames[s->frame];
	const struct ps_line_frame callee = {
		.closure = closure, .caller = s->frame, .pc = pc, .func = call->a, .nresults = call->c,
		.base = f->base + call->a + 1, .first = n->nodes, .nregs = closure->p->maxstacksize, .depth = f->depth + 1,
	};
	bool is_given[MAXARG_A + 1] = { false };
	int i, frame = n->nframes++;

	n->frames[frame] = callee;
	n->nodes += callee.nregs;
	n->room -= count_lines(closure, call->c);
	take_arguments(s, call, pc, &callee, is_given);
	for (i = 0; i < closure->p->numparams; i++) {
		if (is_given[i])
			continue;
		if (i < call->b)
			add_move(s, callee.first + i, node_of(s, call->a + 1 + i), pc);
		else
			add_nil(s, callee.first + i, pc);
	}
	add_function(n, frame);
}

static void add_instruction(const struct source *s, int pc)
{
	struct ps_op op = unscaled(&s->code->ops[pc]);
	const LClosure *callee = callee_of(s, &op);

	if (callee) {
		add_callee(s, &op, pc, callee);
	} else if (s->frame && is_return(op.op)) {
		add_return(s, &op, pc);
	} else if (s->frame && op.op == DO_LOAD_SKIP) {
		op.op = DO_LOAD;	/* what is between may be more than one line */
		add_own(s, &op, pc);
		add_jump(s, pc + 2, pc);
	} else {
		add_own(s, &op, pc);
	}
}

static void add_source(struct source *s)
{
	static const struct ps_op none = { .op = DO_LEAVE };
	struct ps_lines *n = s->n;
	int pc, i, start = n->nlines;

	for (pc = 0; pc < s->p->sizecode; pc++) {
		if (s->line[pc] >= 0) {
			s->line[pc] = n->nlines;
			add_instruction(s, pc);
		} else if (is_between(s, pc)) {
			add_line(s, &none, pc);
		}
	}
	for (i = start; i < n->nlines; i++) {
		struct ps_line *l = &n->lines[i];

		if (l->frame != s->frame)
			continue;
		if (l->to != -1)
			l->to = l->to == AT_END ? n->nlines : s->line[l->to];
		if (l->other != -1)
			l->other = s->line[l->other];
	}
}

static void add_function(struct ps_lines *n, int frame)
{
	const LClosure *closure = n->frames[frame].closure;
	int size = closure->p->sizecode;
	struct source s = { .n = n, .frame = frame, .p = closure->p, .code = code_of(closure) };

	s.line = ps_host_realloc(NULL, size * (2 * sizeof(*s.line) + sizeof(*s.is_target)));
	if (!s.line) {
		n->failed = true;
		return;
	}
	s.is_target = (bool *)(s.line + 2 * size);
	memset(s.is_target, 0, size * sizeof(*s.is_target));
	find_paths(&s, s.line + size);
	add_source(&s);
	ps_host_realloc(s.line, 0);
}

/*
 * From lines to operations.
 */

/* Nodes become registers again; what has nothing to do then goes. */
static void name_registers(struct ps_lines *n)
{
	int i;

	for (i = 0; i < n->nlines; i++) {
		struct ps_op *op = &n->lines[i].op;
		unsigned int which = ps_operands[op->op];

		if (which & PS_A)
			op->a = ps_lines_slot(n, op->a);
		if (which & PS_B)
			op->b = ps_lines_slot(n, op->b);
		if (which & PS_C)
			op->c = ps_lines_slot(n, op->c);
		if (op->op == DO_MOVE && op->a == op->b)
			n->lines[i].is_gone = true;
		if (op->op == DO_TEST_SET && op->a == op->b)
			op->op = DO_TEST;
	}
}

/* The line where it goes on in fact. */
static int follow(const struct ps_lines *n, int i)
{
	int steps;

	for (steps = 0; steps < n->nlines; steps++) {
		if (n->lines[i].is_gone)
			i++;
		else if (n->lines[i].op.op == DO_JUMP)
			i = n->lines[i].to;
		else
			break;
	}
	return i;
}

/* The same for what has searched: if a test of that which follows is all there is, behind the test. */
static int follow_test(const struct ps_lines *n, int i, int reg, bool is_there)
{
	const struct ps_line *l;

	i = follow(n, i);
	l = &n->lines[i];
	if (l->op.op == DO_TEST && l->op.a == reg)
		return follow(n, is_there ? l->to : l->other);
	if (l->op.op == DO_TEST_SET && l->op.b == reg && l->op.condition != is_there)
		return follow(n, is_there ? l->to : l->other);
	return i;
}

static void shorten(struct ps_lines *n)
{
	int i, k;

	for (i = n->nlines - 1; i >= 0; i--) {
		struct ps_line *l = &n->lines[i];

		if (l->is_gone)
			continue;
		if (l->to >= 0)
			l->to = ps_op_is_search(l->op.op) ? follow_test(n, l->to, l->op.a, false) : follow(n, l->to);
		if (l->other >= 0)
			l->other = ps_op_is_search(l->op.op) ? follow_test(n, l->other, l->op.a, true) : follow(n, l->other);
		for (k = i + 1; k < n->nlines && n->lines[k].is_gone; k++) {
		}
		l->is_gone = l->op.op == DO_JUMP && l->to == k;
	}
}

static int count_moves(const struct ps_lines *n, int frame)
{
	const struct ps_line_frame *f = &n->frames[frame];
	int r, count = 0;

	for (r = 0; frame && r < f->nregs; r++)
		count += ps_lines_slot(n, f->first + r) != f->base + r;
	return count;
}

static int add_moves(const struct ps_lines *n, int frame, struct ps_move *moves)
{
	const struct ps_line_frame *f = &n->frames[frame];
	int r, count = 0;

	for (r = f->nregs - 1; frame && r >= 0; r--) {
		if (ps_lines_slot(n, f->first + r) != f->base + r)
			moves[count++] = (struct ps_move){ (f->base + r) * sizeof(StackValue),
							   ps_lines_slot(n, f->first + r) * sizeof(StackValue) };
	}
	return count;
}

/* Numbers the lines that are left, in index; returns how many there are. */
static int number_lines(const struct ps_lines *n, int *index)
{
	int i, count = 0;

	for (i = 0; i < n->nlines; i++) {
		index[i] = count;
		count += !n->lines[i].is_gone;
	}
	return count;
}

static void write_lines(const struct ps_lines *n, const int *index, struct ps_function_code *to, struct ps_origin *origins)
{
	int i;

	for (i = 0; i < n->nlines; i++) {
		const struct ps_line *l = &n->lines[i];
		struct ps_op *op = &to->ops[index[i]];

		if (l->is_gone)
			continue;
		*op = l->op;
		if (l->to >= 0)
			op->n = index[l->to] - index[i];
		if (l->other >= 0)
			op->other = index[l->other] - index[i];
		origins[index[i]] = (struct ps_origin){ l->pc, l->frame };
		ps_op_scale(op);
	}
}

static struct ps_function_code *write_code(const struct ps_lines *n, struct ps_runtime *rt, const int *index, int count)
{
	const LClosure *handler = n->frames[0].closure;
	size_t ops = sizeof(struct ps_function_code) + count * sizeof(struct ps_op), size = ops;
	struct ps_function_code *to;
	struct ps_inlined *inlined;
	struct ps_origin *origins;
	struct ps_move *moves;
	int frame, nmoves = 0;

	for (frame = 0; frame < n->nframes; frame++)
		nmoves += count_moves(n, frame);
	size += n->nframes * sizeof(*inlined) + count * sizeof(*origins) + nmoves * sizeof(*moves);
	to = ps_code_new(rt, size);
	if (!to)
		return NULL;
	inlined = (struct ps_inlined *)((char *)to + ops);
	origins = (struct ps_origin *)(inlined + n->nframes);
	moves = (struct ps_move *)(origins + count);
	to->linear.run = code_of(handler)->linear.run;
	to->linear.leave = code_of(handler)->linear.leave;
	to->code = handler->p->code;
	to->nops = count;
	to->inlined = inlined;
	to->origins = origins;
	to->moves = moves;
	nmoves = 0;
	for (frame = 0; frame < n->nframes; frame++) {
		const struct ps_line_frame *f = &n->frames[frame];
		int end = nmoves + add_moves(n, frame, moves + nmoves), slots = 2 + f->base + f->nregs;

		inlined[frame] = (struct ps_inlined){ f->closure, f->caller, f->pc, f->nresults,
						      (f->base - 1) * (int)sizeof(StackValue), nmoves, end };
		nmoves = end;
		if (slots > to->linear.slots)
			to->linear.slots = slots;
	}
	write_lines(n, index, to, origins);
	return to;
}

/* All but the lines. */
static struct ps_function_code *finish(struct ps_lines *n, struct ps_runtime *rt)
{
	struct ps_function_code *to = NULL;
	int *memory = ps_host_realloc(NULL, n->nodes * (2 * sizeof(int) + sizeof(bool)) + (n->nlines + 1) * sizeof(int)), *index;

	if (!memory)
		return NULL;
	index = memory;
	n->node_slot = index + n->nlines + 1;
	n->group = n->node_slot + n->nodes;
	n->is_bound = (bool *)(n->group + n->nodes);
	ps_lines_unite(n);
	name_registers(n);
	shorten(n);
	to = write_code(n, rt, index, number_lines(n, index));
	ps_host_realloc(memory, 0);
	return to;
}

/* Whether the handler calls a variable that nothing assigns. */
static bool calls_any(const LClosure *closure)
{
	const struct ps_function_code *code = code_of(closure);
	int pc;

	for (pc = 0; pc < closure->p->sizecode; pc++) {
		if (code->ops[pc].op == DO_CALL && code->ops[pc].callee)
			return true;
	}
	return false;
}

struct ps_function_code *ps_inline_calls(struct ps_runtime *rt, const LClosure *closure)
{
	const Proto *p = closure->p;
	struct ps_function_code *to = NULL;
	struct ps_lines *n;

	if (p->sizecode > HANDLER_MAX || !calls_any(closure))
		return NULL;
	n = ps_host_realloc(NULL, sizeof(*n) + (p->sizecode + LINES_MAX) * sizeof(n->lines[0]));
	if (!n)
		return NULL;
	memset(n, 0, sizeof(*n));
	n->frames[0] = (struct ps_line_frame){ .closure = closure, .nregs = p->maxstacksize };
	n->nframes = 1;
	n->nodes = p->maxstacksize;
	n->room = LINES_MAX;
	add_function(n, 0);
	if (n->nframes > 1 && !n->failed)
		to = finish(n, rt);
	ps_host_realloc(n, 0);
	return to;
}
