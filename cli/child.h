/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Commands of this program as processes of their own: what they do to themselves is no harm to who calls them. */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#define CLI_CHILD_ENDED	(-1)	/* it was ended, or could not be started: the text says why */

/* Milliseconds, by a clock that nobody sets. */
long long cli_now_ms(void);

struct cli_child {
	const char *const *args;	/* behind the program's name; ends with NULL */
	int ms;				/* how long it may take */
	bool is_trial;			/* it looks at what nobody vouches for: without rights, without files to write, and with 1 GiB at most */
	int stop;			/* a descriptor at which it is ended when something can be read there; -1: none */
};

/* Runs it. Returns its status, and in text[size] what it said last on standard error, or, if nothing, on standard output. */
int cli_child_run(const struct cli_child *child, char *text, size_t size);

#endif
