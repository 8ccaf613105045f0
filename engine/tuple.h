/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What tells the connection that a packet is of: addresses, protocol, ports, of the outermost IP header, behind tags and PPPoE.
 * The same for both directions. No Lua.
 */
#ifndef PS_TUPLE_H
#define PS_TUPLE_H

#include "hash.h"
#include "packet.h"

/* Of IP: those by which connections are told apart. */
enum {
	PS_IP_ICMP = 1,
	PS_IP_TCP = 6,
	PS_IP_UDP = 17,
	PS_IP_DCCP = 33,
	PS_IP_ICMP6 = 58,
	PS_IP_SCTP = 132,
	PS_IP_UDPLITE = 136,
};

struct ps_tuple {
	uint64_t word[5];	/* the lower end's address, the higher end's, and the rest: no padding */
};

enum ps_tuple_part {
	PS_TUPLE_WHOLE,
	PS_TUPLE_FIRST,		/* a fragment, with the ports */
	PS_TUPLE_LATER,		/* one that has none */
};

/* What is seen of one packet. */
struct ps_tuple_seen {
	uint64_t source[2], destination[2];	/* as memory has them; IPv4 in the first 32 bits */
	uint16_t ports[2];	/* of the source and of the destination; of an echo, both are its id; 0: the protocol has none */
	uint8_t version;	/* 4 or 6 */
	uint8_t protocol;	/* of IP, behind extension headers */
	uint8_t tcp_flags;
	enum ps_tuple_part part;
	uint32_t id;		/* of a fragment */
};

/* False: the packet is not IP, or a header is cut short. Any context that the packet is in. */
bool ps_tuple_see(struct ps_packet *pkt, struct ps_tuple_seen *seen);

/* What all fragments of one packet have in common, and no others. */
void ps_tuple_make_fragment(struct ps_tuple *t, const struct ps_tuple_seen *seen);

/* Whether the source is the higher end. In the order in which memory has the bytes: it only has to be the same each time. */
static ps_inline bool ps_tuple_is_reversed(const struct ps_tuple_seen *seen, bool with_ports)
{
	if (seen->source[0] != seen->destination[0])
		return seen->source[0] > seen->destination[0];
	if (seen->source[1] != seen->destination[1])
		return seen->source[1] > seen->destination[1];
	return with_ports && seen->ports[0] > seen->ports[1];
}

static ps_inline void ps_tuple_fill(struct ps_tuple *t, const struct ps_tuple_seen *seen, bool reversed, uint32_t low)
{
	const uint64_t *a = reversed ? seen->destination : seen->source, *b = reversed ? seen->source : seen->destination;

	t->word[0] = a[0];
	t->word[1] = a[1];
	t->word[2] = b[0];
	t->word[3] = b[1];
	t->word[4] = (uint64_t)seen->version << 40 | (uint64_t)seen->protocol << 32 | low;
}

static ps_inline void ps_tuple_make(struct ps_tuple *t, const struct ps_tuple_seen *seen)
{
	bool reversed = ps_tuple_is_reversed(seen, true);

	ps_tuple_fill(t, seen, reversed, (uint32_t)seen->ports[reversed] << 16 | seen->ports[!reversed]);
}

static ps_inline uint64_t ps_tuple_hash(const struct ps_tuple *t)
{
	uint64_t hash = ps_hash_words(ps_hash_secrets[0], t->word[0], t->word[1]);

	return ps_hash_words(ps_hash_words(hash, t->word[2], t->word[3]), t->word[4], 0);
}

static ps_inline bool ps_tuple_is(const struct ps_tuple *a, const struct ps_tuple *b)
{
	return !((a->word[0] ^ b->word[0]) | (a->word[1] ^ b->word[1]) | (a->word[2] ^ b->word[2]) |
		 (a->word[3] ^ b->word[3]) | (a->word[4] ^ b->word[4]));
}

#endif
