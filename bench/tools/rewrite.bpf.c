/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* For tc: what xt_BENCH does. The helpers are declared here, so that libbpf's headers are not needed. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#define SECTION(name)	__attribute__((section(name), used))
#define be32(a, b, c, d) ((__u32)(a) | (__u32)(b) << 8 | (__u32)(c) << 16 | (__u32)(d) << 24)

#define ETH_TYPE	12
#define IP		14
#define IP_PROTOCOL	(IP + 9)
#define IP_CHECK	(IP + 10)
#define IP_DADDR	(IP + 16)
#define UDP		(IP + 20)
#define UDP_CHECK	(UDP + 6)
#define UDP_END		(UDP + 8)

static long (*store_bytes)(struct __sk_buff *, __u32, const void *, __u32, __u64) =
	(void *)BPF_FUNC_skb_store_bytes;
static long (*l3_csum_replace)(struct __sk_buff *, __u32, __u64, __u64, __u64) =
	(void *)BPF_FUNC_l3_csum_replace;
static long (*l4_csum_replace)(struct __sk_buff *, __u32, __u64, __u64, __u64) =
	(void *)BPF_FUNC_l4_csum_replace;

SECTION("tc") int rewrite(struct __sk_buff *skb)
{
	const __u8 *p = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const __u32 from = be32(8, 8, 8, 8), to = be32(2, 1, 1, 1);

	if (p + UDP_END > end || p[ETH_TYPE] != 8 || p[ETH_TYPE + 1] != 0 || p[IP] != 0x45 ||
	    p[IP_PROTOCOL] != 17 || *(const __u32 *)(p + IP_DADDR) != from)
		return TC_ACT_OK;
	l4_csum_replace(skb, UDP_CHECK, from, to, BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0 | sizeof(to));
	l3_csum_replace(skb, IP_CHECK, from, to, sizeof(to));
	store_bytes(skb, IP_DADDR, &to, sizeof(to), 0);
	return TC_ACT_OK;
}

SECTION("license") char _license[] = "Dual MIT/GPL";
