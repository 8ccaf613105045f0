/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What scripts send. The engine checks it, and fills in what its headers say of lengths and checksums; the owner of the state
 * has a sender, which makes memory for a packet and takes it from there.
 */
#ifndef PS_SEND_H
#define PS_SEND_H

#include "complete.h"

#define PS_SEND_DEVICE	16	/* bytes of a device's name, with its final zero */

#define PS_FRAME_MAX	(64 + PS_PACKET_MAX)	/* bytes of a packet with a link-layer header */

struct lua_State;
struct ps_sender;

/* What becomes of the draft. */
struct ps_message {
	uint32_t len;		/* of all of it */
	uint32_t drafted;	/* so many of these are in the draft, its headers among them; the others are lent */
	char dev[PS_SEND_DEVICE];	/* where it is to leave; empty: as it is routed */
	uint32_t link;		/* how many bytes of a link-layer header it begins with; 0: it begins with that of IP */
	uint32_t mark;
	uint32_t priority;	/* 0: whatever is usual */
	uint32_t segment;	/* bytes of payload that each of its segments gets; 0: it is a packet itself */
	/* Of one without a link layer: */
	uint32_t partial;	/* where its checksum is, which is completed later; 0: it has all */
	struct ps_completed is;
};

struct ps_sender_ops {
	/*
	 * Memory for len bytes, of 4 at least, or NULL. It holds until the next draft, or until that is sent: so who fills
	 * it may raise.
	 */
	uint8_t *(*draft)(struct ps_sender *sender, uint32_t len);
	/*
	 * NULL: that cannot be. Puts n bytes behind those of the draft, without copying them: they are in pages of ps_host_get_pages(),
	 * and do not change. False: there is no memory.
	 */
	bool (*lend)(struct ps_sender *sender, const uint8_t *bytes, uint32_t n);
	bool finishes_checksums;	/* that are partial, of any packet and not only of segments */
	/* Sends it. Returns NULL, or why it cannot be, a static text. */
	const char *(*send)(struct ps_sender *sender, const struct ps_message *message);
};

/* The owner's, who frees it and whatever draft it has. All functions: in the context the runtime runs in. */
struct ps_sender {
	const struct ps_sender_ops *ops;
};

/* How much a state may send, of one with a copy for each CPU each of these. The administrator may change it. */
struct ps_send_limits {
	unsigned int send_each;		/* packets for each packet that is handled; segments count one by one, what is refused does not */
	unsigned int send_rate;		/* packets in a second */
	unsigned int send_rate_kib;	/* KiB in a second */
	unsigned int send_queue_kib;	/* KiB that wait in the machine to be sent */
};

extern struct ps_send_limits ps_send_limits;

/* The same of one state: each is one more than the limit, or 0, if there is none but that above. */
struct ps_send_own {
	unsigned int each, rate, rate_kib;
};

/* What a state has sent. */
struct ps_sent {
	struct ps_send_own own;
	uint64_t packet;		/* the serial of the packet that is handled */
	unsigned int each;		/* packets for that one */
	unsigned long long second;	/* ps_host_time() at which the second began */
	unsigned int packets;		/* in that second */
	unsigned long long bytes;
};

/* lua_CFunctions: nf.send() and nf.create_packet() */
int ps_send(struct lua_State *L);
int ps_send_packet(struct lua_State *L);

#endif
