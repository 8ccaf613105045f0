/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lua.h"
#include "lauxlib.h"

#include "digest.h"
#include "host_user.h"
#include "callable.h"
#include "compile.h"
#include "packets.h"
#include "runtime.h"
#include "bundle.h"
#include "script.h"
#include "test.h"
#include "view.h"

/* A state with one script, whose process_packet runs on packets of a shape. */
struct bench {
	struct ps_script s;
	int handler;
	uint16_t queue;
	struct layout at;
	struct ps_packet pkt;
	uint8_t *data;
};

static bool begin(struct bench *b, const char *script)
{
	b->data = NULL;
	b->handler = -1;
	if (ps_script_init(&b->s, 7, true)) {
		CHECK(!"no memory");
		return false;
	}
	b->s.compile = ps_compile;
	if (ps_script_load(&b->s, 0, "/s/test.lua", script, strlen(script)))
		return false;
	b->handler = ps_script_find(&b->s, 0, "process_packet");
	return b->handler >= 0;
}

static enum ps_verdict feed(struct bench *b, const struct shape *shape)
{
	free(b->data);
	b->data = make_packet(shape, &b->pkt, &b->at);
	return ps_script_run(&b->s, b->handler, &b->pkt, &b->queue);
}

static void end(struct bench *b)
{
	free(b->data);
	ps_script_clean(&b->s);
	CHECK_INT(b->s.bind.rt.memory, 0);
}

static const struct shape udp = { .protocol = 17, .payload = 11 };
static const struct shape frame = { .protocol = 17, .payload = 11, .ethernet = true };

static int add_protocol(lua_State *L)
{
	ps_bind_add_protocol(L, lua_touserdata(L, 1));
	return 0;
}

/* Adds a protocol to a state, whose memory is limited to so many bytes meanwhile. */
static int add_within(struct bench *b, const struct ps_proto *proto, size_t more)
{
	struct ps_runtime *rt = &b->s.bind.rt;
	size_t max = rt->memory_max;
	int err;

	lua_gc(rt->L, LUA_GCCOLLECT, 0);
	rt->memory_max = rt->memory + more;
	err = ps_runtime_call(rt, add_protocol, (void *)proto, ~0u);
	rt->memory_max = max;
	lua_settop(rt->L, 0);
	return err;
}

/* Makes its objects, in the same way. */
static bool open_within(struct bench *b, unsigned int id, size_t more)
{
	struct ps_runtime *rt = &b->s.bind.rt;
	size_t max = rt->memory_max;
	bool is_open;

	lua_gc(rt->L, LUA_GCCOLLECT, 0);
	rt->memory_max = rt->memory + more;
	is_open = ps_bind_open_protocol(rt->L, id);
	rt->memory_max = max;
	CHECK_INT(lua_gettop(rt->L), 0);
	return is_open;
}

/* A protocol that one state has and another has not, added between two packets and whatever memory there is. */
static void protocols_of_a_state(void)
{
	static const struct ps_field fields[] = {
		{ "kind", { 0, 8 }, PS_UINT }, { "number", { 8, 24 }, PS_UINT }, { "peer", { 32, 32 }, PS_IPV4 },
		{ "data", { 64, 0 }, PS_BYTES, PS_PAYLOAD },
	};
	static const struct ps_proto made_up = { .name = "packet_made_up", .header_min = 8, PS_FIELDS(fields) };
	static const char script[] =
		"function process_packet(p)\n"
		"  local ip = p:data(packet_ip)\n"
		"  local udp = ip:data(packet_udp)\n"
		"  local name = 'made_up'\n"
		"  local id = _G['packet_' .. name]\n"
		"  if not id then return NF_DROP end\n"
		"  local v = udp:data():data(id)\n"
		"  assert(v.kind == 97 and v.number == 0x626364 and tostring(v) == 'packet_made_up offset 28 length 11')\n"
		"  v.number = 0x010203\n"
		"  v.peer = '1.2.3.4'\n"
		"  assert(v:number():get() == 0x010203 and v.peer == '1.2.3.4' and #v:data() == 3)\n"
		"  assert(supported_protocols[id] == 'packet_made_up' and not pcall(p.data, p, id + 1))\n"
		"  assert(udp.check ~= 0 and ip:data(packet_udp).dport == 2000)\n"
		"  return NF_ACCEPT\n"
		"end\n";
	struct bench with, without;
	unsigned int failed;
	size_t more;

	if (!begin(&with, script) || !begin(&without, script))
		return;
	CHECK_INT(feed(&with, &udp), PS_VERDICT_DROP);
	for (more = 0; add_within(&with, &made_up, more); more += 16)
		CHECK_INT(with.s.bind.registry.n, ps_nprotos);
	/* no view is to be had that lacks methods */
	for (failed = 0, more = 0; !open_within(&with, ps_nprotos, more); more += 16, failed++)
		CHECK_INT(ps_views_of(&with.s.bind, ps_nprotos)->made, 0);
	CHECK(failed > 10);
	CHECK_INT(with.s.bind.registry.n, ps_nprotos + 1);
	CHECK_INT(feed(&with, &udp), PS_VERDICT_ACCEPT);
	CHECK_TEXT(with.s.error, "");
	CHECK(transport_csum_ok(with.data + with.at.ip));
	CHECK_INT(feed(&with, &udp), PS_VERDICT_ACCEPT);
	CHECK_INT(feed(&without, &udp), PS_VERDICT_DROP);
	end(&with);
	end(&without);
}

/* The handler's body runs on such a packet and accepts it; asserts are the checks. */
static void accept_body(const struct shape *shape, const char *body)
{
	struct bench b;
	char script[4096];

	snprintf(script, sizeof(script), "function process_packet(p)\n%s\nreturn NF_ACCEPT end", body);
	if (!begin(&b, script) || feed(&b, shape) != PS_VERDICT_ACCEPT) {
		printf("# %s\n", b.s.error);
		test_failed = true;
	}
	end(&b);
}

/* The body fails with this text in the message. */
static void refuse_body(const struct shape *shape, const char *body, const char *message)
{
	struct bench b;
	char script[4096];

	snprintf(script, sizeof(script), "function process_packet(p)\n%s\nreturn NF_ACCEPT end", body);
	if (begin(&b, script))
		CHECK_INT(feed(&b, shape), PS_VERDICT_ERROR);
	CHECK_TEXT(b.s.error, message);
	end(&b);
}

static void dnat(void)
{
	static const char script[] =
		"function process_packet(p)\n"
		"  local ip = p:data(packet_eth):data(packet_ip)\n"
		"  if not ip then return NF_DROP end\n"
		"  ip:daddr():set(\"2.1.1.1\")\n"
		"  return XT_CONTINUE\n"
		"end\n";
	static const struct shape shapes[] = {
		{ .protocol = 1, .payload = 56 }, { .protocol = 6, .payload = 100, .ihl = 8 },
		{ .protocol = 17, .payload = 1, .ethernet = true, .padding = 20 },
	};
	struct bench b;

	CHECK(begin(&b, script));
	for (int i = 0; i < 3; i++) {
		const uint8_t *ip;

		CHECK_INT(feed(&b, &shapes[i]), PS_VERDICT_CONTINUE);
		ip = b.data + b.at.ip;
		CHECK(!memcmp(ip + 16, "\x02\x01\x01\x01", 4));
		CHECK(ip_csum_ok(ip) && transport_csum_ok(ip));
	}
	b.pkt.protocol = 0;
	end(&b);
}

static void nothing_is_allocated(void)
{
	static const char script[] =
		"function process_packet(p)\n"
		"  local ip = p:data(packet_eth):data(packet_ip)\n"
		"  local udp = ip:data(packet_udp)\n"
		"  ip:daddr():set('10.0.0.9') ip:ttl():set(ip:ttl():get() - 1)\n"
		"  udp:dport():set(53) udp:check():set()\n"
		"  local b = p:raw(0, 4):get() b[1] = b[0] ~ 1\n"
		"  return #udp:data() > 3 and NF_ACCEPT or NF_DROP\n"
		"end\n";
	struct bench b;
	unsigned long allocations;
	size_t memory;

	CHECK(begin(&b, script));
	for (int i = 0; i < 10; i++)
		CHECK_INT(feed(&b, &udp), PS_VERDICT_ACCEPT);
	allocations = b.s.bind.rt.allocations;
	memory = b.s.bind.rt.memory;
	for (int i = 0; i < 2000; i++)
		feed(&b, &udp);
	CHECK_INT(b.s.bind.rt.allocations, allocations);
	CHECK_INT(b.s.bind.rt.memory, memory);
	end(&b);
}

static void verdicts(void)
{
	static const struct {
		const char *value;
		enum ps_verdict verdict;
	} cases[] = {
		{ "NF_DROP", PS_VERDICT_DROP }, { "NF_ACCEPT", PS_VERDICT_ACCEPT },
		{ "NF_STOLEN", PS_VERDICT_STOLEN }, { "NF_QUEUE", PS_VERDICT_QUEUE },
		{ "NF_QUEUE | 5 << 16", PS_VERDICT_QUEUE }, { "NF_REPEAT", PS_VERDICT_REPEAT },
		{ "XT_CONTINUE", PS_VERDICT_CONTINUE }, { "XT_RETURN", PS_VERDICT_RETURN },
		{ "nil", PS_VERDICT_ERROR }, { "", PS_VERDICT_ERROR }, { "'1'", PS_VERDICT_ERROR },
		{ "true", PS_VERDICT_ERROR }, { "17", PS_VERDICT_ERROR }, { "-1", PS_VERDICT_ERROR },
		{ "NF_QUEUE | 1 << 40", PS_VERDICT_ERROR }, { "{}", PS_VERDICT_ERROR },
		{ "NF_ACCEPT, 2", PS_VERDICT_ACCEPT }, { "'x'", PS_VERDICT_ERROR },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench b;
		char script[128];

		snprintf(script, sizeof(script), "\nfunction process_packet(p) return %s end",
			 cases[i].value);
		CHECK(begin(&b, script));
		b.s.error[0] = 0;
		CHECK_INT(feed(&b, &udp), cases[i].verdict);
		if (cases[i].verdict == PS_VERDICT_ERROR)
			CHECK_TEXT(b.s.error, "/s/test.lua:2: the handler returned ");
		if (strstr(cases[i].value, "5 <<"))
			CHECK_INT(b.queue, 5);
		end(&b);
	}
}

/* Globals packet_… that somebody defines are as good as others. */
static void defined_globals(void)
{
	static const char *const scripts[] = {
		"function packet_size(p) return #p end function process_packet(p) return packet_size(p) end",
		"function process_packet() packet_n = (packet_n or 0) + 1 return packet_n end",
		"function process_packet() return packet_a or packet_b or packet_c or NF_ACCEPT end\n"
		"_G.packet_a = 1 rawset(_G, 'packet_b', 1) for c in ('c'):gmatch('.') do _G['packet_' .. c] = 1 end",
		"function process_packet() return packet_late end local function set(t) t.packet_late = 1 end",
		"local packet_mine = 1 function process_packet() return packet_mine end",
		"function process_packet(p) local t = { packet_x = 1 } return t.packet_x, t.packet_y, _G.packet_z end",
		"function process_packet(p) local _ENV = { packet_a = 1 } return packet_y end",
	};
	struct ps_script s;

	for (unsigned int i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		struct bench b;

		CHECK(begin(&b, scripts[i]));
		end(&b);
	}
	CHECK_INT(ps_script_init(&s, 0, true), 0);
	CHECK_INT(ps_script_load(&s, 0, "/a.lua", "packet_help = print", 19), 0);
	CHECK_INT(ps_script_load(&s, 1, "/b.lua", "packet_help(1)", 14), 0);
	CHECK_INT(ps_script_load(&s, 2, "/c.lua", "packet_hlp = packet_help, packet_hepl", 37), -1);
	CHECK_TEXT(s.error, "/c.lua:1: there is no protocol 'packet_hepl'");
	ps_script_clean(&s);
}

static void loading(void)
{
	static const struct {
		const char *script, *message;
	} cases[] = {
		{ "x = \n= 3", "/s/test.lua:2: unexpected symbol near '='" },
		{ "x = 1", "/s/test.lua: no function 'process_packet'" },
		{ "process_packet = 5", "no function 'process_packet'" },
		{ "error('no')", "/s/test.lua:1: no" },
		{ "\nNF_DROP = 5", "/s/test.lua:2: attempt to assign to const variable 'NF_DROP'" },
		{ "\n\nassert(load('return NF_DROP, packet_ip')() == 0) error('fine')", "/s/test.lua:3: fine" },
		{ "\n\nlocal t = nil; t.x = 1", "/s/test.lua:3: attempt to index a nil value" },
		{ "x = 0.5", "/s/test.lua:1: malformed number near '0.5'" },
		{ "x = 1e3", "malformed number near '1e3'" },
		{ "\n\nx = 3 / 2", "/s/test.lua:3: no floating point" },
		{ "\nx = 2 ^ 3", "/s/test.lua:2: no floating point" },
		{ "local a = 2\nx = a / 2", "/s/test.lua:2: no floating point" },
		{ "x = '7' / 2", "no floating point" },
		{ "string.format('%f', 1)", "no floating point" },
		{ "string.pack('d', 1)", "no floating point" },
		{ "\x1bLua", "attempt to load a binary chunk" },
		{ "assert(load(string.dump(function() end), 'x', 'b'))", "attempt to load a binary chunk" },
		{ "setmetatable({}, { __gc = function() end })", "'__gc' is not available" },
		{ "io.open('x')", "global 'io'" },
		{ "os.exit()", "global 'os'" },
		{ "debug.sethook()", "global 'debug'" },
		{ "dofile('x')", "global 'dofile'" },
		{ "loadfile('x')", "global 'loadfile'" },
		{ "math.sin(1)", "field 'sin'" },
		{ "x = 1\nfunction process_packet(p)\nreturn p:data(packet_ipv4) end",
		  "/s/test.lua:3: there is no protocol 'packet_ipv4'; did you mean 'packet_ip'?" },
		{ "function f() return function() return packet_dot1q end end",
		  "/s/test.lua:1: there is no protocol 'packet_dot1q', and no global of that name" },
		{ "local s = ('x'):rep(1 << 40)", "resulting string too large" },
		{ "local s = ('x'):rep(1 << 21)", "not enough memory" },
		{ "local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end", "not enough memory" },
		{ "local function f() return 1 + f() end f()", "stack overflow" },
		{ "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k .. 1] end "
		  "return t.x", "C stack overflow" },
		{ "local function f() return (('x'):gsub('x', f)) end f()", "C stack overflow" },
		{ "local function f() return coroutine.wrap(f)() end\n"
		  "local ok, m = pcall(f) error(m:match('C stack overflow$'), 0)", "C stack overflow" },
		{ "string.find(('a'):rep(300), ('a?'):rep(190) .. 'b')", "pattern too complex" },
		{ "local n = 200000 (('a'):rep(n)):find('[' .. ('b'):rep(n) .. 'a]*')", "pattern too long" },
		{ "local n = 200000 (('a'):rep(n)):gsub('[' .. ('b'):rep(n) .. 'a]*', '')", "pattern too long" },
		{ "assert(not (('a'):rep(100000)):find(('b'):rep(50000), 1, true)) error('fine')", "fine" },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench b;

		CHECK(!begin(&b, cases[i].script));
		CHECK_TEXT(b.s.error, cases[i].message);
		end(&b);
	}
}

/* 190 levels of what recurses in the parser. */
static void deep_nesting(void)
{
	static const struct {
		const char *open, *middle, *close;
	} cases[] = {
		{ "(", "1", ")" }, { "{", "1", "}" }, { "function() return ", "1", " end" },
		{ "f(", "1", ")" }, { "a[", "1", "]" }, { "- ", "1", "" }, { "1 .. ", "1", "" },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char script[8192] = "x = ", *p = script + 4, error[128] = "";
		struct bench b;

		for (int n = 0; n < 190; n++)
			p += sprintf(p, "%s", cases[i].open);
		p += sprintf(p, "%s", cases[i].middle);
		for (int n = 0; n < 190; n++)
			p += sprintf(p, "%s", cases[i].close);
		CHECK(!begin(&b, script));
		if (i < 3)
			CHECK_TEXT(b.s.error, "/s/test.lua:1: C stack overflow");
		end(&b);
		/* the others need fewer bytes a level: they may pass */
		if (ps_script_check("deep.lua", script, strlen(script), error, sizeof(error)))
			CHECK_TEXT(error, "deep.lua:1: C stack overflow");
	}
}

/* Wherever Lua's stack ends when the C stack does. */
static void overflow_in_message_handlers(void)
{
	char arguments[512] = "", body[1024];
	int i;

	for (i = 0; i < 160; i++) {
		snprintf(body, sizeof(body),
			 "local function f(...)\n"
			 "  return xpcall(error, function(m) return error(m) end, 'x')\n"
			 "end\n"
			 "local ok, message = f(%s p)\n"
			 "assert(not ok and type(message) == 'string')", arguments);
		accept_body(&udp, body);
		strcat(arguments, "1,");
	}
}

/* A finalizer that cannot be called. The leak sanitizer looks, too. */
static void buffers_without_finalizer(void)
{
	struct bench b;

	if (begin(&b, "function process_packet(p)\n"
		      "  local co = coroutine.create(function()\n"
		      "    return string.gsub(('x'):rep(100000), '.', function(c)\n"
		      "      n = (n or 0) + 1\n"
		      "      if n > 50000 then error('left') end\n"
		      "    end)\n"
		      "  end)\n"
		      "  assert(not coroutine.resume(co) and n == 50001)\n"
		      "  return NF_ACCEPT\n"
		      "end\n")) {
		CHECK_INT(feed(&b, &udp), PS_VERDICT_ACCEPT);
		CHECK(b.s.bind.rt.boxes);
		b.s.bind.rt.guard.stack_soft = b.s.bind.rt.guard.stack_hard = ~0ul;
		lua_gc(b.s.bind.rt.L, LUA_GCCOLLECT);
		CHECK(b.s.bind.rt.boxes);
	}
	end(&b);
	CHECK(!b.s.bind.rt.boxes);
}

static void check_only(void)
{
	char error[200] = "";

	CHECK_INT(ps_script_check("a.lua", "x = 1\ny = = 2", 13, error, sizeof(error)), -1);
	CHECK_TEXT(error, "a.lua:2: unexpected symbol near '='");
	CHECK_INT(ps_script_check("a.lua", "while true do end", 17, error, sizeof(error)), 0);
	CHECK_INT(ps_script_check("a.lua", "", 0, error, sizeof(error)), 0);
	CHECK_INT(ps_script_check("a.lua", "\xEF\xBB\xBF#!x\nx = 1", 12, error, sizeof(error)), 0);
	CHECK_INT(ps_script_check("a.lua", "#!x\nx = = 1", 11, error, sizeof(error)), -1);
	CHECK_TEXT(error, "a.lua:2: unexpected symbol near '='");
	CHECK_INT(ps_script_begin("\xEF\xBB", 2), 0);
	CHECK_INT(ps_script_begin("#", 1), 1);
}

static void language(void)
{
	accept_body(&udp,
		"assert(7 // 2 == 3 and -7 // 2 == -4 and 7 % -3 == -2)\n"
		"assert(not pcall(function() return 1 // 0 end) and not pcall(function() return 1 % 0 end))\n"
		"assert(math.mininteger // -1 == math.mininteger and math.mininteger % -1 == 0)\n"
		"assert('10' + 5 == 15 and 10 .. 20 == '1020' and 1 << 63 == math.mininteger)\n"
		"assert(tonumber('0.5') == nil and tonumber('0x10') == 16 and tonumber('1e2') == nil)\n"
		"assert(math.abs(-3) == 3 and math.max(1, 9, 4) == 9 and math.min(3, -2) == -2)\n"
		"assert(math.floor(3) == 3 and math.fmod(7, 3) == 1 and math.tointeger(5) == 5)\n"
		"assert(math.type(1) == 'integer' and math.ult(1, -1) and not pcall(math.fmod, 1, 0))\n"
		"for i = 1, 100 do local r = math.random(5, 7) assert(r >= 5 and r <= 7) end\n"
		"assert(math.random(0) and not pcall(math.random) and not pcall(math.random, 2, 1))\n"
		"assert(math.pi == nil and math.huge == nil and math.sqrt == nil)\n"
		"assert(string.format('%5d|%-5d|%05d|%x|%q|%s', 42, 42, 42, 255, 'a', 'b') == "
		"'   42|42   |00042|ff|\"a\"|b')\n"
		"assert(string.unpack('>I2', string.pack('>I2', 258)) == 258)\n"
		"assert(('k=v, a=b'):gsub('(%w+)=(%w+)', '%2=%1') == 'v=k, b=a')\n"
		"assert(utf8.char(72, 228, 8364) == 'Hä€' and utf8.len('häß') == 3)\n"
		"local t = {} for i = 1, 500 do t[i] = (i * 7919) % 503 end table.sort(t)\n"
		"for i = 2, #t do assert(t[i - 1] <= t[i]) end\n"
		"local co = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return b * 2 end)\n"
		"assert(co(1) == 2 and co(10) == 20)\n"
		"assert(load('return 1 + 1')() == 2 and collectgarbage('count') > 1)\n"
		"do local r <close> = setmetatable({}, { __close = function() closed = true end }) end\n"
		"assert(closed and IS_INTERRUPT == true and STATE_ID == 7)\n"
		"assert(supported_protocols[packet_ip] == 'packet_ip' and packet_raw == 0)\n"
		"assert(NF_DROP == 0 and NF_ACCEPT == 1 and NF_STOLEN == 2 and NF_QUEUE == 3)\n"
		"assert(NF_REPEAT == 4 and XT_CONTINUE == 0xFFFFFFFF and XT_RETURN == -5)\n");
}

static void raw_views(void)
{
	accept_body(&frame,
		"assert(p:get_offset() == 0 and p:get_size() == #p and #p == 14 + 20 + 8 + 11)\n"
		"local a, b = p:raw(0, 6), p:raw(6, 6)\n"
		"assert(a ~= b and a:get_offset() == 0 and b:get_offset() == 6 and #b == 6)\n"
		"local v = a:get() assert(v[0] == 2 and v[5] == 1 and v[6] == nil and v[-1] == nil and #v == 6)\n"
		"assert(tostring(v) == '020000000001' and tostring(b:get()) == '020000000002')\n"
		"a:set(0xFF) assert(v[0] == 255 and b:get()[5] == 2)\n"
		"v[0] = 0x12 assert(p:raw(0, 1):get()[0] == 0x12)\n"
		"assert(p:raw(0, #p) and p:raw(#p, 0) and not p:raw(0, #p + 1) and not p:raw(#p, 1))\n"
		"assert(not p:raw(-1, 1) and not p:raw(0, -1) and not p:raw(math.maxinteger, 1))\n"
		"assert(not p:raw(1, math.maxinteger) and not p:raw(math.mininteger, 1))\n"
		"assert(#p:raw(4, 10):raw(2, 3) == 3 and p:raw(4, 10):raw(2, 3):get_offset() == 6)\n"
		"assert(not p:raw(4, 10):raw(8, 3))\n"
		"assert(tostring(p:raw(2, 3)) == 'packet_raw offset 2 length 3')\n"
		"assert(p:raw(14, 39):data(packet_ip):ttl():get() == 64)\n"
		"assert(not p:raw(14, 19):data(packet_ip) and not p:raw(0, 13):data(packet_eth))\n"
		"assert(#p:data() == #p and #p:raw(3, 9):data(packet_raw) == 9)\n");
	refuse_body(&frame, "p:raw(0, 2):set(256)", "not a byte");
	refuse_body(&frame, "p:raw(0, 2):set('x')", "not a byte (0 to 255): :write() puts text there");
	refuse_body(&frame, "p:raw(0, 2):get()[2] = 1", "index 2 is outside of a byte array of 2 bytes");
	refuse_body(&frame, "p:raw(0, 2):get()[0] = -1", "-1 is not a byte");
	refuse_body(&frame, "p:data(99)", "no such protocol");
	refuse_body(&frame, "p:data(-1)", "no such protocol");
	refuse_body(&frame, "p.raw(1, 2, 3)", "packet object expected");
	refuse_body(&frame, "p.raw()", "packet object expected");
	refuse_body(&frame, "p.nothing()", "has no 'nothing'");
}

static void protocol_views(void)
{
	accept_body(&frame,
		"local eth = p:data(packet_eth) local ip = eth:data(packet_ip) local udp = ip:data(packet_udp)\n"
		"assert(eth:dmac():get() == '02:00:00:00:00:01' and eth:type():get() == 0x800)\n"
		"assert(ip:saddr():get() == '10.0.0.1' and ip:saddr():int() == 0x0A000001)\n"
		"assert(ip:version():get() == 4 and ip:ihl():get() == 5 and ip:protocol():get() == 17)\n"
		"assert(udp:sport():get() == 1000 and udp:dport():get() == 2000 and udp:length():get() == 19)\n"
		"assert(udp:data():to_bytes():string() == 'abcdefghijk')\n"
		"assert(not ip:data(packet_tcp) and not ip:data(packet_icmp) and not eth:data(packet_udp))\n"
		"assert(not udp:data(packet_ip) and ip:data() and ip:data():get_offset() == 34)\n"
		"assert(udp:sport():get_offset() == 34 and #udp:sport() == 2 and #ip:ihl() == 1)\n"
		"assert(#ip:options() == 0 and #ip:options():get() == 0)\n"
		"assert(tostring(ip:saddr()) == 'packet_ip.saddr offset 26 length 4')\n"
		"eth:smac():set('aa:bb:cc:DD:EE:0f') assert(eth:smac():get() == 'AA:BB:CC:DD:EE:0F')\n"
		"local a, b = ip:ttl(), ip:ttl() a:set(7) assert(a ~= b and b:get() == 7)\n"
		"local i2 = p:raw(14, 39):data(packet_ip) assert(i2 ~= ip)\n"
		"i2:ttl():set(9) assert(ip:ttl():get() == 9)\n"
		"ip:saddr():set(0x01020304) assert(ip:saddr():get() == '1.2.3.4')\n");
	accept_body(&(struct shape){ .protocol = 17, .payload = 64, .frag = 3 },
		"local ip = p:data(packet_eth):data(packet_ip)\n"
		"assert(ip and not ip:data(packet_udp) and #ip:data() == 72)\n");
	accept_body(&(struct shape){ .protocol = 6, .payload = 5, .ihl = 15, .cut = 10 },
		"local ip = p:data(packet_eth):data(packet_ip)\n"
		"assert(#ip:options() == 40 and not ip:data(packet_tcp) and #ip:data() == 15)\n");
	accept_body(&(struct shape){ .protocol = 6, .payload = 0, .cut = 21 },
		"assert(not p:data(packet_eth):data(packet_ip))\n");
	refuse_body(&udp, "p:data(packet_eth):data(packet_ip):ttl():set(256)", "ttl: the value does not fit into 8 bits");
	refuse_body(&udp, "p:data(packet_ip):ttl():set(-1)", "does not fit into 8 bits");
	refuse_body(&udp, "p:data(packet_ip):ttl():set('x')", "number expected");
	refuse_body(&udp, "p:data(packet_ip):ttl():set()", "number expected");
	refuse_body(&udp, "p:data(packet_ip):saddr():set('1.2.3')", "saddr: '1.2.3' is not an IPv4 address");
	refuse_body(&udp, "p:data(packet_ip):saddr():set({})", "string expected");
	refuse_body(&udp, "p:data(packet_ip):saddr():set(1 << 32)", "does not fit into 32 bits");
	refuse_body(&frame, "p:data(packet_eth):smac():set('1.2.3.4')", "is not a MAC address");
	refuse_body(&udp, "local ip = p:data(packet_ip) ip.ttl(ip:data(packet_udp))", "attempt to call a number value (field 'ttl')");
	refuse_body(&udp, "local f = p:data(packet_ip):options() f:int()", "options is not an integer");
	refuse_body(&udp, "local ip = p:data(packet_ip) ip:ttl().set(ip, 5)", "field expected");
	refuse_body(&(struct shape){ .protocol = 17, .payload = 64, .frag = 0x2000 },
		"p:data(packet_ip):data(packet_udp):check():set()", "check: cannot be computed: a fragment");
	refuse_body(&udp, "p:raw(20, 19):data(packet_udp):check():set()", "no network header");
}

static void shorthand(void)
{
	accept_body(&frame,
		"local eth = p:data(packet_eth) local ip = eth:data(packet_ip) local udp = ip:data(packet_udp)\n"
		"assert(ip.ttl == 64 and ip.saddr == '10.0.0.1' and eth.type == 0x800 and udp.dport == 2000)\n"
		"ip.ttl = 7 assert(ip.ttl == 7 and ip:ttl():get() == 7)\n"
		"ip.daddr = '2.1.1.1' assert(ip.daddr == '2.1.1.1')\n"
		"eth.dmac = '01:23:45:67:89:ab' assert(eth.dmac == '01:23:45:67:89:AB')\n"
		"ip.check = 0 ip.check = nil assert(ip.check ~= 0)\n"
		"assert(#ip.options == 0 and ip.nothing == nil and type(ip.data) == 'function')\n"
		"assert(ip.data(ip, packet_udp):dport():get() == 2000 and ip['ttl'] == 7)\n"
		"local wrapped = setmetatable({}, { __index = ip }) assert(wrapped.ttl == 7)\n"
		"for name in pairs{ ttl = 1, tos = 2 } do ip[name] = 5 end assert(ip.ttl == 5 and ip.tos == 5)\n"
		"local f = ip:ttl() assert(f.get(f) == 5 and f.nothing == nil)\n");
	accept_body(&udp,
		"local eth = p:data(packet_eth) assert(eth.smac == nil)\n"
		"assert(not pcall(function() eth.smac = '00:00:00:00:00:01' end))\n");
	refuse_body(&udp, "p:data(packet_ip).ttl = 256", "ttl: the value does not fit into 8 bits");
	refuse_body(&udp, "p:data(packet_ip).saddr = 'x'", "saddr: 'x' is not an IPv4 address");
	refuse_body(&udp, "p:data(packet_ip).nothing = 5", "packet_ip has no field 'nothing'");
	refuse_body(&udp, "p:data(packet_ip)[true] = 5", "packet_ip has no field 'true'");
	refuse_body(&udp, "p.ttl = 5", "packet_raw has no field 'ttl'");
	refuse_body(&udp, "local ip = p:data(packet_ip) ip:nothing()", "attempt to call a nil value (method 'nothing')");
}

/* Frames that end in their link-layer header: the handler's own test decides. */
static void short_frames(void)
{
	static const char body[] =
		"local eth = p:data(packet_eth)\n"
		"assert(eth.dmac == nil and eth:smac():get() == nil and eth.type == nil and #eth == 0)\n"
		"assert(not eth:data(packet_ip) and not eth:data() and not eth:data(packet_eth))\n"
		"assert(not p:data(packet_eth):data(packet_ip))\n"
		"local ok, why = pcall(function() eth.type = 5 end)\n"
		"assert(why:find('the header of this packet has no such field, or ends before it'))\n"
		"assert(tostring(eth) == 'packet_eth (not there)' and not p:raw(0, #p):data(packet_eth))\n";

	for (unsigned int len = 1; len < 14; len++) {
		uint8_t *bytes = calloc(1, len);
		struct bench b;
		char script[2048];

		snprintf(script, sizeof(script), "function process_packet(p)\n%sreturn NF_ACCEPT end", body);
		CHECK(begin(&b, script));
		ps_buffer_init(&b.pkt, bytes, len, len, 0);
		if (ps_script_run(&b.s, b.handler, &b.pkt, &b.queue) != PS_VERDICT_ACCEPT) {
			printf("# %u bytes: %s\n", len, b.s.error);
			test_failed = true;
		}
		end(&b);
		free(bytes);
	}
	accept_body(&frame, "assert(not p:raw(0, 13):data(packet_eth))");
}

/* Code runs between packets, too: what turns an error into text. It has no packet, and makes no views for the next one. */
static void no_views_between_packets(void)
{
	static const char script[] =
		"local function find(p) local ip = p:data(packet_eth):data(packet_ip) return ip end\n"
		"function process_packet(p)\n"
		"  if kept then assert(not pcall(function() return kept.ttl end)) return NF_ACCEPT end\n"
		"  if tried then return NF_ACCEPT end\n"
		"  tried = true\n"
		"  find(p)\n"
		"  error(setmetatable({}, { __tostring = function() kept = find(p) return 'found' end }))\n"
		"end\n";
	uint8_t *bytes = calloc(1, 16);
	struct bench b;

	CHECK(begin(&b, script));
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ERROR);
	CHECK_TEXT(b.s.error, "__tostring failed");
	ps_buffer_init(&b.pkt, bytes, 16, 16, 0);
	CHECK_INT(ps_script_run(&b.s, b.handler, &b.pkt, &b.queue), PS_VERDICT_ACCEPT);
	end(&b);
	free(bytes);
}

static void absent_link_layer(void)
{
	accept_body(&udp,
		"local eth = p:data(packet_eth) local ip = eth:data(packet_ip)\n"
		"assert(ip:get_offset() == 0 and ip:data(packet_udp):dport():get() == 2000)\n"
		"assert(eth:smac():get() == nil and eth:type():get() == nil and eth:dmac():int() == nil)\n"
		"assert(tostring(eth) == 'packet_eth (no link-layer header)')\n"
		"assert(not eth:data(packet_tcp) and #eth == 0 and not eth:raw(0, 1) and #eth:get() == 0)\n"
		"assert(eth:data():get_size() == #p)\n");
	refuse_body(&udp, "p:data(packet_eth):smac():set('00:00:00:00:00:00')",
		    "smac: there is no link-layer header on this hook");
}

static void views_end_with_the_handler(void)
{
	static const char script[] =
		"local kept, field, array, copy, n = nil, nil, nil, nil, 0\n"
		"function process_packet(p)\n"
		"  n = n + 1\n"
		"  if n == 1 then\n"
		"    kept = p:data(packet_eth):data(packet_ip) field = kept:ttl() array = p:get()\n"
		"    copy = p:to_bytes()\n"
		"    return NF_ACCEPT\n"
		"  end\n"
		"  assert(#copy == 39 and copy[0] == 0x45)\n"
		"  for _, f in ipairs{ function() return kept:ttl() end, function() return #kept end,\n"
		"      function() return field:get() end, function() field:set(1) end,\n"
		"      function() return array[0] end, function() array[0] = 1 end,\n"
		"      function() return tostring(array) end, function() return tostring(kept) end,\n"
		"      function() return #array end, function() return array[1000] end,\n"
		"      function() return array == array:get() end,\n"
		"      function() return kept.ttl end, function() kept.ttl = 5 end,\n"
		"      function() return kept:data(packet_udp) end, function() return array .. 'x' end } do\n"
		"    local ok, message = pcall(f)\n"
		"    assert(not ok and message:find('packet is gone', 1, true), message)\n"
		"  end\n"
		"  local again = p:data(packet_eth):data(packet_ip)\n"
		"  assert(again:ttl():get() == 64 and kept:ttl():get() == 64)\n"
		"  return NF_ACCEPT\n"
		"end\n";
	struct bench b;

	CHECK(begin(&b, script));
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ACCEPT);
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ACCEPT);
	if (b.s.error[0])
		printf("# %s\n", b.s.error);
	end(&b);
}

/* More views than are kept: all are right, and memory comes back. */
static void many_views(void)
{
	static const char script[] =
		"function process_packet(p)\n"
		"  local t = {}\n"
		"  for i = 0, #p - 1 do t[i] = p:raw(i, 1) end\n"
		"  for i = 0, #p - 1 do assert(t[i]:get_offset() == i and #t[i]:get() == 1) end\n"
		"  return NF_ACCEPT\n"
		"end\n";
	struct bench b;

	CHECK(begin(&b, script));
	for (unsigned int i = 0; i < test_rounds(3000); i++) {
		if (feed(&b, &(struct shape){ .protocol = 17, .payload = 100 }) != PS_VERDICT_ACCEPT) {
			CHECK_TEXT(b.s.error, "no error");
			break;
		}
	}
	CHECK(b.s.bind.rt.memory < 400000);
	end(&b);
}

static void nested_headers(void)
{
	accept_body(&(struct shape){ .protocol = 1, .payload = 60 },
		"local icmp = p:data(packet_eth):data(packet_ip):data(packet_icmp)\n"
		"local inner = icmp:data():data(packet_ip)\n"
		"for i = 1, 100 do local x = p:data(packet_ip):data(packet_icmp):data():raw(0, 20) end\n"
		"icmp:type():set(3) icmp:id():set(0)\n");
	refuse_body(&(struct shape){ .protocol = 17, .payload = 1000 },
		"local v = p:data(packet_ip)\n"
		"for i = 1, 40 do v = v:raw(0, #v - 20):data(packet_ip) end\n",
		"more than 16 nested headers");
}

static void byte_arrays(void)
{
	accept_body(&udp,
		"local a = bytes.new(4) assert(#a == 4 and a[0] == 0 and a[3] == 0)\n"
		"a[1] = 0xAB assert(tostring(a) == '00ab0000' and a[1] == 0xAB)\n"
		"local s = bytes.new_from_string('hi') assert(#s == 3 and s[2] == 0 and s:string() == 'hi\\0')\n"
		"local c = a .. s assert(#c == 7 and c[1] == 0xAB and c[4] == 104)\n"
		"assert(tostring(s .. 'x') == '68690078' and tostring('x' .. s) == '78686900')\n"
		"local m = bytes.many_to_one{ a, s, a } assert(#m == 11 and m[8] == 0xAB)\n"
		"assert(#bytes.many_to_one{} == 0 and #bytes.new(0) == 0)\n"
		"assert(a == bytes.many_to_one{ a } and a ~= s and a ~= 5)\n"
		"assert(p:raw(0, 4):get() == p:raw(0, 4):to_bytes())\n"
		"local k = p:raw(12, 4):get() .. p:raw(16, 4):get() assert(tostring(k) == '0a0000010a000002')\n"
		"assert(getmetatable(a) == 'bytes' and getmetatable(p) == 'packet_raw')\n");
	refuse_body(&udp, "bytes.new(-1)", "a byte array cannot have -1 bytes");
	refuse_body(&udp, "bytes.new(1 << 40)", "cannot have");
	refuse_body(&udp, "local a, b = bytes.new(1000000), bytes.new(1000000)", "not enough memory");
	refuse_body(&udp, "bytes.many_to_one{ 5 }", "byte array expected");
	refuse_body(&udp, "local x = bytes.new(1) .. 5", "byte array expected");
	refuse_body(&udp, "local x = bytes.new(1) .. {}", "byte array expected");
}

/* Text is found where string.find() finds it: in arrays of their own, of the packet, and parts of both. */
static void random_text_is_found(void)
{
	static const struct shape shape = { .protocol = 17, .payload = 200 };
	struct bench b;
	int n;

	CHECK(begin(&b, "function process_packet(p)\n"
		"  local all = p:data(packet_ip):data(packet_udp):data():get()\n"
		"  for i = 0, #all - 1 do all[i] = math.random(97, 98) end\n"
		"  local a = math.random(2) == 1 and all or all .. ''\n"
		"  a = a:slice(math.random(0, 20))\n"
		"  local s = a:string()\n"
		"  for i = 1, 50 do\n"
		"    local at = math.random(0, #s)\n"
		"    local text = s:sub(at + 1, at + math.random(0, 20)) .. ('b'):rep(math.random(0, 3) - 1)\n"
		"    local from = math.random(0, #s)\n"
		"    local here, there = a:find(i % 2 == 0 and text or '' .. bytes.new(0) .. text, from), s:find(text, from + 1, true)\n"
		"    if here ~= (there and there - 1) then error(text .. ' in ' .. s .. ' from ' .. from) end\n"
		"  end\n"
		"  return NF_ACCEPT\n"
		"end\n"));
	for (n = 0; n < 300 && !test_failed; n++) {
		CHECK_INT(feed(&b, &shape), PS_VERDICT_ACCEPT);
		CHECK_TEXT(b.s.error, "");
	}
	end(&b);
}

/* A part of an array has its memory, whatever becomes of the array, and nothing but the part keeps it. */
static void slices_keep_their_array(void)
{
	struct bench b;
	int n;

	CHECK(begin(&b, "local kept\n"
		"function process_packet(p)\n"
		"  local a = bytes.new(50000)\n"
		"  a[40000] = 77\n"
		"  if kept then assert(kept[1] == 77 and kept:u16(0) == 77 and kept:find('M') == 1) end\n"
		"  kept = a:slice(30000):slice(9999, 2)\n"
		"  a = nil\n"
		"  collectgarbage() collectgarbage('step')\n"
		"  if collectgarbage('count') > 250 then error(collectgarbage('count')) end\n"
		"  return NF_ACCEPT\n"
		"end\n"));
	for (n = 0; n < 20; n++) {
		CHECK_INT(feed(&b, &udp), PS_VERDICT_ACCEPT);
		CHECK_TEXT(b.s.error, "");
	}
	end(&b);
}

static void errors(void)
{
	refuse_body(&udp, "error('oops')", "/s/test.lua:2: oops");
	refuse_body(&udp, "error({ code = 5 })", "the error is not a string");
	refuse_body(&udp, "error({ code = 5 })", "/s/test.lua:2: the error is not a string but a table");
	refuse_body(&udp, "error()", "/s/test.lua:2: the error is not a string but a nil");
	refuse_body(&udp, "error(42, 0)", "42");
	refuse_body(&udp, "error(setmetatable({}, { __tostring = function() return 'E' .. 7 end }))",
		    "/s/test.lua:2: E7");
	refuse_body(&udp, "error(setmetatable({}, { __tostring = function() return {} end }))",
		    "/s/test.lua:2: the error is not a string, and its __tostring failed");
	refuse_body(&udp, "error(setmetatable({}, { __tostring = function() while true do end end }))",
		    "the error is not a string, and its __tostring failed");
	refuse_body(&udp, "table.sort({ {}, {} })", "/s/test.lua:2: attempt to compare two table values");
	refuse_body(&udp, "local t = {} for i = 1, 1 << 20 do t[i] = i end", "/s/test.lua:2: not enough memory");
	refuse_body(&udp, "local function f() string.gsub('x', 'x', f) end f()", "/s/test.lua:2: ");
	refuse_body(&udp, "local x = nil; x.y = 1", "/s/test.lua:2: attempt to index a nil value (local 'x')");
	refuse_body(&udp, "coroutine.yield(1)", "attempt to yield from outside a coroutine");
	refuse_body(&udp, "local function f() return 1 + f() end f()", "stack overflow");
	refuse_body(&udp, "local t = {} for i = 1, 1 << 20 do t[i] = i end", "not enough memory");
	/* and the state goes on: */
	struct bench b;

	CHECK(begin(&b, "local n = 0 function process_packet(p) n = n + 1\n"
			"if n % 2 == 1 then error('odd') end return NF_ACCEPT end"));
	for (int i = 0; i < 100; i++)
		CHECK_INT(feed(&b, &udp), i % 2 ? PS_VERDICT_ACCEPT : PS_VERDICT_ERROR);
	end(&b);
}

/* Two scripts with a function of the same name, in one state. */
static void scripts_share_a_state(void)
{
	static const char one[] = "shared = 1 function process_packet(p) return NF_ACCEPT end";
	static const char two[] = "shared = shared + 1 function process_packet(p) return NF_DROP end\n"
				  "function count(p) return shared end";
	struct bench b;
	int h1, h2, h1_again, count;

	CHECK(begin(&b, one));
	h1 = b.handler;
	CHECK(ps_script_has(&b.s, 0) && !ps_script_has(&b.s, 1));
	CHECK_INT(ps_script_load(&b.s, 1, "/s/two.lua", two, strlen(two)), 0);
	CHECK(ps_script_has(&b.s, 1));
	h2 = ps_script_find(&b.s, 1, "process_packet");
	h1_again = ps_script_find(&b.s, 0, "process_packet");
	count = ps_script_find(&b.s, 0, "count");
	b.handler = h1;
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ACCEPT);
	b.handler = h2;
	CHECK_INT(feed(&b, &udp), PS_VERDICT_DROP);
	b.handler = h1_again;
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ACCEPT);
	b.handler = count;
	CHECK_INT(feed(&b, &udp), PS_VERDICT_STOLEN);	/* 2 */
	CHECK_INT(ps_script_find(&b.s, 1, "nothing"), -1);
	CHECK_INT(ps_script_find(&b.s, 2, "count"), -1);
	CHECK_TEXT(b.s.error, "script 2: not loaded");
	ps_script_put(&b.s, h1);
	ps_script_put(&b.s, h1_again);
	end(&b);
}

/* Pushes userdata that are none of ours, some of which claim by their metatable that they are. */
static int push_foreign(lua_State *L)
{
	static const char *const claims[] = { NULL, "packet_raw", "packet_ip", "packet_field", "bytes" };
	static const size_t sizes[] = { 0, 8, 4096 };
	size_t claim, size, values, n = 0;

	lua_newtable(L);
	for (claim = 0; claim < sizeof(claims) / sizeof(*claims); claim++) {
		for (size = 0; size < sizeof(sizes) / sizeof(*sizes); size++) {
			for (values = 0; values < 3; values++) {
				memset(lua_newuserdatauv(L, sizes[size], values), 0xFF, sizes[size]);
				if (claims[claim])
					luaL_setmetatable(L, claims[claim]);
				lua_rawseti(L, -2, ++n);
			}
		}
	}
	lua_pushlightuserdata(L, &n);
	lua_rawseti(L, -2, ++n);
	lua_setglobal(L, "foreign");
	return 0;
}

/* Lua that makes a list of the methods of views. */
static void list_methods(char *text, size_t size)
{
	const struct ps_callable *row;
	size_t len = snprintf(text, size, "local methods = {");

	for (row = ps_view_methods; row->method.name; row++) {
		if (!ps_callable_is_operator(row))
			len += snprintf(text + len, size - len, "'%s',", row->method.name);
	}
	snprintf(text + len, size - len, "}\n");
}

static void foreign_userdata_are_no_objects(void)
{
	static const char body[] =
		"local ways = {\n"
		"  function(f) return f.ttl end, function(f) f.ttl = 1 end, function(f) return f[1] end,\n"
		"  function(f) f[1] = 1 end, function(f) local i = 1; return f[i] end, function(f) local i = 1; f[i] = 1 end,\n"
		"  function(f) return #f end, function(f) return f() end, function(f) return f .. '' end,\n"
		"  function(f) return f:data(packet_ip) end, function(f) return f:ttl():set(1) end, function(f) return f:get() end,\n"
		"  function(f) return bytes.many_to_one(f) end, function(f) return bytes.many_to_one({ f }) end,\n"
		"  function(f) for _, b in ipairs(f) do return b end error('none') end,\n"
		"}\n"
		"function process_packet(p)\n"
		"  local ip, n = p:data(packet_eth):data(packet_ip), 0\n"
		"  for i, f in ipairs(foreign) do\n"
		"    for w, way in ipairs(ways) do\n"
		"      if pcall(way, f) then error('way ' .. w .. ' of ' .. i) end\n"
		"      n = n + 1\n"
		"    end\n"
		"    for _, v in ipairs({ p, ip, ip:ttl(), ip:daddr() }) do\n"
		"      for _, name in ipairs(methods) do\n"
		"        local _, method = pcall(function() return v[name] end)\n"
		"        if pcall(method, f, 0, 0) then error(name .. ' of ' .. i) end\n"
		"      end\n"
		"      if pcall(v.write, v, f) then error('write ' .. i) end\n"
		"      if pcall(function() return v:data(f) end) or pcall(function() v:set(f) end) then error('set ' .. i) end\n"
		"      if select(2, pcall(function() return v == f end)) == true then error('equal') end\n"
		"      n = n + 1\n"
		"    end\n"
		"    pcall(tostring, f)\n"
		"  end\n"
		"  return n == #foreign * (#ways + 4) and #foreign > 40 and #methods > 8 and NF_ACCEPT or NF_DROP\n"
		"end";
	const struct ps_limits usual = ps_limits;
	char script[4096], methods[256];
	struct bench b;

	ps_limits.packet_ms *= 10;	/* thousands of errors, each with a text, take about as long as a packet may */
	list_methods(methods, sizeof(methods));
	snprintf(script, sizeof(script), "%s%s", methods, body);
	CHECK(begin(&b, script));
	lua_pushcfunction(b.s.bind.rt.L, push_foreign);
	CHECK_INT(lua_pcall(b.s.bind.rt.L, 0, 0, 0), LUA_OK);
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ACCEPT);
	CHECK_TEXT(b.s.error, "");
	end(&b);
	ps_limits = usual;
}

struct code {
	char bytes[4096];
	size_t len;
};

static int add_code(void *to, const void *bytes, size_t len)
{
	struct code *code = to;

	if (len > sizeof(code->bytes) - code->len)
		return -1;
	memcpy(code->bytes + code->len, bytes, len);
	code->len += len;
	return 0;
}

static int compile(const char *text, struct code *code, char error[PS_SCRIPT_ERROR_SIZE])
{
	const struct ps_compilation c = {
		.path = "/s/c.lua", .text = text, .len = strlen(text), .memory = PS_SCRIPT_MEMORY, .write = add_code,
		.to = code,
	};

	code->len = 0;
	return ps_script_compile(&c, error, PS_SCRIPT_ERROR_SIZE);
}

static int load_code(struct ps_script *s, int id, struct code *code)
{
	struct ps_part part = { .path = "/s/c.lua", .code = code->bytes, .len = code->len };
	const struct ps_bundle bundle = { { &part }, 1 };

	return ps_script_load_bundle(s, id, &bundle);
}

static void code_is_loaded(void)
{
	static const char text[] = "#!/bin/true\nfunction process_packet(p)\n  if p:get_size() > 20 then return NF_DROP end\n"
				   "  error('small')\nend\nerror_at_load = nil";
	static const char nested[] = "return function() return function() return function() return function() "
				     "return 1 end end end end";
	char error[PS_SCRIPT_ERROR_SIZE] = "";
	struct code code;
	struct bench b;

	CHECK(begin(&b, "function process_packet(p) return NF_ACCEPT end"));
	CHECK_INT(compile(text, &code, error), 0);
	CHECK_INT(load_code(&b.s, 1, &code), 0);
	b.handler = ps_script_find(&b.s, 1, "process_packet");
	CHECK(b.handler >= 0);
	CHECK_INT(feed(&b, &udp), PS_VERDICT_DROP);

	CHECK_INT(compile("function process_packet(p) error('on purpose') end", &code, error), 0);
	CHECK_INT(load_code(&b.s, 2, &code), 0);
	b.handler = ps_script_find(&b.s, 2, "process_packet");
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ERROR);
	CHECK_TEXT(b.s.error, "/s/c.lua:1: on purpose");

	CHECK_INT(compile("\n\nx = = 1", &code, error), -1);
	CHECK_TEXT(error, "/s/c.lua:3: unexpected symbol near '='");
	CHECK_INT(compile("\x1bLua", &code, error), -1);	/* text is no code */
	CHECK_INT(compile("x = packet_upd", &code, error), 0);
	CHECK_INT(load_code(&b.s, 3, &code), -1);
	CHECK(strstr(b.s.error, "packet_upd"));
	CHECK_INT(compile(nested, &code, error), 0);
	CHECK_INT(load_code(&b.s, 3, &code), 0);
	end(&b);
}

static unsigned int clock_that_runs(void)
{
	static unsigned int ms;

	return ms += ps_limits.load_ms;
}

/* What packets do not wait for has its limit, too: also within one line. */
static void compiling_has_an_end(void)
{
	static char text[64 * 1024];
	char error[PS_SCRIPT_ERROR_SIZE] = "";
	struct code code;
	size_t i;

	for (i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "; ", 2);
	ps_user_clock = clock_that_runs;
	CHECK_INT(compile(text, &code, error), -1);
	ps_user_clock = NULL;
	CHECK_TEXT(error, "/s/c.lua:1: time limit exceeded");
	CHECK_INT(compile(text, &code, error), 0);
}

/* A text anew, as if its file had been edited: who has the old functions keeps them. */
static void scripts_are_loaded_anew(void)
{
	static const char old[] = "n = (n or 0) + 1 function process_packet(p) return NF_ACCEPT end\n"
				  "function only_here(p) return n end";
	static const char edited[] = "n = n + 10 function process_packet(p) return NF_DROP end";
	struct bench b;
	int old_handler, again;

	CHECK(begin(&b, old));
	old_handler = b.handler;
	CHECK_INT(ps_script_load(&b.s, 1, "/s/test.lua", edited, strlen(edited)), 0);
	b.handler = ps_script_find(&b.s, 1, "process_packet");
	CHECK_INT(feed(&b, &udp), PS_VERDICT_DROP);
	b.handler = old_handler;
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ACCEPT);
	again = ps_script_find(&b.s, 0, "process_packet");
	b.handler = again;
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ACCEPT);

	ps_script_forget(&b.s, 0);
	ps_script_forget(&b.s, 0);
	ps_script_forget(&b.s, 99);
	CHECK(!ps_script_has(&b.s, 0) && ps_script_has(&b.s, 1));
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ACCEPT);
	CHECK_INT(ps_script_find(&b.s, 0, "process_packet"), -1);
	CHECK_INT(ps_script_find(&b.s, 1, "none"), -1);
	CHECK_TEXT(b.s.error, "/s/test.lua: no function 'none'");
	end(&b);
}

/* Each script's own, with what its functions have kept. */
static void scripts_are_closed(void)
{
	static const char one[] = "seen = 0 function process_packet(p) seen = seen + 1 return NF_ACCEPT end\n"
				  "function on_close() error('seen ' .. seen, 0) end";
	static const char two[] = "function on_close() while true do end end";
	static const char three[] = "x = 1";
	struct bench b;

	CHECK(begin(&b, one));
	CHECK_INT(ps_script_load(&b.s, 1, "/s/two.lua", two, strlen(two)), 0);
	CHECK_INT(ps_script_load(&b.s, 2, "/s/three.lua", three, strlen(three)), 0);
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ACCEPT);
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ACCEPT);
	CHECK_INT(ps_script_close(&b.s, 0), -1);
	CHECK_TEXT(b.s.error, "seen 2");
	CHECK_INT(ps_script_close(&b.s, 2), 0);
	CHECK_INT(ps_script_close(&b.s, 3), 0);
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ACCEPT);
	end(&b);
}

/* What a script is sure not to define, and what may. */
static void functions_that_are_missing(void)
{
	static const struct {
		bool may;
		const char *text;
	} cases[] = {
		{ false, "function other(p) end" },
		{ false, "local function f(p) end" },
		{ false, "local f = print" },
		{ false, "t = {} function t.f(p) end function t:f(p) end" },
		{ false, "n = (n or 0) + 1 print(n, STATE_ID, bytes.new(1), NF_DROP)" },
		{ false, "local _ENV = {} function f(p) end" },
		{ false, "print('f')" },
		{ true, "function f(p) end" },
		{ true, "f = 1" },
		{ true, "do local function g() f = print end g() end" },
		{ true, "_ENV.f = print" },
		{ true, "_G['f'] = print" },
		{ true, "_ENV = setmetatable({}, { __index = _ENV }) g = 1" },
		{ true, "rawset(_G, 'f', print)" },
		{ true, "load('f = print')()" },
		{ true, "defines_it()" },
		{ true, "if of_another_script then g = 1 end" },
		{ true, "this does not compile" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (ps_script_may_define(cases[i].text, strlen(cases[i].text), "f") != cases[i].may) {
			printf("# %s\n", cases[i].text);
			test_failed = true;
		}
	}
	CHECK(ps_script_may_define("x = 1", 5, "print"));
}

/* As sha256sum has it: of 'a' so many times, around the ends of blocks. */
static void sha256(void)
{
	static const struct {
		size_t len;
		uint8_t begins[4];
	} cases[] = {
		{ 0, { 0xe3, 0xb0, 0xc4, 0x42 } }, { 1, { 0xca, 0x97, 0x81, 0x12 } },
		{ 55, { 0x9f, 0x43, 0x90, 0xf8 } }, { 56, { 0xb3, 0x54, 0x39, 0xa4 } },
		{ 64, { 0xff, 0xe0, 0x54, 0xfe } }, { 119, { 0x31, 0xeb, 0xa5, 0x1c } },
		{ 120, { 0x2f, 0x3d, 0x33, 0x54 } }, { 1000, { 0x41, 0xed, 0xec, 0xe4 } },
	};
	uint8_t digest[PS_DIGEST_SIZE];
	char text[1000];
	size_t i;

	memset(text, 'a', sizeof(text));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ps_digest(text, cases[i].len, digest);
		CHECK(!memcmp(digest, cases[i].begins, sizeof(cases[i].begins)));
	}
	ps_digest("abc", 3, digest);	/* the standard's own */
	CHECK(digest[0] == 0xba && digest[31] == 0xad);
}

/* What an interrupt does when the time is up, done at every step of a handler. */
static void time_limit(void)
{
	static const char *const bodies[] = {
		"while true do end", "::a:: goto a", "local function f() return f() end f()",
		"while true do pcall(function() while true do end end) end",
		"coroutine.wrap(function() while true do end end)()",
		"while true do xpcall(function() while true do end end, function() while true do end end) end",
		"table.move({}, 1, math.maxinteger - 10, 5)",
		"table.concat(setmetatable({}, { __index = function() return '' end }), '', 1, 1 << 40)",
		"string.find(('a'):rep(3000), '.-.-.-.-b')",
		"while true do pcall(function() local x <close> = setmetatable({}, { __close = function() "
		"while true do end end }) error() end) end",
		"local t = setmetatable({}, { __index = function(t, k) while true do end end }) return t.x",
		"string.find(('a'):rep(300000), ('a'):rep(150000) .. 'b', 1, true)",
		"(('x'):rep(100)):gsub('x', function() while true do end end)",
		"table.sort({ 3, 2, 1 }, function() while true do end end)",
		"local x = (''):rep(1 << 62)",
		"local x = (''):rep(1 << 62, '')",
		"local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = "
		"function() while true do end end }) coroutine.yield() end) "
		"coroutine.resume(co) coroutine.close(co)",
		"coroutine.wrap(function() local x <close> = setmetatable({}, { __close = function() "
		"while true do end end }) error('x') end)()",
		"coroutine.wrap(function() local x <close> = setmetatable({}, { __close = function() "
		"while true do end end }) while true do end end)()",
		"local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = "
		"function() string.find(('a'):rep(3000), '.-.-.-.-b') end }) coroutine.yield() end) "
		"coroutine.resume(co) pcall(coroutine.close, co) pcall(coroutine.resume, co) "
		"while true do end",
		"local t = 'local a return a' .. (' and a'):rep(60000) while true do load(t) end",
		"while true do utf8.len(('a'):rep(1000)) collectgarbage() end",
	};
	extern void test_expire_soon(struct ps_guard *guard);

	for (unsigned int i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct bench b;
		char script[512];

		snprintf(script, sizeof(script), "local n = 0\nfunction process_packet(p) n = n + 1\n"
			 "if n > 1 then return NF_ACCEPT end\n%s\nend", bodies[i]);
		CHECK(begin(&b, script));
		test_expire_soon(&b.s.bind.rt.guard);
		CHECK_INT(feed(&b, &udp), PS_VERDICT_ERROR);
		CHECK_TEXT(b.s.error, "time limit exceeded");
		CHECK_INT(feed(&b, &udp), PS_VERDICT_ACCEPT);
		end(&b);
	}
}

/* Less memory than is held: what needs none goes on, and what needs some fails, until there is more. */
static void memory_that_becomes_less(void)
{
	static const char script[] =
		"local kept, limited = {}, nf.limit\n"
		"for i = 1, 20 do kept[i] = ('x'):rep(20000 + i) end\n"
		"function process_packet(p)\n"
		"  if p.ip.ttl == 64 then return NF_ACCEPT end\n"
		"  if not pcall(nf.timer, 1000, print) then return NF_DROP end\n"
		"  limited({ rate = 1 }, #kept)\n"
		"  kept[#kept + 1] = (tostring(#kept)):rep(20000)\n"
		"  return NF_ACCEPT\n"
		"end";
	struct ps_script_limits limits = { .memory = PS_SCRIPT_MEMORY_MIN };
	struct bench b;
	int i;

	CHECK(begin(&b, script));
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ACCEPT);
	ps_script_limit(&b.s, &limits);
	CHECK(b.s.bind.rt.memory > 2 * PS_SCRIPT_MEMORY_MIN);
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ACCEPT);
	b.data[8] = 9;
	CHECK(ps_script_run(&b.s, b.handler, &b.pkt, &b.queue) != PS_VERDICT_ACCEPT);
	limits.memory = 4 * PS_SCRIPT_MEMORY;
	ps_script_limit(&b.s, &limits);
	for (i = 0; i < 20; i++) {
		CHECK_INT(ps_script_run(&b.s, b.handler, &b.pkt, &b.queue), PS_VERDICT_ACCEPT);
		CHECK_TEXT(b.s.error, "");
	}
	CHECK_INT(b.s.bind.rt.memory_max, 4 * PS_SCRIPT_MEMORY);
	end(&b);
}

/* C that is called by C has no line, but what called that has. */
static void time_limit_names_the_line(void)
{
	extern void test_expire_soon(struct ps_guard *guard);

	for (int i = 0; i < 8; i++) {
		struct bench b;

		CHECK(begin(&b, "local s = ('x'):rep(10000)\nfunction process_packet(p)\n"
				"while true do s:gsub('x', rawlen) end end"));
		test_expire_soon(&b.s.bind.rt.guard);
		CHECK_INT(feed(&b, &udp), PS_VERDICT_ERROR);
		CHECK_TEXT(b.s.error, "/s/test.lua:3: time limit exceeded");
		end(&b);
	}
}

static bool listens;
static char printed[256];
static unsigned int lines_told;

static bool is_heard(const struct ps_runtime *rt)
{
	(void)rt;
	return listens;
}

static void hear(struct ps_runtime *rt, enum ps_log_level level, const char *line)
{
	(void)rt;
	lines_told++;
	snprintf(printed, sizeof(printed), "%d %s", (int)level, line);
}

static void hush(const char *level, const char *line)
{
	(void)level;
	(void)line;
}

/* The levels of the last error, as "line name defined;". */
static const char *levels_of(const struct ps_script *s)
{
	static char text[512];
	unsigned int i;
	size_t n = 0;

	text[0] = 0;
	for (i = 0; i < s->levels; i++)
		n += snprintf(text + n, sizeof(text) - n, "%d %s %d;", s->bind.rt.level[i].line, s->bind.rt.level[i].name,
			      s->bind.rt.level[i].defined);
	return text;
}

/* Who listens gets each line that is printed, and the levels of errors; what nobody hears is not noted. */
static void what_is_heard(void)
{
	static const struct ps_audience audience = { is_heard, hear };
	static const char script[] =
		"local function deep(n)\n"			/* 1 */
		"  if n == 0 then error('here') end\n"
		"  local r = deep(n - 1)\n"
		"  return r\n"
		"end\n"					/* 5 */
		"local mode = 0\n"
		"function process_packet(p)\n"
		"  mode = mode + 1\n"
		"  if mode == 3 then pcall(deep, 1) return 'none' end\n"
		"  if mode == 4 then for i = 1, 100 do print(i, 'a') end nf.log('err', 'b') return NF_DROP end\n"
		"  local r = deep(mode == 5 and 20 or 2)\n"
		"  return r\n"
		"end\n";
	struct bench b;
	int i;

	if (!begin(&b, script))
		return;
	ps_user_log = hush;
	b.s.bind.rt.audience = &audience;
	listens = false;
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ERROR);
	CHECK_INT(b.s.levels, 0);
	listens = true;
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ERROR);
	CHECK_TEXT(b.s.error, "/s/test.lua:2: here");
	CHECK_TEXT(levels_of(&b.s), "2 deep 1;3 deep 1;3 deep 1;11  7;");
	CHECK_TEXT(b.s.bind.rt.level[3].file, "/s/test.lua");
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ERROR);
	CHECK_TEXT(b.s.error, "returned no verdict");
	CHECK_INT(b.s.levels, 0);	/* and not those of the error that was caught */
	CHECK_INT(feed(&b, &udp), PS_VERDICT_DROP);
	CHECK_INT(lines_told, 101);
	CHECK_TEXT(printed, "3 state 7: /s/test.lua:10: b");
	CHECK_INT(feed(&b, &udp), PS_VERDICT_ERROR);
	CHECK_INT(b.s.levels, PS_LEVELS);
	for (i = 1; i < PS_LEVELS; i++)
		CHECK_INT(b.s.bind.rt.level[i].line, 3);
	ps_user_log = NULL;
	end(&b);
}

const struct test script_tests[] = {
	{ "script: who listens gets what is printed, and the levels of errors", what_is_heard },
	{ "script: the DNAT handler rewrites with and without a link layer", dnat },
	{ "script: nothing is allocated for a packet", nothing_is_allocated },
	{ "script: every verdict is known, and what is none is an error that names the line", verdicts },
	{ "script: what cannot be loaded says why and where", loading },
	{ "script: globals that are named as protocols are may be defined", defined_globals },
	{ "script: deep nesting ends in an error", deep_nesting },
	{ "script: message handlers that fail without end leave the stacks in order",
	  overflow_in_message_handlers },
	{ "script: string buffers are freed, also if their finalizers cannot be called",
	  buffers_without_finalizer },
	{ "script: a check compiles and runs nothing", check_only },
	{ "script: the language is Lua with integers", language },
	{ "script: raw views", raw_views },
	{ "script: views of protocols and their fields", protocol_views },
	{ "script: fields by name, without a call", shorthand },
	{ "script: a link layer that is cut short has no fields and no payload", short_frames },
	{ "script: an absent link layer leads on to the network header", absent_link_layer },
	{ "script: views are gone after the handler", views_end_with_the_handler },
	{ "script: code that runs between packets makes no views", no_views_between_packets },
	{ "script: more views than are kept", many_views },
	{ "script: headers in headers", nested_headers },
	{ "script: a state may know protocols that others do not", protocols_of_a_state },
	{ "script: byte arrays", byte_arrays },
	{ "script: random text is found in byte arrays", random_text_is_found },
	{ "script: a part of a byte array keeps its memory", slices_keep_their_array },
	{ "script: a handler that fails leaves the state usable", errors },
	{ "script: scripts share a state and keep their functions", scripts_share_a_state },
	{ "script: what was compiled before is loaded as its text would be", code_is_loaded },
	{ "script: foreign userdata are no objects", foreign_userdata_are_no_objects },
	{ "script: compiling has an end", compiling_has_an_end },
	{ "script: a text that is loaded anew leaves the functions of the old one", scripts_are_loaded_anew },
	{ "script: each script is closed by its own on_close, within the limits", scripts_are_closed },
	{ "script: functions that a script is sure not to define", functions_that_are_missing },
	{ "script: digests of texts are SHA-256", sha256 },
	{ "script: no loop outlives its time", time_limit },
	{ "script: a state that holds more than it may", memory_that_becomes_less },
	{ "script: an exceeded time limit names the line", time_limit_names_the_line },
	{ NULL, NULL },
};
