/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * How much two names resemble each other, to tell which one may be meant.
 */
#ifndef PS_SPELLING_H
#define PS_SPELLING_H

#include <limits.h>

#define PS_SPELLING_FAR	UINT_MAX	/* names longer than 40 bytes resemble nothing */

/*
 * How many letters are to be added, taken away, changed, or swapped with their neighbour to make one
 * name of the other. Upper and lower case are the same.
 */
unsigned int ps_spelling_distance(const char *a, const char *b);

#endif
