// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Hands TCP packets to port 443 over to the script examples/filter/sni, which looks for the server's name. All others pass, and so do those that the
 * script cannot be asked about.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#define SECTION(name)	__attribute__((section(name), used))

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define htons(value)	__builtin_bswap16(value)
#else
#define htons(value)	(value)
#endif

extern int bpf_luaxdp_run(char *script, unsigned long script__sz, struct xdp_md *ctx, void *arg, unsigned long arg__sz)
	__attribute__((section(".ksyms")));

static char script[] = "examples/filter/sni";

SECTION("xdp")
int filter(struct xdp_md *ctx)
{
	char *end = (char *)(long)ctx->data_end, *begin = (char *)(long)ctx->data;
	struct ethhdr *eth = (void *)begin;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp;
	__u16 record;
	int action;

	if ((char *)(ip + 1) > end || eth->h_proto != htons(ETH_P_IP) || ip->protocol != IPPROTO_TCP)
		return XDP_PASS;
	tcp = (void *)((char *)ip + ip->ihl * 4);
	if ((char *)(tcp + 1) > end || tcp->dest != htons(443))
		return XDP_PASS;
	record = (char *)tcp - begin + tcp->doff * 4;
	action = bpf_luaxdp_run(script, sizeof(script), ctx, &record, sizeof(record));
	return action < 0 ? XDP_PASS : action;
}

char program_license[] SECTION("license") = "Dual MIT/GPL";
