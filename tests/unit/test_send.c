/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What a script sends, up to its sender: drafts, limits, and what completing a packet finds. */
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "host_user.h"
#include "packets.h"
#include "script.h"
#include "test.h"

static struct {
	struct ps_sender sender;
	bool has_no_memory;
	const char *why_not;
	uint8_t *draft;
	unsigned int drafts, sent;
	struct ps_message last;
} post;

/* Each of its own length, so that sanitizers see what is beyond it. */
static uint8_t *make_draft(struct ps_sender *sender, uint32_t len)
{
	(void)sender;
	free(post.draft);
	post.draft = post.has_no_memory ? NULL : malloc(len);
	post.drafts++;
	return post.draft;
}

static const char *send(struct ps_sender *sender, const struct ps_message *message)
{
	(void)sender;
	post.last = *message;
	post.sent += !post.why_not;
	return post.why_not;
}

static const struct ps_sender_ops ops = { make_draft, send };

static const char script[] =
	"local head = '\\x45' .. ('\\0'):rep(8) .. '\\17' .. ('\\0'):rep(10)\n"
	"function process_packet(p)\n"
	"  local sent, why\n"
	"  for n = 0, 100 do\n"
	"    sent, why = nf.send{ head, ('x'):rep(80) }\n"
	"    if not sent then error(why, 0) end\n"
	"  end\n"
	"end\n"
	"function raises(p) nf.send{ head, ('x'):rep(80), bytes.new(1):slice(9) } return NF_ACCEPT end\n"
	"function one(p) local sent, why = nf.send{ head, 'x' } return sent and NF_ACCEPT or error(why, 0) end\n"
	"function late(p) nf.send{ head, setmetatable({}, { __len = function() return 9 end }) } end\n";

/* Runs a function on a packet; returns its error, or "". */
static const char *run(struct ps_script *s, const char *function)
{
	static const struct shape shape = { .protocol = 17, .payload = 5 };
	struct ps_packet pkt;
	struct layout at;
	uint16_t queue;
	uint8_t *data = make_packet(&shape, &pkt, &at);
	int handler = ps_script_find(s, 0, function);

	s->error[0] = 0;
	CHECK(handler >= 0);
	ps_script_run(s, handler, &pkt, &queue);
	ps_script_put(s, handler);
	free(data);
	return s->error;
}

static void begin(struct ps_script *s)
{
	memset(&post, 0, sizeof(post));
	post.sender.ops = &ops;
	ps_user_time = 1000000000;
	CHECK_INT(ps_script_init(s, 0, true), 0);
	s->bind.sender = &post.sender;
	CHECK_INT(ps_script_load(s, 0, "/s/send.lua", script, strlen(script)), 0);
}

static void end(struct ps_script *s)
{
	ps_script_clean(s);
	free(post.draft);
	ps_user_time = 0;
}

static void limits(void)
{
	const struct ps_send_limits usual = ps_send_limits;
	struct ps_script s;

	begin(&s);
	CHECK_TEXT(run(&s, "process_packet"), "too many packets for one packet (send_each)");
	CHECK_INT(post.sent, 64);
	CHECK_TEXT(run(&s, "process_packet"), "too many packets for one packet (send_each)");
	CHECK_INT(post.sent, 128);

	ps_send_limits.send_rate = 150;
	CHECK_TEXT(run(&s, "process_packet"), "too many packets in a second (send_rate)");
	CHECK_INT(post.sent, 150);
	ps_user_time += 999999999;
	CHECK_TEXT(run(&s, "one"), "too many packets in a second (send_rate)");
	ps_user_time++;
	CHECK_TEXT(run(&s, "one"), "");
	ps_send_limits.send_rate = 0;
	CHECK_TEXT(run(&s, "one"), "too many packets in a second (send_rate)");
	ps_send_limits.send_rate = usual.send_rate;

	ps_user_time += 1000000000;
	ps_send_limits.send_rate_kib = 2;
	post.sent = 0;
	CHECK_TEXT(run(&s, "process_packet"), "too many bytes in a second (send_rate_kib)");
	CHECK_INT(post.sent, 20);	/* of 100 bytes each */
	ps_send_limits.send_each = 0;
	CHECK_TEXT(run(&s, "one"), "too many packets for one packet (send_each)");
	ps_send_limits = usual;
	end(&s);
}

static void limits_of_one_state(void)
{
	struct ps_script_limits own = { .memory = PS_SCRIPT_MEMORY, .sends = { .each = 4, .rate = 8 } };
	struct ps_script s;

	begin(&s);
	post.sent = 0;
	ps_script_limit(&s, &own);
	CHECK_TEXT(run(&s, "process_packet"), "too many packets for one packet (send_each)");
	CHECK_INT(post.sent, 3);
	CHECK_TEXT(run(&s, "process_packet"), "too many packets for one packet (send_each)");
	CHECK_TEXT(run(&s, "process_packet"), "too many packets in a second (send_rate)");
	CHECK_INT(post.sent, 7);
	own.sends = (struct ps_send_own){ .rate_kib = 1 };
	ps_script_limit(&s, &own);
	CHECK_TEXT(run(&s, "one"), "too many bytes in a second (send_rate_kib)");
	own.sends = (struct ps_send_own){ 0 };
	ps_script_limit(&s, &own);
	CHECK_TEXT(run(&s, "one"), "");
	end(&s);
}

/* Nothing is sent of what raises, and the draft is still the sender's. */
static void failures(void)
{
	struct ps_script s;

	begin(&s);
	CHECK_TEXT(run(&s, "one"), "");
	CHECK_INT(post.sent, 1);
	CHECK_INT(post.last.len, 21);
	CHECK(strstr(run(&s, "late"), "part 2: string or byte array expected, got table"));
	CHECK_INT(post.drafts, 1);
	post.why_not = "a reason";
	CHECK_TEXT(run(&s, "one"), "a reason");
	post.why_not = NULL;
	post.has_no_memory = true;
	CHECK_TEXT(run(&s, "one"), "no memory");
	CHECK_INT(post.sent, 1);
	s.bind.sender = NULL;
	CHECK(strstr(run(&s, "one"), "packets are sent by functions that are called for packets"));
	end(&s);
}

/* Each header of each kind of packet at each length, in memory of just that length. */
static void completes_what_is_cut(void)
{
	static const struct shape shapes[] = {
		{ .protocol = 17, .payload = 9 }, { .protocol = 6, .payload = 9, .ihl = 7 }, { .protocol = 1, .payload = 9 },
	};
	struct ps_completed completed;
	struct ps_packet whole, pkt;
	struct layout at;
	uint32_t len, segment;
	size_t i;

	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		uint8_t *data = make_packet(&shapes[i], &whole, &at);
		const uint32_t network = whole.network;

		for (len = 4; len <= whole.len - network; len++) {
			for (segment = 0; segment < 2; segment++) {
				uint8_t *cut = malloc(len);

				memcpy(cut, data + network, len);
				ps_buffer_init(&pkt, cut, len, 0, 0);
				ps_complete(&pkt, 1, segment, &completed);
				CHECK(completed.payload <= len && completed.transport <= completed.payload);
				CHECK(pkt.partial == 0 || (segment && pkt.partial + 2 <= completed.payload));
				free(cut);
			}
		}
		free(data);
	}
}

const struct test send_tests[] = {
	{ "send: so many for a packet, and in a second", limits },
	{ "send: a state has limits of its own", limits_of_one_state },
	{ "send: what fails is not sent", failures },
	{ "send: packets are completed, however short", completes_what_is_cut },
	{ NULL },
};
