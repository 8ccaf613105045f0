/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * An input of the target packets: which script, and on which packets.
 */
#ifndef PS_FUZZ_CASE_H
#define PS_FUZZ_CASE_H

#include "frame.h"

#define CASE_FRAMES	4
#define CASE_STATEMENTS	8

/* What assignments.c makes a handler of. */
struct statement {
	uint8_t way, inner, field, style;
	uint8_t value[4];
};

struct fuzz_case {
	uint8_t script;		/* below CASE_SCRIPTS: assignments; others are files' */
	uint8_t function;	/* of a file */
	uint8_t nstatements;	/* 1 to CASE_STATEMENTS */
	uint8_t nframes;	/* 1 to CASE_FRAMES */
	struct statement statements[CASE_STATEMENTS];
	struct frame frames[CASE_FRAMES];
	uint8_t repair[CASE_FRAMES];	/* enum case_repair */
};

#define CASE_SCRIPTS	0x90

/* What is done to a frame when it has been read. */
enum case_repair {
	CASE_LENGTHS = 1,
	CASE_CHECKSUMS = 2,
	CASE_PARTIAL = 4,	/* frame_make_partial() */
};

void case_read(struct fuzz_case *c, const uint8_t *data, size_t size);

/* Returns the size, at most max. */
size_t case_write(const struct fuzz_case *c, uint8_t *data, size_t max);

#endif
