/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets in words: "eth / ip ttl=1 / udp / text hello", as README.md has it. Names of fields are those of
 * proto/; lengths and checksums are computed here, by other code than that which is tested. What is
 * allocated stays until the program ends.
 */
#ifndef TESTS_PACKET_WORDS_H
#define TESTS_PACKET_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#define WORDS_LAYERS	32
#define WORDS_VALUES	16	/* that a layer is given */
#define WORDS_MAX	(1 << 17)	/* bytes of a packet */

struct words_value;

/* A header, or bytes. */
struct words_layer {
	const struct words_kind *kind;	/* NULL: bytes */
	struct words_value *values[WORDS_VALUES];
	int nvalues;
	const char *text;	/* bytes: their words */
	const uint8_t *bytes;
	uint32_t at, size;	/* in the packet */
};

struct words {
	struct words_layer layers[WORDS_LAYERS];
	int nlayers;
	uint32_t pad;		/* bytes behind it */
	bool is_cut;
	uint32_t cut, cut_end;	/* lengths of what is there: the first, and that of the last */
	uint8_t *bytes;		/* all, also where it is cut */
	uint32_t len;
};

/* The packet that text describes; or NULL, and words_wrong says why. */
const struct words *words_parse(const char *text);
extern char words_wrong[256];

/*
 * Describes len bytes that came of a packet, of which from_len were there: "same", or what is as it was in the
 * words it had. If words cannot say it, bytes can. *is_whole: it was cut, and the words are those of all of it.
 */
const char *words_describe(const struct words *from, uint32_t from_len, const uint8_t *bytes, uint32_t len,
			   bool *is_whole);

/*
 * Prints what differs, a line each, which begins with prefix: fields by their names, then bytes that are none's. The
 * headers are those of words.
 */
void words_print_difference(const struct words *words, const uint8_t *expected, uint32_t expected_len,
			    const uint8_t *got, uint32_t got_len, const char *prefix);

/* Memory that stays; ends the program if there is none. */
void *words_allocate(size_t size);
char *words_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
