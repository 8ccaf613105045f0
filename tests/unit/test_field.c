/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <stddef.h>

#include "csum.h"
#include "field.h"
#include "packets.h"
#include "protos.h"
#include "test.h"

static const struct ps_field *field_named(const struct ps_proto *proto, const char *name)
{
	for (unsigned int i = 0; i < proto->nfields; i++) {
		if (!strcmp(proto->fields[i].name, name))
			return &proto->fields[i];
	}
	printf("# %s has no field %s\n", proto->name, name);
	abort();
}

static struct ps_header header_at(const struct ps_proto *proto, const struct ps_packet *pkt,
				  uint32_t off, const struct ps_header *outer)
{
	return (struct ps_header){ proto, { off, pkt->len - off }, outer };
}

/* Every width at every bit offset, against bits taken one by one. */
static void any_bits(void)
{
	uint8_t bytes[16], copy[16];
	struct ps_packet pkt;

	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = i * 73 + 41;
	for (unsigned int bit = 0; bit < 24; bit++) {
		for (unsigned int width = 1; width <= 48; width++) {
			struct ps_bits at = { bit, width };
			uint64_t expected = 0, value = 0;
			struct ps_field field = { "x", at, PS_UINT, 0 };
			struct ps_header header;

			ps_buffer_init(&pkt, bytes, sizeof(bytes), 0, 0);
			for (unsigned int i = bit; i < bit + width; i++)
				expected = expected << 1 | (bytes[i / 8] >> (7 - i % 8) & 1);
			CHECK_INT(ps_field_get(&pkt, 0, at, &value), 0);
			CHECK_INT(value, expected);

			/* write the complement: those bits change and no others */
			memcpy(copy, bytes, sizeof(bytes));
			ps_buffer_init(&pkt, copy, sizeof(copy), 0, 0);
			header = header_at(&ps_proto_raw, &pkt, 0, NULL);
			value = ~expected & (((uint64_t)1 << width) - 1);
			CHECK_INT(ps_field_set(&pkt, &header, &field, value), 0);
			for (unsigned int i = 0; i < sizeof(bytes) * 8; i++) {
				int changed = (copy[i / 8] ^ bytes[i / 8]) >> (7 - i % 8) & 1;

				CHECK_INT(changed, i >= bit && i < bit + width);
			}
		}
	}
}

static void bounds(void)
{
	uint8_t bytes[4] = { 0 };
	struct ps_packet pkt;
	uint64_t value;

	ps_buffer_init(&pkt, bytes, 4, 0, 0);
	CHECK_INT(ps_field_get(&pkt, 0, (struct ps_bits){ 16, 16 }, &value), 0);
	CHECK_INT(ps_field_get(&pkt, 0, (struct ps_bits){ 24, 16 }, &value), PS_FIELD_GONE);
	CHECK_INT(ps_field_get(&pkt, 4, (struct ps_bits){ 0, 1 }, &value), PS_FIELD_GONE);
	CHECK_INT(ps_field_get(&pkt, 0xFFFFFFFF, (struct ps_bits){ 0, 16 }, &value), PS_FIELD_GONE);
	CHECK(!ps_packet_has(&pkt, 0xFFFFFFFF, 2));
	CHECK(!ps_packet_has(&pkt, 2, 0xFFFFFFFF));
	CHECK(ps_packet_has(&pkt, 4, 0));
}

/* Sets one field of ip or of the transport, with every checksum right before; checks them. */
static void set_and_check(const struct shape *shape, const char *proto, const char *name,
			  uint64_t value)
{
	struct ps_packet pkt;
	struct layout at;
	uint8_t *data = make_packet(shape, &pkt, &at);
	struct ps_header ip = header_at(&ps_proto_ip, &pkt, at.ip, NULL), transport, *h = &ip;
	const struct ps_field *field;
	uint64_t got = ~value;

	CHECK(ip_csum_ok(data + at.ip) && transport_csum_ok(data + at.ip));
	CHECK(ps_proto_next(&pkt, &ip, &transport));
	if (strcmp(proto, "ip"))
		h = &transport;
	field = field_named(h->proto, name);
	CHECK_INT(ps_field_set(&pkt, h, field, value), 0);
	CHECK_INT(ps_field_get(&pkt, h->range.off, field->at, &got), 0);
	CHECK_INT(got, value);
	if (!ip_csum_ok(data + at.ip) || !transport_csum_ok(data + at.ip)) {
		printf("# after setting %s.%s: ip %s, transport %s\n", proto, name,
		       ip_csum_ok(data + at.ip) ? "ok" : "WRONG",
		       transport_csum_ok(data + at.ip) ? "ok" : "WRONG");
		test_failed = true;
	}
	free(data);
}

static void checksums_follow(void)
{
	static const uint8_t protocols[] = { 1, 6, 17 };
	static const char *const of_ip[] = { "tos", "id", "ttl", "saddr", "daddr", "flags" };
	static const char *const of_icmp[] = { "type", "code", "id", "sequence", NULL };
	static const char *const of_tcp[] = { "sport", "dport", "seq", "ack", "reserved", "flags",
					      "window_size", "urgent", NULL };
	static const char *const of_udp[] = { "sport", "dport", NULL };

	for (unsigned int p = 0; p < 3; p++) {
		const char *const *names = p == 0 ? of_icmp : p == 1 ? of_tcp : of_udp;

		for (unsigned int payload = 0; payload < 4; payload++) {
			for (int variant = 0; variant < 8; variant++) {
				struct shape shape = {
					.protocol = protocols[p],
					.payload = payload,
					.ethernet = variant & 1,
					.ihl = variant & 2 ? 9 : 5,
					.padding = variant & 1 && variant & 4 ? 11 : 0,
				};

				for (unsigned int i = 0; i < 6; i++) {
					uint64_t value = strstr(of_ip[i], "addr") ? 0xFFFFFFFF :
							 !strcmp(of_ip[i], "flags") ? 2 : 0x9C;

					set_and_check(&shape, "ip", of_ip[i], value);
				}
				for (unsigned int i = 0; names[i]; i++) {
					set_and_check(&shape, "transport", names[i],
						      strcmp(names[i], "reserved") ? 0xEE : 5);
					set_and_check(&shape, "transport", names[i], 0);
				}
			}
		}
	}
}

/* What says how long things are: the receiver, who believes it, finds the sum right. */
static void lengths_change_coverage(void)
{
	static const uint8_t protocols[] = { 1, 6, 17 };

	for (unsigned int p = 0; p < 3; p++) {
		struct shape shape = { .protocol = protocols[p], .payload = 64 };
		struct shape padded = { .protocol = protocols[p], .payload = 20, .ethernet = true,
					.padding = 30 };
		unsigned int head = protocols[p] == 6 ? 20 : 8;

		if (protocols[p] != 17) {
			set_and_check(&shape, "ip", "tot_len", 20 + head + 33);
			set_and_check(&padded, "ip", "tot_len", 20 + head + 40);
		}
	}
	set_and_check(&(struct shape){ .protocol = 6, .payload = 64 }, "transport", "data_off", 6);
}

static void udp_length(void)
{
	struct shape shape = { .protocol = 17, .payload = 64 };
	struct ps_packet pkt;
	struct layout at;
	uint8_t *data = make_packet(&shape, &pkt, &at), *u = data + at.transport;
	struct ps_header ip = header_at(&ps_proto_ip, &pkt, 0, NULL), udp;
	uint32_t sum = 0;

	CHECK(ps_proto_next(&pkt, &ip, &udp));
	CHECK_INT(ps_field_set(&pkt, &udp, field_named(&ps_proto_udp, "length"), 8 + 31), 0);
	for (int i = 12; i < 20; i += 2)
		sum += data[i] << 8 | data[i + 1];
	CHECK_INT(naive_csum(u, 39, sum + 17 + 39), 0);
	free(data);
}

static void udp_zero_stays(void)
{
	struct shape shape = { .protocol = 17, .payload = 5, .no_checksum = true };
	struct ps_packet pkt;
	struct layout at;
	uint8_t *data = make_packet(&shape, &pkt, &at);
	struct ps_header ip = header_at(&ps_proto_ip, &pkt, 0, NULL), udp;

	CHECK_INT(ps_field_set(&pkt, &ip, field_named(&ps_proto_ip, "daddr"), 0x02010001), 0);
	CHECK(ps_proto_next(&pkt, &ip, &udp));
	CHECK_INT(ps_field_set(&pkt, &udp, field_named(&ps_proto_udp, "dport"), 53), 0);
	CHECK_INT(ps_field_set(&pkt, &udp, field_named(&ps_proto_udp, "length"), 9), 0);
	CHECK_INT(data[at.transport + 6] << 8 | data[at.transport + 7], 0);
	CHECK(ip_csum_ok(data));
	free(data);
}

/* All destination ports: among them the one that makes the sum 0, which is sent as 0xFFFF. */
static void udp_sum_is_never_zero(void)
{
	struct shape shape = { .protocol = 17, .payload = 2 };
	struct ps_packet pkt;
	struct layout at;
	uint8_t *data = make_packet(&shape, &pkt, &at);
	struct ps_header ip = header_at(&ps_proto_ip, &pkt, 0, NULL), udp;
	const struct ps_field *dport = field_named(&ps_proto_udp, "dport");
	unsigned int ones = 0;

	CHECK(ps_proto_next(&pkt, &ip, &udp));
	for (unsigned int port = 0; port < 65536; port++) {
		const uint8_t *check = data + at.transport + 6;

		ps_field_set(&pkt, &udp, dport, port);
		if (!(check[0] | check[1]) || !transport_csum_ok(data))
			CHECK_INT(port, -1);
		ones += (check[0] & check[1]) == 0xFF;
	}
	CHECK_INT(ones, 1);
	free(data);
}

/* Offloaded checksums: the field has the sum of the pseudo header, and only that counts. */
static void partial_checksums(void)
{
	static const uint8_t protocols[] = { 6, 17 };

	for (int p = 0; p < 2; p++) {
		struct shape shape = { .protocol = protocols[p], .payload = 9 };
		unsigned int check_at = protocols[p] == 6 ? 16 : 6;
		unsigned int len = (protocols[p] == 6 ? 20 : 8) + 9;
		struct ps_packet pkt;
		struct layout at;
		uint8_t *data = make_packet(&shape, &pkt, &at), *check;
		struct ps_header ip = header_at(&ps_proto_ip, &pkt, 0, NULL), transport;
		uint16_t expected;

		check = data + at.transport + check_at;
		pkt.partial = at.transport + check_at;
		ps_store16(check, (uint16_t)~naive_csum(data + 12, 8, protocols[p] + len));
		CHECK(ps_proto_next(&pkt, &ip, &transport));

		CHECK_INT(ps_field_set(&pkt, &ip, field_named(&ps_proto_ip, "saddr"), 0x7F00FFEE), 0);
		CHECK_INT(ps_field_set(&pkt, &transport,
				       field_named(transport.proto, "dport"), 4711), 0);
		expected = ~naive_csum(data + 12, 8, protocols[p] + len);
		CHECK_INT(ps_load16(check), expected);

		/* as the device does it: sum over all of it, with what is in the field */
		ps_store16(check, naive_csum(data + at.transport, len, 0));
		CHECK(transport_csum_ok(data));
		CHECK(ip_csum_ok(data));
		free(data);
	}
}

static void computed_anew(void)
{
	static const uint8_t protocols[] = { 1, 6, 17 };

	for (int p = 0; p < 3; p++) {
		for (unsigned int payload = 0; payload < 5; payload++) {
			struct shape shape = { .protocol = protocols[p], .payload = payload,
					       .ethernet = true, .padding = 7 };
			struct ps_packet pkt;
			struct layout at;
			uint8_t *data = make_packet(&shape, &pkt, &at);
			struct ps_header ip = header_at(&ps_proto_ip, &pkt, at.ip, NULL), transport;

			CHECK(ps_proto_next(&pkt, &ip, &transport));
			data[at.ip + 4] ^= 0x5A;	/* the id */
			data[at.transport + 1] ^= 0xA5;
			CHECK(!ip_csum_ok(data + at.ip) && !transport_csum_ok(data + at.ip));
			CHECK_INT(ps_field_checksum(&pkt, &ip), 0);
			CHECK_INT(ps_field_checksum(&pkt, &transport), 0);
			CHECK(ip_csum_ok(data + at.ip) && transport_csum_ok(data + at.ip));
			free(data);
		}
	}
}

/* ihl says how many bytes the header's sum is of. */
static void ihl_recomputes(void)
{
	struct shape shape = { .protocol = 17, .payload = 40, .ihl = 5 };
	struct ps_packet pkt;
	struct layout at;
	uint8_t *data = make_packet(&shape, &pkt, &at);
	struct ps_header ip = header_at(&ps_proto_ip, &pkt, 0, NULL);

	CHECK_INT(ps_field_set(&pkt, &ip, field_named(&ps_proto_ip, "ihl"), 7), 0);
	CHECK(ip_csum_ok(data));
	/* malformed or longer than the packet: nothing is read beyond it */
	CHECK_INT(ps_field_set(&pkt, &ip, field_named(&ps_proto_ip, "ihl"), 2), 0);
	CHECK_INT(ps_field_set(&pkt, &ip, field_named(&ps_proto_ip, "ihl"), 15), 0);
	free(data);
}

/* A header inside an ICMP error: the ICMP checksum is of those bytes too. */
static void enclosing_checksum_follows(void)
{
	struct shape outer = { .protocol = 1, .payload = 28 + 3 };
	struct shape inner = { .protocol = 17, .payload = 3 };

	for (unsigned int shift = 0; shift < 2; shift++) {
		struct ps_packet pkt, ipkt;
		struct layout at, iat;
		uint8_t *quoted = make_packet(&inner, &ipkt, &iat), *data;
		struct ps_header ip, icmp, nested, udp;

		outer.payload = iat.len + shift;
		data = make_packet(&outer, &pkt, &at);
		memcpy(data + at.transport + 8 + shift, quoted, iat.len);
		ip = header_at(&ps_proto_ip, &pkt, 0, NULL);
		CHECK(ps_proto_next(&pkt, &ip, &icmp));
		CHECK_INT(ps_field_checksum(&pkt, &icmp), 0);
		nested = header_at(&ps_proto_ip, &pkt, at.transport + 8 + shift, &icmp);
		CHECK(ps_proto_next(&pkt, &nested, &udp));

		CHECK_INT(ps_field_set(&pkt, &nested, field_named(&ps_proto_ip, "saddr"), 0xC0A80107), 0);
		CHECK(transport_csum_ok(data));
		CHECK_INT(ps_field_set(&pkt, &nested, field_named(&ps_proto_ip, "ttl"), 3), 0);
		CHECK(transport_csum_ok(data));
		CHECK_INT(ps_field_set(&pkt, &udp, field_named(&ps_proto_udp, "sport"), 9), 0);
		CHECK(transport_csum_ok(data));
		CHECK_INT(ps_field_set(&pkt, &udp, field_named(&ps_proto_udp, "check"), 0), 0);
		CHECK(transport_csum_ok(data));
		CHECK(ip_csum_ok(data + nested.range.off));
		free(quoted);
		free(data);
	}
}

/* The same where the device completes the inner one: then the outer one never sees a change. */
static void enclosing_checksum_of_partial(void)
{
	struct shape outer = { .protocol = 17 }, inner = { .protocol = 17, .payload = 6 };
	struct ps_packet pkt, ipkt;
	struct layout at, iat;
	uint8_t *tunnelled = make_packet(&inner, &ipkt, &iat), *data, *check;
	struct ps_header ip, udp, nested, nested_udp;

	outer.payload = iat.len;
	data = make_packet(&outer, &pkt, &at);
	memcpy(data + at.transport + 8, tunnelled, iat.len);
	ip = header_at(&ps_proto_ip, &pkt, 0, NULL);
	CHECK(ps_proto_next(&pkt, &ip, &udp));
	CHECK_INT(ps_field_checksum(&pkt, &udp), 0);
	nested = header_at(&ps_proto_ip, &pkt, at.transport + 8, &udp);
	CHECK(ps_proto_next(&pkt, &nested, &nested_udp));
	check = data + nested_udp.range.off + 6;
	pkt.partial = nested_udp.range.off + 6;
	ps_store16(check, (uint16_t)~naive_csum(data + nested.range.off + 12, 8, 17 + 14));

	CHECK_INT(ps_field_set(&pkt, &nested_udp, field_named(&ps_proto_udp, "dport"), 4711), 0);
	CHECK_INT(ps_field_set(&pkt, &nested, field_named(&ps_proto_ip, "daddr"), 0xC0A80107), 0);
	CHECK_INT(ps_field_set(&pkt, &nested, field_named(&ps_proto_ip, "ttl"), 9), 0);
	ps_store16(check, naive_csum(data + nested_udp.range.off, 14, 0));
	CHECK(transport_csum_ok(data + nested.range.off));
	CHECK(transport_csum_ok(data));
	free(tunnelled);
	free(data);
}

static void explicit_checksum(void)
{
	struct shape shape = { .protocol = 17, .payload = 4 };
	struct ps_packet pkt;
	struct layout at;
	uint8_t *data = make_packet(&shape, &pkt, &at);
	struct ps_header ip = header_at(&ps_proto_ip, &pkt, 0, NULL), udp;

	CHECK(ps_proto_next(&pkt, &ip, &udp));
	pkt.partial = at.transport + 6;
	CHECK_INT(ps_field_set(&pkt, &udp, field_named(&ps_proto_udp, "check"), 0xBEEF), 0);
	CHECK_INT(ps_load16(data + at.transport + 6), 0xBEEF);
	CHECK_INT(pkt.partial, 0);
	CHECK_INT(ps_field_set(&pkt, &ip, field_named(&ps_proto_ip, "check"), 0x10000), PS_FIELD_RANGE);
	free(data);
}

/* What a receiver of UDP over IPv6 sums: RFC 8200, 8.1. */
static uint16_t udp6_csum(const uint8_t *ip6, uint32_t len)
{
	return naive_csum(ip6 + 8, 32 + len, 17 + len);
}

/*
 * Sets the addresses of an IPv6 header with UDP of len bytes, which begins at byte at, behind a UDP header whose
 * checksum is of it, if in_udp. Checksums of both stay right.
 */
static void set_addresses(uint32_t at, bool in_udp, uint32_t len)
{
	static const struct ps_value values[] = {
		{ 0x20010DB800000001, 1 }, { 0, 0 }, { 0, 1 }, { ~0ull, ~0ull }, { 0x0001000000000000, 0 },
		{ 0, 0x8000 }, { 0x20010DB800000001, 1 }, { 0x0123456789ABCDEF, 0xFEDCBA9876543210 },
	};
	uint32_t total = at + (in_udp ? 8 : 0) + 40 + len;
	uint8_t *data = calloc(1, total), *outside = data + at, *ip6 = outside + (in_udp ? 8 : 0);
	struct ps_header outer, ip, udp;
	struct ps_value got;
	struct ps_packet pkt;

	ps_buffer_init(&pkt, data, total, at, 0x86DD);
	for (uint32_t i = 0; i < 40 + len; i++)
		ip6[i] = i * 37 + 11;
	ip6[6] = 17;
	ps_store16(ip6 + 40 + 4, len);
	ps_store16(ip6 + 40 + 6, 0);
	ps_store16(ip6 + 40 + 6, udp6_csum(ip6, len));
	outer = header_at(&ps_proto_udp, &pkt, at, NULL);
	if (in_udp)
		ps_store16(outside + 6, naive_csum(outside, 48 + len, 0));
	ip = header_at(&ps_proto_ip6, &pkt, ip6 - data, in_udp ? &outer : NULL);
	CHECK(ps_proto_next(&pkt, &ip, &udp));
	for (unsigned int i = 0; i < 2 * sizeof(values) / sizeof(values[0]); i++) {
		const struct ps_field *field = field_named(&ps_proto_ip6, i & 1 ? "saddr" : "daddr");
		uint8_t before = ip6[field->at.bit / 8 - 1];

		CHECK_INT(ps_field_set_value(&pkt, &ip, field, values[i / 2]), 0);
		CHECK_INT(ps_field_get_value(&pkt, ip.range.off, field, &got), 0);
		CHECK(ps_value_is(got, values[i / 2]));
		CHECK_INT(udp6_csum(ip6, len), 0);
		CHECK(!in_udp || !naive_csum(outside, 48 + len, 0));
		CHECK_INT(ip6[field->at.bit / 8 - 1], before);
	}
	free(data);
}

static void wide_addresses(void)
{
	for (uint32_t at = 0; at < 3; at++) {
		for (uint32_t len = 8; len < 12; len++) {
			set_addresses(at, false, len);
			set_addresses(at, true, len);
		}
	}
}

/* In its header, too, such a field may begin at any byte. */
static void wide_at_any_byte(void)
{
	for (uint16_t byte = 4; byte < 8; byte++) {
		const struct ps_field field = { "x", { byte * 8, 128 }, PS_IPV6, 0 };
		const struct ps_proto proto = { .name = "made up", .header_min = 24, .fields = &field, .nfields = 1,
						.csum = { .kind = PS_CSUM_MESSAGE, .at = 2 } };
		uint8_t *data = calloc(1, 24);
		struct ps_packet pkt;
		struct ps_header header;

		ps_buffer_init(&pkt, data, 24, 0, 0);
		ps_store16(data + 2, 0xFFFF);
		header = header_at(&proto, &pkt, 0, NULL);
		CHECK_INT(ps_field_set_value(&pkt, &header, &field,
					     (struct ps_value){ 0x0123456789ABCDEF, 0xFF00000000000001 }), 0);
		CHECK_INT(data[byte], 0x01);
		CHECK_INT(data[byte + 15], 0x01);
		CHECK_INT(naive_csum(data, 24, 0), 0);
		free(data);
	}
}

static void wide_partial(void)
{
	uint8_t *data = calloc(1, 40 + 8 + 5);
	struct ps_packet pkt;
	struct ps_header ip;

	ps_buffer_init(&pkt, data, 40 + 8 + 5, 0, 0x86DD);
	data[6] = 17;
	ps_store16(data + 40 + 4, 13);
	pkt.partial = 40 + 6;
	ps_store16(data + 40 + 6, (uint16_t)~naive_csum(data + 8, 32, 17 + 13));
	ip = header_at(&ps_proto_ip6, &pkt, 0, NULL);
	CHECK_INT(ps_field_set_value(&pkt, &ip, field_named(&ps_proto_ip6, "daddr"),
				     (struct ps_value){ 0x20010DB800000000, 0x1234 }), 0);
	CHECK_INT(ps_load16(data + 40 + 6), (uint16_t)~naive_csum(data + 8, 32, 17 + 13));
	free(data);
}

static void wide_bounds(void)
{
	const struct ps_field *daddr = field_named(&ps_proto_ip6, "daddr");
	uint8_t *data = calloc(1, 39);
	struct ps_packet pkt;
	struct ps_header ip;
	struct ps_value value = { 0 };

	ps_buffer_init(&pkt, data, 39, 0, 0x86DD);
	ip = header_at(&ps_proto_ip6, &pkt, 0, NULL);
	CHECK_INT(ps_field_get_value(&pkt, 0, daddr, &value), PS_FIELD_GONE);
	CHECK_INT(ps_field_set_value(&pkt, &ip, daddr, value), PS_FIELD_GONE);
	ip = header_at(&ps_proto_ip, &pkt, 0, NULL);
	CHECK_INT(ps_field_set_value(&pkt, &ip, field_named(&ps_proto_ip, "saddr"),
				     (struct ps_value){ 1, 0 }), PS_FIELD_RANGE);
	free(data);
}

const struct test field_tests[] = {
	{ "field: any width at any bit is read and written, and nothing beside it", any_bits },
	{ "field: offsets beyond the packet are refused, also where they overflow", bounds },
	{ "field: setting any field keeps every checksum right", checksums_follow },
	{ "field: setting addresses of 128 bits keeps checksums right, at even and odd bytes, within others", wide_addresses },
	{ "field: 128 bits are set at any byte of a header", wide_at_any_byte },
	{ "field: addresses of 128 bits count in a checksum that is completed later", wide_partial },
	{ "field: 128 bits beyond the packet, or beyond a field, are refused", wide_bounds },
	{ "field: tot_len and data_off keep checksums right", lengths_change_coverage },
	{ "field: UDP length changes what its checksum covers", udp_length },
	{ "field: a UDP checksum of zero stays zero", udp_zero_stays },
	{ "field: a UDP checksum that comes to zero is sent as ones", udp_sum_is_never_zero },
	{ "field: a checksum that the device completes follows the pseudo header", partial_checksums },
	{ "field: checksums computed anew are right", computed_anew },
	{ "field: ihl changes what the header's checksum covers", ihl_recomputes },
	{ "field: a header inside an ICMP message changes the checksum outside", enclosing_checksum_follows },
	{ "field: a header whose checksum is completed later leaves the one outside right",
	  enclosing_checksum_of_partial },
	{ "field: a checksum that is set is what is sent", explicit_checksum },
	{ NULL, NULL },
};
