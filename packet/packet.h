/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A packet: bounded bytes, and the few things a platform does with them. Front ends make one
 * on their stack; it lives as long as the handler runs. Offsets count bytes from the packet's
 * first one, which is the link-layer header if there is one, else the network header.
 */
#ifndef PS_PACKET_H
#define PS_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attr.h"

#define PS_PACKET_MAX	65535	/* bytes from the network header on, of one that is resized: RFC 791, 3.1 */

#define PS_COMPANY_NAME	16	/* bytes of a name at most, with its end: a device's (IFNAMSIZ) */

struct ps_next;
struct ps_packet;

/* What goes along with a packet, and is none of its bytes: numbers, then names. The first two can be set. */
enum ps_company {
	PS_COMPANY_MARK,
	PS_COMPANY_PRIORITY,
	PS_COMPANY_UID,		/* of who sends it from this machine */
	PS_COMPANY_DEV_IN,
	PS_COMPANY_DEV_OUT,
	PS_COMPANY_HOOK,	/* as iptables calls it */
};

/*
 * What connection tracking knows of the connection that a packet is of.
 */

/* Where the packet is within it, as the kernel and its netlink have it (enum ip_conntrack_info), and one for what that has no number for. */
enum ps_ct_info {
	PS_CT_ESTABLISHED,
	PS_CT_RELATED,
	PS_CT_NEW,
	PS_CT_ESTABLISHED_REPLY,
	PS_CT_RELATED_REPLY,
	PS_CT_UNTRACKED = 7,	/* nobody shall track it */
	PS_CT_INVALID,		/* no connection has such a packet */
};

enum ps_ct_number {
	PS_CT_INFO,		/* of the packet; what follows is the connection's */
	PS_CT_STATUS,		/* bits, as the kernel and its netlink have them (enum ip_conntrack_status) */
	PS_CT_MARK,
	PS_CT_ID,		/* as its netlink has it */
	PS_CT_ZONE,
	PS_CT_EXPIRATION,	/* seconds until it ends */
	PS_CT_PACKETS,		/* of one direction */
	PS_CT_BYTES,
};

/* One direction. Addresses in network byte order, the source first; of IPv4 the first four bytes. */
struct ps_ct_tuple {
	uint8_t address[2][16];
	uint16_t port[2];
	bool has_ports;
	uint8_t version;	/* 4 or 6 */
	uint8_t protocol;
};

/* What the source or the destination of a connection becomes. */
struct ps_ct_nat {
	bool is_source;
	bool is_masquerade;	/* the address of the device that it leaves by */
	uint8_t version;	/* of the addresses, 4 or 6; 0: the address stays, or is the device's */
	uint8_t address[2][16];	/* the first one, and the last */
	bool has_ports;
	uint16_t port[2];
	bool is_random, is_persistent;
};

/* The same rules as for struct ps_company_ops. */
struct ps_ct_ops {
	/* False: there is none. Without PS_CT_INFO nothing tracks the packet. reply: which direction, of what one has. */
	bool (*number)(struct ps_packet *pkt, enum ps_ct_number what, bool reply, uint64_t *value);
	bool (*set_mark)(struct ps_packet *pkt, uint32_t mark);
	bool (*tuple)(struct ps_packet *pkt, bool reply, struct ps_ct_tuple *tuple);
	/* NULL: it is done; else why not, a text that lasts. The member NULL: it cannot be done. */
	const char *(*nat)(struct ps_packet *pkt, const struct ps_ct_nat *nat);
	/* The same: the kernel's flowtable has the connection from now on. */
	const char *(*offload)(struct ps_packet *pkt);
};

/* Why a packet has no redirect(). */
#define PS_COMPANY_NO_DEVICE	"only at tc and XDP can a packet be sent to a device"

/* Asked only when a script asks. Any context that the packet is in. */
struct ps_company_ops {
	/* False: there is none. */
	bool (*number)(struct ps_packet *pkt, enum ps_company what, uint32_t *value);
	/* False: it cannot be set. */
	bool (*set)(struct ps_packet *pkt, enum ps_company what, uint32_t value);
	/* A text that lasts as long as the packet, of which no more than PS_COMPANY_NAME bytes may be read; NULL: there is none. */
	const char *(*name)(struct ps_packet *pkt, enum ps_company what);
	const struct ps_ct_ops *ct;	/* NULL: nothing is known of connections */
	/* By which device it leaves, if the verdict is PS_VERDICT_REDIRECT. NULL: it is noted; else why not, a text that lasts. */
	const char *(*redirect)(struct ps_packet *pkt, const char *device);
};

/* Each function may move pkt->data. Any context that the packet is in. */
struct ps_packet_ops {
	/* Makes bytes [0, end) readable, end <= pkt->len. False: no memory. */
	bool (*pull)(struct ps_packet *pkt, uint32_t end);
	/* The same, and nobody else sees what is written there. */
	bool (*make_writable)(struct ps_packet *pkt, uint32_t end);
	/*
	 * The checksum at pkt->partial is ours now: nobody completes it later. False: somebody
	 * has to, since segments will be made of the packet.
	 */
	bool (*own_checksum)(struct ps_packet *pkt);
	/*
	 * Makes add bytes of any value of the cut bytes at at, which is behind the link layer; those up to at + cut are
	 * readable. Then those up to at + add are writable, and what was readable behind them stays so. Returns 0, or
	 * a negative enum ps_field_error if nothing has changed: PS_FIELD_SEGMENTS, PS_FIELD_SHAPE, PS_FIELD_LONG,
	 * PS_FIELD_TRACKED, PS_FIELD_SENT, PS_FIELD_GONE.
	 */
	int (*resize)(struct ps_packet *pkt, uint32_t at, uint32_t cut, uint32_t add);
	/* What network protocols are, by Ethernet type. */
	const struct ps_next *networks;
	bool is_read_only;	/* nothing is ever writable, and the functions that write refuse */
	const struct ps_company_ops *company;	/* NULL: it has none, as bytes that are on no way */
};

struct ps_packet {
	const struct ps_packet_ops *ops;
	uint8_t *data;
	uint32_t len;
	uint32_t readable;	/* bytes from data on that may be read as they are */
	uint32_t writable;	/* and written; <= readable */
	uint32_t network;	/* where the network header starts */
	uint16_t protocol;	/* what it is: an Ethernet type, host byte order */
	bool has_link;		/* bytes [0, network) are a link-layer header */
	/*
	 * Where the checksum is that somebody completes later (CHECKSUM_PARTIAL): it holds the
	 * sum of the pseudo header, not inverted. 0: there is none.
	 */
	uint32_t partial;
};

/* True if [offset, offset + length) lies within the packet. Safe for any values. */
static inline bool ps_packet_has(const struct ps_packet *pkt, uint32_t offset, uint32_t length)
{
	return offset <= pkt->len && length <= pkt->len - offset;
}

/* As ps_packet_read(), of bytes that the packet has. */
static inline const uint8_t *ps_packet_reach(struct ps_packet *pkt, uint32_t offset,
					     uint32_t length)
{
	if (offset + length > pkt->readable && !pkt->ops->pull(pkt, offset + length))
		return NULL;
	return pkt->data + offset;
}

/*
 * The bytes [offset, offset + length) for reading, or NULL: out of range, or no memory. The
 * pointer holds until the next call that takes the packet.
 */
static inline const uint8_t *ps_packet_read(struct ps_packet *pkt, uint32_t offset, uint32_t length)
{
	if (!ps_packet_has(pkt, offset, length))
		return NULL;
	return ps_packet_reach(pkt, offset, length);
}

/* As ps_packet_write(), of bytes that the packet has. */
static inline uint8_t *ps_packet_own(struct ps_packet *pkt, uint32_t offset, uint32_t length)
{
	if (offset + length > pkt->writable && !pkt->ops->make_writable(pkt, offset + length))
		return NULL;
	return pkt->data + offset;
}

/* The same as ps_packet_read() for reading and writing. */
static inline uint8_t *ps_packet_write(struct ps_packet *pkt, uint32_t offset, uint32_t length)
{
	if (!ps_packet_has(pkt, offset, length))
		return NULL;
	return ps_packet_own(pkt, offset, length);
}

static inline uint32_t ps_load16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t ps_load32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Written such that compilers make one store of it. */
static inline void ps_store16(uint8_t *p, uint32_t v)
{
	uint16_t big = v;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	big = __builtin_bswap16(big);
#endif
	__builtin_memcpy(p, &big, sizeof(big));
}

static inline uint64_t ps_load64(const uint8_t *p)
{
	return (uint64_t)ps_load32(p) << 32 | ps_load32(p + 4);
}

/* As memory has them. */
static inline uint32_t ps_load32_raw(const uint8_t *p)
{
	uint32_t bytes;

	__builtin_memcpy(&bytes, p, sizeof(bytes));
	return bytes;
}

static inline uint64_t ps_load64_raw(const uint8_t *p)
{
	uint64_t bytes;

	__builtin_memcpy(&bytes, p, sizeof(bytes));
	return bytes;
}

static inline void ps_store32(uint8_t *p, uint32_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap32(v);
#endif
	__builtin_memcpy(p, &v, sizeof(v));
}

static inline void ps_store64(uint8_t *p, uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	__builtin_memcpy(p, &v, sizeof(v));
}

#endif
