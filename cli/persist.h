/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Lines of files in /etc/packetscript: what is attached when the machine starts. */
#ifndef CLI_PERSIST_H
#define CLI_PERSIST_H

#include <stdbool.h>

struct cli_hook;

/* Writes the line, in the place of one for the same hook. Returns 0, or -1 after a message. */
int cli_persist_add(const struct cli_hook *hook, const char *line);

/* Takes away the lines of hooks of which that is true, and tells each. Returns how many they were, or -1 after a message. */
int cli_persist_remove(bool (*is_it)(const struct cli_hook *hook, const void *context), const void *context);

#endif
