/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Connections, by a clock of our own. */
#include <stdlib.h>
#include <string.h>

#include "lua.h"

#include "buffer.h"
#include "carry.h"
#include "host_user.h"
#include "script.h"
#include "test.h"

#define MS	1000000ull

struct bench {
	struct ps_script s;
	int handler, match;
	enum ps_answer answer;
};

static bool begin_sized(struct bench *b, const char *text, size_t memory)
{
	memset(b, 0, sizeof(*b));
	ps_user_time = 1000 * MS;
	CHECK_INT(ps_script_init_sized(&b->s, 0, true, memory, NULL), 0);
	CHECK_INT(ps_script_load(&b->s, 0, "/s/flows.lua", text, strlen(text)), 0);
	CHECK_TEXT(b->s.error, "");
	b->handler = ps_script_find(&b->s, 0, "process_packet");
	return b->handler >= 0;
}

static bool begin(struct bench *b, const char *text)
{
	return begin_sized(b, text, PS_SCRIPT_MEMORY);
}

static void end(struct bench *b)
{
	ps_script_clean(&b->s);
	CHECK_INT(b->s.bind.rt.memory, 0);
	ps_user_time = 0;
}

/* A packet in words: who sends it to whom. All zero but the first two are usual. */
struct says {
	uint32_t source, destination;	/* the last 32 bits of the addresses */
	uint16_t sport, dport;		/* of ICMP: the type, and the id */
	uint8_t protocol;		/* 0: UDP */
	uint8_t flags;			/* of TCP */
	bool ip6;
	uint16_t fragment;		/* as IPv4 has it: 0x2000 is the first */
	uint16_t id;
	bool tagged, pppoe;
	uint8_t cut;			/* bytes of the transport header that are missing */
};

static void put16(uint8_t *p, uint16_t n)
{
	p[0] = n >> 8;
	p[1] = n;
}

static void put32(uint8_t *p, uint32_t n)
{
	put16(p, n >> 16);
	put16(p + 2, n);
}

/* Writes it, and returns its length. */
static uint32_t write_packet(uint8_t *data, const struct says *says)
{
	uint8_t protocol = says->protocol ? says->protocol : 17, *p = data + 12;
	uint32_t transport = 20 - says->cut;

	memset(data, 0, 128);
	if (says->tagged) {
		put16(p, 0x8100);
		p += 4;
	}
	put16(p, says->pppoe ? 0x8864 : says->ip6 ? 0x86DD : 0x0800);
	p += 2;
	if (says->pppoe) {
		put16(p + 6, says->ip6 ? 0x0057 : 0x0021);
		p += 8;
	}
	if (says->ip6) {
		p[0] = 0x60;
		p[6] = says->fragment ? 44 : protocol;
		put16(p + 4, transport + (says->fragment ? 8 : 0));
		put32(p + 20, says->source);
		put32(p + 36, says->destination);
		p += 40;
		if (says->fragment) {
			p[0] = protocol;
			put16(p + 2, (says->fragment & 0x1FFF) << 3 | (says->fragment & 0x2000 ? 1 : 0));
			put32(p + 4, says->id);
			p += 8;
		}
	} else {
		p[0] = 0x45;
		put16(p + 2, 20 + transport);
		put16(p + 4, says->id);
		put16(p + 6, says->fragment);
		p[8] = 64;
		p[9] = protocol;
		put32(p + 12, says->source);
		put32(p + 16, says->destination);
		p += 20;
	}
	if (protocol == 1 || protocol == 58) {
		p[0] = says->sport;
		put16(p + 4, says->dport);
	} else {
		put16(p, says->sport);
		put16(p + 2, says->dport);
		p[12] = 0x50;
		p[13] = says->flags;
	}
	return p + transport - data;
}

/* The verdict; of NF_QUEUE 100 and the queue's number. */
static int feed(struct bench *b, struct says says)
{
	uint8_t data[128], *exact;
	uint32_t len = write_packet(data, &says);
	enum ps_verdict verdict;
	struct ps_packet pkt;
	uint16_t queue = 0;

	exact = malloc(len);
	memcpy(exact, data, len);
	ps_buffer_init(&pkt, exact, len, 14, 0x0800);
	if (b->match)
		b->answer = ps_script_match(&b->s, b->match, &pkt);
	verdict = ps_script_run(&b->s, b->handler, &pkt, &queue);
	free(exact);
	return verdict == PS_VERDICT_QUEUE ? 100 + queue : (int)verdict;
}

/* The number of packets that the flow of this one has had, as scripts count them below: 0 if there is none. */
#define COUNTS	"function process_packet(p)\n" \
		"  local f = p:flow()\n" \
		"  if not f then return NF_QUEUE end\n" \
		"  if f ~= p:flow() or f ~= p:data():flow() or p.ip and f ~= p.ip:ttl():flow() then error('another') end\n" \
		"  f.n = (f.n or 0) + 1\n" \
		"  return NF_QUEUE | f.n << 16\n" \
		"end\n"

static int number(struct bench *b, struct says says)
{
	int n = feed(b, says) - 100;

	if (b->s.error[0])
		printf("# %s\n", b->s.error);
	b->s.error[0] = 0;
	return n;
}

static void both_directions_are_one_flow(void)
{
	static const uint8_t with_ports[] = { 6, 17, 33, 132, 136 };
	struct bench b;
	unsigned int i, ip6;

	CHECK(begin(&b, COUNTS));
	for (ip6 = 0; ip6 < 2; ip6++) {
		for (i = 0; i < sizeof(with_ports); i++) {
			const struct says there = { 1, 2, 1000, 2000, with_ports[i], .ip6 = ip6 };
			const struct says back = { 2, 1, 2000, 1000, with_ports[i], .ip6 = ip6 };
			const struct says crossed = { 2, 1, 1000, 2000, with_ports[i], .ip6 = ip6 };
			const struct says other_port = { 1, 2, 1001, 2000, with_ports[i], .ip6 = ip6 };
			const struct says other_host = { 3, 2, 1000, 2000, with_ports[i], .ip6 = ip6 };
			const struct says itself = { 1, 1, 5, 6, with_ports[i], .ip6 = ip6 };
			const struct says itself_back = { 1, 1, 6, 5, with_ports[i], .ip6 = ip6 };

			CHECK_INT(number(&b, there), 1);
			CHECK_INT(number(&b, back), 2);
			CHECK_INT(number(&b, there), 3);
			CHECK_INT(number(&b, crossed), 1);
			CHECK_INT(number(&b, other_port), 1);
			CHECK_INT(number(&b, other_host), 1);
			CHECK_INT(number(&b, itself), 1);
			CHECK_INT(number(&b, itself_back), 2);
		}
	}
	CHECK_INT(b.s.bind.flows.known.n, 2 * 5 * 5);
	end(&b);
}

static void echoes_by_id_others_by_addresses(void)
{
	struct bench b;

	CHECK(begin(&b, COUNTS));
	CHECK_INT(number(&b, (struct says){ 1, 2, 8, 77, 1 }), 1);
	CHECK_INT(number(&b, (struct says){ 2, 1, 0, 77, 1 }), 2);
	CHECK_INT(number(&b, (struct says){ 1, 2, 8, 78, 1 }), 1);
	CHECK_INT(number(&b, (struct says){ 1, 2, 3, 77, 1 }), 1);	/* an error */
	CHECK_INT(number(&b, (struct says){ 2, 1, 11, 5, 1 }), 2);
	CHECK_INT(number(&b, (struct says){ 1, 2, 128, 77, 58, .ip6 = true }), 1);
	CHECK_INT(number(&b, (struct says){ 2, 1, 129, 77, 58, .ip6 = true }), 2);
	CHECK_INT(number(&b, (struct says){ 1, 2, 128, 77, 58 }), 1);	/* IPv4 is not IPv6 */
	CHECK_INT(number(&b, (struct says){ 1, 2, 50, 60, 47 }), 1);	/* GRE */
	CHECK_INT(number(&b, (struct says){ 2, 1, 70, 80, 47 }), 2);
	CHECK_INT(number(&b, (struct says){ 1, 2, 50, 60, 50 }), 1);	/* ESP */
	/* behind tags and PPPoE it is the same connection */
	CHECK_INT(number(&b, (struct says){ 1, 2, 8, 77, 1, .tagged = true }), 3);
	CHECK_INT(number(&b, (struct says){ 1, 2, 8, 77, 1, .pppoe = true }), 4);
	CHECK_INT(number(&b, (struct says){ 1, 2, 128, 77, 58, .ip6 = true, .tagged = true, .pppoe = true }), 3);
	end(&b);
}

static void what_is_cut_short_has_no_flow(void)
{
	struct bench b;
	uint8_t cut;

	CHECK(begin(&b, COUNTS));
	for (cut = 0; cut <= 20; cut++) {
		CHECK_INT(number(&b, (struct says){ 1, 2, 3, 4, 6, .cut = cut }) > 0, cut <= 6);
		CHECK_INT(number(&b, (struct says){ 1, 2, 3, 4, 17, .cut = cut }) > 0, cut <= 16);
		CHECK_INT(number(&b, (struct says){ 1, 2, 8, 4, 1, .cut = cut }) > 0, cut <= 12);
		CHECK_INT(number(&b, (struct says){ 1, 2, 3, 4, 47, .cut = cut }) > 0, true);
		CHECK_INT(number(&b, (struct says){ 1, 2, 3, 4, 6, .ip6 = true, .cut = cut }) > 0, cut <= 6);
		CHECK_INT(number(&b, (struct says){ 1, 2, 3, 4, 17, .ip6 = true, .fragment = 0x2000, .cut = cut }) > 0, cut <= 16);
	}
	end(&b);
}

static void fragments_belong_to_their_flow(void)
{
	struct bench b;
	unsigned int ip6, i;

	CHECK(begin(&b, COUNTS));
	for (ip6 = 0; ip6 < 2; ip6++) {
		CHECK_INT(number(&b, (struct says){ 1, 2, 3, 4, .ip6 = ip6 }), 1);
		CHECK_INT(number(&b, (struct says){ 1, 2, 9, 9, .ip6 = ip6, .fragment = 0x2010, .id = 7 }), 0);	/* unknown yet */
		CHECK_INT(number(&b, (struct says){ 1, 2, 3, 4, .ip6 = ip6, .fragment = 0x2000, .id = 7 }), 2);
		CHECK_INT(number(&b, (struct says){ 1, 2, 9, 9, .ip6 = ip6, .fragment = 0x2010, .id = 7 }), 3);
		CHECK_INT(number(&b, (struct says){ 1, 2, 9, 9, .ip6 = ip6, .fragment = 0x0020, .id = 7 }), 4);
		CHECK_INT(number(&b, (struct says){ 1, 2, 9, 9, .ip6 = ip6, .fragment = 0x0020, .id = 8 }), 0);
		CHECK_INT(number(&b, (struct says){ 2, 1, 9, 9, .ip6 = ip6, .fragment = 0x0020, .id = 7 }), 0);	/* the other way */
		CHECK_INT(number(&b, (struct says){ 1, 2, 9, 9, 132, .ip6 = ip6, .fragment = 0x0020, .id = 7 }), 0);
		CHECK_INT(number(&b, (struct says){ 2, 1, 4, 3, .ip6 = ip6, .fragment = 0x2000, .id = 7 }), 5);
		CHECK_INT(number(&b, (struct says){ 2, 1, 9, 9, .ip6 = ip6, .fragment = 0x0020, .id = 7 }), 6);
		/* another packet with the same id */
		CHECK_INT(number(&b, (struct says){ 1, 2, 5, 6, .ip6 = ip6, .fragment = 0x2000, .id = 7 }), 1);
		CHECK_INT(number(&b, (struct says){ 1, 2, 9, 9, .ip6 = ip6, .fragment = 0x0020, .id = 7 }), 2);
		ps_user_time += 30000 * MS;
		CHECK_INT(number(&b, (struct says){ 1, 2, 9, 9, .ip6 = ip6, .fragment = 0x0020, .id = 7 }), 0);
	}
	for (i = 0; i < 1000; i++)
		CHECK_INT(number(&b, (struct says){ 1, 2, 3, 4, .fragment = 0x2000, .id = i }) > 0, true);
	CHECK_INT(b.s.bind.flows.fragments.n, PS_FLOW_FRAGMENTED);
	CHECK_INT(number(&b, (struct says){ 1, 2, 9, 9, .fragment = 0x0020, .id = 999 - PS_FLOW_FRAGMENTED }), 0);
	CHECK_INT(number(&b, (struct says){ 1, 2, 9, 9, .fragment = 0x0020, .id = 1000 - PS_FLOW_FRAGMENTED }) > 0, true);
	end(&b);
}

static void idle_flows_end(void)
{
	static const struct {
		uint8_t protocol;
		unsigned int seconds;
	} kinds[] = { { 6, 3600 }, { 17, 180 }, { 136, 180 }, { 1, 30 }, { 132, 600 }, { 47, 600 } };
	struct bench b;
	unsigned int i;

	CHECK(begin(&b, COUNTS));
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct says says = { 1, 2, 8, 4, kinds[i].protocol };

		CHECK_INT(number(&b, says), 1);
		ps_user_time += kinds[i].seconds * 1000 * MS - 1;
		CHECK_INT(number(&b, says), 2);
		ps_user_time += kinds[i].seconds * 1000 * MS - 1;
		CHECK_INT(number(&b, says), 3);
		ps_user_time += kinds[i].seconds * 1000 * MS;
		CHECK_INT(number(&b, says), 1);
	}
	end(&b);
	CHECK(begin(&b, "flow.options{ udp = 50, tcp = 70 }\n" COUNTS));
	CHECK_INT(number(&b, (struct says){ 1, 2, 3, 4 }), 1);
	CHECK_INT(number(&b, (struct says){ 1, 2, 3, 4, 6 }), 1);
	ps_user_time += 50 * MS;
	CHECK_INT(number(&b, (struct says){ 1, 2, 3, 4, 6 }), 2);
	CHECK_INT(number(&b, (struct says){ 1, 2, 3, 4 }), 1);
	/* those that end are gone with the next ones that come */
	for (i = 0; i < 100; i++)
		CHECK_INT(number(&b, (struct says){ 1, 2, i, 4 }), 1 + (i == 3));
	ps_user_time += 50 * MS;
	for (i = 0; i < 100; i++)
		CHECK_INT(number(&b, (struct says){ 1, 2, 1000 + i, 4 }), 1);
	CHECK_INT(b.s.bind.flows.known.n, 100 + 1);
	end(&b);
}

static void a_connection_that_has_ended_is_another_one(void)
{
	enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
	const struct says syn = { 1, 2, 3, 4, 6, SYN }, answer = { 2, 1, 4, 3, 6, SYN | ACK }, ack = { 1, 2, 3, 4, 6, ACK };
	const struct says fin = { 1, 2, 3, 4, 6, FIN | ACK }, rst = { 2, 1, 4, 3, 6, RST };
	struct bench b;

	CHECK(begin(&b, COUNTS));
	CHECK_INT(number(&b, syn), 1);
	CHECK_INT(number(&b, syn), 2);
	CHECK_INT(number(&b, answer), 3);
	CHECK_INT(number(&b, ack), 4);
	CHECK_INT(number(&b, fin), 5);
	CHECK_INT(number(&b, ack), 6);
	CHECK_INT(number(&b, answer), 7);	/* no beginning */
	CHECK_INT(number(&b, syn), 1);
	CHECK_INT(number(&b, rst), 2);
	ps_user_time += 60000 * MS - 1;
	CHECK_INT(number(&b, ack), 3);
	ps_user_time += 60000 * MS;
	CHECK_INT(number(&b, ack), 1);
	ps_user_time += 60000 * MS;
	CHECK_INT(number(&b, ack), 2);		/* it is no longer the one that ended */
	end(&b);
}

static void the_oldest_idle_goes_first(void)
{
	struct bench b;
	unsigned int i;

	CHECK(begin(&b, "flow.options{ size = 100 }\n" COUNTS));
	for (i = 0; i < 100; i++) {
		ps_user_time += MS;
		CHECK_INT(number(&b, (struct says){ 1, 2, i, 4, i % 2 ? 6 : 17 }), 1);
	}
	ps_user_time += MS;
	CHECK_INT(number(&b, (struct says){ 1, 2, 0, 4, 17 }), 2);	/* so 1 is the oldest */
	CHECK_INT(number(&b, (struct says){ 1, 2, 100, 4, 132 }), 1);
	CHECK_INT(b.s.bind.flows.known.n, 100);
	for (i = 2; i < 100; i++)
		CHECK_INT(number(&b, (struct says){ 1, 2, i, 4, i % 2 ? 6 : 17 }), 2);
	CHECK_INT(number(&b, (struct says){ 1, 2, 0, 4, 17 }), 3);
	CHECK_INT(number(&b, (struct says){ 1, 2, 1, 4, 6 }), 1);
	end(&b);
}

static void a_flood_is_bounded(void)
{
	const uint32_t size = test_rounds(100000), more = size + size / 5;
	struct bench b;
	uint32_t i, n = 0;
	char script[sizeof(COUNTS) + 64];

	/* with the memory that a state has by default there are fewer, and no packet fails */
	CHECK(begin(&b, "local text = ('x'):rep(500)\n"
			"function process_packet(p)\n"
			"  local f = p:flow()\n"
			"  f.n = (f.n or 0) + 1\n"
			"  f[1], f[2], f.text = f.n, p.ip.saddr, text .. p.udp.sport\n"
			"  return NF_QUEUE | f.n << 16\n"
			"end\n"));
	for (i = 0; i < size; i++) {
		ps_user_time += MS / 100;
		CHECK_INT(number(&b, (struct says){ i, 2, i, 4 }), 1);
		if (i % 4 == 0)
			CHECK_INT(number(&b, (struct says){ 1000000, 2, 1, 4 }), i / 4 % 0x10000 + 1);
		n = b.s.bind.flows.known.n > n ? b.s.bind.flows.known.n : n;
	}
	CHECK(n > 300 && n < 2000);	/* their texts take more than there is */
	CHECK(b.s.bind.flows.known.n > 200);
	CHECK(b.s.bind.rt.memory < b.s.bind.rt.memory_max);
	end(&b);
	snprintf(script, sizeof(script), "flow.options{ size = %u }\n%s", size, COUNTS);
	CHECK(begin_sized(&b, script, 64 << 20));
	for (i = 0; i < more; i++)
		CHECK_INT(number(&b, (struct says){ i, 2, i, 4 }), 1);
	CHECK_INT(b.s.bind.flows.known.n, size);
	CHECK_INT(number(&b, (struct says){ more - 1, 2, (more - 1) & 0xFFFF, 4 }), 2);
	CHECK_INT(number(&b, (struct says){ more - size, 2, more - size, 4 }), 2);
	CHECK_INT(number(&b, (struct says){ more - size - 1, 2, more - size - 1, 4 }), 1);
	printf("# %u bytes for each of %u flows\n", (unsigned int)(b.s.bind.rt.memory / size), size);
	end(&b);
}

static void what_is_cut_runs_no_script(void)
{
	const struct says there = { 1, 2, 3, 4, 6 }, back = { 2, 1, 4, 3, 6 }, other = { 1, 2, 9, 4, 6 };
	static const struct {
		const char *verdict;
		int is;
	} verdicts[] = {
		{ "", PS_VERDICT_CONTINUE }, { "nil", PS_VERDICT_CONTINUE }, { "NF_DROP", PS_VERDICT_DROP },
		{ "NF_ACCEPT", PS_VERDICT_ACCEPT }, { "NF_STOLEN", PS_VERDICT_STOLEN }, { "XT_RETURN", PS_VERDICT_RETURN },
		{ "XT_CONTINUE", PS_VERDICT_CONTINUE }, { "NF_QUEUE | 513 << 16", 100 + 513 },
	};
	char text[256];
	struct bench b;
	size_t i;

	for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		snprintf(text, sizeof(text), "n = 0 function process_packet(p)\n"
			 "  n = n + 1\n"
			 "  if p.tcp.sport == 3 then p:flow():cut(%s) end\n"
			 "  return NF_QUEUE | n << 16\n"
			 "end\n", verdicts[i].verdict);
		CHECK(begin(&b, text));
		CHECK_INT(feed(&b, there), 101);
		CHECK_INT(feed(&b, there), verdicts[i].is);
		CHECK_INT(feed(&b, back), verdicts[i].is);
		CHECK_INT(feed(&b, other), 102);
		CHECK_INT(feed(&b, other), 103);
		ps_user_time += 3599 * 1000 * MS;
		CHECK_INT(feed(&b, back), verdicts[i].is);
		ps_user_time += 3600 * 1000 * MS;
		CHECK_INT(feed(&b, there), 104);	/* that was another one: it is cut anew */
		CHECK_INT(feed(&b, there), verdicts[i].is);
		CHECK_INT(feed(&b, (struct says){ 1, 2, 3, 4, 6, 4 }), verdicts[i].is);	/* RST */
		CHECK_INT(feed(&b, (struct says){ 1, 2, 3, 4, 6, 2 }), 105);	/* SYN */
		CHECK_INT(b.s.bind.flows.ncut, 1);
		end(&b);
	}
}

/* The handler sees the SYN of the next connection, and does not ask for its flow. */
static void a_cut_ends_with_its_connection(void)
{
	enum { FIN = 1, SYN = 2, ACK = 16 };
	struct bench b;

	CHECK(begin(&b, "n = 0 function process_packet(p)\n"
			"  n = n + 1\n"
			"  if n == 1 then p:flow():cut(NF_ACCEPT) end\n"
			"  return NF_QUEUE | n << 16\n"
			"end\n"));
	CHECK_INT(feed(&b, (struct says){ 1, 2, 3, 4, 6, ACK }), 101);
	CHECK_INT(feed(&b, (struct says){ 1, 2, 3, 4, 6, FIN | ACK }), PS_VERDICT_ACCEPT);
	CHECK_INT(feed(&b, (struct says){ 2, 1, 4, 3, 6, ACK }), PS_VERDICT_ACCEPT);
	CHECK_INT(feed(&b, (struct says){ 1, 2, 3, 4, 6, SYN }), 102);
	CHECK_INT(feed(&b, (struct says){ 1, 2, 3, 4, 6, ACK }), 103);
	CHECK_INT(b.s.bind.flows.ncut, 0);
	end(&b);
}

static void nobody_takes_them_here(void)
{
	static const char script[] =
		"local kept\n"
		"function process_packet(p)\n"
		"  local f = kept or p:flow()\n"
		"  kept = f\n"
		"  local ok, why = f:offload()\n"
		"  if ok ~= nil then return NF_STOLEN end\n"
		"  return why == 'connections are not handed over here' and NF_ACCEPT or\n"
		"         why == 'no packet of the connection is handled' and NF_DROP or NF_STOLEN\n"
		"end\n";
	struct bench b;

	CHECK(begin(&b, script));
	CHECK_INT(feed(&b, (struct says){ 1, 2, 3, 4 }), PS_VERDICT_ACCEPT);
	CHECK_INT(feed(&b, (struct says){ 1, 2, 3, 4 }), PS_VERDICT_DROP);	/* nobody has asked for this packet's flow */
	CHECK_INT(feed(&b, (struct says){ 1, 2, 3, 5 }), PS_VERDICT_DROP);
	end(&b);
}

static void fragments_of_what_is_cut(void)
{
	struct bench b;

	CHECK(begin(&b, "function process_packet(p)\n"
			"  local f = p:flow()\n"
			"  if f then f:cut(NF_ACCEPT) end\n"
			"  return NF_DROP\n"
			"end\n"));
	CHECK_INT(feed(&b, (struct says){ 1, 2, 3, 4 }), PS_VERDICT_DROP);
	CHECK_INT(feed(&b, (struct says){ 1, 2, 9, 9, .fragment = 0x0020, .id = 7 }), PS_VERDICT_DROP);
	CHECK_INT(feed(&b, (struct says){ 1, 2, 3, 4, .fragment = 0x2000, .id = 7 }), PS_VERDICT_ACCEPT);
	CHECK_INT(feed(&b, (struct says){ 1, 2, 9, 9, .fragment = 0x0020, .id = 7 }), PS_VERDICT_ACCEPT);
	CHECK_INT(feed(&b, (struct says){ 1, 2, 9, 9, .fragment = 0x0020, .id = 8 }), PS_VERDICT_DROP);
	end(&b);
}

static void a_cut_is_the_scripts_own(void)
{
	static const char other[] = "m = 0 function process_packet(p) m = m + 1 return NF_QUEUE | m << 16 end\n";
	const struct says there = { 1, 2, 3, 4 };
	struct bench b;
	int first, second;

	CHECK(begin(&b, "function process_packet(p) p:flow():cut(NF_DROP) return NF_ACCEPT end\n"
			"function later(p) return NF_ACCEPT end\n"));
	first = b.handler;
	CHECK_INT(ps_script_load(&b.s, 1, "/s/other.lua", other, strlen(other)), 0);
	second = ps_script_find(&b.s, 1, "process_packet");
	CHECK_INT(feed(&b, there), PS_VERDICT_ACCEPT);
	CHECK_INT(feed(&b, there), PS_VERDICT_DROP);
	b.handler = second;
	CHECK_INT(feed(&b, there), 101);
	CHECK_INT(feed(&b, there), 102);
	b.handler = ps_script_find(&b.s, 0, "later");
	CHECK_INT(feed(&b, there), PS_VERDICT_DROP);
	b.handler = first;
	CHECK_INT(feed(&b, there), PS_VERDICT_DROP);
	end(&b);
}

static void a_match_is_cut_by_its_answer(void)
{
	const struct says there = { 1, 2, 3, 4 };
	struct bench b;

	CHECK(begin(&b, "n, m = 0, 0\n"
			"function process_packet(p) n = n + 1 return NF_QUEUE | n << 16 end\n"
			"function match_packet(p) m = m + 1 p:flow():cut(p.udp.sport == 3) return m == 1 end\n"));
	b.match = ps_script_find(&b.s, 0, "match_packet");
	CHECK_INT(feed(&b, there), 101);
	CHECK_INT(b.answer, PS_ANSWER_YES);
	CHECK_INT(feed(&b, there), 102);	/* that is for matches only */
	CHECK_INT(b.answer, PS_ANSWER_YES);
	CHECK_INT(feed(&b, (struct says){ 1, 2, 5, 4 }), 103);
	CHECK_INT(b.answer, PS_ANSWER_NO);
	CHECK_INT(feed(&b, (struct says){ 1, 2, 5, 4 }), 104);
	CHECK_INT(b.answer, PS_ANSWER_NO);
	lua_getglobal(b.s.bind.rt.L, "m");
	CHECK_INT(lua_tointeger(b.s.bind.rt.L, -1), 2);
	lua_settop(b.s.bind.rt.L, 0);
	end(&b);
}

static void tables_of_flows_are_tables(void)
{
	struct bench b;
	int i;

	CHECK(begin(&b, "kept = {}\n"
			"function process_packet(p)\n"
			"  local f = p:flow()\n"
			"  if type(f) ~= 'table' or getmetatable(f) ~= 'flow' or next(f) ~= nil or #f ~= 0 then error('new') end\n"
			"  f.x, f[1], f.cut_at = 7, 8, nil\n"
			"  if f.x ~= 7 or #f ~= 1 or f.none ~= nil or type(f.cut) ~= 'function' then error('fields') end\n"
			"  for k, v in pairs(f) do if not (k == 'x' and v == 7 or k == 1 and v == 8) then error(k) end end\n"
			"  if pcall(setmetatable, f, {}) then error('setmetatable') end\n"
			"  kept[#kept + 1] = f\n"
			"  for i, f in ipairs(kept) do if f.x ~= 7 then error(i) end end\n"
			"  return NF_ACCEPT\n"
			"end\n"
			"function cut_kept(p)\n"
			"  local n = 0\n"
			"  for _, f in ipairs(kept) do if f:cut() then n = n + 1 end end\n"
			"  if n ~= 100 then error(n) end\n"
			"  flow.options{ size = 10 }\n"
			"  n = 0\n"
			"  for _, f in ipairs(kept) do if f:cut(NF_DROP) then n = n + 1 end end\n"
			"  if n ~= 10 or flow.count() ~= 10 then error(n) end\n"
			"  kept = nil\n"
			"  collectgarbage()\n"
			"  return NF_ACCEPT\n"
			"end\n"));
	for (i = 0; i < 100; i++)
		CHECK_INT(feed(&b, (struct says){ 1, 2, i, 4 }), PS_VERDICT_ACCEPT);
	CHECK_TEXT(b.s.error, "");
	b.handler = ps_script_find(&b.s, 0, "cut_kept");
	CHECK_INT(feed(&b, (struct says){ 9, 2, 3, 4 }), PS_VERDICT_ACCEPT);
	CHECK_TEXT(b.s.error, "");
	CHECK_INT(b.s.bind.flows.ncut, 10);
	CHECK_INT(feed(&b, (struct says){ 1, 2, 99, 4 }), PS_VERDICT_DROP);
	end(&b);
}

static void mistakes_are_told(void)
{
	static const struct {
		const char *code, *error;
	} wrong[] = {
		{ "p:flow():cut(99)", "/s/flows.lua:1: bad argument #1 to 'cut' (no verdict: give NF_DROP" },
		{ "p:flow():cut(-1)", "no verdict" },
		{ "p:flow():cut('drop')", "number expected, got string" },
		{ "p:flow():cut({})", "number expected, got table" },
		{ "p:flow():cut(NF_REPEAT)", "NF_REPEAT asks for the script, which is not run any more" },
		{ "p:flow().cut()", "flow expected, got no value" },
		{ "p:flow().cut({})", "flow expected, got table" },
		{ "p:flow().cut(setmetatable({}, { ('x'):rep(100):byte(1, -1) }))", "flow expected, got table" },
		{ "p:flow().cut(7)", "flow expected, got number" },
		{ "p.flow(7)", "expected, got number" },
		{ "p.flow()", "expected, got no value" },
		{ "bytes.to_packet(bytes.new(20), packet_ip):flow()", "bytes that are no packet have no flow" },
		{ "flow.counts()", "'flow' has no 'counts'; did you mean 'count'?" },
		{ "flow.options()", "table expected" },
		{ "flow.options{ size = 0 }", "flow.options: size is an integer from 1 to 10000000" },
		{ "flow.options{ tcp = 'long' }", "flow.options: tcp is an integer from 1 to 31536000000" },
		{ "flow.options{ sctp = 5 }", "there is no option 'sctp': there are size, tcp, closing, udp, icmp and other" },
		{ "flow.options{ 5 }", "there is no option 'number'" },
	};
	char text[256];
	struct bench b;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "function process_packet(p) %s return NF_ACCEPT end", wrong[i].code);
		CHECK(begin(&b, text));
		CHECK_INT(feed(&b, (struct says){ 1, 2, 3, 4 }), PS_VERDICT_ERROR);
		CHECK_TEXT(b.s.error, wrong[i].error);
		CHECK_INT(b.s.bind.flows.ncut, 0);
		end(&b);
	}
}

static void a_known_flow_allocates_nothing(void)
{
	struct bench b;
	unsigned long allocations;
	int i;

	CHECK(begin(&b, COUNTS));
	for (i = 1; i <= 3; i++)
		CHECK_INT(number(&b, (struct says){ 1, 2, 3, 4 }), i);
	allocations = b.s.bind.rt.allocations;
	for (; i <= 100; i++)
		CHECK_INT(number(&b, (struct says){ 1, 2, 3, 4 }), i);
	CHECK_INT(b.s.bind.rt.allocations, allocations);
	end(&b);
}

static void no_lock(struct ps_old *old)
{
	(void)old;
}

static void they_go_over_in_a_reload(void)
{
	static const char after[] = "-- another script first\n"
		"function process_packet(p)\n"
		"  local f = p:flow()\n"
		"  if f.f or f.deep and f.deep.er ~= 7 then error('fields') end\n"
		"  f.n = (f.n or 0) + 1\n"
		"  return NF_QUEUE | f.n << 16\n"
		"end\n";
	struct ps_old old = { .lock = no_lock, .unlock = no_lock };
	struct bench before, b;
	uint32_t at = 0, i;
	int calls = 1;

	CHECK(begin_sized(&before, "function process_packet(p)\n"
			"  local f = p:flow()\n"
			"  f.n, f.f, f.deep = (f.n or 0) + 1, print, { er = 7 }\n"
			"  if p.udp.sport == 7 then f:cut(NF_DROP) end\n"
			"  return NF_QUEUE | f.n << 16\n"
			"end\n", 16 << 20));
	for (i = 0; i < 3000; i++)
		CHECK_INT(number(&before, (struct says){ i, 2, i, 4 }), 1);
	CHECK_INT(number(&before, (struct says){ 5, 2, 5, 4 }), 2);
	memset(&b, 0, sizeof(b));
	CHECK_INT(ps_script_init_sized(&b.s, 0, true, 16 << 20, NULL), 0);
	CHECK_INT(ps_script_load(&b.s, 0, "/s/other.lua", after, sizeof(after) - 1), 0);
	ps_script_find(&b.s, 0, "process_packet");
	CHECK_INT(ps_script_load(&b.s, 1, "/s/flows.lua", after, sizeof(after) - 1), 0);
	b.handler = ps_script_find(&b.s, 1, "process_packet");
	old.script = &before.s;
	while (ps_script_take_flows(&b.s, &old, &at))
		calls++;
	CHECK_TEXT(b.s.error, "");
	CHECK(calls > 10);
	CHECK_INT(b.s.bind.flows.known.n, 3000);
	CHECK_INT(before.s.bind.flows.known.n, 3000);
	CHECK_INT(b.s.bind.flows.ncut, 1);
	for (i = 0; i < 3000; i++) {
		if (i != 5 && i != 7)
			CHECK_INT(number(&b, (struct says){ 2, i, 4, i }), 2);
	}
	CHECK_INT(number(&b, (struct says){ 5, 2, 5, 4 }), 3);
	CHECK_INT(feed(&b, (struct says){ 7, 2, 7, 4 }), PS_VERDICT_DROP);
	b.handler = 0;		/* the other script has not cut it */
	CHECK_INT(number(&b, (struct says){ 7, 2, 7, 4 }), 2);
	ps_script_clean(&before.s);
	end(&b);
}

static void the_fields_of_a_large_table_stay(void)
{
	static const char after[] = "function process_packet(p)\n"
		"  local f = p:flow() f.n = (f.n or 0) + 1 return NF_QUEUE | f.n << 16 end\n";
	struct ps_old old = { .lock = no_lock, .unlock = no_lock };
	struct bench before, b;
	uint32_t at = 0;

	CHECK(begin_sized(&before, "function process_packet(p)\n"
			"  local f = p:flow()\n"
			"  f.n = 7\n"
			"  if p.udp.sport == 8 then for i = 1, 70000 do f[i] = print end end\n"
			"  return NF_QUEUE | f.n << 16\n"
			"end\n", 16 << 20));
	CHECK_INT(number(&before, (struct says){ 7, 2, 7, 4 }), 7);
	CHECK_INT(number(&before, (struct says){ 8, 2, 8, 4 }), 7);
	CHECK(begin_sized(&b, after, 16 << 20));
	old.script = &before.s;
	while (ps_script_take_flows(&b.s, &old, &at))
		;
	CHECK_INT(b.s.bind.flows.known.n, 2);
	CHECK_INT(number(&b, (struct says){ 7, 2, 7, 4 }), 8);
	CHECK_INT(number(&b, (struct says){ 8, 2, 8, 4 }), 1);
	end(&before);
	end(&b);
}

static void few_go_at_once_where_there_is_no_memory(void)
{
	const char *text = "function process_packet(p)\n"
			   "  local f = p:flow()\n"
			   "  f.n, f.a, f.b, f.c, f.d = (f.n or 0) + 1, 1, 2, 3, 4\n"
			   "  return NF_QUEUE | f.n << 16\n"
			   "end\n";
	const struct ps_flows *flows;
	struct bench b;
	uint32_t i, n = 16000, later = (n / 4 - PS_FLOWS_AT_ONCE) / 2;	/* for each that comes two go, until a quarter has */

	CHECK(begin_sized(&b, text, 10 << 20));
	flows = &b.s.bind.flows;
	for (i = 0; i < n; i++)
		CHECK_INT(number(&b, (struct says){ i, 2, i, 4 }), 1);
	lua_gc(b.s.bind.rt.L, LUA_GCCOLLECT);	/* which finds out how much is no garbage */
	CHECK_INT(flows->known.n, n);
	ps_flows_make_room(&b.s.bind.rt);
	CHECK_INT(flows->known.n, n - PS_FLOWS_AT_ONCE);
	CHECK_INT(number(&b, (struct says){ n - 1, 2, n - 1, 4 }), 2);
	for (i = 0; i < later; i++)
		CHECK_INT(number(&b, (struct says){ n + i, 5, i, 4 }), 1);
	CHECK_INT(flows->surplus, 0);
	CHECK_INT(flows->known.n, n - n / 4 + later);
	end(&b);
}

static void fewer_go_over_where_there_is_no_memory(void)
{
	struct ps_old old = { .lock = no_lock, .unlock = no_lock };
	struct bench before, b;
	uint32_t at = 0, i, n = test_rounds(20000);

	CHECK(begin_sized(&before, COUNTS, 16 << 20));
	for (i = 0; i < n; i++)
		CHECK_INT(number(&before, (struct says){ i, 2, i, 4 }), 1);
	memset(&b, 0, sizeof(b));
	CHECK_INT(ps_script_init_sized(&b.s, 0, true, 256 << 10, NULL), 0);
	CHECK_INT(ps_script_load(&b.s, 0, "/s/flows.lua", COUNTS, strlen(COUNTS)), 0);
	b.handler = ps_script_find(&b.s, 0, "process_packet");
	old.script = &before.s;
	while (ps_script_take_flows(&b.s, &old, &at))
		;
	CHECK(b.s.bind.flows.known.n > 50);
	CHECK(b.s.bind.rt.memory <= b.s.bind.rt.memory_max);
	b.s.error[0] = 0;
	CHECK_INT(number(&b, (struct says){ n, 2, n, 4 }), 1);
	ps_script_clean(&before.s);
	end(&b);
}

const struct test flows_tests[] = {
	{ "flows: both directions are one flow", both_directions_are_one_flow },
	{ "flows: echoes by their id, what has no ports by addresses", echoes_by_id_others_by_addresses },
	{ "flows: what is cut short has none", what_is_cut_short_has_no_flow },
	{ "flows: fragments belong to their flow once the first is known", fragments_belong_to_their_flow },
	{ "flows: idle ones end", idle_flows_end },
	{ "flows: a connection that has ended is another one", a_connection_that_has_ended_is_another_one },
	{ "flows: the one that was idle longest goes first", the_oldest_idle_goes_first },
	{ "flows: a flood of 100,000 is bounded", a_flood_is_bounded },
	{ "flows: what is cut runs no script", what_is_cut_runs_no_script },
	{ "flows: a cut ends with its connection", a_cut_ends_with_its_connection },
	{ "flows: nobody takes connections over here", nobody_takes_them_here },
	{ "flows: fragments of what is cut run none either", fragments_of_what_is_cut },
	{ "flows: a cut is the script's own", a_cut_is_the_scripts_own },
	{ "flows: a match is cut by its answer", a_match_is_cut_by_its_answer },
	{ "flows: their tables are tables, and may be kept", tables_of_flows_are_tables },
	{ "flows: they go over in a reload, with what was cut", they_go_over_in_a_reload },
	{ "flows: the fields of a large table stay behind in a reload", the_fields_of_a_large_table_stay },
	{ "flows: few go at once where there is no memory", few_go_at_once_where_there_is_no_memory },
	{ "flows: fewer go over where there is no memory", fewer_go_over_where_there_is_no_memory },
	{ "flows: mistakes are told", mistakes_are_told },
	{ "flows: a known one allocates nothing", a_known_flow_allocates_nothing },
	{ NULL, NULL },
};
