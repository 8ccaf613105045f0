/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What a machine has of its fleet, in a folder:
 *   current/  the files of the last good revision. The kernel knows scripts by paths below it, so it is this one all the time, and another
 *             revision takes its place by an exchange of two folders
 *   next/     a revision that is being made ready; while it is tried, the one before
 *   lock      held by the agent that runs
 * Of each, .manifest is the revision's text, and current/.trying says that nobody knows yet whether it is good.
 */
#ifndef CLI_MACHINE_H
#define CLI_MACHINE_H

#include <limits.h>
#include <stdbool.h>

#include "revision.h"

#define CLI_STATE_DIR	"/var/lib/packetscript"

struct cli_machine {
	char folder[PATH_MAX], current[PATH_MAX], next[PATH_MAX];
	struct ps_revision revision;	/* number 0: there is none yet */
	char *text;			/* as the store had it; NULL: the same */
	int lock;
	int stop;			/* as of struct cli_child */
	bool is_unsettled;		/* the one in current is not written down as good: next has the last one that is, and has to stay */
	bool is_stuck;			/* the folders could not change places back: next has the last good one, and has to stay */
};

/* Makes the folder, if need be, and reads what is there. False, after a message; then nobody else's is touched. */
bool cli_machine_open(struct cli_machine *machine, const char *folder, int stop);

/* Only reads what is there, also beside an agent that has it. */
bool cli_machine_read(struct cli_machine *machine, const char *folder);
void cli_machine_close(struct cli_machine *machine);

/* The folders change places: a revision and its text, whose files are in next, are the machine's then; and back. Returns 0 or -1 and errno. */
int cli_machine_exchange(struct cli_machine *machine, struct ps_revision *revision, char **text);
int cli_machine_go_back(struct cli_machine *machine, struct ps_revision *revision, char **text);

/* It is known to be good: once it is on the disk, what was before goes. Returns 0 or -1 and errno. */
int cli_machine_settle(struct cli_machine *machine);

#endif
