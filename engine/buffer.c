/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "buffer.h"

#include <string.h>

#include "field.h"
#include "protos.h"

/* All bytes are readable and writable from the beginning, so there are no more to get. */
static bool never(struct ps_packet *pkt, uint32_t end)
{
	(void)pkt;
	(void)end;
	return false;
}

static bool own_checksum(struct ps_packet *pkt)
{
	pkt->partial = 0;
	return true;
}

int ps_buffer_put_in(struct ps_packet *pkt, uint32_t room, uint32_t at, uint32_t cut, uint32_t add)
{
	uint32_t len = pkt->len - cut + add;

	if (len > room)
		return PS_FIELD_LONG;
	memmove(pkt->data + at + add, pkt->data + at + cut, pkt->len - at - cut);
	pkt->len = pkt->readable = pkt->writable = len;
	return 0;
}

static int shrink(struct ps_packet *pkt, uint32_t at, uint32_t cut, uint32_t add)
{
	return ps_buffer_put_in(pkt, pkt->len, at, cut, add);
}

static int resize(struct ps_packet *pkt, uint32_t at, uint32_t cut, uint32_t add)
{
	const struct ps_buffer *buffer = (struct ps_buffer *)pkt;

	if (!buffer->room && cut != add)
		return PS_FIELD_SHAPE;
	return ps_buffer_put_in(pkt, buffer->room ? buffer->room : pkt->len, at, cut, add);
}

static const struct ps_packet_ops ops = {
	.pull = never,
	.make_writable = never,
	.own_checksum = own_checksum,
	.resize = shrink,
	.networks = ps_networks,
};

static const struct ps_packet_ops ops_with_room = {
	.pull = never,
	.make_writable = never,
	.own_checksum = own_checksum,
	.resize = resize,
	.networks = ps_networks,
};

static uint32_t *number_of(struct ps_packet *pkt, enum ps_company what)
{
	struct ps_buffer *buffer = (struct ps_buffer *)pkt;

	if (what == PS_COMPANY_MARK)
		return &buffer->mark;
	return what == PS_COMPANY_PRIORITY ? &buffer->priority : NULL;
}

static bool tell_number(struct ps_packet *pkt, enum ps_company what, uint32_t *value)
{
	const uint32_t *number = number_of(pkt, what);

	if (number)
		*value = *number;
	return number;
}

static bool set_number(struct ps_packet *pkt, enum ps_company what, uint32_t value)
{
	uint32_t *number = number_of(pkt, what);

	if (number)
		*number = value;
	return number;
}

static const char *tell_name(struct ps_packet *pkt, enum ps_company what)
{
	(void)pkt;
	(void)what;
	return NULL;
}

static const struct ps_company_ops company = { tell_number, set_number, tell_name };

static const struct ps_packet_ops ops_with_company = {
	.pull = never,
	.make_writable = never,
	.own_checksum = own_checksum,
	.resize = resize,
	.networks = ps_networks,
	.company = &company,
};

static bool keep_checksum(struct ps_packet *pkt)
{
	(void)pkt;
	return false;
}

static int keep_length(struct ps_packet *pkt, uint32_t at, uint32_t cut, uint32_t add)
{
	(void)pkt;
	(void)at;
	(void)cut;
	(void)add;
	return PS_FIELD_GONE;
}

static const struct ps_packet_ops read_only_ops = {
	.pull = never,
	.make_writable = never,
	.own_checksum = keep_checksum,
	.resize = keep_length,
	.networks = ps_networks,
	.is_read_only = true,
};

static const struct ps_packet_ops read_only_ops_with_company = {
	.pull = never,
	.make_writable = never,
	.own_checksum = keep_checksum,
	.resize = keep_length,
	.networks = ps_networks,
	.is_read_only = true,
	.company = &company,
};

void ps_buffer_init(struct ps_packet *pkt, void *data, uint32_t len, uint32_t network,
		    uint16_t protocol)
{
	memset(pkt, 0, sizeof(*pkt));
	pkt->ops = &ops;
	pkt->data = data;
	pkt->len = len;
	pkt->readable = len;
	pkt->writable = len;
	pkt->network = network;
	pkt->protocol = protocol;
	pkt->has_link = network > 0;
}

void ps_buffer_init_room(struct ps_buffer *buffer, void *data, uint32_t len, uint32_t room, uint32_t network,
			 uint16_t protocol)
{
	ps_buffer_init(&buffer->pkt, data, len, network, protocol);
	buffer->pkt.ops = &ops_with_room;
	buffer->room = room;
}

void ps_buffer_accompany(struct ps_buffer *buffer)
{
	buffer->pkt.ops = &ops_with_company;
	buffer->mark = buffer->priority = 0;
}

void ps_buffer_protect(struct ps_packet *pkt)
{
	pkt->ops = pkt->ops->company ? &read_only_ops_with_company : &read_only_ops;
	pkt->writable = 0;
}
