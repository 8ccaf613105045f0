/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Runs linear code.
 */
#define LUA_CORE
#include "lprefix.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lua.h"
#include "ldo.h"
#include "lfunc.h"
#include "lgc.h"
#include "lstring.h"
#include "ltable.h"
#include "ltm.h"
#include "lvm.h"

#include "access.h"
#include "bytes.h"
#include "linear.h"
#include "runtime.h"
#include "store.h"

/* Calls that a run without a limit of time may make: functions that call others several times each are loops, too. */
#define CALLS_UNWATCHED	64

/* The view that a value is, of the packet that is being handled, or NULL. */
static ps_inline const struct ps_view *to_view(const struct ps_bind *bind, const TValue *v)
{
	const struct ps_view *view = ps_check(v, &ps_class_view);

	return view && ps_likely(view->stamp == bind->stamp) ? view : NULL;
}

/* The same of a header of this protocol, all fields of which are there. */
static ps_inline const struct ps_view *to_header(const struct ps_bind *bind, const TValue *v,
						 const struct ps_field_method *m)
{
	const struct ps_view *view = to_view(bind, v);

	return view && view->place.plain == m->proto ? view : NULL;
}

/* The same, as *layer. */
static ps_inline bool to_layer(const struct ps_bind *bind, const TValue *v, const struct ps_field_method *m,
			       struct ps_layer **layer)
{
	const struct ps_view *view = to_header(bind, v, m);

	if (!view)
		return false;
	*layer = view->place.layer;
	return true;
}

/* Whether a value is the raw view of the packet that is being handled: code that runs between packets may have kept the object. */
static ps_inline bool is_whole(const struct ps_bind *bind, const TValue *v)
{
	return ttisfulluserdata(v) && uvalue(v) == ps_userdata_of(bind->whole) && l_likely(bind->pkt != NULL);
}

/* Whether it has headers by name. */
static ps_inline bool is_given(const struct ps_bind *bind, const TValue *v)
{
	const struct ps_view *view;

	if (l_likely(is_whole(bind, v)))
		return true;
	view = to_view(bind, v);
	return view && ps_place_is_given(&view->place);
}

static ps_noinline enum ps_layer_found network_again(struct ps_bind *bind, const struct ps_op *op, struct ps_layer **found)
{
	return ps_layer_network_again(&bind->layers, bind->pkt, ps_protos[op->link], op->proto, op->protocol, found);
}

/* Makes the value a view of the layer, a header of proto with these flags. False: the pool is used up. */
static ps_inline bool make_view(lua_State *L, const struct ps_bind *bind, struct ps_pool *pool, struct ps_layer *layer,
				const struct ps_proto *proto, unsigned int flags, TValue *result)
{
	struct ps_view *made;

	if (!ps_pool_has(bind, pool))
		return false;
	made = pool->block[pool->used++];
	made->stamp = bind->stamp;
	ps_place_header(&made->place, layer, proto, flags);
	setuvalue(L, result, ps_userdata_of(made));
	return true;
}

static ps_inline bool assign(const struct ps_bind *bind, const struct ps_layer *layer, const struct ps_op *op,
			     const struct ps_value *value)
{
	return ps_store_set(&bind->layers, bind->pkt, layer, &op->simple, value) ||
	       !ps_field_set_value(bind->pkt, &layer->header, op->field->field, *value);
}

/* Bits within a word of 16 of the fixed part, which count in the header's own checksum at most. */
static ps_noinline bool assign16(struct ps_packet *pkt, const struct ps_header *header, const struct ps_op *op,
				 lua_Unsigned value)
{
	if (value > (uint32_t)op->word.mask >> op->word.shift)
		return false;	/* which is an error */
	if (!ps_field_is_alone(header) || header->range.off & 1)
		return !ps_field_set(pkt, header, op->field->field, value);
	return ps_store_set16(pkt, header, op->word, value);
}

/* What v stands for in the field: *value, which may be own. It is an integer that has room, or text that has been read before. */
static ps_inline bool to_value(struct ps_bind *bind, const TValue *v, const struct ps_field *field, struct ps_value *own,
			       const struct ps_value **value)
{
	const struct ps_value *known;

	if (ttisinteger(v)) {
		*own = (struct ps_value){ 0, ivalue(v) };
		*value = own;
		return field->type->has_int && !(own->low >> field->at.width);
	}
	known = field->type->parse && ttisstring(v) ?
		ps_known_address(bind, getstr(tsvalue(v)), field->type) : NULL;
	*value = known;
	return known;
}

static ps_noinline bool get_field(lua_State *L, struct ps_bind *bind, const struct ps_view *view,
				  const struct ps_field *field, bool as_integer, TValue *result)
{
	return ps_access_get(L, bind, &view->place, field, as_integer, result);
}

static ps_noinline bool set_field(struct ps_bind *bind, const struct ps_view *view,
				  const struct ps_field *field, const TValue *value)
{
	return ps_access_set(bind, &view->place, field, value);
}

static ps_noinline bool make_field(lua_State *L, struct ps_bind *bind, const struct ps_place *at,
				   const struct ps_field_method *method, TValue *result)
{
	struct ps_place to ps_uninit;

	return ps_access_field(bind, at, method->field, &to) &&
	       ps_access_make(L, bind, (struct ps_pool *)&method->pool, &to, result);
}

/*
 * Values of Lua. Where one that is no integer, boolean or short string would be looked into, or a metamethod might be asked,
 * that is left to the interpreter.
 */

/* 1: equal; 0: not; -1: the interpreter knows. */
static ps_inline int compare(const TValue *a, const TValue *b)
{
	if (rawtt(a) != rawtt(b))
		return 0;
	switch (ttypetag(a)) {
	case LUA_VNUMINT:
		return ivalue(a) == ivalue(b);
	case LUA_VNIL:
	case LUA_VTRUE:
	case LUA_VFALSE:
		return 1;
	case LUA_VSHRSTR:
		return tsvalue(a) == tsvalue(b);
	}
	return iscollectable(a) && gcvalue(a) == gcvalue(b) ? 1 : -1;
}

/* Makes what stands in the slot of a table the value. False: it is none, and a metatable may know one. */
static ps_inline bool take_slot(lua_State *L, const Table *t, const TValue *slot, TValue *result)
{
	if (l_likely(!isempty(slot))) {
		setobj(L, result, slot);
		return true;
	}
	if (t->metatable)
		return false;
	setnilvalue(result);
	return true;
}

/* The slot of a key that is neither an integer nor a short string; long ones, which would be compared, have none here. */
static ps_noinline const TValue *find_key(Table *t, const TValue *key)
{
	return ttisstring(key) ? NULL : luaH_get(t, key);
}

/* The slot of a key, or NULL. */
static ps_inline const TValue *slot_of(Table *t, const TValue *key)
{
	if (ttisinteger(key))
		return l_castS2U(ivalue(key)) - 1u < t->alimit ? &t->array[ivalue(key) - 1] :
								 luaH_getint(t, ivalue(key));
	return l_likely(ttisshrstring(key)) ? luaH_getshortstr(t, tsvalue(key)) : find_key(t, key);
}

static ps_noinline const TValue *find_slot(const struct ps_op *op, Table *t)
{
	struct ps_slot *known = &((struct ps_op *)op)->slot;
	const TValue *slot = luaH_getshortstr(t, (TString *)op->name);

	if (!isabstkey(slot) && t->lsizenode <= PS_SLOT_LSIZENODE_MAX) {
		known->node = (const char *)slot - (const char *)t->node;
		known->lsizenode = t->lsizenode;
	}
	return slot;
}

/* The slot of the operation's name. */
static ps_inline const TValue *slot_of_name(const struct ps_op *op, Table *t)
{
	const Node *node = (const Node *)((const char *)t->node + op->slot.node);

	if (l_likely(t->lsizenode == op->slot.lsizenode) && l_likely(keyisshrstr(node)) && l_likely(keystrval(node) == op->name))
		return gval(node);
	return find_slot(op, t);
}

/* Whether the slot of a table, which has no value, can be given one: else the table may have to grow, or a metatable be asked. */
static ps_noinline bool fill_slot(Table *t, const TValue *slot)
{
	if (!slot || isabstkey(slot) || t->metatable)
		return false;
	invalidateTMcache(t);
	return true;
}

/* t[key] = v, where the table has a slot for it. */
static ps_inline bool put_slot(lua_State *L, const TValue *t, const TValue *slot, const TValue *v)
{
	if (l_unlikely(!slot || isempty(slot)) && !fill_slot(hvalue(t), slot))
		return false;
	setobj2t(L, cast(TValue *, slot), v);
	luaC_barrierback(L, gcvalue(t), v);
	return true;
}

/* The class of an object of ours, or NULL. */
static ps_inline const struct ps_class *class_of(const TValue *object)
{
	return ttisfulluserdata(object) ? uvalue(object)->class : NULL;
}

static ps_noinline bool get_other(lua_State *L, const TValue *object, const TValue *key, TValue *result)
{
	const struct ps_class *class = class_of(object);

	if (class != &ps_class_shared_table)
		return false;
	if (ttisinteger(key))
		return class->get_byte(L, ps_object_of(object), ivalue(key), result);
	return ttisstring(key) && class->read(L, ps_object_of(object), tsvalue(key), result);
}

static ps_noinline bool set_other(lua_State *L, const TValue *object, const TValue *key, const TValue *v)
{
	const struct ps_class *class = class_of(object);

	if (class != &ps_class_shared_table)
		return false;
	if (ttisinteger(key))
		return class->set_byte(L, ps_object_of(object), ivalue(key), v);
	return ttisstring(key) && class->write(L, ps_object_of(object), tsvalue(key), v);
}

static ps_inline bool get_key(lua_State *L, const struct ps_bind *bind, const TValue *object, const TValue *key, TValue *result)
{
	struct ps_object *array;
	const TValue *slot;

	if (ttistable(object)) {
		slot = slot_of(hvalue(object), key);
		return slot && take_slot(L, hvalue(object), slot, result);
	}
	array = ps_check(object, &ps_class_bytes);
	if (!array)
		return get_other(L, object, key, result);
	return ttisinteger(key) && ps_bytes_get(bind, array, ivalue(key), result);
}

static ps_inline bool set_key(lua_State *L, const struct ps_bind *bind, const TValue *object, const TValue *key, const TValue *v)
{
	struct ps_object *array;

	if (ttistable(object))
		return put_slot(L, object, slot_of(hvalue(object), key), v);
	array = ps_check(object, &ps_class_bytes);
	if (!array)
		return set_other(L, object, key, v);
	return ttisinteger(key) && ps_bytes_set(bind, array, ivalue(key), v);
}

/* object.name, where it was not foreseen what the object is. */
static ps_noinline bool get_member(lua_State *L, const TValue *object, const TString *name, TValue *result)
{
	const struct ps_class *class = class_of(object);

	return class && class->read && class->read(L, ps_object_of(object), name, result);
}

static ps_inline bool get_name(lua_State *L, const struct ps_op *op, const TValue *object, TValue *result)
{
	if (l_likely(ttistable(object)))
		return take_slot(L, hvalue(object), slot_of_name(op, hvalue(object)), result);
	return get_member(L, object, op->name, result);
}

static ps_noinline bool set_member(lua_State *L, const TValue *object, const TString *name, const TValue *v)
{
	const struct ps_class *class = class_of(object);

	return class && class->write && class->write(L, ps_object_of(object), name, v);
}

static ps_inline bool set_name(lua_State *L, const struct ps_op *op, const TValue *object, const TValue *v)
{
	if (l_likely(ttistable(object)))
		return put_slot(L, object, slot_of_name(op, hvalue(object)), v);
	return set_member(L, object, op->name, v);
}

/* The method, or a table's function, that object:name() calls, or NULL. */
static ps_noinline const TValue *find_self(lua_State *L, const struct ps_op *op, const TValue *object)
{
	const TValue *found = NULL, *index;
	const Table *methods;

	if (ttistable(object)) {
		found = luaH_getshortstr(hvalue(object), (TString *)op->name);
		if (!isempty(found))
			return found;
		index = fasttm(L, hvalue(object)->metatable, TM_INDEX);
		if (!index || !ttistable(index))
			return NULL;
		found = slot_of_name(op, hvalue(index));
		return isempty(found) ? NULL : found;
	}
	if (!ttisfulluserdata(object) || !uvalue(object)->class)
		return NULL;
	methods = ps_object_of(object)->methods;
	return methods ? ps_find(methods, op->name) : NULL;
}

static ps_noinline bool get_length(lua_State *L, const TValue *v, TValue *result)
{
	const struct ps_view *view;
	struct ps_object *array;

	if (ttisstring(v)) {
		setivalue(result, tsslen(tsvalue(v)));
		return true;
	}
	if (ttistable(v)) {
		if (hvalue(v)->metatable)
			return false;
		setivalue(result, luaH_getn(hvalue(v)));
		return true;
	}
	array = ps_check(v, &ps_class_bytes);
	if (array)
		return ps_bytes_length(ps_bind_of(L), array, result);
	view = to_view(ps_bind_of(L), v);
	if (view)
		setivalue(result, ps_place_range(&view->place).len);
	return view;
}

/* The method that stands at func, called. As many results as wanted; below 0: the ordinary way. */
static ps_noinline int call_method(lua_State *L, StkId func, int nargs, int nresults)
{
	int n = ps_call_method(L, func, nargs);

	for (; n >= 0 && n < nresults; n++)
		setnilvalue(s2v(func + n));
	return n;
}

/* Begins a numeric loop. 1: it has a turn; 0: none; -1: the interpreter knows. */
static ps_inline int begin_loop(StkId ra)
{
	const TValue *init = s2v(ra), *step = s2v(ra + 2);
	TValue *limit = s2v(ra + 1);
	lua_Unsigned count;

	if (!ttisinteger(init) || !ttisinteger(limit) || !ttisinteger(step) || !ivalue(step))
		return -1;
	if (ivalue(step) > 0) {
		if (ivalue(init) > ivalue(limit))
			return 0;
		count = l_castS2U(ivalue(limit)) - l_castS2U(ivalue(init));
		if (ivalue(step) != 1)
			count /= l_castS2U(ivalue(step));
	} else {
		if (ivalue(init) < ivalue(limit))
			return 0;
		count = l_castS2U(ivalue(init)) - l_castS2U(ivalue(limit));
		count /= l_castS2U(-(ivalue(step) + 1)) + 1u;	/* the least integer has no positive one */
	}
	setivalue(limit, l_castU2S(count));
	setivalue(s2v(ra + 3), ivalue(init));
	return 1;
}

/*
 * Time. A run that goes back, or calls much, is watched from then on. True: it goes on without the interpreter; that has
 * no run, and looks at the time itself.
 */
static ps_noinline bool begin_watch(lua_State *L, struct ps_run *run)
{
	if (!run)
		return false;
	ps_runtime_enter(ps_runtime_of(L), run->is_repeat ? 0 : ps_watch_packet_ms(ps_guard_of(L)));
	run->is_watched = true;
	return !ps_guard_is_expired(L);
}

/* Where a run that is not watched yet looks whether its time is up: it has to begin. */
static const l_signalT unwatched = 1;

/* What that has come to: where the run looks from now on, or NULL, if it may not go on here. */
static ps_noinline const volatile l_signalT *watch(lua_State *L, struct ps_bind *bind, struct ps_run *run)
{
	if (run && run->is_watched ? bind->rt.guard.expired : !begin_watch(L, run))
		return NULL;
	return &bind->rt.guard.expired;
}

/*
 * Frames.
 */
#define AT(n)		((StkId)((char *)base + (n)))	/* where a register is */

static ps_inline const struct ps_function_code *code_of(StkId func)
{
	return (const struct ps_function_code *)clLvalue(s2v(func))->p->linear;
}

/* The instruction of the function at func that the operation stands for. */
static ps_inline const Instruction *pc_of(StkId func, const struct ps_op *op)
{
	return code_of(func)->code + (op - code_of(func)->ops);
}

/* Makes registers of parameters that have no argument nil. */
static ps_inline void fill_arguments(StkId func, int nargs)
{
	int n = clLvalue(s2v(func))->p->numparams;

	for (; nargs < n; nargs++)
		setnilvalue(s2v(func + 1 + nargs));
}

/* Where the registers of the function at func end. */
static ps_inline StkId end_of(StkId func)
{
	return func + 1 + clLvalue(s2v(func))->p->maxstacksize;
}

/* Whether there is room for a frame of the function at func, which has linear code. */
static ps_inline bool has_room(lua_State *L, StkId func)
{
	return end_of(func) + 1 < ps_stk(L->stack_last);
}

/* Whether a run may have one more frame: the interpreter needs one of its own for each, should it go on there. */
static ps_inline bool has_frame(lua_State *L, const struct ps_run *run)
{
	const CallInfo *ci = L->ci->next;	/* of the first one */
	int n;

	for (n = 0; ci && n <= run->depth; n++)
		ci = ci->next;
	return ci && n < PS_RUN_FRAMES;
}

/*
 * The frames of functions whose code is within the first one's, which the operation is of, or, with is_call, goes on behind when
 * the next frame returns: pushes them behind the first, and puts registers where they have them.
 */
static void tell_inlined(lua_State *L, struct ps_run *run, const struct ps_function_code *code, const struct ps_op *op,
			 bool is_call)
{
	const struct ps_origin *origin = &code->origins[op - code->ops];
	int pc = origin->pc + is_call, end = is_call ? op->a : INT_MAX, frame, count = 0;
	StkId base = run->frames[0].func + 1;
	const struct ps_move *move;

	for (frame = origin->frame; frame; frame = code->inlined[frame].caller)
		count++;
	memmove(run->frames + 1 + count, run->frames + 1, run->depth * sizeof(run->frames[0]));
	run->depth += count;
	for (frame = origin->frame; frame; count--) {
		const struct ps_inlined *inlined = &code->inlined[frame];

		for (move = code->moves + inlined->moves; move < code->moves + inlined->moves_end; move++) {
			if (move->to < end)
				setobjs2s(L, AT(move->to), AT(move->from));
		}
		setclLvalue2s(L, AT(inlined->func), (LClosure *)inlined->closure);
		run->frames[count].func = AT(inlined->func);
		run->frames[count].pc = inlined->closure->p->code + pc;
		run->frames[count].nresults = inlined->nresults;
		pc = inlined->pc + 1;
		end = inlined->func;
		frame = inlined->caller;
	}
	run->frames[0].pc = code->code + pc;
}

/*
 * Where the interpreter runs, frames are its own (struct CallInfo), and what it would notice when it calls or returns is noticed here, too.
 */

/* Begins a call of the function at func, which has linear code, behind the frame that goes on at next. False: the interpreter has to. */
static ps_inline bool push_frame(lua_State *L, StkId func, int nresults, const Instruction *next)
{
	CallInfo *ci = L->ci->next;
	StkId top = end_of(func);

	if (l_unlikely(L->hookmask || !ci || !has_room(L, func)))
		return false;
	L->ci->u.l.savedpc = next;
	ps_stk(ci->func) = func;
	ps_stk(ci->top) = top;
	ci->nresults = nresults;
	ci->callstatus = 0;
	ci->u.l.savedpc = clLvalue(s2v(func))->p->code;	/* not each instruction that may raise tells where it is */
	ci->u.l.trap = 0;
	L->ci = ci;
	return true;
}

/* Puts a call of the function at func, which has linear code, in place of the frame that ends with it. False: the interpreter has to. */
static ps_inline bool replace_frame(lua_State *L, StkId func, int nargs)
{
	CallInfo *ci = L->ci;
	StkId to = ps_stk(ci->func);
	int n;

	if (l_unlikely(L->hookmask || !has_room(L, func)))
		return false;
	for (n = 0; n <= nargs; n++)
		setobjs2s(L, to + n, func + n);
	ps_stk(ci->top) = end_of(to);
	ci->u.l.savedpc = clLvalue(s2v(to))->p->code;
	ci->callstatus |= CIST_TAIL;
	return true;
}

/* Ends the frame whose function has just returned the values from first on. False, and nothing is done: the interpreter has to. */
static ps_inline bool pop_frame(lua_State *L, const TValue *first, int count)
{
	CallInfo *ci = L->ci;
	StkId func = ps_stk(ci->func);
	int n;

	if (l_unlikely(ci->callstatus & CIST_FRESH || L->hookmask || ci->nresults < 0))
		return false;
	for (n = 0; n < ci->nresults; n++) {
		if (n < count)
			setobj(L, s2v(func + n), first + n)
		else
			setnilvalue(s2v(func + n));
	}
	L->ci = ci->previous;
	return true;
}

void ps_linear_leave(lua_State *L, const struct ps_linear *linear, struct ps_run *run)
{
	const struct ps_function_code *code = (const struct ps_function_code *)linear;
	bool is_call = run->depth;
	const struct ps_op *first = (const struct ps_op *)run->frames[0].op - is_call;
	bool has_origins = code->origins && first >= code->ops && first < code->ops + code->nops;
	struct ps_called *frame;

	for (frame = run->frames + has_origins; frame <= run->frames + run->depth; frame++)
		frame->pc = pc_of(frame->func, frame->op);
	run->frames[0].nresults = 1;
	if (has_origins)
		tell_inlined(L, run, code, first, is_call);
}

#define R(n)		s2v(AT(n))
#define FUNCTION	clLvalue(s2v(base - 1))
#define BEHIND		((const Instruction *)((const char *)FUNCTION->p->code + op->n))	/* the instruction behind a call */
#define GO(n)		do { op = (const struct ps_op *)((const char *)op + (n)); goto *table[op->op]; } while (0)
#define ON(n)		GO((n) * (int)sizeof(*op))	/* by so many operations */
#define CASE(name)	L_##name

/* Before the run goes back. */
#define WATCH() do { \
		if (l_unlikely(*expired)) { \
			expired = watch(L, bind, run); \
			if (!expired) \
				goto CASE(LEAVE); \
		} \
	} while (0)

/* Before it calls: much, only if it is watched. */
#define COUNT_CALL() do { \
		if (l_likely(run->calls < CALLS_UNWATCHED)) \
			run->calls++; \
		else \
			WATCH(); \
	} while (0)

#define GO_IF(is) do { \
		if (is) \
			GO(op->n); \
		GO(op->other); \
	} while (0)

#define COMPARE(x, y, operator) do { \
		if (!ttisinteger(x) || !ttisinteger(y)) \
			goto CASE(LEAVE); \
		GO_IF(ivalue(x) operator ivalue(y)); \
	} while (0)

#define ARITH(y, expression) do { \
		const TValue *y_ = (y), *x_ = R(op->b); \
		lua_Unsigned m, n; \
		if (!ttisinteger(x_) || !ttisinteger(y_)) \
			goto CASE(LEAVE); \
		m = l_castS2U(ivalue(x_)); \
		n = l_castS2U(ivalue(y_)); \
		setivalue(R(op->a), l_castU2S(expression)); \
		ON(2); \
	} while (0)

/* The same of a constant, which is an integer. */
#define ARITH_K(expression) do { \
		const TValue *x_ = R(op->b); \
		lua_Unsigned m, n = l_castS2U(ivalue(&op->k)); \
		if (!ttisinteger(x_)) \
			goto CASE(LEAVE); \
		m = l_castS2U(ivalue(x_)); \
		setivalue(R(op->a), l_castU2S(expression)); \
		ON(2); \
	} while (0)

#define DIVIDE(y, function) do { \
		const TValue *y_ = (y), *x_ = R(op->b); \
		if (!ttisinteger(x_) || !ttisinteger(y_) || !ivalue(y_)) \
			goto CASE(LEAVE); \
		setivalue(R(op->a), function(L, ivalue(x_), ivalue(y_))); \
		ON(2); \
	} while (0)

#if defined(PS_JUMP_TABLE_SECTION)
#define TABLE	__attribute__((section(PS_JUMP_TABLE_SECTION)))
#else
#define TABLE
#endif

const Instruction *ps_linear_run(lua_State *L, const struct ps_linear *linear, const Instruction *pc,
				 StkId base, struct ps_run *run)
{
#define X(name, operands)	[DO_##name] = &&CASE(name),
	static const void *const table[] TABLE = { PS_OPERATIONS(X) };
#undef X
	struct ps_bind *const bind = ps_bind_of(L);
	const struct ps_function_code *const code = (const struct ps_function_code *)linear;
	const struct ps_op *op = pc ? ps_op_at(code, pc) : code->ops;
	const struct ps_value *value;
	struct ps_value own ps_uninit;
	/* where the run looks whether its time is up; or, as the interpreter does, whether it is to look */
	const volatile l_signalT *expired = run ? &unwatched : &L->hookmask;

	ON(0);

CASE(MOVE):
	setobj(L, R(op->a), R(op->b));
	ON(1);
CASE(LOAD):
	setobj(L, R(op->a), &op->k);
	ON(1);
CASE(LOAD_SKIP):
	setobj(L, R(op->a), &op->k);
	ON(2);
CASE(LOAD_NIL): {
	int n;

	for (n = 0; n < op->n; n++)
		setnilvalue(s2v(AT(op->a) + n));
	ON(1);
}
CASE(GET_UPVALUE):
	setobj(L, R(op->a), ps_stk(FUNCTION->upvals[op->b]->v));
	ON(1);
CASE(SET_UPVALUE): {
	UpVal *up = FUNCTION->upvals[op->b];

	setobj(L, ps_stk(up->v), R(op->a));
	luaC_barrier(L, up, R(op->a));
	ON(1);
}
CASE(GET_VARIABLE):
	setobj(L, R(op->a), ps_stk(op->variable->v));
	ON(1);
CASE(SET_VARIABLE):
	setobj(L, ps_stk(op->variable->v), R(op->a));
	luaC_barrier(L, op->variable, R(op->a));
	ON(1);
CASE(GET_MEMBER):
	if (!get_name(L, op, ps_stk(op->variable->v), R(op->a)))
		goto CASE(LEAVE);
	ON(1);
CASE(GET_GLOBAL): {
	const TValue *globals = ps_stk(FUNCTION->upvals[op->b]->v);

	if (!ttistable(globals) ||
	    !take_slot(L, hvalue(globals), luaH_getshortstr(hvalue(globals), (TString *)op->name), R(op->a)))
		goto CASE(LEAVE);
	ON(1);
}
CASE(SET_GLOBAL):
CASE(SET_GLOBAL_R): {
	const TValue *globals = ps_stk(FUNCTION->upvals[op->a]->v);

	if (!ttistable(globals) ||
	    !put_slot(L, globals, luaH_getshortstr(hvalue(globals), (TString *)op->name),
		      op->op == DO_SET_GLOBAL ? &op->k : R(op->b)))
		goto CASE(LEAVE);
	ON(1);
}
CASE(GET_NAME):
	if (!get_name(L, op, R(op->b), R(op->a)))
		goto CASE(LEAVE);
	ON(1);
CASE(GET_INDEX): {
	TValue key;

	setivalue(&key, op->n);
	if (!get_key(L, bind, R(op->b), &key, R(op->a)))
		goto CASE(LEAVE);
	ON(1);
}
CASE(GET_KEY):
	if (!get_key(L, bind, R(op->b), R(op->c), R(op->a)))
		goto CASE(LEAVE);
	ON(1);
CASE(GET_BYTE): {
	const struct ps_object *array = ps_check(R(op->b), &ps_class_bytes);

	if (!array || !ttisinteger(R(op->c)) || !ps_bytes_get(bind, array, ivalue(R(op->c)), R(op->a)))
		goto CASE(GET_KEY);
	ON(1);
}
CASE(GET_BITS): {
	const struct ps_bytes *array = ps_check(R(op->b), &ps_class_bytes);
	const TValue *i = R(op->c);

	if (!array || !ttisinteger(i) || !ps_bytes_near(bind, array, l_castS2U(ivalue(i)), array->readable))
		goto CASE(GET_BYTE);
	setivalue(R(op->a), l_castU2S((bind->pkt->data[array->off + ivalue(i)] & op->mask) ^ op->flip));
	ON(3);
}
CASE(SET_BITS): {
	const struct ps_bytes *array = ps_check(R(op->b), &ps_class_bytes);
	const TValue *i = R(op->c);
	uint64_t bits;
	uint8_t *p;

	if (!array || !ttisinteger(i) || !ps_bytes_near(bind, array, l_castS2U(ivalue(i)), array->writable))
		goto CASE(GET_BITS);
	p = bind->pkt->data + array->off + ivalue(i);
	bits = (*p & op->mask) ^ op->flip;
	if (bits > 255)
		goto CASE(GET_BITS);
	*p = bits;
	setivalue(R(op->a), l_castU2S(bits));
	ON(4);
}
CASE(SET_NAME):
	if (!set_name(L, op, R(op->a), &op->k))
		goto CASE(LEAVE);
	ON(1);
CASE(SET_NAME_R):
	if (!set_name(L, op, R(op->a), R(op->b)))
		goto CASE(LEAVE);
	ON(1);
CASE(SET_INDEX):
CASE(SET_INDEX_R): {
	TValue key;

	setivalue(&key, op->n);
	if (!set_key(L, bind, R(op->a), &key, op->op == DO_SET_INDEX ? &op->k : R(op->b)))
		goto CASE(LEAVE);
	ON(1);
}
CASE(SET_KEY):
	if (!set_key(L, bind, R(op->a), R(op->c), &op->k))
		goto CASE(LEAVE);
	ON(1);
CASE(SET_KEY_R):
	if (!set_key(L, bind, R(op->a), R(op->c), R(op->b)))
		goto CASE(LEAVE);
	ON(1);
CASE(SET_BYTE): {
	struct ps_object *array = ps_check(R(op->a), &ps_class_bytes);

	if (!array || !ttisinteger(R(op->c)) || !ps_bytes_set(bind, array, ivalue(R(op->c)), R(op->b)))
		goto CASE(SET_KEY_R);
	ON(1);
}

CASE(SELF): {
	const TValue *found = find_self(L, op, R(op->b));

	if (!found)
		goto CASE(LEAVE);
	setobj(L, s2v(AT(op->a) + 1), R(op->b));
	setobj(L, R(op->a), found);
	ON(1);
}
CASE(SELF_QUICK):
	if (!ps_holder_target(R(op->b), op->methods))
		goto CASE(SELF);
	setobj(L, s2v(AT(op->a) + 1), R(op->b));
	setobj(L, R(op->a), &op->k);
	ON(1);
CASE(CALL_QUICK): {
	StkId func = AT(op->a);
	const struct ps_reference *reference = ps_holder_reference(s2v(func + 1), op->methods);
	int n;

	if (!reference || !ttisCclosure(s2v(func)) || gcvalue(s2v(func)) != op->closure)
		goto CASE(CALL);
	n = ps_call_quick(L, op->quick, reference, func + 2, op->b - 1, s2v(func));
	if (n < 0)
		goto CASE(LEAVE);
	if (n < op->c)
		setnilvalue(s2v(func));
	ON(1);
}
CASE(CALL_WRITE): {
	StkId func = AT(op->a);
	const struct ps_reference *reference = ps_holder_reference(s2v(func + 1), op->methods);
	uint8_t *at;

	if (!reference || gcvalue(s2v(func)) != op->closure || !ttisCclosure(s2v(func)) ||
	    !ttisinteger(s2v(func + 2)) || !ttisinteger(s2v(func + 3)))
		goto CASE(CALL_QUICK);
	at = ps_window_at(L, reference, op->quick, ivalue(s2v(func + 2)));
	if (!at)
		goto CASE(LEAVE);
	ps_window_write(op->quick, at, ivalue(s2v(func + 3)));
	ON(1);
}
CASE(CALL): {
	StkId func = AT(op->a);
	struct ps_called *frame;

	if (!ttisLclosure(s2v(func))) {
		if (call_method(L, func, op->b, op->c) >= 0)
			ON(1);
		if (run || !ps_to_method(s2v(func)))
			goto CASE(LEAVE);	/* C that is not ours is called by the interpreter: pcall() within pcall() needs less of the C stack so */
		L->ci->u.l.savedpc = BEHIND;
		PS_STACK_TOP(L) = func + 1 + op->b;
		luaD_precall(L, func, op->c);
		base = ps_stk(L->ci->func) + 1;
		if (l_unlikely(L->hookmask))
			return L->ci->u.l.savedpc;
		ON(1);
	}
	if (!code_of(func))
		goto CASE(LEAVE);
	if (!run) {
		if (!push_frame(L, func, op->c, BEHIND))
			goto CASE(LEAVE);
		fill_arguments(func, op->b);
		base = func + 1;
		op = code_of(func)->ops;
		ON(0);
	}
	if (!has_frame(L, run) || !has_room(L, func))
		goto CASE(LEAVE);
	COUNT_CALL();
	frame = &run->frames[run->depth++];
	frame->func = base - 1;
	frame->op = op + 1;
	frame[1].nresults = op->c;
	fill_arguments(func, op->b);
	base = func + 1;
	op = code_of(func)->ops;
	ON(0);
}
CASE(TAIL_CALL): {
	StkId func = AT(op->a);
	int n;

	if (!run) {
		if (!ttisLclosure(s2v(func)) || !code_of(func) || !replace_frame(L, func, op->b))
			goto CASE(LEAVE);
		fill_arguments(base - 1, op->b);
		op = code_of(base - 1)->ops;
		ON(0);
	}
	if (!ttisLclosure(s2v(func))) {
		if (call_method(L, func, op->b, 1) < 0)
			goto CASE(LEAVE);
		setobjs2s(L, base - 1, func);
		goto returned_one;
	}
	if (!code_of(func) || !has_room(L, func))
		goto CASE(LEAVE);
	COUNT_CALL();
	for (n = 0; n <= op->b; n++)
		setobjs2s(L, base - 1 + n, func + n);
	fill_arguments(base - 1, op->b);
	op = code_of(base - 1)->ops;
	ON(0);
}
CASE(RETURN): {
	int n, nresults;

	if (!run) {
		if (!pop_frame(L, R(op->a), op->n))
			goto CASE(LEAVE);
		goto popped;
	}
	nresults = run->depth ? run->frames[run->depth].nresults : 1;
	for (n = 0; n < nresults; n++) {
		if (n < op->n)
			setobjs2s(L, base - 1 + n, AT(op->a) + n)
		else
			setnilvalue(s2v(base - 1 + n));
	}
	goto returned;
}
CASE(RETURN_ONE): {
	if (!run) {
		if (!pop_frame(L, R(op->a), 1))
			goto CASE(LEAVE);
		goto popped;
	}
	setobj(L, s2v(base - 1), R(op->a));
	goto returned_one;
}
CASE(RETURN_K):
	if (!run) {
		if (!pop_frame(L, &op->k, 1))
			goto CASE(LEAVE);
		goto popped;
	}
	setobj(L, s2v(base - 1), &op->k);
returned_one:
	if (run->depth) {
		int n, nresults = run->frames[run->depth].nresults;

		for (n = 1; n < nresults; n++)
			setnilvalue(s2v(base - 1 + n));
	}
returned:
	if (!run->depth)
		return NULL;
	run->depth--;
	base = run->frames[run->depth].func + 1;
	op = run->frames[run->depth].op;
	ON(0);
popped: {
	const struct ps_function_code *caller;

	base = ps_stk(L->ci->func) + 1;
	caller = code_of(base - 1);
	if (l_unlikely(!caller || L->ci->u.l.trap))
		return L->ci->u.l.savedpc;
	op = ps_op_at(caller, L->ci->u.l.savedpc);
	ON(0);
}

CASE(JUMP):
	GO(op->n);
CASE(JUMP_BACK):
	WATCH();
	GO(op->n);
CASE(TEST):
	GO_IF(!l_isfalse(R(op->a)));
CASE(TEST_SET):
	if (!l_isfalse(R(op->b)) == op->condition)
		setobj(L, R(op->a), R(op->b));
	GO_IF(!l_isfalse(R(op->b)));
CASE(NOT):
	if (l_isfalse(R(op->b)))
		setbtvalue(R(op->a));
	else
		setbfvalue(R(op->a));
	ON(1);
CASE(LENGTH):
	if (!get_length(L, R(op->b), R(op->a)))
		goto CASE(LEAVE);
	ON(1);
CASE(NEGATE):
	if (!ttisinteger(R(op->b)))
		goto CASE(LEAVE);
	setivalue(R(op->a), l_castU2S(0u - l_castS2U(ivalue(R(op->b)))));
	ON(1);
CASE(INVERT):
	if (!ttisinteger(R(op->b)))
		goto CASE(LEAVE);
	setivalue(R(op->a), l_castU2S(~l_castS2U(ivalue(R(op->b)))));
	ON(1);
CASE(EQUAL): {
	int is = compare(R(op->a), R(op->b));

	if (is < 0)
		goto CASE(LEAVE);
	GO_IF(is);
}
CASE(EQUAL_K): {
	int is = compare(R(op->a), &op->k);

	if (is < 0)
		goto CASE(LEAVE);
	GO_IF(is);
}
CASE(EQUAL_INT):
	GO_IF(ttisinteger(R(op->a)) && ivalue(R(op->a)) == ivalue(&op->k));
CASE(LESS):
	COMPARE(R(op->a), R(op->b), <);
CASE(LESS_EQUAL):
	COMPARE(R(op->a), R(op->b), <=);
CASE(LESS_K):
	COMPARE(R(op->a), &op->k, <);
CASE(LESS_EQUAL_K):
	COMPARE(R(op->a), &op->k, <=);
CASE(GREATER_K):
	COMPARE(R(op->a), &op->k, >);
CASE(GREATER_EQUAL_K):
	COMPARE(R(op->a), &op->k, >=);

CASE(ADD):
	ARITH(R(op->c), m + n);
CASE(SUB):
	ARITH(R(op->c), m - n);
CASE(MUL):
	ARITH(R(op->c), m * n);
CASE(AND):
	ARITH(R(op->c), m & n);
CASE(OR):
	ARITH(R(op->c), m | n);
CASE(XOR):
	ARITH(R(op->c), m ^ n);
CASE(SHL):
	ARITH(R(op->c), l_castS2U(luaV_shiftl(l_castU2S(m), l_castU2S(n))));
CASE(SHR):
	ARITH(R(op->c), l_castS2U(luaV_shiftl(l_castU2S(m), l_castU2S(0u - n))));
CASE(ADD_K):
	ARITH_K(m + n);
CASE(SUB_K):
	ARITH_K(m - n);
CASE(MUL_K):
	ARITH_K(m * n);
CASE(AND_K):
	ARITH_K(m & n);
CASE(OR_K):
	ARITH_K(m | n);
CASE(XOR_K):
	ARITH_K(m ^ n);
CASE(SHIFT_LEFT):
CASE(SHIFT_RIGHT):
	if (!ttisinteger(R(op->b)))
		goto CASE(LEAVE);
	if (op->op == DO_SHIFT_LEFT)
		setivalue(R(op->a), l_castU2S(l_castS2U(ivalue(R(op->b))) << op->n))
	else
		setivalue(R(op->a), l_castU2S(l_castS2U(ivalue(R(op->b))) >> op->n));
	ON(2);
CASE(SHL_K):
	ARITH_K(l_castS2U(luaV_shiftl(l_castU2S(n), l_castU2S(m))));
CASE(MOD):
	DIVIDE(R(op->c), luaV_mod);
CASE(DIV):
	DIVIDE(R(op->c), luaV_idiv);
CASE(MOD_K):
	DIVIDE(&op->k, luaV_mod);
CASE(DIV_K):
	DIVIDE(&op->k, luaV_idiv);

CASE(FOR_BEGIN): {
	int turns = begin_loop(AT(op->a));

	if (turns < 0)
		goto CASE(LEAVE);
	if (turns)
		ON(1);
	GO(op->n);
}
CASE(FOR_NEXT): {
	StkId ra = AT(op->a);
	lua_Unsigned count;
	lua_Integer i;

	if (!ttisinteger(s2v(ra + 2)))
		goto CASE(LEAVE);
	WATCH();
	count = l_castS2U(ivalue(s2v(ra + 1)));
	if (!count)
		ON(1);
	chgivalue(s2v(ra + 1), l_castU2S(count - 1));
	i = intop(+, ivalue(s2v(ra)), ivalue(s2v(ra + 2)));
	chgivalue(s2v(ra), i);
	setivalue(s2v(ra + 3), i);
	GO(op->n);
}

CASE(NETWORK): {
	enum ps_layer_found found;
	struct ps_layer *layer;

	if (!is_whole(bind, R(op->b)))
		goto CASE(LEAVE);
	if (l_unlikely(bind->layers.packet.child)) {
		struct ps_layer *known;

		found = network_again(bind, op, &known);
		layer = known;
	} else {
		found = ps_layer_network(&bind->layers, bind->pkt, &ps_protos[op->link], op->proto, op->protocol, &layer);
	}
	if (l_likely(found == PS_LAYER_FOUND)) {
		if (!make_view(L, bind, op->pool, layer, op->proto, 0, R(op->a)))
			goto CASE(LEAVE);
		GO(op->other);
	}
	if (found != PS_LAYER_NONE)
		goto CASE(LEAVE);
	goto none;
}
CASE(DATA): {
	const struct ps_view *v = to_view(bind, R(op->b));
	enum ps_layer_found found;
	struct ps_layer *layer;

	if (!v)
		goto CASE(LEAVE);
	if (l_unlikely(!v->place.plain))
		goto CASE(BYTES);
	found = ps_layer_payload(&bind->layers, bind->pkt, v->place.layer, op->proto, &layer);
	if (l_likely(found == PS_LAYER_FOUND)) {
		if (!make_view(L, bind, op->pool, layer, op->proto, layer->flags, R(op->a)))
			goto CASE(LEAVE);
		GO(op->other);
	}
	if (found != PS_LAYER_NONE)
		goto CASE(LEAVE);
	goto none;
}
CASE(FIRST): {
	struct ps_layer *layer;

	if (l_likely(is_whole(bind, R(op->b)) && !bind->layers.packet.child) &&
	    l_likely(ps_layer_network(&bind->layers, bind->pkt, &ps_protos[op->link], op->proto, op->protocol, &layer) == PS_LAYER_FOUND)) {
		if (!make_view(L, bind, op->pool, layer, op->proto, 0, R(op->a)))
			goto CASE(LEAVE);
		GO(op->other);
	}
}
CASE(HEADER): {
	enum ps_layer_found found;
	struct ps_layer *layer;

	if (!is_given(bind, R(op->b)))
		goto CASE(LEAVE);
	found = ps_view_header(bind, op->proto, &layer);
	if (l_likely(found == PS_LAYER_FOUND)) {
		if (!make_view(L, bind, op->pool, layer, op->proto, layer->flags, R(op->a)))
			goto CASE(LEAVE);
		GO(op->other);
	}
	if (found != PS_LAYER_NONE)
		goto CASE(LEAVE);
	goto none;
}
CASE(BYTES): {
	const struct ps_view *v = to_view(bind, R(op->b));
	struct ps_place to ps_uninit;
	enum ps_layer_found found;

	if (!v)
		goto CASE(LEAVE);
	found = ps_view_payload(bind, &v->place, op->c, &to);
	if (found == PS_LAYER_FOUND) {
		if (!ps_access_make(L, bind, op->pool, &to, R(op->a)))
			goto CASE(LEAVE);
		GO(op->other);
	}
	if (found != PS_LAYER_NONE)
		goto CASE(LEAVE);
none:
	setnilvalue(R(op->a));
	GO(op->n);
}
CASE(PACKET): {
	struct ps_guest *guest = bind->guest;

	if (l_likely(guest && !bind->memory && ps_holder_target(R(op->b), op->methods) && getudatamem(uvalue(R(op->b))) == guest->block)) {
		guest->is_asked = true;
		if (l_likely(bind->pkt != guest->pkt))
			ps_bind_packet(bind, guest->pkt);
		setuvalue(L, R(op->a), ps_userdata_of(bind->whole));
		GO(op->n);
	}
}
CASE(QUICK):
CASE(QUICK_PUT): {
	void *target = ps_holder_target(R(op->b), op->methods);
	union ps_quick_result said;
	int n = target ? op->quick->call(L, target, op->arguments, op->c, &said) : -1;

	if (n < 0)
		goto CASE(LEAVE);
	if (op->op != DO_QUICK_PUT && !ps_give_quick(L, n, &said, R(op->a)))
		setnilvalue(R(op->a));
	GO(op->n);
}
CASE(READ): {
	const struct ps_reference *reference = ps_holder_reference(R(op->b), op->methods);
	const struct ps_window *window = reference ? ps_window_of(L, reference, op->quick) : NULL;

	if (!window || l_castS2U(op->arguments[1]) > window->size)
		goto CASE(LEAVE);
	setivalue(R(op->a), ps_window_read(op->quick, window->bytes + op->arguments[0]));
	GO(op->n);
}
CASE(WRITE): {
	const struct ps_reference *reference = ps_holder_reference(R(op->b), op->methods);
	uint8_t *at = reference ? ps_window_at(L, reference, op->quick, op->arguments[0]) : NULL;

	if (!at)
		goto CASE(LEAVE);
	ps_window_write(op->quick, at, op->arguments[1]);
	GO(op->n);
}
CASE(FIELD): {
	const struct ps_view *v = to_header(bind, R(op->b), op->field);

	if (!v || !make_field(L, bind, &v->place, op->field, R(op->a)))
		goto CASE(LEAVE);
	GO(op->n);
}
CASE(VALUE): {
	const struct ps_view *v = to_view(bind, R(op->b));

	if (!v)
		goto CASE(LEAVE);
	if (v->place.field ? !get_field(L, bind, v, v->place.field, false, R(op->a)) :
			     !ps_bytes_make(L, bind, ps_place_range(&v->place), R(op->a)))
		goto CASE(LEAVE);
	GO(op->n);
}
CASE(PUT):
CASE(PUT_K): {
	const struct ps_view *v = to_view(bind, R(op->b));

	if (!v || !v->place.field || !set_field(bind, v, v->place.field, op->op == DO_PUT ? R(op->c) : &op->k))
		goto CASE(LEAVE);
	GO(op->n);
}
CASE(GET16): {
	struct ps_layer *at;
	const uint8_t *p;

	if (!to_layer(bind, R(op->b), op->field, &at))
		goto CASE(LEAVE);
	p = ps_packet_reach(bind->pkt, at->header.range.off + op->word.at, 2);
	if (l_unlikely(!p))
		goto CASE(LEAVE);
	setivalue(R(op->a), (ps_load16(p) & op->word.mask) >> op->word.shift);
	GO(op->n);
}
CASE(GET32): {
	struct ps_layer *at;
	const uint8_t *p;

	if (!to_layer(bind, R(op->b), op->field, &at))
		goto CASE(LEAVE);
	p = ps_packet_reach(bind->pkt, at->header.range.off + op->word.at, 4);
	if (l_unlikely(!p))
		goto CASE(LEAVE);
	setivalue(R(op->a), ps_load32(p));
	GO(op->n);
}
CASE(GET_FIELD):
CASE(GET_INT): {
	const struct ps_view *v = to_header(bind, R(op->b), op->field);

	if (!v || !get_field(L, bind, v, op->field->field, op->op == DO_GET_INT, R(op->a)))
		goto CASE(LEAVE);
	GO(op->n);
}
CASE(SET_FIELD):
CASE(SET_FIELD_K): {
	const struct ps_view *v = to_header(bind, R(op->b), op->field);

	if (!v || !set_field(bind, v, op->field->field, op->op == DO_SET_FIELD ? R(op->c) : &op->k))
		goto CASE(LEAVE);
	GO(op->n);
}
CASE(ASSIGN): {
	struct ps_layer *at;

	if (!to_layer(bind, R(op->b), op->field, &at) || ps_view_set(bind, at, op->field->field, op->value))
		goto CASE(LEAVE);
	GO(op->n);
}
CASE(SET16): {
	struct ps_layer *at;

	if (!to_layer(bind, R(op->b), op->field, &at) || !assign16(bind->pkt, &at->header, op, op->bits))
		goto CASE(LEAVE);
	GO(op->n);
}
CASE(SET16_R): {
	struct ps_layer *at;

	if (!to_layer(bind, R(op->b), op->field, &at) || !ttisinteger(R(op->c)) ||
	    !assign16(bind->pkt, &at->header, op, l_castS2U(ivalue(R(op->c)))))
		goto CASE(LEAVE);
	GO(op->n);
}
CASE(ASSIGN_SIMPLE):
	value = &op->wide;
	goto assign;
CASE(SET_SIMPLE):
	if (!to_value(bind, R(op->c), op->field->field, &own, &value))
		goto CASE(LEAVE);
assign: {
	struct ps_layer *at;

	if (!to_layer(bind, R(op->b), op->field, &at) || !assign(bind, at, op, value))
		goto CASE(LEAVE);
	GO(op->n);
}

CASE(LEAVE):
	if (!run)
		return pc_of(base - 1, op);	/* of L->ci */
	run->frames[run->depth].func = base - 1;
	run->frames[run->depth].op = op;
	return code_of(base - 1)->code;
}
