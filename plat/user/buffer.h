/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets in memory of our own: captures, tests.
 */
#ifndef PS_BUFFER_H
#define PS_BUFFER_H

#include "packet.h"

/*
 * A packet over len bytes at data, which stay the caller's. network: where the network header
 * begins; what is before it is a link-layer header. protocol: its Ethernet type.
 */
void ps_buffer_init(struct ps_packet *pkt, void *data, uint32_t len, uint32_t network,
		    uint16_t protocol);

#endif
