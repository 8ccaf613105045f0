/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <string.h>

#include "accompanied.h"

static bool tell_number(struct ps_packet *pkt, enum ps_company what, uint32_t *value)
{
	struct accompanied *a = (struct accompanied *)pkt;

	a->asked++;
	*value = a->number[what];
	return a->is_known[what];
}

static bool set_number(struct ps_packet *pkt, enum ps_company what, uint32_t value)
{
	struct accompanied *a = (struct accompanied *)pkt;

	a->asked++;
	if (!a->refuses)
		a->number[what] = value;
	return !a->refuses;
}

static const char *tell_name(struct ps_packet *pkt, enum ps_company what)
{
	struct accompanied *a = (struct accompanied *)pkt;

	a->asked++;
	return a->name[what];
}

static const struct ps_company_ops company = { tell_number, set_number, tell_name };

void make_accompanied(const struct shape *shape, struct accompanied *a)
{
	struct layout at;

	memset(a, 0, sizeof(*a));
	a->data = make_packet(shape, &a->pkt, &at);
	a->ops = *a->pkt.ops;
	a->ops.company = &company;
	a->pkt.ops = &a->ops;
	a->is_known[PS_COMPANY_MARK] = a->is_known[PS_COMPANY_PRIORITY] = a->is_known[PS_COMPANY_UID] = true;
	a->number[PS_COMPANY_MARK] = 0xFFFFFFFF;
	a->number[PS_COMPANY_PRIORITY] = 6;
	a->number[PS_COMPANY_UID] = 1000;
	a->name[PS_COMPANY_DEV_IN] = "rA";
	a->name[PS_COMPANY_DEV_OUT] = "rB";
	a->name[PS_COMPANY_HOOK] = "FORWARD";
}
