/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Filters in the language of tcpdump: see pcap-filter(7).
 */
#ifndef PS_USER_FILTER_H
#define PS_USER_FILTER_H

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>

/* Compiled for packets that begin with an Ethernet header, and for those that begin with that of IP. */
struct ps_filter {
	struct bpf_program frames, packets;	/* without instructions: none of those is looked for */
};

/* Returns 0, or -1 and in error[size] why it is none. ps_filter_clean() undoes it. */
int ps_filter_compile(struct ps_filter *filter, const char *text, char *error, size_t size);
void ps_filter_clean(struct ps_filter *filter);

/* Whether it is about this packet of length bytes, of which there are captured ones. */
bool ps_filter_has(const struct ps_filter *filter, bool is_frame, const uint8_t *bytes, uint32_t captured, uint32_t length);

/* Where messages have what a filter looks at, in bytes. */
struct ps_filter_layout {
	uint32_t link;		/* a byte, zero: the packet begins with a header of IP */
	uint32_t length;	/* four, network byte order */
	uint32_t bytes;		/* the packet */
};

/*
 * Has the kernel leave out messages to this socket that are about other packets. As a message goes on behind the packet, a few of
 * them may come nevertheless, where a packet is shorter than its headers tell: ps_filter_has() is exact. If it cannot be done, all
 * of them come.
 */
void ps_filter_attach(const struct ps_filter *filter, int socket, const struct ps_filter_layout *layout);

#endif
