/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Protocols that scripts describe, where memory ends: at each allocation while one is registered, and while a packet is read
 * by it.
 */
#include <stdlib.h>
#include <string.h>

#include "lua.h"
#include "lauxlib.h"

#include "compile.h"
#include "packets.h"
#include "script.h"
#include "test.h"

static const char script[] =
	"local function get(a) return a[0] << 8 | a[1] end\n"
	"local function set(a, x) a[0], a[1] = x >> 8, x & 255 end\n"
	"local changes, lengths = { 0, 0, 0, 0 }, { 0, 0, 0, 0 }\n"
	"function add()\n"
	"  register_dynamic_protbuf {\n"
	"    name = 'packet_made_up', payload_field = 'rest',\n"
	"    protocol_fields = { { 'kind', 0, 8 }, { 'bits', 8, 4 }, { 'size', 16, 16, get, set }, { 'rest', 32, 0 } },\n"
	"    has_protocol = function(v, id) return v[0] == 97 end,\n"
	"    get_field_changes = function(v) assert(v.size) return changes, lengths end,\n"
	"  }\n"
	"end\n"
	"function process_packet(p)\n"
	"  local ip = p:data(packet_ip)\n"
	"  local udp, id = ip:data(packet_udp), _G['packet_' .. 'made_up']\n"
	"  local v\n"
	"  for _ = 1, 40 do v = udp:data(id) end\n"
	"  assert(v:kind():int() == 97 and v.bits == 6 and v.size == 0x6364 and #v:rest() == 7)\n"
	"  local inner = v:data(id)\n"
	"  assert(inner == nil or inner:kind():int() == 101)\n"
	"  v.size = 0x0102\n"
	"  assert(v.size == 0x0102)\n"
	"  v.size = 0x6364\n"
	"  return NF_ACCEPT\n"
	"end\n";

static int call_add(lua_State *L)
{
	lua_getglobal(L, "add");
	lua_call(L, 0, 0);
	return 0;
}

/* Nothing of the protocol is there, and so many others are that scripts have described. */
static void check_gone(lua_State *L, int others)
{
	CHECK(lua_getglobal(L, "packet_made_up") == LUA_TNIL);
	CHECK(lua_getglobal(L, "supported_protocols") == LUA_TTABLE);
	CHECK_INT(luaL_len(L, -1), ps_nprotos - 1 + others);	/* the first is 0 */
	CHECK(lua_getfield(L, LUA_REGISTRYINDEX, "packet_made_up") == LUA_TNIL);
}

static int check_absent(lua_State *L)
{
	check_gone(L, 0);
	return 0;
}

static int check_only_kept(lua_State *L)
{
	check_gone(L, 1);
	CHECK(lua_getglobal(L, "packet_kept") == LUA_TNUMBER);
	return 0;
}

/* With so much more memory. */
static int call_within(struct ps_script *s, lua_CFunction f, size_t more)
{
	struct ps_runtime *rt = &s->bind.rt;
	size_t max = rt->memory_max;
	int status;

	lua_gc(rt->L, LUA_GCCOLLECT, 0);
	rt->memory_max = rt->memory + more;
	status = ps_runtime_call(rt, f, NULL, ~0u);
	rt->memory_max = max;
	lua_settop(rt->L, 0);
	return status;
}

static enum ps_verdict feed_within(struct ps_script *s, int handler, size_t more)
{
	const struct shape shape = { .protocol = 17, .payload = 11 };
	struct ps_runtime *rt = &s->bind.rt;
	size_t max = rt->memory_max;
	enum ps_verdict verdict;
	struct ps_packet pkt;
	struct layout at;
	uint16_t queue;
	uint8_t *data = make_packet(&shape, &pkt, &at);

	lua_gc(rt->L, LUA_GCCOLLECT, 0);
	rt->memory_max = more < max - rt->memory ? rt->memory + more : max;
	verdict = ps_script_run(s, handler, &pkt, &queue);
	rt->memory_max = max;
	CHECK(ip_csum_ok(data + at.ip));
	CHECK(transport_csum_ok(data + at.ip));
	free(data);
	return verdict;
}

static void memory_ends(void)
{
	unsigned int failed = 0;
	struct ps_script s;
	int handler;
	size_t more;

	CHECK_INT(ps_script_init(&s, 7, true), 0);
	s.compile = ps_compile;
	CHECK_INT(ps_script_load(&s, 0, "/s/test.lua", script, strlen(script)), 0);
	handler = ps_script_find(&s, 0, "process_packet");
	CHECK(handler >= 0);
	for (more = 0; call_within(&s, call_add, more) && more < 100000; more += 8, failed++) {
		CHECK_INT(s.bind.registry.n, ps_nprotos);
		CHECK_INT(call_within(&s, check_absent, 10000), 0);
	}
	CHECK(failed > 100);
	CHECK_INT(s.bind.registry.n, ps_nprotos + 1);
	failed = 0;
	for (more = 0; feed_within(&s, handler, more) != PS_VERDICT_ACCEPT && more < 100000; more += 8, failed++)
		CHECK(strstr(s.error, "memory"));
	CHECK(failed > 100);
	CHECK_INT(feed_within(&s, handler, 100000), PS_VERDICT_ACCEPT);
	CHECK_INT(feed_within(&s, handler, 2000), PS_VERDICT_ACCEPT);	/* what it needs is kept */
	ps_script_clean(&s);
	CHECK_INT(s.bind.rt.memory, 0);
}

/* A script that cannot be loaded leaves no protocol, also if it has registered some; what was there before stays. */
static void loading_fails(void)
{
	static const char before[] = "register_dynamic_protbuf { name = 'packet_kept', protocol_fields = { { 'a', 0, 8 } } }";
	static const char wrong[] =
		"for _, name in ipairs { 'packet_one', 'packet_made_up' } do\n"
		"  register_dynamic_protbuf { name = name, protocol_fields = { { 'a', 0, 8 } } }\n"
		"end\n"
		"error 'late'\n";
	struct ps_script s;
	int i, handler;

	CHECK_INT(ps_script_init(&s, 7, true), 0);
	CHECK_INT(ps_script_load(&s, 0, "/s/before.lua", before, strlen(before)), 0);
	for (i = 0; i < 100; i++) {
		CHECK_INT(ps_script_load(&s, 1, "/s/wrong.lua", wrong, strlen(wrong)), -1);
		CHECK_TEXT(s.error, "/s/wrong.lua:4: late");
		CHECK_INT(s.bind.registry.n, ps_nprotos + 1);
		CHECK_INT(call_within(&s, check_only_kept, 10000), 0);
	}
	CHECK_INT(ps_script_load(&s, 1, "/s/test.lua", script, strlen(script)), 0);
	CHECK_INT(call_within(&s, call_add, 50000), 0);
	CHECK_INT(s.bind.registry.n, ps_nprotos + 2);
	handler = ps_script_find(&s, 1, "process_packet");
	CHECK(handler >= 0);
	CHECK_INT(feed_within(&s, handler, 100000), PS_VERDICT_ACCEPT);
	ps_script_clean(&s);
	CHECK_INT(s.bind.rt.memory, 0);
}

/* A view of an array outlives the protocol that it is of: the script which has described that could not be loaded. */
static void views_are_left(void)
{
	static const char wrong[] =
		"register_dynamic_protbuf { name = 'packet_one', payload_field = 'b',\n"
		"  protocol_fields = { { 'a', 0, 8, function(a) return a[0] + 1 end, function(a, x) a[0] = x end }, { 'b', 8, 0 } },\n"
		"  has_protocol = function() return true end, get_field_changes = function() return { 0, 0 }, { 0, 0 } end }\n"
		"left = bytes.to_packet(bytes.new(40), packet_one)\n"
		"left:data(packet_one)\n"
		"error 'late'\n";
	static const char right[] =
		"register_dynamic_protbuf { name = 'packet_one', protocol_fields = { { 'c', 0, 8 } } }\n"
		"function process_packet(p)\n"
		"  left.a = 6\n"
		"  assert(left.a == 7 and left:data(packet_ip).ttl == 0 and left:data(packet_one).c[0] == 0)\n"
		"  assert(tostring(left):find 'packet_one' and left:a():get() == 7 and bytes.to_packet(left:get(), packet_one).c[0] == 6)\n"
		"  assert(not p.one and p.udp:data(packet_one).c[0] and p.one)\n"
		"  return NF_ACCEPT\n"
		"end\n";
	struct ps_script s;
	int i, handler;

	CHECK_INT(ps_script_init(&s, 7, true), 0);
	s.compile = ps_compile;
	for (i = 0; i < 10; i++) {
		CHECK_INT(ps_script_load(&s, 1, "/s/wrong.lua", wrong, strlen(wrong)), -1);
		CHECK_TEXT(s.error, "/s/wrong.lua:6: late");
		CHECK_INT(s.bind.registry.n, ps_nprotos);
		lua_gc(s.bind.rt.L, LUA_GCCOLLECT, 0);
	}
	CHECK_INT(ps_script_load(&s, 1, "/s/right.lua", right, strlen(right)), 0);
	handler = ps_script_find(&s, 1, "process_packet");
	CHECK(handler >= 0);
	for (i = 0; i < 10; i++)
		CHECK_INT(feed_within(&s, handler, 100000), PS_VERDICT_ACCEPT);
	ps_script_clean(&s);
	CHECK_INT(s.bind.rt.memory, 0);
}

/* The same as memory_ends() of what arrays need that are seen as such protocols. */
static void memory_of_arrays_ends(void)
{
	static const char text[] =
		"register_dynamic_protbuf { name = 'packet_one', payload_field = 'b',\n"
		"  protocol_fields = { { 'a', 0, 16 }, { 'b', 16, 0 } }, has_protocol = function() return true end,\n"
		"  get_field_changes = function(v) return { 0, 0 }, { 0, 0 } end }\n"
		"function process_packet(p)\n"
		"  local v = bytes.to_packet(bytes.new(30), packet_one)\n"
		"  v.a = 'ab'\n"
		"  assert(v.a[1] == 98 and v:data(packet_one):data(packet_one).a[0] == 0 and p.udp.length == 19)\n"
		"  return NF_ACCEPT\n"
		"end\n";
	unsigned int failed = 0;
	struct ps_script s;
	int handler, i;
	size_t more;

	CHECK_INT(ps_script_init(&s, 7, true), 0);
	s.compile = ps_compile;
	CHECK_INT(ps_script_load(&s, 0, "/s/test.lua", text, strlen(text)), 0);
	handler = ps_script_find(&s, 0, "process_packet");
	CHECK(handler >= 0);
	for (more = 0; feed_within(&s, handler, more) != PS_VERDICT_ACCEPT && more < 100000; more += 8, failed++)
		CHECK(strstr(s.error, "memory"));
	CHECK(failed > 100);
	for (i = 0; i < 2000; i++)	/* what is kept for arrays goes with them */
		CHECK_INT(feed_within(&s, handler, 30000), PS_VERDICT_ACCEPT);
	ps_script_clean(&s);
	CHECK_INT(s.bind.rt.memory, 0);
}

const struct test dynamic_tests[] = {
	{ "dynamic: a script that cannot be loaded leaves no protocol", loading_fails },
	{ "dynamic: memory may end anywhere", memory_ends },
	{ "dynamic: views of arrays outlive a protocol that is taken back", views_are_left },
	{ "dynamic: memory of arrays may end anywhere", memory_of_arrays_ends },
	{ 0 },
};
