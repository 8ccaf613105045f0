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
	bool is_tracked;		/* and then: */
	enum ps_ct_info ct_info;
	uint64_t ct_number[PS_CT_BYTES + 1][2];	/* by direction, of what one has */
	bool has_no[PS_CT_BYTES + 1];
	struct ps_ct_tuple tuple[2];
	struct ps_ct_nat nat;		/* the last one that was asked for */
	char device[16];		/* that it was to be sent to */
	int asked;			/* how often anything was */
};

/* Makes the packet, which knows all there is. */
void make_accompanied(const struct shape *shape, struct accompanied *a);

#endif
