/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Names: which one may be meant, and which ones there are.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lint_inside.h"
#include "spelling.h"

#define NAMES_MAX	64	/* that are listed */

void lint_try(struct lint_guess *guess, const char *candidate)
{
	unsigned int d, len = strlen(guess->name), max = len < 3 ? 0 : len < 6 ? 1 : 2;

	if (!strcmp(guess->name, candidate))
		return;
	d = ps_spelling_distance(guess->name, candidate);
	if (d > max || (guess->best && (d > guess->distance ||
					(d == guess->distance && strcmp(candidate, guess->best) > 0))))
		return;
	guess->best = candidate;
	guess->distance = d;
}

void lint_try_table(struct lint_guess *guess, const Table *table)
{
	unsigned int i;

	for (i = 0; i < (unsigned int)sizenode(table); i++) {
		const Node *n = gnode(table, i);

		if (!isempty(gval(n)) && keyisshrstr(n))
			lint_try(guess, getstr(keystrval(n)));
	}
}

static void list(char *to, size_t size, const char *name)
{
	size_t used = strlen(to);

	snprintf(to + used, size - used, "%s%s", used ? ", " : "", name);
}

void lint_list_table(char *to, size_t size, const Table *table)
{
	const char *names[NAMES_MAX], *name;
	unsigned int i, n = 0, j;

	for (i = 0; i < (unsigned int)sizenode(table) && n < NAMES_MAX; i++) {
		const Node *node = gnode(table, i);

		if (isempty(gval(node)) || !keyisshrstr(node))
			continue;
		name = getstr(keystrval(node));
		for (j = n++; j && strcmp(names[j - 1], name) > 0; j--)
			names[j] = names[j - 1];
		names[j] = name;
	}
	to[0] = 0;
	for (i = 0; i < n; i++)
		list(to, size, names[i]);
}

void lint_list_fields(char *to, size_t size, const struct ps_proto *proto)
{
	unsigned int i;

	to[0] = 0;
	for (i = 0; i < proto->nfields; i++) {
		if (!(proto->fields[i].flags & PS_PAYLOAD))
			list(to, size, proto->fields[i].name);
	}
}

void lint_list_payloads(char *to, size_t size, const struct ps_proto *proto)
{
	const struct ps_next *row;

	to[0] = 0;
	for (row = proto->next; row && row->proto; row++)
		list(to, size, row->proto->name);
}

void lint_list_protos(char *to, size_t size)
{
	unsigned int i;

	to[0] = 0;
	for (i = 0; i < ps_nprotos; i++)
		list(to, size, ps_protos[i]->name);
}

bool lint_is_absent_lua(const char *name)
{
	static const char *const names[] = {
		"debug", "dofile", "io", "loadfile", "os", "package", "require", "warn",
		"loadstring", "unpack", "setfenv", "getfenv", "module", "bit", "bit32", "jit",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}
