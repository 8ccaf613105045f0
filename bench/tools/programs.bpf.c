/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * For tc and XDP: what scripts/const.lua, drop.lua, dnat-eth.lua and send-eth.lua say, by the kernel's helpers where there are any. The helpers are
 * declared here, so that libbpf's headers are not needed. A program is a section, by whose name ip and tc find it.
 */
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

#define FROM	be32(8, 8, 8, 8)
#define TO	be32(2, 1, 1, 1)

static long (*store_bytes)(struct __sk_buff *, __u32, const void *, __u32, __u64) =
	(void *)BPF_FUNC_skb_store_bytes;
static long (*l3_csum_replace)(struct __sk_buff *, __u32, __u64, __u64, __u64) =
	(void *)BPF_FUNC_l3_csum_replace;
static long (*l4_csum_replace)(struct __sk_buff *, __u32, __u64, __u64, __u64) =
	(void *)BPF_FUNC_l4_csum_replace;
static long (*redirect)(__u32, __u64) = (void *)BPF_FUNC_redirect;

/* Whether it is a packet of UDP, of IPv4 without options, to FROM. */
static inline __attribute__((always_inline)) int is_wanted(const __u8 *p, const __u8 *end)
{
	return p + UDP_END <= end && p[ETH_TYPE] == 8 && p[ETH_TYPE + 1] == 0 && p[IP] == 0x45 &&
	       p[IP_PROTOCOL] == 17 && *(const __u32 *)(p + IP_DADDR) == FROM;
}

SECTION("tc/pass") int tc_pass(struct __sk_buff *skb)
{
	(void)skb;
	return TC_ACT_OK;
}

SECTION("tc/drop") int tc_drop(struct __sk_buff *skb)
{
	(void)skb;
	return TC_ACT_SHOT;
}

SECTION("tc/rewrite") int tc_rewrite(struct __sk_buff *skb)
{
	const __u32 to = TO;

	if (!is_wanted((void *)(long)skb->data, (void *)(long)skb->data_end))
		return TC_ACT_OK;
	l4_csum_replace(skb, UDP_CHECK, FROM, TO, BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0 | sizeof(to));
	l3_csum_replace(skb, IP_CHECK, FROM, TO, sizeof(to));
	store_bytes(skb, IP_DADDR, &to, sizeof(to), 0);
	return TC_ACT_OK;
}

SECTION("xdp/pass") int xdp_pass(struct xdp_md *xdp)
{
	(void)xdp;
	return XDP_PASS;
}

SECTION("xdp/drop") int xdp_drop(struct xdp_md *xdp)
{
	(void)xdp;
	return XDP_DROP;
}

/* The checksum (RFC 1624) once TO is in the place of FROM: what differs is a constant. */
static inline __attribute__((always_inline)) __u16 follow(__u16 sum)
{
	__u32 all = (__u16)~sum + ((__u16)~FROM + (__u16)~(FROM >> 16) + (__u16)TO + (__u16)(TO >> 16));

	all = (all & 0xffff) + (all >> 16);
	all = (all & 0xffff) + (all >> 16);
	return ~all;
}

/* XDP has no helpers for checksums in a packet, which can be written itself. Returns whether it was. */
static inline __attribute__((always_inline)) int rewrite(struct xdp_md *xdp)
{
	__u8 *p = (void *)(long)xdp->data;
	__u16 *udp_check;

	if (!is_wanted(p, (void *)(long)xdp->data_end))
		return 0;
	udp_check = (__u16 *)(p + UDP_CHECK);
	if (*udp_check) {
		*udp_check = follow(*udp_check);
		if (!*udp_check)
			*udp_check = 0xffff;
	}
	*(__u16 *)(p + IP_CHECK) = follow(*(__u16 *)(p + IP_CHECK));
	*(__u32 *)(p + IP_DADDR) = TO;
	return 1;
}

SECTION("xdp/rewrite") int xdp_rewrite(struct xdp_md *xdp)
{
	rewrite(xdp);
	return XDP_PASS;
}

/* To B, by the device that R was given after this one. */
SECTION("xdp/send") int xdp_send(struct xdp_md *xdp)
{
	__u8 *p;

	if (!rewrite(xdp))
		return XDP_PASS;
	p = (void *)(long)xdp->data;
	if (p + 6 > (__u8 *)(long)xdp->data_end)
		return XDP_DROP;
	*(__u16 *)p = 0x0002;
	*(__u32 *)(p + 2) = 0x99000000;
	return redirect(xdp->ingress_ifindex + 1, 0);
}

SECTION("license") char _license[] = "Dual MIT/GPL";
