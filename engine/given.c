/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "given.h"

#include <string.h>

#include "protos.h"

const struct ps_given_row ps_givens[PS_GIVEN_COUNT] = {
	[PS_GIVEN_RAW] = { "raw", &ps_proto_raw },
	[PS_GIVEN_ETH] = { "eth", &ps_proto_eth },
	[PS_GIVEN_ARP] = { "arp", &ps_proto_arp },
	[PS_GIVEN_IP] = { "ip", &ps_proto_ip },
	[PS_GIVEN_IP6] = { "ip6", &ps_proto_ip6 },
};

bool ps_given_named(const char *name, enum ps_given *given)
{
	unsigned int i;

	for (i = 0; i < PS_GIVEN_COUNT; i++) {
		if (!strcmp(name, ps_givens[i].name)) {
			*given = i;
			return true;
		}
	}
	return false;
}
