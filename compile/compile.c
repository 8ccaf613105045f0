/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_CORE
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lfunc.h"
#include "lgc.h"
#include "lparser.h"

#include "access.h"
#include "compile.h"
#include "flow.h"
#include "holder.h"
#include "host.h"
#include "linear.h"

#define DEPTH_MAX	8	/* calls within calls that are followed */
#define PART_OF_MEMORY	8	/* linear code gets one in so many bytes */
#define STEPS		256	/* for each instruction, to foresee what registers have */
#define STATES_MAX	((size_t)512 << 10)	/* bytes that it takes meanwhile, where paths meet */

/* A function whose code is followed. What is foreseen wrongly makes code slow, not wrong. */
struct compiling {
	struct ps_walk walk;	/* first */
	struct ps_bind *bind;
	struct ps_function_code *to;
	const struct compiling *caller;
	int depth;
	int chain, chain_end;	/* the last method that was called at once: where it begins, and ends */
	struct ps_known upvalues[];
};

static const struct ps_function_code *compile(struct ps_bind *bind, const LClosure *closure, const struct ps_known *args,
					      int nargs, const struct compiling *caller);

/* A value that the code names. */
struct operand {
	TValue constant;
	int reg;		/* or the register it is in; below 0: constant has it */
};

/* Whether a name is one that tables are asked for without looking at its text. */
static bool is_short(const TString *name)
{
	return name->tt == LUA_VSHRSTR;
}

static const Instruction *code_of(const struct compiling *c)
{
	return c->walk.p->code;
}

/* What a variable has now is what it will have, most likely. */
static struct ps_known known_value(const TValue *v)
{
	if (ttisLclosure(v))
		return (struct ps_known){ .kind = PS_KIND_FUNCTION, .own = clLvalue(v) };
	return ttistable(v) ? ps_known_as(PS_KIND_LIBRARY, hvalue(v)) : ps_known_any;
}

static struct ps_known known_quick(const TValue *v)
{
	return ps_to_quick(v) ? ps_known_as(PS_KIND_QUICK, v) : ps_known_any;
}

/* The upvalue that a function is in, from 1, if nothing assigns that; else 0. */
static unsigned int fixed_upvalue(struct ps_known v)
{
	return v.kind == PS_KIND_FUNCTION && v.lasts && v.origin != PS_ORIGIN_LOST ? v.origin : 0;
}

/* What the views of a pool have, the first of which is made with it. */
static const Table *methods_of(const struct ps_pool *pool)
{
	return ((const struct ps_object *)pool->block[0])->methods;
}

/* The field of that name of what is a view, or NULL. */
static const struct ps_field_method *field_of(const struct compiling *c, struct ps_known of, const TString *name)
{
	unsigned int id;

	if (of.kind != PS_KIND_VIEW || !is_short(name))
		return NULL;
	id = ps_proto_id(&c->bind->registry, of.proto);
	return ps_bind_open_protocol(c->bind->rt.L, id) ? ps_access_named(methods_of(ps_views_of(c->bind, id)), name) : NULL;
}

/*
 * Fields.
 */

/* Whether the field is within the fixed part of each header that has no flag against it. */
static bool is_fixed(const struct ps_proto *proto, const struct ps_field *field)
{
	return !(field->flags & PS_LOCATED) && field->at.width &&
	       field->at.bit + field->at.width <= proto->header_min * 8;
}

/* Where bits are that lie within a word of 16. */
static struct ps_word word_of(struct ps_bits at)
{
	return (struct ps_word)PS_WORD(at.bit, at.width);
}

/* R[a] = the field of R[b]. */
static void get_field(struct ps_op *op, const struct ps_field_method *m, bool as_integer)
{
	const struct ps_field *field = m->field;
	struct ps_bits at = field->at;
	uint32_t rest = 16 - at.bit % 16;

	op->field = m;
	op->op = as_integer ? DO_GET_INT : DO_GET_FIELD;
	if (!field->type->has_int || (field->type->format && !as_integer) || !is_fixed(m->proto, field))
		return;
	if (at.width <= rest) {
		op->op = DO_GET16;
		op->word = word_of(at);
	} else if (at.width == 32 && rest == 16) {
		op->op = DO_GET32;
		op->word.at = at.bit / 8;
	}
}

/* Whether setting the field to v does the same each time, and then to which value. */
static bool constant_value(const struct ps_field *field, const TValue *v, struct ps_value *value)
{
	value->high = 0;
	if (ttisinteger(v) && field->type->has_int) {
		value->low = ivalue(v);
		return true;
	}
	return field->type->parse && ttisstring(v) && field->type->parse(getstr(tsvalue(v)), tsslen(tsvalue(v)), value);
}

/* Whether a field is within a word of 16 bits of the fixed part, and counts in no other header's checksum. */
static bool is_plain16(const struct ps_proto *proto, const struct ps_field *field)
{
	return field->at.bit % 16 + field->at.width <= 16 && is_fixed(proto, field) && field->type->has_int &&
	       !proto->csum.present.mask && !proto->csum.covers.mask && proto->csum.kind < PS_CSUM_CRC32C &&
	       !(field->flags & (PS_CHECKSUM | PS_COVERAGE | PS_PSEUDO | PS_SHAPE));
}

/* The field of R[b] = a constant, or R[c]. */
static void set_field(struct ps_op *op, const struct ps_field_method *m, const struct operand *v)
{
	const struct ps_field *field = m->field;
	struct ps_value value = { 0, 0 };
	bool is_known = v->reg < 0;
	TValue k = v->constant;

	op->field = m;
	if (is_known && !constant_value(field, &k, &value)) {
		op->op = DO_SET_FIELD_K;
		op->k = k;
		return;
	}
	if (!is_known)
		op->c = v->reg;
	if (is_plain16(m->proto, field) && !(value.low >> field->at.width)) {
		op->op = is_known ? DO_SET16 : DO_SET16_R;
		op->word = word_of(field->at);
		op->bits = value.low;
	} else if (ps_simple_of(m->proto, field, &op->simple) && !(field->type->has_int && value.low >> field->at.width)) {
		op->op = is_known ? DO_ASSIGN_SIMPLE : DO_SET_SIMPLE;
		op->wide = value;
	} else if (!is_known) {
		op->op = DO_SET_FIELD;
	} else if (field->type->has_int && !(field->flags & PS_LOCATED)) {
		op->op = DO_ASSIGN;
		op->value = value.low;
	} else {
		op->op = DO_SET_FIELD_K;
		op->k = k;
	}
}

/*
 * Methods that are called at once: what several instructions do.
 */

/*
 * How far the instruction jumps; a condition: to where the jump behind it leads, or to it, if it leads back and so looks at
 * the time.
 */
static int distance(const struct compiling *c, int pc)
{
	bool next;

	if (testTMode(GET_OPCODE(code_of(c)[pc])))
		return distance(c, pc + 1) > 0 ? distance(c, pc + 1) + 1 : 1;
	return ps_code_jump(c->walk.p, pc, &next) - pc;
}

/* Where the code goes on if the view is there: a test of that which follows is done with it. */
static void look_for_test(const struct compiling *c, struct ps_op *op)
{
	int pc = op - c->to->ops + op->n;
	Instruction i = code_of(c)[pc];
	bool is_tested = GET_OPCODE(i) == OP_TEST && GETARG_A(i) == op->a;

	op->other = op->n;
	if (is_tested && GETARG_k(i))
		op->other += distance(c, pc);
	else if (is_tested || (GET_OPCODE(i) == OP_TESTSET && GETARG_B(i) == op->a && !GETARG_k(i)))
		op->other += 2;	/* ip and ip:data(…) */
}

/* A link layer that is looked for in itself: what handlers are given may be one, and then is no packet to begin with. */
static bool is_same_link(const struct compiling *c, struct ps_known v, int id)
{
	return v.kind == PS_KIND_VIEW && v.proto->is_link && v.proto == c->bind->registry.protos[id];
}

/* A link layer after whose fixed part comes nothing but the payload. */
static bool is_plain_link(const struct ps_proto *proto)
{
	return proto->is_link && !proto->header_len.mask && !proto->total_len.mask &&
	       !proto->fragment.mask && !proto->csum.kind;
}

/* A call of a method of a view, one result of which is used, or none. */
struct method_call {
	enum ps_view_op method;
	bool has_result;
	bool has_arg;
	struct operand arg;
	int id;			/* DATA: the protocol; below 0: it is not a constant */
};

/* The operation does all up to the call. */
static void finish(const struct compiling *c, struct ps_op *op, enum ps_operation operation)
{
	op->op = operation;
	op->n = c->walk.pc + 1 - (op - c->to->ops);
}

/* The operation gives a view of that protocol, for which there has to be room. */
static void give_view(const struct compiling *c, struct ps_op *op, int id)
{
	op->c = id;
	op->proto = c->bind->registry.protos[id];
	op->pool = ps_views_of(c->bind, id);
	look_for_test(c, op);
}

static void add_data(const struct compiling *c, struct ps_op *op, enum ps_operation operation, int id)
{
	if (!ps_bind_open_protocol(c->bind->rt.L, id))
		return;
	finish(c, op, operation);
	give_view(c, op, id);
}

/* R[b]:set(…) */
static void add_put(const struct compiling *c, struct ps_op *op, const struct method_call *call)
{
	bool is_known = call->arg.reg < 0;

	if (call->method != PS_OP_SET || !call->has_arg || call->arg.reg == op->a + 1)
		return;
	finish(c, op, is_known ? DO_PUT_K : DO_PUT);
	if (is_known)
		op->k = call->arg.constant;
	else
		op->c = call->arg.reg;
}

/* SELF, and a call of what it finds: R[a] = R[b]:method(…). */
static void add_method(const struct compiling *c, struct ps_op *op, const struct method_call *call,
		       struct ps_known self, const struct ps_field_method *m)
{
	if (!call->has_result) {
		add_put(c, op, call);
		return;
	}
	if (call->method == PS_OP_DATA && call->id >= 0 && call->id < (int)ps_nprotos) {
		add_data(c, op, call->id == PS_ID_RAW || is_same_link(c, self, call->id) ? DO_BYTES : DO_DATA, call->id);
	} else if (call->method == PS_OP_GET && !call->has_arg) {
		finish(c, op, DO_VALUE);
	} else if (call->method == PS_OP_FIELD && !call->has_arg) {
		finish(c, op, DO_FIELD);
		op->field = m;
	}
}

/* What a link layer selects, if the operation is :data() of that, and the call is :data() of what that gives. */
static void extend_data(const struct compiling *c, struct ps_op *op, const struct method_call *call)
{
	const struct ps_proto *link = c->bind->registry.protos[op->c];
	const struct ps_next *row;

	if (call->method != PS_OP_DATA || !call->has_result || call->id < 0 || !is_plain_link(link))
		return;
	row = ps_proto_only_row(link->next, c->bind->registry.protos[call->id]);
	if (!row)
		return;
	op->link = op->c;
	op->protocol = row->value;
	add_data(c, op, DO_NETWORK, call->id);
}

/* The operation is :field(), and the call a method of what that gives. */
static void extend_field(const struct compiling *c, struct ps_op *op, const struct method_call *call)
{
	const struct ps_field_method *m = op->field;
	bool gets = call->method == PS_OP_GET || call->method == PS_OP_INT;

	if (gets && call->has_result && !call->has_arg)
		get_field(op, m, call->method == PS_OP_INT);
	else if (call->method == PS_OP_SET && !call->has_result && call->has_arg && call->arg.reg != op->a + 1)
		set_field(op, m, &call->arg);
	else
		return;
	finish(c, op, op->op);
}

/* What is in register reg, if the instruction before the call has put it there. */
static bool find_operand(const struct compiling *c, int reg, struct operand *operand)
{
	int pc = c->walk.pc - 1;
	Instruction i = code_of(c)[pc];

	operand->reg = GET_OPCODE(i) == OP_MOVE ? GETARG_B(i) : -1;
	return GETARG_A(i) == reg && (operand->reg >= 0 || ps_code_loads(c->walk.p, pc, &operand->constant));
}

static enum ps_view_op method_of(struct ps_known callee)
{
	if (callee.kind == PS_KIND_GETTER)
		return PS_OP_FIELD;
	return callee.kind == PS_KIND_METHOD && callee.row->of & PS_OF_VIEW ? callee.row->method.op : 0;
}

/*
 * The call of a method, by the SELF that has found it, if nothing but an argument is between. If the call before has given
 * the object, and is one operation from its SELF on, this may be part of that, too.
 */
static ps_noinline void add_method_call(struct compiling *c, const struct ps_call *of)
{
	int self = c->walk.pc - 1 - of->count, nresults = GETARG_C(code_of(c)[c->walk.pc]) - 1;
	struct method_call call = { method_of(of->callee), nresults == 1, of->count == 1, { .reg = -1 }, -1 };
	struct ps_op *op, *before = c->to->ops + c->chain;
	bool goes_on;

	if (!call.method || of->count < 0 || of->count > 1 || nresults < 0 || nresults > 1 || self < 0)
		return;
	op = c->to->ops + self;
	if (op->op != DO_SELF || op->a != of->first - 2 || (call.has_arg && !find_operand(c, of->first, &call.arg)))
		return;
	if (of->results[0].kind == PS_KIND_VIEW && call.arg.reg < 0)
		call.id = ps_proto_id(&c->bind->registry, of->results[0].proto);
	goes_on = c->chain_end == self && op->b == op->a && before->a == op->a;
	if (goes_on && before->op == DO_DATA)
		extend_data(c, before, &call);
	else if (goes_on && before->op == DO_FIELD)
		extend_field(c, before, &call);
	add_method(c, op, &call, of->self, field_of(c, of->self, op->name));
	c->chain = self;
	c->chain_end = c->walk.pc + 1;
}

/*
 * Methods of references.
 */

/* The SELF behind which the registers from a + 2 on have been given their values, or NULL. */
static struct ps_op *find_self(const struct compiling *c, unsigned int a)
{
	struct ps_op *op = c->to->ops + c->walk.pc;

	while (op-- > c->to->ops) {
		if (op->op == DO_SELF && op->a == a)
			return op;
	}
	return NULL;
}

/* Arguments that are integers and stand in the code, from pc on. */
static bool find_integers(const struct compiling *c, int pc, int n, long long *integers)
{
	TValue k;
	int i;

	for (i = 0; i < n; i++) {
		if (!ps_code_loads(c->walk.p, pc + i, &k) || !ttisinteger(&k))
			return false;
		integers[i] = ivalue(&k);
	}
	return true;
}

/* What does all that such a method does with arguments that are constants; LEAVE: nothing. */
static enum ps_operation quick_operation(const struct ps_quick *quick, struct ps_op *op, int nargs, bool has_result)
{
	if (quick->is_packet && has_result && !nargs)
		return DO_PACKET;
	if (!quick->width)
		return has_result ? DO_QUICK : DO_QUICK_PUT;
	if (nargs != 1 + quick->is_write || has_result == quick->is_write || op->arguments[0] < 0 || op->arguments[0] > INT_MAX)
		return DO_LEAVE;
	if (quick->is_write)
		return DO_WRITE;
	op->arguments[1] = op->arguments[0] + quick->width;
	return DO_READ;
}

/*
 * R[a] is called, a method that is foreseen. With arguments that are constants, one operation does all from its SELF on; else
 * that one and the call are what they are to this method.
 */
static void add_quick_call(struct compiling *c, const struct ps_call *of)
{
	struct ps_op *call = c->to->ops + c->walk.pc, *self = find_self(c, call->a);
	int nargs = of->count, pc = self ? self - c->to->ops : 0;
	const struct ps_quick *quick = ps_to_quick(of->callee.closure);
	const Table *methods = of->self.table;
	enum ps_operation all = DO_LEAVE;

	if (call->op != DO_CALL || !self || of->self.kind != PS_KIND_GUEST || nargs < 0 || nargs > PS_QUICK_ARGUMENTS || call->c > 1)
		return;
	if (pc + 1 + nargs == c->walk.pc && find_integers(c, pc + 1, nargs, self->arguments))
		all = quick_operation(quick, self, nargs, call->c);
	if (all != DO_LEAVE) {
		finish(c, self, all);
		self->c = nargs;
		self->quick = quick;
		self->methods = methods;
		return;
	}
	self->op = DO_SELF_QUICK;
	self->k = *of->callee.closure;
	self->methods = methods;
	call->op = quick->is_write && nargs == 2 && !call->c ? DO_CALL_WRITE : DO_CALL_QUICK;
	call->closure = gcvalue(of->callee.closure);
	call->quick = quick;
	call->methods = methods;
}

/*
 * Calls of functions.
 */
static void add_call(struct ps_op *op, Instruction i, bool is_tail)
{
	op->b = GETARG_B(i) - 1;
	op->c = GETARG_C(i) - 1;
	if (!GETARG_B(i))
		return;
	if (is_tail && !TESTARG_k(i) && !GETARG_C(i))
		op->op = DO_TAIL_CALL;
	else if (!is_tail && GETARG_C(i))
		op->op = DO_CALL;
}

/* How many values a return gives; below 0: not known. */
static int count_returned(Instruction i)
{
	return GET_OPCODE(i) == OP_RETURN0 ? 0 : GET_OPCODE(i) == OP_RETURN1 ? 1 : GETARG_B(i) - 1;
}

static void add_return(struct ps_op *op, Instruction i)
{
	op->n = count_returned(i);
	if (op->n >= 0 && (GET_OPCODE(i) != OP_RETURN || (!TESTARG_k(i) && !GETARG_C(i))))
		op->op = op->n == 1 ? DO_RETURN_ONE : DO_RETURN;
}

/*
 * Instructions.
 */
static const uint8_t conditions[NUM_OPCODES] = {
	[OP_TEST] = DO_TEST, [OP_TESTSET] = DO_TEST_SET, [OP_EQ] = DO_EQUAL, [OP_LT] = DO_LESS, [OP_LE] = DO_LESS_EQUAL,
	[OP_EQK] = DO_EQUAL_K, [OP_EQI] = DO_EQUAL_INT, [OP_LTI] = DO_LESS_K, [OP_LEI] = DO_LESS_EQUAL_K,
	[OP_GTI] = DO_GREATER_K, [OP_GEI] = DO_GREATER_EQUAL_K,
};

static void add_condition(const struct compiling *c, struct ps_op *op, Instruction i)
{
	int jump = distance(c, op - c->to->ops);
	OpCode code = GET_OPCODE(i);

	op->op = conditions[code];
	op->condition = GETARG_k(i);
	op->n = op->condition ? jump : 2;
	op->other = op->condition ? 2 : jump;
	if (code >= OP_EQI && code <= OP_GEI) {
		setivalue(&op->k, GETARG_sB(i));
		if (GETARG_C(i))	/* which stood as a float there */
			op->op = DO_LEAVE;
	} else if (code == OP_EQK) {
		op->k = c->walk.p->k[op->b];
		if (ttisinteger(&op->k))
			op->op = DO_EQUAL_INT;
	}
}

/* Of a constant that the instruction has itself. */
static void add_small(struct ps_op *op, enum ps_operation operation, int n)
{
	setivalue(&op->k, n);
	op->op = operation;
}

/* R[a] = R[b] >> n, or the other way if that is below 0. */
static void add_shift(struct ps_op *op, int n)
{
	op->n = n < 0 ? -n : n;
	if (op->n < 64)		/* nobody writes more */
		op->op = n < 0 ? DO_SHIFT_LEFT : DO_SHIFT_RIGHT;
}

/* R[a] = K */
static void add_load(struct ps_op *op, const Instruction *pc)
{
	OpCode code = GET_OPCODE(*pc);

	if (code == OP_LFALSESKIP || code == OP_LOADKX)
		op->op = DO_LOAD_SKIP;
	else if (GET_OPCODE(pc[1]) == OP_RETURN1 && GETARG_A(pc[1]) == op->a)
		op->op = DO_RETURN_K;
	else
		op->op = DO_LOAD;
}

/* What stands at C of an instruction that sets something: a constant, or a register. */
static bool is_constant(const struct compiling *c, Instruction i, TValue *k)
{
	if (TESTARG_k(i))
		*k = c->walk.p->k[GETARG_C(i)];
	return TESTARG_k(i);
}

static void add_set_global(const struct compiling *c, struct ps_op *op, Instruction i)
{
	const TString *name = tsvalue(c->walk.p->k + GETARG_B(i));

	if (!is_short(name))
		return;
	op->op = is_constant(c, i, &op->k) ? DO_SET_GLOBAL : DO_SET_GLOBAL_R;
	op->name = name;
	op->b = GETARG_C(i);
}

/* p.udp: the protocol, if the code surely has the packet there, and there is room for a view; below 0: no. */
static int header_of(const struct compiling *c, struct ps_known of, const TString *name)
{
	struct ps_known header = { .kind = PS_KIND_NONE };
	int id;

	if (of.kind == PS_KIND_VIEW && of.whole && is_short(name))
		header = ps_known_member(of, getstr(name), false);
	if (header.kind != PS_KIND_VIEW)
		return -1;
	id = ps_proto_id(&c->bind->registry, header.proto);
	return ps_bind_open_protocol(c->bind->rt.L, id) ? id : -1;
}

/* Most packets begin with it, where it is of a network layer. */
static void look_for_link(const struct compiling *c, struct ps_op *op)
{
	const struct ps_next *row = ps_proto_only_row(ps_proto_eth.next, op->proto);

	if (!row)
		return;
	op->op = DO_FIRST;
	op->link = ps_proto_id(&c->bind->registry, &ps_proto_eth);
	op->protocol = row->value;
}

static void add_get_name(const struct compiling *c, struct ps_op *op, Instruction i)
{
	const TString *name = tsvalue(c->walk.p->k + GETARG_C(i));
	struct ps_known of = ps_walk_get(&c->walk, op->b);
	const struct ps_field_method *m = field_of(c, of, name);
	int id = header_of(c, of, name);

	op->n = 1;
	if (id >= 0) {
		op->op = DO_HEADER;
		give_view(c, op, id);
		look_for_link(c, op);
		return;
	}
	op->name = name;
	if (m)
		get_field(op, m, false);
	else if (is_short(name))
		op->op = DO_GET_NAME;
}

static void add_set_name(const struct compiling *c, struct ps_op *op, Instruction i)
{
	const TString *name = tsvalue(c->walk.p->k + GETARG_B(i));
	const struct ps_field_method *m = field_of(c, ps_walk_get(&c->walk, op->a), name);
	struct operand operand = { .reg = -1 };

	if (!is_constant(c, i, &operand.constant))
		operand.reg = GETARG_C(i);
	op->n = 1;
	if (m) {
		op->b = op->a;
		set_field(op, m, &operand);
	} else if (is_short(name)) {
		op->op = operand.reg < 0 ? DO_SET_NAME : DO_SET_NAME_R;
		op->name = name;
		op->b = operand.reg;
		if (operand.reg < 0)
			op->k = operand.constant;
	}
}

static void add_set(const struct compiling *c, struct ps_op *op, Instruction i, enum ps_operation constant,
		    enum ps_operation in_register)
{
	op->c = op->b;
	op->n = op->b;
	op->b = GETARG_C(i);
	op->op = is_constant(c, i, &op->k) ? constant : in_register;
}

/* What needs no more than a row: its operands are A, B and C, or K[C] in place of C. */
static const uint8_t plain[NUM_OPCODES] = {
	[OP_ADD] = DO_ADD, [OP_SUB] = DO_SUB, [OP_MUL] = DO_MUL, [OP_MOD] = DO_MOD, [OP_IDIV] = DO_DIV,
	[OP_BAND] = DO_AND, [OP_BOR] = DO_OR, [OP_BXOR] = DO_XOR, [OP_SHL] = DO_SHL, [OP_SHR] = DO_SHR,
	[OP_UNM] = DO_NEGATE, [OP_BNOT] = DO_INVERT, [OP_NOT] = DO_NOT, [OP_LEN] = DO_LENGTH,
	[OP_MOVE] = DO_MOVE, [OP_GETUPVAL] = DO_GET_UPVALUE, [OP_SETUPVAL] = DO_SET_UPVALUE,
	[OP_FORPREP] = DO_FOR_BEGIN, [OP_FORLOOP] = DO_FOR_NEXT,
};

static const uint8_t plain_k[NUM_OPCODES] = {
	[OP_ADDK] = DO_ADD_K, [OP_SUBK] = DO_SUB_K, [OP_MULK] = DO_MUL_K, [OP_MODK] = DO_MOD_K,
	[OP_IDIVK] = DO_DIV_K, [OP_BANDK] = DO_AND_K, [OP_BORK] = DO_OR_K, [OP_BXORK] = DO_XOR_K,
};

const uint8_t ps_operands[] = {
#define X(name, operands)	[DO_##name] = operands,
	PS_OPERATIONS(X)
#undef X
};

void ps_op_scale(struct ps_op *op)
{
	unsigned int which = ps_operands[op->op];

	if (which & PS_A)
		op->a *= sizeof(StackValue);
	if (which & PS_B)
		op->b *= sizeof(StackValue);
	if (which & PS_C)
		op->c *= sizeof(StackValue);
	if (which & PS_N)
		op->n *= (int)sizeof(*op);
	if (!(which & PS_S))
		op->other *= (int)sizeof(*op);
}

/*
 * R[a] = R[b][R[c]], of a byte array, at pc. An operation on bits behind it, with a constant, that has its result in the same
 * register, is done with it; and the one that stores this where the byte was.
 */
static void add_get_byte(const struct compiling *c, struct ps_op *op, const Instruction *pc)
{
	const TValue *k = c->walk.p->k + GETARG_C(pc[1]);
	Instruction set;

	op->op = DO_GET_BYTE;
	if (GETARG_A(pc[1]) != op->a || GETARG_B(pc[1]) != op->a)
		return;
	switch (GET_OPCODE(pc[1])) {
	case OP_BANDK:
		op->mask = ivalue(k);
		break;
	case OP_BORK:
		op->mask = ~l_castS2U(ivalue(k));
		op->flip = ivalue(k);
		break;
	case OP_BXORK:
		op->mask = ~(uint64_t)0;
		op->flip = ivalue(k);
		break;
	default:
		return;
	}
	op->op = DO_GET_BITS;
	set = pc[3];	/* one for a metamethod is between */
	if (op->a != op->b && op->a != op->c && GET_OPCODE(set) == OP_SETTABLE && GETARG_A(set) == op->b &&
	    GETARG_B(set) == op->c && GETARG_C(set) == op->a && !TESTARG_k(set))
		op->op = DO_SET_BITS;
}

static void translate(const struct compiling *c, int at)
{
	const Instruction *pc = code_of(c) + at;
	struct ps_op *op = c->to->ops + at;
	const TValue *k = c->walk.p->k;
	Instruction i = *pc;

	op->a = GETARG_A(i);
	op->b = GETARG_B(i);
	op->c = GETARG_C(i);
	if (ps_code_loads(c->walk.p, at, &op->k)) {
		add_load(op, pc);
		return;
	}
	switch (GET_OPCODE(i)) {
	case OP_LOADNIL:
		op->op = DO_LOAD_NIL;
		op->n = op->b + 1;
		return;
	case OP_GETTABUP:
		op->name = tsvalue(k + op->c);
		if (is_short(op->name))
			op->op = DO_GET_GLOBAL;
		return;
	case OP_SETTABUP:
		add_set_global(c, op, i);
		return;
	case OP_GETFIELD:
		add_get_name(c, op, i);
		return;
	case OP_GETI:
		op->op = DO_GET_INDEX;
		op->n = op->c;
		return;
	case OP_SETFIELD:
		add_set_name(c, op, i);
		return;
	case OP_SETI:
		add_set(c, op, i, DO_SET_INDEX, DO_SET_INDEX_R);
		return;
	case OP_SETTABLE:
		add_set(c, op, i, DO_SET_KEY, ps_walk_get(&c->walk, op->a).kind == PS_KIND_BYTES ? DO_SET_BYTE : DO_SET_KEY_R);
		return;
	case OP_GETTABLE:
		if (ps_walk_get(&c->walk, op->b).kind == PS_KIND_BYTES)
			add_get_byte(c, op, pc);
		else
			op->op = DO_GET_KEY;
		return;
	case OP_SELF:
		op->name = TESTARG_k(i) ? tsvalue(k + op->c) : NULL;
		if (op->name && is_short(op->name))
			op->op = DO_SELF;
		return;
	case OP_CALL:
		add_call(op, i, false);
		op->n = (at + 1) * (int)sizeof(i);
		return;
	case OP_TAILCALL:
		add_call(op, i, true);
		return;
	case OP_RETURN0:
	case OP_RETURN1:
	case OP_RETURN:
		add_return(op, i);
		return;
	case OP_JMP:
		op->n = distance(c, at);
		op->op = op->n > 0 ? DO_JUMP : DO_JUMP_BACK;
		return;
	case OP_ADDI:
		add_small(op, DO_ADD_K, GETARG_sC(i));
		return;
	case OP_SHLI:
		add_small(op, DO_SHL_K, GETARG_sC(i));
		return;
	case OP_SHRI:
		add_shift(op, GETARG_sC(i));
		return;
	case OP_FORPREP:
	case OP_FORLOOP:
		op->n = distance(c, at);
		break;
	default:
		break;
	}
	if (testTMode(GET_OPCODE(i))) {
		add_condition(c, op, i);
		return;
	}
	op->op = plain[GET_OPCODE(i)];
	if (!plain_k[GET_OPCODE(i)] || !ttisinteger(k + op->c))
		return;
	op->op = plain_k[GET_OPCODE(i)];
	op->k = k[op->c];
}

/*
 * Along the paths.
 */

/* A value of the kinds that stay what they are when the functions and tables of today are gone. */
static struct ps_known lasting(struct ps_known v)
{
	return v.kind == PS_KIND_NIL || ps_known_may_be_nil(v) ? v : ps_known_any;
}

/* A path gives n results; below 0: any. */
static void give(const struct compiling *c, const struct ps_known *v, int n)
{
	struct ps_known *results = c->to->results;
	int r;

	for (r = 0; r < PS_RESULTS; r++)
		results[r] = ps_known_join(results[r], n < 0 ? ps_known_any : r < n ? lasting(v[r]) : ps_known_nil);
}

static void look(struct ps_walk *walk, Instruction i)
{
	const struct compiling *c = (struct compiling *)walk;

	if (!walk->is_last)
		return;
	translate(c, walk->pc);
	if (GET_OPCODE(i) >= OP_RETURN && GET_OPCODE(i) <= OP_RETURN1)
		give(c, walk->reg + GETARG_A(i), count_returned(i));
}

/* Members of a table that is known; what is called on something unknown is called on a view, most likely. */
static struct ps_known read(struct ps_walk *walk, struct ps_known of, TString *name, bool is_call, struct ps_known member)
{
	(void)walk;
	if (of.kind == PS_KIND_GUEST && is_call && is_short(name))
		return known_quick(luaH_getshortstr((Table *)of.table, name));
	if (of.kind == PS_KIND_LIBRARY && is_short(name))
		return known_value(luaH_getshortstr((Table *)of.table, name));
	if (of.kind == PS_KIND_ANY && is_call)
		member = ps_known_member(ps_known_as(PS_KIND_VIEW, &ps_proto_raw), getstr(name), true);
	return member.kind ? member : ps_known_any;
}

static bool call(struct ps_walk *walk, struct ps_call *call)
{
	struct compiling *c = (struct compiling *)walk;
	const struct ps_function_code *callee = NULL;
	struct ps_known *args = walk->reg + call->first;
	int r;

	if (call->callee.kind == PS_KIND_FUNCTION && call->count >= 0) {
		for (r = 0; r < call->count; r++)
			args[r].lasts = false;	/* an upvalue of this function is another one there */
		callee = compile(c->bind, call->callee.own, args, call->count, c);
	}
	for (r = 0; callee && r < PS_RESULTS; r++)
		call->results[r] = callee->results[r].kind ? callee->results[r] : ps_known_any;
	if (!walk->is_last)
		return true;
	if (call->callee.kind == PS_KIND_QUICK)
		add_quick_call(c, call);
	else if (c->to->ops[walk->pc].op == DO_CALL)
		c->to->ops[walk->pc].callee = fixed_upvalue(call->callee);
	if (GET_OPCODE(code_of(c)[walk->pc]) == OP_TAILCALL)
		give(c, call->results, PS_RESULTS);
	else
		add_method_call(c, call);
	return true;
}

/* A function that calls itself, by whatever way. */
static bool is_being_compiled(const struct compiling *c, const Proto *p)
{
	while (c && c->walk.p != p)
		c = c->caller;
	return c;
}

/* Whether the closure has all that it is made of: one of code that did not compile, or for which memory was short, never gets that. */
static bool is_complete(const LClosure *closure)
{
	int i;

	for (i = 0; i < closure->nupvalues; i++) {
		if (!closure->upvals[i])
			return false;
	}
	return closure->p;
}

/* Whether no function of a script is being called, whose code would be in use. */
static bool is_idle(const struct ps_runtime *rt)
{
	const CallInfo *ci = rt->L->ci;

	while (ci && !isLua(ci))
		ci = ci->previous;
	return rt->guard.running == rt->L && !ci;
}

struct ps_function_code *ps_code_new(struct ps_runtime *rt, size_t size)
{
	struct ps_function_code *f = rt->linear + size <= rt->memory_max / PART_OF_MEMORY ? ps_runtime_allocate(rt, size) : NULL;

	if (!f)
		return NULL;
	memset(f, 0, size);
	f->linear.size = size;
	rt->linear += size;
	return f;
}

static const struct ps_function_code *compile(struct ps_bind *bind, const LClosure *closure, const struct ps_known *args,
					      int nargs, const struct compiling *caller)
{
	static const struct ps_walker compiler = { .look = look, .read = read, .call = call, .wants_objects = true };
	struct ps_runtime *rt = &bind->rt;
	int i, depth = caller ? caller->depth + 1 : 0;
	bool is_blind = caller ? caller->to->is_blind : !nargs;
	const struct ps_function_code *known;
	struct ps_function_code *to;
	struct compiling *c;
	Proto *p = closure->p;
	size_t size;

	if (!is_complete(closure))
		return NULL;
	known = (const struct ps_function_code *)p->linear;
	if (known && (!known->is_blind || is_blind || !nargs || !is_idle(rt)))
		return known;
	if (p->is_vararg || depth == DEPTH_MAX || is_being_compiled(caller, p))
		return known;
	if (known) {	/* first, as what takes its place needs the room */
		ps_linear_free(rt, p->linear);
		p->linear = NULL;
	}
	size = sizeof(*to) + p->sizecode * sizeof(to->ops[0]);
	c = ps_host_realloc(NULL, sizeof(*c) + closure->nupvalues * sizeof(c->upvalues[0]));
	to = c ? ps_code_new(rt, size) : NULL;
	if (!to) {
		ps_host_realloc(c, 0);
		return NULL;
	}
	memset(c, 0, sizeof(*c));
	c->walk.by = &compiler;
	c->walk.registry = &bind->registry;
	c->walk.p = p;
	c->walk.upvalues = c->upvalues;
	c->walk.steps = STEPS * p->sizecode;
	c->walk.memory = caller ? caller->walk.memory : STATES_MAX;
	c->walk.has_last = true;
	c->bind = bind;
	c->to = to;
	to->is_blind = is_blind;
	c->caller = caller;
	c->depth = depth;
	for (i = 0; i < closure->nupvalues; i++) {
		c->upvalues[i] = known_value(ps_stk(closure->upvals[i]->v));
		c->upvalues[i].lasts = p->upvalues[i].kind == RDKCONST;
		c->upvalues[i].origin = i + 1;
	}
	ps_walk_run(&c->walk, args, nargs);
	for (i = 0; i < p->sizecode; i++) {
		if (to->ops[i].op == DO_LEAVE)	/* no path that was followed comes there */
			translate(c, i);
		ps_op_scale(&to->ops[i]);
	}
	ps_host_realloc(c, 0);

	to->code = p->code;
	to->nops = p->sizecode;
	to->linear.slots = 2 + p->maxstacksize;
	to->linear.run = ps_linear_run;
	to->linear.leave = ps_linear_leave;
	p->linear = &to->linear;
	return to;
}

/*
 * What is called by ways that cannot be followed: functions in tables, callbacks. Nothing is known of what they are given, until a
 * function is compiled that calls one. They get half of the memory for linear code at most. Only where no function runs: else none of this code
 * could make way for better one.
 */
static void compile_rest(lua_State *L, struct ps_bind *bind)
{
	const struct ps_runtime *rt = &bind->rt;
	const global_State *g = G(L);
	GCObject *o;

	if (!lua_checkstack(L, 1))
		return;
	for (o = g->allgc; o && rt->linear < rt->memory_max / PART_OF_MEMORY / 2 && !ps_guard_is_expired(L); o = o->next) {
		if (o->tt != LUA_VLCL || isdead(g, o))
			continue;
		setclLvalue2s(L, PS_STACK_TOP(L), gco2lcl(o));	/* or it might be collected, as what opens protocols allocates */
		PS_STACK_TOP(L)++;
		compile(bind, gco2lcl(o), NULL, 0, NULL);
		PS_STACK_TOP(L)--;
	}
}

/*
 * The function on top of the stack, with what it is given. Calls are put in place only where no library debug can change the
 * variables that functions are in.
 */
static struct ps_linear *compile_for(lua_State *L, const struct ps_known *given, bool *is_own)
{
	const TValue *f = s2v(PS_STACK_TOP(L) - 1);
	LClosure *closure = ttisLclosure(f) ? clLvalue(f) : NULL;	/* what opens protocols may move the stack */
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_function_code *own;

	if (!closure || !compile(bind, closure, given, 1, NULL))
		return NULL;
	((struct ps_function_code *)closure->p->linear)->is_blind = false;	/* it is the handler's now */
	if (is_idle(&bind->rt))
		compile_rest(L, bind);
	own = given->kind == PS_KIND_VIEW ? ps_inline_calls(&bind->rt, closure) : NULL;
	*is_own = own;
	return own ? &own->linear : closure->p->linear;
}

struct ps_linear *ps_compile(lua_State *L, const struct ps_proto *proto, bool *is_own)
{
	return compile_for(L, &(struct ps_known){ .kind = PS_KIND_VIEW, .whole = true, .proto = proto }, is_own);
}

struct ps_linear *ps_compile_guest(lua_State *L, const void *block, bool *is_own)
{
	const Table *methods = ((const struct ps_object *)block)->methods;
	const struct ps_known given = ps_known_as(methods ? PS_KIND_GUEST : PS_KIND_ANY, methods);

	return compile_for(L, &given, is_own);
}
