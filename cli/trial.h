/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Whether a revision may be used: what can be said without the kernel. */
#ifndef CLI_TRIAL_H
#define CLI_TRIAL_H

#include <stddef.h>

struct ps_revision;

struct cli_trial {
	const struct ps_revision *revision;
	const char *folder;	/* where its files are */
	int ms;			/* how long all of it may take */
	int stop;		/* as of struct cli_child */
};

/* Returns 0; 1: the revision is at fault; -1: what tried it was ended, which may be the machine's fault. In error[size]: why. */
int cli_trial_run(const struct cli_trial *trial, char *error, size_t size);

#endif
