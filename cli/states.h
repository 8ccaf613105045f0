/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The states in the kernel, for the commands that show them. */
#ifndef CLI_STATES_H
#define CLI_STATES_H

#include <jansson.h>
#include <stdbool.h>

#include "cli.h"

/* The rows of options that all these commands have. */
#define CLI_STATES_OPTIONS									\
	{ "state", 0, "N", "only the state to which rules give this number" },			\
	{ "netns", 'n', "NAME", CLI_NETNS_HELP },	\
	{ "json", 0, NULL, "as JSON, on one line" }

enum { CLI_STATES_STATE, CLI_STATES_NETNS, CLI_STATES_JSON, CLI_STATES_NEXT };

/*
 * The states that the call asks for, an array of objects, which is the caller's, with their scripts and rules. NULL, after a
 * message: it is trouble. The first call goes into the network namespace.
 */
json_t *cli_states_read(const struct cli_call *call);

/* An array with the state of this number in the network namespace that the process is in, with its scripts; or with none. NULL, after a message. */
json_t *cli_states_one(uint32_t state);

/* Prints them, with scripts and rules, as OpenMetrics text. */
void cli_states_print_openmetrics(const json_t *states);

/* The number at path, two names at most; 0: it is not there. */
long long cli_states_number(const json_t *state, const char *group, const char *name);

/* Which rule it is, for people: "process_packet of dnat.lua, iptables mangle PREROUTING". NULL: not enough memory. The caller frees it. */
char *cli_states_label(const json_t *script, const json_t *rule);

/* Whether the kernel has the module: without it, nothing is attached. */
bool cli_states_are_loaded(void);

struct ps_control;

/*
 * Goes into the network namespace, and opens the control; load: loads the module, if need be. Returns CLI_OK, or CLI_TROUBLE after a
 * message, and then there is nothing to close.
 */
int cli_states_open(struct ps_control *control, const char *netns, bool load);

/*
 * Lists something with the control, which is open: read() begins anew each time. What changes meanwhile ends a list in the middle: then it returns 1,
 * as functions of control.h do, and is called again, up to ten times. Returns what it returned last; or -1, and control->error says why. The control is
 * open then, for what else is to be asked, and is the caller's to close in any case.
 */
int cli_states_list(struct ps_control *control, int (*read)(struct ps_control *control, void *context), void *context);

#endif
