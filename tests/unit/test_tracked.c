/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What a message of the kernel tells of a connection, and messages that are nearly such. */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "test.h"
#include "tracked.h"

#define ROOM	1024	/* bytes */

static void put_direction(struct nlmsghdr *m, uint16_t type, uint8_t protocol, const char *from, const char *to)
{
	struct nlattr *direction = mnl_attr_nest_start(m, type), *part = mnl_attr_nest_start(m, CTA_TUPLE_IP);

	if (strlen(from) == 4) {
		mnl_attr_put(m, CTA_IP_V4_SRC, 4, from);
		mnl_attr_put(m, CTA_IP_V4_DST, 4, to);
	} else {
		mnl_attr_put(m, CTA_IP_V6_SRC, 16, from);
		mnl_attr_put(m, CTA_IP_V6_DST, 16, to);
	}
	mnl_attr_nest_end(m, part);
	part = mnl_attr_nest_start(m, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(m, CTA_PROTO_NUM, protocol);
	mnl_attr_put_u16(m, CTA_PROTO_SRC_PORT, htons(40000));
	mnl_attr_put_u16(m, CTA_PROTO_DST_PORT, htons(53));
	mnl_attr_nest_end(m, part);
	mnl_attr_nest_end(m, direction);
}

static void put_counters(struct nlmsghdr *m, uint16_t type, uint64_t packets, uint64_t bytes)
{
	struct nlattr *counters = mnl_attr_nest_start(m, type);

	mnl_attr_put_u64(m, CTA_COUNTERS_PACKETS, htobe64(packets));
	mnl_attr_put_u64(m, CTA_COUNTERS_BYTES, htobe64(bytes));
	mnl_attr_nest_end(m, counters);
}

/* The attribute that holds what is put next. */
static struct nlattr *begin(char *room)
{
	memset(room, 0, ROOM);
	return mnl_attr_nest_start(mnl_nlmsg_put_header(room), 11);
}

#define V6_FROM	"\x20\x01\x0d\xb8_-_-_-_-_-_1"
#define V6_TO	"\x20\x01\x0d\xb8_-_-_-_-_-_2"

/* Of TCP over IPv4, with all that is asked for. */
static const struct nlattr *make(char *room, uint32_t status)
{
	struct nlattr *ct = begin(room);
	struct nlmsghdr *m = (void *)room;

	put_direction(m, CTA_TUPLE_ORIG, IPPROTO_TCP, "AAAB", "CCCD");
	put_direction(m, CTA_TUPLE_REPLY, IPPROTO_TCP, "EEEF", "AAAB");
	mnl_attr_put_u16(m, CTA_ZONE, htons(5));
	mnl_attr_put_u32(m, CTA_ID, htonl(0xDEADBEEF));
	mnl_attr_put_u32(m, CTA_STATUS, htonl(status));
	mnl_attr_put_u32(m, CTA_TIMEOUT, htonl(30));
	mnl_attr_put_u32(m, CTA_MARK, htonl(0xFFFFFFFE));
	put_counters(m, CTA_COUNTERS_ORIG, 3, 5000000000);
	put_counters(m, CTA_COUNTERS_REPLY, 2, 120);
	mnl_attr_nest_end(m, ct);
	return ct;
}

static long long number(const struct nlattr *ct, enum ps_ct_number what, bool reply)
{
	uint64_t value;

	return ps_tracked_number(ct, what, reply, &value) ? (long long)value : -1;
}

static void numbers_are_told(void)
{
	char room[ROOM];
	const struct nlattr *ct = make(room, IPS_CONFIRMED | IPS_SEEN_REPLY);

	CHECK(ps_tracked_is_connection(ct));
	CHECK(!ps_tracked_is_translated_tcp(ct));
	CHECK_INT(number(ct, PS_CT_STATUS, false), IPS_CONFIRMED | IPS_SEEN_REPLY);
	CHECK_INT(number(ct, PS_CT_MARK, false), 0xFFFFFFFE);
	CHECK_INT(number(ct, PS_CT_ID, false), 0xDEADBEEF);
	CHECK_INT(number(ct, PS_CT_ZONE, false), 5);
	CHECK_INT(number(ct, PS_CT_EXPIRATION, false), 30);
	CHECK_INT(number(ct, PS_CT_PACKETS, false), 3);
	CHECK_INT(number(ct, PS_CT_BYTES, false), 5000000000);
	CHECK_INT(number(ct, PS_CT_PACKETS, true), 2);
	CHECK_INT(number(ct, PS_CT_BYTES, true), 120);
	/* until it is confirmed, that is how long and not when */
	CHECK_INT(number(make(room, IPS_SEEN_REPLY), PS_CT_EXPIRATION, false), -1);
	CHECK(!ps_tracked_is_connection(make(room, IPS_TEMPLATE)));
	CHECK(ps_tracked_is_translated_tcp(make(room, IPS_SRC_NAT)));
	CHECK(ps_tracked_is_translated_tcp(make(room, IPS_DST_NAT)));
}

static void what_is_not_told_is_not_there(void)
{
	char room[ROOM];
	struct nlattr *ct = begin(room);
	struct nlmsghdr *m = (void *)room;
	struct ps_ct_tuple tuple;

	mnl_attr_nest_end(m, ct);
	CHECK(ps_tracked_is_connection(ct));
	CHECK(!ps_tracked_is_translated_tcp(ct));
	CHECK_INT(number(ct, PS_CT_STATUS, false), -1);
	CHECK_INT(number(ct, PS_CT_ID, false), -1);
	CHECK_INT(number(ct, PS_CT_EXPIRATION, false), -1);
	CHECK_INT(number(ct, PS_CT_PACKETS, true), -1);
	CHECK_INT(number(ct, PS_CT_MARK, false), 0);
	CHECK_INT(number(ct, PS_CT_ZONE, false), 0);
	CHECK(!ps_tracked_tuple(ct, false, &tuple));
	/* other lengths than theirs */
	ct = begin(room);
	mnl_attr_put_u16(m, CTA_STATUS, 0xFFFF);
	mnl_attr_put_u64(m, CTA_ID, 1);
	mnl_attr_put(m, CTA_ZONE, 0, NULL);
	mnl_attr_put_u8(m, CTA_MARK, 1);
	mnl_attr_put_u32(m, CTA_COUNTERS_ORIG, 0xFFFFFFFF);
	mnl_attr_put_u32(m, CTA_TUPLE_ORIG, 0);
	mnl_attr_nest_end(m, ct);
	CHECK_INT(number(ct, PS_CT_STATUS, false), -1);
	CHECK_INT(number(ct, PS_CT_ID, false), -1);
	CHECK_INT(number(ct, PS_CT_ZONE, false), 0);
	CHECK_INT(number(ct, PS_CT_MARK, false), 0);
	CHECK_INT(number(ct, PS_CT_PACKETS, false), -1);
	CHECK(!ps_tracked_tuple(ct, false, &tuple));
}

static void a_zone_may_be_of_a_direction(void)
{
	char room[ROOM];
	struct nlattr *ct = begin(room), *reply;
	struct nlmsghdr *m = (void *)room;

	reply = mnl_attr_nest_start(m, CTA_TUPLE_REPLY);
	mnl_attr_put_u16(m, CTA_TUPLE_ZONE, htons(7));
	mnl_attr_nest_end(m, reply);
	mnl_attr_nest_end(m, ct);
	CHECK_INT(number(ct, PS_CT_ZONE, false), 7);
}

static void directions_are_told(void)
{
	char room[ROOM];
	struct nlmsghdr *m = (void *)room;
	struct ps_ct_tuple tuple;
	struct nlattr *ct;

	CHECK(ps_tracked_tuple(make(room, 0), true, &tuple));
	CHECK_INT(tuple.version, 4);
	CHECK_INT(tuple.protocol, IPPROTO_TCP);
	CHECK(!memcmp(tuple.address[0], "EEEF", 4) && !memcmp(tuple.address[1], "AAAB", 4));
	CHECK(tuple.has_ports && tuple.port[0] == 40000 && tuple.port[1] == 53);
	ct = begin(room);
	put_direction(m, CTA_TUPLE_ORIG, IPPROTO_GRE, V6_FROM, V6_TO);
	mnl_attr_nest_end(m, ct);
	CHECK(ps_tracked_tuple(ct, false, &tuple));
	CHECK_INT(tuple.version, 6);
	CHECK(!memcmp(tuple.address[0], V6_FROM, 16) && !memcmp(tuple.address[1], V6_TO, 16));
	CHECK(!tuple.has_ports);
	CHECK(!ps_tracked_tuple(ct, true, &tuple));
}

/* Each in memory of its own, behind which nothing may be read. */
static void nothing_is_read_behind_it(void)
{
	char room[ROOM];
	const struct nlattr *ct = make(room, IPS_CONFIRMED);
	uint16_t len = ct->nla_len;
	unsigned int round, rounds = test_rounds(20000), state = 1;
	struct ps_ct_tuple tuple;
	struct nlattr *other;
	int what, i;

	for (round = 0; round < rounds; round++) {
		state = state * 1664525 + 1013904223;
		/* cut anywhere, or some bytes become others */
		uint16_t n = round < len ? (round < NLA_HDRLEN ? NLA_HDRLEN : round) : len;

		other = malloc(n);
		memcpy(other, ct, n);
		other->nla_len = n;
		for (i = 0; round >= len && i < 3; i++) {
			state = state * 1664525 + 1013904223;
			((uint8_t *)other)[NLA_HDRLEN + (state >> 8) % (n - NLA_HDRLEN)] = state >> 24;
		}
		for (what = PS_CT_INFO; what <= PS_CT_BYTES; what++)
			number(other, what, round & 1);
		ps_tracked_tuple(other, round & 1, &tuple);
		ps_tracked_is_connection(other);
		ps_tracked_is_translated_tcp(other);
		free(other);
	}
}

const struct test tracked_tests[] = {
	{ "connections in messages: numbers", numbers_are_told },
	{ "connections in messages: what is not told, or has another length", what_is_not_told_is_not_there },
	{ "connections in messages: a direction's zone", a_zone_may_be_of_a_direction },
	{ "connections in messages: directions", directions_are_told },
	{ "connections in messages: malformed ones", nothing_is_read_behind_it },
	{ NULL },
};
