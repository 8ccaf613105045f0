/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets that a rule hands to a program (NFQUEUE): they come and go in batches, through netlink.
 */
#ifndef PS_USER_NFQUEUE_H
#define PS_USER_NFQUEUE_H

#include "packet.h"

#define PS_NFQUEUE_ERROR_SIZE	256
#define PS_NFQUEUE_BATCH	64	/* packets at most */

struct ps_nfqueue_config {
	uint16_t number;
	uint32_t length;	/* packets that may wait; the kernel drops those that come then */
	bool fail_open;		/* or lets them pass */
	bool segments;		/* large packets come in segments, with complete checksums */
	bool tracks;		/* of tracked packets the connection is told, if the kernel can: see ps_nfqueue_track() */
	bool keeps;		/* packets are kept as they came, for ps_nfqueue_before() */
};

struct ps_nfqueue {
	struct mnl_socket *socket;
	struct ps_nfqueue_config config;
	struct ps_nfqueue_batch *batch;
	uint64_t again;		/* packets that were asked for again, see struct ps_nfqueue_packet */
	uint64_t late;		/* verdicts that came too late: the packet was gone, with its device for instance */
	uint32_t again_left;	/* how many may still be asked for again */
	char error[PS_NFQUEUE_ERROR_SIZE];	/* one line, when a call has failed */
};

/*
 * A packet that waits for its verdict, in the buffer that it came in.
 *
 * If it is written, its bytes go back to the kernel, which takes its checksum for complete then. So a partial one is
 * completed here. Where that is not possible (the packet will be cut into segments and is not TCP over IPv4; IPv6; a
 * tunnel), the packet is asked for again, as it was, and from then on all packets come in segments: the handler sees this
 * one twice.
 */
struct ps_nfqueue_packet {
	struct ps_packet pkt;		/* first; it has no link-layer header */
	struct ps_nfqueue *queue;
	uint32_t id;
	uint32_t transport;		/* where the header begins that has the checksum at pkt.partial */
	uint32_t received;		/* bytes that came */
	const struct nlmsghdr *message;	/* in which it came, with all that is told of it */
	const struct nlattr *ct;	/* what it tells of the connection, once that was asked for; NULL: nothing */
	uint32_t mark, priority, ct_mark;	/* if the handler has set them */
	char device[2][PS_COMPANY_NAME];	/* names, once they were asked for: in, out */
	bool has_mark, has_priority, has_ct_mark;
	bool has_looked;		/* for ct */
	uint8_t hook;			/* enum nf_inet_hooks */
	bool is_gso;			/* it will be cut into segments */
	bool is_foreign;		/* its checksum cannot be completed here: it cannot go back with other bytes */
	bool is_written;
	bool has_grown;			/* its bytes are in memory of their own */
};

/* Decides on a packet, and may write to it. Returns NF_ACCEPT, NF_DROP or NF_QUEUE_NR(number). */
typedef uint32_t ps_nfqueue_handler(void *context, struct ps_nfqueue_packet *p);

/* Begins to listen to a queue, to which no one else may. Returns 0, or -1: q->error. Close in any case. */
int ps_nfqueue_open(struct ps_nfqueue *q, const struct ps_nfqueue_config *config);

/*
 * From now on the connections of packets are told, or not any more: kernels that can do it load conntrack's netlink for that. Whether
 * they do tells q->config.tracks, at the latest when the next batch has come. Returns 0, or -1: q->error.
 */
int ps_nfqueue_track(struct ps_nfqueue *q, bool tracks);

/* The kernel drops what still waits. */
void ps_nfqueue_close(struct ps_nfqueue *q);

#define PS_NFQUEUE_WAIT	1000000	/* microseconds: so long it waits at most, so that a signal just before is noticed, too */

/*
 * Handles the packets that are there, at most max of them, and hands in the verdicts. If there are none, it waits for the
 * first, for so many microseconds. Returns how many there were; 0 also after a signal; -1: q->error.
 */
int ps_nfqueue_work(struct ps_nfqueue *q, uint32_t max, unsigned int wait, ps_nfqueue_handler *handler,
		    void *context);

/* The packet as it came, to read, in the handler: *before holds as long as p does. */
void ps_nfqueue_before(const struct ps_nfqueue_packet *p, struct ps_packet *before);

/* True if the handler will see the packet again. */
static inline bool ps_nfqueue_sees_again(const struct ps_nfqueue_packet *p)
{
	return p->is_foreign && p->is_written;
}

/*
 * How many packets the kernel has dropped since the queue was opened: full, since the queue had no room; overrun, since the
 * socket's buffer had none. False: it does not say.
 */
bool ps_nfqueue_drops(const struct ps_nfqueue *q, uint64_t *full, uint64_t *overrun);

#endif
