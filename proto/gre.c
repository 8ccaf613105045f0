/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* GRE: RFC 2784 and 2890; version 1, of PPTP: RFC 2637. */
#include "protos.h"

#define FIRST_PART	7	/* the row of the checksum */

static const struct ps_field fields[] = {
	{ "has_check",    {  0,  1 }, PS_UINT, PS_COVERAGE | PS_SHAPE },
	{ "has_route",    {  1,  1 }, PS_UINT, PS_COVERAGE | PS_SHAPE },
	{ "has_key",      {  2,  1 }, PS_UINT, PS_COVERAGE | PS_SHAPE },
	{ "has_sequence", {  3,  1 }, PS_UINT, PS_COVERAGE | PS_SHAPE },
	{ "has_ack",      {  8,  1 }, PS_UINT, PS_COVERAGE | PS_SHAPE },
	{ "version",      { 13,  3 }, PS_UINT },
	{ "protocol",     { 16, 16 }, PS_UINT, PS_SHAPE },
	{ "check",        { 32, 16 }, PS_UINT, PS_CHECKSUM | PS_LOCATED },
	{ "key",          { 32, 32 }, PS_UINT, PS_LOCATED },
	{ "sequence",     { 32, 32 }, PS_UINT, PS_LOCATED },
	{ "ack",          { 32, 32 }, PS_UINT, PS_LOCATED },
	{ "options",      { 32,  0 }, PS_BYTES, PS_OPTIONS },
	{ "data",         { 32,  0 }, PS_BYTES, PS_PAYLOAD },
};

static const struct ps_next next[] = {
	{ 0x0800, &ps_proto_ip },
	{ 0x86DD, &ps_proto_ip6 },
	{ 0x6558, &ps_proto_eth },
	{ 0x8847, &ps_proto_mpls },
	{ 0, NULL },
};

#define FIXED		4
#define PART		4	/* bytes of each part that there is */

#define CHECK		0x8000
#define KEY		0x2000
#define SEQUENCE	0x1000
#define ACK		0x0080	/* PPTP */

static uint32_t parts_len(uint32_t bits)
{
	uint32_t len = 0;

	for (; bits; bits &= bits - 1)
		len += PART;
	return len;
}

static bool extent(struct ps_packet *pkt, const struct ps_header *header, struct ps_extent *extent)
{
	const uint8_t *fixed = ps_proto_read(pkt, header);

	if (!fixed)
		return false;
	*extent = (struct ps_extent){
		.len = FIXED + parts_len(ps_load16(fixed) & (CHECK | KEY | SEQUENCE | ACK)),
		.next = ps_load16(fixed + 2),
	};
	return true;
}

/* A part, if there is one. They stand in the order of the bits that say so, and of the fields from check on. */
static bool locate(struct ps_packet *pkt, const struct ps_header *header, const struct ps_field *field,
		   struct ps_bits *at)
{
	static const uint16_t parts[] = { CHECK, KEY, SEQUENCE, ACK };
	const uint8_t *fixed = ps_proto_read(pkt, header);
	uint32_t part = parts[field - &fields[FIRST_PART]], bits;

	if (!fixed)
		return false;
	bits = ps_load16(fixed);
	*at = field->at;
	at->bit = 8 * (FIXED + parts_len(bits & (CHECK | KEY | SEQUENCE | ACK) & ~(2 * part - 1)));
	return bits & part;
}

const struct ps_proto ps_proto_gre = {
	.name = "packet_gre",
	.header_min = FIXED,
	.extent = extent,
	.shape = { .at = 0, .mask = CHECK | KEY | SEQUENCE | ACK },
	.fragment = PS_WORD(1, 1),	/* routing, of RFC 1701: what follows is anywhere */
	.next_by = PS_WORD(16, 16),
	.next = next,
	.locate = locate,
	.csum = { .kind = PS_CSUM_MESSAGE, .at = 4, .present = PS_WORD(0, 1) },
	PS_FIELDS(fields),
};
