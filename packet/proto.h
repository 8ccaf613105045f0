/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What a protocol is: tables. proto/<name>.c has one each, proto/protos.c lists them.
 */
#ifndef PS_PROTO_H
#define PS_PROTO_H

#include "packet.h"
#include "value.h"

/* Bits of a header, as drawn in its RFC. */
struct ps_bits {
	uint32_t bit;
	uint32_t width;
};

/*
 * What tells how to go on: bits within a 16-bit word of the header's fixed part. Mask 0: there
 * is no such field, and it reads as 0.
 */
struct ps_word {
	uint8_t at;		/* in bytes, even */
	uint8_t shift;		/* how many bits are behind it */
	uint16_t mask;		/* where its bits are */
};

#define PS_INT_BITS	48	/* of a field whose type has_int, at most */
#define PS_FIELD_BYTES	16	/* one of at most 48 bits lies within 7 bytes; wide ones are 16 */
#define PS_NESTED_MAX	16	/* headers with checksums that lie in one another */
#define PS_INNER_MAX	6	/* headers that are looked for inside those */
#define PS_QUOTED_MIN	8	/* bytes of a transport header that ICMP errors quote: RFC 792 */

#define PS_WORD(bit, width) \
	{ (bit) / 16 * 2, 16 - (bit) % 16 - (width), ((1 << (width)) - 1) << (16 - (bit) % 16 - (width)) }

/* How a field relates to checksums and to the header's end. */
enum ps_field_flags {
	PS_CHECKSUM = 1,	/* is the checksum that struct ps_csum describes */
	PS_PSEUDO = 2,		/* also counts in the pseudo header of the transport */
	PS_COVERAGE = 4,	/* says which bytes checksums are of */
	PS_OPTIONS = 8,		/* runs from its bit to the end of the header */
	PS_PAYLOAD = 16,	/* runs from the end of the header to the end of the view */
	PS_ROUTED = 32,		/* with PS_PSEUDO: not while a source route goes on from there */
	PS_LOCATED = 64,	/* each header says where it is, if at all: struct ps_proto, locate */
	PS_SHAPE = 128,		/* says where the payload begins, or what it is */
	PS_PART = 256,		/* bits of a field before it, which have a name of their own */
	PS_READ_ONLY = 512,	/* what it says is summed up or signed elsewhere */
	PS_HEADER = 1024,	/* with PS_OPTIONS: these are a header of their own: struct ps_proto, options */
	PS_SCRIPTED = 2048,	/* a script has described it, and may have functions that read and write it */
};

struct ps_field {
	const char *name;
	struct ps_bits at;	/* whole bytes unless its type has_int */
	const struct ps_type *type;
	uint16_t flags;		/* enum ps_field_flags */
};

/* What a key stands for: one of a list of options, or of header lines. */
struct ps_key {
	const char *name;	/* NULL: it is the number */
	size_t len;
	uint32_t number;
};

/* What a header has at most one of for each key: http:header("host"). */
struct ps_keyed {
	const char *name;	/* the method that gives it */
	const char *key;	/* what the key is called */
	bool is_number;		/* the key is one; else a text */
	struct ps_field field;	/* what is found, but for where */
	/* Where that is. False: there is none. As locate() of struct ps_proto. */
	bool (*find)(struct ps_packet *pkt, const struct ps_header *header, const struct ps_key *key, struct ps_bits *at);
	const char *about;	/* as in struct ps_callable */
};

/* Whether these bytes are the key's name, in letters of any case. */
bool ps_key_is(const struct ps_key *key, const uint8_t *bytes, uint32_t len);

#define PS_COLUMNS_MAX	6

/* What a header has any number of: dns:answers(). */
struct ps_list {
	const char *name;	/* the method that goes through it */
	const struct ps_field *columns;		/* of each element, PS_COLUMNS_MAX at most; scripts also get the offset of bytes */
	uint8_t ncolumns;
	/*
	 * Where the columns of the element at *cursor are, which begins at 0, and goes on to the next one; a column may be of
	 * another type than its row says, or of width 0. False: there are no more, or what follows is malformed. As locate().
	 */
	bool (*next)(struct ps_packet *pkt, const struct ps_header *header, uint32_t *cursor, struct ps_field *here);
	const char *about;	/* as in struct ps_callable */
};

/* The payload is protocol proto if the field next_by has this value. Ends with NULL, at a value that does not occur, or 0. */
struct ps_next {
	uint16_t value;
	const struct ps_proto *proto;
};

/* What may be behind a well-known port: a guess, where nothing else tells. Ends with NULL. */
struct ps_port {
	uint16_t port;
	const struct ps_proto *proto;
};

enum ps_csum_kind {
	PS_CSUM_NONE,
	PS_CSUM_LENDS,		/* it has none, but what it carries counts its addresses: a network layer's */
	PS_CSUM_HEADER,		/* of the header's bytes */
	PS_CSUM_MESSAGE,	/* of header and payload */
	PS_CSUM_PSEUDO,		/* of those and the pseudo header of the network layer */
	PS_CSUM_CRC32C,		/* of header and payload, and no Internet checksum: 32 bits, as SCTP has them (RFC 9260, appendix A) */
};

/* An Internet checksum (RFC 1071), or what stands for one. */
struct ps_csum {
	uint8_t kind;		/* enum ps_csum_kind */
	uint8_t at;		/* byte offset in the header */
	bool zero_is_none;	/* 0 says that there is none; a sum of 0 is sent as 0xFFFF */
	bool covers_payload;	/* covers is words of payload, and 1 is none of them */
	struct ps_word covers;	/* how many bytes of the message it is of; 0: of all */
	struct ps_word present;	/* if not 0, there is one; no such field: there always is */
};

struct ps_header;

/* What a header says of itself that goes on behind its fixed part. */
struct ps_extent {
	uint32_t len;		/* bytes, up to the payload */
	uint32_t shape_end;	/* those from the fixed part's end to here say how long it is; 0: none do */
	uint16_t next;		/* what its payload is, as next_by has it */
	bool is_fragment;	/* the payload begins in the middle of something */
	bool more_fragments;	/* it ends there */
	uint32_t fragment;	/* bytes, up to the extension header that tells so; 0: there is none */
};

union ps_first_bytes {
	uint8_t bytes[8];
	uint64_t word;
};

/*
 * How the first 8 bytes tell, by one look, a header without options, and that is no later fragment: what header_len and fragment
 * say, which the mask has all of.
 */
struct ps_plain {
	union ps_first_bytes mask, is;
};

struct ps_proto {
	const char *name;	/* the global in scripts */
	uint16_t header_min;	/* bytes of the fixed part */
	struct ps_word header_len;	/* the header's length in units of 4 bytes */
	struct ps_word total_len;	/* header and payload in bytes; 0 there: not told */
	uint8_t total_more;	/* bytes that total_len does not count */
	struct ps_word fragment;	/* if not 0, the payload begins in the middle of something */
	struct ps_word more_fragments;	/* if not 0, it ends there */
	/*
	 * Finds the extent of a header that these words do not tell all of; NULL: they do. False: it is malformed, or
	 * not all there. May move pkt->data. The work is bounded, whatever the packet says.
	 */
	bool (*extent)(struct ps_packet *pkt, const struct ps_header *header, struct ps_extent *extent);
	struct ps_word shape;	/* with extent: what in the fixed part says that it goes on */
	/*
	 * With extent: a bit for each value of next_by, below 64, with which the header goes on; 0: shape says that in some other
	 * way. None of these is in next.
	 */
	uint64_t goes_on;
	struct ps_plain plain;	/* 0: nobody asks */
	struct ps_word next_by;
	const struct ps_next *next;	/* NULL: payloads are raw only */
	const struct ps_port *ports;	/* by which payloads are guessed; the header begins with source and destination. Or NULL */
	bool any_next;			/* any protocol may be looked for, whatever next says */
	bool is_link;			/* may be absent, see struct ps_packet */
	bool is_between;		/* transports in it count the pseudo header of the network layer around it */
	bool quotes;			/* payloads that next tells are the beginning of a packet */
	/*
	 * Where in the header the destination stands to which a source route leads that is not used
	 * up; 0: there is none. len bytes at header are the fixed part and options. NULL: no routes.
	 */
	uint32_t (*route)(const uint8_t *header, uint32_t len);
	/*
	 * Where a field with PS_LOCATED lies in this header. False: the header has not got it, or is malformed. May move
	 * pkt->data. NULL: there are no such fields.
	 */
	bool (*locate)(struct ps_packet *pkt, const struct ps_header *header, const struct ps_field *field,
		       struct ps_bits *at);
	/*
	 * Makes room for a field with PS_LOCATED which the header has not got, in bytes of it that say nothing, with ps_write_bytes().
	 * Afterwards locate() finds it. False: there is no room. NULL: there never is.
	 */
	bool (*make_room)(struct ps_packet *pkt, const struct ps_header *header, const struct ps_field *field);
	/*
	 * Whether bytes look like such a header, where a port says that they may be one; NULL: they all do. May move pkt->data.
	 */
	bool (*looks_like)(struct ps_packet *pkt, const struct ps_header *header);
	/*
	 * Makes a message of another one, of len bytes, in which n bytes, as the type of a text encodes it, take the place of
	 * the field: what behind the fixed part is to follow. Puts at most size bytes into to. Returns how many there are, or a
	 * negative enum ps_field_error. NULL: a text that gets another length moves no more than what is behind it.
	 */
	int (*rewrite)(const uint8_t *message, uint32_t len, const struct ps_field *field, const uint8_t *bytes, uint32_t n,
		       uint8_t *to, uint32_t size);
	const struct ps_proto *options;	/* that of a field with PS_HEADER */
	struct ps_csum csum;
	const struct ps_field *fields;	/* never NULL: what goes through them adds to it */
	uint8_t nfields;
	uint8_t nkeyed, nlists;
	const struct ps_keyed *keyed;
	const struct ps_list *lists;
};

/* The protocols that a state knows. A protocol's id is its place. */
struct ps_registry {
	const struct ps_proto **protos;
	unsigned int n;
};

/* Its name without what all have in common: "udp". */
const char *ps_proto_short_name(const struct ps_proto *proto);

/* The id of a protocol, which is there. */
static inline unsigned int ps_proto_id(const struct ps_registry *registry, const struct ps_proto *proto)
{
	unsigned int id = 0;

	while (registry->protos[id] != proto)
		id++;
	return id;
}

/* The protocol of that name, as "packet_udp", or NULL. */
const struct ps_proto *ps_registry_named(const struct ps_registry *registry, const char *name);

/* Just bytes, in which any protocol may be looked for. */
extern const struct ps_proto ps_proto_raw;

#define PS_KEYED(table)		.keyed = (table), .nkeyed = sizeof(table) / sizeof((table)[0])
#define PS_LISTS(table)		.lists = (table), .nlists = sizeof(table) / sizeof((table)[0])
#define PS_FIELDS(table)	.fields = (table), .nfields = sizeof(table) / sizeof((table)[0])

/* Bytes [off, off + len) of a packet. */
struct ps_range {
	uint32_t off;
	uint32_t len;
};

/*
 * A header at range.off, and what is known to follow it: its payload, maybe padding. The packet has
 * all of range.
 */
struct ps_header {
	const struct ps_proto *proto;
	struct ps_range range;
	const struct ps_header *outer;	/* the enclosing one that matters to checksums, or NULL */
};

/* Whether it is the same header: it may have been looked for twice. */
static inline bool ps_header_is_same(const struct ps_header *a, const struct ps_header *b)
{
	return a->proto == b->proto && a->range.off == b->range.off;
}

/* The fixed part of the header, or NULL: it is not there. Holds as ps_packet_read()'s does. */
static inline const uint8_t *ps_proto_read(struct ps_packet *pkt, const struct ps_header *header)
{
	return ps_packet_read(pkt, header->range.off, header->proto->header_min);
}

/* Whether the header, whose protocol has these bytes, has no options, and is no later fragment. It may still have an extent. */
static inline bool ps_proto_is_plain(const uint8_t *fixed, const struct ps_proto *proto)
{
	return (ps_load64_raw(fixed) & proto->plain.mask.word) == proto->plain.is.word;
}

/* A value in the fixed part. */
static inline uint32_t ps_proto_word(const uint8_t *fixed, struct ps_word word)
{
	return (ps_load16(fixed + word.at) & word.mask) >> word.shift;
}

/* Whether it is not 0. */
static inline bool ps_proto_has(const uint8_t *fixed, struct ps_word word)
{
	return ps_load16(fixed + word.at) & word.mask;
}

/* The protocol that the value stands for in the rows from here on, or NULL. */
const struct ps_proto *ps_proto_row(const struct ps_next *row, uint16_t value);

/* The row, if it is the only one, whose protocol this is; or NULL. */
const struct ps_next *ps_proto_only_row(const struct ps_next *row, const struct ps_proto *proto);

/* The length in an extent; 0 if there is none. */
uint32_t ps_proto_extent_len(struct ps_packet *pkt, const struct ps_header *header);

/* The protocol that next has for what the fixed part says, or NULL. */
static inline const struct ps_proto *ps_proto_row_of(const uint8_t *fixed, const struct ps_proto *proto)
{
	uint32_t value = ps_proto_word(fixed, proto->next_by);
	const struct ps_next *row = proto->next;

	for (; row->value != value; row++) {
		if (!row->proto)
			return NULL;
	}
	return row->proto;
}

/* Whether the header may have more than its fixed part, of an extent that has to be found. */
static inline bool ps_proto_goes_on(const uint8_t *fixed, const struct ps_proto *proto)
{
	uint32_t value;

	if (ps_likely(!proto->extent))
		return false;
	value = ps_proto_word(fixed, proto->next_by);
	return !proto->goes_on || (value < 64 && proto->goes_on >> value & 1);
}

/* What a header with this fixed part, which does not hold any more afterwards, says of its own length. */
static inline uint32_t ps_proto_head(struct ps_packet *pkt, const uint8_t *fixed,
				     const struct ps_header *header)
{
	const struct ps_proto *proto = header->proto;

	if (proto->header_len.mask)
		return ps_proto_word(fixed, proto->header_len) * 4;
	return ps_proto_goes_on(fixed, proto) ? ps_proto_extent_len(pkt, header) : proto->header_min;
}

/* True if the whole header, with its options, is in header->range, which the packet has. */
static ps_inline bool ps_proto_fits_range(struct ps_packet *pkt, const struct ps_header *header)
{
	const struct ps_proto *proto = header->proto;
	const struct ps_range *range = &header->range;
	const uint8_t *fixed;
	uint32_t head;

	if (range->len < proto->header_min)
		return false;
	if (proto->header_len.mask) {
		fixed = ps_packet_reach(pkt, range->off, proto->header_min);
		return fixed && ps_proto_word(fixed, proto->header_len) * 4 <= range->len;
	}
	if (!ps_unlikely(proto->extent))
		return true;
	fixed = ps_packet_reach(pkt, range->off, proto->header_min);
	if (fixed && !ps_proto_goes_on(fixed, proto))
		return true;
	head = fixed ? ps_proto_extent_len(pkt, header) : 0;
	return head && head <= range->len;
}

/* True if the whole header, with its options, is there. */
static inline bool ps_proto_fits(struct ps_packet *pkt, const struct ps_header *header)
{
	return ps_packet_has(pkt, header->range.off, header->range.len) &&
	       ps_proto_fits_range(pkt, header);
}

/* What ps_proto_select() gives by the extent. */
const struct ps_proto *ps_proto_select_extent(struct ps_packet *pkt, const struct ps_header *header);

/*
 * The protocol that a header with this fixed part says its payload is, or NULL. If the header has an extent, fixed
 * does not hold any more afterwards.
 */
static inline const struct ps_proto *ps_proto_select(struct ps_packet *pkt, const uint8_t *fixed,
						     const struct ps_header *header)
{
	const struct ps_proto *proto = header->proto, *next;

	if (!proto->next || ps_proto_has(fixed, proto->fragment))
		return NULL;
	next = ps_proto_row_of(fixed, proto);
	return ps_unlikely(!next && proto->extent) ? ps_proto_select_extent(pkt, header) : next;
}

/* How many bytes header and payload have, by the header; 0: it does not tell. */
static inline uint32_t ps_proto_told(const uint8_t *fixed, const struct ps_proto *proto)
{
	uint32_t told = ps_proto_word(fixed, proto->total_len);

	return told ? told + proto->total_more : 0;
}

/*
 * Where the payload lies behind head bytes of a header that tells of so many, 0: it does not tell. False: head is
 * beyond that.
 */
static inline bool ps_proto_behind(const struct ps_header *header, uint32_t head, uint32_t told,
				   struct ps_range *payload)
{
	uint32_t total = header->range.len;

	if (told && told < total)
		total = told;
	if (head > total)
		return false;
	payload->off = header->range.off + head;
	payload->len = total - head;
	return true;
}

/* ps_proto_payload() of a header that has an extent. */
bool ps_proto_payload_extent(struct ps_packet *pkt, const struct ps_header *header,
			     struct ps_range *payload);

/* As ps_proto_payload(), for a header whose fixed part this is; it need not hold if the header has an extent. */
static ps_inline bool ps_proto_payload_of(struct ps_packet *pkt, const uint8_t *fixed,
					  const struct ps_header *header, struct ps_range *payload)
{
	const struct ps_proto *proto = header->proto;
	uint32_t head;

	if (proto->header_len.mask) {
		head = ps_proto_word(fixed, proto->header_len) * 4;
	} else {
		head = proto->header_min;
		if (ps_unlikely(proto->extent != NULL)) {
			fixed = ps_proto_read(pkt, header);	/* finding the extent may have moved it */
			if (!fixed)
				return false;
			if (ps_proto_goes_on(fixed, proto))
				return ps_proto_payload_extent(pkt, header, payload);
		}
	}
	return head >= proto->header_min &&
	       ps_proto_behind(header, head, proto->total_len.mask ? ps_proto_told(fixed, proto) : 0, payload);
}

/* Length of the header with its options. False if it is malformed or truncated. */
bool ps_proto_header_len(struct ps_packet *pkt, const struct ps_header *header, uint32_t *len);

/*
 * Where the payload lies, without padding. False if the header is malformed. If the header
 * tells of more bytes than there are, the payload ends with the packet.
 */
bool ps_proto_payload(struct ps_packet *pkt, const struct ps_header *header,
		      struct ps_range *payload);

/*
 * The header that the payload begins with, as far as the policy knows protocols. False: an
 * unknown one, a later fragment, truncated, malformed.
 */
bool ps_proto_next(struct ps_packet *pkt, const struct ps_header *header, struct ps_header *next);

/*
 * Makes what ps_proto_next() and ps_proto_route() look at readable, as far as it is there. False: no
 * memory; what they say then is no answer.
 */
bool ps_proto_reach_next(struct ps_packet *pkt, const struct ps_header *header);

/*
 * The same, also if the header is the beginning of one: as ps_proto_is_quoted() tells.
 */
bool ps_proto_next_begun(struct ps_packet *pkt, const struct ps_header *header,
			 struct ps_header *next);

/*
 * What follows a header, and headers that are between (struct ps_proto, is_between): the first that is not, as
 * ps_proto_next_begun() has it.
 */
bool ps_proto_next_beyond(struct ps_packet *pkt, const struct ps_header *header, struct ps_header *next);

/*
 * The header that the payload looks like, where a port says that it may be one; the destination's goes first. wanted: only it, or
 * what may carry it; NULL: any. False: it looks like none, or is not whole.
 */
bool ps_proto_guess(struct ps_packet *pkt, const struct ps_header *header, const struct ps_proto *wanted, struct ps_header *next);

/* The outermost header that a packet has behind its link layer, by what it is said to be; maybe not whole. */
bool ps_proto_first(const struct ps_packet *pkt, struct ps_header *header);

/*
 * True if the header may be the beginning of one: in what an ICMP error quotes, of which the end is
 * missing. outer is what encloses it and has a checksum, not what lies between.
 */
bool ps_proto_is_quoted(struct ps_packet *pkt, const struct ps_header *header);

/* Where a source route leads to that is not used up: as struct ps_proto, route. */
uint32_t ps_proto_route(struct ps_packet *pkt, const struct ps_header *header);

/* True if the payload begins in the middle of something: of what, as next_by has it, is *next then. */
bool ps_proto_is_later(struct ps_packet *pkt, const struct ps_header *header, uint32_t *next);

/* What the payload is, as next_by has it. False: the header is malformed. */
bool ps_proto_next_value(struct ps_packet *pkt, const struct ps_header *header, uint32_t *next);

/* True if bytes of this packet are elsewhere: it is a fragment, or the capture was cut. */
bool ps_proto_is_partial(struct ps_packet *pkt, const struct ps_header *header);

/*
 * The field as it lies in this header: itself, or, if that is where only the header can say, *moved. NULL: the header
 * has not got it, or ends before it. Not for options and payloads.
 */
const struct ps_field *ps_proto_here(struct ps_packet *pkt, const struct ps_header *header,
				     const struct ps_field *field, struct ps_field *moved);

/*
 * Where a field lies: whole bytes for options and payloads, for others the bytes that hold its
 * bits. False if the header is malformed, or has not got it.
 */
bool ps_proto_field(struct ps_packet *pkt, const struct ps_header *header,
		    const struct ps_field *field, struct ps_range *range);

/* The field of that name, or NULL. Payloads are no fields here, as they are none to scripts, for which :data() gives them. */
const struct ps_field *ps_field_named(const struct ps_proto *proto, const char *name);

#endif
