/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The blocks of a pcapng file, one by one, in memory. Nothing in them is believed.
 */
#ifndef PS_USER_PCAPNG_H
#define PS_USER_PCAPNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PS_PCAPNG_HEAD	12	/* bytes of a block that tell how long it is */

/* Where packets were captured. */
struct ps_interface {
	uint16_t link;
	uint32_t snap;		/* bytes of a packet that are captured at most; 0: all */
	uint64_t units;		/* of time, in a second */
	int64_t offset;		/* seconds that are to be added to times */
};

struct ps_pcapng {
	bool is_big;
	bool has_section;
	struct ps_interface *interfaces;	/* of the section */
	uint32_t ninterfaces;
};

/* A packet, and the bytes of the file that tell of it. */
struct ps_record {
	const struct ps_interface *interface;
	const uint8_t *bytes;
	uint32_t captured, length;	/* bytes that are there, and that there were */
	uint64_t time;			/* in units of the interface */
	const uint8_t *all;
	uint32_t size;
};

/* The length of the block that begins with these bytes, or 0: *why. */
uint32_t ps_pcapng_size(const struct ps_pcapng *p, const uint8_t head[PS_PCAPNG_HEAD],
			const char **why);

/*
 * Takes a block of size bytes, which is what ps_pcapng_size() has said. Returns 1: it is a packet;
 * 0: it is none; -1: *why. Interfaces that records have hold until the next call, which may move them.
 */
int ps_pcapng_take(struct ps_pcapng *p, const uint8_t *block, uint32_t size,
		   struct ps_record *record, const char **why);

void ps_pcapng_clean(struct ps_pcapng *p);

/* True if a block, at its beginning, is that of a section. */
bool ps_pcapng_is_section(const uint8_t *block);

/*
 * Blocks that are written, in the order of this host. A section's length is not told, since packets may be
 * left out. What they cannot write is an error of the file.
 */
void ps_pcapng_put_section(FILE *to);
void ps_pcapng_put_interface(FILE *to, const struct ps_interface *interface);
void ps_pcapng_put_packet(FILE *to, const struct ps_record *record, const uint8_t *bytes);

/* A section's block as it was, but for its length. */
void ps_pcapng_put_again(FILE *to, const uint8_t *block, uint32_t size);

#endif
