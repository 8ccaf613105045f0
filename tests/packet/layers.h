/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What words.c, which builds packets, and describe.c, which reads them, have in common: layers and values. */
#ifndef TESTS_PACKET_LAYERS_H
#define TESTS_PACKET_LAYERS_H

#include "proto.h"
#include "words.h"

#define WORDS_OPTIONS_MAX	256

/* What follows by itself from the layer behind, for headers that say what they carry. */
enum words_carries { NOTHING, BY_TYPE, BY_PROTOCOL, BY_PPP, BY_LABEL };

/* A protocol that has words. */
struct words_kind {
	const char *name;
	const char *presets;	/* in words: what is not said and not 0 */
	const char *more;	/* names that are no fields, each with a space behind it */
	enum words_carries carries;
	uint16_t type;		/* it carries this Ethernet type; 0: no link layer carries it */
	uint8_t protocol;	/* of IP; 0: IP does not carry it */
};

/* name=value. One that has no field is something else that the protocol has words for. */
struct words_value {
	char name[16];
	const struct ps_field *field;
	const char *text;
	uint64_t number, high;	/* high: what an address has beyond 64 bits */
	uint8_t bytes[WORDS_OPTIONS_MAX];
	uint32_t len;
	bool is_relative;	/* to what is right */
};

/* Ends the program. */
void words_give_up(const char *why) __attribute__((noreturn));

const struct ps_proto *words_proto(const struct words_kind *kind);

/* The value that a layer is given, or NULL. */
struct words_value *words_given(const struct words_layer *layer, const char *name);

/* Gives it one, in place of that which it has been given. False: words_wrong says why. */
bool words_give(struct words_layer *layer, const char *name, const char *text);
void words_take(struct words_layer *layer, const char *name);

/* True if it is a header of this protocol. */
bool words_is(const struct words_layer *layer, const char *name);

/* The field of a header that is its options, or its checksum, if this one has it; or NULL. */
const struct ps_field *words_options(const struct words_kind *kind);
const struct ps_field *words_checksum(const struct words_layer *layer);

/* Where the field stands in a header of this size, if it has it, in what *field says: parts of GRE stand one behind the other. */
bool words_place(const struct words_layer *layer, struct ps_field *field);

/* Sets where layers are, and all bytes. False: they are too many. */
bool words_build(struct words *w);

struct ps_value words_get_value(const uint8_t *header, struct ps_bits at);
uint64_t words_get_bits(const uint8_t *header, struct ps_bits at);
void words_put_bits(uint8_t *header, struct ps_bits at, uint64_t value);

#endif
