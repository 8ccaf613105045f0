/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What handlers are given of a packet: all of it as bytes, or a header that it begins with.
 */
#ifndef PS_GIVEN_H
#define PS_GIVEN_H

#include <stdbool.h>

enum ps_given {
	PS_GIVEN_RAW,
	PS_GIVEN_ETH,
	PS_GIVEN_ARP,
	PS_GIVEN_IP,
	PS_GIVEN_IP6,
	PS_GIVEN_COUNT,	/* the number of values, not one of them */
};

struct ps_proto;

/* What users call each, and the protocol that it is. */
struct ps_given_row {
	const char *name;
	const struct ps_proto *proto;
};

extern const struct ps_given_row ps_givens[PS_GIVEN_COUNT];

/* False: there is none of that name. */
bool ps_given_named(const char *name, enum ps_given *given);

#endif
