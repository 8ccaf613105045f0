/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A script and its handler, in a Lua state of their own, as a rule has them in the kernel.
 */
#ifndef PS_USER_STATE_H
#define PS_USER_STATE_H

#include <limits.h>

#include "defer.h"
#include "outbox.h"
#include "script.h"

#define PS_STATE_ERRORS	8		/* how many different errors are told one by one */
#define PS_STATE_FUNCTION	"process_packet"
#define PS_STATE_MATCH		"match_packet"	/* of a match */

/* An error that handlers had, and how often. */
struct ps_state_error {
	char text[PS_SCRIPT_ERROR_SIZE];
	uint64_t count;
};

/* What a rule says of its handler. */
struct ps_state_rule {
	const char *path;
	const char *function;		/* NULL: PS_STATE_FUNCTION, of a match PS_STATE_MATCH */
	uint32_t id;			/* of the state */
	size_t memory;			/* bytes that it may hold */
	enum ps_verdict on_error;	/* what PS_VERDICT_ERROR becomes: drop, accept, continue */
	enum ps_given given;
	/*
	 * The handler says whether a packet matches, and may not write it. Its answers are counted as verdicts, which
	 * they would be of a rule with -j ACCEPT: true is PS_VERDICT_ACCEPT, false PS_VERDICT_CONTINUE.
	 */
	bool is_match;
};

struct ps_state {
	struct ps_script script;
	struct ps_script work;		/* that for deferred work */
	bool has_work;
	struct ps_defer defer;
	void *region;			/* memory for the script's large blocks */
	struct ps_outbox outbox;
	int handler;
	bool is_match;
	bool tracks;			/* the script asks for connections, p:ct() */
	enum ps_verdict on_error;
	struct ps_counted counted;	/* by the script */
	uint64_t packets;
	uint64_t verdicts[PS_VERDICT_ERROR + 1];	/* as handlers gave them */
	struct ps_state_error errors[PS_STATE_ERRORS];	/* the first ones; in order */
	int nerrors;
	uint64_t late_errors;		/* of timers and deferred work; among errors, but not among verdicts */
	char late_error[PS_SCRIPT_ERROR_SIZE];	/* the first one since the owner has emptied it; of this load of the script */
	uint64_t other_errors;		/* how many errors were different from all of these */
};

struct ps_bundle;
struct ps_shared_space;

/* All states of a process have in common what is shared. Never freed, as that of a namespace that stays. NULL: no memory. */
struct ps_shared_space *ps_state_space(void);

#define PS_MODULE_VARIABLE	"PACKETSCRIPT_MODULES"	/* of the environment: another folder of modules */

/*
 * Finds and compiles the modules of the script text[len]. Returns 0, or -1 and a line in error[size]. In any case
 * ps_bundle_clean() undoes it.
 */
int ps_bundle_read(struct ps_bundle *bundle, const char *path, const char *text, size_t len, size_t memory, char *error,
		   size_t size);

/*
 * Reads and runs the script, in a state that may hold memory bytes, without a handler yet. Returns 0, or with one
 * line in error[size]: 1, the script is at fault; -1, it cannot be read. ps_state_clean() undoes it, also
 * after a failure.
 */
int ps_state_load(struct ps_state *s, const char *path, uint32_t id, size_t memory, char *error,
		  size_t size);

/* The same, and finds its function. */
int ps_state_init(struct ps_state *s, const struct ps_state_rule *rule, char *error, size_t size);
void ps_state_clean(struct ps_state *s);

/*
 * Loads the rule's script anew into next, beside s, as packetscript reload does in the kernel. Returns 0: next takes the place of s, which
 * the caller closes and cleans. Otherwise, as ps_state_load(): there is no next, and s is as it was.
 */
int ps_state_reload(struct ps_state *next, struct ps_state *s, const struct ps_state_rule *rule, char *error, size_t size);

/* No packet comes any more: calls on_close(). Returns 0, or 1 and a line in error[size]. */
int ps_state_close(struct ps_state *s, const char *path, char *error, size_t size);

/*
 * Runs the handler and counts its verdict. Returns that, or PS_VERDICT_ERROR (s->script.error); never
 * PS_VERDICT_REPEAT. queue gets the number that came with PS_VERDICT_QUEUE.
 */
enum ps_verdict ps_state_run(struct ps_state *s, struct ps_packet *pkt, uint16_t *queue);

/* When a timer or deferred work is due next, or PS_NEVER; 0: a value of a queue waits for a function. */
uint64_t ps_state_next(struct ps_state *s);

/* When the last of all that is pending is due; 0: nothing is. */
uint64_t ps_state_last(struct ps_state *s);

/*
 * Runs what is due at now and is first, if anything is: of both at the same time, the timer. Besides, one value of a queue, in each
 * of the two Lua states. Errors are counted.
 */
void ps_state_run_due(struct ps_state *s, uint64_t now);

/*
 * Runs in its turn what is due until then in n states, in virtual time (user/clock.h), which goes on to that; unless go_on
 * says otherwise, which is asked before each.
 */
void ps_states_pass(struct ps_state *const *states, size_t n, uint64_t until, bool (*go_on)(void *context), void *context);

/*
 * The front end cannot carry out the verdict on the last packet: counts it as an error instead, with the text as its
 * message. Returns PS_VERDICT_ERROR.
 */
enum ps_verdict ps_state_refuse(struct ps_state *s, enum ps_verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What becomes of the packet: the same verdict, or that of on_error. */
static inline enum ps_verdict ps_state_decide(const struct ps_state *s, enum ps_verdict verdict)
{
	return verdict == PS_VERDICT_ERROR ? s->on_error : verdict;
}

/* What the script has counted by the name of this number (nf.count()). */
uint64_t ps_state_counted(const struct ps_state *s, unsigned int number);

/* How the verdict is called: as scripts name it, or what a match says. */
const char *ps_state_verdict_name(const struct ps_state *s, enum ps_verdict verdict);

/* True if the packet goes on its way. */
static inline bool ps_verdict_passes(enum ps_verdict verdict)
{
	return verdict == PS_VERDICT_ACCEPT || verdict == PS_VERDICT_CONTINUE ||
	       verdict == PS_VERDICT_RETURN || verdict == PS_VERDICT_QUEUE;
}

/* The value that scripts have for it; queue counts with PS_VERDICT_QUEUE. */
long long ps_verdict_value(enum ps_verdict verdict, uint16_t queue);

/* --on-error: "drop", "accept", "continue", NULL: drop. False: no such verdict. */
bool ps_on_error_parse(const char *text, enum ps_verdict *verdict);

/* The name of one of these three. */
const char *ps_on_error_name(enum ps_verdict verdict);

/*
 * Reads a file of at most PS_SCRIPT_TEXT_MAX bytes, to be freed. NULL: one line in error[size], and
 * errno; EFBIG: it has more.
 */
char *ps_script_read(const char *path, size_t *len, char *error, size_t size);

#endif
