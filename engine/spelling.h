/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * How much two names resemble each other, to tell which one may be meant.
 */
#ifndef PS_SPELLING_H
#define PS_SPELLING_H

#include <stdbool.h>

#define PS_SPELLING_FAR	(~0u)	/* names longer than 40 bytes resemble nothing */

/*
 * How many letters are to be added, taken away, changed, or swapped with their neighbour to make one
 * name of the other. Upper and lower case are the same.
 */
unsigned int ps_spelling_distance(const char *a, const char *b);

/* Whether one such step is enough, of names with at least three letters. Takes no longer than to compare them. */
bool ps_spelling_is_near(const char *a, const char *b);

/* Which of several candidates is meant. */
struct ps_guess {
	const char *name;	/* the unknown one */
	const char *best;	/* the nearest of the candidates so far, or NULL: none is near enough */
	unsigned int distance;
};

void ps_guess_try(struct ps_guess *guess, const char *candidate);

#endif
