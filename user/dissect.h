/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets as text: their headers, by the policies of protocols, and the values of fields. From the
 * tables, without Lua.
 */
#ifndef PS_USER_DISSECT_H
#define PS_USER_DISSECT_H

#include "protos.h"

#define PS_LAYERS_MAX	16
#define PS_VALUE_SIZE	128	/* bytes for the text of any value */

/* The headers of a packet, outermost first. */
struct ps_headers {
	struct ps_header header[PS_LAYERS_MAX];
	int n;
};

void ps_dissect(struct ps_packet *pkt, struct ps_headers *layers);

/* The name of a protocol as people write it: "ip". */
const char *ps_proto_short(const struct ps_proto *proto);

/* The protocol of that name, "ip" or "packet_ip", or NULL. */
const struct ps_proto *ps_proto_named(const char *name);

/*
 * The value of a field as text: a number, an address, or bytes in hexadecimal; of many bytes the first ones and how many
 * there are. False: it is not in the packet.
 */
bool ps_value_text(struct ps_packet *pkt, const struct ps_header *header,
		   const struct ps_field *field, char text[PS_VALUE_SIZE]);

/* A field that is text, in the packet or in decoded, and its length. NULL: it is not in the packet. */
const char *ps_text_read(struct ps_packet *pkt, const struct ps_header *header, const struct ps_field *field,
			 char decoded[PS_DECODED_MAX], size_t *len);

/*
 * Calls found for each field that differs between two packets, with its name, "ip.ttl", and both values; "" stands for that
 * of a field which is in one packet only. Where no protocol of the second packet knows the bytes that differ, they are
 * called "data[N]", from byte N of the payload on, and "padding[N]" behind the end that headers tell.
 * Returns how many there are.
 */
int ps_diff(struct ps_packet *before, struct ps_packet *after,
	    void (*found)(void *context, const char *name, const char *before, const char *after),
	    void *context);

/*
 * A line about a packet: "10.0.0.1:1000 > 10.0.0.2:53 udp 40"; the last number is its length in bytes. Well-known protocols
 * that scripts have no views of are named, too: "arp 60". Returns the line's length; text[size] has as much of it as there
 * is room for.
 */
size_t ps_packet_line(struct ps_packet *pkt, char *text, size_t size);

#endif
