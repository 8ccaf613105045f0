/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What is known of registers along the paths of a function (compile/flow.h), and that following them is bounded whatever the
 * code is.
 */
#include <stdlib.h>

#include "lua.h"

#include "compile.h"
#include "flow.h"
#include "packets.h"
#include "script.h"
#include "test.h"

/* A walk that counts what it comes to, and remembers what the function returned. */
struct counting {
	struct ps_walk walk;	/* first */
	unsigned long looks, used;	/* used: steps for each instruction */
	struct ps_known returned;
};

static void look(struct ps_walk *walk, Instruction i)
{
	struct counting *c = (struct counting *)walk;

	c->looks++;
	if (walk->is_last && GET_OPCODE(i) == OP_RETURN1)
		c->returned = ps_known_join(c->returned, ps_walk_get(walk, GETARG_A(i)));
}

static struct ps_known read(struct ps_walk *walk, struct ps_known of, TString *name, bool is_call, struct ps_known member)
{
	(void)walk;
	(void)of;
	(void)name;
	(void)is_call;
	return member.kind ? member : ps_known_any;
}

static bool call(struct ps_walk *walk, struct ps_call *call)
{
	(void)walk;
	(void)call;
	return true;
}

static const struct ps_walker walker = { .look = look, .read = read, .call = call };
static const struct ps_walker for_objects = { .look = look, .read = read, .call = call, .wants_objects = true };

/* Follows process_packet() of the script. steps: for each of its instructions. */
static struct counting follow_by(const struct ps_walker *by, const char *script, unsigned int steps, size_t memory)
{
	const struct ps_known packet = ps_known_as(PS_KIND_VIEW, &ps_proto_raw);
	struct ps_known upvalues[8];
	struct counting c = { .walk = { .by = by, .upvalues = upvalues, .memory = memory, .has_last = true } };
	struct ps_script s;
	unsigned int i;

	for (i = 0; i < 8; i++)
		upvalues[i] = ps_known_any;
	CHECK_INT(ps_script_init(&s, 0, true), 0);
	c.walk.registry = &s.bind.registry;
	CHECK_INT(ps_script_load(&s, 0, "flow.lua", script, strlen(script)), 0);
	lua_getglobal(s.bind.rt.L, "process_packet");
	c.walk.p = clLvalue(s2v(PS_STACK_TOP(s.bind.rt.L) - 1))->p;
	c.walk.steps = (unsigned long)steps * c.walk.p->sizecode;
	CHECK_INT(ps_walk_run(&c.walk, &packet, 1), 0);
	c.used = steps - c.walk.steps / c.walk.p->sizecode;
	CHECK(c.looks <= (unsigned long)steps * c.walk.p->sizecode);
	CHECK_INT(ps_walk_get(&c.walk, 0).kind, PS_KIND_ANY);
	ps_script_clean(&s);
	return c;
}

static struct counting follow(const char *script, unsigned int steps, size_t memory)
{
	return follow_by(&walker, script, steps, memory);
}

static void paths_join(void)
{
	static const struct {
		const char *body;
		enum ps_kind kind;
		const struct ps_proto *proto;
	} cases[] = {
		{ "return p", PS_KIND_VIEW, &ps_proto_raw },
		{ "return p:data(packet_ip)", PS_KIND_NONE, NULL },	/* a tail call */
		{ "local ip = p:data(packet_ip) return ip", PS_KIND_VIEW, &ps_proto_ip },
		{ "local ip if p.x then ip = p:data(packet_ip) end return ip", PS_KIND_VIEW, &ps_proto_ip },
		{ "local t = p:data(packet_tcp) or p:data(packet_udp) return t", PS_KIND_ANY, NULL },
		{ "local ip = p:data(packet_ip) local t = ip and ip:data(packet_udp) return t", PS_KIND_VIEW, &ps_proto_udp },
		{ "local ip = p:data(packet_ip) while p.x do ip = ip:data(packet_ip) end return ip", PS_KIND_VIEW, &ps_proto_ip },
		{ "local ip = p:data(packet_ip) while p.x do ip = ip:data(packet_udp) end return ip", PS_KIND_ANY, NULL },
		{ "local ip = p:data(packet_ip) local x = ip.ttl return x", PS_KIND_VALUE, NULL },
		{ "local ip = p:data(packet_ip) local x = ip:ttl() return x", PS_KIND_FIELD, NULL },
		{ "local ip = p:data(packet_ip) local x = ip:ttl():int() return x", PS_KIND_NUMBER, NULL },
		{ "local x = p:data():get() return x", PS_KIND_BYTES, NULL },
		{ "local x = 1 if p.x then x = 2 end return x", PS_KIND_ANY, NULL },
		{ "local x = 1 if p.x then x = 1 end return x", PS_KIND_INTEGER, NULL },
		{ "local x = not p return x", PS_KIND_BOOLEAN, NULL },
		{ "local x for i = 1, 9 do x = i end return x", PS_KIND_ANY, NULL },
		{ "local x goto over ::back:: do return x end ::over:: x = 'a' goto back", PS_KIND_STRING, NULL },
	};
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char script[256];
		struct counting c;

		snprintf(script, sizeof(script), "function process_packet(p) %s end", cases[i].body);
		c = follow(script, 256, 1 << 20);
		CHECK(c.walk.is_last && c.walk.steps);
		CHECK_INT(c.returned.kind, cases[i].kind);
		if (cases[i].proto)
			CHECK(c.returned.proto == cases[i].proto);
		if (test_failed)
			printf("# %s\n", script);
	}
}

/* Whoever looks for objects is told of those that may be false as well, or that stand behind a test of something unknown. */
static void false_is_no_object(void)
{
	static const char *const bodies[] = {
		"local ip = p.x == 1 and p:data(packet_ip) return ip",
		"local x = p.x local ip = x and p:data(packet_ip) return ip",
		"local x = not p.x local ip = x and p:data(packet_ip) return ip",
		"local ip = false if p.x then ip = p:data(packet_ip) end return ip",
	};
	unsigned int i;

	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		char script[256];
		struct counting c;

		snprintf(script, sizeof(script), "function process_packet(p) %s end", bodies[i]);
		CHECK_INT(follow(script, 256, 1 << 20).returned.kind, PS_KIND_ANY);
		c = follow_by(&for_objects, script, 256, 1 << 20);
		CHECK(c.returned.kind == PS_KIND_VIEW && c.returned.proto == &ps_proto_ip);
	}
}

/* A function of n parts, each of which begins and ends as told; %u is which. */
static char *nest(unsigned int n, const char *begin, const char *middle, const char *end)
{
	size_t size = 256 + n * (strlen(begin) + strlen(end) + 32) + strlen(middle);
	char *script = malloc(size);
	size_t used = snprintf(script, size, "function process_packet(p) local a, b, c, d = 1, 2, 3, 4 ");
	unsigned int i;

	for (i = 0; i < n; i++)
		used += snprintf(script + used, size - used, begin, i, (i * 7 + 3) % n);
	used += snprintf(script + used, size - used, "%s", middle);
	for (i = 0; i < n; i++)
		used += snprintf(script + used, size - used, end, n - 1 - i, i);
	snprintf(script + used, size - used, " end");
	return script;
}

/* What people write takes few steps for each instruction, however much of it there is. */
static void long_code_is_followed(void)
{
	static const struct {
		const char *begin, *middle, *end;
		unsigned int n, steps;
	} cases[] = {
		{ "if p.x == %u then a = b b = c c = d end ", "", "", 700, 16 },
		{ "while a < %u do a = a + 1 b = c ", "c = d ", "d = b end ", 10, 24 },	/* nearly as deep as statements may be in any 5.4 */
		{ "for i%u = 1, 9 do b = a ", "", "a = c end ", 8, 56 },
		{ "::l%u:: a = b ", "d = p ", "b = c c = d if p.x then goto l%u end ", 300, 24 },	/* loops in loops */
		{ "::l%u:: a = 1 ", "local ip = p:data(packet_ip) ", "if p.x == ip then goto l%u end ", 300, 24 },
		{ "::l%u:: if p.x then goto l%u end b = a ", "", "", 300, 48 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *script = nest(cases[i].n, cases[i].begin, cases[i].middle, cases[i].end);
		struct counting c = follow(script, 256, 512 << 10);

		CHECK(c.walk.is_last && c.walk.steps);
		CHECK(c.used <= cases[i].steps);
		if (test_failed)
			printf("# %lu steps: %s\n", c.used, cases[i].begin);
		free(script);
	}
}

/* A function of 180 variables and so many blocks, each of which leads to the one before it and passes a value on. */
static char *tangle(unsigned int nblocks)
{
	size_t size = 8192 + 96 * nblocks, used;
	char *script = malloc(size);
	unsigned int i;

	used = snprintf(script, size, "function process_packet(p) local v0");
	for (i = 1; i < 180; i++)
		used += snprintf(script + used, size - used, ", v%u", i);
	used += snprintf(script + used, size - used, " = 1 goto l0 ");
	for (i = nblocks; i > 0; i--)
		used += snprintf(script + used, size - used, "::l%u:: if p == v%u then v%u = v%u goto l%u end do return 1 end ",
				 i - 1, i % 180, i % 180, (i - 1) % 180, i % nblocks);
	snprintf(script + used, size - used, "end");
	return script;
}

/* Others are given up, and have been followed no longer than that. They do what they do nevertheless. */
static void tangled_code_is_given_up(void)
{
	const struct shape shape = { .protocol = 17, .payload = 20 };
	char *script = tangle(300);
	struct counting c = follow(script, 600, 64 << 20);
	struct ps_packet pkt;
	struct layout at;
	struct ps_script s;
	uint16_t queue;
	uint8_t *data;

	CHECK(c.walk.steps && c.walk.is_last);
	c = follow(script, 600, 64 << 10);
	CHECK(!c.walk.steps && !c.walk.is_last);	/* registers want more memory */
	c = follow(script, 100, 64 << 20);
	CHECK(!c.walk.steps && !c.walk.is_last);	/* they take steps to join */

	data = make_packet(&shape, &pkt, &at);
	CHECK_INT(ps_script_init(&s, 0, true), 0);
	s.compile = ps_compile;
	CHECK_INT(ps_script_load(&s, 0, "flow.lua", script, strlen(script)), 0);
	CHECK_INT(ps_script_run(&s, ps_script_find(&s, 0, "process_packet"), &pkt, &queue), PS_VERDICT_ACCEPT);
	CHECK(s.bind.rt.linear > 0);
	ps_script_clean(&s);
	free(data);
	free(script);

	script = tangle(640);
	c = follow(script, 290, 64 << 20);
	CHECK(!c.walk.steps && !c.walk.is_last);	/* it takes many passes */
	free(script);
}

const struct test flow_tests[] = {
	{ "flow: what holds on all paths is known", paths_join },
	{ "flow: false is taken for nil by who looks for objects", false_is_no_object },
	{ "flow: long code is followed in few steps for each instruction", long_code_is_followed },
	{ "flow: tangled code is given up", tangled_code_is_given_up },
	{ NULL, NULL },
};
