/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What is in sets that scripts name (set.named), from files, where no kernel has it. */
#ifndef PS_USER_SET_FILES_H
#define PS_USER_SET_FILES_H

#include <stddef.h>

struct ps_set_files {
	struct ps_set_file *sets;
	size_t n;
};

/*
 * Reads the files of n texts, NAME=FILE, as ps_spans_read() has them; a set that is named several times has what all of its files have. No
 * set has it yet. Returns 0, or -1 and in error[size] what is wrong. ps_set_files_clean() in any case.
 */
int ps_set_files_read(struct ps_set_files *files, const char *const *texts, size_t n, char *error, size_t size);

/* From now on the sets have it, in all states of the process, and nothing else. */
void ps_set_files_fill(const struct ps_set_files *files);

void ps_set_files_clean(struct ps_set_files *files);

#endif
