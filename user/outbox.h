/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What a script sends, off the kernel: packets and frames, one by one. Those that are to leave as segments are cut here.
 */
#ifndef PS_USER_OUTBOX_H
#define PS_USER_OUTBOX_H

#include "send.h"

/* A packet that is sent. It holds while it is delivered. */
struct ps_outgoing {
	const struct ps_message *message;
	const uint8_t *bytes;
	uint32_t len;
};

/* Returns NULL, or why it cannot be sent: a static text. */
typedef const char *ps_deliver(void *context, const struct ps_outgoing *packet);

struct ps_outbox {
	struct ps_sender sender;	/* first */
	uint8_t *draft;
	uint32_t room;
	ps_deliver *deliver;		/* NULL: what is sent is lost */
	void *context;
	uint64_t count;			/* of packets that were sent */
};

void ps_outbox_init(struct ps_outbox *outbox);
void ps_outbox_clean(struct ps_outbox *outbox);

/* Who gets what is sent from now on. */
void ps_outbox_deliver(struct ps_outbox *outbox, ps_deliver *deliver, void *context);

/* Packets that are kept until somebody looks at them. All zero: none. */
struct ps_sent_packet {
	struct ps_sent_packet *next;
	uint32_t link, len;		/* link: as struct ps_message has it */
	uint8_t bytes[];
};

struct ps_sent_list {
	struct ps_sent_packet *first, **end;
};

/* A ps_deliver(), whose context is a list: keeps a copy. */
const char *ps_sent_keep(void *list, const struct ps_outgoing *packet);
void ps_sent_clean(struct ps_sent_list *list);

#endif
