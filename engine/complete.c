/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "complete.h"

#include "csum.h"
#include "field.h"
#include "protos.h"

enum { TCP = 6, UDP = 17, IP_ID = 4, IP_FRAGMENT = 6, DF = 0x4000, TYPE_IP = 0x0800, TYPE_IP6 = 0x86DD };

static const struct ps_proto *network_of(const struct ps_packet *pkt)
{
	switch (pkt->len ? pkt->data[0] >> 4 : 0) {
	case 4:
		return &ps_proto_ip;
	case 6:
		return &ps_proto_ip6;
	default:
		return NULL;
	}
}

/* That a header, and all that it carries, end where the packet does. False: it is not all there. */
static bool put_length(struct ps_packet *pkt, const struct ps_header *header)
{
	struct ps_word word = header->proto->total_len;
	uint8_t *p = ps_packet_write(pkt, header->range.off + word.at, 2);

	if (!p)
		return false;
	ps_store16(p, (ps_load16(p) & ~word.mask) |
		      ((pkt->len - header->range.off - header->proto->total_more) << word.shift & word.mask));
	return true;
}

/* The transport behind header, over those that are between; false: there is none that is known, or not all of it. */
static bool find_transport(struct ps_packet *pkt, const struct ps_header *network, struct ps_header *transport)
{
	return ps_proto_next_beyond(pkt, network, transport) && ps_proto_fits(pkt, transport) &&
	       !ps_proto_is_partial(pkt, network);
}

/* Nothing around these headers has a checksum that this one counts in, and all is writable: so no difference has to be followed. */
static void put_checksum(struct ps_packet *pkt, const struct ps_header *header)
{
	uint32_t checksum;

	if (header->proto->csum.kind == PS_CSUM_CRC32C)
		ps_field_checksum(pkt, header);
	else if (ps_csum_compute(pkt, header, &checksum) && ps_packet_write(pkt, ps_csum_at(header), 2))
		ps_store16(pkt->data + ps_csum_at(header), checksum);
}

static const char *complete_transport(struct ps_packet *pkt, struct ps_header *transport, bool is_partial,
				      struct ps_completed *completed)
{
	struct ps_range payload;

	if (transport->proto == &ps_proto_udp && !put_length(pkt, transport))
		return "the transport's header is not all there";
	if (!ps_proto_payload(pkt, transport, &payload))
		return "the transport's header is malformed";
	completed->transport = transport->range.off;
	completed->payload = payload.off;
	completed->protocol = transport->proto == &ps_proto_tcp ? TCP : transport->proto == &ps_proto_udp ? UDP : 0;
	if (is_partial && completed->protocol)
		pkt->partial = ps_csum_at(transport);
	put_checksum(pkt, transport);
	return NULL;
}

const char *ps_complete(struct ps_packet *pkt, uint16_t id, bool is_partial, struct ps_completed *completed)
{
	struct ps_header network = { .proto = network_of(pkt), .range = { 0, pkt->len } }, transport;
	const char *wrong = NULL;
	uint32_t len;

	*completed = (struct ps_completed){ .is_ip6 = network.proto == &ps_proto_ip6 };
	if (!network.proto)
		return "it does not begin with the header of IPv4 or IPv6";
	if (pkt->len > PS_PACKET_MAX)
		return "it has more than 65535 bytes";
	pkt->protocol = completed->is_ip6 ? TYPE_IP6 : TYPE_IP;
	if (!ps_proto_fits(pkt, &network))
		return "its IP header is longer than the packet";
	if (!ps_packet_write(pkt, 0, network.proto->header_min) || !put_length(pkt, &network))
		return "its IP header is not all there";
	if (!ps_proto_header_len(pkt, &network, &len) || len < network.proto->header_min)
		return "its IP header is malformed";
	if (!completed->is_ip6 && !ps_load16(pkt->data + IP_ID))
		ps_store16(pkt->data + IP_ID, id);
	completed->is_whole = completed->is_ip6 || ps_load16(pkt->data + IP_FRAGMENT) & DF;
	if (find_transport(pkt, &network, &transport))
		wrong = complete_transport(pkt, &transport, is_partial, completed);
	if (wrong)
		return wrong;
	put_checksum(pkt, &network);
	return NULL;
}
