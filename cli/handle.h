/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Code of the commands that run a handler on packets, one by one. */
#ifndef CLI_HANDLE_H
#define CLI_HANDLE_H

#include <jansson.h>
#include <stdio.h>

#include "state.h"

struct cli_call;

/* The places, in a command's table of options, of those that rules have as well. */
struct ps_handle_options {
	int function, state, memory, on_error, object;
	int match;	/* the handler is one of a match; below 0: there is no such option */
};

/* Loads the script that is the call's first operand. Returns enum cli_exit, after a message. */
int ps_handle_load(struct ps_state *state, const struct cli_call *call,
		   const struct ps_handle_options *options);

/*
 * Loads the script anew into next, and what is in sets from their files, which then takes the place of state: that is closed and cleaned. If it returns anything but CLI_OK,
 * after a message, state goes on and there is no next.
 */
int ps_handle_reload(struct ps_state *next, struct ps_state *state, const struct cli_call *call,
		     const struct ps_handle_options *options);

/* A number of milliseconds that the option at this place says, or otherwise that. False, after a message: it is none. */
bool ps_handle_ms(const struct cli_call *call, int option, uint32_t otherwise, uint32_t *ms);

/*
 * Sets the limits of time to the values of the options at this place in the table and the next (CLI_LIMITS). Before
 * ps_user_watch_start(). False, after a message: one is none.
 */
bool ps_handle_limits(const struct cli_call *call, int option);

/* The value of --memory at this place in the table. False, after a message: it is none. */
bool ps_handle_memory(const struct cli_call *call, int option, size_t *memory);

/* The value of --object at this place. False, after a message: it is none. */
bool ps_handle_object(const struct cli_call *call, int option, enum ps_given *given);

/* The value of --on-error at this place, or PS_VERDICT_DROP. False, after a message: it is none. */
bool ps_handle_on_error(const struct cli_call *call, int option, enum ps_verdict *verdict);

/* Fills the sets that scripts name from the files of CLI_SETS. False, after a message: it cannot be done. */
bool ps_handle_sets(const struct cli_call *call);

/* Closes the state, after the last packet. Returns enum cli_exit, after a message. */
int ps_handle_close(struct ps_state *state, const struct cli_call *call);

/* How much processor time handlers take: measured for the first packets, then for some of them. */
struct ps_timing {
	uint64_t timed, nanoseconds;	/* how many packets were timed, and what these took */
	uint64_t cost;			/* nanoseconds that each measurement takes itself */
};

/* ps_state_run(), timed if it is this packet's turn. */
enum ps_verdict ps_handle_timed(struct ps_timing *timing, struct ps_state *state,
				struct ps_packet *pkt, uint16_t *queue);

/* Nanoseconds that a packet takes; 0: none was timed. */
uint64_t ps_timing_each(const struct ps_timing *timing);

/* A packet whose handler has returned. */
struct ps_handled {
	uint64_t number;		/* from 1 on */
	struct ps_packet *before, *after;
	enum ps_verdict verdict;
	uint16_t queue;
};

/* Prints the fields that differ, before → after, each behind two spaces; or an array of JSON, which is the caller's. */
void ps_changes_print(FILE *to, struct ps_packet *before, struct ps_packet *after);
json_t *ps_changes_json(struct ps_packet *before, struct ps_packet *after);

/* Prints the packet on a line: headers, verdict, changed fields before → after, error; or as an object of JSON. */
void ps_handled_print(FILE *to, bool json, const struct ps_state *state,
		      const struct ps_handled *handled);

/* Prints what a handler has sent: a packet, or a frame with a link layer of so many bytes. */
void ps_sent_print(FILE *to, bool json, const struct ps_sent_packet *sent);

/* The same for a frame without a packet. link: the number of its link type. */
void ps_untouched_print(FILE *to, bool json, uint64_t number, uint16_t link, uint32_t len);

/* Nanoseconds of a clock that nobody sets. */
uint64_t ps_now(void);

#endif
