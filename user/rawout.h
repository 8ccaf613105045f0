/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What a script sends, through raw sockets: of IPv4, IPv6, and of devices for frames with a link layer.
 */
#ifndef PS_USER_RAWOUT_H
#define PS_USER_RAWOUT_H

#include "outbox.h"

struct ps_rawout {
	int ip, ip6, frame;	/* sockets; below 0: there is none, and -errno is why */
	uint32_t priority[3];	/* that the last message was given, of each */
};

/* Opens what there is. Takes CAP_NET_RAW; sending takes CAP_NET_ADMIN, and only for marks and priorities. */
void ps_rawout_open(struct ps_rawout *out);
void ps_rawout_close(struct ps_rawout *out);

/* A ps_deliver(), whose context is a struct ps_rawout. */
const char *ps_rawout_deliver(void *out, const struct ps_outgoing *packet);

#endif
