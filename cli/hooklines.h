/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The hooks of a revision: lines of its hooks.conf, whose scripts are files of it. */
#ifndef CLI_HOOKLINES_H
#define CLI_HOOKLINES_H

#include "attach.h"
#include "revision.h"

struct cli_line {
	char *text;		/* as 'restore' reads it, with the script's whole path */
	char *script;		/* its name in the revision */
	char *function, *device, *netns;	/* device, netns: NULL, none */
	const char *object;	/* what the function gets, as check --object has it */
	struct ps_attachment at;	/* without texts: those are above */
};

struct cli_lines {
	struct cli_line *list;
	size_t n;
};

/*
 * Reads those of the revision whose files are in the folder; base: where they will be. There need not be any. Returns 0, or -1 and in
 * error[size] what is wrong. cli_lines_clean() in any case.
 */
int cli_lines_read(struct cli_lines *lines, const struct ps_revision *revision, const char *folder, const char *base, char *error, size_t size);
void cli_lines_clean(struct cli_lines *lines);

bool cli_lines_have(const struct cli_lines *lines, const char *text);

/* Writes them as a file below the folder, but for those that others have (NULL: none). Returns how many they are, or -1 and errno. */
int cli_lines_write(const struct cli_lines *lines, const struct cli_lines *but, const char *folder, const char *name);

#endif
