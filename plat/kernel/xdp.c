/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/export.h>
#include <linux/netdevice.h>

#include "buffer.h"
#include "field.h"
#include "hooks.h"
#include "protos.h"
#include "redirect.h"
#include "xdp.h"

static struct ps_xdp_packet *xdp_packet_of(struct ps_packet *pkt)
{
	return container_of(pkt, struct ps_xdp_packet, pkt);
}

/* All bytes are readable and writable from the beginning. */
static bool never(struct ps_packet *pkt, uint32_t end)
{
	return false;
}

static bool own_checksum(struct ps_packet *pkt)
{
	pkt->partial = 0;
	return true;
}

/* The frame's end moves, within the memory that it is in: behind it is what the kernel says of its pieces. */
static int resize(struct ps_packet *pkt, uint32_t at, uint32_t cut, uint32_t add)
{
	struct xdp_buff *xdp = xdp_packet_of(pkt)->xdp;
	int err = ps_buffer_put_in(pkt, xdp_data_hard_end(xdp) - xdp->data, at, cut, add);

	if (!err)
		xdp->data_end = xdp->data + pkt->len;
	return err;
}

/* No socket buffer is there yet, which would have a mark or a priority, and nobody sends from here. */
static bool tell_number(struct ps_packet *pkt, enum ps_company what, uint32_t *value)
{
	return false;
}

static bool set_number(struct ps_packet *pkt, enum ps_company what, uint32_t value)
{
	return false;
}

static const char *tell_name(struct ps_packet *pkt, enum ps_company what)
{
	switch (what) {
	case PS_COMPANY_HOOK:
		return ps_hook_name(PS_HOOK_OF_NETDEV, PS_HOOK_XDP);
	case PS_COMPANY_DEV_IN:
		return xdp_packet_of(pkt)->xdp->rxq->dev->name;
	default:
		return NULL;
	}
}

static const char *redirect(struct ps_packet *pkt, const char *device)
{
	struct ps_xdp_packet *p = xdp_packet_of(pkt);

	return ps_redirect_to(p->net, device, &p->redirect);
}

static const struct ps_company_ops company = { tell_number, set_number, tell_name, NULL, redirect };

const struct ps_packet_ops ps_xdp_ops = {
	.pull = never,
	.make_writable = never,
	.own_checksum = own_checksum,
	.resize = resize,
	.networks = ps_networks,
	.company = &company,
};
EXPORT_SYMBOL_GPL(ps_xdp_ops);
