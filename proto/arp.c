/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* ARP: RFC 826. Lengths of addresses stand in the header; those of Ethernet and IPv4 are fields. */
#include "protos.h"

#define FIXED	8	/* bytes before the addresses */
#define SHA	5	/* the row of the first address */

/* Addresses stand in the table as they lie if they are of Ethernet and IPv4. */
static const struct ps_field fields[] = {
	{ "htype", {   0, 16 }, PS_UINT },
	{ "ptype", {  16, 16 }, PS_UINT },
	{ "hlen",  {  32,  8 }, PS_UINT, PS_SHAPE },
	{ "plen",  {  40,  8 }, PS_UINT, PS_SHAPE },
	{ "oper",  {  48, 16 }, PS_UINT },
	{ "sha",   {  64, 48 }, PS_MAC, PS_LOCATED },
	{ "spa",   { 112, 32 }, PS_IPV4, PS_LOCATED },
	{ "tha",   { 144, 48 }, PS_MAC, PS_LOCATED },
	{ "tpa",   { 192, 32 }, PS_IPV4, PS_LOCATED },
};

static bool extent(struct ps_packet *pkt, const struct ps_header *header, struct ps_extent *extent)
{
	const uint8_t *p = ps_proto_read(pkt, header);

	if (!p)
		return false;
	*extent = (struct ps_extent){ .len = FIXED + 2 * (p[4] + p[5]) };
	return true;
}

/* An address, unless it is of another length than the field. */
static bool locate(struct ps_packet *pkt, const struct ps_header *header, const struct ps_field *field,
		   struct ps_bits *at)
{
	const uint8_t *p = ps_proto_read(pkt, header);
	unsigned int i = field - &fields[SHA], hlen, plen;

	if (!p)
		return false;
	hlen = p[4];
	plen = p[5];
	at->bit = 8 * (FIXED + (i + 1) / 2 * hlen + i / 2 * plen);
	at->width = field->at.width;
	return field->at.width == 8 * (i % 2 ? plen : hlen);
}

const struct ps_proto ps_proto_arp = {
	.name = "packet_arp",
	.header_min = FIXED,
	.extent = extent,
	.shape = PS_WORD(32, 16),
	.locate = locate,
	PS_FIELDS(fields),
};
