/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Why something could not be done, until that reaches a person: by the kernel's log, or on the terminal of who asked for it.
 */
#ifndef PS_FAILURE_H
#define PS_FAILURE_H

#include <linux/compiler_attributes.h>

#include "script.h"

struct ps_failure {
	char text[PS_SCRIPT_ERROR_SIZE + 1024];	/* a message, with the paths of two files; escaped, in one line */
};

/* Fills in the text, as printf() would. Returns err. */
__printf(3, 4) int ps_fail(struct ps_failure *failure, int err, const char *format, ...);

/* The same with the message of a script, which may hold any bytes, behind what is said. */
__printf(4, 5) int ps_fail_script(struct ps_failure *failure, int err, const char *message, const char *format, ...);

#endif
