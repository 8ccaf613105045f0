/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* "-j BENCH [--daddr ADDRESS]" for iptables. */
#include <stdio.h>
#include <xtables.h>

#include "xt_BENCH.h"

static const struct xt_option_entry options[] = {
	{ .name = "daddr", .id = 0, .type = XTTYPE_HOST },
	{ .name = "send", .id = 1, .type = XTTYPE_NONE },
	XTOPT_TABLEEND,
};

static void help(void)
{
	printf("BENCH target options:\n  --daddr ADDRESS   new destination\n  --send            sends another one instead\n");
}

static void parse(struct xt_option_call *cb)
{
	struct xt_bench_tginfo *info = cb->data;

	xtables_option_parse(cb);
	if (cb->entry->id)
		info->send = 1;
	else
		info->daddr = cb->val.haddr.ip;
}

static struct xtables_target target = {
	.version = XTABLES_VERSION,
	.name = "BENCH",
	.family = NFPROTO_IPV4,
	.size = XT_ALIGN(sizeof(struct xt_bench_tginfo)),
	.userspacesize = XT_ALIGN(sizeof(struct xt_bench_tginfo)),
	.help = help,
	.x6_parse = parse,
	.x6_options = options,
};

static void __attribute__((constructor)) libxt_BENCH_setup(void)
{
	xtables_register_target(&target);
}
