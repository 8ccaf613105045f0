/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "outbox.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"

enum { TCP = 6, TCP_SEQ = 4, TCP_FLAGS = 13, TCP_FIN = 0x01, TCP_PSH = 0x08, TCP_CWR = 0x80, IP_ID = 4 };

static uint8_t *make_draft(struct ps_sender *sender, uint32_t len)
{
	struct ps_outbox *outbox = (struct ps_outbox *)sender;
	uint8_t *draft;

	if (len <= outbox->room)
		return outbox->draft;
	draft = realloc(outbox->draft, len);
	if (!draft)
		return NULL;
	outbox->draft = draft;
	outbox->room = len;
	return draft;
}

static const char *deliver(struct ps_outbox *outbox, const struct ps_message *message, const uint8_t *bytes, uint32_t len)
{
	const struct ps_outgoing packet = { message, bytes, len };
	const char *why_not = outbox->deliver ? outbox->deliver(outbox->context, &packet) : NULL;

	outbox->count += !why_not;
	return why_not;
}

/*
 * What the kernel does with such a packet: segments have its headers, TCP's with their own sequence numbers, and flags that are for
 * the first or the last one only.
 */
static void number_segment(uint8_t *bytes, const struct ps_message *message, uint32_t at, bool is_last)
{
	uint8_t *tcp = bytes + message->is.transport;

	if (!message->is.is_ip6)
		ps_store16(bytes + IP_ID, ps_load16(bytes + IP_ID) + at / message->segment);
	if (message->is.protocol != TCP)
		return;
	ps_store32(tcp + TCP_SEQ, ps_load32(tcp + TCP_SEQ) + at);
	if (at)
		tcp[TCP_FLAGS] &= ~TCP_CWR;
	if (!is_last)
		tcp[TCP_FLAGS] &= ~(TCP_FIN | TCP_PSH);
}

static const char *deliver_segments(struct ps_outbox *outbox, const struct ps_message *message)
{
	const uint32_t head = message->is.payload, payload = message->len - head;
	struct ps_completed completed;
	struct ps_packet pkt;
	uint8_t bytes[PS_PACKET_MAX];
	const char *why_not = NULL;
	uint32_t at, n;

	for (at = 0; at < payload && !why_not; at += n) {
		n = payload - at < message->segment ? payload - at : message->segment;
		memcpy(bytes, outbox->draft, head);
		memcpy(bytes + head, outbox->draft + head + at, n);
		number_segment(bytes, message, at, at + n == payload);
		ps_buffer_init(&pkt, bytes, head + n, 0, 0);
		ps_complete(&pkt, 0, false, &completed);
		why_not = deliver(outbox, message, bytes, head + n);
	}
	return why_not;
}

static const char *send_draft(struct ps_sender *sender, const struct ps_message *message)
{
	struct ps_outbox *outbox = (struct ps_outbox *)sender;

	if (message->segment)
		return deliver_segments(outbox, message);
	return deliver(outbox, message, outbox->draft, message->len);
}

static const struct ps_sender_ops ops = { .draft = make_draft, .send = send_draft };

void ps_outbox_init(struct ps_outbox *outbox)
{
	memset(outbox, 0, sizeof(*outbox));
	outbox->sender.ops = &ops;
}

void ps_outbox_deliver(struct ps_outbox *outbox, ps_deliver *to, void *context)
{
	outbox->deliver = to;
	outbox->context = context;
}

void ps_outbox_clean(struct ps_outbox *outbox)
{
	free(outbox->draft);
	outbox->draft = NULL;
	outbox->room = 0;
}

const char *ps_sent_keep(void *context, const struct ps_outgoing *packet)
{
	struct ps_sent_list *list = context;
	struct ps_sent_packet *kept = malloc(sizeof(*kept) + packet->len);

	if (!kept)
		return "no memory";
	kept->next = NULL;
	kept->link = packet->message->link;
	kept->len = packet->len;
	memcpy(kept->bytes, packet->bytes, packet->len);
	if (!list->first)
		list->end = &list->first;
	*list->end = kept;
	list->end = &kept->next;
	return NULL;
}

void ps_sent_clean(struct ps_sent_list *list)
{
	struct ps_sent_packet *next;

	for (; list->first; list->first = next) {
		next = list->first->next;
		free(list->first);
	}
}
