/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Checksums that a network device completes, as the kernel has them, off the kernel.
 */
#ifndef PS_OFFLOAD_H
#define PS_OFFLOAD_H

#include "packet.h"

/* The bytes that a partial checksum is of, in a packet of len bytes. */
struct ps_offload {
	uint32_t off, end, len;
};

/*
 * Makes a TCP or UDP packet with a right checksum partial, as it is in a kernel whose network device computes
 * checksums: the field holds the sum of the pseudo header, and pkt->partial says where it is. Other packets stay as they
 * are.
 */
void ps_buffer_offload(struct ps_packet *pkt, struct ps_offload *message);

/* Completes a partial checksum as Linux does, unless the script has stored a whole one. */
void ps_buffer_complete(struct ps_packet *pkt, const struct ps_offload *message);

#endif
