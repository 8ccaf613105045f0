/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Methods and fields of views as they are tried first (lua/inside.h): only what is simple,
 * without a frame, and without a way to raise. Where the code says what will be done
 * with an object, that is looked up once and kept as a plan.
 */
#define LUA_LIB
#include "lprefix.h"

#include "lua.h"
#include "code.h"

#include "view.h"

#define HEADERS_SEEN	64	/* one that is kept again is looked for among the last so many */

/*
 * A link layer that is not there: its payload is what the packet is said to be. One that is cut short
 * has none.
 */
static bool absent_payload(struct ps_packet *pkt, const struct ps_header *link,
			   struct ps_header *payload)
{
	if (pkt->has_link)
		return false;
	payload->range.off = pkt->network;
	payload->range.len = pkt->len - pkt->network;
	if (payload->proto == &ps_proto_raw)
		return true;
	return ps_proto_row(link->proto->next, pkt->protocol) == payload->proto &&
	       ps_proto_fits(pkt, payload);
}

/* Whether the place, which is of a header that does not fit, is what an ICMP error quotes of it. */
static ps_noinline bool is_quoted(struct ps_packet *pkt, const struct ps_place *at,
				  struct ps_place *to)
{
	struct ps_header quoted = to->header;

	quoted.outer = &at->header;
	to->flags = PS_VIEW_CAREFUL;
	return ps_packet_has(pkt, quoted.range.off, quoted.range.len) &&
	       ps_proto_is_quoted(pkt, &quoted);
}

static inline bool find_payload(struct ps_packet *pkt, const struct ps_place *at,
				struct ps_place *to)
{
	struct ps_header *payload = &to->header;

	to->flags = 0;
	if (at->flags) {
		if (at->flags & PS_VIEW_ABSENT)
			return !at->field && absent_payload(pkt, &at->header, payload);
		if (at->flags & PS_VIEW_WHOLE && payload->proto->is_link &&
		    (!pkt->has_link || pkt->len < payload->proto->header_min)) {
			payload->range.off = pkt->has_link ? 0 : pkt->network;
			payload->range.len = 0;
			to->flags = PS_VIEW_ABSENT;
			return true;
		}
		if (at->flags & PS_VIEW_CAREFUL && !at->field && !ps_proto_fits(pkt, &at->header))
			return false;
	}
	if (at->field || at->header.proto == &ps_proto_raw)
		payload->range = *ps_place_range(at);
	else if (!ps_proto_carries(pkt, &at->header, payload->proto, &payload->range))
		return false;
	if (ps_unlikely(payload->proto->locate))
		to->flags = PS_VIEW_CAREFUL;
	return ps_likely(ps_proto_fits(pkt, payload)) || is_quoted(pkt, at, to);
}

static ps_inline int payload_at(struct ps_bind *bind, const struct ps_place *at, unsigned int id,
				struct ps_place *to)
{
	to->header.proto = ps_protos[id];
	to->field = NULL;
	if (!find_payload(bind->pkt, at, to))
		return 0;
	return ps_view_outer(bind, &at->header, &to->header.outer) ? 1 : -1;
}

int ps_view_payload(struct ps_bind *bind, const struct ps_place *at, unsigned int id,
		    struct ps_place *to)
{
	return payload_at(bind, at, id, to);
}

static inline bool is_same(const struct ps_header *a, const struct ps_header *b)
{
	return a->proto == b->proto && a->range.off == b->range.off &&
	       a->range.len == b->range.len && a->outer == b->outer;
}

/* Where header number i of a packet is kept, or NULL: there is no block for it yet. */
static inline struct ps_header *kept_header(const struct ps_bind *bind, unsigned int i)
{
	unsigned int block = 31 - __builtin_clz(i / PS_HEADERS_FIRST + 1);
	struct ps_header *headers = bind->headers[block];

	return headers ? headers + i - PS_HEADERS_FIRST * ((1u << block) - 1) : NULL;
}

static struct ps_header *new_header(struct ps_bind *bind)
{
	unsigned int i = bind->nheaders, block;
	struct ps_header *h;

	if (i == PS_HEADERS_MAX)
		return NULL;
	h = kept_header(bind, i);
	if (!h) {	/* the first of a block, which later packets use again */
		block = 31 - __builtin_clz(i / PS_HEADERS_FIRST + 1);
		h = ps_bind_allocate(bind, (sizeof(*h) * PS_HEADERS_FIRST) << block);
		bind->headers[block] = h;
	}
	if (h)
		bind->nheaders++;
	return h;
}

/* The same as ps_view_keep_outer(), where the first block is full. */
static ps_noinline bool keep_one_of_many(struct ps_bind *bind, const struct ps_header *header,
					 const struct ps_header **outer)
{
	unsigned int i = bind->nheaders, end = i > HEADERS_SEEN ? i - HEADERS_SEEN : 0;
	struct ps_header *h;

	while (i > end) {
		h = kept_header(bind, --i);
		if (is_same(h, header)) {
			*outer = h;
			return true;
		}
	}
	if (ps_header_depth(header) >= PS_NESTED_MAX)
		return false;
	h = new_header(bind);
	if (!h)
		return false;
	*h = *header;
	*outer = h;
	return true;
}

bool ps_view_keep_outer(struct ps_bind *bind, const struct ps_header *header,
			const struct ps_header **outer)
{
	struct ps_header *const first = bind->headers[0], *h = first + bind->nheaders;

	/* so few are not nested too deeply, either */
	if (ps_unlikely(bind->nheaders >= PS_HEADERS_FIRST))
		return keep_one_of_many(bind, header, outer);
	while (h > first) {
		if (is_same(--h, header)) {
			*outer = h;
			return true;
		}
	}
	h = first + bind->nheaders++;
	*h = *header;
	*outer = h;
	return true;
}

/* The text of the value, if it has been made before. */
static inline bool get_text(lua_State *L, struct ps_bind *bind, struct ps_value value,
			    const struct ps_type *type, TValue *result)
{
	const struct ps_address *known = ps_formatted_entry(bind, value);

	if (!known->text || known->type != type || !ps_value_is(known->value, value))
		return false;
	setsvalue(L, result, ps_string_of(known->text));
	return true;
}

/* The same as get_value() for fields that are there and have no int. */
static ps_noinline bool get_wide(lua_State *L, struct ps_bind *bind, const struct ps_place *at,
				 const struct ps_field *field, bool as_integer, TValue *result)
{
	struct ps_value value;

	return !field->type->is_bytes && !as_integer &&
	       !ps_field_get_value(bind->pkt, at->header.range.off, field, &value) &&
	       get_text(L, bind, value, field->type, result);
}

/*
 * The value of a field of the place, or of the field that it is: if it is there and nothing has
 * to be made for it.
 */
static inline bool get_value(lua_State *L, struct ps_bind *bind, const struct ps_place *at,
			     const struct ps_field *field, bool as_integer, TValue *result)
{
	uint64_t value;

	if (!field || at->flags & PS_VIEW_LACKING)
		return false;
	if (ps_unlikely(!field->type->has_int))
		return get_wide(L, bind, at, field, as_integer, result);
	if (ps_field_get(bind->pkt, at->header.range.off, field->at, &value))
		return false;
	if (field->type->format && !as_integer)
		return get_text(L, bind, (struct ps_value){ 0, value }, field->type, result);
	setivalue(result, value);
	return true;
}

/* The same as set_value() for fields that are there and have no int. */
static ps_noinline bool set_wide(struct ps_bind *bind, const struct ps_place *at,
				 const struct ps_field *field, const TValue *arg)
{
	const struct ps_value *value;

	if (field->type->is_bytes || !ttisstring(arg))
		return false;
	value = ps_known_address(bind, getstr(tsvalue(arg)), field->type);
	return value && !ps_field_set_value(bind->pkt, &at->header, field, *value);
}

/* Sets it, if it is there. What fails now fails the other way too, and says why. */
static inline bool set_value(struct ps_bind *bind, const struct ps_place *at,
			     const struct ps_field *field, const TValue *arg)
{
	const struct ps_value *value;

	if (!field || at->flags & PS_VIEW_LACKING)
		return false;
	if (ps_unlikely(!field->type->has_int))
		return set_wide(bind, at, field, arg);
	if (ttisinteger(arg))
		return !ps_field_set(bind->pkt, &at->header, field, ivalue(arg));
	if (!field->type->parse || !ttisstring(arg))
		return false;
	value = ps_known_address(bind, getstr(tsvalue(arg)), field->type);
	return value && !ps_field_set(bind->pkt, &at->header, field, value->low);
}

/* The place of a field. False: it is not there. */
static inline bool field_at(struct ps_bind *bind, const struct ps_place *at,
			    const struct ps_field *field, struct ps_place *to)
{
	if (at->flags & PS_VIEW_LACKING ||
	    !ps_proto_field(bind->pkt, &at->header, field, &to->range))
		return false;
	to->header = at->header;
	to->field = field;
	to->flags = at->flags;
	return true;
}

/* Makes a view of the place the value. False: the pool is used up. */
static inline bool make_view(lua_State *L, struct ps_bind *bind, struct ps_pool *pool,
			     const struct ps_place *place, TValue *value)
{
	struct ps_view *v = ps_pool_next(bind, pool);

	if (!v)
		return false;
	v->packet = bind->serial;
	v->place = *place;
	setuvalue(L, value, ps_userdata_of(v));
	return true;
}

/* The object as a view of the packet that is being handled, or NULL. */
static inline const struct ps_view *view_of(const struct ps_bind *bind,
					    const struct ps_object *object)
{
	const struct ps_view *v = (const struct ps_view *)object;

	return v->packet == bind->serial && bind->pkt ? v : NULL;
}

int ps_object_call(lua_State *L, const struct ps_method *method, StkId func, int nargs)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_view *v = view_of(bind, ps_object_of(s2v(func + 1)));
	const TValue *arg = nargs == 2 ? s2v(func + 2) : NULL;
	const struct ps_place *at = v ? &v->place : NULL;
	struct ps_field_method *m;
	struct ps_place to ps_uninit;
	int found;

	if (!v || nargs > 2)
		return -1;
	switch (method->op) {
	case PS_OP_DATA:
		if (!arg || !ttisinteger(arg) || (lua_Unsigned)ivalue(arg) >= ps_nprotos)
			return -1;
		found = ps_view_payload(bind, at, ivalue(arg), &to);
		if (!found)
			setnilvalue(s2v(func));
		else if (found < 0 ||
			 !make_view(L, bind, &bind->views[ivalue(arg)], &to, s2v(func)))
			return -1;
		return 1;
	case PS_OP_FIELD:
		m = (struct ps_field_method *)method;
		return !arg && ps_view_has_field(at, m->field) &&
		       field_at(bind, at, m->field, &to) &&
		       make_view(L, bind, &m->pool, &to, s2v(func)) ? 1 : -1;
	case PS_OP_GET:
	case PS_OP_INT:
		return !arg && get_value(L, bind, at, at->field, method->op == PS_OP_INT,
					 s2v(func)) ? 1 : -1;
	case PS_OP_SET:
		return arg && set_value(bind, at, at->field, arg) ? 0 : -1;
	}
	return -1;
}

/*
 * Names that are not called: ip.ttl, ip.ttl = 9.
 */

/* The method for the field of that name that views with these methods have, or NULL. */
static inline struct ps_field_method *named_field(const Table *methods, const TString *name)
{
	const TValue *slot = ps_find(methods, name);
	const struct ps_method *method = slot ? ps_method_of(slot) : NULL;

	return method && method->op == PS_OP_FIELD ? (struct ps_field_method *)method : NULL;
}

bool ps_object_read(lua_State *L, const struct ps_object *object, const TString *name,
		    TValue *result)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_view *v = view_of(bind, object);
	const struct ps_field_method *m = v ? named_field(object->methods, name) : NULL;

	return m && get_value(L, bind, &v->place, m->field, false, result);
}

bool ps_object_write(lua_State *L, const struct ps_object *object, const TString *name,
		     const TValue *value)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_view *v = view_of(bind, object);
	const struct ps_field_method *m = v ? named_field(object->methods, name) : NULL;

	return m && set_value(bind, &v->place, m->field, value);
}

/*
 * Plans.
 */
enum step_op {
	/* move in the packet, from place to place; with a pool, self becomes a view of it */
	STEP_NETWORK,	/* first of all: from the whole packet, the next two at once */
	STEP_DATA,	/* to the payload as protocol id; ends with nil if there is none */
	STEP_FIELD,	/* to a field */
	/* use the place */
	STEP_ASSIGN32,	/* sets 32 bits at byte at of the fixed part to value */
	STEP_LOAD,	/* constant into register reg */
	STEP_END,
	STEP_ASSIGN,	/* sets field to value */
	STEP_SET,	/* sets field, or the one that place is, to what register reg has */
	STEP_SET_CONSTANT,
	STEP_GET,	/* the value of that field into register reg */
	STEP_INT,	/* the same, as an integer */
};

struct ps_step {
	uint8_t op;
	uint8_t id;
	uint8_t reg;
	bool pseudo;		/* STEP_ASSIGN32: has ps_field_own_next() something to find */
	bool routed;		/* and is it about the destination */
	uint16_t at;
	uint16_t protocol;	/* STEP_NETWORK: which one the packet has to be */
	const struct ps_field *field;
	union {
		struct ps_pool *pool;	/* or NULL */
		uint64_t value;
		TValue constant;
	};
	/*
	 * Where the code goes on. STEP_DATA: with nil. STEP_END: behind it all. Others: with what
	 * is before this step done, but not this; NULL: from the beginning.
	 */
	const Instruction *pc;
};

#define STEPS	12
#define PLACES	4	/* in which a plan may be */

struct ps_plan {
	const Instruction *pc;	/* for the code from here on */
	unsigned long code;	/* which code that is: as the guard counted then */
	const Table *methods;	/* for objects that have these */
	ptrdiff_t self;		/* register: where it is from the frame's base, in bytes */
	struct ps_step steps[STEPS];
};

/* What is known of a plan that is being made. */
struct planning {
	struct ps_bind *bind;
	struct ps_code code;		/* behind what has been planned */
	struct ps_step *first;
	struct ps_step *step;		/* the next one */
	const Table *methods;		/* what the object has that it has come to */
	const struct ps_proto *proto;	/* of which fields are set */
	const struct ps_field *field;	/* that object is this field of place; NULL: it is place */
	struct ps_pool *pool;		/* a view of it is from here */
};

static struct ps_step *add_step(struct planning *p, enum step_op op, const Instruction *pc)
{
	p->step->op = op;
	p->step->pc = pc;
	p->step->field = p->field;
	return p->step++;
}

/* What the views of a pool have, whose first is made with it. */
static const Table *methods_of(const struct ps_pool *pool)
{
	return ((const struct ps_object *)pool->block[0])->methods;
}

static void come_to(struct planning *p, struct ps_pool *pool, const struct ps_field *field)
{
	p->pool = pool;
	p->methods = methods_of(pool);
	p->field = field;
}

/* Whether setting the field to v does the same each time, and then to which value. */
static bool constant_value(const struct ps_field *field, const TValue *v, uint64_t *value)
{
	struct ps_value parsed;

	if (!field || !field->type->has_int)
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
	return field->at.width == 32 && field->at.bit % 16 == 0 &&
	       field->at.bit + 32 <= proto->header_min * 8 && !proto->csum.present.mask &&
	       !(field->flags & (PS_CHECKSUM | PS_COVERAGE));
}

static void add_set(struct planning *p, const struct ps_operand *operand, const Instruction *pc)
{
	struct ps_step *step = add_step(p, STEP_SET, pc);

	step->reg = operand->reg;
	if (operand->reg >= 0)
		return;
	if (!constant_value(step->field, &operand->constant, &step->value)) {
		step->op = STEP_SET_CONSTANT;
		step->constant = operand->constant;
	} else if (is_plain32(p->proto, step->field) && !(step->value >> 32)) {
		step->op = STEP_ASSIGN32;
		step->at = step->field->at.bit / 8;
		step->pseudo = step->field->flags & PS_PSEUDO;
		step->routed = step->field->flags & PS_ROUTED;
	} else {
		step->op = STEP_ASSIGN;
	}
}

/* A link layer after whose fixed part comes nothing but the payload. */
static bool is_plain_link(const struct ps_proto *proto)
{
	return proto->is_link && !proto->header_len.mask && !proto->total_len.mask &&
	       !proto->fragment.mask && !proto->csum.kind;
}

/*
 * Adds a step to the payload as protocol id. If it is the second, after one to the link layer,
 * one goes before them.
 */
static void add_data(struct planning *p, unsigned int id, const Instruction *pc)
{
	struct ps_step *first = p->first, *step = p->step;
	const struct ps_next *row;

	if (step == first + 1 && first->op == STEP_DATA && is_plain_link(ps_protos[first->id])) {
		row = ps_proto_only_row(ps_protos[first->id]->next, ps_protos[id]);
		if (row) {
			first[1] = first[0];
			first->op = STEP_NETWORK;
			first->protocol = row->value;
			p->step++;
		}
	}
	step = add_step(p, STEP_DATA, pc);
	step->id = id;
	step->pool = NULL;
}

static void add_field(struct planning *p)
{
	add_step(p, STEP_FIELD, NULL)->pool = NULL;
}

/* What the code says of a call. */
struct called {
	struct ps_operand arg;
	bool has_arg;
	bool has_result;
};

static bool read_call(struct ps_code *code, struct called *call)
{
	return ps_code_call(code, &call->arg, &call->has_arg, &call->has_result);
}

/* Adds :get(), :int() or :set(x) of what it has come to. False: the call is no such one. */
static bool plan_value(struct planning *p, const struct ps_method *method,
		       const struct called *call, int self, const Instruction *pc)
{
	switch (method->op) {
	case PS_OP_GET:
	case PS_OP_INT:
		if (!call->has_result || call->has_arg)
			return false;
		add_step(p, method->op == PS_OP_GET ? STEP_GET : STEP_INT, pc)->reg = self;
		return true;
	case PS_OP_SET:
		if (call->has_result || !call->has_arg)
			return false;
		add_set(p, &call->arg, pc);
		return true;
	}
	return false;
}

/* Adds the call of a method at code. True if its result is a view, which may be called on. */
static bool plan_call(struct planning *p, struct ps_code code, const struct ps_method *method)
{
	struct ps_field_method *m;
	const TValue *id;
	struct called call;

	if (!read_call(&code, &call))
		return false;
	switch (method->op) {
	case PS_OP_DATA:
		id = &call.arg.constant;
		if (!call.has_result || !call.has_arg || call.arg.reg >= 0 || !ttisinteger(id) ||
		    (lua_Unsigned)ivalue(id) >= ps_nprotos)
			return false;
		if (p->field)
			add_field(p);
		add_data(p, ivalue(id), code.pc);
		come_to(p, &p->bind->views[ivalue(id)], NULL);
		break;
	case PS_OP_FIELD:
		if (!call.has_result || call.has_arg)
			return false;
		m = (struct ps_field_method *)method;
		p->proto = m->proto;
		come_to(p, &m->pool, m->field);
		break;
	default:
		if (!plan_value(p, method, &call, code.self, NULL))
			return false;
		p->pool = NULL;
	}
	p->code = code;
	return p->pool;
}

/* Adds ip:daddr():set(x), ip:daddr():get(), for a view in self. */
static bool plan_field(struct planning *p, struct ps_code *at, const Instruction *pc)
{
	const struct ps_method *method;
	struct ps_field_method *m;
	struct ps_code code = *at;
	struct called call;
	const TString *name;
	const TValue *slot;

	if (!ps_code_other(&code, &name))
		return false;
	m = named_field(p->methods, name);
	if (!m || !read_call(&code, &call) || call.has_arg || !call.has_result ||
	    !ps_code_self(&code, &name))
		return false;
	slot = ps_find(methods_of(&m->pool), name);
	method = slot ? ps_method_of(slot) : NULL;
	if (!method || !read_call(&code, &call) || (call.has_arg && call.arg.reg == at->self))
		return false;
	p->proto = m->proto;
	p->field = m->field;
	if (!plan_value(p, method, &call, code.self, pc))
		return false;
	at->pc = code.pc;
	return true;
}

/* Adds the load of a constant into a register, at pc. */
static void add_load(struct planning *p, const TValue *constant, int to, const Instruction *pc)
{
	struct ps_step *step = add_step(p, STEP_LOAD, pc);

	step->reg = to;
	step->constant = *constant;
}

/* Adds what is done with the view that self then has. */
static void plan_uses(struct planning *p, const struct ps_step *last)
{
	const Instruction *pc = p->code.pc;
	struct ps_field_method *m;
	struct ps_code code = p->code;
	struct ps_operand operand;
	const TString *name;
	int to;

	while (p->step < last) {
		if (ps_code_test(&code) || plan_field(p, &code, pc)) {
			/* on */
		} else if (ps_code_read(&code, &name, &to)) {
			m = named_field(p->methods, name);
			if (!m || to == code.self)
				return;
			p->field = m->field;
			add_step(p, STEP_GET, pc)->reg = to;
		} else if (ps_code_load(&code, &operand.constant, &to)) {
			if (to == code.self)
				return;
			add_load(p, &operand.constant, to, pc);
		} else if (ps_code_write(&code, &name, &operand)) {
			m = named_field(p->methods, name);
			if (!m || operand.reg == code.self)
				return;
			p->field = m->field;
			p->proto = m->proto;
			add_set(p, &operand, pc);
		} else {
			return;
		}
		p->code = code;
		pc = code.pc;
	}
}

/* Adds the constants that are loaded behind a chain that leaves no view. */
static void plan_loads(struct planning *p, const struct ps_step *last)
{
	const Instruction *pc = p->code.pc;
	TValue constant;
	int to;

	for (; p->step < last && ps_code_load(&p->code, &constant, &to); pc = p->code.pc)
		add_load(p, &constant, to, pc);
}

static void make_plan(struct ps_bind *bind, struct ps_plan *plan,
		      const struct ps_object *object, const Instruction *pc, StkId base)
{
	struct planning p = {
		.bind = bind,
		.code = ps_code_at(base, pc),
		.first = plan->steps,
		.step = plan->steps,
		.methods = object->methods,
	};
	const struct ps_step *last = plan->steps + STEPS - 3;	/* a field, a view, the end */
	const TString *name = ps_code_method(p.code.k, pc[-1]);
	struct ps_code code = p.code;
	const TValue *slot;

	plan->pc = pc;
	plan->code = bind->rt.guard.code;
	plan->methods = object->methods;
	plan->self = p.code.self * sizeof(StackValue);
	do {
		slot = name ? ps_find(p.methods, name) : NULL;
		if (!slot || !plan_call(&p, code, ps_method_of(slot)))
			break;
		code = p.code;
	} while (p.step < last && ps_code_self(&code, &name));

	if (p.pool) {
		if (p.field)
			add_field(&p);
		p.step[-1].pool = p.pool;
		plan_uses(&p, plan->steps + STEPS - 1);
	} else if (p.step > p.first) {
		plan_loads(&p, plan->steps + STEPS - 1);
	}
	add_step(&p, STEP_END, p.step == plan->steps ? NULL : p.code.pc);
}

static inline bool is_plan_for(const struct ps_plan *plan, const struct ps_bind *bind,
			       const struct ps_object *object, const Instruction *pc)
{
	return plan && plan->pc == pc && plan->code == bind->rt.guard.code &&
	       plan->methods == object->methods;
}

/*
 * The first of the places in ps_bind.plans in which the plan for the code from pc on may be. Functions
 * lie apart by small multiples of powers of two.
 */
static inline size_t place_of(const Instruction *pc)
{
	uintptr_t n = (uintptr_t)pc / sizeof(*pc);

	return (n ^ n / PS_PLANS) % PS_PLANS;
}

/* The same as plan_for(), where the first place has another one, or none. */
static ps_noinline const struct ps_plan *other_plan_for(struct ps_bind *bind,
							const struct ps_object *object,
							const Instruction *pc, StkId base)
{
	struct ps_plan **place;
	size_t i;

	for (i = 0; i < PLACES; i++) {
		place = &bind->plans[(place_of(pc) + i) % PS_PLANS];
		if (is_plan_for(*place, bind, object, pc))
			return *place;
		if (!*place || (*place)->code != bind->rt.guard.code)
			break;
	}
	if (i == PLACES)
		place = &bind->plans[place_of(pc)];
	if (!*place)
		*place = ps_bind_allocate(bind, sizeof(**place));
	if (*place)
		make_plan(bind, *place, object, pc, base);
	return *place;
}

/* The plan for what the code from pc on does with the object, or NULL if there is no memory. */
static inline const struct ps_plan *plan_for(struct ps_bind *bind, const struct ps_object *object,
					     const Instruction *pc, StkId base)
{
	const struct ps_plan *plan = bind->plans[place_of(pc)];

	if (l_likely(is_plan_for(plan, bind, object, pc)))
		return plan;
	return other_plan_for(bind, object, pc, base);
}

/*
 * The network layer as protocol id, from the whole packet, through the link layer or without one.
 * 1: to has it. 0: the packet is not what step, STEP_NETWORK, says. -1: a link layer cut short.
 */
static inline int network_at(struct ps_packet *pkt, const struct ps_step *step, unsigned int id,
			     struct ps_place *to)
{
	uint32_t off = pkt->network, protocol = pkt->protocol;
	const struct ps_proto *link;
	const uint8_t *fixed;

	if (pkt->has_link) {
		link = ps_protos[step->id];
		fixed = ps_packet_read(pkt, 0, link->header_min);
		if (!fixed)
			return -1;
		protocol = ps_proto_word(fixed, link->next_by);
		off = link->header_min;
	}
	to->header.proto = ps_protos[id];
	to->header.outer = NULL;
	to->header.range.off = off;
	to->header.range.len = pkt->len - off;
	to->field = NULL;
	to->flags = 0;
	return protocol == step->protocol && ps_proto_fits_range(pkt, &to->header);
}

/*
 * Stores the value of STEP_ASSIGN32 and what checksums become by it. Where not all of the packet is
 * writable, what is needed becomes that first, so that nothing fails half-way. False: no memory.
 */
static ps_inline bool store32(struct ps_packet *pkt, const struct ps_header *header,
			      const struct ps_step *step, bool is_writable)
{
	struct ps_header next ps_uninit;
	uint32_t change;
	uint8_t *fixed;

	if (!is_writable) {
		fixed = ps_packet_own(pkt, header->range.off, header->proto->header_min);
		if (!fixed || !ps_field_own_next(pkt, fixed, header, step->routed, &next))
			return false;
	}
	fixed = pkt->data + header->range.off;
	change = ps_field_change32(ps_load32(fixed + step->at), step->value);
	ps_store32(fixed + step->at, step->value);
	if (ps_unlikely(change == PS_FIELD_SAME32))
		return true;
	ps_field_sum(pkt, header, fixed, change);
	if (step->pseudo &&
	    (!is_writable || ps_field_own_next(pkt, fixed, header, step->routed, &next)))
		ps_field_sum_next(pkt, &next, change);
	return true;
}

static ps_noinline bool store32_partly(struct ps_packet *pkt, const struct ps_header *header,
				       const struct ps_step *step)
{
	return store32(pkt, header, step, false);
}

/* STEP_ASSIGN32. */
static inline bool assign32(struct ps_packet *pkt, const struct ps_place *at,
			    const struct ps_step *step)
{
	const struct ps_header *header = &at->header;

	if (at->flags & PS_VIEW_LACKING)
		return false;
	if (header->outer || header->range.off & 1)
		return !ps_field_set(pkt, header, step->field, step->value);
	if (pkt->writable != pkt->len)
		return store32_partly(pkt, header, step);
	return store32(pkt, header, step, true);
}

/* The steps that are not so frequent. False: it could not be done. */
static bool take_step(lua_State *L, struct ps_bind *bind, const struct ps_step *step,
		      const struct ps_place *at, StkId base)
{
	const struct ps_field *field = step->field ? step->field : at->field;

	switch (step->op) {
	case STEP_ASSIGN:
		return !(at->flags & PS_VIEW_LACKING) &&
		       !ps_field_set(bind->pkt, &at->header, field, step->value);
	case STEP_GET:
	case STEP_INT:
		return get_value(L, bind, at, field, step->op == STEP_INT, s2v(base + step->reg));
	case STEP_SET:
		return set_value(bind, at, field, s2v(base + step->reg));
	case STEP_SET_CONSTANT:
		return set_value(bind, at, field, &step->constant);
	}
	return false;
}

/*
 * As the steps come as a rule: first those that move in the packet, from place to place, then what
 * is done with the last place.
 */
const Instruction *ps_object_self(lua_State *L, const struct ps_object *object,
				  const Instruction *pc, StkId base)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_view *v = (const struct ps_view *)object;
	struct ps_packet *const pkt = bind->pkt;
	const struct ps_plan *plan;
	struct ps_place places[2] ps_uninit, *to;
	const struct ps_place *at;
	const struct ps_step *step;
	TValue *self;
	bool to_network = false;
	struct ps_view *made;
	int found;

	if (l_unlikely(v->packet != bind->serial))	/* never the one after the last */
		return NULL;
	plan = plan_for(bind, object, pc, base);
	if (l_unlikely(!plan))
		return NULL;
	at = &v->place;
	self = s2v((StkId)((char *)base + plan->self));
	step = plan->steps;
	if (step->op == STEP_NETWORK) {
		step++;
		if (l_likely(at->flags & PS_VIEW_WHOLE)) {
			to_network = true;
			step++;
		}
	}
	for (; step->op <= STEP_FIELD; step++) {
		made = NULL;
		if (step->pool) {
			made = ps_pool_next(bind, step->pool);
			if (l_unlikely(!made))
				return NULL;
			to = &made->place;
		} else {
			to = &places[at == places];
		}
		if (to_network)
			found = network_at(pkt, plan->steps, step->id, to);
		else if (step->op == STEP_DATA)
			found = payload_at(bind, at, step->id, to);
		else
			found = field_at(bind, at, step->field, to) ? 1 : -1;
		to_network = false;
		if (l_unlikely(found <= 0)) {
			if (made)
				step->pool->used--;
			if (found < 0)
				return NULL;
			setnilvalue(self);
			return step->pc;
		}
		at = to;
		if (made) {
			made->packet = bind->serial;
			setuvalue(L, self, ps_userdata_of(made));
		}
	}
	for (;; step++) {
		if (step->op == STEP_ASSIGN32) {
			if (!assign32(pkt, at, step))
				return step->pc;
		} else if (step->op == STEP_LOAD) {
			setobj(L, s2v(base + step->reg), &step->constant);
		} else if (step->op == STEP_END) {
			return step->pc;
		} else if (!take_step(L, bind, step, at, base)) {
			return step->pc;
		}
	}
}
