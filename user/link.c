/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "link.h"

#include <string.h>

#include "order.h"
#include "packet.h"

#define ETH_P_IP	0x0800
#define ETH_P_IPV6	0x86DD

#define CISCO_HDLC	104

#define LLC_UI		0x03	/* unnumbered information: a packet follows */

/* The rest of a frame, behind the headers that have been read. */
struct frame {
	const uint8_t *bytes;
	uint32_t off, len;	/* of the rest */
	bool is_big;
};

struct ps_link {
	uint16_t number;
	bool (*find)(const struct ps_link *link, struct frame *f, struct ps_network *n);
	uint8_t header;		/* bytes of the header; where its length varies, of the part that is always there */
	uint8_t at;		/* the offset of the Ethernet type in it */
	bool tells_length;	/* of what it carries */
};

static const uint8_t *left(const struct frame *f)
{
	return f->bytes + f->off;
}

/* Goes on behind n bytes. False: there are fewer. */
static bool skip(struct frame *f, uint32_t n)
{
	if (n > f->len)
		return false;
	f->off += n;
	f->len -= n;
	return true;
}

/* The rest is the packet. */
static bool found(const struct frame *f, uint16_t type, struct ps_network *n)
{
	*n = (struct ps_network){ f->off, f->len, type };
	return true;
}

/* The same, if it is IP: handlers on hooks without a link layer never get anything else. */
static bool found_ip(const struct frame *f, uint16_t type, struct ps_network *n)
{
	return (type == ETH_P_IP || type == ETH_P_IPV6) && found(f, type, n);
}

/* The capture ends within the header: there are no more bytes, and nobody knows what it carries. */
static bool cut(struct frame *f, struct ps_network *n)
{
	skip(f, f->len);
	return found(f, 0, n);
}

uint16_t ps_link_ip_type(const uint8_t *bytes, uint32_t len)
{
	unsigned int version = len ? bytes[0] >> 4 : 0;

	return version == 4 ? ETH_P_IP : version == 6 ? ETH_P_IPV6 : 0;
}

/*
 * Headers of fixed length.
 */
static bool by_version(const struct ps_link *link, struct frame *f, struct ps_network *n)
{
	if (!skip(f, link->header))
		return cut(f, n);
	return found(f, ps_link_ip_type(left(f), f->len), n);
}

/* Handlers see the Ethernet header, too, so any type is a packet. */
static bool ethernet(const struct ps_link *link, struct frame *f, struct ps_network *n)
{
	const uint8_t *header = left(f);

	if (!skip(f, link->header))
		return cut(f, n);
	return found(f, ps_load16(header + link->at), n);
}

static bool by_type(const struct ps_link *link, struct frame *f, struct ps_network *n)
{
	const uint8_t *header = left(f);
	uint16_t type;

	if (!skip(f, link->header))
		return cut(f, n);
	type = ps_load16(header + link->at);
	return type ? found_ip(f, type, n) : found(f, 0, n);
}

/* The header is an address family. For IPv6 systems have different numbers. */
static bool by_family(const struct ps_link *link, struct frame *f, struct ps_network *n)
{
	uint32_t family;

	if (!skip(f, link->header))
		return cut(f, n);
	/* in the byte order of the host that captured, which need not be that of the file */
	family = ps_load32(f->bytes);
	if (family > 0xFFFF)
		family = __builtin_bswap32(family);
	switch (family) {
	case 2:
		return found(f, ETH_P_IP, n);
	case 10: case 24: case 28: case 30:
		return found(f, ETH_P_IPV6, n);
	}
	return family ? false : found(f, 0, n);
}

/*
 * PPP. Address and control bytes may be left out (RFC 1661, 6.6), and so may the first byte of a protocol
 * number below 256 (6.5).
 */
static bool ppp_protocol(struct frame *f, struct ps_network *n)
{
	uint32_t protocol;

	if (!f->len)
		return false;
	if (left(f)[0] & 1) {
		protocol = left(f)[0];
		skip(f, 1);
	} else {
		if (f->len < 2)
			return false;
		protocol = ps_load16(left(f));
		skip(f, 2);
	}
	return protocol == 0x0021 ? found(f, ETH_P_IP, n) :
	       protocol == 0x0057 ? found(f, ETH_P_IPV6, n) : false;
}

static bool ppp(const struct ps_link *link, struct frame *f, struct ps_network *n)
{
	skip(f, link->header);
	if (f->len >= 2 && (left(f)[0] == 0x0F || left(f)[0] == 0x8F) && !left(f)[1])
		return by_type(ps_link_of(CISCO_HDLC), f, n);
	if (f->len >= 2 && ps_load16(left(f)) == 0xFF03)
		skip(f, 2);
	return ppp_protocol(f, n);
}

/* pppd writes a direction where PPP has an address. */
static bool pppd(const struct ps_link *link, struct frame *f, struct ps_network *n)
{
	return f->len >= 2 && left(f)[1] == LLC_UI && skip(f, link->header) && ppp_protocol(f, n);
}

/* The header of PPPoE's session stage, RFC 2516. */
static bool pppoe(const struct ps_link *link, struct frame *f, struct ps_network *n)
{
	return skip(f, link->header) && ppp_protocol(f, n);
}

/*
 * 802.2 with the subnetwork access protocol: an organization, and one of its types. Organization 0 has the types of Ethernet
 * (RFC 1042).
 */
static bool snap(struct frame *f, struct ps_network *n)
{
	const uint8_t *p = left(f);

	if (!skip(f, 5) || p[0] || p[1] || p[2])
		return false;
	return found_ip(f, ps_load16(p + 3), n);
}

static bool llc(struct frame *f, struct ps_network *n)
{
	static const uint8_t head[] = { 0xAA, 0xAA, LLC_UI };
	const uint8_t *p = left(f);

	return skip(f, sizeof(head)) && !memcmp(p, head, sizeof(head)) && snap(f, n);
}

/*
 * 802.11: data frames that are not encrypted, and hold one packet, from its first byte on.
 */
static bool wifi_frame(struct frame *f, struct ps_network *n)
{
	enum { DATA = 2, NO_DATA = 4, QOS = 8 };	/* type; bits of the subtype */
	enum { TO_AND_FROM = 3, PROTECTED = 0x40, ORDER = 0x80 };
	enum { HEADER = 24, ADDRESS = 6, QOS_CONTROL = 2, HT_CONTROL = 4, AGGREGATED = 0x80 };
	const uint8_t *p = left(f);
	unsigned int subtype, flags;
	uint32_t size = HEADER;

	if (f->len < HEADER || (p[0] & 3) || (p[0] >> 2 & 3) != DATA)
		return false;
	subtype = p[0] >> 4;
	flags = p[1];
	if ((subtype & NO_DATA) || (flags & PROTECTED) || (p[22] & 0x0F))
		return false;
	if ((flags & TO_AND_FROM) == TO_AND_FROM)
		size += ADDRESS;
	if (subtype & QOS) {
		if (f->len < size + QOS_CONTROL || (p[size] & AGGREGATED))
			return false;
		size += QOS_CONTROL + (flags & ORDER ? HT_CONTROL : 0);
	}
	return skip(f, size) && llc(f, n);
}

static bool wifi(const struct ps_link *link, struct frame *f, struct ps_network *n)
{
	(void)link;
	return wifi_frame(f, n);
}

/* The byte of flags in a radiotap header, which has size bytes and is all there; 0: it has no flags. */
static uint8_t radiotap_flags(const uint8_t *p, uint32_t size)
{
	enum { HAS_TIME = 1, HAS_FLAGS = 2, TIME = 8 };
	const uint32_t present = ps_get32(p + 4, false);
	uint32_t at = 4;

	/* another word of bits follows each one whose highest bit is set */
	do {
		if (at + 4 > size)
			return 0;
		at += 4;
	} while (p[at - 1] & 0x80);
	if (!(present & HAS_FLAGS))
		return 0;
	if (present & HAS_TIME)
		at = ((at + 7) & ~7u) + TIME;
	return at < size ? p[at] : 0;
}

/* radiotap: its numbers are little endian on all hosts. The frame may end in its check sequence. */
static bool radiotap(const struct ps_link *link, struct frame *f, struct ps_network *n)
{
	enum { HAS_FCS = 0x10, IS_PADDED = 0x20, FCS = 4 };
	const uint8_t *p = left(f);
	uint32_t size;
	uint8_t flags;

	if (f->len < link->header || p[0])
		return false;
	size = ps_get16(p + 2, false);
	if (size < link->header || size > f->len)
		return false;
	flags = radiotap_flags(p, size);
	/* devices that pad the header to four bytes do not agree on which bytes they count */
	if (flags & IS_PADDED)
		return false;
	skip(f, size);
	if (!wifi_frame(f, n))
		return false;
	if (flags & HAS_FCS && n->len >= FCS)
		n->len -= FCS;
	return true;
}

/*
 * Frame Relay: an address of two to four bytes, then what RFC 2427 says; or, in Cisco's way, an Ethernet type.
 */
static bool frame_relay(const struct ps_link *link, struct frame *f, struct ps_network *n)
{
	enum { IP = 0xCC, IPV6 = 0x8E, SNAP = 0x80, PAD = 0, LAST = 1, LONGEST = 4 };
	const uint8_t *p;
	uint32_t size = 2;

	if (!skip(f, link->header) || f->len < 2 || (left(f)[0] & LAST))
		return false;
	while (!(left(f)[size - 1] & LAST)) {
		if (size == LONGEST || size == f->len)
			return false;
		size++;
	}
	skip(f, size);
	p = left(f);
	if (f->len < 2)
		return false;
	if (p[0] != LLC_UI) {
		skip(f, 2);
		return found_ip(f, ps_load16(p), n);
	}
	skip(f, p[1] == PAD ? 2 : 1);
	p = left(f);
	if (!skip(f, 1))
		return false;
	switch (p[0]) {
	case IP:
		return found(f, ETH_P_IP, n);
	case IPV6:
		return found(f, ETH_P_IPV6, n);
	case SNAP:
		return snap(f, n);
	}
	return false;
}

/*
 * What a rule logs by NFLOG: attributes in the byte order of the host that captured. When a program rewrites a file in the
 * other order, it may leave them as they are: so both orders are tried.
 */
static bool nflog_attributes(const struct frame *f, bool is_big, struct ps_network *n)
{
	enum { HEADER = 4, TYPE = 0x3FFF, PACKET_HEADER = 1, PAYLOAD = 9 };
	uint32_t off = 0, size;
	uint16_t type = 0;

	while (f->len - off >= HEADER) {
		const uint8_t *p = left(f) + off;

		size = ps_get16(p, is_big);
		if (size < HEADER)
			return false;
		if ((ps_get16(p + 2, is_big) & TYPE) == PAYLOAD) {
			n->off = f->off + off + HEADER;
			n->len = (size < f->len - off ? size : f->len - off) - HEADER;
			n->type = type;
			return true;
		}
		size = (size + 3) & ~3u;
		if (size > f->len - off)
			return false;
		if ((ps_get16(p + 2, is_big) & TYPE) == PACKET_HEADER && size >= HEADER + 2)
			type = ps_load16(p + HEADER);
		off += size;
	}
	return false;
}

static bool nflog(const struct ps_link *link, struct frame *f, struct ps_network *n)
{
	enum { IPV4 = 2, IPV6 = 10 };
	const uint8_t *p = left(f);

	if (!skip(f, link->header) || p[1])
		return false;
	if (!nflog_attributes(f, f->is_big, n) && !nflog_attributes(f, !f->is_big, n))
		return false;
	if (p[0] == IPV4)
		n->type = ETH_P_IP;
	else if (p[0] == IPV6)
		n->type = ETH_P_IPV6;
	return n->type == ETH_P_IP || n->type == ETH_P_IPV6;
}

/* https://www.tcpdump.org/linktypes.html */
static const struct ps_link links[] = {
	{ PS_LINK_ETHERNET, ethernet, 14, 12 },
	{ 113, by_type, 16, 14 },	/* Linux cooked */
	{ 276, by_type, 20, 0 },	/* its second version */
	{ 0,   by_family, 4 },		/* loopback of BSD */
	{ 108, by_family, 4 },		/* that of OpenBSD */
	{ PS_LINK_RAW, by_version },		/* raw IP */
	{ 12,  by_version },		/* the same; some systems write these numbers to files */
	{ 14,  by_version },
	{ 228, by_version },		/* raw IPv4 */
	{ 229, by_version },		/* raw IPv6 */
	{ 8,   by_version, 16 },	/* SLIP: the direction, and the compressed header */
	{ 9,   ppp },
	{ 50,  ppp },			/* over serial lines */
	{ 204, ppp, 1 },		/* with a direction */
	{ 166, pppd, 2 },
	{ 51,  pppoe, 6, 0, true },
	{ CISCO_HDLC, by_type, 4, 2 },
	{ 107, frame_relay },
	{ 206, frame_relay, 1 },	/* with a direction */
	{ 105, wifi },			/* 802.11 */
	{ 127, radiotap, 8 },
	{ 239, nflog, 4, 0, true },
};

const struct ps_link *ps_link_of(uint16_t number)
{
	size_t i;

	for (i = 0; i < sizeof(links) / sizeof(*links); i++) {
		if (links[i].number == number)
			return &links[i];
	}
	return NULL;
}

bool ps_link_tells_length(uint16_t number)
{
	const struct ps_link *link = ps_link_of(number);

	return link && link->tells_length;
}

bool ps_link_find(const struct ps_link *link, const uint8_t *bytes, uint32_t len, bool is_big,
		  struct ps_network *network)
{
	struct frame f = { bytes, 0, len, is_big };

	return link->find(link, &f, network);
}

/* Where the header of Linux cooked captures says that the packet is one that was sent, and by what: an Ethernet device. */
enum { COOKED = 113, COOKED2 = 276, SENT = 4, ETHERNET = 1 };

int ps_link_make(uint16_t number, const uint8_t *packet, uint32_t len, uint8_t header[PS_LINK_HEADER])
{
	const struct ps_link *link = ps_link_of(number);

	memset(header, 0, PS_LINK_HEADER);
	switch (number) {
	case COOKED:
		header[1] = SENT;
		header[3] = ETHERNET;
		break;
	case COOKED2:
		header[9] = ETHERNET;
		header[10] = SENT;
		break;
	case PS_LINK_ETHERNET:
		break;
	default:
		return link && link->find == by_version && !link->header ? 0 : -1;
	}
	ps_store16(header + link->at, ps_link_ip_type(packet, len));
	return link->header;
}
