/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The kernel module's states, by its family of generic netlink (docs/packetscript.yaml).
 */
#ifndef PS_CONTROL_H
#define PS_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uapi/packetscript.h"

struct mnl_socket;
struct ps_filter;
struct ps_spans;

struct ps_control {
	struct mnl_socket *socket;
	uint16_t family;
	uint32_t group;		/* of who listens; 0: there is none */
	unsigned int overruns;	/* how often more came than the socket holds */
	char error[2048];	/* what the last call that failed has to say */
};

/*
 * For the network namespace that ip-netns(8) calls so, or whose file is at this path: the process is in it from then on; NULL: for
 * the one that it is in. Returns 0 or -1; then without a socket, if it is not in that namespace. ps_control_close() undoes the rest,
 * also after a failure.
 */
int ps_control_open(struct ps_control *control, const char *netns);
void ps_control_close(struct ps_control *control);

/* Whether there may be such a network namespace: false, if nothing has its name. */
bool ps_control_has_netns(const char *netns);

/*
 * One thing of a list: a state; a counter of it that scripts have named; a script of the state before it; a module or list that the
 * script before it asks for; a rule of it.
 */
struct ps_listed {
	int what;		/* PACKETSCRIPT_A_COUNTS, _COUNTER, _SCRIPT, _PART, _RULE */
	uint32_t state;
	bool has_count[PACKETSCRIPT_COUNT_MAX + 1];
	uint64_t counts[PACKETSCRIPT_COUNT_MAX + 1];	/* of a state or rule: by PACKETSCRIPT_COUNT_… */
	uint64_t times[PACKETSCRIPT_TIMES];	/* if has_count says so of PACKETSCRIPT_COUNT_TIMES */
	/* of a script, and but for the time of a part */
	const char *path, *kind;
	uint64_t loaded;	/* seconds since 1970 */
	const uint8_t *digest;	/* SHA-256, digest_size bytes */
	unsigned int digest_size;
	/* of a rule */
	uint8_t family;
	uint32_t hooks;		/* a bit for each */
	bool is_match;
	const char *table, *function, *on_error, *object;
	/* of a script that is attached to a hook, which has no table */
	bool has_place;
	int32_t priority;
	const char *device;
	uint32_t program;	/* at tc and XDP, as in struct ps_attachment; 0: it is elsewhere */
	/* of a counter */
	const char *name;
	uint64_t value;
};

/*
 * Tells what the states of this network namespace have, in the order above. Texts are there until tell() returns; what is absent is "".
 * Returns 0 or -1; 1: states changed meanwhile, so what was told may not fit together; then ps_control_close() comes next.
 */
int ps_control_list(struct ps_control *control, void (*tell)(void *context, const struct ps_listed *listed), void *context);

#define PS_TOLD_LEVELS	16

/* What a state has to tell. */
struct ps_told {
	uint32_t state;
	const char *text;
	bool has_level;		/* else print() wrote it, or it is an error of a kernel that says none */
	uint8_t level;		/* of syslog */
	bool is_error;
	uint64_t time;		/* nanoseconds since 1970 */
	uint64_t number;	/* of the state's lines */
	/* the functions that an error was in, the innermost first */
	unsigned int levels;
	struct ps_told_at {
		const char *file, *function;	/* function: by which name it was called; NULL: by none */
		uint32_t line, defined;		/* where it was, and where the function begins; 0: it is the script itself */
	} at[PS_TOLD_LEVELS];
};

/*
 * Tells what states of this network namespace have to tell from now on, until tell() returns false, and the text is there until that
 * returns. Returns 0, or -1.
 */
int ps_control_listen(struct ps_control *control, bool (*tell)(void *context, const struct ps_told *line), void *context);

/* Which packets are traced. */
struct ps_trace_wanted {
	bool has_state;
	uint32_t state;
	const char *script;	/* its path; NULL: any */
	const struct ps_filter *filter;	/* of packets as they came; NULL: any */
};

/* A packet that a function of a script was called for. Texts are "" where there is none. */
struct ps_traced_packet {
	uint32_t state;
	const char *script, *function, *table, *hook, *dev_in, *dev_out;
	uint8_t family;		/* NFPROTO_… */
	uint8_t link;		/* bytes of its link-layer header */
	uint16_t protocol;	/* an Ethernet type: what it is behind that */
	bool is_match;
	const char *verdict;	/* its name */
	bool has_queue;		/* NF_QUEUE, with the number of one */
	uint16_t queue;
	const char *place;	/* "file:line" of the return that gave it */
	const char *error;	/* why the function gave none */
	uint64_t time;		/* nanoseconds since 1970 */
	uint64_t took;		/* nanoseconds */
	uint64_t number;	/* of those that this socket is told of, from 1 */
	/* as it came, and as it was left: of length bytes, those that there are */
	const uint8_t *before, *after;
	uint32_t before_captured, before_length, after_captured, after_length;
};

/*
 * Tells what functions of this network namespace make of packets from now on, until tell() returns false; pointers hold until that
 * returns. Returns 0; or -1.
 */
int ps_control_trace(struct ps_control *control, const struct ps_trace_wanted *wanted,
		     bool (*tell)(void *context, const struct ps_traced_packet *packet), void *context);

/* Reloads a state of this network namespace. Returns 0; 1, its scripts are at fault; -1, other failures. */
int ps_control_reload(struct ps_control *control, uint32_t state);

/* The limits of a state, by PACKETSCRIPT_LIMIT_… */
struct ps_state_limits {
	uint32_t has;		/* a bit for each that is to be changed; of an answer, for each that was told */
	uint32_t usual;		/* for each that is to be what it is without a change */
	uint32_t own;		/* of an answer: for each that has been changed */
	uint32_t values[PACKETSCRIPT_LIMIT_MAX + 1];
};

/* Changes what is to be changed of a state of this network namespace, and tells what the limits are then. Returns 0 or -1. */
int ps_control_limits(struct ps_control *control, uint32_t state, struct ps_state_limits *limits);

/* A script at a hook, and what else is said of it. */
struct ps_attachment {
	const char *script, *function, *device;	/* NULL: not said */
	bool has_state, has_family, has_hook, has_priority, percpu, defrag;
	uint32_t state;
	uint8_t family;		/* NFPROTO_… */
	uint32_t hook;		/* by the family's numbers */
	int32_t priority;
	uint32_t memory;	/* KiB; this and the next two as in struct xt_lua_info */
	uint8_t on_error, object;
	uint32_t program;	/* by which a program of BPF asks for it, at tc and XDP; 0: not said, or there is none */
};

/* Attaches it in this network namespace. Returns 0, or why not. */
#define PS_CONTROL_SCRIPT	1	/* the script is at fault */
#define PS_CONTROL_THERE	2	/* it is there already */
#define PS_CONTROL_FAILED	(-1)
int ps_control_attach(struct ps_control *control, const struct ps_attachment *attachment);

/*
 * Detaches all of which that is true, in this network namespace, and tells each. Texts are there until tell() returns. Returns how many
 * those were, or -1.
 */
int ps_control_detach(struct ps_control *control, const struct ps_attachment *wanted,
		      void (*tell)(void *context, const struct ps_attachment *detached), void *context);

/* A key or a value of a shared table. */
struct ps_cell {
	enum ps_cell_type {
		PS_CELL_NOTHING,
		PS_CELL_INTEGER,
		PS_CELL_BOOLEAN,
		PS_CELL_STRING,	/* has bytes, as has the next */
		PS_CELL_ARRAY,
	} type;
	int64_t number;		/* a boolean: 0 or 1 */
	const char *bytes;
	size_t len;
};

struct ps_shared_entry {
	struct ps_cell key, value;
	size_t length;		/* bytes of the value, where the kernel has not told all of them; else 0 */
	bool has_ttl;
	uint64_t ttl;		/* milliseconds */
};

struct ps_listed_table {
	const char *name;
	uint64_t count, ttl;
	uint32_t size, uses;
	bool is_kept;
};

/* Tells the shared tables of this network namespace; as ps_control_list(). */
int ps_control_tables(struct ps_control *control, void (*tell)(void *context, const struct ps_listed_table *table), void *context);

/* Tells what is in the table, in no order. Texts are there until tell() returns. Returns 0 or -1. */
int ps_control_table_read(struct ps_control *control, const char *name,
			  void (*tell)(void *context, const struct ps_shared_entry *entry), void *context);

/* Tells the entry of the key, if there is one. Returns 0 or -1. */
int ps_control_table_get(struct ps_control *control, const char *name, const struct ps_cell *key,
			 void (*tell)(void *context, const struct ps_shared_entry *entry), void *context);

/* Does that with n entries: sets them, deletes them; or destroys the table. Returns 0 or -1: some may be done then. */
int ps_control_table(struct ps_control *control, const char *name, enum packetscript_shared_action action,
		     const struct ps_shared_entry *entries, size_t n);

/* What is to be done with a set of addresses that scripts name. */
struct ps_set_change {
	const char *name;
	enum packetscript_set_action action;
	const struct ps_spans *spans;	/* in order; NULL: the action needs none */
	const char *other;		/* of PACKETSCRIPT_SET_SWAP */
};

/* Does it, in this network namespace: at once, however many spans there are. Returns 0 or -1. */
int ps_control_set(struct ps_control *control, const struct ps_set_change *change);

struct ps_listed_set {
	const char *name;
	uint32_t count4, count6, uses;
	uint64_t bytes;
	bool is_kept;
};

/* Tells the sets of this network namespace; as ps_control_list(). */
int ps_control_sets(struct ps_control *control, void (*tell)(void *context, const struct ps_listed_set *set), void *context);

/* Reads what is in the set, in order, into spans. Returns 0 or -1. */
int ps_control_set_read(struct ps_control *control, const char *name, struct ps_spans *spans);

#endif
