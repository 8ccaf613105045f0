/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "nfqueue.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <net/if.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buffer.h"
#include "offload.h"
#include "csum.h"
#include "dissect.h"
#include "field.h"
#include "hooks.h"
#include "protos.h"
#include "tracked.h"

#define ETH_P_IP	0x0800

#define BATCH		PS_NFQUEUE_BATCH
#define COPY_RANGE	(0xFFFF - NLA_HDRLEN)	/* bytes of a packet: what an attribute holds */
/* A message; not a multiple of pages, so that headers of different ones don't share cache sets. */
#define SLOT		(17 * 4096 + 384)
#define VERDICT_ROOM	80			/* bytes of a verdict without its payload: 64 */
#define ATTRS		(NFQA_MAX + 64)		/* the library may know more than our headers */

#define RECEIVE_BUFFER	(64 << 20)	/* of the socket, bytes: as much as a queue can use */
#define SEND_BUFFER	(512 << 10)
#define SEND_MAX	(256 << 10)	/* bytes in one call */
#define SEND_TRIES	100		/* while the kernel has no memory, each after 10 ms */

#define PRIORITY	21	/* NFQA_PRIORITY, which kernels and headers have from 5.18 on */

#define TRACK		1	/* the number of messages that ask for connections, by which what the kernel answers is known */

#define PROC		"/proc/net/netfilter/nfnetlink_queue"

/* The bytes of a packet that has grown, until its verdict is sent. */
struct grown {
	struct grown *next;
	uint8_t bytes[COPY_RANGE + MNL_ALIGNTO];
};

/* A batch of received messages, and what is sent for them: verdicts, and payloads, which stay where they were received. */
struct ps_nfqueue_batch {
	uint8_t (*slots)[SLOT];
	uint8_t *before;		/* COPY_RANGE bytes, or NULL */
	struct mmsghdr received[BATCH];
	struct iovec slot_of[BATCH];

	struct iovec parts[2 * BATCH + 2];
	unsigned int nparts;
	size_t size, size_max;		/* bytes in parts; more don't fit in a call */
	char verdicts[(BATCH + 2) * VERDICT_ROOM];
	char *end;			/* behind the last message in verdicts */
	char *sent;			/* behind the last one that parts have */

	struct grown *grown;

	bool waits;			/* unchanged packets up to id shall get verdict, in one message */
	uint32_t id, verdict;
};

static int fail(struct ps_nfqueue *q, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(q->error, sizeof(q->error), format, args);
	va_end(args);
	return -1;
}

/*
 * Packets.
 */
static struct ps_nfqueue_packet *packet_of(struct ps_packet *pkt)
{
	return (struct ps_nfqueue_packet *)pkt;
}

/* No more bytes can be read: the kernel has cut them off. */
static bool pull(struct ps_packet *pkt, uint32_t end)
{
	(void)pkt;
	(void)end;
	return false;
}

/* Called before the first write to a packet: only those that are written are copied, to be compared afterwards. */
static bool make_writable(struct ps_packet *pkt, uint32_t end)
{
	struct ps_nfqueue_packet *p = packet_of(pkt);
	const struct ps_nfqueue *q = p->queue;

	if (end > pkt->readable || (pkt->readable < pkt->len && !p->is_gso))
		return false;
	if (q->batch->before)
		memcpy(q->batch->before, pkt->data, pkt->readable);
	p->is_written = true;
	pkt->writable = pkt->readable;
	return true;
}

static bool own_checksum(struct ps_packet *pkt)
{
	/* the segments' checksums are computed from the partial one */
	if (packet_of(pkt)->is_gso)
		return false;
	pkt->partial = 0;
	return true;
}

/* A packet that grows gets memory for as many bytes as it can have: where it was received, others may follow. */
static bool grow(struct ps_nfqueue_packet *p)
{
	struct ps_nfqueue_batch *b = p->queue->batch;
	struct grown *grown = malloc(sizeof(*grown));

	if (!grown)
		return false;
	grown->next = b->grown;
	b->grown = grown;
	memcpy(grown->bytes, p->pkt.data, p->pkt.len);
	p->pkt.data = grown->bytes;
	p->has_grown = true;
	return true;
}

static void free_grown(struct ps_nfqueue_batch *b)
{
	struct grown *next;

	for (; b->grown; b->grown = next) {
		next = b->grown->next;
		free(b->grown);
	}
}

static bool may_resize(struct ps_nfqueue_packet *p);

static int resize(struct ps_packet *pkt, uint32_t at, uint32_t cut, uint32_t add)
{
	struct ps_nfqueue_packet *p = packet_of(pkt);

	if (p->is_gso)
		return PS_FIELD_SEGMENTS;
	if (add != cut && !may_resize(p))
		return PS_FIELD_TRACKED;
	if (pkt->len - cut + add > COPY_RANGE)
		return PS_FIELD_LONG;
	if (pkt->readable < pkt->len || (!p->is_written && !make_writable(pkt, pkt->len)) ||
	    (add > cut && !p->has_grown && !grow(p)))
		return PS_FIELD_GONE;
	return ps_buffer_put_in(pkt, COPY_RANGE, at, cut, add);
}

/*
 * Company: what the message says, looked up when it is asked for.
 */
static uint32_t attr_u32(const struct nlattr *attr)
{
	return attr ? ntohl(mnl_attr_get_u32(attr)) : 0;
}

static const struct nlattr *attr_of(const struct ps_nfqueue_packet *p, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, p->message, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

static bool tell_attr(const struct ps_nfqueue_packet *p, uint16_t type, uint32_t *value)
{
	const struct nlattr *attr = attr_of(p, type);

	*value = attr_u32(attr);
	return attr;
}

static bool tell_number(struct ps_packet *pkt, enum ps_company what, uint32_t *value)
{
	const struct ps_nfqueue_packet *p = packet_of(pkt);

	switch (what) {
	case PS_COMPANY_MARK:
		*value = p->has_mark ? p->mark : attr_u32(attr_of(p, NFQA_MARK));	/* 0 is not told, as in the next */
		return true;
	case PS_COMPANY_PRIORITY:
		*value = p->has_priority ? p->priority : attr_u32(attr_of(p, PRIORITY));
		return true;
	case PS_COMPANY_UID:
		/* elsewhere the socket that the packet has is that of who receives it */
		return (p->hook == NF_INET_LOCAL_OUT || p->hook == NF_INET_POST_ROUTING) && tell_attr(p, NFQA_UID, value);
	default:
		return false;
	}
}

static bool set_number(struct ps_packet *pkt, enum ps_company what, uint32_t value)
{
	struct ps_nfqueue_packet *p = packet_of(pkt);

	if (what == PS_COMPANY_MARK) {
		p->mark = value;
		p->has_mark = true;
		return true;
	}
	p->priority = value;
	p->has_priority = true;
	return true;
}

static const char *device_name(struct ps_nfqueue_packet *p, uint16_t type, char name[PS_COMPANY_NAME])
{
	static_assert(PS_COMPANY_NAME >= IF_NAMESIZE, "a device's name has room");
	uint32_t index;

	if (name[0])
		return name;
	return tell_attr(p, type, &index) ? if_indextoname(index, name) : NULL;
}

static const char *tell_name(struct ps_packet *pkt, enum ps_company what)
{
	struct ps_nfqueue_packet *p = packet_of(pkt);

	if (what == PS_COMPANY_DEV_IN)
		return device_name(p, NFQA_IFINDEX_INDEV, p->device[0]);
	if (what == PS_COMPANY_DEV_OUT)
		return device_name(p, NFQA_IFINDEX_OUTDEV, p->device[1]);
	return p->hook < NF_INET_NUMHOOKS ? ps_hook_name(PS_HOOK_OF_IP, p->hook) : NULL;
}

/*
 * Connections. The kernel tells none of packets that are invalid, or not tracked, or come before conntrack; nor why.
 */
static const struct nlattr *connection_of(struct ps_nfqueue_packet *p)
{
	if (!p->has_looked) {
		p->has_looked = true;
		p->ct = attr_of(p, NFQA_CT);
	}
	return p->ct && ps_tracked_is_connection(p->ct) ? p->ct : NULL;
}

/* Where there is a template, something is tracked: the packet has not come so far. */
static bool tell_ct_info(struct ps_nfqueue_packet *p, uint64_t *value)
{
	uint32_t info;

	*value = PS_CT_INVALID;
	if (!connection_of(p))
		return p->ct;
	if (!tell_attr(p, NFQA_CT_INFO, &info) || info > PS_CT_RELATED_REPLY)
		return false;
	*value = info;
	return true;
}

static bool tell_ct_number(struct ps_packet *pkt, enum ps_ct_number what, bool reply, uint64_t *value)
{
	struct ps_nfqueue_packet *p = packet_of(pkt);

	if (what == PS_CT_INFO)
		return tell_ct_info(p, value);
	*value = p->ct_mark;
	return connection_of(p) && ((what == PS_CT_MARK && p->has_ct_mark) || ps_tracked_number(p->ct, what, reply, value));
}

static bool tell_ct_tuple(struct ps_packet *pkt, bool reply, struct ps_ct_tuple *tuple)
{
	const struct nlattr *ct = connection_of(packet_of(pkt));

	return ct && ps_tracked_tuple(ct, reply, tuple);
}

/*
 * With a verdict that has something of a connection that is translated, the kernel takes a segment's new length for one that
 * sequence numbers shall follow, and warns of itself where that was not prepared (nf_ct_seqadj_set()).
 */
static bool would_follow(struct ps_nfqueue_packet *p)
{
	return connection_of(p) && ps_tracked_is_translated_tcp(p->ct);
}

static bool may_resize(struct ps_nfqueue_packet *p)
{
	return !p->has_ct_mark || !would_follow(p);
}

static bool set_ct_mark(struct ps_packet *pkt, uint32_t mark)
{
	struct ps_nfqueue_packet *p = packet_of(pkt);

	if (!connection_of(p) || (pkt->readable != p->received && would_follow(p)))
		return false;
	p->ct_mark = mark;
	p->has_ct_mark = true;
	return true;
}

static const struct ps_ct_ops connections = { tell_ct_number, set_ct_mark, tell_ct_tuple };
static const struct ps_company_ops company = { tell_number, set_number, tell_name, &connections };

static const struct ps_packet_ops ops = {
	.pull = pull,
	.make_writable = make_writable,
	.own_checksum = own_checksum,
	.resize = resize,
	.networks = ps_networks,
	.company = &company,
};

/*
 * Finds the partial checksum: the transport's, if that holds the sum of the pseudo header. False: it is not that one, as in
 * a tunnel, where it is further inside.
 */
static bool find_partial(struct ps_nfqueue_packet *p)
{
	struct ps_packet *pkt = &p->pkt;
	struct ps_headers layers;
	const struct ps_header *transport = &layers.header[1];
	uint32_t sum;

	if (pkt->protocol != ETH_P_IP)
		return false;
	ps_dissect(pkt, &layers);
	if (layers.n < 2 || transport->proto->csum.kind != PS_CSUM_PSEUDO)
		return false;
	p->transport = transport->range.off;
	pkt->partial = ps_csum_at(transport);
	/* 0 and 0xFFFF are the same sum */
	if (ps_csum_compute(pkt, transport, &sum) &&
	    sum % 0xFFFF == ps_load16(pkt->data + pkt->partial) % 0xFFFF)
		return true;
	pkt->partial = 0;
	return false;
}

/* For segments of TCP the kernel computes checksums from their bytes, whatever the packet had. */
static bool is_tcp(const struct ps_nfqueue_packet *p)
{
	return p->pkt.data[9] == IPPROTO_TCP;
}

/* Returns false if the message has no packet. */
static bool packet_init(struct ps_nfqueue_packet *p, struct ps_nfqueue *q,
			const struct nlmsghdr *message)
{
	const struct nfqnl_msg_packet_hdr *about;
	struct nlattr *attr[ATTRS] = { NULL };
	struct ps_packet *pkt = &p->pkt;
	uint32_t info;

	if (nfq_nlmsg_parse(message, attr) < 0 || !attr[NFQA_PACKET_HDR])
		return false;
	about = mnl_attr_get_payload(attr[NFQA_PACKET_HDR]);
	info = attr_u32(attr[NFQA_SKB_INFO]);

	memset(p, 0, sizeof(*p));
	p->queue = q;
	p->message = message;
	p->id = ntohl(about->packet_id);
	p->hook = about->hook;
	p->is_gso = info & NFQA_SKB_GSO;
	pkt->ops = &ops;
	pkt->protocol = ntohs(about->hw_protocol);
	if (attr[NFQA_PAYLOAD]) {
		pkt->data = mnl_attr_get_payload(attr[NFQA_PAYLOAD]);
		pkt->readable = p->received = mnl_attr_get_payload_len(attr[NFQA_PAYLOAD]);
	}
	pkt->len = attr[NFQA_CAP_LEN] ? attr_u32(attr[NFQA_CAP_LEN]) : pkt->readable;
	if (info & (NFQA_SKB_CSUMNOTREADY | NFQA_SKB_GSO))
		p->is_foreign = pkt->readable < pkt->len || !(info & NFQA_SKB_CSUMNOTREADY) ||
				!find_partial(p) || (p->is_gso && !is_tcp(p));
	return true;
}

void ps_nfqueue_before(const struct ps_nfqueue_packet *p, struct ps_packet *before)
{
	void *bytes = p->is_written ? p->queue->batch->before : p->pkt.data;

	ps_buffer_init(before, bytes, p->received, 0, p->pkt.protocol);
}

/*
 * Completes the checksum, as a device would. Of a packet that is cut into segments the kernel does it, in each segment; but
 * on the first two hooks the packet may turn out to be for this machine, where it is not cut, and its checksum is checked.
 */
static void complete(struct ps_nfqueue_packet *p)
{
	struct ps_packet *pkt = &p->pkt;
	const struct ps_offload message = { p->transport, pkt->len, pkt->len };

	if (!p->is_gso || p->hook < NF_INET_FORWARD)
		ps_buffer_complete(pkt, &message);
}

/*
 * Verdicts.
 */

/* Adds to parts what is in verdicts and not yet there. */
static void close_part(struct ps_nfqueue_batch *b)
{
	if (b->end == b->sent)
		return;
	b->parts[b->nparts].iov_base = b->sent;
	b->parts[b->nparts++].iov_len = b->end - b->sent;
	b->sent = b->end;
}

static void add_message(struct ps_nfqueue_batch *b, const struct nlmsghdr *message)
{
	b->end += message->nlmsg_len;
	b->size += message->nlmsg_len;
}

/* If this fails, verdicts are lost, and packets would wait for ever: the caller closes the queue. */
static int send_parts(struct ps_nfqueue *q)
{
	struct ps_nfqueue_batch *b = q->batch;
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct msghdr message = {
		.msg_name = &kernel,
		.msg_namelen = sizeof(kernel),
		.msg_iov = b->parts,
	};
	int tries = 0;
	ssize_t sent;

	close_part(b);
	message.msg_iovlen = b->nparts;
	while (b->nparts) {
		sent = sendmsg(mnl_socket_get_fd(q->socket), &message, 0);
		if (sent >= 0)
			break;
		if (errno == ENOBUFS || errno == ENOMEM) {
			if (++tries < SEND_TRIES)
				usleep(10000);
			else
				return fail(q, "queue %u: the kernel takes no verdicts: %s",
					    q->config.number, strerror(errno));
		} else if (errno != EINTR && errno != EAGAIN) {
			return fail(q, "queue %u: the kernel takes no verdicts: %s",
				    q->config.number, strerror(errno));
		}
	}
	b->nparts = 0;
	b->size = 0;
	b->end = b->sent = b->verdicts;
	return 0;
}

/*
 * Makes room for a verdict of size bytes in all. One datagram may hold many packets, so there may be more than BATCH of
 * them.
 */
static int make_room(struct ps_nfqueue *q, size_t size)
{
	const struct ps_nfqueue_batch *b = q->batch;
	const size_t max = sizeof(b->parts) / sizeof(b->parts[0]);

	if ((b->size && b->size + size > b->size_max) || b->nparts + 3 > max ||
	    b->end + VERDICT_ROOM > b->verdicts + sizeof(b->verdicts))
		return send_parts(q);
	return 0;
}

/* One message with the verdict on all packets up to b->id that have none yet. */
static int settle(struct ps_nfqueue *q)
{
	struct ps_nfqueue_batch *b = q->batch;
	struct nlmsghdr *message;

	if (!b->waits)
		return 0;
	b->waits = false;
	if (make_room(q, VERDICT_ROOM))
		return -1;
	message = nfq_nlmsg_put(b->end, NFQNL_MSG_VERDICT_BATCH, q->config.number);
	nfq_nlmsg_verdict_put(message, b->id, b->verdict);
	add_message(b, message);
	return 0;
}

/* A verdict on an unchanged packet. It waits for more of the same: one message tells it for all packets up to an id. */
static int add_verdict(struct ps_nfqueue *q, uint32_t id, uint32_t verdict)
{
	struct ps_nfqueue_batch *b = q->batch;

	if (b->waits && b->verdict != verdict && settle(q))
		return -1;
	b->waits = true;
	b->id = id;
	b->verdict = verdict;
	return 0;
}

/* Puts into the verdict what goes along with the packet from now on. */
static void put_company(struct nlmsghdr *message, const struct ps_nfqueue_packet *p)
{
	struct nlattr *nest;

	if (p->has_mark)
		mnl_attr_put_u32(message, NFQA_MARK, htonl(p->mark));
	if (p->has_priority)
		mnl_attr_put_u32(message, PRIORITY, htonl(p->priority));
	if (p->has_ct_mark) {
		nest = mnl_attr_nest_start(message, NFQA_CT);
		mnl_attr_put_u32(message, CTA_MARK, htonl(p->ct_mark));
		mnl_attr_nest_end(message, nest);
	}
}

/* A verdict on one packet, with its bytes if it was written. They stay where they are until all is sent. */
static int add_single(struct ps_nfqueue *q, const struct ps_nfqueue_packet *p, uint32_t verdict)
{
	const struct ps_packet *pkt = p->is_written ? &p->pkt : NULL;
	struct ps_nfqueue_batch *b = q->batch;
	uint32_t len = pkt ? pkt->len : 0;
	struct nlmsghdr *message;
	struct nlattr *payload;

	if (settle(q) || make_room(q, VERDICT_ROOM + len))
		return -1;
	message = nfq_nlmsg_put(b->end, NFQNL_MSG_VERDICT, q->config.number);
	nfq_nlmsg_verdict_put(message, p->id, verdict);
	put_company(message, p);
	if (!len) {
		add_message(b, message);
		return 0;
	}
	payload = mnl_nlmsg_get_payload_tail(message);
	payload->nla_type = NFQA_PAYLOAD;
	payload->nla_len = NLA_HDRLEN + len;
	message->nlmsg_len += NLA_HDRLEN;
	add_message(b, message);
	close_part(b);
	message->nlmsg_len += len;
	/* aligning reads beyond the packet, but not beyond its slot, which is larger than any message */
	b->parts[b->nparts].iov_base = pkt->data;
	b->parts[b->nparts++].iov_len = MNL_ALIGN(len);
	b->size += MNL_ALIGN(len);
	return 0;
}

static uint32_t flags_of(const struct ps_nfqueue_config *config)
{
	return (config->segments ? 0 : NFQA_CFG_F_GSO) |
	       (config->fail_open ? NFQA_CFG_F_FAIL_OPEN : 0) |
	       (config->tracks ? NFQA_CFG_F_CONNTRACK : 0) | NFQA_CFG_F_UID_GID;
}

static void put_flags(struct nlmsghdr *message, const struct ps_nfqueue_config *config)
{
	mnl_attr_put_u32(message, NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO | NFQA_CFG_F_FAIL_OPEN | NFQA_CFG_F_CONNTRACK |
							NFQA_CFG_F_UID_GID));
	mnl_attr_put_u32(message, NFQA_CFG_FLAGS, htonl(flags_of(config)));
}

/*
 * Has the packet go to the rule once more, from where it comes back in segments. Packets that the kernel has queued before
 * it was told are no more than fit into it: so many are asked for again at most, and no packet goes round for ever.
 */
static int ask_again(struct ps_nfqueue *q, uint32_t id)
{
	const struct ps_nfqueue_packet as_it_was = { .id = id };
	struct ps_nfqueue_batch *b = q->batch;
	struct nlmsghdr *message;

	if (!q->config.segments) {
		if (settle(q) || make_room(q, VERDICT_ROOM))
			return -1;
		q->config.segments = true;
		message = nfq_nlmsg_put(b->end, NFQNL_MSG_CONFIG, q->config.number);
		put_flags(message, &q->config);
		add_message(b, message);
	}
	if (!q->again_left)
		return add_single(q, &as_it_was, NF_DROP);
	q->again_left--;
	q->again++;
	return add_single(q, &as_it_was, NF_REPEAT);
}

static int handle(struct ps_nfqueue *q, const struct nlmsghdr *message,
		  ps_nfqueue_handler *handler, void *context)
{
	struct ps_nfqueue_packet p;
	uint32_t verdict;

	if (!packet_init(&p, q, message))
		return 0;
	verdict = handler(context, &p);
	if (verdict == NF_DROP && p.has_ct_mark)	/* the connection goes on without the packet */
		p.is_written = p.has_mark = p.has_priority = false;
	else if (verdict == NF_DROP || !(p.is_written || p.has_mark || p.has_priority || p.has_ct_mark))
		return add_verdict(q, p.id, verdict);
	if (ps_nfqueue_sees_again(&p))
		return ask_again(q, p.id);
	if (p.is_written)
		complete(&p);
	return add_single(q, &p, verdict);
}

/* Handles the messages in a slot. Returns how many of them were packets, or -1. */
static int handle_slot(struct ps_nfqueue *q, const uint8_t *slot, int len,
		       ps_nfqueue_handler *handler, void *context)
{
	const struct nlmsghdr *message = (const void *)slot;
	int n = 0;

	for (; mnl_nlmsg_ok(message, len); message = mnl_nlmsg_next(message, &len)) {
		if (message->nlmsg_type == NLMSG_ERROR) {
			if (message->nlmsg_seq == TRACK)
				q->config.tracks = false;
			else
				q->late++;
			continue;
		}
		if (message->nlmsg_type != (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET))
			continue;
		if (handle(q, message, handler, context))
			return -1;
		n++;
	}
	return n;
}

/* Waits for packets, for a shorter time than the socket does by itself. */
static void wait_for_packets(struct ps_nfqueue *q, unsigned int us)
{
	struct pollfd poll = { .fd = mnl_socket_get_fd(q->socket), .events = POLLIN };
	const struct timespec time = { .tv_nsec = us * 1000l };

	ppoll(&poll, 1, &time, NULL);	/* if it fails, there may be packets or none */
}

int ps_nfqueue_work(struct ps_nfqueue *q, uint32_t max, unsigned int wait, ps_nfqueue_handler *handler,
		    void *context)
{
	struct ps_nfqueue_batch *b = q->batch;
	int i, n, got, count = 0;

	if (wait && wait < PS_NFQUEUE_WAIT)
		wait_for_packets(q, wait);
	got = recvmmsg(mnl_socket_get_fd(q->socket), b->received, max < BATCH ? max : BATCH,
		       wait == PS_NFQUEUE_WAIT ? MSG_WAITFORONE : MSG_DONTWAIT, NULL);
	if (got < 0) {
		/* ENOBUFS: packets were dropped; ps_nfqueue_drops() tells how many */
		if (errno != EINTR && errno != EAGAIN && errno != ENOBUFS)
			return fail(q, "queue %u: %s", q->config.number, strerror(errno));
		return 0;
	}
	for (i = 0; i < got; i++) {
		n = handle_slot(q, b->slots[i], b->received[i].msg_len, handler, context);
		if (n < 0)
			return -1;
		count += n;
	}
	if (settle(q) || send_parts(q))
		return -1;
	free_grown(b);
	return count;
}

/*
 * Opening and closing.
 */
bool ps_nfqueue_drops(const struct ps_nfqueue *q, uint64_t *full, uint64_t *overrun)
{
	unsigned long long queue_dropped, user_dropped;
	FILE *file = fopen(PROC, "r");
	bool found = false;
	unsigned int number;
	char line[256];

	if (!file)
		return false;
	/* number, port, how many wait, mode, range, both counts, last id */
	while (!found && fgets(line, sizeof(line), file)) {
		found = sscanf(line, "%u %*u %*u %*u %*u %llu %llu", &number, &queue_dropped,
			       &user_dropped) == 3 && number == q->config.number;
	}
	fclose(file);
	if (found) {
		*full = queue_dropped;
		*overrun = user_dropped;
	}
	return found;
}

/* Tells why the kernel does not let us have the queue. Returns -1. */
static int refused(struct ps_nfqueue *q, int error)
{
	uint64_t ignored;

	if ((error == EPERM || error == EBUSY) && ps_nfqueue_drops(q, &ignored, &ignored))
		return fail(q, "queue %u: another program listens to it", q->config.number);
	switch (error) {
	case EPERM:
		return fail(q, "queue %u: not permitted: only root may, or who has CAP_NET_ADMIN",
			    q->config.number);
	case EBUSY:
		return fail(q, "queue %u: another program listens to it", q->config.number);
	case EINVAL: case EOPNOTSUPP: case EPROTONOSUPPORT:
		return fail(q, "queue %u: this kernel has no queues (nfnetlink_queue): %s",
			    q->config.number, strerror(error));
	}
	return fail(q, "queue %u: %s", q->config.number, strerror(error));
}

/* Returns 0, or the error that the kernel answers with. */
static int ask(struct ps_nfqueue *q, struct nlmsghdr *message)
{
	char answer[1024];
	ssize_t len;

	message->nlmsg_flags |= NLM_F_ACK;
	message->nlmsg_seq = 1;
	if (mnl_socket_sendto(q->socket, message, message->nlmsg_len) < 0)
		return errno;
	do
		len = mnl_socket_recvfrom(q->socket, answer, sizeof(answer));
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return errno;
	return mnl_cb_run(answer, len, 1, mnl_socket_get_portid(q->socket), NULL, NULL) < 0 ?
		errno : 0;
}

static void set_size(int fd, int force, int plain, int size)
{
	if (setsockopt(fd, SOL_SOCKET, force, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, plain, &size, sizeof(size));
}

static size_t send_room(int fd)
{
	int size = 0;
	socklen_t len = sizeof(size);

	if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &len) || size < SEND_MAX)
		return SEND_MAX / 2;
	return SEND_MAX;
}

/* Nothing depends on them but how many packets can be handled in a second. */
static void set_options(struct mnl_socket *socket)
{
	const struct timeval limit = { .tv_sec = PS_NFQUEUE_WAIT / 1000000 };	/* so that a signal just before the wait is noticed, too */
	int fd = mnl_socket_get_fd(socket), yes = 1;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	set_size(fd, SO_RCVBUFFORCE, SO_RCVBUF, RECEIVE_BUFFER);
	set_size(fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_BUFFER);
	mnl_socket_setsockopt(socket, NETLINK_NO_ENOBUFS, &yes, sizeof(yes));
	/* errors come without the message that caused them */
	mnl_socket_setsockopt(socket, NETLINK_CAP_ACK, &yes, sizeof(yes));
}

static int batch_init(struct ps_nfqueue *q)
{
	struct ps_nfqueue_batch *b = calloc(1, sizeof(*b));
	int i;

	q->batch = b;
	if (!b)
		return -1;
	b->slots = mmap(NULL, BATCH * SLOT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);
	if (b->slots == MAP_FAILED) {
		b->slots = NULL;
		return -1;
	}
	if (q->config.keeps) {
		b->before = malloc(COPY_RANGE);
		if (!b->before)
			return -1;
	}
	for (i = 0; i < BATCH; i++) {
		b->slot_of[i].iov_base = b->slots[i];
		b->slot_of[i].iov_len = SLOT;
		b->received[i].msg_hdr.msg_iov = &b->slot_of[i];
		b->received[i].msg_hdr.msg_iovlen = 1;
	}
	b->end = b->sent = b->verdicts;
	b->size_max = send_room(mnl_socket_get_fd(q->socket));
	return 0;
}

/* Returns 0, or the error that the kernel answers with. */
static int bind_to(struct ps_nfqueue *q)
{
	char buffer[256];
	struct nlmsghdr *message = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, q->config.number);

	nfq_nlmsg_cfg_put_cmd(message, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
	nfq_nlmsg_cfg_put_qmaxlen(message, q->config.length);
	put_flags(message, &q->config);
	return ask(q, message);
}

int ps_nfqueue_open(struct ps_nfqueue *q, const struct ps_nfqueue_config *config)
{
	char buffer[256];
	struct nlmsghdr *message;
	int error;

	memset(q, 0, sizeof(*q));
	q->config = *config;
	q->again_left = config->length;
	q->socket = mnl_socket_open(NETLINK_NETFILTER);
	if (!q->socket || mnl_socket_bind(q->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return refused(q, errno);
	set_options(q->socket);
	if (batch_init(q))
		return fail(q, "queue %u: not enough memory", config->number);

	/* packets come only once the kernel has been told how many bytes of each are wanted: last */
	error = bind_to(q);
	if (error == EOPNOTSUPP && q->config.tracks) {
		q->config.tracks = false;
		error = bind_to(q);
	}
	if (error)
		return refused(q, error);

	message = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, config->number);
	nfq_nlmsg_cfg_put_params(message, NFQNL_COPY_PACKET, COPY_RANGE);
	if (mnl_socket_sendto(q->socket, message, message->nlmsg_len) < 0)
		return refused(q, errno);
	return 0;
}

int ps_nfqueue_track(struct ps_nfqueue *q, bool tracks)
{
	char buffer[256];
	struct nlmsghdr *message = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, q->config.number);

	q->config.tracks = tracks;
	message->nlmsg_seq = TRACK;
	put_flags(message, &q->config);
	if (mnl_socket_sendto(q->socket, message, message->nlmsg_len) < 0)
		return refused(q, errno);
	return 0;
}

void ps_nfqueue_close(struct ps_nfqueue *q)
{
	struct ps_nfqueue_batch *b = q->batch;

	if (q->socket)
		mnl_socket_close(q->socket);
	if (b) {
		if (b->slots)
			munmap(b->slots, BATCH * SLOT);
		free_grown(b);
		free(b->before);
		free(b);
	}
	q->socket = NULL;
	q->batch = NULL;
}
