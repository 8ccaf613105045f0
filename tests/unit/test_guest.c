/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Functions of runtimes, which get a userdata with quick methods. Each runs compiled and interpreted: it does the same, and
 * where it is foreseen that a method is quick, the interpreter is not asked for it.
 */
#include "lua.h"
#include "lauxlib.h"

#include "bind.h"
#include "compile.h"
#include "packets.h"
#include "reference.h"
#include "runtime.h"
#include "script.h"
#include "test.h"

#define NUMBERS	8

static int nquick, nslow;

static int64_t *checked(lua_State *L)
{
	struct ps_reference *reference = ps_reference_at(L, 1);
	lua_Integer i = luaL_checkinteger(L, 2);

	nslow++;
	if (!reference)
		luaL_error(L, "closed");
	luaL_argcheck(L, i >= 0 && i < NUMBERS, 2, "out of bounds");
	return (int64_t *)reference->target + i;
}

static int get(lua_State *L)
{
	lua_pushinteger(L, *checked(L));
	return 1;
}

static int put(lua_State *L)
{
	int64_t *number = checked(L);

	*number = luaL_checkinteger(L, 3);
	return 0;
}

static int quick_get(lua_State *L, void *target, const long long *arguments, int n, union ps_quick_result *result)
{
	(void)L;
	if (n != 1 || arguments[0] < 0 || arguments[0] >= NUMBERS)
		return -1;
	nquick++;
	result->integer = ((int64_t *)target)[arguments[0]];
	return 1;
}

static int quick_put(lua_State *L, void *target, const long long *arguments, int n, union ps_quick_result *result)
{
	(void)L;
	(void)result;
	if (n != 2 || arguments[0] < 0 || arguments[0] >= NUMBERS)
		return -1;
	nquick++;
	((int64_t *)target)[arguments[0]] = arguments[1];
	return 0;
}

static int quick_negative(lua_State *L, void *target, const long long *arguments, int n, union ps_quick_result *result)
{
	int status = quick_get(L, target, arguments, n, result);

	result->integer = -result->integer;
	return status;
}

/*
 * Bytes of a window: those of the numbers.
 */
static struct ps_window window;
static int nopened;

static int quick_open(lua_State *L, void *target, const long long *arguments, int n, union ps_quick_result *result)
{
	(void)L;
	(void)arguments;
	(void)n;
	(void)result;
	nopened++;
	window.bytes = target;
	return target ? 0 : -1;
}

static int slow_access(lua_State *L)
{
	nslow++;
	return luaL_error(L, "not there");
}

#define READS(name, width, is_signed)	{ { name, slow_access, PS_OP_QUICK }, quick_open, width, is_signed, false }
#define WRITES(name, width)		{ { name, slow_access, PS_OP_QUICK }, quick_open, width, false, true }

static const struct ps_quick methods_of_window[] = {
	READS("u8", 1, false), READS("s8", 1, true), READS("u16", 2, false), READS("s16", 2, true),
	READS("u32", 4, false), READS("s32", 4, true), READS("s64", 8, true),
	WRITES("w8", 1), WRITES("w16", 2), WRITES("w32", 4), WRITES("w64", 8),
	{ { NULL } },
};

static const struct ps_quick methods[] = {
	{ { "get", get, PS_OP_QUICK }, quick_get },
	{ { "put", put, PS_OP_QUICK }, quick_put },
	{ { NULL } },
}, methods_of_third[] = {
	{ { "get", get, PS_OP_QUICK }, quick_negative },
	{ { NULL } },
};

/* A userdata for the numbers stays in the global of that name. Returns its block. */
static void *new_object(lua_State *L, const char *name, const char *type, const struct ps_quick *quick, int64_t *numbers)
{
	struct ps_reference *reference = ps_reference_new(L);

	if (luaL_newmetatable(L, type)) {
		lua_newtable(L);
		for (; quick->method.name; quick++) {
			ps_push_method(L, &quick->method);
			lua_setfield(L, -2, quick->method.name);
		}
		lua_setfield(L, -2, "__index");
	}
	lua_setmetatable(L, -2);
	ps_reference_adopt(L);
	reference->target = numbers;
	lua_pushvalue(L, -1);
	lua_setglobal(L, name);
	return lua_touserdata(L, -1);
}

static struct ps_linear *compile_nothing(lua_State *L, const void *block, bool *is_own)
{
	(void)L;
	(void)block;
	(void)is_own;
	return NULL;
}

static int close_object(lua_State *L)
{
	ps_reference_free(L, 1);
	return 0;
}

static int keep_error(lua_State *L)
{
	(void)L;
	return 1;
}

/* Calls the function with another object; *result is its result, or -1: an error. */
static void run(const char *script, bool compiles, const char *with, long long *result)
{
	int64_t numbers[NUMBERS] = { 10, 11, 12, 13, 14, 15, 16, 17 }, others[NUMBERS] = { 100 };
	struct ps_script s;
	lua_State *L;
	void *block, *other, *third, *wide;
	struct ps_guest guest = { 0 };
	struct ps_function *h;
	bool is_wide;

	CHECK_INT(ps_script_init(&s, 0, true), 0);
	L = s.bind.rt.L;
	lua_pushcfunction(L, close_object);
	lua_setglobal(L, "close");
	block = new_object(L, "object", "numbers", methods, numbers);
	other = new_object(L, "other", "numbers", methods, others);
	third = new_object(L, "third", "negative numbers", methods_of_third, others);
	wide = new_object(L, "wide", "window", methods_of_window, numbers);
	ps_reference_at(L, -1)->window = &window;
	lua_settop(L, 0);
	window = (struct ps_window){ .size = 13 };
	CHECK_INT(luaL_loadstring(L, script), LUA_OK);
	CHECK_INT(lua_pcall(L, 0, 1, 0), LUA_OK);
	is_wide = !strcmp(with, "wide") || !strcmp(with, "readonly");
	if (is_wide)
		block = wide;
	h = ps_guest_take(L, block, compiles ? ps_compile_guest : compile_nothing);
	lua_settop(L, 0);
	nquick = nslow = nopened = 0;
	if (!strcmp(with, "other"))
		block = other;
	else if (!strcmp(with, "third"))
		block = third;
	window.writable = strcmp(with, "readonly") ? window.size : 0;
	guest.block = block;
	*result = ps_guest_call(L, h, &guest, keep_error) == LUA_OK && guest.is_integer ? guest.result : -1;
	lua_settop(L, 0);
	ps_guest_put(L, h);
	lua_getglobal(L, "object");
	ps_reference_free(L, 1);
	lua_getglobal(L, "other");
	ps_reference_free(L, 2);
	lua_getglobal(L, "third");
	ps_reference_free(L, 3);
	lua_getglobal(L, "wide");
	ps_reference_free(L, 4);
	ps_script_clean(&s);
}

/* Interpreted, and then compiled. */
static void check_both(const char *script, const char *with, long long expected)
{
	long long result;

	run(script, false, with, &result);
	CHECK_INT(result, expected);
	run(script, true, with, &result);
	CHECK_INT(result, expected);
}

static void methods_are_quick(void)
{
	static const struct {
		const char *script, *with;
		long long result;
		int nquick, nslow;	/* when it is compiled */
	} cases[] = {
		{ "return function(o) return o:get(1) end", "object", 11, 1, 0 },
		{ "return function(o) local x = o:get(1) return x end", "object", 11, 1, 0 },
		{ "local i = 2 return function(o) local x = o:get(i) return x end", "object", 12, 1, 0 },
		{ "return function(o) o:put(1, 7) local x = o:get(1) return x end", "object", 7, 2, 0 },
		{ "return function(o) o:put(1, o:get(2) + o:get(3)) local x = o:get(1) return x end", "object", 25, 4, 0 },
		{ "return function(o) local x = o:put(1, 7) return x == nil and 1 or 2 end", "object", 1, 1, 0 },
		{ "return function(o) for i = 1, 3 do o:put(i, i) end local x = o:get(3) return x end", "object", 3, 4, 0 },
		{ "return function(o) local x = o:get(o:get(0) > 9 and 4 or 5) return x end", "object", 14, 2, 0 },
		{ "return function(o) if o:get(0) ~= 10 or o:get(1) == 3 then return 0 end return 1 end", "object", 1, 2, 0 },
		{ "local function f(x) local y = x:get(1) return y end return function(o) return f(o) + f(o) end", "object", 22, 2, 0 },
		/* another object of the kind */
		{ "return function(o) local x = o:get(0) return x end", "other", 100, 1, 0 },
		{ "return function(o) o = other local x = o:get(0) return x end", "object", 100, 1, 0 },
		/* one of another kind */
		{ "return function(o) local x = o:get(0) return x end", "third", -100, 1, 0 },
		{ "local i = 0 return function(o) local x = o:get(i) return x end", "third", -100, 1, 0 },
		/* what is not simple is done by the method itself */
		{ "return function(o) local x = o:get('1') return x end", "object", 11, 0, 1 },
		{ "return function(o) local x = o:get(1, 2, 3) return x end", "object", 11, 0, 1 },
		{ "return function(o) o:put(1, '7') local x = o:get(1) return x end", "object", 7, 1, 1 },
		{ "local s = '7' return function(o) o:put(1, s) local x = o:get(1) return x end", "object", 7, 1, 1 },
		{ "return function(o) local x = o:get() return x end", "object", -1, 0, 0 },
		{ "return function(o) local x = o:get(8) return x end", "object", -1, 0, 1 },
		{ "return function(o) local x = o:get(-1) return x end", "object", -1, 0, 1 },
		{ "return function(o) o:put(1 << 40, 1) return 1 end", "object", -1, 0, 1 },
		{ "return function(o) local x = o:none(1) return x end", "object", -1, 0, 0 },
		{ "return function(o) local ok, x = pcall(o.get, o, 9) x = o:get(2) return x end", "object", 12, 1, 1 },
		{ "return function(o) local x = o:get(1) close(o) x = x + o:get(1) return x end", "object", -1, 1, 1 },
		{ "return function(o) close(o) o:put(1, 2) return 1 end", "object", -1, 0, 1 },
		{ "return function(o) local a, b = o:get(1) return b == nil and a end", "object", 11, 1, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		check_both(cases[i].script, cases[i].with, cases[i].result);
		CHECK_INT(nquick, cases[i].nquick);
		CHECK_INT(nslow, cases[i].nslow);
		if (test_failed)
			printf("# %s\n", cases[i].script);
	}
}

/* Integers in a window: each way to call, at each end of it, and what may not be. */
static void integers_of_windows(void)
{
	static const struct {
		const char *script, *with;
		long long result;
		int nopened, nslow;	/* when it is compiled */
	} cases[] = {
		{ "return function(o) o:w16(3, 0x8001) local x = o:u16(3) return x end", "wide", 0x8001, 1, 0 },
		{ "return function(o) o:w16(3, 0x8001) local x = o:s16(3) return x end", "wide", -0x7fff, 1, 0 },
		{ "return function(o) o:w8(1, 0x1ff) local x = o:u8(1) return x end", "wide", 255, 1, 0 },
		{ "return function(o) o:w8(1, 0x1ff) local x = o:s8(1) return x + 2 end", "wide", 1, 1, 0 },
		{ "return function(o) o:w32(1, -2) local x = o:u32(1) return x end", "wide", 0xfffffffe, 1, 0 },
		{ "return function(o) o:w32(1, -2) local x = o:s32(1) return x + 9 end", "wide", 7, 1, 0 },
		{ "return function(o) o:w64(5, -3) local x = o:s64(5) return x + 9 end", "wide", 6, 1, 0 },
		{ "return function(o) o:w64(0, -1) o:w16(2, 0) local x, y = o:u16(0), o:u16(2) return x + y end", "wide", 0xffff, 1, 0 },
		/* where offsets or values are not constant */
		{ "local i = 9 return function(o) o:w32(i, 77) local x = o:u32(i) return x end", "wide", 77, 1, 0 },
		{ "return function(o) for i = 0, 12 do o:w8(i, i) end local x = o:u8(12) return x end", "wide", 12, 1, 0 },
		{ "local function f(x) local y = x:u8(0) return y end return function(o) o:w8(0, 10) return f(o) + f(o) end", "wide", 20, 1, 0 },
		/* its ends */
		{ "return function(o) local x = o:u8(12) return x end", "wide", 0, 1, 0 },
		{ "return function(o) local x = o:u8(13) return x end", "wide", -1, 1, 1 },
		{ "return function(o) local x = o:u16(12) return x end", "wide", -1, 1, 1 },
		{ "return function(o) local x = o:s64(6) return x end", "wide", -1, 1, 1 },
		{ "return function(o) local x = o:u8(-1) return x end", "wide", -1, 1, 1 },
		{ "return function(o) local x = o:u16(math.maxinteger) return x end", "wide", -1, 1, 1 },
		{ "local i <const> = 0x7fffffffffffffff return function(o) local x = o:u16(i) return x end", "wide", -1, 1, 1 },
		{ "return function(o) o:w16(12, 1) return 1 end", "wide", -1, 1, 1 },
		{ "local i = -1 return function(o) o:w8(i, 1) return 1 end", "wide", -1, 1, 1 },
		/* what is no integer, too many, too few */
		{ "return function(o) local x = o:u8('1') return x end", "wide", -1, 0, 1 },
		{ "local v = '1' return function(o) o:w8(0, v) return 1 end", "wide", -1, 0, 1 },
		{ "return function(o) local x = o:u8() return x end", "wide", -1, 0, 1 },
		{ "return function(o) o:w8(1) return 1 end", "wide", -1, 0, 1 },
		{ "return function(o) local x = o:u8(1, 2) return x end", "wide", -1, 0, 1 },
		{ "return function(o) local x = o:w8(1, 2) return x == nil and 5 or 6 end", "wide", 5, 1, 0 },
		{ "return function(o) o:u8(1) return 5 end", "wide", 5, 1, 0 },
		/* it is only read */
		{ "return function(o) o:w8(0, 1) return 1 end", "readonly", -1, 1, 1 },
		{ "local v = 1 return function(o) o:w8(0, v) return 1 end", "readonly", -1, 1, 1 },
		{ "return function(o) local x = o:u8(4) return x end", "readonly", 0, 1, 0 },
		/* it is gone */
		{ "return function(o) close(o) local x = o:u8(0) return x end", "wide", -1, 0, 1 },
		{ "local v = 1 return function(o) close(o) o:w8(0, v) return 1 end", "wide", -1, 0, 1 },
		/* another object, which has none */
		{ "return function(o) o = object local x = o:get(1) return x end", "wide", 11, 0, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		check_both(cases[i].script, cases[i].with, cases[i].result);
		CHECK_INT(nopened, cases[i].nopened);
		CHECK_INT(nslow, cases[i].nslow);
		if (test_failed)
			printf("# %s\n", cases[i].script);
	}
}

/*
 * Packets.
 */
static struct ps_packet packet;

static int get_packet(lua_State *L)
{
	nslow++;
	ps_bind_begin_guest(L, &packet);
	ps_bind_push_whole(L);
	return 1;
}

static int quick_packet(lua_State *L, void *target, const long long *arguments, int n, union ps_quick_result *result)
{
	(void)target;
	(void)arguments;
	if (n)
		return -1;
	nquick++;
	result->block = ps_bind_begin_guest(L, &packet);
	return PS_QUICK_BLOCK;
}

static const struct ps_quick methods_of_packet[] = {
	{ { "packet", get_packet, PS_OP_QUICK }, quick_packet, .is_packet = true },
	{ { NULL } },
};

/* The function's result, or -1; is_foretold: as if it were known that it asks for the packet. */
static long long handle(lua_State *L, const struct ps_function *h, void *block, bool is_foretold)
{
	struct ps_guest guest = { .block = block, .pkt = is_foretold ? &packet : NULL };
	bool is_right;

	nquick = nslow = 0;
	is_right = ps_guest_call(L, h, &guest, keep_error) == LUA_OK && guest.is_integer;
	lua_settop(L, 0);
	ps_bind_end_guest(L);
	return is_right ? guest.result : -1;
}

/* What is foretold is there without a call, and not before it is asked for; nor does it take the place of what else is looked at. */
static void packets_that_are_foretold(void)
{
	static const char script[] =
		"memory = bytes.to_packet(bytes.new(20), packet_ip)\n"
		"function look() memory.ttl = 9 end\n"
		"function see() return memory.ttl, #memory:to_bytes() end\n"
		"what = 1\n"
		"local kept\n"
		"return function(o)\n"
		"  if what == 1 then local p = o:packet() kept = p return p.ip.ttl end\n"
		"  if what == 2 then local ttl = kept.ip.ttl return ttl end\n"
		"  if what == 3 then local p = o:packet() return kept.ip.ttl + p.ip.ttl end\n"
		"  return 0\n"
		"end";
	struct layout at;
	uint8_t *bytes = make_packet(&(struct shape){ .payload = 8 }, &packet, &at);
	struct ps_script s;
	struct ps_function *h;
	lua_State *L;
	void *block;
	int what;

	CHECK_INT(ps_script_init(&s, 0, true), 0);
	L = s.bind.rt.L;
	block = new_object(L, "object", "packets", methods_of_packet, (int64_t *)&packet);
	lua_settop(L, 0);
	CHECK_INT(luaL_loadstring(L, script), LUA_OK);
	CHECK_INT(lua_pcall(L, 0, 1, 0), LUA_OK);
	h = ps_guest_take(L, block, ps_compile_guest);
	lua_settop(L, 0);
	CHECK_INT(handle(L, h, block, false), 64);
	CHECK_INT(nquick, 1);
	CHECK_INT(handle(L, h, block, true), 64);
	CHECK_INT(nquick + nslow, 0);
	for (what = 2; what <= 4; what++) {
		lua_pushinteger(L, what);
		lua_setglobal(L, "what");
		CHECK_INT(handle(L, h, block, true), what == 2 ? -1 : what == 3 ? 128 : 0);
		CHECK_INT(nquick + nslow, 0);
		CHECK(!s.bind.guest && !s.bind.pkt);
	}
	lua_getglobal(L, "look");
	CHECK_INT(lua_pcall(L, 0, 0, 0), LUA_OK);
	CHECK(s.bind.memory);
	CHECK_INT(handle(L, h, block, true), 0);
	lua_pushinteger(L, 1);
	lua_setglobal(L, "what");
	lua_getglobal(L, "look");
	CHECK_INT(lua_pcall(L, 0, 0, 0), LUA_OK);
	CHECK_INT(handle(L, h, block, true), 64);
	lua_getglobal(L, "see");
	CHECK_INT(lua_pcall(L, 0, 2, 0), LUA_OK);
	CHECK_INT(lua_tointeger(L, 1), 9);
	CHECK_INT(lua_tointeger(L, 2), 20);
	lua_settop(L, 0);
	ps_bind_end_guest(L);
	ps_guest_put(L, h);
	lua_getglobal(L, "object");
	ps_reference_free(L, 1);
	ps_script_clean(&s);
	free(bytes);
}

const struct test guest_tests[] = {
	{ "guest: methods that are foreseen do the same as those that are not", methods_are_quick },
	{ "guest: integers in windows", integers_of_windows },
	{ "guest: packets that are foretold", packets_that_are_foretold },
	{ NULL, NULL },
};
