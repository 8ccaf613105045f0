/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* TCP: RFC 9293, 3.1. Options: RFC 9293, 3.2; RFC 7323 (window scale, timestamps), RFC 2018 (selective acknowledgement). */
#include "protos.h"
#include "write.h"

#define FIXED	20

enum kind { END, NOP, MSS, WINDOW_SCALE, SACK = 5, TIMESTAMPS = 8 };

/* Options are a header of their own, too, so that they can be reached without the one they are in. */
static const struct ps_field option_fields[] = {
	{ "MSS",   { 0, 16 }, PS_UINT, PS_LOCATED },
	{ "WS",    { 0,  8 }, PS_UINT, PS_LOCATED },
	{ "SACK",  { 0, 16 }, PS_UINT, PS_LOCATED },
	{ "TSVAL", { 0, 32 }, PS_UINT, PS_LOCATED },
	{ "TSER",  { 0, 32 }, PS_UINT, PS_LOCATED },
};

/* Of each of them: the option that it is of, how long that is at least, and where in it the field is. */
static const struct place {
	uint8_t kind, len, at;
} places[] = {
	{ MSS, 4, 2 },
	{ WINDOW_SCALE, 3, 2 },
	{ SACK, 2, 0 },		/* its kind and its length */
	{ TIMESTAMPS, 10, 2 },
	{ TIMESTAMPS, 10, 6 },
};

/* Where the option of that kind is among len bytes of options; len: nowhere. */
static uint32_t find_option(const uint8_t *p, uint32_t len, uint8_t kind)
{
	uint32_t i = 0;

	while (i < len && p[i] != END) {
		if (p[i] == NOP) {
			i++;
			continue;
		}
		if (len - i < 2 || p[i + 1] < 2 || p[i + 1] > len - i)
			return len;
		if (p[i] == kind)
			return i;
		i += p[i + 1];
	}
	return len;
}

/* Where the field is that the row is of, in options that begin at byte begin of a header which has len bytes. */
static bool find_place(struct ps_packet *pkt, const struct ps_header *header, uint32_t begin, uint32_t len,
		       const struct place *place, struct ps_bits *at)
{
	const uint8_t *p = ps_packet_read(pkt, header->range.off, len);
	uint32_t off;

	if (!p || len < begin)
		return false;
	off = begin + find_option(p + begin, len - begin, place->kind);
	if (off == len || p[off + 1] < place->len)
		return false;
	at->bit = (off + place->at) * 8;
	return true;
}

static bool locate_option(struct ps_packet *pkt, const struct ps_header *header, const struct ps_field *field,
			  struct ps_bits *at)
{
	at->width = field->at.width;
	return find_place(pkt, header, 0, header->range.len, &places[field - option_fields], at);
}

/* The maximum segment size can be had without naming the options. */
static bool locate(struct ps_packet *pkt, const struct ps_header *header, const struct ps_field *field,
		   struct ps_bits *at)
{
	uint32_t len;

	at->width = field->at.width;
	return ps_proto_header_len(pkt, header, &len) && find_place(pkt, header, FIXED, len, &places[0], at);
}

/* The maximum segment size takes the place of four NOPs, or of padding behind the end of options, which then stands behind it. */
static bool make_room(struct ps_packet *pkt, const struct ps_header *header, const struct ps_field *field)
{
	static const uint8_t option[] = { MSS, 4, 0, 0, END };
	const uint8_t n = sizeof(option) - 1;
	struct ps_range range;
	uint32_t len, i, free;
	const uint8_t *p;

	(void)field;
	if (!ps_proto_header_len(pkt, header, &len))
		return false;
	p = ps_packet_read(pkt, header->range.off, len);
	if (!p)
		return false;
	for (i = FIXED; i < len; i += p[i] == NOP ? 1 : p[i + 1]) {
		for (free = 0; free < n && i + free < len && p[i + free] == NOP; free++)
			;
		if (free == n || (p[i] == END && len - i >= n))
			break;
		if (p[i] == END || (p[i] != NOP && (len - i < 2 || p[i + 1] < 2)))
			return false;
	}
	if (i >= len)
		return false;
	range = (struct ps_range){ header->range.off + i, p[i] == END && len - i > n ? n + 1u : n };
	return !ps_write_bytes(pkt, header, &range, option);
}

static const struct ps_field block[] = {
	{ "left",  { 0, 32 }, PS_UINT, PS_LOCATED },
	{ "right", { 0, 32 }, PS_UINT, PS_LOCATED },
};

/* The cursor counts the blocks that have been. */
static bool next_block(struct ps_packet *pkt, const struct ps_header *header, uint32_t *cursor, struct ps_field *here)
{
	const uint8_t *p = ps_packet_read(pkt, header->range.off, header->range.len);
	uint32_t off = p ? find_option(p, header->range.len, SACK) : 0, at = 2 + 8 * *cursor;

	if (!p || off == header->range.len || at + 8 > p[off + 1])
		return false;
	here[0].at.bit = (off + at) * 8;
	here[1].at.bit = (off + at + 4) * 8;
	++*cursor;
	return true;
}

static const struct ps_list lists[] = {
	{ "blocks", block, sizeof(block) / sizeof(block[0]), next_block,
	  "the blocks of a selective acknowledgement: tables with the sequence numbers `left` and `right`" },
};

const struct ps_proto ps_proto_tcp_opt = {
	.name = "packet_tcp_opt",
	.locate = locate_option,
	PS_LISTS(lists),
	PS_FIELDS(option_fields),
};

static const struct ps_field fields[] = {
	{ "sport",       {   0, 16 }, PS_UINT },
	{ "dport",       {  16, 16 }, PS_UINT },
	{ "seq",         {  32, 32 }, PS_UINT },
	{ "ack",         {  64, 32 }, PS_UINT },
	{ "data_off",    {  96,  4 }, PS_UINT, PS_SHAPE },
	{ "reserved",    { 100,  4 }, PS_UINT },
	{ "flags",       { 104,  8 }, PS_UINT },
	{ "window_size", { 112, 16 }, PS_UINT },
	{ "check",       { 128, 16 }, PS_UINT, PS_CHECKSUM },
	{ "urgent",      { 144, 16 }, PS_UINT },
	{ "options",     { 160,  0 }, PS_BYTES, PS_OPTIONS | PS_HEADER },
	{ "mss",         { 160, 16 }, PS_UINT, PS_LOCATED | PS_PART },
	{ "data",        { 160,  0 }, PS_BYTES, PS_PAYLOAD },
};

/* https://www.iana.org/assignments/service-names-port-numbers */
static const struct ps_port ports[] = {
	{ 80, &ps_proto_http },
	{ 443, &ps_proto_tls },
	{ 0, NULL },
};

const struct ps_proto ps_proto_tcp = {
	.name = "packet_tcp",
	.header_min = FIXED,
	.header_len = PS_WORD(96, 4),
	.locate = locate,
	.make_room = make_room,
	.options = &ps_proto_tcp_opt,
	.ports = ports,
	.any_next = true,
	.csum = { .kind = PS_CSUM_PSEUDO, .at = 16 },
	PS_FIELDS(fields),
};
