/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Lines: what a handler's code is while that of other functions is put within it.
 */
#ifndef PS_LINES_H
#define PS_LINES_H

#include "linear.h"

#define PS_LINES_CALLS	32	/* of functions whose code is there */

struct ps_line {
	struct ps_op op;	/* registers are nodes: numbers of the registers of all functions */
	int pc, frame;		/* the instruction, of which function */
	int to, other;		/* lines it may go on at, in place of op.n and op.other; below 0: none */
	bool is_gone;
};

/* A function whose code is there: the handler, number 0, or one that is called by one of a lower number. */
struct ps_line_frame {
	const LClosure *closure;
	int caller, pc, func;	/* of the call: the instruction, and the register of the function */
	int nresults;
	int base;		/* its first register, counted from the handler's */
	int first;		/* node */
	int nregs;
	int depth;
};

struct ps_lines {
	struct ps_line_frame frames[1 + PS_LINES_CALLS];
	int nframes;
	int nlines;
	int room;		/* lines that may still be promised */
	int nodes;
	bool failed;		/* for want of memory */
	/* of each node: */
	int *group;		/* the one that stands for all that have become one */
	int *node_slot;		/* of such a one: the register that has the value, counted from the handler's first */
	bool *is_bound;		/* to its own place: an operation has others beside it, or it is the handler's */
	struct ps_line lines[];
};

/* The register that has a node's value, counted from the handler's first. */
static inline int ps_lines_slot(const struct ps_lines *n, int node)
{
	return n->node_slot[n->group[node]];
}

static inline bool ps_op_is_condition(enum ps_operation op)
{
	return op == DO_TEST || op == DO_TEST_SET || (op >= DO_EQUAL && op <= DO_GREATER_EQUAL_K);
}

static inline bool ps_op_is_search(enum ps_operation op)
{
	return ps_operands[op] & PS_V;
}

#define PS_NEXT_MAX	3

/* Where it may go on, in operations from it on. Returns how many there are in next. */
int ps_op_next(const struct ps_op *op, int next[PS_NEXT_MAX]);

/*
 * Finds a place for each node: its own, or another one's, where a move is saved so. Without the memory for that, its own.
 */
void ps_lines_unite(struct ps_lines *n);

#endif
