/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What a script sends, up to its sender: drafts, limits, and what completing a packet finds. */
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "host_user.h"
#include "packets.h"
#include "script.h"
#include "shared.h"
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

static const struct ps_sender_ops ops = { .draft = make_draft, .send = send };

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

static void begin_with(struct ps_script *s, struct ps_shared_space *space, const char *text)
{
	memset(&post, 0, sizeof(post));
	post.sender.ops = &ops;
	ps_user_time = 1000000000;
	CHECK_INT(ps_script_init(s, 0, true), 0);
	s->bind.sender = &post.sender;
	if (space)
		ps_shared_join(&s->bind, space);
	s->error[0] = 0;
	ps_script_load(s, 0, "/s/send.lua", text, strlen(text));
	CHECK_TEXT(s->error, "");
}

static void begin(struct ps_script *s)
{
	begin_with(s, NULL, script);
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

static void what_is_refused_does_not_count(void)
{
	const struct ps_send_limits usual = ps_send_limits;
	struct ps_script s;
	int i;

	begin(&s);
	ps_send_limits.send_rate = 2;
	post.why_not = "too much waits";
	for (i = 0; i < 3; i++)
		CHECK_TEXT(run(&s, "one"), "too much waits");
	post.why_not = NULL;
	for (i = 0; i < 2; i++)
		CHECK_TEXT(run(&s, "one"), "");
	CHECK_TEXT(run(&s, "one"), "too many packets in a second (send_rate)");
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
	CHECK(strstr(run(&s, "late"), "part 2: in { table, key, offset, length } the last two are integers from 0 to 16777216"));
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
/*
 * Parts in a shared table.
 */
static const char lists[] =
	"local t = shared.table('t')\n"
	"local words = {}\n"
	"for i = 0, 4999 do words[#words + 1] = string.pack('>I4', i) end\n"
	"t.long, t.short, t.number = { table.concat(words) }, ('s'):rep(2048), 5\n"
	"local udp = '\\x45' .. ('\\0'):rep(8) .. '\\17' .. ('\\0'):rep(10) .. '\\0\\7\\0\\7\\0\\0\\0\\0'\n"
	"local tcp = '\\x45' .. ('\\0'):rep(8) .. '\\6' .. ('\\0'):rep(22) .. '\\xf0' .. ('\\0'):rep(7)\n"
	"local function f(parts) return function() return assert(nf.send(parts)) and NF_ACCEPT end end\n"
	"local function g(parts) return function() local sent, why = nf.send(parts) return error(why, 0) end end\n"
	"lent = f{ udp, { t, 'long', 4000, 16000 }, segment = 1000 }\n"
	"plain = f{ udp, { t, 'long', 4000, 16000 } }\n"
	"small = f{ udp, { t, 'long', 8000, 2048 }, segment = 1000 }\n"
	"between = f{ udp, { t, 'long', 0, 3000 }, 'end', segment = 1000 }\n"
	"four = f{ udp, { t, 'long', 1, 3000 }, { t, 'long', 2, 3000 }, { t, 'long', 3, 3000 }, { t, 'long', 4, 3000 }, segment = 1000 }\n"
	"five = f{ udp, { t, 'long', 0, 3000 }, { t, 'long', 0, 3000 }, { t, 'long', 0, 3000 }, { t, 'long', 0, 3000 },\n"
	"  { t, 'long', 0, 3000 }, segment = 1000 }\n"
	"one_segment = f{ udp, { t, 'long', 0, 3000 }, segment = 3000 }\n"
	"all = f{ { t, 'short', 0, 2048 }, segment = 1000 }\n"
	"headers = f{ tcp, { t, 'long', 0, 3000 }, segment = 1000 }\n"
	"far = f{ '\\x4f' .. ('\\0'):rep(8) .. '\\17' .. ('\\0'):rep(18), { t, 'long', 0, 3000 }, segment = 1000 }\n"
	"far6 = f{ '\\x60' .. ('\\0'):rep(5) .. '\\60' .. ('\\0'):rep(33) .. '\\17\\255' .. ('\\0'):rep(6), { t, 'long', 0, 3000 }, segment = 1000 }\n"
	"behind = f{ '\\x60' .. ('\\0'):rep(5) .. '\\60' .. ('\\0'):rep(33) .. '\\17\\0' .. ('\\0'):rep(6), udp:sub(21), 'abc' }\n"
	"absent = g{ udp, { t, 'none', 0, 3000 } }\n"
	"integer = g{ udp, { t, 'number', 0, 1 } }\n"
	"beyond = g{ udp, { t, 'long', 19990, 11 }, segment = 1000 }\n"
	"edge = f{ udp, { t, 'long', 19990, 10 } }\n"
	"nothing = f{ udp, { t, 'long', 20000, 0 } }\n"
	"too_much = f{ udp, { t, 'long', 0, 65508 } }\n"
	"no_table = f{ udp, { 't', 'long', 0, 3 } }\n"
	"no_key = f{ udp, { t, nil, 0, 3 } }\n"
	"no_number = f{ udp, { t, 'long', '0', 3 } }\n"
	"negative = f{ udp, { t, 'long', 0, -1 } }\n"
	"untrue = f{ udp, { t, 'long', 0, true } }\n";

static struct {
	uint32_t n, len;
	bool is_full;
	uint8_t bytes[65536];
} lent;

static bool lend(struct ps_sender *sender, const uint8_t *bytes, uint32_t n)
{
	(void)sender;
	if (lent.is_full)
		return false;
	lent.n++;
	memcpy(lent.bytes + lent.len, bytes, n);
	lent.len += n;
	return true;
}

/* Whether these are the bytes of the long value from off on. */
static bool are_words(const uint8_t *bytes, uint32_t off, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len && bytes[i] == (uint8_t)((off + i) / 4 >> 8 * (3 - (off + i) % 4)); i++)
		;
	return i == len;
}

/* Runs the function: so many bytes are drafted, and so many pieces are lent. */
static void check_lent(struct ps_script *s, const char *function, uint32_t drafted, uint32_t n, uint32_t len)
{
	const unsigned int sent = post.sent;

	lent.n = lent.len = 0;
	CHECK_TEXT(run(s, function), "");
	CHECK_INT(post.sent, sent + 1);
	CHECK_INT(post.last.drafted, drafted);
	CHECK_INT(lent.n, n);
	CHECK_INT(lent.len, len);
	CHECK_INT(post.last.len, drafted + len);
}

static void lists_of_tables(void)
{
	static const struct ps_sender_ops lends = {
		.draft = make_draft, .lend = lend, .finishes_checksums = true, .send = send,
	};
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_script s;

	begin_with(&s, space, lists);
	check_lent(&s, "lent", 28 + 16000, 0, 0);	/* who cannot, gets copies */
	CHECK(are_words(post.draft + 28, 4000, 16000));
	CHECK_INT(post.last.segment, 1000);

	post.sender.ops = &lends;
	check_lent(&s, "lent", 28, 3, 16000);	/* of 8192 bytes each, the first of which begins at 4000 */
	CHECK(are_words(lent.bytes, 4000, 16000));
	CHECK_INT(post.last.partial, 26);
	check_lent(&s, "plain", 28 + 16000, 0, 0);
	CHECK_INT(post.last.partial, 26);
	CHECK(are_words(post.draft + 28, 4000, 16000));
	check_lent(&s, "small", 28 + 2048, 0, 0);
	CHECK(are_words(post.draft + 28, 8000, 2048));
	check_lent(&s, "between", 28 + 3003, 0, 0);
	CHECK(are_words(post.draft + 28, 0, 3000) && !memcmp(post.draft + 3028, "end", 3));
	check_lent(&s, "four", 28, 4, 12000);
	CHECK(are_words(lent.bytes, 1, 3000) && are_words(lent.bytes + 9000, 4, 3000));
	check_lent(&s, "five", 28 + 15000, 0, 0);
	check_lent(&s, "one_segment", 28, 1, 3000);
	CHECK_INT(post.last.segment, 0);
	CHECK_INT(post.last.partial, 26);
	check_lent(&s, "edge", 38, 0, 0);
	check_lent(&s, "nothing", 28, 0, 0);
	check_lent(&s, "behind", 59, 0, 0);
	CHECK_INT(post.last.partial, 0);	/* devices do not find it */

	post.sent = 0;
	CHECK(strstr(run(&s, "all"), "it does not begin with the header of IPv4 or IPv6"));
	CHECK(strstr(run(&s, "headers"), "its headers are not all in strings and byte arrays"));
	CHECK(strstr(run(&s, "far"), "the transport's header is not all there"));
	CHECK(strstr(run(&s, "far6"), "this is no packet to send"));
	CHECK_TEXT(run(&s, "absent"), "the shared table has no bytes by that key");
	CHECK_TEXT(run(&s, "integer"), "the shared table has no bytes by that key");
	CHECK_TEXT(run(&s, "beyond"), "the value in the shared table has not so many bytes");
	CHECK(strstr(run(&s, "too_much"), "it has more than 65535 bytes"));
	CHECK(strstr(run(&s, "no_table"), "part 2: a list of bytes begins with a shared table, not with a string"));
	CHECK(strstr(run(&s, "no_key"), "part 2: the key is a string of up to 255 bytes, or an integer"));
	CHECK(strstr(run(&s, "no_number"), "part 2: in { table, key, offset, length } the last two"));
	CHECK(strstr(run(&s, "negative"), "part 2: in { table, key, offset, length } the last two"));
	CHECK(strstr(run(&s, "untrue"), "part 2: in { table, key, offset, length } the last two"));
	lent.is_full = true;
	CHECK(strstr(run(&s, "lent"), "no memory"));
	lent.is_full = false;
	CHECK_INT(post.sent, 0);
	end(&s);
	ps_shared_space_put(space);
}

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
	{ "send: what the sender refuses does not count", what_is_refused_does_not_count },
	{ "send: a state has limits of its own", limits_of_one_state },
	{ "send: what fails is not sent", failures },
	{ "send: parts in shared tables are lent, or copied", lists_of_tables },
	{ "send: packets are completed, however short", completes_what_is_cut },
	{ NULL },
};
