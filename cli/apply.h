/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* A revision takes the place of another, in the folder and in the kernel. */
#ifndef CLI_APPLY_H
#define CLI_APPLY_H

#include <stdbool.h>
#include <stddef.h>

#define CLI_APPLY_MS	60000	/* what hooks may take, each time they change */

struct cli_machine;
struct ps_revision;

enum cli_applied {
	CLI_APPLIED,		/* the machine has it */
	CLI_APPLY_BACK,		/* it does not, and has the one before */
	CLI_APPLY_UNASKED,	/* the same, since the kernel could not be asked */
	CLI_APPLY_LOST,		/* nor that, at least not all of it */
};

/*
 * Has the revision whose files are in machine->next, and its text, take the place of the machine's own: both change owners. text[size] says
 * what went wrong. If nothing did, cli_machine_settle() comes next.
 */
enum cli_applied cli_apply(struct cli_machine *machine, struct ps_revision *revision, char **manifest, char *text, size_t size);

/*
 * Whether the kernel and the folder have what the machine's revision says. mend: they have it then. Returns 0; 1: they did not, and text
 * says what differed; -1: text says why it cannot be said or done.
 */
int cli_compare(struct cli_machine *machine, bool mend, char *text, size_t size);

/* Tells what the revision, whose files are in this folder, would change: a line each. */
void cli_apply_tell(const struct cli_machine *machine, const struct ps_revision *revision, const char *folder);

#endif
