/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Entries of shared tables, as people and files write them. */
#ifndef CLI_ENTRIES_H
#define CLI_ENTRIES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "control.h"

/* All zero at first; cli_entries_clean() undoes the rest. */
struct cli_entries {
	struct ps_shared_entry *list;
	size_t n, room;
	void *kept;		/* texts that entries point to */
	json_t *json;		/* the same */
};

/*
 * A key or value of a text: an integer, true or false (is_key: no such), else a string; what stands in double quotes, of which two are one, is a
 * string, too. The text stays. NULL, or what is wrong.
 */
const char *cli_cell_read(struct cli_entries *entries, const char *text, size_t len, bool is_key, struct ps_cell *cell);

/*
 * Reads a file, "-" is standard input: JSON if its name ends in .json, or in nothing that is known and it begins like that; else lines of
 * "key,value" or "key,value,milliseconds". False, after a message.
 */
bool cli_entries_load(struct cli_entries *entries, const char *path);

/* The entry as an object; entries that are printed so are read again by the above. */
json_t *cli_entry_json(const struct ps_shared_entry *entry);

/* The entry as a line of a file, but for what would control a terminal; and its value alone, without quotes. */
void cli_entry_print(const struct ps_shared_entry *entry);
void cli_entry_print_value(const struct ps_shared_entry *entry);

void cli_entries_clean(struct cli_entries *entries);

#endif
