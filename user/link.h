/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Link layers of captures: where in a frame the packet of the network layer is.
 */
#ifndef PS_USER_LINK_H
#define PS_USER_LINK_H

#include <stdbool.h>
#include <stdint.h>

#define PS_LINK_ETHERNET	1
#define PS_LINK_RAW		101	/* IPv4 or IPv6, without a link layer */

struct ps_network {
	uint32_t off, len;	/* bytes of the frame, within what was captured of it */
	uint16_t type;		/* an Ethernet type; 0: not known */
};

struct ps_link;

/* The link layer that captures have this number for, or NULL: https://www.tcpdump.org/linktypes.html */
const struct ps_link *ps_link_of(uint16_t number);

/*
 * Finds the packet in a frame. is_big: the byte order of the host that captured. False: the frame carries something else,
 * and network is not filled in.
 */
bool ps_link_find(const struct ps_link *link, const uint8_t *bytes, uint32_t len, bool is_big,
		  struct ps_network *network);

/* Whether the frame says how long what it carries is, in a way that nobody changes with that. */
bool ps_link_tells_length(uint16_t number);

/* The Ethernet type of an IP packet, by its version; 0: it is none. */
uint16_t ps_link_ip_type(const uint8_t *bytes, uint32_t len);

#define PS_LINK_HEADER	20	/* bytes of one that is made, at most */

/*
 * Makes the link-layer header that an IP packet has which this machine sends, in a frame of that link layer: without addresses.
 * Returns how many bytes it has, or -1: none is made there.
 */
int ps_link_make(uint16_t number, const uint8_t *packet, uint32_t len, uint8_t header[PS_LINK_HEADER]);

#endif
