/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Sets and shared tables of the kernel, beside the files that say what is to be in them. */
#ifndef CLI_TABLES_H
#define CLI_TABLES_H

#include <stdbool.h>
#include <stddef.h>

struct ps_control;
struct ps_file;

/*
 * Whether what the kernel has is what the file at path says, at this time. mend: it is then. Returns 0; 1: it was not, and text says what
 * differed; -1: text says why that cannot be said or done.
 */
int cli_set_compare(struct ps_control *control, const struct ps_file *file, const char *path, bool mend, char *text, size_t size);
int cli_table_compare(struct ps_control *control, const struct ps_file *file, const char *path, bool mend, char *text, size_t size);

/* The set has what the file says then, whatever it had. Returns 0; -1: text says why not. */
int cli_set_load(struct ps_control *control, const struct ps_file *file, const char *path, char *text, size_t size);

/* Takes a set or a table away, of which a file told; one that scripts still name becomes empty. */
void cli_thing_drop(struct ps_control *control, const struct ps_file *file);

#endif
