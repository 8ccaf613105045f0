/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <stdio.h>
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

static bool has_connection(const struct accompanied *a)
{
	return a->is_tracked && a->ct_info < PS_CT_UNTRACKED;
}

static bool tell_ct(struct ps_packet *pkt, enum ps_ct_number what, bool reply, uint64_t *value)
{
	struct accompanied *a = (struct accompanied *)pkt;

	a->asked++;
	*value = what == PS_CT_INFO ? a->ct_info : a->ct_number[what][reply];
	return what == PS_CT_INFO ? a->is_tracked : has_connection(a) && !a->has_no[what];
}

static bool set_ct_mark(struct ps_packet *pkt, uint32_t mark)
{
	struct accompanied *a = (struct accompanied *)pkt;

	if (has_connection(a))
		a->ct_number[PS_CT_MARK][0] = mark;
	return has_connection(a);
}

static bool tell_tuple(struct ps_packet *pkt, bool reply, struct ps_ct_tuple *tuple)
{
	struct accompanied *a = (struct accompanied *)pkt;

	*tuple = a->tuple[reply];
	return has_connection(a);
}

static const char *translate(struct ps_packet *pkt, const struct ps_ct_nat *nat)
{
	struct accompanied *a = (struct accompanied *)pkt;

	a->nat = *nat;
	return a->refuses ? "it does not want to" : NULL;
}

static const char *offload(struct ps_packet *pkt)
{
	return ((struct accompanied *)pkt)->refuses ? "it does not want to" : NULL;
}

static const char *redirect(struct ps_packet *pkt, const char *device)
{
	struct accompanied *a = (struct accompanied *)pkt;

	snprintf(a->device, sizeof(a->device), "%s", device);
	return a->refuses ? "it does not want to" : NULL;
}

static const struct ps_ct_ops ct = { tell_ct, set_ct_mark, tell_tuple, translate, offload };
static const struct ps_company_ops company = { tell_number, set_number, tell_name, &ct, redirect };

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
	a->is_tracked = true;
	a->ct_info = PS_CT_ESTABLISHED_REPLY;
	a->ct_number[PS_CT_STATUS][0] = 0xE;
	a->ct_number[PS_CT_MARK][0] = 0xFFFFFFFF;
	a->ct_number[PS_CT_ID][0] = 0xDEADBEEF;
	a->ct_number[PS_CT_ZONE][0] = 5;
	a->ct_number[PS_CT_EXPIRATION][0] = 30;
	memcpy(a->ct_number[PS_CT_PACKETS], ((uint64_t[]){ 3, 2 }), 16);
	memcpy(a->ct_number[PS_CT_BYTES], ((uint64_t[]){ 5000000000, 120 }), 16);
	a->tuple[0] = (struct ps_ct_tuple){ { { 10, 0, 0, 1 }, { 10, 0, 0, 2 } }, { 40000, 53 }, true, 4, 17 };
	a->tuple[1] = (struct ps_ct_tuple){ { { 10, 0, 0, 3 }, { 10, 0, 0, 1 } }, { 5353, 40000 }, true, 4, 17 };
}
