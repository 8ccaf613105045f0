/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_CORE
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lfunc.h"
#include "lopcodes.h"

#include "access.h"
#include "bytecode.h"
#include "compile.h"
#include "host.h"
#include "linear.h"

#define DEPTH_MAX	8	/* calls within calls that are followed */
#define PART_OF_MEMORY	8	/* linear code gets one in so many bytes */
#define NOT_A_VIEW	(-1)
#define BYTES		(-2)	/* but a byte array */

/* What a register is foreseen to have. Foreseeing wrongly makes code slow, not wrong. */
struct foreseen {
	int proto;			/* a header's protocol; BYTES; NOT_A_VIEW */
	const LClosure *function;	/* NULL: not known */
};

struct compiling {
	struct ps_bind *bind;
	const LClosure *closure;
	const Proto *p;
	struct ps_function_code *to;
	const struct compiling *caller;
	int depth;
	struct foreseen *registers;
	/* Before the instruction at end, which is behind one operation for several, register result gets a view of proto. */
	int end, result, proto;
};

static const struct foreseen nothing = { NOT_A_VIEW, NULL };

static const struct ps_function_code *compile(struct ps_bind *bind, const LClosure *closure,
					      const struct foreseen *args, int nargs,
					      const struct compiling *caller);

static void foresee(struct compiling *c, int reg, int proto)
{
	c->registers[reg] = (struct foreseen){ proto, NULL };
}

static void forget(struct compiling *c, int reg)
{
	c->registers[reg] = nothing;
}

/* The value may be a function that can be compiled, too. */
static void foresee_value(struct compiling *c, int reg, const TValue *v)
{
	c->registers[reg] = nothing;
	if (ttisLclosure(v))
		c->registers[reg].function = clLvalue(v);
}

/* What the views of a pool have, the first of which is made with it. */
static const Table *methods_of(const struct ps_pool *pool)
{
	return ((const struct ps_object *)pool->block[0])->methods;
}

/* The method of that name of headers of a protocol, or NULL. */
static const struct ps_method *method_of(const struct compiling *c, int proto, const TString *name)
{
	return ps_access_method(methods_of(&c->bind->views[proto]), name);
}

/* The field of that name of what the register has a view of, or NULL. */
static const struct ps_field_method *field_of(const struct compiling *c, int reg, const TString *name)
{
	int proto = c->registers[reg].proto;

	return proto < 0 ? NULL : ps_access_named(methods_of(&c->bind->views[proto]), name);
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
static void place16(struct ps_op *op, struct ps_bits at)
{
	op->at = at.bit / 16 * 2;
	op->shift = 16 - at.bit % 16 - at.width;
	op->mask = (1u << at.width) - 1;
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
		place16(op, at);
	} else if (at.width == 32 && rest == 16) {
		op->op = DO_GET32;
		op->at = at.bit / 8;
	}
}

/* Whether setting the field to v does the same each time, and then to which value. */
static bool constant_value(const struct ps_field *field, const TValue *v, uint64_t *value)
{
	struct ps_value parsed;

	if (!field->type->has_int)
		return false;
	if (ttisinteger(v)) {
		*value = ivalue(v);
		return true;
	}
	if (!field->type->parse || !ttisstring(v) ||
	    !field->type->parse(getstr(tsvalue(v)), tsslen(tsvalue(v)), &parsed))
		return false;
	*value = parsed.low;
	return true;
}

/* Whether a field is 32 bits, at a word of the fixed part, and is all that changes with it. */
static bool is_plain32(const struct ps_proto *proto, const struct ps_field *field)
{
	return field->at.width == 32 && field->at.bit % 16 == 0 && is_fixed(proto, field) &&
	       !proto->csum.present.mask && !(field->flags & (PS_CHECKSUM | PS_COVERAGE));
}

/* Whether a field is within a word of 16 bits of the fixed part, and counts in no other header's checksum. */
static bool is_plain16(const struct ps_proto *proto, const struct ps_field *field)
{
	return field->at.bit % 16 + field->at.width <= 16 && is_fixed(proto, field) && field->type->has_int &&
	       !proto->csum.present.mask && !proto->csum.covers.mask &&
	       !(field->flags & (PS_CHECKSUM | PS_COVERAGE | PS_PSEUDO));
}

/* The field of R[b] = a constant, or R[c]. */
static void set_field(struct ps_op *op, const struct ps_field_method *m, const struct ps_operand *v)
{
	const struct ps_field *field = m->field;
	bool is_known = v->reg < 0;
	TValue k = v->constant;
	uint64_t value = 0;

	op->field = m;
	if (is_known && !constant_value(field, &k, &value)) {
		op->op = DO_SET_FIELD_K;
		op->k = k;
		return;
	}
	if (!is_known)
		op->c = v->reg;
	if (is_plain16(m->proto, field) && !(value >> field->at.width)) {
		op->op = is_known ? DO_SET16 : DO_SET16_R;
		place16(op, field->at);
		op->bits = value;
		return;
	}
	if (is_plain32(m->proto, field) && !(value >> 32))
		op->op = is_known ? DO_ASSIGN32 : DO_SET32;
	else
		op->op = is_known ? DO_ASSIGN : DO_SET_FIELD;
	op->value = value;
	op->flags = field->flags;
	op->byte = field->at.bit / 8;
}

/*
 * Methods that are called at once: what several instructions do.
 */

/* The operation does what is before code, and its result is a view of proto, or none. */
static void finish(struct compiling *c, struct ps_op *op, const struct ps_code *code, int proto)
{
	c->end = code->pc - c->p->code;
	c->result = op->a;
	c->proto = proto;
	op->n = c->end - (op - c->to->ops);
}

/* Where the code goes on if the view is there: a test of that which follows is done with it. */
static void look_for_test(const struct compiling *c, struct ps_op *op)
{
	const Instruction *pc = c->p->code + c->end;
	bool jumps = GET_OPCODE(*pc) == OP_TEST && GETARG_A(*pc) == op->a;

	op->other = op->n;
	if (jumps && GETARG_k(*pc) && GETARG_sJ(pc[1]) >= 0)
		op->other += GETARG_sJ(pc[1]) + 2;
	else if (jumps && !GETARG_k(*pc))
		op->other += 2;
	else if (GET_OPCODE(*pc) == OP_TESTSET && GETARG_B(*pc) == op->a && !GETARG_k(*pc))
		op->other += 2;	/* ip and ip:data(…) */
}

/* A link layer after whose fixed part comes nothing but the payload. */
static bool is_plain_link(const struct ps_proto *proto)
{
	return proto->is_link && !proto->header_len.mask && !proto->total_len.mask &&
	       !proto->fragment.mask && !proto->csum.kind;
}

/* :data(id), which has been read. If :data(next) follows, of what a link layer selects, both are one. */
static void add_data(struct compiling *c, struct ps_op *op, const struct ps_code *code, int id)
{
	struct ps_code next = *code;
	const TString *name;
	const struct ps_method *method;
	const struct ps_next *row;
	struct ps_call_code call = { .has_arg = false };

	op->op = DO_DATA;
	op->c = id;
	op->proto = ps_protos[id];
	op->pool = &c->bind->views[id];
	finish(c, op, code, id);
	look_for_test(c, op);
	if (!is_plain_link(ps_protos[id]) || !ps_code_self(&next, &name) || !ps_code_call(&next, &call))
		return;
	method = method_of(c, id, name);
	if (!method || method->op != PS_OP_DATA || !call.has_result || !ps_code_constant_id(&call, ps_nprotos))
		return;
	id = ivalue(&call.arg.constant);
	row = ps_proto_only_row(ps_protos[op->c]->next, ps_protos[id]);
	if (!row || row->proto->locate)		/* whose views are not as simple as what DO_NETWORK makes */
		return;
	op->op = DO_NETWORK;
	op->link = op->c;
	op->protocol = row->value;
	op->c = id;
	op->proto = ps_protos[id];
	op->pool = &c->bind->views[id];
	finish(c, op, &next, id);
	look_for_test(c, op);
}

/* :field(), which has been read; with what is called on it, if that is :get(), :int() or :set(x). */
static void add_field(struct compiling *c, struct ps_op *op, struct ps_code *code,
		      const struct ps_field_method *m)
{
	struct ps_code next = *code;
	const struct ps_method *method = NULL;
	const TString *name;
	struct ps_call_code call = { .has_arg = false };

	op->op = DO_FIELD;
	op->field = m;
	finish(c, op, code, NOT_A_VIEW);
	if (ps_code_self(&next, &name))
		method = ps_access_method(methods_of(&m->pool), name);
	if (!method || !ps_code_call(&next, &call))
		return;
	if ((method->op == PS_OP_GET || method->op == PS_OP_INT) && call.has_result && !call.has_arg)
		get_field(op, m, method->op == PS_OP_INT);
	else if (method->op == PS_OP_SET && !call.has_result && call.has_arg && call.arg.reg != op->a + 1)
		set_field(op, m, &call.arg);
	else
		return;
	finish(c, op, &next, NOT_A_VIEW);
}

/* SELF: R[a + 1] = R[b], R[a] = R[b].name. */
static void add_self(struct compiling *c, struct ps_op *op, const Instruction *pc)
{
	const TString *name = ps_code_method(c->p->k, *pc);
	struct ps_code code = { .pc = pc + 1, .k = c->p->k, .self = op->a };
	int proto = c->registers[op->b].proto;
	const struct ps_method *method;
	struct ps_call_code call = { .has_arg = false };

	if (!name)
		return;
	op->op = DO_SELF;
	op->name = name;
	c->registers[op->a + 1] = c->registers[op->b];
	forget(c, op->a);
	method = method_of(c, proto < 0 ? 0 : proto, name);
	if (!method || !ps_code_call(&code, &call) || !call.has_result)
		return;
	if (method->op == PS_OP_DATA && (!call.has_arg || ps_code_constant_id(&call, ps_nprotos))) {
		add_data(c, op, &code, call.has_arg ? ivalue(&call.arg.constant) : 0);
	} else if (method->op == PS_OP_GET && !call.has_arg) {
		op->op = DO_VALUE;
		finish(c, op, &code, BYTES);
	} else if (method->op == PS_OP_FIELD && !call.has_arg) {
		add_field(c, op, &code, (const struct ps_field_method *)method);
	}
}

/*
 * Calls of functions.
 */

/* Results of a call from register a on: n of them. */
static void foresee_results(struct compiling *c, int a, int n, const struct ps_function_code *callee)
{
	int i;

	for (i = 0; i < n; i++)
		foresee(c, a + i, callee && i < PS_RESULTS ? callee->results[i] : NOT_A_VIEW);
}

static void add_call(struct compiling *c, struct ps_op *op, Instruction i, bool is_tail)
{
	const LClosure *function = c->registers[op->a].function;
	const struct ps_function_code *callee = NULL;
	int nargs = GETARG_B(i) - 1, nresults = GETARG_C(i) - 1;

	if (nargs >= 0 && function)
		callee = compile(c->bind, function, c->registers + op->a + 1, nargs, c);
	if (is_tail) {
		if (nargs >= 0 && !TESTARG_k(i) && !GETARG_C(i))
			op->op = DO_TAIL_CALL;
		op->b = nargs;
		if (callee)
			memcpy(c->to->results, callee->results, sizeof(callee->results));
		return;
	}
	if (nargs >= 0 && nresults >= 0)
		op->op = DO_CALL;
	op->b = nargs;
	op->c = nresults;
	foresee_results(c, op->a, nresults, callee);
}

static void add_return(struct compiling *c, struct ps_op *op, int n)
{
	int i;

	op->op = n == 1 ? DO_RETURN_ONE : DO_RETURN;
	op->n = n;
	for (i = 0; i < n && i < PS_RESULTS; i++) {
		if (c->registers[op->a + i].proto >= 0)
			c->to->results[i] = c->registers[op->a + i].proto;
	}
}

/*
 * Instructions.
 */

/* A condition, behind which a jump stands: if it leads back, it is that which looks at the time. */
static void add_condition(struct ps_op *op, enum ps_operation operation, const Instruction *pc)
{
	int jump = GETARG_sJ(pc[1]) < 0 ? 1 : GETARG_sJ(pc[1]) + 2;

	op->op = operation;
	op->condition = GETARG_k(*pc);
	op->n = op->condition ? jump : 2;
	op->other = op->condition ? 2 : jump;
}

static void add_compare_k(struct ps_op *op, enum ps_operation operation, const Instruction *pc)
{
	setivalue(&op->k, GETARG_sB(*pc));
	if (!GETARG_C(*pc))		/* else it stood as a float there */
		add_condition(op, operation, pc);
}

static void add_arith(struct compiling *c, struct ps_op *op, enum ps_operation operation)
{
	op->op = operation;
	forget(c, op->a);
}

static void add_arith_k(struct compiling *c, struct ps_op *op, enum ps_operation operation,
			const TValue *k)
{
	op->k = *k;
	if (ttisinteger(k))
		op->op = operation;
	forget(c, op->a);
}

static void add_small(struct compiling *c, struct ps_op *op, enum ps_operation operation, int n)
{
	setivalue(&op->k, n);
	add_arith(c, op, operation);
}

/* R[a] = R[b] >> n, or the other way if that is below 0. */
static void add_shift(struct compiling *c, struct ps_op *op, int n)
{
	forget(c, op->a);
	op->n = n < 0 ? -n : n;
	if (op->n < 64)		/* nobody writes more */
		op->op = n < 0 ? DO_SHIFT_LEFT : DO_SHIFT_RIGHT;
}

static void add_load(struct compiling *c, struct ps_op *op, const Instruction *pc)
{
	bool is_returned = GET_OPCODE(pc[1]) == OP_RETURN1 && GETARG_A(pc[1]) == op->a;

	op->op = is_returned ? DO_RETURN_K : DO_LOAD;
	forget(c, op->a);
}

/* A global; what it is now is what it will be, most likely. */
static void add_global(struct compiling *c, struct ps_op *op, Instruction i)
{
	const TString *name = tsvalue(c->p->k + GETARG_C(i));
	const TValue *globals = ps_stk(c->closure->upvals[GETARG_B(i)]->v);

	forget(c, op->a);
	if (!ps_code_is_short(name))
		return;
	op->op = DO_GET_GLOBAL;
	op->name = name;
	if (ttistable(globals))
		foresee_value(c, op->a, luaH_getshortstr(hvalue(globals), (TString *)name));
}

/* What stands at C of an instruction that sets something: a constant, or a register. */
static bool is_constant(const struct compiling *c, Instruction i, TValue *k)
{
	if (TESTARG_k(i))
		*k = c->p->k[GETARG_C(i)];
	return TESTARG_k(i);
}

static void add_set_global(const struct compiling *c, struct ps_op *op, Instruction i)
{
	const TString *name = tsvalue(c->p->k + GETARG_B(i));

	if (!ps_code_is_short(name))
		return;
	op->op = is_constant(c, i, &op->k) ? DO_SET_GLOBAL : DO_SET_GLOBAL_R;
	op->name = name;
	op->b = GETARG_C(i);
}

static void add_get_name(struct compiling *c, struct ps_op *op, Instruction i)
{
	const TString *name = tsvalue(c->p->k + GETARG_C(i));
	const struct ps_field_method *m = ps_code_is_short(name) ? field_of(c, op->b, name) : NULL;

	op->n = 1;
	op->name = name;
	if (m)
		get_field(op, m, false);
	else if (ps_code_is_short(name))
		op->op = DO_GET_NAME;
	forget(c, op->a);
}

static void add_set_name(struct compiling *c, struct ps_op *op, Instruction i)
{
	const TString *name = tsvalue(c->p->k + GETARG_B(i));
	const struct ps_field_method *m = ps_code_is_short(name) ? field_of(c, op->a, name) : NULL;
	struct ps_operand operand = { .reg = -1 };

	if (!is_constant(c, i, &operand.constant))
		operand.reg = GETARG_C(i);
	op->n = 1;
	if (m) {
		op->b = op->a;
		set_field(op, m, &operand);
	} else if (ps_code_is_short(name)) {
		op->op = operand.reg < 0 ? DO_SET_NAME : DO_SET_NAME_R;
		op->name = name;
		op->b = operand.reg;
		if (operand.reg < 0)
			op->k = operand.constant;
	}
}

static void add_set(struct compiling *c, struct ps_op *op, Instruction i, enum ps_operation constant,
		    enum ps_operation in_register)
{
	op->c = op->b;
	op->n = op->b;
	op->b = GETARG_C(i);
	op->op = is_constant(c, i, &op->k) ? constant : in_register;
}

/* What needs no more than a row: R[A] = R[B] op R[C], or op K[C]. */
static const uint8_t arithmetic[NUM_OPCODES] = {
	[OP_ADD] = DO_ADD, [OP_SUB] = DO_SUB, [OP_MUL] = DO_MUL, [OP_MOD] = DO_MOD, [OP_IDIV] = DO_DIV,
	[OP_BAND] = DO_AND, [OP_BOR] = DO_OR, [OP_BXOR] = DO_XOR, [OP_SHL] = DO_SHL, [OP_SHR] = DO_SHR,
	[OP_UNM] = DO_NEGATE, [OP_BNOT] = DO_INVERT, [OP_NOT] = DO_NOT, [OP_LEN] = DO_LENGTH,
};

static const uint8_t arithmetic_k[NUM_OPCODES] = {
	[OP_ADDK] = DO_ADD_K, [OP_SUBK] = DO_SUB_K, [OP_MULK] = DO_MUL_K, [OP_MODK] = DO_MOD_K,
	[OP_IDIVK] = DO_DIV_K, [OP_BANDK] = DO_AND_K, [OP_BORK] = DO_OR_K, [OP_BXORK] = DO_XOR_K,
};

/* Registers and distances, as they are where the code runs. */
static void scale(struct ps_op *op)
{
#define X(name, operands)	[DO_##name] = operands,
	static const uint8_t operands[] = { PS_OPERATIONS(X) };
#undef X
	unsigned int which = operands[op->op];

	if (which & PS_A)
		op->a *= sizeof(StackValue);
	if (which & PS_B)
		op->b *= sizeof(StackValue);
	if (which & PS_C)
		op->c *= sizeof(StackValue);
	if (which & PS_N)
		op->n *= (int)sizeof(*op);
	op->other *= (int)sizeof(*op);
}

static void translate(struct compiling *c, const Instruction *pc)
{
	struct ps_op *op = c->to->ops + (pc - c->p->code);
	const TValue *k = c->p->k;
	Instruction i = *pc;
	int n;

	op->a = GETARG_A(i);
	op->b = GETARG_B(i);
	op->c = GETARG_C(i);
	switch (GET_OPCODE(i)) {
	case OP_MOVE:
		op->op = DO_MOVE;
		c->registers[op->a] = c->registers[op->b];
		return;
	case OP_LOADI:
		setivalue(&op->k, GETARG_sBx(i));
		add_load(c, op, pc);
		return;
	case OP_LOADK:
		op->k = k[GETARG_Bx(i)];
		add_load(c, op, pc);
		return;
	case OP_LOADTRUE:
		setbtvalue(&op->k);
		add_load(c, op, pc);
		return;
	case OP_LOADFALSE:
		setbfvalue(&op->k);
		add_load(c, op, pc);
		return;
	case OP_LFALSESKIP:
		setbfvalue(&op->k);
		op->op = DO_LOAD_SKIP;
		forget(c, op->a);
		return;
	case OP_LOADNIL:
		op->op = DO_LOAD_NIL;
		op->n = op->b + 1;
		for (n = 0; n < op->n; n++)
			forget(c, op->a + n);
		return;
	case OP_GETUPVAL:
		op->op = DO_GET_UPVALUE;
		foresee_value(c, op->a, ps_stk(c->closure->upvals[op->b]->v));
		return;
	case OP_SETUPVAL:
		op->op = DO_SET_UPVALUE;
		return;
	case OP_GETTABUP:
		add_global(c, op, i);
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
		forget(c, op->a);
		return;
	case OP_SETFIELD:
		add_set_name(c, op, i);
		return;
	case OP_SETI:
		add_set(c, op, i, DO_SET_INDEX, DO_SET_INDEX_R);
		return;
	case OP_SETTABLE:
		add_set(c, op, i, DO_SET_KEY, c->registers[op->a].proto == BYTES ? DO_SET_BYTE : DO_SET_KEY_R);
		return;
	case OP_GETTABLE:
		op->op = c->registers[op->b].proto == BYTES ? DO_GET_BYTE : DO_GET_KEY;
		forget(c, op->a);
		return;
	case OP_SELF:
		add_self(c, op, pc);
		return;
	case OP_CALL:
		add_call(c, op, i, false);
		return;
	case OP_TAILCALL:
		add_call(c, op, i, true);
		return;
	case OP_RETURN0:
		add_return(c, op, 0);
		return;
	case OP_RETURN1:
		add_return(c, op, 1);
		return;
	case OP_RETURN:
		if (GETARG_B(i) && !TESTARG_k(i) && !GETARG_C(i))
			add_return(c, op, GETARG_B(i) - 1);
		return;
	case OP_JMP:
		op->op = GETARG_sJ(i) < 0 ? DO_JUMP_BACK : DO_JUMP;
		op->n = GETARG_sJ(i) + 1;
		return;
	case OP_TEST:
		add_condition(op, DO_TEST, pc);
		return;
	case OP_TESTSET:
		add_condition(op, DO_TEST_SET, pc);
		c->registers[op->a] = c->registers[op->b];
		return;
	case OP_EQ:
		add_condition(op, DO_EQUAL, pc);
		return;
	case OP_EQK:
		op->k = k[op->b];
		add_condition(op, ttisinteger(&op->k) ? DO_EQUAL_INT : DO_EQUAL_K, pc);
		return;
	case OP_EQI:
		add_compare_k(op, DO_EQUAL_INT, pc);
		return;
	case OP_LT:
		add_condition(op, DO_LESS, pc);
		return;
	case OP_LE:
		add_condition(op, DO_LESS_EQUAL, pc);
		return;
	case OP_LTI:
		add_compare_k(op, DO_LESS_K, pc);
		return;
	case OP_LEI:
		add_compare_k(op, DO_LESS_EQUAL_K, pc);
		return;
	case OP_GTI:
		add_compare_k(op, DO_GREATER_K, pc);
		return;
	case OP_GEI:
		add_compare_k(op, DO_GREATER_EQUAL_K, pc);
		return;
	case OP_ADDI:
		add_small(c, op, DO_ADD_K, GETARG_sC(i));
		return;
	case OP_SHLI:
		add_small(c, op, DO_SHL_K, GETARG_sC(i));
		return;
	case OP_SHRI:
		add_shift(c, op, GETARG_sC(i));
		return;
	case OP_FORPREP:
		op->op = DO_FOR_BEGIN;
		op->n = GETARG_Bx(i) + 2;
		for (n = 0; n < 4; n++)
			forget(c, op->a + n);
		return;
	case OP_FORLOOP:
		op->op = DO_FOR_NEXT;
		op->n = 1 - (int)GETARG_Bx(i);
		return;
	default:
		break;
	}
	if (arithmetic[GET_OPCODE(i)])
		add_arith(c, op, arithmetic[GET_OPCODE(i)]);
	else if (arithmetic_k[GET_OPCODE(i)])
		add_arith_k(c, op, arithmetic_k[GET_OPCODE(i)], k + op->c);
	else if (testAMode(GET_OPCODE(i)))
		forget(c, op->a);
}

/* A function that calls itself, by whatever way. */
static bool is_being_compiled(const struct compiling *c, const Proto *p)
{
	while (c && c->p != p)
		c = c->caller;
	return c;
}

/* Linear code for n instructions, all of which leave it yet; or NULL. */
static struct ps_function_code *new_code(struct ps_bind *bind, int n)
{
	size_t size = sizeof(struct ps_function_code) + n * sizeof(struct ps_op);
	struct ps_runtime *rt = &bind->rt;
	struct ps_function_code *f;

	if (size > rt->memory_max / PART_OF_MEMORY - rt->linear)
		return NULL;
	f = ps_runtime_allocate(rt, size);
	if (!f)
		return NULL;
	memset(f, 0, size);
	memset(f->results, NOT_A_VIEW, sizeof(f->results));
	f->linear.size = size;
	rt->linear += size;
	return f;
}

static const struct ps_function_code *compile(struct ps_bind *bind, const LClosure *closure,
					      const struct foreseen *args, int nargs,
					      const struct compiling *caller)
{
	struct compiling c = { bind, closure, closure->p, NULL, caller, caller ? caller->depth + 1 : 0, NULL, -1, 0, 0 };
	Proto *p = closure->p;
	int i;

	if (p->linear)
		return (const struct ps_function_code *)p->linear;
	if (p->is_vararg || c.depth == DEPTH_MAX || is_being_compiled(caller, p))
		return NULL;
	c.registers = ps_host_realloc(NULL, (p->maxstacksize + 1) * sizeof(*c.registers));
	c.to = c.registers ? new_code(bind, p->sizecode) : NULL;
	if (!c.to) {
		ps_host_realloc(c.registers, 0);
		return NULL;
	}
	for (i = 0; i <= p->maxstacksize; i++)
		c.registers[i] = i < nargs && i < p->numparams ? args[i] : nothing;
	for (i = 0; i < p->sizecode; i++) {
		if (i == c.end)
			foresee(&c, c.result, c.proto);
		translate(&c, p->code + i);
	}
	for (i = 0; i < p->sizecode; i++)
		scale(&c.to->ops[i]);
	ps_host_realloc(c.registers, 0);

	c.to->code = p->code;
	c.to->linear.run = ps_linear_run;
	p->linear = &c.to->linear;
	return c.to;
}

void ps_compile(lua_State *L)
{
	const struct foreseen packet = { 0, NULL };
	const TValue *f = s2v(PS_STACK_TOP(L) - 1);

	if (ttisLclosure(f))
		compile(ps_bind_of(L), clLvalue(f), &packet, 1, NULL);
}
