/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Linear code (compile/): what it does, where it ends, and that it does the same as the ordinary way, where the same handler
 * is written such that it is left to the interpreter.
 */
#define LUA_CORE
#include <string.h>

#include "internals.h"
#include "lfunc.h"

#include "compile.h"
#include "linear.h"
#include "packets.h"
#include "proto.h"
#include "script.h"
#include "test.h"

static uint32_t seed;

static unsigned int draw(unsigned int n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

#define PICK(array)	((array)[draw(sizeof(array) / sizeof((array)[0]))])

/*
 * Two texts that grow together. More arguments than a method takes are left to its C function, and
 * names that are computed to the metamethods.
 */
struct forms {
	char compiled[2048], ordinary[2048];
};

static void append(char *to, const char *format, const char *a, const char *b)
{
	size_t used = strlen(to);

	snprintf(to + used, 2048 - used, format, a, b);
}

static const struct ps_field *draw_field(unsigned int id)
{
	const struct ps_proto *proto = ps_protos[id];
	const struct ps_field *field;

	do {
		field = &proto->fields[draw(proto->nfields)];
	} while (field->flags & PS_PAYLOAD);
	return field;
}

/* The expression for v, and which protocol it is of. */
static unsigned int draw_chain(struct forms *f)
{
	unsigned int i, n = 1 + draw(4), id = 0;
	char number[16];

	strcpy(f->compiled, "p");
	strcpy(f->ordinary, "p");
	if (!draw(5)) {		/* a header by its name */
		id = 1 + draw(ps_nprotos - 1);
		append(f->compiled, ".%s", ps_proto_short_name(ps_protos[id]), "");
		strcpy(f->ordinary, "read(p, '");
		append(f->ordinary, "%s')", ps_proto_short_name(ps_protos[id]), "");
		return id;
	}
	for (i = 0; i < n; i++) {
		/* mostly the way that leads somewhere */
		id = draw(4) ? i == 0 ? 1 + draw(2) : i == 1 ? 2 : 3 + draw(3) : draw(ps_nprotos);
		snprintf(number, sizeof(number), "%u", id);
		append(f->compiled, ":data(%s)", number, "");
		append(f->ordinary, ":data(%s, nil, nil)", number, "");
	}
	return id;
}

static void draw_use(struct forms *f, unsigned int id, unsigned int i)
{
	static const char *const values[] = {
		"1", "0", "255", "65535", "'2.1.1.1'", "'02:00:00:00:00:01'", "'x'", "n", "s", "nil",
	};
	const char *name = draw_field(id)->name, *value = PICK(values);
	char local[16];

	snprintf(local, sizeof(local), "r%u", i);
	switch (draw(5)) {
	case 0:
		append(f->compiled, " v.%s = %s", name, value);
		append(f->ordinary, " write(v, '%s', %s)", name, value);
		break;
	case 1:
		append(f->compiled, " local %s = v.%s", local, name);
		append(f->ordinary, " local %s = read(v, '%s')", local, name);
		break;
	case 2:
		append(f->compiled, " v:%s():set(%s)", name, value);
		append(f->ordinary, " v:%s(nil, nil):set(%s, nil, nil)", name, value);
		break;
	case 3:
		append(f->compiled, " local %s = v:%s():get()", local, name);
		append(f->ordinary, " local %s = v:%s(nil, nil):get(nil, nil)", local, name);
		break;
	case 4:
		append(f->compiled, " local %s = v:%s():int()", local, name);
		append(f->ordinary, " local %s = v:%s(nil, nil):int(nil, nil)", local, name);
		break;
	}
}

static void draw_script(char *script, size_t size)
{
	struct forms chain, uses = { "", "" };
	unsigned int i, id = draw_chain(&chain), n = id ? draw(7) : 0;

	for (i = 0; i < n; i++)
		draw_use(&uses, id, i);
	snprintf(script, size,
		 "local function read(o, name) return o[name] end\n"
		 "local function write(o, name, value) o[name] = value end\n"
		 "local function text(...)\n"
		 "  local t = {...} for i = 1, 8 do t[i] = tostring(t[i]) end return table.concat(t, ' ')\n"
		 "end\n"
		 "local n, s, r0, r1, r2, r3, r4, r5, r6 = 7, '10.9.8.7'\n"
		 "local function compiled(p)\n"
		 "  local n, s = n, s\n"
		 "  local v = %s if not v then return 'none' end\n"
		 "  %s\n"
		 "  return text(v, r0, r1, r2, r3, r4, r5, r6)\n"
		 "end\n"
		 "local function ordinary(p)\n"
		 "  local n, s = n, s\n"
		 "  local v = %s if not v then return 'none' end\n"
		 "  %s\n"
		 "  return text(v, r0, r1, r2, r3, r4, r5, r6)\n"
		 "end\n"
		 "local runs, first = 0\n"
		 "function process_packet(p)\n"
		 "  runs = runs + 1\n"
		 "  local ok, result = pcall(runs <= 2 and compiled or ordinary, p)\n"
		 "  if not ok then problem, result = result, 'error' end\n"
		 "  first = first or result\n"
		 "  if result ~= first then print(first .. ' / ' .. result .. ' ' .. tostring(problem)) return NF_DROP end\n"
		 "  return ok and NF_ACCEPT or XT_CONTINUE\n"
		 "end\n", chain.compiled, uses.compiled, chain.ordinary, uses.ordinary);
}

static struct shape draw_shape(void)
{
	static const uint8_t protocols[] = { 1, 6, 17, 17, 47 };
	static const uint16_t fragments[] = { 0, 0, 0, 0, 0x4000, 0x2000, 0x0010 };
	struct shape shape = {
		.protocol = PICK(protocols), .ihl = draw(3) ? 0 : 5 + draw(11), .payload = draw(40),
		.ethernet = draw(2), .no_checksum = !draw(4), .frag = PICK(fragments),
		.padding = draw(3) ? 0 : draw(20), .cut = draw(4) ? 0 : draw(20),
	};

	return shape;
}

/* A state with a script in it; returns its handler. */
static int open_script(struct ps_script *s, const char *script, const char *function)
{
	CHECK_INT(ps_script_init(s, 0, true), 0);
	s->compile = ps_compile;
	CHECK_INT(ps_script_load(s, 0, "code.lua", script, strlen(script)), 0);
	return ps_script_find(s, 0, function);
}

/* Returns the verdict that all three runs had. */
static enum ps_verdict compare(const char *script, const struct shape *shape)
{
	enum ps_verdict verdict, first = PS_VERDICT_ERROR;
	uint8_t *data[3] = { NULL, NULL, NULL };
	struct ps_packet pkt;
	struct layout at;
	struct ps_script s;
	uint16_t queue;
	bool same = true;
	int i, handler;

	handler = open_script(&s, script, "process_packet");
	for (i = 0; i < 3 && handler >= 0; i++) {
		data[i] = make_packet(shape, &pkt, &at);
		verdict = ps_script_run(&s, handler, &pkt, &queue);
		first = i ? first : verdict;
		same &= verdict == first && verdict != PS_VERDICT_DROP &&
			verdict != PS_VERDICT_ERROR && !memcmp(data[i], data[0], pkt.len);
	}
	if (!same || handler < 0) {
		printf("# protocol %d ihl %d payload %d ethernet %d frag %x cut %d: %s\n%s",
		       shape->protocol, shape->ihl, shape->payload, shape->ethernet, shape->frag,
		       shape->cut, s.error, script);
		test_failed = true;
	}
	for (i = 0; i < 3; i++)
		free(data[i]);
	ps_script_clean(&s);
	return first;
}

static void random_handlers(void)
{
	unsigned int i, accepted = 0;
	char script[16 * 1024];

	for (i = 0; i < test_rounds(1500) && !test_failed; i++) {
		struct shape shape;

		seed = i;
		draw_script(script, sizeof(script));
		shape = draw_shape();
		accepted += compare(script, &shape) == PS_VERDICT_ACCEPT;
	}
	CHECK(accepted > i / 5 && accepted < i * 4 / 5);	/* else it compares little */
}

/* What a handler does to packets of a shape. */
struct deeds {
	enum ps_verdict verdicts[3];
	char errors[3][PS_SCRIPT_ERROR_SIZE];
	uint8_t *data[3];
	uint32_t len;
};

static void run_handler(const char *script, const struct shape *shape, struct deeds *d)
{
	struct ps_packet pkt;
	struct layout at;
	struct ps_script s;
	uint16_t queue;
	int i, handler;

	handler = open_script(&s, script, "process_packet");
	CHECK(handler >= 0);
	for (i = 0; i < 3; i++) {
		s.error[0] = 0;
		d->data[i] = make_packet(shape, &pkt, &at);
		d->len = pkt.len;
		d->verdicts[i] = ps_script_run(&s, handler, &pkt, &queue);
		strcpy(d->errors[i], s.error);
	}
	ps_script_clean(&s);
}

/* A handler that begins with its packet does so without Lua; one that does something before, with it. */
static void random_beginnings(void)
{
	static const char *const befores[] = { "", "local before" };
	static const char *const results[] = {
		"NF_ACCEPT", "XT_CONTINUE", "NF_DROP", "v", "v.ttl", "r0", "", "v and NF_ACCEPT", "p", "a", "b",
	};
	unsigned int n, i, way, accepted = 0, failed = 0;

	for (n = 0; n < test_rounds(1500) && !test_failed; n++) {
		struct forms chain, uses = { "", "" };
		struct deeds deeds[2];
		struct shape shape;
		const char *params, *test, *result;
		char script[8192];
		unsigned int id, count;

		seed = n;
		id = draw_chain(&chain);
		count = id ? draw(4) : 0;
		if (id && !draw(4)) {
			append(chain.compiled, ":%s():%s", draw_field(id)->name,
			       draw(2) ? "int()" : "get()");
			count = 0;
		}
		for (i = 0; i < count; i++)
			draw_use(&uses, id, i);
		test = draw(4) ? "if not v then return NF_DROP end" : "";
		result = PICK(results);
		params = draw(4) ? "p" : "p, r0";
		shape = draw_shape();
		for (way = 0; way < 2; way++) {
			snprintf(script, sizeof(script), "local n, s = 7, '10.9.8.7'\n"
				 "function process_packet(%s) %s\n local v = %s %s local a, b = 1, 'b'\n %s\n return %s\nend",
				 params, befores[way], chain.compiled, test, uses.compiled, result);
			run_handler(script, &shape, &deeds[way]);
		}
		for (i = 0; i < 3; i++) {
			CHECK_INT(deeds[0].verdicts[i], deeds[1].verdicts[i]);
			CHECK_TEXT(deeds[0].errors[i], deeds[1].errors[i]);
			CHECK(!memcmp(deeds[0].data[i], deeds[1].data[i], deeds[0].len));
			accepted += deeds[0].verdicts[i] == PS_VERDICT_ACCEPT;
			failed += deeds[0].verdicts[i] == PS_VERDICT_ERROR;
			for (way = 0; way < 2; way++)
				free(deeds[way].data[i]);
		}
		if (test_failed)
			printf("# %s\n", script);
	}
	CHECK(accepted > n / 15 && failed > n / 15);
}

/* Runs a script on packets and returns how many it accepts. */
static int count_accepted(const char *script, const struct shape *shape, int n)
{
	struct ps_packet pkt;
	struct layout at;
	struct ps_script s;
	uint16_t queue;
	int handler, accepted = 0;

	handler = open_script(&s, script, "process_packet");
	CHECK(handler >= 0);
	for (; n; n--) {
		uint8_t *data = make_packet(shape, &pkt, &at);

		accepted += ps_script_run(&s, handler, &pkt, &queue) == PS_VERDICT_ACCEPT;
		free(data);
	}
	if (s.error[0])
		printf("# %s\n", s.error);
	ps_script_clean(&s);
	return accepted;
}

static const struct shape udp = { .protocol = 17, .payload = 20 };

/* The interpreter is entered for what it has to do, and for nothing else. */
static void enters_lua(void)
{
	static const struct {
		const char *body;
		bool enters;
	} cases[] = {
		{ "return NF_ACCEPT", false },
		{ "p:data(1):data(2):daddr():set('2.1.1.1') return NF_ACCEPT", false },
		{ "local ip = p:data(1):data(2) if not ip then return NF_DROP end ip.ttl = 9 return NF_ACCEPT", false },
		{ "p:data(1):data(2):ttl():set(1) return p:data(1):data(2):ttl():int()", false },
		{ "local ttl = p:data(1):data(2):version():int() return NF_ACCEPT", false },
		{ "local ip = p:data(1):data(2) ip.ttl = 9 n = 1 return NF_ACCEPT", false },
		{ "local ip = p:data(1):data(2) if ip.ttl == 9 then return NF_DROP end return NF_ACCEPT", false },
		{ "local ip = p:data(1):data(2) local udp = ip and ip:data(5) if not udp then return NF_DROP end "
		  "return udp.dport == 2000 and NF_ACCEPT or NF_DROP", false },
		{ "local ip = p:data(1):data(2) local f = ip:ttl() f:set(f:get() - 1) return NF_ACCEPT", false },
		{ "local ip = p:data(1):data(2) ip.ttl = ip.ttl - 1 ip:tos():set(ip:tos():get() | 3) return NF_ACCEPT", false },
		{ "local ip = p:data(1):data(2) counts[ip:saddr():int()] = counts[ip:saddr():int()] + 1 "
		  "n = n + 1 return NF_ACCEPT", false },
		{ "local ip, udp = headers(p) if udp.sport ~= 1000 then return NF_DROP end return verdict(ip, udp)", false },
		{ "local b = p:data(1):data(2):data(5):data():get() local x = b[0] << 8 | b[1] "
		  "return x > 0 and #b == 20 and NF_ACCEPT or NF_DROP", false },
		{ "o.x = o.x + 1 o[1] = o[1] ~ 5 return o.x and NF_ACCEPT or NF_DROP", false },
		{ "return o:get() and NF_ACCEPT or NF_DROP", false },
		{ "return o[2]() and NF_ACCEPT or NF_DROP", false },		/* a function that is not foreseen */
		{ "local udp = p.udp local f = udp:sport() f:set(5) f:set(f:get() + 1) return udp.sport == 6 and NF_ACCEPT or NF_DROP", false },
		{ "return p.dns == nil and p.udp and NF_ACCEPT or NF_DROP", false },
		{ "return deep(5, NF_ACCEPT)", false },
		{ "for i = 1, 10 do n = n + i end return NF_ACCEPT", true },	/* the time is looked at */
		{ "local i = 0 while i < 10 do i = i + 1 end return NF_ACCEPT", true },
		{ "return deep(8, NF_ACCEPT)", true },				/* more frames than there are */
		{ "return p:get_size() == #p and NF_ACCEPT or NF_DROP", false },
		{ "local r = p:data(1):data(2):raw(8, 1) r:write('\\9') return r:get()[0] == 9 and not p:raw(1, #p) and "
		  "p:data(1):data(2).ttl == 9 and NF_ACCEPT or NF_DROP", false },
		{ "return p:data(1):data(2):raw(0, 1):get():string() == 'E' and NF_ACCEPT or NF_DROP", false },
		{ "p:get_offset() return NF_ACCEPT", true },
		{ "counts[#counts + 1] = 1 return NF_ACCEPT", true },		/* the table grows */
		{ "local s = 'x' .. n return NF_ACCEPT", true },
		{ "return math.abs(-1)", true },
	};
	static const char before[] =
		"n, o, counts = 1, { x = 1, 2, function() return 1 end, get = function(self) return self.x end }, "
		"{ [0x0a000001] = 0 }\n"
		"local function headers(p) local ip = p:data(1):data(2) return ip, ip and ip:data(5) end\n"
		"local function verdict(ip, udp) return ip.ttl == 64 and udp.dport == 2000 and NF_ACCEPT or NF_DROP end\n"
		"local function deep(k, x) if k == 0 then return x end local r = deep(k - 1, x) return r end\n";
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ps_packet pkt;
		struct layout at;
		struct ps_script s;
		char script[2048];
		uint16_t queue;
		int handler, run;
		bool entered = false;

		snprintf(script, sizeof(script), "%sfunction process_packet(p) %s end", before, cases[i].body);
		handler = open_script(&s, script, "process_packet");
		for (run = 0; run < 3; run++) {
			uint8_t *data = make_packet(&udp, &pkt, &at);

			s.bind.rt.guard.stack_hard = 0;	/* ps_runtime_enter() sets it */
			CHECK_INT(ps_script_run(&s, handler, &pkt, &queue), PS_VERDICT_ACCEPT);
			if (run > 0)	/* it makes arrays */
				entered |= s.bind.rt.guard.stack_hard;
			free(data);
		}
		CHECK_INT(entered, cases[i].enters);
		if (test_failed)
			printf("# %s: %s\n", cases[i].body, s.error);
		ps_script_clean(&s);
	}
}

/* What was done without Lua is not done again with it. */
static void begins_once(void)
{
	static const char script[] =
		"local n = 0\n"
		"function process_packet(p)\n"
		"  local ip = p:data(packet_eth):data(packet_ip)\n"
		"  local ttl = ip.ttl\n"
		"  ip.ttl = 5\n"
		"  n = n + 1\n"
		"  return ttl == 64 and ip.ttl == 5 and NF_ACCEPT or NF_DROP\n"
		"end\n";

	CHECK_INT(count_accepted(script, &udp, 3), 3);
}

/* A handler with a large frame begins when the stack is small. */
static void frames_go(void)
{
	char script[2048] =
		"function small(p) collectgarbage() collectgarbage() return NF_ACCEPT end\n"
		"function large(p)\n"
		"  local ip = p:data(packet_eth):data(packet_ip)\n"
		"  local ttl = ip.ttl\n"
		"  ip.ttl = 5\n"
		"  local t = {}\n"
		"  local a0";
	struct ps_packet pkt;
	struct layout at;
	struct ps_script s;
	uint16_t queue;
	uint8_t *data = make_packet(&udp, &pkt, &at);
	int i, small, large;

	for (i = 1; i < 180; i++)
		snprintf(script + strlen(script), sizeof(script) - strlen(script), ", a%d", i);
	strcat(script, " = 1\n"
	       "  for i = 1, 20 do t[i] = i end\n"
	       "  a179 = #t\n"
	       "  return ttl == 64 and a0 == 1 and a179 == 20 and NF_ACCEPT or NF_DROP\n"
	       "end\n");
	small = open_script(&s, script, "small");
	large = ps_script_find(&s, 0, "large");
	for (i = 0; i < 5; i++) {
		free(data);
		data = make_packet(&udp, &pkt, &at);
		CHECK_INT(ps_script_run(&s, large, &pkt, &queue), PS_VERDICT_ACCEPT);
		CHECK_INT(ps_script_run(&s, small, &pkt, &queue), PS_VERDICT_ACCEPT);
	}
	free(data);
	ps_script_clean(&s);
}

/* Code is freed, and other code takes its place in memory. */
static void code_comes_and_goes(void)
{
	static const char script[] =
		"local fields = { 'ttl', 'tos', 'id', 'protocol' }\n"
		"function process_packet(p)\n"
		"  local ip = p:data(packet_eth):data(packet_ip)\n"
		"  for i = 1, 40 do\n"
		"    local name, value = fields[i % 4 + 1], i * 5\n"
		"    local f = load('local ip = ... local x = ip:' .. name .. '():int() ' ..\n"
		"      'ip:' .. name .. '():set(' .. value .. ') return ip.' .. name .. ', x')\n"
		"    if f(ip) ~= value then return NF_DROP end\n"
		"    if i % 7 == 0 then f = nil collectgarbage() end\n"
		"  end\n"
		"  return NF_ACCEPT\n"
		"end\n";

	CHECK_INT(count_accepted(script, &udp, 5), 5);
}

/* The same code sees objects of different types. */
static void types_change(void)
{
	static const char script[] =
		"local function check(v) return v:check():int() end\n"
		"local function payload(v) return v:data(packet_raw) end\n"
		"function process_packet(p)\n"
		"  local ip = p:data(packet_eth):data(packet_ip)\n"
		"  local udp = ip:data(packet_udp)\n"
		"  for i = 1, 3 do\n"
		"    if check(ip) ~= ip.check or check(udp) ~= udp.check then return NF_DROP end\n"
		"  end\n"
		"  for _, v in ipairs { p, ip, udp, ip:options() } do\n"
		"    local size, sum = pcall(payload, v)\n"
		"    if not size or not sum then return NF_DROP end\n"
		"  end\n"
		"  local other = setmetatable({}, { __index = { check = function() return udp:check() end } })\n"
		"  if check(other) ~= udp.check then return NF_DROP end\n"
		"  if pcall(check, 1) or pcall(check, nil) or pcall(check, p) then return NF_DROP end\n"
		"  return NF_ACCEPT\n"
		"end\n";

	CHECK_INT(count_accepted(script, &udp, 3), 3);
}

/* More views than a pool has. */
static void limits(void)
{
	static char script[64 * 1024];
	int i;

	strcpy(script, "function process_packet(p)\n local n, ip = 0\n");
	for (i = 0; i < 600; i++)
		strcat(script, " ip = p:data(packet_eth):data(packet_ip) if ip then n = n + ip.ttl end\n");
	strcat(script, " return n == 600 * 64 and NF_ACCEPT or NF_DROP end\n");
	CHECK_INT(count_accepted(script, &udp, 3), 3);
	CHECK_INT(count_accepted("function process_packet(p)\n"
				 " local t, sum = {}, 0\n"
				 " for i = 1, 50 do t[i] = p:data(packet_eth):data(packet_ip) end\n"
				 " for i = 1, 50 do sum = sum + t[i].ttl t[i].ttl = i end\n"
				 " for i = 2, 50 do if t[i] == t[i - 1] then return NF_DROP end end\n"
				 " return sum > 1000 and NF_ACCEPT or NF_DROP end\n", &udp, 3), 3);
}

/* What fails names its own line. */
static void lines(void)
{
	static const struct {
		const char *body, *message;
	} cases[] = {
		{ "local ip = p:data(1)\n:data(2)\nip.ttl = 1\nip.ttl = 256\n", "code.lua:5: ttl" },
		{ "local ip = p:data(1):data(2)\nip:ttl():set(1)\nip:ttl():set(-1)\n", "code.lua:4: ttl" },
		{ "local ip = p:data(1):data(2)\nlocal x = ip.ttl\nip.daddr = 'x'\n", "code.lua:4: daddr" },
		{ "local udp = p:data(1):data(2)\n:data(3)\nudp.type = 1\n", "code.lua:4: attempt to index a nil" },
		{ "local ip = p:data(1):data(2)\nlocal y = ip.ttl\nlocal x = ip:sport():get()\n",
		  "code.lua:4: attempt to call a nil value (method 'sport')" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *data;
		char script[512];
		struct ps_packet pkt;
		struct layout at;
		struct ps_script s;
		uint16_t queue;
		int handler, run;

		snprintf(script, sizeof(script), "function process_packet(p)\n%s return NF_ACCEPT end",
			 cases[i].body);
		handler = open_script(&s, script, "process_packet");
		for (run = 0; run < 2; run++) {
			data = make_packet(&udp, &pkt, &at);
			s.error[0] = 0;
			CHECK_INT(ps_script_run(&s, handler, &pkt, &queue), PS_VERDICT_ERROR);
			CHECK_TEXT(s.error, cases[i].message);
			free(data);
		}
		ps_script_clean(&s);
	}
}

/* A packet whose linear part ends behind the IP header, and memory for the rest comes late. */
struct short_packet {
	struct ps_packet pkt;	/* first */
	int failures;		/* to come */
	uint8_t *elsewhere;	/* what its bytes are, in place of which others stand until they come */
};

static void bring(struct ps_packet *pkt, uint32_t end)
{
	memcpy(pkt->data + pkt->readable, ((struct short_packet *)pkt)->elsewhere + pkt->readable, end - pkt->readable);
	pkt->readable = end;
}

static bool late_pull(struct ps_packet *pkt, uint32_t end)
{
	if (((struct short_packet *)pkt)->failures-- > 0)
		return false;
	if (end > pkt->readable)
		bring(pkt, end);
	return true;
}

static bool late_make_writable(struct ps_packet *pkt, uint32_t end)
{
	if (end > pkt->readable && !late_pull(pkt, end))
		return false;
	pkt->writable = end;
	return true;
}

static const struct ps_packet_ops late_ops = {
	.pull = late_pull, .make_writable = late_make_writable,
	.networks = ps_networks,
};

/*
 * Does something with ip in a packet of this shape, of which only the network header is there, and so
 * many requests for more fail. The bytes, to be freed, become *data.
 */
static enum ps_verdict use_late(const char *use, const struct shape *shape, int failures,
				struct layout *at, uint8_t **data)
{
	struct short_packet packet;
	enum ps_verdict verdict;
	struct ps_script s;
	char script[256];
	uint16_t queue;
	int handler;

	snprintf(script, sizeof(script), "function process_packet(p) "
		 "local ip = p:data(1):data(2) %s return NF_ACCEPT end", use);
	handler = open_script(&s, script, "process_packet");
	*data = make_packet(shape, &packet.pkt, at);
	ps_script_run(&s, handler, &packet.pkt, &queue);	/* Lua makes the objects that later packets have, too */
	free(*data);
	*data = make_packet(shape, &packet.pkt, at);
	packet.pkt.ops = &late_ops;
	packet.pkt.readable = packet.pkt.writable = at->transport;
	packet.failures = failures;
	packet.elsewhere = malloc(at->len);
	memcpy(packet.elsewhere, *data, at->len);
	memset(*data + at->transport, 0xEE, at->len - at->transport);
	verdict = ps_script_run(&s, handler, &packet.pkt, &queue);
	bring(&packet.pkt, at->len);
	free(packet.elsewhere);
	ps_script_clean(&s);
	return verdict;
}

static void memory_comes_late(void)
{
	static const char *const uses[] = {
		"ip:daddr():set('2.1.1.1')", "ip.daddr = '2.1.1.1'", "ip:daddr():set('2.1.1.1', nil, nil)",
	};
	int use, protocol, failures, refused = 0;

	for (use = 0; use < 3; use++) {
		for (protocol = 6; protocol <= 17; protocol += 11) {
			for (failures = 0; failures < 4; failures++) {
				const struct shape shape = { .protocol = protocol, .payload = 20 };
				enum ps_verdict verdict;
				struct layout at;
				uint8_t *data;

				verdict = use_late(uses[use], &shape, failures, &at, &data);
				refused += verdict == PS_VERDICT_ERROR;
				CHECK_INT(data[at.ip + 16], verdict == PS_VERDICT_ERROR ? 10 : 2);
				CHECK(ip_csum_ok(data + at.ip) && transport_csum_ok(data + at.ip));
				free(data);
			}
		}
	}
	CHECK(refused);
}

/* Bytes come into reach one by one, and are read and written in one operation, or in one for each of these. */
static void bytes_come_late(void)
{
	static const struct {
		const char *use;
		uint8_t mask, flip;
	} cases[] = {
		{ "b[i] = b[i] ~ 0x5A", 0xFF, 0x5A },
		{ "b[i] = b[i] & 0x0F", 0x0F, 0 },
		{ "b[i] = b[i] | 0x81", 0x7E, 0x81 },
		{ "local x = 3 b[i] = b[i] ~ x", 0xFF, 3 },
		{ "local x = b[i] x = x & 7 b[i] = x", 7, 0 },
	};
	const struct shape shape = { .protocol = 17, .payload = 20, .padding = 7 };
	struct ps_packet unused;
	struct layout at;
	uint8_t *before = make_packet(&shape, &unused, &at), *data;

	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		char use[200];

		snprintf(use, sizeof(use), "local b = ip:data(5):data():get() for i = 0, #b - 1 do %s end", cases[c].use);
		CHECK_INT(use_late(use, &shape, 0, &at, &data), PS_VERDICT_ACCEPT);
		for (uint32_t i = at.transport + 8; i < at.len; i++)
			CHECK_INT(data[i], i < at.len - shape.padding ? (before[i] & cases[c].mask) ^ cases[c].flip : before[i]);
		free(data);
	}
	free(before);
}

/* What an array has in reach has bounds all the same. */
static void reach_has_bounds(void)
{
	static const struct {
		const char *use;
		bool is_right, goes;	/* goes: not with the next packet any more */
	} cases[] = {
		{ "local j = 3 j = b[j] & 7 b[j] = j if b[3] ~= 100 or b[4] ~= 4 then error() end", true },	/* "abcde…" */
		{ "local n = #b if b[n] ~= nil or b[-1] ~= nil then error() end", true },
		{ "local n = #b b[n] = 1", false },
		{ "local n = #b b[n] = b[n] ~ 1", false },
		{ "local j = -1 b[j] = 1", false },
		{ "local j = 2 b[j] = b[j] ~ 0x100", false },
		{ "local j = 2 b[j] = b[j] ~ -1", false },
		{ "local j, x = 2, 256 b[j] = x", false },
		{ "local a, j = ip:data():get(), 8 a[j] = a[j] ~ 1 if a[8] ~= 96 then error() end", true },
		{ "local a, j = ip:data():get(), 8 a[j] = a[j] ~ 1 j = 7 a[j] = a[j] ~ 1", false },	/* of the checksum */
		{ "local a, j = ip:data():get(), 8 a[j] = 1 j = 6 a[j] = 1", false },
		{ "local j = 9 kept = kept or ip:data():get() x = kept[j] x = kept[j] & 1", true, true },
		{ "local j = 9 kept = kept or ip:data():get() kept[j] = 1 kept[j] = kept[j] ~ 1", true, true },
	};
	const struct shape shape = { .protocol = 17, .payload = 20, .padding = 7 };

	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		struct ps_packet pkt;
		struct layout at;
		char script[300];
		struct ps_script s;
		uint16_t queue;
		int handler, run;

		snprintf(script, sizeof(script), "function process_packet(p) local ip = p:data(1):data(2) "
			 "local b = ip:data(5):data():get() for i = 0, 1 do b[i] = b[i] ~ 0 end %s return NF_ACCEPT end", cases[c].use);
		handler = open_script(&s, script, "process_packet");
		for (run = 0; run < 2; run++) {		/* in the first one Lua makes the arrays */
			uint8_t *data = make_packet(&shape, &pkt, &at);

			pkt.partial = at.transport + 6;		/* behind which bytes may be written */
			CHECK_INT(ps_script_run(&s, handler, &pkt, &queue),
				  cases[c].is_right && !(run && cases[c].goes) ? PS_VERDICT_ACCEPT : PS_VERDICT_ERROR);
			free(data);
		}
		if (test_failed)
			printf("# %s: %s\n", cases[c].use, s.error);
		ps_script_clean(&s);
	}
}

/* What is computed anew is read beyond the header that was to be written. */
static void lengths_want_memory(void)
{
	static const char *const uses[] = { "ip.ihl = 6", "ip.tot_len = 46", "ip:data(5).length = 20" };
	const struct shape shape = { .protocol = 17, .payload = 20 };
	int use, failures, refused = 0;
	struct ps_packet unused;
	struct layout at;
	uint8_t *before = make_packet(&shape, &unused, &at);

	for (use = 0; use < 3; use++) {
		for (failures = 0; failures < 5; failures++) {
			enum ps_verdict verdict;
			uint8_t *data;

			verdict = use_late(uses[use], &shape, failures, &at, &data);
			refused += verdict == PS_VERDICT_ERROR;
			if (verdict == PS_VERDICT_ERROR)
				CHECK(!memcmp(before, data, at.len));
			else
				CHECK(ip_csum_ok(data));
			free(data);
		}
	}
	free(before);
	CHECK(refused > 0 && refused < 15);
}

/* Code that would run for long is ended by time, whatever it goes back by. */
static void time_ends_it(void)
{
	static const char *const bodies[] = {
		"while true do end", "repeat until false", "for i = 1, math.maxinteger do end", "::again:: goto again",
		"local x = 1 while x do x = x + 1 end", "return again(p)", "return wide(8)",
		"for i = 1, math.maxinteger do local ip = p:data(1):data(2) ip.ttl = i & 255 end",
	};
	unsigned int packet_ms = ps_limits.packet_ms;
	size_t i;

	test_limit(&ps_limits.packet_ms, 40);
	for (i = 0; i < 2 * sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct ps_packet pkt;
		struct layout at;
		struct ps_script s;
		char script[1024];
		uint16_t queue;
		uint8_t *data = make_packet(&udp, &pkt, &at);
		int handler, run;

		/* each of them also behind what is interpreted: then frames are the interpreter's */
		snprintf(script, sizeof(script),
			 "local function again(p) return again(p) end\n"
			 "local function wide(k) if k > 0 then for i = 1, 8 do wide(k - 1) end end return 1 end\n"
			 "local function varies(...) end\n"
			 "function process_packet(p)\n%s %s\nend", i % 2 ? "varies()" : "", bodies[i / 2]);
		handler = open_script(&s, script, "process_packet");
		for (run = 0; run < 2; run++) {
			s.error[0] = 0;
			CHECK_INT(ps_script_run(&s, handler, &pkt, &queue), PS_VERDICT_ERROR);
			CHECK_TEXT(s.error, "time limit exceeded");
			CHECK_TEXT(s.error, "code.lua:");
		}
		free(data);
		ps_script_clean(&s);
	}
	ps_limits.packet_ms = packet_ms;
}

/* Functions f1, f2 … each of which calls the one before so many times, and f0, which adds one. */
static void write_calls(char *script, int functions, int times)
{
	int i, n;

	strcpy(script, "local f0 = function(x) return x + 1 end\n");
	for (i = 1; i <= functions; i++) {
		snprintf(script + strlen(script), 32, "local f%d = function(x) ", i);
		for (n = 0; n < times; n++)
			snprintf(script + strlen(script), 32, "x = f%d(x) ", i - 1);
		strcat(script, "return x end\n");
	}
}

/* Calls without a loop are counted: eight levels of twelve each are four hundred million. */
static void calls_end(void)
{
	static const char *const handlers[] = { "plain", "behind" };
	char script[4096];
	struct ps_packet pkt;
	struct layout at;
	struct ps_script s;
	uint16_t queue;
	uint8_t *data = make_packet(&udp, &pkt, &at);
	unsigned int packet_ms;
	size_t i;

	write_calls(script, 8, 12);
	strcat(script, "local function varies(...) end\n"
	       "function plain(p) return f8(0) end function behind(p) varies() return f8(0) end");
	for (i = 0; i < 2; i++) {
		int handler = open_script(&s, script, handlers[i]);

		packet_ms = test_limit(&ps_limits.packet_ms, 40);
		CHECK_INT(ps_script_run(&s, handler, &pkt, &queue), PS_VERDICT_ERROR);
		ps_limits.packet_ms = packet_ms;
		CHECK_TEXT(s.error, "time limit exceeded");
		ps_script_clean(&s);
	}
	free(data);
}

static const struct ps_linear *compiled;	/* the last handler */

static struct ps_linear *compile_and_keep(struct lua_State *L, const struct ps_proto *proto, bool *is_own)
{
	struct ps_linear *linear = ps_compile(L, proto, is_own);

	compiled = linear;
	return linear;
}

static bool has_operation(const struct ps_linear *linear, int operation)
{
	const struct ps_function_code *code = (const struct ps_function_code *)linear;
	int i;

	for (i = 0; i < code->nops; i++) {
		if (code->ops[i].op == operation)
			return true;
	}
	return false;
}

/* What no handler is seen to call is compiled, too, and anew when it is known what it gets. */
static void rest_is_compiled(void)
{
	static const char script[] =
		"local calls = { ttl = function(ip) return ip.ttl end }\n"
		"function first(p) return p.ip and calls.ttl(p.ip) == 64 and NF_ACCEPT or NF_DROP end\n"
		"local function ttl_of(ip) return ip.ttl end\n"
		"function second(p) local ip = p.ip return ip and ttl_of(ip) == 64 and NF_ACCEPT or NF_DROP end\n";
	static const char *const handlers[] = { "first", "second" };
	struct layout at;
	struct ps_script s;
	uint16_t queue;
	int i, run;

	for (i = 0; i < 2; i++) {
		int handler = i ? ps_script_find(&s, 0, handlers[i]) : open_script(&s, script, handlers[i]);

		s.compile = compile_and_keep;
		for (run = 0; run < 2; run++) {
			struct ps_packet pkt;
			uint8_t *data = make_packet(&udp, &pkt, &at);

			s.bind.rt.guard.stack_hard = 0;		/* ps_runtime_enter() sets it */
			CHECK_INT(ps_script_run(&s, handler, &pkt, &queue), PS_VERDICT_ACCEPT);
			if (run > 0)	/* views are made, which stay */
				CHECK_INT(!!s.bind.rt.guard.stack_hard, 0);
			free(data);
		}
	}
	CHECK(has_operation(compiled, DO_GET16));	/* it is known where its field is */
	ps_script_clean(&s);
}

/* A closure that memory has not sufficed for is garbage: it has no function, or not what that refers to. */
static void unfinished_closures(void)
{
	static const char script[] = "local n = 0 function f() n = n + 1 return n end function process_packet(p) return NF_ACCEPT end";
	struct ps_script s;
	LClosure *unfinished;
	lua_State *L;

	CHECK_INT(ps_script_init(&s, 0, true), 0);
	s.compile = ps_compile;
	CHECK_INT(ps_script_load(&s, 0, "code.lua", script, strlen(script)), 0);
	L = s.bind.rt.L;
	luaF_newLclosure(L, 1);
	unfinished = luaF_newLclosure(L, 1);
	lua_getglobal(L, "f");
	unfinished->p = clLvalue(s2v(PS_STACK_TOP(L) - 1))->p;
	lua_pop(L, 1);
	CHECK(unfinished->p && !unfinished->p->linear);
	CHECK(ps_script_find(&s, 0, "process_packet") >= 0);
	CHECK(unfinished->p->linear);
	ps_script_clean(&s);
}

/*
 * Local functions whose code is within the handler's.
 */
static bool is_within;	/* some were, when a handler was found last */

static struct ps_linear *compile_and_tell(struct lua_State *L, const struct ps_proto *proto, bool *is_own)
{
	struct ps_linear *linear = ps_compile(L, proto, is_own);

	is_within = *is_own;
	return linear;
}

/* As open_script(), with is_within. */
static int open_telling(struct ps_script *s, const char *script)
{
	CHECK_INT(ps_script_init(s, 0, true), 0);
	s->compile = compile_and_tell;
	CHECK_INT(ps_script_load(s, 0, "code.lua", script, strlen(script)), 0);
	return ps_script_find(s, 0, "process_packet");
}

/* A function is called by a variable; what that has now stands for what it will have only if nothing assigns it. */
static void variables_change(void)
{
	static const struct {
		const char *script;
		bool is_within;
	} cases[] = {
		{ "local function f(x) return x + 1 end\n"
		  "function process_packet(p) local x = f(1) return x == 2 and NF_ACCEPT or NF_DROP end", true },
		{ "local f <const> = function(x) return x + 1 end\n"
		  "function process_packet(p) local x = f(1) return x == 2 and NF_ACCEPT or NF_DROP end", true },
		{ "local f local g = function(x) return x + 1 end f = g\n"
		  "function process_packet(p) local x = f(1) return x == 2 and NF_ACCEPT or NF_DROP end", false },
		/* another function assigns it, later */
		{ "local n = 0 local function f() return 1 end function set() f = function() return 2 end end\n"
		  "function process_packet(p) local x = f() n = n + 1 set() return x == (n > 1 and 2 or 1) and NF_ACCEPT or NF_DROP end",
		  false },
		/* itself */
		{ "local n = 0 local function f() f = function() return 2 end return 1 end\n"
		  "function process_packet(p) local x = f() n = n + 1 return x == (n > 1 and 2 or 1) and NF_ACCEPT or NF_DROP end", false },
		/* from further within, through one that has it without use */
		{ "local n = 0 local function f() return 1 end\n"
		  "function outer() return function() return function() f = function() return 2 end end end end\n"
		  "function process_packet(p) local x = f() n = n + 1 outer()()() return x == (n > 1 and 2 or 1) and NF_ACCEPT or NF_DROP end",
		  false },
		/* the same place for another variable, whose scope has ended before */
		{ "do local g = 1 g = 2 function set() g = 3 end end local function f() return 1 end\n"
		  "function process_packet(p) local x = f() set() return x == 1 and NF_ACCEPT or NF_DROP end", true },
		/* the main function does, when the handler is there */
		{ "local function f() return 1 end\n"
		  "function process_packet(p) local x = f() return x == 2 and NF_ACCEPT or NF_DROP end f = function() return 2 end", false },
		/* nil, in one instruction with another variable's */
		{ "local f = function() return 1 end local g f = nil local h\n"
		  "function process_packet(p) local ok = pcall(function() local x = f() return x end) return ok and NF_DROP or NF_ACCEPT end",
		  false },
		/* a closure for each turn, of one function with different variables; the handler is one of them */
		{ "local made = {} for i = 1, 3 do local function f() return i end made[i] = function(p) local x = f() return x end end\n"
		  "local function all(p) local a, b, c = made[1](p), made[2](p), made[3](p) return a == 1 and b == 2 and c == 3 end\n"
		  "function process_packet(p) local r = all(p) return r and NF_ACCEPT or NF_DROP end", true },
		{ "local handlers = {} for i = 1, 3 do local function f() return i end\n"
		  "handlers[i] = function(p) local x = f() return x == i and NF_ACCEPT or NF_DROP end end\n"
		  "handlers[1]() process_packet = handlers[3]", true },
		/* two variables that have the same function now, in one closure only */
		{ "local function one() return 1 end local function two() return 2 end\n"
		  "local function make(f, g) return function(p) local h if p then h = f else h = g end local x = h() return x end end\n"
		  "local same, other = make(one, one), make(two, one)\n"
		  "function process_packet(p) local a, b = same(p), other(p) return a == 1 and b == 2 and NF_ACCEPT or NF_DROP end", true },
		/* a function that is given, which is in another variable there */
		{ "local function one() return 1 end local function two() return 2 end\n"
		  "local function call(f) local x = f() local y = two() return x * 10 + y end\n"
		  "function process_packet(p) local x = call(one) return x == 12 and NF_ACCEPT or NF_DROP end", true },
		/* the variable is in a coroutine that waits */
		{ "local co = coroutine.wrap(function() local function f() return 1 end\n"
		  "process_packet = function(p) local x = f() return x == 1 and NF_ACCEPT or NF_DROP end coroutine.yield() end) co()", true },
		/* the handler is called by a coroutine, which ends in the middle */
		{ "local function f(x) coroutine.yield(x) return x + 1 end local function g(x) local y = f(x) return y end\n"
		  "local function handle(p) local y = g(1) return y end\n"
		  "function process_packet(p) local co = coroutine.wrap(handle) local a, b = co(p), co(p)\n"
		  "return a == 1 and b == 2 and NF_ACCEPT or NF_DROP end", false },
		/* it calls itself, or the handler, or both each other */
		{ "local function f(n) if n == 0 then return 0 end local x = f(n - 1) return x + 1 end\n"
		  "function process_packet(p) local x = f(3) return x == 3 and NF_ACCEPT or NF_DROP end", true },
		{ "local again, n = nil, 0 local function f(p) if n < 2 then n = n + 1 local x = again(p) return x end return NF_ACCEPT end\n"
		  "function process_packet(p) local x = f(p) return x end again = process_packet", true },
		/* upvalues of the function are its own */
		{ "local n, m = 0, 5 local function f() n = n + m return n end local function g() count = (count or 0) + 1 return count end\n"
		  "local runs = 0 function process_packet(p) local x, y = f(), g() runs = runs + 1\n"
		  "return x == runs * 5 and y == runs and NF_ACCEPT or NF_DROP end", true },
		/* a header is looked for, by each way to look for one, before its code and behind: jumps over its code are others */
		{ "local function f(x) return x + 1 end\n"
		  "local function look(n, v, x, y) local a = f(n) return (v and 5 or f) == x and a == y end\n"
		  "function process_packet(p) local a = f(0) local v = p.udp local x = (v and 5 or f) a = f(a) if x ~= 5 or a ~= 2 then return NF_DROP end\n"
		  "v = p.tcp x = (v and f or 5) a = f(a) if x ~= 5 or a ~= 3 then return NF_DROP end\n"
		  "v = p:data(1):data(2) x = (v and 5 or f) a = f(a) if x ~= 5 or a ~= 4 then return NF_DROP end\n"
		  "v = v:data(5) x = (v and 5 or f) a = f(a) if x ~= 5 or a ~= 5 then return NF_DROP end\n"
		  "v = v:data() x = (v and 5 or f) a = f(a) if x ~= 5 or a ~= 6 then return NF_DROP end\n"
		  "return look(1, p.udp, 5, 2) and look(1, p.tcp, f, 2) and NF_ACCEPT or NF_DROP end", true },
		/* its error is caught where it is called */
		{ "local function f(v) v.ttl = 300 return 1 end local function g(v) local x = f(v) return x end\n"
		  "function process_packet(p) local ip = p:data(1):data(2) local ok, m = pcall(g, ip)\n"
		  "local x = pcall(f, ip) return not ok and not x and m:find('ttl') and ip.ttl == 64 and NF_ACCEPT or NF_DROP end", false },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ps_packet pkt;
		struct layout at;
		struct ps_script s;
		uint16_t queue;
		int handler, run;

		handler = open_telling(&s, cases[i].script);
		CHECK_INT(is_within, cases[i].is_within);
		for (run = 0; run < 3; run++) {
			uint8_t *data = make_packet(&udp, &pkt, &at);

			s.error[0] = 0;
			CHECK_INT(ps_script_run(&s, handler, &pkt, &queue), PS_VERDICT_ACCEPT);
			free(data);
		}
		if (test_failed) {
			printf("# %s: %s\n", cases[i].script, s.error);
			i = sizeof(cases) / sizeof(cases[0]);
		}
		ps_script_clean(&s);
	}
}

/* What the interpreter has to do within such code, it does in the frames that calls would have made. */
static void frames_are_made(void)
{
	static const struct {
		const char *script, *message;
	} cases[] = {
		{ "local function f(v)\nv.ttl = 300\nend\nfunction process_packet(p)\nlocal ip = p:data(1):data(2)\nf(ip)\nend",
		  "code.lua:2: ttl" },
		/* levels count frames */
		{ "local function f(v)\nerror('no', 2)\nend\nlocal function g(v)\nlocal x = v.ttl\nf(v)\nend\n"
		  "function process_packet(p)\nlocal ip = p:data(1):data(2)\ng(ip)\nreturn 1\nend", "code.lua:6: no" },
		{ "local function f(v)\nerror('no', 3)\nend\nlocal function g(v)\nlocal x = v.ttl\nf(v)\nend\n"
		  "function process_packet(p)\nlocal ip = p:data(1):data(2)\ng(ip)\nreturn 1\nend", "code.lua:10: no" },
		/* and so they do below a call of a function that is not within */
		{ "local function deep(n)\nif n == 0 then error('no', 4) end\nlocal x = deep(n - 1)\nreturn x\nend\n"
		  "local function f(n)\nlocal x = deep(n)\nreturn x\nend\n"
		  "function process_packet(p)\nlocal x = f(1)\nreturn x\nend", "code.lua:11: no" },
		/* names of variables and functions are the frame's */
		{ "local function f(v, k)\nlocal n = k\nreturn v.x + n\nend\n"
		  "function process_packet(p)\nlocal x = f(7, 1)\nreturn x\nend", "code.lua:3: attempt to index a number value (local 'v')" },
		{ "local function f(v)\nlocal n = nil\nn()\nend\nlocal function g(v)\nf(v)\nend\n"
		  "function process_packet(p)\ng(p)\nend", "code.lua:3: attempt to call a nil value (local 'n')" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ps_packet pkt;
		struct layout at;
		struct ps_script s;
		uint16_t queue;
		uint8_t *data = make_packet(&udp, &pkt, &at);
		int handler, run;

		handler = open_telling(&s, cases[i].script);
		CHECK(is_within);
		for (run = 0; run < 2; run++) {
			s.error[0] = 0;
			CHECK_INT(ps_script_run(&s, handler, &pkt, &queue), PS_VERDICT_ERROR);
			CHECK_TEXT(s.error, cases[i].message);
		}
		if (test_failed)
			printf("# %s: %s\n", cases[i].script, s.error);
		free(data);
		ps_script_clean(&s);
	}
}

/* Its values are where they belong, whichever of them have shared a place, when the interpreter goes on in the middle. */
static void values_are_put_back(void)
{
	static const char before[] =
		"local function heads(p, k, l)\n"
		"  local ip = p:data(packet_eth):data(packet_ip)\n"
		"  local same, udp = ip, ip and ip:data(packet_udp)\n"
		"  local s = 'x' .. k\n"	/* the interpreter */
		"  return same, udp, s, k, l, p\n"
		"end\n"
		"local function around(p, k)\n"
		"  local j = k + 1\n"
		"  local ip, udp, s, n, l, q = heads(p, k)\n"
		"  return ip, udp, s, n + j, l, q\n"
		"end\n"
		"local function count(x)\n"
		"  x = x + 1\n"
		"  return 'y' .. x\n"
		"end\n"
		"local function same(x) return x end\n";
	static const char *const handlers[] = {
		"local a, k = 1, 20\n"
		"local ip, udp, s, n, l, q, none = around(p, k, 5)\n"
		"return ip.ttl == 64 and udp.dport == 2000 and s == 'x20' and n == 41 and l == nil and q == p and\n"
		"       none == nil and a == 1 and k == 20 and NF_ACCEPT or NF_DROP\n",
		/* changes what it has been given, and always comes to the interpreter then */
		"local k = 20 local s = count(k) return s == 'y21' and k == 20 and NF_ACCEPT or NF_DROP\n",
		/* arguments come by two ways */
		"local a, k, no = 1, 20\n"
		"local b, c, d = same(k or p), same(no or a), same(a and k)\n"
		"return b == 20 and c == 1 and d == 20 and NF_ACCEPT or NF_DROP\n",
	};
	uint8_t *data;
	struct ps_packet pkt;
	struct layout at;
	struct ps_script s;
	uint16_t queue;
	int handler, run;
	size_t i;

	for (i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		char script[2048];

		snprintf(script, sizeof(script), "%sfunction process_packet(p)\n%send\n", before, handlers[i]);
		handler = open_telling(&s, script);
		CHECK(is_within);
		data = make_packet(&udp, &pkt, &at);
		for (run = 0; run < 3; run++)
			CHECK_INT(ps_script_run(&s, handler, &pkt, &queue), PS_VERDICT_ACCEPT);
		if (test_failed)
			printf("# %s: %s\n", handlers[i], s.error);
		free(data);
		ps_script_clean(&s);
	}
}

/* Gives back the memory of all frames behind one that stays. */
static void free_frames(lua_State *L, CallInfo *stays)
{
	CallInfo *ci = stays->next, *next;

	stays->next = NULL;
	for (; ci; ci = next) {
		next = ci->next;
		luaM_free(L, ci);
		L->nci--;
	}
}

/* Frames that code within code has done without want memory where the interpreter goes on, and there is none. */
static void frames_want_memory(void)
{
	static const char script[] =
		"n = 0\n"
		"local function f(x) n = n + 1 local s = 'x' .. n return #s end\n"
		"local function g(x) local y = f(x) return y end\n"
		"function process_packet(p) local x = g(1) return x > 1 and NF_ACCEPT or NF_DROP end\n";
	struct ps_packet pkt;
	struct layout at;
	struct ps_script s;
	uint16_t queue;
	uint8_t *data = make_packet(&udp, &pkt, &at);
	int handler = open_telling(&s, script);
	lua_State *L = s.bind.rt.L;
	size_t max = s.bind.rt.memory_max;

	CHECK(is_within);
	CHECK_INT(ps_script_run(&s, handler, &pkt, &queue), PS_VERDICT_ACCEPT);
	free_frames(L, L->ci->next);
	lua_gc(L, LUA_GCCOLLECT);
	s.bind.rt.memory_max = s.bind.rt.memory;
	CHECK_INT(ps_script_run(&s, handler, &pkt, &queue), PS_VERDICT_ERROR);
	CHECK_TEXT(s.error, "not enough memory");
	s.bind.rt.memory_max = max;
	CHECK_INT(ps_script_run(&s, handler, &pkt, &queue), PS_VERDICT_ACCEPT);
	free(data);
	ps_script_clean(&s);
}

/* Looking at what a protocol has takes memory; without, the interpreter does what the compiler could not. */
static void compiles_within_memory(void)
{
	static const struct shape udp = { .protocol = 17, .payload = 11 };
	static const char script[] =
		"print(select('#', table.unpack({}, 1, 600)))\n"	/* the stack is large, and may become smaller */
		"function process_packet(p)\n"
		"  local http, dns, tcp = p.http, p.dns, p.tcp\n"
		"  if http or dns or tcp then return NF_DROP end\n"
		"  return p.udp and p.udp.dport == 2000 and p.ip.ttl == 64 and NF_ACCEPT or NF_DROP\n"
		"end\n";
	unsigned int entered = 0, n = 0;
	struct layout at;
	size_t more;

	for (more = 0; more < 24 * 1024; more += 128) {
		struct ps_packet pkt;
		struct ps_script s;
		uint16_t queue;
		uint8_t *data = make_packet(&udp, &pkt, &at);
		size_t max;
		int handler;

		CHECK_INT(ps_script_init(&s, 0, true), 0);
		s.compile = ps_compile;
		CHECK_INT(ps_script_load(&s, 0, "within.lua", script, strlen(script)), 0);
		max = s.bind.rt.memory_max;
		s.bind.rt.memory_max = s.bind.rt.memory + more;
		handler = ps_script_find(&s, 0, "process_packet");
		s.bind.rt.memory_max = max;
		CHECK(handler >= 0);
		CHECK_INT(ps_script_run(&s, handler, &pkt, &queue), PS_VERDICT_ACCEPT);	/* views are made, which stay */
		s.bind.rt.guard.stack_hard = 0;		/* ps_runtime_enter() sets it */
		CHECK_INT(ps_script_run(&s, handler, &pkt, &queue), PS_VERDICT_ACCEPT);
		entered += !!s.bind.rt.guard.stack_hard;
		n++;
		ps_script_clean(&s);
		free(data);
	}
	CHECK(entered > 0 && entered < n);
}

/* Functions with many registers are within one that has few. */
static void frames_have_room(void)
{
	char script[4096] = "local function large(x)\n  local a0";
	struct ps_packet pkt;
	struct layout at;
	struct ps_script s;
	uint16_t queue;
	uint8_t *data = make_packet(&udp, &pkt, &at);
	int i, handler, small;

	for (i = 1; i < 190; i++)
		snprintf(script + strlen(script), sizeof(script) - strlen(script), ", a%d", i);
	strcat(script, " = x\n  a189 = x == 7 and 'x7' or 'x' .. x\n  return a189, a0\nend\n"
	       "local function middle(x) local a, b = large(x) return a, b end\n"
	       "local x = 7\n"
	       "function small(p) collectgarbage() collectgarbage() x = 15 - x return NF_ACCEPT end\n"
	       "function process_packet(p) local a, b = middle(x) return a == 'x' .. x and b == x and NF_ACCEPT or NF_DROP end\n");
	handler = open_telling(&s, script);
	CHECK(is_within);
	small = ps_script_find(&s, 0, "small");
	for (i = 0; i < 5; i++) {	/* the stack becomes small, and large again, for once and all */
		CHECK_INT(ps_script_run(&s, small, &pkt, &queue), PS_VERDICT_ACCEPT);
		CHECK_INT(ps_script_run(&s, handler, &pkt, &queue), PS_VERDICT_ACCEPT);
		CHECK(ps_stk(s.bind.rt.L->stack_last) - PS_STACK_TOP(s.bind.rt.L) > 200);
		CHECK_INT(ps_script_run(&s, handler, &pkt, &queue), PS_VERDICT_ACCEPT);
	}
	free(data);
	ps_script_clean(&s);
}

/* Functions that call others several times each would be much code; a part of it is all there is. */
static void code_within_is_bounded(void)
{
	char script[4096];
	struct ps_packet pkt;
	struct layout at;
	struct ps_script s;
	uint16_t queue;
	uint8_t *data = make_packet(&udp, &pkt, &at);
	int handler;

	write_calls(script, 6, 4);
	strcat(script, "function process_packet(p) local x = f6(0) return x == 4096 and NF_ACCEPT or NF_DROP end");
	handler = open_telling(&s, script);
	CHECK(is_within);
	CHECK(s.bind.rt.linear < 64 * 1024);
	CHECK_INT(ps_script_run(&s, handler, &pkt, &queue), PS_VERDICT_ACCEPT);
	ps_script_put(&s, handler);
	CHECK(s.bind.rt.linear > 0 && s.bind.rt.linear < 32 * 1024);	/* of the functions by themselves */
	ps_script_clean(&s);
	CHECK_INT(s.bind.rt.linear, 0);
	free(data);
}

/* Linear code has its part of the state's memory, which it gives back; what is too much is interpreted. */
static void memory_is_counted(void)
{
	static char script[256 * 1024];
	struct ps_packet pkt;
	struct layout at;
	struct ps_script s;
	uint16_t queue;
	uint8_t *data = make_packet(&udp, &pkt, &at);
	size_t before;
	int i, handler;

	strcpy(script, "function large(p) local n = 0\n");
	for (i = 0; i < 6000; i++)
		strcat(script + i, "n = n + 1\n");
	strcat(script, "return n == 6000 and 1 or 0 end\n"
	       "function small(p) return 1 end function other(p) return 1 end\n");
	handler = open_script(&s, script, "large");
	CHECK_INT(s.bind.rt.linear, 0);
	CHECK_INT(ps_script_run(&s, handler, &pkt, &queue), PS_VERDICT_ACCEPT);
	before = s.bind.rt.memory;
	handler = ps_script_find(&s, 0, "small");
	CHECK(s.bind.rt.linear > 0 && s.bind.rt.memory >= before + s.bind.rt.linear);
	before = s.bind.rt.linear;
	CHECK(ps_script_find(&s, 0, "small") != handler);	/* compiled once */
	CHECK_INT(s.bind.rt.linear, before);
	ps_script_clean(&s);
	CHECK_INT(s.bind.rt.linear, 0);
	free(data);
}

const struct test compile_tests[] = {
	{ "compile: random handlers do the same without", random_handlers },
	{ "compile: handlers begin with Lua and without alike", random_beginnings },
	{ "compile: Lua is entered for what it has to do only", enters_lua },
	{ "compile: what was done without Lua is not done again", begins_once },
	{ "compile: a handler that begins without Lua has its frame", frames_go },
	{ "compile: code comes and goes", code_comes_and_goes },
	{ "compile: code sees objects of any type", types_change },
	{ "compile: more views than are kept", limits },
	{ "compile: errors name their line", lines },
	{ "compile: time ends what goes back", time_ends_it },
	{ "compile: time ends what calls much", calls_end },
	{ "compile: functions that no handler is seen to call are compiled, too", rest_is_compiled },
	{ "compile: closures that were never finished are left alone", unfinished_closures },
	{ "compile: what a variable has may change", variables_change },
	{ "compile: the interpreter has its frames within code within code", frames_are_made },
	{ "compile: and its values", values_are_put_back },
	{ "compile: frames want memory", frames_want_memory },
	{ "compile: without memory to look at protocols, the interpreter does it", compiles_within_memory },
	{ "compile: frames have room", frames_have_room },
	{ "compile: code within code is bounded", code_within_is_bounded },
	{ "compile: linear code counts as memory, up to a part of it", memory_is_counted },
	{ "compile: memory that comes late leaves no wrong checksum", memory_comes_late },
	{ "compile: bytes that come late are what they are, and become what they should", bytes_come_late },
	{ "compile: bytes in reach have bounds", reach_has_bounds },
	{ "compile: lengths are set with what is computed anew, or not at all", lengths_want_memory },
	{ NULL, NULL },
};
