/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Follows the code of a function along all of its paths. In place of values, registers have what is known of them; where
 * paths meet, what holds on all of them. When that changes no more, a last pass goes through the code.
 */
#ifndef PS_FLOW_H
#define PS_FLOW_H

#include "types.h"
#include "lopcodes.h"

struct ps_walk;

/* What whoever follows code knows of it and does meanwhile. Those that may be NULL then do nothing. */
struct ps_walker {
	/* Comes to the instruction at w->pc, before it is done. */
	void (*look)(struct ps_walk *w, Instruction i);

	/* What of.name is, or of:name before it is called; member is what is known of it already, NONE if nothing is. */
	struct ps_known (*read)(struct ps_walk *w, struct ps_known of, TString *name, bool is_call,
				struct ps_known member);

	/* May say more of the results. False: the call never returns. */
	bool (*call)(struct ps_walk *w, struct ps_call *call);

	struct ps_known (*close)(struct ps_walk *w, Instruction i);	/* a function that is made; may be NULL */
	void (*test)(struct ps_walk *w, struct ps_known v);	/* for nil; may be NULL */
	void (*lead)(struct ps_walk *w, int pc);	/* in the last pass: from w->pc to there; may be NULL */

	bool wants_objects;	/* only which ones there may be: false is taken for nil, with which they join */
};

struct ps_block;

/* Bits of whoever follows code. */
struct ps_seen {
	uint64_t bits[2];
};

struct ps_walk {
	/* From the owner. */
	const struct ps_walker *by;
	const struct ps_registry *registry;
	const Proto *p;
	const struct ps_known *upvalues;
	const uint8_t *shared;	/* a bit for each register that inner functions assign, so it may have any value; NULL: none */
	const uint8_t *active;	/* for each instruction: how many registers, the first ones, are variables that they may mean */
	unsigned long steps;	/* that are left. At 0 the function is given up: this bounds all work */
	size_t memory;		/* in bytes, that registers may take where paths meet; without it, the same */
	struct ps_seen seen;	/* at the beginning; the owner may set bits on the way. Where paths meet, it has those of each */
	bool has_last;		/* there is a last pass */

	bool is_last;		/* this is it */
	int pc;
	int top;		/* the register behind the results of a call that gives any number of them; -1: not known */
	int nregs;
	struct ps_call call;	/* at pc; here, as the C stack has no room for many, and calls may be followed within calls */
	struct ps_known *reg, *saved;
	struct ps_block *blocks;	/* for each instruction */
};

/*
 * Parameters begin as args has it, as anything without. Returns -1 if there is no memory to begin with. Afterwards
 * ps_walk_get() knows nothing of any register.
 */
int ps_walk_run(struct ps_walk *w, const struct ps_known *args, int nargs);

static inline struct ps_known ps_walk_get(const struct ps_walk *w, int r)
{
	if (r >= w->nregs || (w->shared && r < w->active[w->pc] && w->shared[r / 8] >> r % 8 & 1))
		return ps_known_any;
	return w->reg[r];
}

static inline void ps_walk_set(struct ps_walk *w, int r, struct ps_known v)
{
	if (r < w->nregs)
		w->reg[r] = v;
}

/* Takes steps from those that are left. */
static inline void ps_walk_spend(struct ps_walk *w, unsigned long steps)
{
	w->steps -= steps < w->steps ? steps : w->steps;
}

/* The instruction that follows the one at pc if the next one does not, or -1; *next: whether the next one may follow, too. */
int ps_code_jump(const Proto *p, int pc, bool *next);

/* True if the instruction at pc gives its register a constant, k. */
bool ps_code_loads(const Proto *p, int pc, TValue *k);

/* True if the instruction gives registers a value: *first to *last. */
bool ps_code_writes(const Proto *p, Instruction i, int *first, int *last);

#endif
