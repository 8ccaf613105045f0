/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the command says to /dev/lunatik, which lualib/lunatik/driver.lua serves.
 */
#ifndef PS_USER_LUNATIK_H
#define PS_USER_LUNATIK_H

#include <stddef.h>

#define PS_LUNATIK_DEVICE	"/dev/lunatik"

enum ps_answer {
	PS_ANSWER_VALUES,
	PS_ANSWER_ERROR,	/* of the lines that were run */
	PS_ANSWER_INCOMPLETE,	/* the lines go on */
	PS_ANSWER_NONE,		/* the device could not be asked: text says why */
};

/* Has the lines run in the kernel. *text is malloc()ed, or NULL if there is no memory. */
enum ps_answer ps_lunatik_run(const char *lines, char **text);

#endif
