/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "tuple.h"

#include <string.h>

#include "protos.h"

enum { TYPE_IP = 0x0800, TYPE_IP6 = 0x86DD, TYPE_TAG = 0x8100, TYPE_SERVICE_TAG = 0x88A8, TYPE_PPPOE = 0x8864 };
enum { PPP_IP = 0x0021, PPP_IP6 = 0x0057 };
enum { ECHO_REPLY = 0, ECHO = 8, ECHO6 = 128, ECHO_REPLY6 = 129 };

#define TAGS_MAX	4
#define TAG		4	/* bytes */
#define PPPOE		8	/* with PPP's own header */
#define TCP_FLAGS	13	/* where they are */

/* Where the outermost IP header is, and its Ethernet type; 0: there is none. */
static uint32_t find_ip(struct ps_packet *pkt, uint32_t *at)
{
	uint32_t type = pkt->protocol;
	const uint8_t *p;
	int tags;

	*at = pkt->network;
	if (ps_unlikely(pkt->has_link)) {	/* what the frame says, which the script may have written */
		if (pkt->network < 2)
			return 0;
		p = ps_packet_read(pkt, pkt->network - 2, 2);
		type = p ? ps_load16(p) : 0;
	}
	for (tags = 0; ps_unlikely(type == TYPE_TAG || type == TYPE_SERVICE_TAG) && tags < TAGS_MAX; tags++) {
		p = ps_packet_read(pkt, *at, TAG);
		type = p ? ps_load16(p + 2) : 0;
		*at += TAG;
	}
	if (ps_unlikely(type == TYPE_PPPOE)) {
		p = ps_packet_read(pkt, *at, PPPOE);
		type = p ? ps_load16(p + 6) : 0;
		*at += PPPOE;
		type = type == PPP_IP ? TYPE_IP : type == PPP_IP6 ? TYPE_IP6 : 0;
	}
	return type;
}

/* Where the transport header is, and in *end where the packet ends, by what the header says. 0: none is whole. */
static uint32_t see_ip(struct ps_packet *pkt, uint32_t at, struct ps_tuple_seen *seen, uint32_t *end)
{
	const uint8_t *p = ps_packet_read(pkt, at, 20);
	uint32_t len, total, fragment;

	if (!p || p[0] >> 4 != 4 || (p[0] & 15) < 5)
		return 0;
	len = (p[0] & 15) * 4;
	total = ps_load16(p + 2);
	fragment = ps_load16(p + 6);
	seen->version = 4;
	seen->protocol = p[9];
	seen->id = ps_load16(p + 4);
	seen->part = fragment & 0x1FFF ? PS_TUPLE_LATER : fragment & 0x2000 ? PS_TUPLE_FIRST : PS_TUPLE_WHOLE;
	seen->source[0] = ps_load32_raw(p + 12);
	seen->destination[0] = ps_load32_raw(p + 16);
	seen->source[1] = seen->destination[1] = 0;
	*end = total && total < pkt->len - at ? at + total : pkt->len;	/* 0: more than fits into the field */
	return at + len <= *end ? at + len : 0;
}

static uint32_t see_ip6(struct ps_packet *pkt, uint32_t at, struct ps_tuple_seen *seen, uint32_t *end)
{
	const struct ps_header header = { .proto = &ps_proto_ip6, .range = { at, pkt->len - at } };
	const uint8_t *p = ps_packet_read(pkt, at, 40);
	struct ps_extent extent = { .len = 40 };
	uint32_t total;

	if (!p || p[0] >> 4 != 6)
		return 0;
	total = ps_load16(p + 4);
	extent.next = p[6];
	seen->version = 6;
	seen->part = PS_TUPLE_WHOLE;
	seen->source[0] = ps_load64_raw(p + 8);
	seen->source[1] = ps_load64_raw(p + 16);
	seen->destination[0] = ps_load64_raw(p + 24);
	seen->destination[1] = ps_load64_raw(p + 32);
	*end = total && total < pkt->len - at - 40 ? at + 40 + total : pkt->len;
	if (ps_unlikely(extent.next < 64 && ps_proto_ip6.goes_on >> extent.next & 1)) {
		if (!ps_proto_ip6.extent(pkt, &header, &extent))
			return 0;
		if (extent.fragment) {
			p = ps_packet_read(pkt, at + extent.fragment, 8);
			if (!p)
				return 0;
			seen->id = ps_load32(p + 4);
			seen->part = extent.is_fragment ? PS_TUPLE_LATER : extent.more_fragments ? PS_TUPLE_FIRST : PS_TUPLE_WHOLE;
		}
	}
	seen->protocol = extent.next;
	return at + extent.len <= *end ? at + extent.len : 0;
}

/* So many bytes of the transport header are looked at, for ports, an echo's id, TCP's flags. */
static uint32_t needed(uint8_t protocol)
{
	switch (protocol) {
	case PS_IP_TCP:
		return TCP_FLAGS + 1;
	case PS_IP_UDP:
	case PS_IP_UDPLITE:
	case PS_IP_DCCP:
	case PS_IP_SCTP:
		return 4;
	case PS_IP_ICMP:
	case PS_IP_ICMP6:
		return 8;
	default:
		return 0;
	}
}

static bool is_echo(uint8_t protocol, uint8_t type)
{
	return protocol == PS_IP_ICMP ? type == ECHO || type == ECHO_REPLY : type == ECHO6 || type == ECHO_REPLY6;
}

static bool see_transport(struct ps_packet *pkt, uint32_t at, uint32_t end, struct ps_tuple_seen *seen)
{
	uint32_t n = needed(seen->protocol);
	const uint8_t *p;

	if (!n)
		return true;
	if (end - at < n)
		return false;
	p = ps_packet_read(pkt, at, n);
	if (!p)
		return false;
	if (n == 8) {
		if (is_echo(seen->protocol, p[0]))
			seen->ports[0] = seen->ports[1] = ps_load16(p + 4);
		return true;
	}
	seen->ports[0] = ps_load16(p);
	seen->ports[1] = ps_load16(p + 2);
	if (seen->protocol == PS_IP_TCP)
		seen->tcp_flags = p[TCP_FLAGS];
	return true;
}

bool ps_tuple_see(struct ps_packet *pkt, struct ps_tuple_seen *seen)
{
	uint32_t at, end, type = find_ip(pkt, &at), transport = 0;

	seen->ports[0] = seen->ports[1] = 0;
	seen->tcp_flags = 0;
	if (ps_likely(type == TYPE_IP))
		transport = see_ip(pkt, at, seen, &end);
	else if (type == TYPE_IP6)
		transport = see_ip6(pkt, at, seen, &end);
	if (!transport)
		return false;
	return seen->part == PS_TUPLE_LATER || see_transport(pkt, transport, end, seen);
}

void ps_tuple_make_fragment(struct ps_tuple *t, const struct ps_tuple_seen *seen)
{
	bool reversed = ps_tuple_is_reversed(seen, false);

	ps_tuple_fill(t, seen, reversed, seen->id);
	t->word[4] |= (uint64_t)(1 + reversed) << 48;
}
