/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* DHCP: RFC 2131, 2; options: RFC 2132. One that is split (RFC 3396) is what its first part has. */
#include "protos.h"

#define FIXED		240	/* with the cookie, behind which options begin */
#define COOKIE		236
#define OPTIONS_MAX	4096	/* bytes in which they are looked for */

static const struct ps_field fields[] = {
	{ "op",      {    0,  8 }, PS_UINT },
	{ "htype",   {    8,  8 }, PS_UINT },
	{ "hlen",    {   16,  8 }, PS_UINT },
	{ "hops",    {   24,  8 }, PS_UINT },
	{ "xid",     {   32, 32 }, PS_UINT },
	{ "secs",    {   64, 16 }, PS_UINT },
	{ "flags",   {   80, 16 }, PS_UINT },
	{ "ciaddr",  {   96, 32 }, PS_IPV4 },
	{ "yiaddr",  {  128, 32 }, PS_IPV4 },
	{ "siaddr",  {  160, 32 }, PS_IPV4 },
	{ "giaddr",  {  192, 32 }, PS_IPV4 },
	{ "chaddr",  {  224, 48 }, PS_MAC },
	{ "cookie",  { 1888, 32 }, PS_UINT },
	{ "options", { 1920,  0 }, PS_BYTES, PS_PAYLOAD },
};

static bool find_option(struct ps_packet *pkt, const struct ps_header *header, const struct ps_key *key, struct ps_bits *at)
{
	enum { PAD = 0, END = 255 };
	uint32_t end = header->range.len < OPTIONS_MAX ? header->range.len : OPTIONS_MAX, i = FIXED;
	const uint8_t *p = ps_packet_read(pkt, header->range.off, end);

	if (!p)
		return false;
	while (i < end && p[i] != END) {
		if (p[i] == PAD) {
			i++;
			continue;
		}
		if (end - i < 2 || p[i + 1] > end - i - 2)
			return false;
		if (p[i] == key->number) {
			at->bit = (i + 2) * 8;
			at->width = p[i + 1] * 8;
			return true;
		}
		i += 2 + p[i + 1];
	}
	return false;
}

static const struct ps_keyed keyed[] = {
	{ "option", "code", true, { "option", { 0, 0 }, PS_BYTES, PS_LOCATED }, find_option,
	  "the bytes of the option of that code, without code and length" },
};

static bool looks_like(struct ps_packet *pkt, const struct ps_header *header)
{
	const uint8_t *p = ps_proto_read(pkt, header);

	return p && ps_load32(p + COOKIE) == 0x63825363;
}

const struct ps_proto ps_proto_dhcp = {
	.name = "packet_dhcp",
	.header_min = FIXED,
	.looks_like = looks_like,
	PS_KEYED(keyed),
	PS_FIELDS(fields),
};
