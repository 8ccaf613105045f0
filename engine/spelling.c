/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "spelling.h"

#include <stdint.h>
#include <string.h>

#include "value.h"

#define LONGEST	40

static unsigned int min(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

unsigned int ps_spelling_distance(const char *a, const char *b)
{
	unsigned int i, j, la = strlen(a), lb = strlen(b);
	uint8_t rows[3][LONGEST + 1], *before = rows[0], *above = rows[1], *row = rows[2], *spare;

	if (la > LONGEST || lb > LONGEST)
		return PS_SPELLING_FAR;
	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		spare = before;
		before = above;
		above = row;
		row = spare;
		row[0] = i;
		for (j = 1; j <= lb; j++) {
			uint8_t x = ps_lower(a[i - 1]), y = ps_lower(b[j - 1]);

			row[j] = min(min(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == ps_lower(b[j - 2]) && y == ps_lower(a[i - 2]))
				row[j] = min(row[j], before[j - 2] + 1);
		}
	}
	return row[lb];
}

bool ps_spelling_is_near(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), shorter = la < lb ? la : lb, longer = la + lb - shorter;
	size_t first = 0, last = 0;	/* how many letters are the same at the beginning, and at the end */

	if (shorter < 3 || longer - shorter > 1)
		return false;
	while (first < shorter && a[first] == b[first])
		first++;
	while (last < shorter - first && a[la - 1 - last] == b[lb - 1 - last])
		last++;
	return first + last + 1 >= longer ||
	       (la == lb && first + last + 2 == la && a[first] == b[first + 1] && a[first + 1] == b[first]);
}

void ps_guess_try(struct ps_guess *guess, const char *candidate)
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
