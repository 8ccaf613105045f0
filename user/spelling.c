/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <string.h>

#include "spelling.h"

#define LONGEST	40

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static unsigned int min(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

unsigned int ps_spelling_distance(const char *a, const char *b)
{
	unsigned int rows[3][LONGEST + 1], i, j, la = strlen(a), lb = strlen(b);
	unsigned int *before = rows[0], *above = rows[1], *row = rows[2], *spare;

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
			char x = lower(a[i - 1]), y = lower(b[j - 1]);

			row[j] = min(min(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]))
				row[j] = min(row[j], before[j - 2] + 1);
		}
	}
	return row[lb];
}
