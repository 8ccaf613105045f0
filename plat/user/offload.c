/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "offload.h"

#include "csum.h"
#include "protos.h"

/* What devices compute. */
enum { TCP = 6, UDP = 17 };

/* The transport that follows the network header, if its checksum is right. */
static bool find_offloadable(struct ps_packet *pkt, struct ps_header *network,
			     struct ps_header *transport)
{
	const uint8_t *fixed;
	uint32_t checksum, protocol;

	if (!ps_proto_first(pkt, network) || !ps_proto_fits(pkt, network) ||
	    !ps_proto_next(pkt, network, transport))
		return false;
	fixed = ps_proto_read(pkt, network);
	protocol = ps_proto_word(fixed, network->proto->next_by);
	return (protocol == TCP || protocol == UDP) &&
	       ps_csum_compute(pkt, transport, &checksum) &&
	       checksum == ps_load16(pkt->data + ps_csum_at(transport));
}

void ps_buffer_offload(struct ps_packet *pkt, struct ps_offload *message)
{
	struct ps_header network, transport;
	struct ps_range payload;
	uint32_t sum;

	if (!find_offloadable(pkt, &network, &transport) ||
	    !ps_proto_payload(pkt, &transport, &payload))
		return;
	message->off = transport.range.off;
	message->end = payload.off + payload.len;
	message->len = pkt->len;
	pkt->partial = ps_csum_at(&transport);
	ps_csum_compute(pkt, &transport, &sum);
	ps_store16(pkt->data + pkt->partial, sum);
}

void ps_buffer_complete(struct ps_packet *pkt, const struct ps_offload *message)
{
	uint32_t sum;

	if (!pkt->partial)
		return;
	sum = ps_csum_add(0, pkt->data + message->off, message->end - message->off + pkt->len - message->len);
	sum = 0xFFFF - ps_csum_fold(sum);
	ps_store16(pkt->data + pkt->partial, sum ? sum : 0xFFFF);
}
