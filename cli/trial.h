/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Whether a revision may be used: what can be said without the kernel. */
#ifndef CLI_TRIAL_H
#define CLI_TRIAL_H

#include <stddef.h>

struct ps_revision;

struct cli_trial {
	const struct ps_revision *revision;
	const char *folder;	/* where its files are */
	int ms;			/* how long scripts and tests may take, each */
	int stop;		/* as of struct cli_child */
};

/* Returns 0; 1: the revision is at fault; -1: it cannot be said, as this program is ended. In error[size]: why. */
int cli_trial_run(const struct cli_trial *trial, char *error, size_t size);

#endif
