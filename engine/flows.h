/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Connections that scripts have asked for, p:flow(): each has a table of the script's, which lives as long as packets of the
 * connection come, in one direction or the other. A state has at most so many, in its own memory; the one that was idle longest
 * goes first. Packets of one that a script has cut need no script.
 *
 * They go over to the Lua state that takes this one's place in a reload: a bucket at a time, so that packets do not wait. A record is
 * plain memory but for its table, of which those fields go over that on_reload() could get, too. Cuts are by a script's number, in
 * the order of ps_flows.scripts, which are paths: they are looked for anew.
 */
#ifndef PS_FLOWS_H
#define PS_FLOWS_H

#include "recent.h"
#include "verdict.h"

struct Table;
struct TString;
struct lua_State;
struct ps_bind;
struct ps_flow;
struct ps_old;
struct ps_packet;
struct ps_runtime;

#define PS_FLOWS		65536	/* of a state, unless it says how many */
#define PS_FLOWS_MAX		10000000
#define PS_FLOW_CUTTERS		4	/* scripts of a state that may cut */
#define PS_FLOWS_AT_ONCE	1024	/* that go at most, with a packet waiting */
#define PS_FLOW_FRAGMENTED	256	/* packets whose fragments are known */

/* After what time idle flows end: the lists of ps_flows.known. */
enum ps_flow_kind {
	PS_FLOW_TCP,
	PS_FLOW_CLOSING,	/* TCP that has seen FIN or RST */
	PS_FLOW_UDP,
	PS_FLOW_ICMP,
	PS_FLOW_OTHER,
	PS_FLOW_KINDS,
};

struct ps_flows {
	uint32_t ncut;			/* flows that are cut; first: each packet looks at it */
	struct ps_recent known;
	struct ps_recent fragments;
	uint64_t timeout[PS_FLOW_KINDS];	/* nanoseconds */
	uint32_t surplus;		/* flows that are to go, since there was no memory */
	uint64_t packet;		/* the serial of the packet whose flow the next is */
	struct ps_flow *of_packet;
	struct Table *methods;		/* of flows' tables */
	struct Table *block;		/* the last one, and how many of its places are taken */
	unsigned int taken;
	const struct TString *scripts[PS_FLOW_CUTTERS];	/* "@path" of those whose handlers may cut */
};

/* What a rule's function does not have to say any more. */
struct ps_flow_cut {
	enum ps_verdict verdict;	/* of a handler */
	uint16_t queue;			/* with PS_VERDICT_QUEUE */
	bool is_answer, answer;		/* that of a match instead: true or false */
};

/* Makes the type of flows' tables. May raise. */
void ps_flows_open(struct lua_State *L);

/* The library flow. A lua_CFunction. */
int ps_flow_open_library(struct lua_State *L);

/* p:flow(). A lua_CFunction. */
int ps_flow_of(struct lua_State *L);

/* The number that handlers of the script with this path have for ps_flows_find_cut(). May raise. */
unsigned int ps_flows_script(struct lua_State *L, const char *path);

/*
 * If the packet is of a flow that was cut by the script of this number, and does not begin a new connection: true, and what
 * holds. Where no script runs, with some flow cut (ncut).
 */
bool ps_flows_find_cut(struct ps_bind *bind, struct ps_packet *pkt, unsigned int script, struct ps_flow_cut *cut);

/*
 * Takes over connections of the old Lua state, those of some buckets from *at on, which becomes the next one, or 0. Their idle time
 * begins anew. May raise.
 */
void ps_flows_take(struct lua_State *L, struct ps_old *old, uint32_t *at);

/* There is no memory for what the Lua state wants: lets go of some flows, if these may be why. The collector frees their tables. */
void ps_flows_make_room(struct ps_runtime *rt);

/* The state may hold more or less than before. */
void ps_flows_limit(struct ps_bind *bind);

/* The Lua state is gone. */
void ps_flows_clean(struct ps_bind *bind);

#endif
