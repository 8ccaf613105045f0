/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What handlers are given of a packet, and what matches may do with it and say of it. Each with linear code and without. */
#include "buffer.h"
#include "compile.h"
#include "packets.h"
#include "script.h"
#include "test.h"

/* IPv4 in IPv4 in a frame: TTL 64 outside, 7 inside. */
static const uint8_t tunnel[] = {
	0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01, 0x08, 0x00,
	0x45, 0, 0, 40, 0, 0, 0, 0, 64, 4, 0x66, 0xCF, 10, 0, 0, 1, 10, 0, 0, 2,
	0x45, 0, 0, 20, 0, 0, 0, 0, 7, 59, 0, 0, 10, 1, 0, 1, 10, 1, 0, 2,
};

static const uint8_t request[] = {
	0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02, 0, 0, 0, 0, 0x01, 0x08, 0x06,
	0, 1, 0x08, 0x00, 6, 4, 0, 1, 0x02, 0, 0, 0, 0, 0x01, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2,
};

static const uint8_t cut[] = { 0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01, 0x08, 0x00, 0x45, 0, 0 };

/* TCP to port 80 over IPv4 in a frame. */
static const uint8_t segment[] = {
	0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01, 0x08, 0x00,
	0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0x66, 0xCD, 10, 0, 0, 1, 10, 0, 0, 2,
	0x04, 0xD2, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0x20, 0, 0x75, 0xCA, 0, 0,
};

enum packet { TUNNEL, BARE, REQUEST, CUT, SEGMENT, BARE_SEGMENT };

/* Makes the packet in a buffer; BARE ones are without their link layer, as on most hooks. */
static void make(enum packet which, uint8_t *data, struct ps_packet *pkt)
{
	const uint8_t *bytes[] = { tunnel, tunnel + 14, request, cut, segment, segment + 14 };
	size_t size[] = { sizeof(tunnel), sizeof(tunnel) - 14, sizeof(request), sizeof(cut), sizeof(segment), sizeof(segment) - 14 };

	memcpy(data, bytes[which], size[which]);
	ps_buffer_init(pkt, data, size[which], which == BARE || which == BARE_SEGMENT ? 0 : 14, which == REQUEST ? 0x0806 : 0x0800);
}

static int open_script(struct ps_script *s, const char *body, enum ps_given given, bool compiles)
{
	char script[1024];

	CHECK_INT(ps_script_init(s, 0, true), 0);
	s->compile = compiles ? ps_compile : NULL;
	snprintf(script, sizeof(script), "local kept, same\nfunction handle(p)\n%s\nend", body);
	CHECK_INT(ps_script_load(s, 0, "given.lua", script, strlen(script)), 0);
	return ps_script_find_given(s, 0, "handle", given);
}

static void is_given(void)
{
	static const struct {
		enum ps_given given;
		enum packet packet;
		const char *body, *error;	/* error NULL: the packet is accepted */
	} cases[] = {
		{ PS_GIVEN_RAW, TUNNEL, "return #p == 54 and p:data(packet_eth):data(packet_ip).ttl == 64 and NF_ACCEPT", NULL },
		{ PS_GIVEN_IP, TUNNEL, "return p.ttl == 64 and p:get_offset() == 14 and NF_ACCEPT", NULL },
		{ PS_GIVEN_IP, BARE, "return p.ttl == 64 and p:get_offset() == 0 and NF_ACCEPT", NULL },
		/* itself, whatever it carries; what it carries by its bytes */
		{ PS_GIVEN_IP, TUNNEL, "return p:data(packet_ip).ttl == 64 and p:data(packet_ip):data(packet_ip).ttl == 64 and NF_ACCEPT",
		  NULL },
		{ PS_GIVEN_IP, TUNNEL, "return p:data():data(packet_ip).ttl == 7 and p:data(packet_ip).ttl == 64 and NF_ACCEPT", NULL },
		{ PS_GIVEN_IP, TUNNEL, "return p:data():data(packet_ip):data(packet_ip) == nil and NF_ACCEPT", NULL },
		{ PS_GIVEN_RAW, TUNNEL, "return p:data(packet_eth):data(packet_ip):data(packet_ip).ttl == 7 and NF_ACCEPT", NULL },
		{ PS_GIVEN_IP, TUNNEL, "return p:data(packet_eth) == nil and NF_ACCEPT", NULL },
		{ PS_GIVEN_IP, TUNNEL, "p.ttl = 9 return p:check():get() == 0x9dcf and NF_ACCEPT", NULL },
		{ PS_GIVEN_ETH, TUNNEL, "return p.smac == '02:00:00:00:00:01' and NF_ACCEPT", NULL },
		{ PS_GIVEN_ETH, TUNNEL, "return p:data(packet_eth).type == 0x800 and p:data(packet_eth):data(packet_ip).ttl == 64 and NF_ACCEPT",
		  NULL },
		{ PS_GIVEN_ETH, TUNNEL, "local ip = p:data(packet_ip) ip.ttl = 9 return ip:check():get() == 0x9dcf and NF_ACCEPT", NULL },
		{ PS_GIVEN_ETH, BARE, "return p.smac == nil and p:data(packet_eth):data(packet_ip).ttl == 64 and NF_ACCEPT", NULL },
		{ PS_GIVEN_ETH, BARE, "p.smac = '02:00:00:00:00:01'", "there is no link-layer header on this hook" },
		{ PS_GIVEN_ETH, REQUEST, "return p:data(packet_arp).oper == 1 and not p:data(packet_ip) and NF_ACCEPT", NULL },
		{ PS_GIVEN_ARP, REQUEST, "return p.spa == '10.0.0.1' and p:data(packet_arp).tpa == '10.0.0.2' and NF_ACCEPT", NULL },
		/* headers of the packet by name, as all of the packet has them; a field of the header given goes first */
		{ PS_GIVEN_IP, SEGMENT, "return p.tcp.dport == 80 and p.ip.ttl == 64 and p.eth.type == 0x800 and p.udp == nil and NF_ACCEPT", NULL },
		{ PS_GIVEN_IP, BARE_SEGMENT, "return p.tcp.dport == 80 and p.tcp:get_offset() == 20 and p.eth == nil and NF_ACCEPT", NULL },
		{ PS_GIVEN_ETH, SEGMENT, "return p.tcp.dport == 80 and p.ip.ttl == 64 and p.eth.type == 0x800 and p.ip6 == nil and NF_ACCEPT", NULL },
		{ PS_GIVEN_ETH, BARE_SEGMENT, "return p.tcp.dport == 80 and p.smac == nil and p.eth == nil and NF_ACCEPT", NULL },
		{ PS_GIVEN_ARP, REQUEST, "return p.eth.type == 0x806 and p.arp.oper == 1 and p.ip == nil and NF_ACCEPT", NULL },
		{ PS_GIVEN_IP, SEGMENT, "p.tcp.dport = 81 return p:data(packet_tcp):check():get() == 0x75c9 and p.tcp.dport == 81 and NF_ACCEPT",
		  NULL },
		{ PS_GIVEN_IP, SEGMENT, "local e, t = p.eth, p.tcp p.protocol = 17 return p.tcp == nil and p.udp.dport == 80 and p.eth.type == e.type and t ~= nil and NF_ACCEPT",
		  NULL },
		{ PS_GIVEN_IP, SEGMENT, "p:get()[1] = 1 local i = p.eth:data(packet_ip) return i.tos == 1 and i.tcp.dport == 80 and p.tcp.dport == 80 and "
		  "NF_ACCEPT", NULL },
		{ PS_GIVEN_ETH, SEGMENT, "p:get()[1] = 1 local e = p.eth return e.tcp.dport == 80 and p.tcp.dport == 80 and NF_ACCEPT", NULL },
		{ PS_GIVEN_IP, TUNNEL, "return p.ip.ttl == 64 and p:data():data(packet_ip).ip == nil and NF_ACCEPT", NULL },
		{ PS_GIVEN_IP, SEGMENT, "return p.tcpp == nil and p.foo == nil and p[{}] == nil and NF_ACCEPT", NULL },
		{ PS_GIVEN_IP, SEGMENT, "p.tcp = 1", "a header cannot be assigned: assign its fields, p.tcp.field = value" },
		{ PS_GIVEN_IP, SEGMENT, "return p.ttll", "packet_ip has no 'ttll'; did you mean 'ttl'?" },
		{ PS_GIVEN_IP, SEGMENT, "return p:data(packet_tcp).ip.ttl", "attempt to index a nil value (field 'ip')" },
		/* what is not there */
		{ PS_GIVEN_ARP, TUNNEL, "return p == nil and NF_ACCEPT", NULL },
		{ PS_GIVEN_IP, REQUEST, "return p == nil and NF_ACCEPT", NULL },
		{ PS_GIVEN_IP6, TUNNEL, "return p == nil and NF_ACCEPT", NULL },
		{ PS_GIVEN_IP, CUT, "return p == nil and NF_ACCEPT", NULL },
		{ PS_GIVEN_IP, REQUEST, "return p.ttl", "given.lua:3: attempt to index a nil value (local 'p')" },
		/* the views of one packet are not those of the next */
		{ PS_GIVEN_IP, TUNNEL, "kept = kept or p same = kept.ttl return NF_ACCEPT", NULL },
	};
	uint8_t data[64];
	size_t i;
	int way, run;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (way = 0; way < 2; way++) {
			struct ps_script s;
			int handler = open_script(&s, cases[i].body, cases[i].given, way);

			for (run = 0; run < 3; run++) {
				struct ps_packet pkt;
				uint16_t queue;

				make(cases[i].packet, data, &pkt);
				CHECK_INT(ps_script_run(&s, handler, &pkt, &queue),
					  cases[i].error ? PS_VERDICT_ERROR : PS_VERDICT_ACCEPT);
				CHECK_TEXT(s.error, cases[i].error ? cases[i].error : "");
			}
			if (test_failed)
				printf("# %s: %s\n", cases[i].body, s.error);
			ps_script_clean(&s);
		}
	}
}

/* A view of another packet is gone, given or not: here the next packet is given to a function that gets all of it. */
static void goes_with_its_packet(void)
{
	static const char script[] =
		"function first(p) kept = p return NF_ACCEPT end function second(p) return kept.ttl end";
	struct ps_packet pkt;
	struct ps_script s;
	uint8_t data[64];
	uint16_t queue;
	int way, first, second;

	for (way = 0; way < 2; way++) {
		CHECK_INT(ps_script_init(&s, 0, true), 0);
		s.compile = way ? ps_compile : NULL;
		CHECK_INT(ps_script_load(&s, 0, "given.lua", script, strlen(script)), 0);
		first = ps_script_find_given(&s, 0, "first", PS_GIVEN_IP);
		second = ps_script_find(&s, 0, "second");
		make(TUNNEL, data, &pkt);
		CHECK_INT(ps_script_run(&s, first, &pkt, &queue), PS_VERDICT_ACCEPT);
		make(TUNNEL, data, &pkt);
		CHECK_INT(ps_script_run(&s, second, &pkt, &queue), PS_VERDICT_ERROR);
		CHECK_TEXT(s.error, "packet is gone");
		ps_script_clean(&s);
	}
}

/* What is given is known when the handler is compiled: the interpreter has nothing to do. */
static void is_compiled(void)
{
	static const struct {
		enum ps_given given;
		const char *body;
	} cases[] = {
		{ PS_GIVEN_IP, "return p.ttl == 64 and NF_ACCEPT or NF_DROP" },
		{ PS_GIVEN_IP, "p.ttl = 9 p:daddr():set('2.1.1.1') return NF_ACCEPT" },
		{ PS_GIVEN_IP, "return p:data(packet_ip).ttl == 64 and NF_ACCEPT or NF_DROP" },
		{ PS_GIVEN_ETH, "p.dmac = '02:00:00:00:00:03' return p.type == 0x800 and NF_ACCEPT or NF_DROP" },
		{ PS_GIVEN_ETH, "return p:data(packet_ip).ttl == 64 and NF_ACCEPT or NF_DROP" },
		{ PS_GIVEN_ETH, "local ip = p:data(packet_eth):data(packet_ip) return ip and ip.ttl == 64 and NF_ACCEPT or NF_DROP" },
		{ PS_GIVEN_IP, "return p.ip.ttl == 64 and not p.udp and NF_ACCEPT or NF_DROP" },
		{ PS_GIVEN_ETH, "return p.ip.ttl == 64 and not p.udp and NF_ACCEPT or NF_DROP" },
	};
	uint8_t data[64];
	size_t i;
	int run;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ps_script s;
		bool entered = false;
		int handler = open_script(&s, cases[i].body, cases[i].given, true);

		for (run = 0; run < 3; run++) {
			struct ps_packet pkt;
			uint16_t queue;

			make(TUNNEL, data, &pkt);
			s.bind.rt.guard.stack_hard = 0;	/* ps_runtime_enter() sets it */
			CHECK_INT(ps_script_run(&s, handler, &pkt, &queue), PS_VERDICT_ACCEPT);
			if (run > 0)	/* texts are read for the first time */
				entered |= s.bind.rt.guard.stack_hard;
		}
		CHECK(!entered);
		if (test_failed)
			printf("# %s: %s\n", cases[i].body, s.error);
		ps_script_clean(&s);
	}
}

/*
 * Matches.
 */
static enum ps_answer match(const char *body, bool compiles, char *error, size_t size)
{
	enum ps_answer answer = PS_ANSWER_ERROR;
	uint8_t data[64], before[64];
	struct ps_packet pkt;
	struct ps_script s;
	int handler = open_script(&s, body, PS_GIVEN_RAW, compiles), run;
	uint16_t queue;

	for (run = 0; run < 3; run++) {
		make(TUNNEL, data, &pkt);
		memcpy(before, data, pkt.len);
		ps_buffer_protect(&pkt);
		answer = ps_script_match(&s, handler, &pkt);
		CHECK(!memcmp(before, data, sizeof(tunnel)));
		CHECK_INT(pkt.len, sizeof(tunnel));
	}
	snprintf(error, size, "%s", s.error);
	/* what is read-only is so for matches alone: the same function may write the next packet */
	if (answer == PS_ANSWER_ERROR && strstr(error, "read-only")) {
		make(TUNNEL, data, &pkt);
		ps_script_run(&s, handler, &pkt, &queue);
		CHECK(!strstr(s.error, "read-only"));
	}
	ps_script_clean(&s);
	return answer;
}

static void answers(void)
{
	static const struct {
		const char *body;
		enum ps_answer answer;
		const char *error;
	} cases[] = {
		{ "return true", PS_ANSWER_YES, "" },
		{ "return false", PS_ANSWER_NO, "" },
		{ "return nil", PS_ANSWER_NO, "" },
		{ "", PS_ANSWER_NO, "" },
		{ "return p:data(packet_eth):data(packet_ip).ttl > 63", PS_ANSWER_YES, "" },
		{ "for i = 1, 1000 do end return #p == 54, 1, 2", PS_ANSWER_YES, "" },
		{ "return 1", PS_ANSWER_ERROR, "given.lua:2: the handler returned 1, which is neither true nor false" },
		{ "return NF_DROP", PS_ANSWER_ERROR, "returned 0, which is neither true nor false" },
		{ "return 'true'", PS_ANSWER_ERROR, "the handler returned neither true nor false but string" },
		{ "return p", PS_ANSWER_ERROR, "the handler returned neither true nor false but userdata" },
		{ "error('on purpose')", PS_ANSWER_ERROR, "given.lua:3: on purpose" },
		{ "while true do end", PS_ANSWER_ERROR, "time limit" },
	};
	char error[PS_SCRIPT_ERROR_SIZE];
	size_t i;
	int way;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (way = 0; way < 2; way++) {
			unsigned int packet_ms = ps_limits.packet_ms;

			if (!strcmp(cases[i].error, "time limit"))
				test_limit(&ps_limits.packet_ms, 40);
			CHECK_INT(match(cases[i].body, way, error, sizeof(error)), cases[i].answer);
			ps_limits.packet_ms = packet_ms;
			CHECK_TEXT(error, cases[i].error);
			if (test_failed)
				printf("# %s: %s\n", cases[i].body, error);
		}
	}
}

static void nothing_is_written(void)
{
#define IP "local eth = p:data(packet_eth) local ip = eth:data(packet_ip) "
	static const char *const bodies[] = {
		IP "ip.ttl = 9", IP "ip.ttl = ip.ttl", IP "ip:ttl():set(64)", IP "ip.daddr = '2.1.1.1'", IP "ip:daddr():set(1)",
		IP "ip.id = #p", IP "ip.tos = 1", IP "ip.version = 4", IP "ip.ihl = 6", IP "ip.tot_len = 40", IP "ip.flags = 2",
		IP "ip:check():set()", IP "ip:check():set(1)", IP "ip.check = 1", IP "eth.dmac = '02:00:00:00:00:09'",
		IP "eth.type = 0x806", IP "ip:write('E')", IP "ip:write('')", IP "p:write('x', 20)", IP "ip:data():set('abc')",
		IP "ip:data():set('')", IP "ip:data():set(0)", IP "p:raw(3, 4):set(1)", IP "p:raw(3, 0):set(1)",
		IP "local a = p:get() a[0] = 1", IP "local a = p:get() local b = a[0] a[0] = b",
		IP "local a = p:get() for i = 0, #a - 1 do a[i] = a[i] ~ 255 end", IP "p:get()[3] = 1",
		IP "pcall(function() ip.ttl = 3 end) ip.ttl = 4",
		IP "local a = bytes.new(3) a[0] = 1 local b = p:get() b[0] = a[0]",
	};
	char error[PS_SCRIPT_ERROR_SIZE], more[256];
	size_t i;
	int way;

	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		for (way = 0; way < 2; way++) {
			snprintf(more, sizeof(more), "%s return true", bodies[i]);
			CHECK_INT(match(more, way, error, sizeof(error)), PS_ANSWER_ERROR);
			CHECK_TEXT(error, "given.lua:3: the packet is read-only");
			if (test_failed)
				printf("# %s: %s\n", bodies[i], error);
		}
	}
	CHECK_INT(match("local a = p:to_bytes() a[0] = 1 return p:get()[0] == 2", true, error, sizeof(error)), PS_ANSWER_YES);
}

const struct test given_tests[] = {
	{ "given: a handler gets the header it asks for", is_given },
	{ "given: it goes with its packet", goes_with_its_packet },
	{ "given: its fields need no interpreter", is_compiled },
	{ "given: a match says yes or no", answers },
	{ "given: a match writes nothing", nothing_is_written },
	{ NULL, NULL },
};
