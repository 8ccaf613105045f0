/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* A packet with company that tests decide on. */
#ifndef PS_TEST_ACCOMPANIED_H
#define PS_TEST_ACCOMPANIED_H

#include "packets.h"

struct accompanied {
	struct ps_packet pkt;		/* first */
	struct ps_packet_ops ops;
	uint8_t *data;			/* freed by its owner */
	bool is_known[PS_COMPANY_DEV_IN];	/* the numbers: */
	uint32_t number[PS_COMPANY_DEV_IN];
	const char *name[PS_COMPANY_HOOK + 1];	/* those from PS_COMPANY_DEV_IN on */
	bool refuses;			/* what is set */
	int asked;			/* how often anything was */
};

/* Makes the packet, which knows all there is. */
void make_accompanied(const struct shape *shape, struct accompanied *a);

#endif
