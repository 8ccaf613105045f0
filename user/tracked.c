/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "tracked.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <string.h>

/* The attribute of this type that another one holds; NULL: it holds none, or is none itself. */
static const struct nlattr *find(const struct nlattr *in, uint16_t type)
{
	const struct nlattr *attr;

	if (!in)
		return NULL;
	mnl_attr_for_each_nested(attr, in) {
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

/* The bytes of such an attribute, if it has so many. */
static const uint8_t *find_bytes(const struct nlattr *in, uint16_t type, uint16_t len)
{
	const struct nlattr *attr = find(in, type);

	return attr && mnl_attr_get_payload_len(attr) == len ? mnl_attr_get_payload(attr) : NULL;
}

/* Fills in a number of len bytes, in network byte order. False: it is not there. */
static bool tell(const struct nlattr *in, uint16_t type, uint16_t len, uint64_t *value)
{
	const uint8_t *bytes = find_bytes(in, type, len);
	uint16_t i;

	*value = 0;
	for (i = 0; bytes && i < len; i++)
		*value = *value << 8 | bytes[i];
	return bytes;
}

static bool has_status(const struct nlattr *ct, uint32_t bits)
{
	uint64_t status;

	return tell(ct, CTA_STATUS, 4, &status) && status & bits;
}

bool ps_tracked_is_connection(const struct nlattr *ct)
{
	return !has_status(ct, IPS_TEMPLATE);
}

/* It may be one of a direction only. The default one, 0, is not told. */
static bool tell_zone(const struct nlattr *ct, uint64_t *value)
{
	if (!tell(ct, CTA_ZONE, 2, value) && !tell(find(ct, CTA_TUPLE_ORIG), CTA_TUPLE_ZONE, 2, value))
		tell(find(ct, CTA_TUPLE_REPLY), CTA_TUPLE_ZONE, 2, value);
	return true;
}

bool ps_tracked_number(const struct nlattr *ct, enum ps_ct_number what, bool reply, uint64_t *value)
{
	switch (what) {
	case PS_CT_STATUS:
		return tell(ct, CTA_STATUS, 4, value);
	case PS_CT_MARK:
		tell(ct, CTA_MARK, 4, value);	/* older kernels do not tell 0 */
		return true;
	case PS_CT_ID:
		return tell(ct, CTA_ID, 4, value);
	case PS_CT_ZONE:
		return tell_zone(ct, value);
	case PS_CT_EXPIRATION:
		return has_status(ct, IPS_CONFIRMED) && tell(ct, CTA_TIMEOUT, 4, value);
	case PS_CT_PACKETS:
	case PS_CT_BYTES:
		return tell(find(ct, reply ? CTA_COUNTERS_REPLY : CTA_COUNTERS_ORIG),
			    what == PS_CT_PACKETS ? CTA_COUNTERS_PACKETS : CTA_COUNTERS_BYTES, 8, value);
	default:
		return false;
	}
}

static bool tell_address(const struct nlattr *ip, uint16_t type, uint16_t len, uint8_t address[16])
{
	const uint8_t *bytes = find_bytes(ip, type, len);

	if (bytes)
		memcpy(address, bytes, len);
	return bytes;
}

static bool tell_addresses(const struct nlattr *ip, struct ps_ct_tuple *tuple)
{
	tuple->version = find(ip, CTA_IP_V4_SRC) ? 4 : 6;
	if (tuple->version == 4)
		return tell_address(ip, CTA_IP_V4_SRC, 4, tuple->address[0]) && tell_address(ip, CTA_IP_V4_DST, 4, tuple->address[1]);
	return tell_address(ip, CTA_IP_V6_SRC, 16, tuple->address[0]) && tell_address(ip, CTA_IP_V6_DST, 16, tuple->address[1]);
}

bool ps_tracked_tuple(const struct nlattr *ct, bool reply, struct ps_ct_tuple *tuple)
{
	const struct nlattr *direction = find(ct, reply ? CTA_TUPLE_REPLY : CTA_TUPLE_ORIG);
	const struct nlattr *ip = find(direction, CTA_TUPLE_IP), *proto = find(direction, CTA_TUPLE_PROTO);
	uint64_t protocol, source, destination;

	memset(tuple, 0, sizeof(*tuple));
	if (!tell_addresses(ip, tuple) || !tell(proto, CTA_PROTO_NUM, 1, &protocol))
		return false;
	tuple->protocol = protocol;
	/* what GRE has there are keys */
	tuple->has_ports = protocol != IPPROTO_GRE && tell(proto, CTA_PROTO_SRC_PORT, 2, &source) &&
			   tell(proto, CTA_PROTO_DST_PORT, 2, &destination);
	if (tuple->has_ports) {
		tuple->port[0] = source;
		tuple->port[1] = destination;
	}
	return true;
}

bool ps_tracked_is_translated_tcp(const struct nlattr *ct)
{
	struct ps_ct_tuple tuple;

	return has_status(ct, IPS_NAT_MASK) && ps_tracked_tuple(ct, false, &tuple) && tuple.protocol == IPPROTO_TCP;
}
