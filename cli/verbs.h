/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Commands whose first operand is a name, and whose second one says what is done with that. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include <jansson.h>
#include <stddef.h>

#include "cli.h"

#define CLI_NAME_BYTES	63	/* of a set or a table, at most */

struct ps_control;

struct cli_verb {
	const char *name;
	const char *operands;	/* behind it, as in a synopsis */
	int min, max;		/* how many of them; max may be CLI_ANY */
	bool loads;		/* the module, if need be */
};

/* A table of n rows of this size, each of which begins with a struct cli_verb; the first one is what is done if nothing is said. */
struct cli_verbs {
	const char *what;	/* the name, as in a synopsis */
	const void *rows;
	size_t n, size;
};

/* The row that the call asks for, which has a name. NULL, after a message: there is none, or what is behind it does not fit. */
const void *cli_verbs_find(const struct cli_verbs *verbs, const struct cli_call *call);

/* Prints their names, each after a space. */
void cli_verbs_print(const struct cli_verbs *verbs);

/* An array of what read() has told, and which is the caller's, in this network namespace. NULL, after a message. */
json_t *cli_verbs_list(const char *netns, int (*read)(struct ps_control *control, json_t *array));

#endif
