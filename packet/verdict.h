/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What becomes of a packet. The names and values that scripts see are the kernel's
 * (uapi/linux/netfilter.h, uapi/linux/netfilter/x_tables.h), but for two; front ends check at build time
 * that they are.
 */
#ifndef PS_VERDICT_H
#define PS_VERDICT_H

#include <stdint.h>

#define PS_NF_DROP	0
#define PS_NF_ACCEPT	1
#define PS_NF_STOLEN	2
#define PS_NF_QUEUE	3		/* the queue's number may stand in bits 16 to 31 */
#define PS_NF_REPEAT	4
/* Ours, of packets at tc and XDP: netfilter has no such, and its own are below 256. */
#define PS_NF_TX	256
#define PS_NF_REDIRECT	257		/* to the device that nf.redirect() was told */
#define PS_XT_CONTINUE	0xFFFFFFFFLL
#define PS_XT_RETURN	(-PS_NF_REPEAT - 1)

#define PS_REPEAT_MAX	8	/* how often a handler that says NF_REPEAT is called again */

enum ps_verdict {
	PS_VERDICT_DROP,
	PS_VERDICT_ACCEPT,
	PS_VERDICT_STOLEN,
	PS_VERDICT_QUEUE,
	PS_VERDICT_REPEAT,
	PS_VERDICT_CONTINUE,
	PS_VERDICT_RETURN,
	PS_VERDICT_TX,
	PS_VERDICT_REDIRECT,
	PS_VERDICT_ERROR,	/* the handler gave none: it raised, ran too long, returned no verdict */
};

/* What scripts call them, by enum ps_verdict. The last one, PS_VERDICT_ERROR, is "error", without a value. */
struct ps_verdict_row {
	const char *name;
	long long value;
};

extern const struct ps_verdict_row ps_verdicts[];

/* The verdict that has this value, or PS_VERDICT_ERROR. queue gets what comes with PS_VERDICT_QUEUE. */
static inline enum ps_verdict ps_verdict_of(long long value, uint16_t *queue)
{
	if (value == PS_XT_CONTINUE)
		return PS_VERDICT_CONTINUE;
	if (value == PS_NF_ACCEPT)
		return PS_VERDICT_ACCEPT;
	if (value == PS_NF_DROP)
		return PS_VERDICT_DROP;
	if (value == PS_NF_STOLEN)
		return PS_VERDICT_STOLEN;
	if (value == PS_NF_REPEAT)
		return PS_VERDICT_REPEAT;
	if (value == PS_XT_RETURN)
		return PS_VERDICT_RETURN;
	if (value == PS_NF_TX)
		return PS_VERDICT_TX;
	if (value == PS_NF_REDIRECT)
		return PS_VERDICT_REDIRECT;
	if ((value & 0xFFFF) == PS_NF_QUEUE && value >> 16 >= 0 && value >> 16 <= 0xFFFF) {
		*queue = value >> 16;
		return PS_VERDICT_QUEUE;
	}
	return PS_VERDICT_ERROR;
}

#endif
