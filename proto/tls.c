/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * TLS records: RFC 8446, 5.1; of a ClientHello (4.1.2) the server's name (RFC 6066, 3) and the protocols that the client
 * offers (RFC 7301, 3.1). All of that is signed, so it can only be read.
 */
#include <string.h>

#include "protos.h"

#define FIXED		5	/* bytes of a record before what it carries */
#define HELLO_MAX	16384	/* bytes in which extensions are looked for: no record has more */

enum { TYPE, VERSION, LENGTH, SNI, ALPN };
enum { HANDSHAKE = 22, CLIENT_HELLO = 1 };
enum { EXTENSION_SNI = 0, EXTENSION_ALPN = 16, SNI_HOST = 0 };

/* Names, each behind its length, become a list with commas. */
static int decode_names(struct ps_packet *pkt, const struct ps_header *header, uint32_t off, uint32_t len, char *text)
{
	const uint8_t *p = ps_packet_read(pkt, off, len), *end;
	char *to = text;

	(void)header;
	if (!p)
		return -1;
	end = p + len;
	while (p < end) {
		uint32_t n = *p++;

		if (!n || n > end - p || n + 1 > PS_DECODED_MAX - (to - text))
			return -1;
		if (to > text)
			*to++ = ',';
		memcpy(to, p, n);
		to += n;
		p += n;
	}
	return to - text;
}

static const struct ps_coding names_coding = { .decode = decode_names };
static const struct ps_type names_type = { .name = "names", .is_text = true, .coding = &names_coding };

static const struct ps_field fields[] = {
	{ "type",    {  0,  8 }, PS_UINT },
	{ "version", {  8, 16 }, PS_UINT },
	{ "length",  { 24, 16 }, PS_UINT },
	{ "sni",     { 40,  0 }, PS_TEXT, PS_LOCATED | PS_READ_ONLY },
	{ "alpn",    { 40,  0 }, &names_type, PS_LOCATED | PS_READ_ONLY },
	{ "data",    { 40,  0 }, PS_BYTES, PS_PAYLOAD },
};

/* Bytes that are read one after the other: [at, end) of the message. */
struct reader {
	const uint8_t *p;
	uint32_t at, end;
};

/* A number of n bytes. False: it is not there. */
static bool take(struct reader *r, uint32_t n, uint32_t *value)
{
	if (n > r->end - r->at)
		return false;
	for (*value = 0; n; n--)
		*value = *value << 8 | r->p[r->at++];
	return true;
}

/* What stands behind its length, which has n bytes, goes to *part. */
static bool take_part(struct reader *r, uint32_t n, struct reader *part)
{
	uint32_t len;

	if (!take(r, n, &len) || len > r->end - r->at)
		return false;
	*part = (struct reader){ r->p, r->at, r->at + len };
	r->at += len;
	return true;
}

static bool skip(struct reader *r, uint32_t n)
{
	if (n > r->end - r->at)
		return false;
	r->at += n;
	return true;
}

/* The extensions of a ClientHello that begins the record. Those that end behind the packet are not there. */
static bool find_extensions(struct ps_packet *pkt, const struct ps_header *header, struct reader *r)
{
	uint32_t type, len, version;
	struct reader part;

	r->at = 0;
	r->end = header->range.len < HELLO_MAX ? header->range.len : HELLO_MAX;
	r->p = ps_packet_read(pkt, header->range.off, r->end);
	if (!r->p || !take(r, 1, &type) || type != HANDSHAKE || !take(r, 2, &version) || !take(r, 2, &len))
		return false;
	if (len < r->end - r->at)
		r->end = r->at + len;
	if (!take(r, 1, &type) || type != CLIENT_HELLO || !take(r, 3, &len))
		return false;
	if (len < r->end - r->at)
		r->end = r->at + len;
	if (!skip(r, 2 + 32) || !take_part(r, 1, &part) || !take_part(r, 2, &part) || !take_part(r, 1, &part) ||
	    !take(r, 2, &len))
		return false;
	if (len < r->end - r->at)
		r->end = r->at + len;
	return true;
}

static bool find_extension(struct reader *r, uint32_t wanted, struct reader *found)
{
	uint32_t type;

	while (take(r, 2, &type) && take_part(r, 2, found)) {
		if (type == wanted)
			return true;
	}
	return false;
}

static bool locate(struct ps_packet *pkt, const struct ps_header *header, const struct ps_field *field,
		   struct ps_bits *at)
{
	bool is_sni = field == &fields[SNI];
	struct reader r, extension, list, name;
	uint32_t type;

	if (!find_extensions(pkt, header, &r) ||
	    !find_extension(&r, is_sni ? EXTENSION_SNI : EXTENSION_ALPN, &extension) || !take_part(&extension, 2, &list))
		return false;
	if (is_sni) {
		if (!take(&list, 1, &type) || type != SNI_HOST || !take_part(&list, 2, &name))
			return false;
		list = name;
	}
	at->bit = list.at * 8;
	at->width = (list.end - list.at) * 8;
	return true;
}

static bool looks_like(struct ps_packet *pkt, const struct ps_header *header)
{
	const uint8_t *p = ps_proto_read(pkt, header);

	return p && p[0] >= 20 && p[0] <= 24 && p[1] == 3 && p[2] <= 4;
}

const struct ps_proto ps_proto_tls = {
	.name = "packet_tls",
	.header_min = FIXED,
	.locate = locate,
	.looks_like = looks_like,
	PS_FIELDS(fields),
};
