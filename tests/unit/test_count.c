/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* nf.count(): names that Lua states have in common, and numbers that each has for itself. */
#include <string.h>

#include "script.h"
#include "test.h"

static void begin(struct ps_script *s, struct ps_counted *counted)
{
	CHECK_INT(ps_script_init(s, 0, true), 0);
	s->bind.counted = counted;
}

static void run(struct ps_script *s, const char *text)
{
	static int id;

	s->error[0] = 0;
	CHECK_INT(ps_script_load(s, id++, "/s/count.lua", text, strlen(text)), 0);
	CHECK_TEXT(s->error, "");
}

static void end(struct ps_script *s)
{
	ps_script_clean(s);
	CHECK_INT(s->bind.rt.memory, 0);
}

static void two_count_by_the_same_names(void)
{
	struct ps_counted counted = { 0 }, other = { 0 };
	struct ps_script a, b;

	begin(&a, &counted);
	begin(&b, &counted);
	run(&a, "for i = 1, 3 do nf.count('x') end nf.count('y', 1 << 40) nf.count('y', 5) nf.count('z', 0)");
	run(&b, "nf.count('y') for i = 1, 7 do nf.count('x' .. '') collectgarbage() end");
	CHECK_INT(ps_counted_names(&counted), 3);
	CHECK_TEXT(counted.names[0], "x");
	CHECK_TEXT(counted.names[2], "z");
	CHECK_INT(ps_count_of(&a.bind, 0), 3);
	CHECK_INT(ps_count_of(&b.bind, 0), 7);
	CHECK_INT(ps_count_of(&a.bind, 1), (1ll << 40) + 5);
	CHECK_INT(ps_count_of(&b.bind, 1), 1);
	CHECK_INT(ps_count_of(&b.bind, 2), 0);

	/* b's place is taken by another */
	ps_counted_keep(&counted, &b.bind);
	end(&b);
	CHECK_INT(counted.past[0], 7);
	ps_counted_keep(&counted, &a.bind);
	CHECK_INT(counted.past[0], 10);
	CHECK_INT(ps_counted_move(&other, &counted), 0);
	CHECK_INT(ps_counted_names(&other), 3);
	CHECK_INT(other.past[1], (1ll << 40) + 6);
	end(&a);
	ps_counted_clean(&counted);
	ps_counted_clean(&other);
	CHECK_INT(ps_counted_names(&counted), 0);
}

static void there_are_so_many_names(void)
{
	struct ps_counted counted = { 0 };
	struct ps_script s;

	begin(&s, &counted);
	run(&s, "for i = 1, 256 do nf.count('n' .. i, i) end\n"
		"local ok, why = pcall(nf.count, 'one more')\n"
		"assert(not ok and why:find('without spaces', 1, true), why)\n"
		"ok, why = pcall(nf.count, 'one_more')\n"
		"assert(not ok and why:find('256 counters are there already', 1, true), why)\n"
		"collectgarbage()\n"
		"for i = 1, 256 do nf.count('n' .. i, i) end\n"
		"for _, bad in ipairs{ '', ('x'):rep(41), 'a\\0b', '\\n', '\\xC3\\xA4' } do assert(not pcall(nf.count, bad)) end\n"
		"for _, bad in ipairs{ -1, 'x', {} } do assert(not pcall(nf.count, 'n1', bad)) end\n"
		"assert(not pcall(nf.count) and not pcall(nf.count, 7) and not pcall(nf.count, {}))\n"
		"assert(select('#', nf.count('n1', 0)) == 0)");
	CHECK_INT(ps_counted_names(&counted), PS_COUNTERS_MAX);
	CHECK_TEXT(counted.names[255], "n256");
	CHECK_INT(ps_count_of(&s.bind, 0), 2);
	CHECK_INT(ps_count_of(&s.bind, 255), 512);
	end(&s);
	ps_counted_clean(&counted);
}

static void nobody_counts(void)
{
	struct ps_script s;

	begin(&s, NULL);
	run(&s, "nf.count('x')");
	CHECK_INT(ps_count_of(&s.bind, 0), 0);
	end(&s);
}

const struct test count_tests[] = {
	{ "count: two Lua states count by the same names", two_count_by_the_same_names },
	{ "count: a state has so many names", there_are_so_many_names },
	{ "count: where nobody asks for it, nothing is counted", nobody_counts },
	{ NULL, NULL },
};
