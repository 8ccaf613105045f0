/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Linear code: a function of a script as it runs without the interpreter. It stands beside the bytecode, one operation for
 * each instruction, with operands and jumps decoded, names looked up, and the protocol foreseen that a register has a
 * view of. An operation may do what several instructions do; those behind it have operations of their own
 * nevertheless, since code may jump there, and the interpreter may leave off there.
 *
 * All values are where the interpreter has them, in the registers of Lua's stack, and an operation does all that the
 * instruction would, or nothing. So the interpreter can go on at each of them, and does where an operation finds what it
 * was not made for: that is LEAVE, of which any instruction may be made.
 */
#ifndef PS_LINEAR_H
#define PS_LINEAR_H

#include "internals.h"

#include "lfunc.h"
#include "lstate.h"

#include "bind.h"
#include "holder.h"
#include "runtime.h"
#include "store.h"
#include "types.h"

/*
 * Operations: name, which operands are registers (A, B, C), whether A is only given a value (T), n is a distance (N) and other
 * none (S), the operation behind the next one follows (M), or it looks for a header and goes on at other if there is one (V), and
 * what it does, with registers R[…], the constant K, and the
 * field F of the view in R[B]. One with a condition goes on at n if it is so, else at other.
 */
enum { PS_A = 1, PS_B = 2, PS_C = 4, PS_N = 8, PS_S = 16, PS_M = 32, PS_GIVES = 64, PS_V = 128, PS_T = PS_GIVES | PS_A,
       PS_AB = PS_A | PS_B, PS_ABC = PS_AB | PS_C, PS_AN = PS_A | PS_N, PS_ABN = PS_AB | PS_N, PS_BN = PS_B | PS_N,
       PS_BCN = PS_B | PS_C | PS_N, PS_TB = PS_T | PS_B, PS_TBC = PS_TB | PS_C, PS_TBN = PS_TB | PS_N, PS_TBNV = PS_TBN | PS_V,
       PS_TBM = PS_TB | PS_M, PS_TBCM = PS_TBC | PS_M };

#define PS_OPERATIONS(X) \
	X(LEAVE, 0)		/* to the interpreter */ \
	X(MOVE, PS_TB)		/* R[A] = R[B] */ \
	X(LOAD, PS_T)		/* R[A] = K */ \
	X(LOAD_SKIP, PS_T | PS_M)	/* R[A] = K, and over the next instruction */ \
	X(LOAD_NIL, PS_T)	/* n registers from A on */ \
	X(GET_UPVALUE, PS_T)	/* R[A] = upvalue B */ \
	X(SET_UPVALUE, PS_A)	/* upvalue B = R[A] */ \
	X(GET_GLOBAL, PS_T)	/* R[A] = upvalue B[name] */ \
	X(SET_GLOBAL, 0)	/* upvalue A[name] = K */ \
	X(SET_GLOBAL_R, PS_B)	/* upvalue A[name] = R[B] */ \
	/* the same of a function that is within another's code */ \
	X(GET_VARIABLE, PS_T)	/* R[A] = variable */ \
	X(SET_VARIABLE, PS_A)	/* variable = R[A] */ \
	X(GET_MEMBER, PS_T | PS_S)	/* R[A] = variable[name] */ \
	X(GET_NAME, PS_TB | PS_S)	/* R[A] = R[B][name] */ \
	X(GET_INDEX, PS_TB)	/* R[A] = R[B][n] */ \
	X(GET_KEY, PS_TBC)	/* R[A] = R[B][R[C]] */ \
	X(GET_BYTE, PS_TBC)	/* the same of what should be a byte array */ \
	X(GET_BITS, PS_TBC)	/* R[A] = R[B][R[C]] & mask ~ flip, of what should be a byte array */ \
	X(SET_BITS, PS_TBC)	/* the same, and R[B][R[C]] = R[A] */ \
	X(SET_NAME, PS_A | PS_S)	/* R[A][name] = K */ \
	X(SET_NAME_R, PS_AB | PS_S)	/* R[A][name] = R[B] */ \
	X(SET_INDEX, PS_A)	/* R[A][n] = K */ \
	X(SET_INDEX_R, PS_AB)	/* R[A][n] = R[B] */ \
	X(SET_KEY, PS_A | PS_C)	/* R[A][R[C]] = K */ \
	X(SET_KEY_R, PS_ABC)	/* R[A][R[C]] = R[B] */ \
	X(SET_BYTE, PS_ABC)	/* the same of what should be a byte array */ \
	X(SELF, PS_AB | PS_S)		/* R[A + 1] = R[B], R[A] = R[B][name] */ \
	X(SELF_QUICK, PS_AB | PS_S)	/* the same of a reference with these methods: R[A] = K */ \
	X(CALL_QUICK, PS_A | PS_S)	/* as CALL, of such a method */ \
	X(CALL_WRITE, PS_A | PS_S)	/* the same of one that writes in a window */ \
	X(CALL, PS_A)		/* R[A] with B arguments, and C results from A on; the instruction behind it is at n, in bytes */ \
	X(TAIL_CALL, PS_A)	/* the same, and all that it returns */ \
	X(RETURN, PS_A)		/* n values from A on */ \
	X(RETURN_ONE, PS_A)	/* R[A] */ \
	X(RETURN_K, PS_A)	/* K, which was to be loaded into R[A] */ \
	X(JUMP, PS_N) \
	X(JUMP_BACK, PS_N) \
	X(TEST, PS_AN)		/* if R[A] is true */ \
	X(TEST_SET, PS_ABN)	/* the same of R[B]; where the condition says so, R[A] = R[B] */ \
	X(NOT, PS_TB)		/* R[A] = not R[B] */ \
	X(LENGTH, PS_TB)	/* R[A] = #R[B] */ \
	X(NEGATE, PS_TB)	/* R[A] = -R[B] */ \
	X(INVERT, PS_TB)	/* R[A] = ~R[B] */ \
	X(EQUAL, PS_ABN)	/* if R[A] == R[B] */ \
	X(EQUAL_K, PS_AN)	/* if R[A] == K */ \
	X(EQUAL_INT, PS_AN)	/* the same of a K that is an integer */ \
	X(LESS, PS_ABN)		/* if R[A] < R[B] */ \
	X(LESS_EQUAL, PS_ABN) \
	X(LESS_K, PS_AN)	/* if R[A] < K */ \
	X(LESS_EQUAL_K, PS_AN) \
	X(GREATER_K, PS_AN) \
	X(GREATER_EQUAL_K, PS_AN) \
	/* of integers: R[A] = R[B] op R[C], or K */ \
	X(ADD, PS_TBCM) X(SUB, PS_TBCM) X(MUL, PS_TBCM) X(MOD, PS_TBCM) X(DIV, PS_TBCM) \
	X(AND, PS_TBCM) X(OR, PS_TBCM) X(XOR, PS_TBCM) X(SHL, PS_TBCM) X(SHR, PS_TBCM) \
	X(ADD_K, PS_TBM) X(SUB_K, PS_TBM) X(MUL_K, PS_TBM) X(MOD_K, PS_TBM) X(DIV_K, PS_TBM) \
	X(AND_K, PS_TBM) X(OR_K, PS_TBM) X(XOR_K, PS_TBM) \
	X(SHL_K, PS_TBM)		/* K << R[B] */ \
	X(SHIFT_LEFT, PS_TBM)	/* R[B] << n, which is from 0 to 63 */ \
	X(SHIFT_RIGHT, PS_TBM) \
	X(FOR_BEGIN, PS_AN)	/* the loop whose variables are from A on; jumps over it if it has no turn */ \
	X(FOR_NEXT, PS_AN)	/* jumps back if there is another turn */ \
	/* what instructions over a distance do: a method of the view in R[B] that is called */ \
	X(NETWORK, PS_TBNV)	/* R[A] = R[B]:data(link):data(C) */ \
	X(DATA, PS_TBNV)		/* R[A] = R[B]:data(C), of a header */ \
	X(HEADER, PS_TBNV)	/* R[A] = the first header of protocol C in R[B], which should be the packet */ \
	X(FIRST, PS_TBNV)	/* the same of a protocol that a link layer carries */ \
	X(BYTES, PS_TBNV)	/* the same without an argument, or of bytes */ \
	X(QUICK, PS_TBN | PS_S)	/* R[A] = R[B]:method(arguments), of a reference; C of them */ \
	X(QUICK_PUT, PS_BN | PS_S)	/* the same without a result */ \
	X(PACKET, PS_TBN | PS_S)	/* as QUICK, of the method that gives the packet */ \
	X(READ, PS_TBN | PS_S)	/* R[A] = an integer in the window of R[B] */ \
	X(WRITE, PS_BN | PS_S)	/* what is in the window of R[B] becomes an integer */ \
	X(FIELD, PS_TBN)	/* R[A] = R[B]:F() */ \
	X(VALUE, PS_TBN)	/* R[A] = R[B]:get() */ \
	X(PUT, PS_BCN)		/* R[B]:set(R[C]), of a field */ \
	X(PUT_K, PS_BN)		/* R[B]:set(K) */ \
	X(GET16, PS_TBN)	/* R[A] = R[B]:F():get(), R[B].F; an integer within a word of 16 bits of the fixed part */ \
	X(GET32, PS_TBN)	/* the same of one that is two such words, as integer */ \
	X(GET_FIELD, PS_TBN)	/* the same of any */ \
	X(GET_INT, PS_TBN)	/* R[A] = R[B]:F():int() */ \
	X(SET_FIELD, PS_BCN)	/* R[B]:F():set(R[C]) */ \
	X(SET_FIELD_K, PS_BN)	/* R[B]:F():set(K) */ \
	X(ASSIGN, PS_BN)	/* the same, of which the value is known as an integer */ \
	X(SET16, PS_BN)		/* of bits within a word of 16, to constant bits; no other header's checksum has them */ \
	X(SET16_R, PS_BCN)	/* the same, to R[C] */ \
	X(ASSIGN_SIMPLE, PS_BN | PS_S)	/* of a field that is struct ps_simple */ \
	X(SET_SIMPLE, PS_BCN | PS_S)	/* the same, to R[C] */

enum ps_operation {
#define X(name, operands)	DO_##name,
	PS_OPERATIONS(X)
#undef X
};

#define PS_SLOT_LSIZENODE_MAX	26	/* where all places have 32 bits */

/* Where a name was in the table that was asked for it last: tables that were made alike have it there, too. */
struct ps_slot {
	uint32_t node;		/* in bytes, from the table's first one on */
	uint8_t lsizenode;	/* of the table */
};

struct ps_op {
	uint8_t op;		/* enum ps_operation */
	bool condition;
	uint16_t a, b, c;	/* registers are bytes from the frame's base */
	int n;			/* distances are bytes from this operation */
	union {
		int other;	/* as n, where it is not so; of NETWORK, DATA, HEADER, FIRST and BYTES, if there is a view, and it is tested for at once */
		struct ps_simple simple;	/* ASSIGN_SIMPLE, SET_SIMPLE */
		struct ps_slot slot;	/* GET_NAME, GET_MEMBER, SET_NAME, SET_NAME_R, SELF */
		const Table *methods;	/* QUICK, QUICK_PUT, PACKET, READ, WRITE, SELF_QUICK, CALL_QUICK, CALL_WRITE */
	};
	union {
		const struct ps_field_method *field;
		const TString *name;
		struct ps_pool *pool;
		const struct ps_quick *quick;
		int callee;	/* CALL: from 1, the upvalue that is called, if nothing assigns that; it is read when code is put within other code */
	};
	union {
		TValue k;
		UpVal *variable;
		uint64_t value;		/* ASSIGN */
		long long arguments[PS_QUICK_ARGUMENTS];	/* QUICK, QUICK_PUT, PACKET, WRITE; READ: offset and end */
		const GCObject *closure;	/* CALL_QUICK, CALL_WRITE: what is called */
		struct ps_value wide;	/* ASSIGN_SIMPLE */
		struct {		/* GET_BITS, SET_BITS */
			uint64_t mask, flip;
		};
		struct {		/* NETWORK, DATA, HEADER, FIRST, BYTES: what C is */
			const struct ps_proto *proto;
			uint16_t protocol;	/* NETWORK, FIRST: of the link layer: what selects it */
			uint8_t link;
		};
		struct {		/* GET16, GET32, SET16: where the field is */
			struct ps_word word;
			uint16_t bits;	/* SET16: what becomes of it */
		};
	};
};

/* What operands an operation has, PS_A … */
extern const uint8_t ps_operands[];

/* Makes bytes of its registers and distances, which are numbers. */
void ps_op_scale(struct ps_op *op);

/*
 * Code of a handler may have that of local functions within it, in place of calls of them (compile/inline.c). Where it is
 * left to the interpreter, that finds what calls would have left: a frame of each function around, from the handler's on,
 * number 0, and registers where these functions have them.
 */
struct ps_inlined {
	const LClosure *closure;
	int caller;		/* the frame, which has a lower number */
	int pc;			/* there, of the call */
	int nresults;		/* that it wants */
	int func;		/* where the function stands, in bytes from the handler's base */
	int moves, moves_end;	/* registers that are elsewhere */
};

/* A register at to has its value at from, which is lower; both in bytes from the handler's base. Those of a frame go down. */
struct ps_move {
	uint16_t to, from;
};

struct ps_origin {
	int pc, frame;
};

struct ps_function_code {
	struct ps_linear linear;
	const Instruction *code;
	struct ps_known results[PS_RESULTS];	/* that it returns; NONE: nothing is known */
	bool is_blind;		/* nothing was known of what it is given; it makes way for code of which that is known */
	/* Of operations, where others' are within; else NULL: then each is where its instruction is. */
	const struct ps_origin *origins;
	const struct ps_inlined *inlined;
	const struct ps_move *moves;
	int nops;
	struct ps_op ops[];
};

/* Where instruction pc is. */
static inline const struct ps_op *ps_op_at(const struct ps_function_code *f, const Instruction *pc)
{
	return f->ops + (pc - f->code);
}

/* Code of so many bytes, zeros, that count as the state's, and as linear code; or NULL. */
struct ps_function_code *ps_code_new(struct ps_runtime *rt, size_t size);

/*
 * The same code, of a function that is this one and no other with its bytecode, with what it calls within; or NULL, if there
 * is nothing to put there, or no memory for it.
 */
struct ps_function_code *ps_inline_calls(struct ps_runtime *rt, const LClosure *closure);

/* struct ps_linear, run and leave. */
const Instruction *ps_linear_run(lua_State *L, const struct ps_linear *linear, const Instruction *pc,
				 StkId base, struct ps_run *run);
void ps_linear_leave(lua_State *L, const struct ps_linear *linear, struct ps_run *run);

#endif
