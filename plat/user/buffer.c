/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "buffer.h"

#include <string.h>

/* All of it is there and ours from the beginning. */
static bool never(struct ps_packet *pkt, uint32_t end)
{
	(void)pkt;
	(void)end;
	return false;
}

static bool own_checksum(struct ps_packet *pkt)
{
	pkt->partial = 0;
	return true;
}

static const struct ps_packet_ops ops = {
	.pull = never,
	.make_writable = never,
	.own_checksum = own_checksum,
};

void ps_buffer_init(struct ps_packet *pkt, void *data, uint32_t len, uint32_t network,
		    uint16_t protocol)
{
	memset(pkt, 0, sizeof(*pkt));
	pkt->ops = &ops;
	pkt->data = data;
	pkt->len = len;
	pkt->readable = len;
	pkt->writable = len;
	pkt->network = network;
	pkt->protocol = protocol;
	pkt->has_link = network > 0;
}
