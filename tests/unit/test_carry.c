/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What goes over to the Lua state that takes another one's place. */
#include "lua.h"

#include "carry.h"
#include "script.h"
#include "test.h"

static int locks;

static void lock(struct ps_old *old)
{
	(void)old;
	locks++;
}

static void unlock(struct ps_old *old)
{
	(void)old;
	locks--;
}

struct bench {
	struct ps_script before, s;
	struct ps_old old;
};

static bool load(struct ps_script *s, const char *text)
{
	CHECK_INT(ps_script_init_sized(s, 0, true, 8 * 1024 * 1024, NULL), 0);
	return !ps_script_load(s, 0, "/s/reload.lua", text, strlen(text));
}

static bool begin(struct bench *b, const char *before, const char *now)
{
	memset(b, 0, sizeof(*b));
	b->old = (struct ps_old){ .script = &b->before, .lock = lock, .unlock = unlock };
	return load(&b->before, before) && load(&b->s, now);
}

static void end(struct bench *b)
{
	CHECK_INT(locks, 0);
	CHECK(!b->old.bytes);
	ps_script_clean(&b->before);
	ps_script_clean(&b->s);
	CHECK_INT(b->before.bind.rt.memory, 0);
	CHECK_INT(b->s.bind.rt.memory, 0);
}

static void plain_values_go_over(void)
{
	static const char before[] =
		"n, text, yes, no = math.mininteger, 'a\\0b', true, false\n"
		"t = { 1, 2, 3, [100] = 'far', name = { deep = { er = { -1 } } }, [true] = 'key', empty = {} }";
	static const char now[] =
		"function on_reload(old)\n"
		"  assert(old.n == math.mininteger and old.text == 'a\\0b' and old.yes == true and old.no == false)\n"
		"  assert(old.missing == nil and old[''] == nil)\n"
		"  local t = old.t\n"
		"  assert(#t == 3 and t[3] == 3 and t[100] == 'far' and t.name.deep.er[1] == -1 and t[true] == 'key')\n"
		"  assert(next(t.empty) == nil and old.t == t, 'asked for again, it is the same')\n"
		"  t[1] = 7\n"
		"end";
	static const char unchanged[] = "function on_close() assert(t[1] == 1) error('looked at', 0) end";
	struct bench b;

	CHECK(begin(&b, before, now));
	CHECK_INT(ps_script_reload(&b.s, 0, &b.old), 0);
	CHECK_TEXT(b.s.error, "");
	CHECK_INT(ps_script_load(&b.before, 1, "/s/look.lua", unchanged, strlen(unchanged)), 0);
	CHECK_INT(ps_script_close(&b.before, 1), -1);
	CHECK_TEXT(b.before.error, "looked at");
	end(&b);
}

static void other_values_are_refused(void)
{
	static const struct {
		const char *before, *why;
	} cases[] = {
		{ "x = print", "/s/reload.lua:2: the global 'x' of before: only strings, integers, booleans" },
		{ "x = bytes.new(3)", "only strings, integers, booleans" },
		{ "x = { { print } }", "only strings, integers, booleans" },
		{ "x = { [{}] = 1 }", "only strings, integers, booleans" },
		{ "x = setmetatable({}, { __pairs = print })", "only strings, integers, booleans" },
		{ "x = { setmetatable({}, {}) }", "only strings, integers, booleans" },
		{ "x = {} x[1] = x", "at most 8 deep" },
		{ "x = {{{{{{{{{}}}}}}}}}", "at most 8 deep" },
		{ "x = ('x'):rep(512 * 1024)", "too large to go over" },
		{ "x = {} for i = 1, 40000 do x[i] = true end for i = 1, 40000 do x[i] = nil end", "too large to go over" },
		{ "local t = {} for i = 1, 9000 do t[i] = true end x = { t, t, t, t, t }", "too large to go over" },
		{ "local s = ('x'):rep(60000) x = { s, s, s, s, s, s, s, s, s }", "too large to go over" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bench b;

		CHECK(begin(&b, cases[i].before, "function on_reload(old)\nlocal x = old.x end"));
		CHECK_INT(ps_script_reload(&b.s, 0, &b.old), -1);
		CHECK_TEXT(b.s.error, cases[i].why);
		CHECK_INT(lua_gettop(b.before.bind.rt.L), 0);
		end(&b);
	}
}

static void large_values_that_are_allowed(void)
{
	static const char before[] = "x = {} for i = 1, 16000 do x[i] = i end y = {{{{{{{{}}}}}}}} z = ('z'):rep(200000)";
	static const char now[] = "function on_reload(old) assert(#old.x == 16000 and old.x[16000] == 16000)\n"
				  "assert(old.y[1][1][1][1][1][1][1] and #old.z == 200000) end";
	struct bench b;

	CHECK(begin(&b, before, now));
	CHECK_INT(ps_script_reload(&b.s, 0, &b.old), 0);
	CHECK_TEXT(b.s.error, "");
	end(&b);
}

static void without_the_function_nothing_goes_over(void)
{
	struct bench b;

	CHECK(begin(&b, "x = 1", "y = 1 on_reload = 5"));
	CHECK_INT(ps_script_reload(&b.s, 0, &b.old), 0);
	CHECK_INT(ps_script_reload(&b.s, 7, &b.old), 0);
	end(&b);
}

/* Kept and asked later, or when the function has failed: the other Lua state may be gone by then. */
static void old_ends_with_the_function(void)
{
	static const char now[] = "function on_reload(old) kept = old local n = old.n error('on purpose ' .. n) end\n"
				  "function on_close() print(kept.n) local m = kept.m end";
	struct bench b;

	CHECK(begin(&b, "n, m = 1, 2", now));
	CHECK_INT(ps_script_reload(&b.s, 0, &b.old), -1);
	CHECK_TEXT(b.s.error, "/s/reload.lua:1: on purpose 1");
	CHECK_INT(ps_script_close(&b.s, 0), -1);
	CHECK_TEXT(b.s.error, "/s/reload.lua:2: what was before the reload is there only while on_reload() runs");
	end(&b);
}

static void it_has_limits(void)
{
	unsigned int load_ms;
	struct bench b;

	CHECK(begin(&b, "x = {}", "function on_reload(old) while true do local x = old.x old.x = nil end end"));
	load_ms = test_limit(&ps_limits.load_ms, 250);
	CHECK_INT(ps_script_reload(&b.s, 0, &b.old), -1);
	ps_limits.load_ms = load_ms;
	CHECK_TEXT(b.s.error, "time limit exceeded");
	end(&b);
	/* what is too much for the new Lua state */
	memset(&b, 0, sizeof(b));
	b.old = (struct ps_old){ .script = &b.before, .lock = lock, .unlock = unlock };
	CHECK(load(&b.before, "x = {} for i = 1, 16000 do x[i] = i end"));
	CHECK_INT(ps_script_init_sized(&b.s, 0, true, 256 * 1024, NULL), 0);
	CHECK_INT(ps_script_load(&b.s, 0, "/s/a.lua", "function on_reload(old) x = old.x end", 37), 0);
	CHECK_INT(ps_script_reload(&b.s, 0, &b.old), -1);
	CHECK_TEXT(b.s.error, "not enough memory");
	end(&b);
}

const struct test carry_tests[] = {
	{ "carry: strings, integers, booleans and tables of these go over, as copies", plain_values_go_over },
	{ "carry: anything else is an error, with the line that asks for it", other_values_are_refused },
	{ "carry: what is just within the limits goes over", large_values_that_are_allowed },
	{ "carry: without on_reload, or without the script, nothing happens", without_the_function_nothing_goes_over },
	{ "carry: what was before is there only while on_reload runs", old_ends_with_the_function },
	{ "carry: on_reload has limits of time and memory", it_has_limits },
	{ NULL },
};
