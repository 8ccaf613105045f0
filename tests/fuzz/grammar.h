/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Scripts made of the engine's and of Lua's functions, as the input decides. */
#ifndef PS_FUZZ_GRAMMAR_H
#define PS_FUZZ_GRAMMAR_H

#include "fuzz.h"

#define GRAMMAR_MAX	12000	/* bytes of a script */

struct grammar {
	struct fuzz_input *in;
	bool wild;	/* also what depends on memory, addresses, the order in tables */
	bool keeps;	/* also views from packet to packet, of which linear code makes fewer */
	char *text;
	size_t len;
	int depth;
	int labels;
};

/*
 * Writes a script to g->text, of GRAMMAR_MAX + 1 bytes; its handler is process_packet. Unless it is
 * wild, it does the same each time.
 */
void grammar_make(struct grammar *g);

#endif
