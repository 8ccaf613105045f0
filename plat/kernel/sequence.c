/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Segments of tracked TCP connections that get another length: the kernel then changes sequence numbers, acknowledgements and
 * those within SACK, of all packets of the connection (nf_conntrack_seqadj.c), where they leave or arrive, behind the rules. It
 * knows one place for each direction, the last one that was changed, and what is added before and behind it.
 */
#include <linux/export.h>
#include <linux/netfilter.h>
#include <linux/percpu.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include "conntrack.h"
#include "field.h"
#include "skb.h"

#if IS_ENABLED(CONFIG_NF_CONNTRACK)
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_seqadj.h>

/* What one of them is of. */
struct segment {
	struct nf_conn *ct;
	enum ip_conntrack_dir dir;
	struct nf_ct_seqadj *way;	/* of its direction; NULL: there was no room for it */
	u32 seq;			/* as who sends it counts */
	unsigned int payload;		/* where that begins, from the network header on */
};

static bool find_header(const struct ps_skb_packet *p, struct segment *s)
{
	const struct sk_buff *skb = p->skb;
	struct tcphdr room;
	const struct tcphdr *tcp;
	__be16 frag_off = 0;
	int at;

	if (p->state->pf == NFPROTO_IPV4) {
		at = ip_hdrlen(skb);
	} else {
		u8 protocol = ipv6_hdr(skb)->nexthdr;

		at = ipv6_skip_exthdr(skb, sizeof(struct ipv6hdr), &protocol, &frag_off);
		if (at < 0 || protocol != IPPROTO_TCP)
			return false;
	}
	tcp = skb_header_pointer(skb, at, sizeof(room), &room);
	if (!tcp)
		return false;
	s->seq = ntohl(tcp->seq);
	s->payload = at + tcp->doff * 4;
	return true;
}

/* False: it is none, or of no connection. Errors of ICMP are of connections, too. */
static bool find_segment(const struct ps_skb_packet *p, struct segment *s)
{
	enum ip_conntrack_info info;
	struct nf_conn_seqadj *both;

	if (p->state->pf != NFPROTO_IPV4 && p->state->pf != NFPROTO_IPV6)
		return false;
	s->ct = ps_conntrack_find(p->skb, &info);
	if (!s->ct || nf_ct_protonum(s->ct) != IPPROTO_TCP || info == IP_CT_RELATED || info == IP_CT_RELATED_REPLY)
		return false;
	s->dir = CTINFO2DIR(info);
	both = ps_conntrack_extension(s->ct, NF_CT_EXT_SEQADJ);
	s->way = both ? &both->seq[s->dir] : NULL;
	return find_header(p, s);
}

static bool has_changed(const struct nf_ct_seqadj *way)
{
	return way->offset_before != way->offset_after;
}

/* Whether the other side has got the segment that was changed last: then nobody sends it, or one before it, again. */
static bool is_acknowledged(const struct segment *s)
{
	const struct ip_ct_tcp_state *other = &s->ct->proto.tcp.seen[!s->dir];

	return other->flags & IP_CT_TCP_FLAG_MAXACK_SET && after(other->td_maxack, s->way->correction_pos);
}

/* Whether it is behind what was changed last, and may be changed itself. */
static bool is_next(const struct segment *s)
{
	return !has_changed(s->way) || (after(s->seq, s->way->correction_pos) && is_acknowledged(s));
}

/* The segment that was changed last. */
static bool is_last(const struct segment *s)
{
	return has_changed(s->way) && s->seq == s->way->correction_pos;
}

/* On the way in from the loopback device it has the numbers that its receiver sees. */
static bool is_behind(const struct ps_skb_packet *p)
{
	return nf_is_loopback_packet(p->skb) && (p->state->hook == NF_INET_PRE_ROUTING || p->state->hook == NF_INET_LOCAL_IN);
}

int ps_conntrack_follows(struct ps_skb_packet *p, uint32_t off)
{
	struct segment s;
	bool may;

	if (!find_segment(p, &s) || off < s.payload)
		return 0;
	if (!s.way || is_behind(p) || test_bit(IPS_OFFLOAD_BIT, &s.ct->status))
		return PS_FIELD_TRACKED;
	spin_lock_bh(&s.ct->lock);
	may = is_next(&s) || is_last(&s);
	spin_unlock_bh(&s.ct->lock);
	return may ? 1 : PS_FIELD_SENT;
}

/*
 * A packet that one rule has changed, for the next rule that does: which is not to be taken for the segment that is sent again.
 * That would have the length which it had at first.
 */
static DEFINE_PER_CPU(struct changed {
	const struct sk_buff *skb;
	u32 seq;
	unsigned int len;
}, last_changed);

static bool is_same(const struct changed *last, const struct ps_skb_packet *p, const struct segment *s)
{
	return last->skb == p->skb && last->seq == s->seq && last->len == p->skb->len - p->shift;
}

static bool shift(const struct segment *s, int by, bool is_same)
{
	struct nf_ct_seqadj *way = s->way;

	if (is_last(s) && !is_same)
		return way->offset_after - way->offset_before == by;
	if (is_last(s)) {
		way->offset_after += by;
		return true;
	}
	if (!is_next(s))
		return false;
	way->correction_pos = s->seq;
	way->offset_before = way->offset_after;
	way->offset_after += by;
	return true;
}

bool ps_conntrack_shift(struct ps_skb_packet *p)
{
	struct changed *last;
	struct segment s;
	bool done;

	if (!find_segment(p, &s) || !s.way)
		return false;
	spin_lock_bh(&s.ct->lock);
	last = this_cpu_ptr(&last_changed);
	done = !test_bit(IPS_OFFLOAD_BIT, &s.ct->status) && shift(&s, p->shift, is_same(last, p, &s));
	if (done) {
		set_bit(IPS_SEQ_ADJUST_BIT, &s.ct->status);
		*last = (struct changed){ p->skb, s.seq, p->skb->len };
	}
	spin_unlock_bh(&s.ct->lock);
	return done;
}

#else

int ps_conntrack_follows(struct ps_skb_packet *p, uint32_t off)
{
	return 0;
}

bool ps_conntrack_shift(struct ps_skb_packet *p)
{
	return true;
}

#endif

EXPORT_SYMBOL_GPL(ps_conntrack_shift);
