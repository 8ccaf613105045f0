/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The blocks of a pcapng file, one by one, in memory. Each length in them is checked before it is used.
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

/* A packet, and its whole record in the file. */
struct ps_record {
	const struct ps_interface *interface;
	const uint8_t *bytes;
	uint32_t captured, length;	/* bytes in the file, and of the packet */
	uint64_t time;			/* in units of the interface */
	const uint8_t *all;		/* the record */
	uint32_t size;
};

/* What is told of the packet's length where len bytes take the place of those captured. */
static inline uint32_t ps_record_length(const struct ps_record *record, uint32_t len)
{
	if (len == record->captured)
		return record->length;
	return (record->length > record->captured ? record->length - record->captured : 0) + len;
}

/* The length of the block that begins with these bytes, or 0: *why. */
uint32_t ps_pcapng_size(const struct ps_pcapng *p, const uint8_t head[PS_PCAPNG_HEAD],
			const char **why);

/*
 * Takes a block of as many bytes as ps_pcapng_size() has told. Returns 1: it is a packet; 0: it is something else; -1: *why.
 * The interface of a record holds until the next call, which may move interfaces.
 */
int ps_pcapng_take(struct ps_pcapng *p, const uint8_t *block, uint32_t size,
		   struct ps_record *record, const char **why);

void ps_pcapng_clean(struct ps_pcapng *p);

/* True if a block, at its beginning, is that of a section. */
bool ps_pcapng_is_section(const uint8_t *block);

/*
 * Write blocks, in the byte order of this host. A section's length is written as unknown, since packets may be left out.
 * Failures are left to ferror().
 */
void ps_pcapng_put_section(FILE *to);
void ps_pcapng_put_interface(FILE *to, const struct ps_interface *interface);
void ps_pcapng_put_packet(FILE *to, const struct ps_record *record, const uint8_t *bytes, uint32_t len);
/* The same of the section's interface of this number, with a comment of 65,535 bytes at most. */
void ps_pcapng_put_commented(FILE *to, const struct ps_record *record, uint32_t interface, const uint8_t *bytes, uint32_t len,
			     const char *comment);

/*
 * Writes the block of a record as it was, but with len other bytes in the place of what was captured; what is told of the
 * packet's length changes with them.
 */
void ps_pcapng_put_record(FILE *to, const struct ps_pcapng *p, const struct ps_record *record, const uint8_t *bytes,
			  uint32_t len);

/*
 * Writes a packet of len bytes, which has been in no file, as if it was captured where and when that of the record was; in the byte
 * order of the file.
 */
void ps_pcapng_put_new(FILE *to, const struct ps_pcapng *p, const struct ps_record *record, const uint8_t *bytes, uint32_t len);

/* Writes a section's block as it was, but for the length of the section. */
void ps_pcapng_put_again(FILE *to, const uint8_t *block, uint32_t size);

#endif
