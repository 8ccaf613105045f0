/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets built from values of fields, by the tables of protocols. Lengths, checksums, and the fields that tell what the
 * payload is, are filled in unless they are given.
 */
#ifndef PS_USER_BUILD_H
#define PS_USER_BUILD_H

#include "proto.h"

#define PS_BUILD_LAYERS		6
#define PS_BUILD_FIELDS		24	/* the most that a protocol has */
#define PS_BUILD_ITEMS		32	/* of one layer */
#define PS_BUILD_MAX		(65535 + 14)	/* bytes of a packet */

/* A value of a field: a number, or the bytes of one that is bytes or text. */
struct ps_build_value {
	struct ps_value number;
	const uint8_t *bytes;	/* stays the caller's until the packet is built */
	size_t len;
	bool is_set;
};

/* One of what a header may have any number of, such as lines of HTTP. Without a key both its name and its number are 0. */
struct ps_build_item {
	struct ps_key key;
	const uint8_t *bytes;
	size_t len;
};

struct ps_build_layer {
	const struct ps_proto *proto;
	struct ps_build_value value[PS_BUILD_FIELDS];	/* by place in proto->fields */
	struct ps_build_item item[PS_BUILD_ITEMS];	/* in the order in which they are written */
	unsigned int nitems;
};

/* The layers of a packet that is to be built, outermost first. */
struct ps_build {
	struct ps_build_layer layer[PS_BUILD_LAYERS];
	int nlayers;
	const uint8_t *payload;	/* stays the caller's, too */
	size_t len;
};

/*
 * Begins a packet of this protocol, in the protocols that usually carry it, or in those that are named (a bit for each
 * id); without a link layer if has_link is false.
 */
void ps_build_init(struct ps_build *b, const struct ps_proto *proto, uint64_t named, bool has_link);

/* The innermost layer that has a field of this name, and its place; or NULL. */
struct ps_build_layer *ps_build_field(struct ps_build *b, const char *name, unsigned int *place);

/*
 * Builds the packet in bytes[PS_BUILD_MAX], and makes pkt of it. Returns NULL, or what is wrong.
 */
const char *ps_build_finish(const struct ps_build *b, uint8_t *bytes, struct ps_packet *pkt);

#endif
