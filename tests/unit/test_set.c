/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Sets say of random entries what a list says that is gone through; and hold as many entries as they should, within the memory.
 */
#include "lua.h"
#include "lauxlib.h"

#include "compile.h"
#include "packets.h"
#include "script.h"
#include "test.h"

/* Loads the script into a state of so much memory. Its error, or "" */
static void load_sized(const char *script, size_t memory, char error[PS_SCRIPT_ERROR_SIZE])
{
	void *at = malloc(ps_script_region(memory));
	struct ps_script s;

	CHECK_INT(ps_script_init_sized(&s, 0, true, memory, at), 0);
	s.compile = ps_compile;
	error[0] = 0;
	if (ps_script_load(&s, 0, "/s/set.lua", script, strlen(script)))
		snprintf(error, PS_SCRIPT_ERROR_SIZE, "%s", s.error);
	ps_script_clean(&s);
	CHECK_INT(s.bind.rt.memory, 0);
	free(at);
}

static void accept(const char *script, size_t memory)
{
	char error[PS_SCRIPT_ERROR_SIZE];

	load_sized(script, memory, error);
	CHECK(!error[0]);
	if (error[0])
		printf("# %s\n", error);
}

static void refuse(const char *script, const char *expected)
{
	char error[PS_SCRIPT_ERROR_SIZE];

	load_sized(script, PS_SCRIPT_MEMORY, error);
	CHECK(error[0]);
	CHECK_TEXT(error, expected);
}

/* Addresses 0 to 1023, of which entries have 1, a power of two, or any number in a row, at both ends of all there are, too. */
static void addresses_at_random(void)
{
	static const char script[] =
		"local forms = {\n"
		"  function(n) n = n < 512 and n or n + (1 << 32) - 1024\n"
		"    return ('%d.%d.%d.%d'):format(n >> 24, n >> 16 & 255, n >> 8 & 255, n & 255) end,\n"
		"  function(n) return n < 512 and ('%x:0::%X'):format(n >> 4, n & 15) or ('ffff:%x::%x'):format(n >> 4, n & 15) end,\n"
		"}\n"
		"local prefix = { function(k) return 32 - k end, function(k) return k == 4 and 32 or 128 - k end }\n"
		"for turn = 1, 60 do\n"
		"  local f = turn % 2 + 1\n"
		"  local text, list, naive = forms[f], {}, {}\n"
		"  for i = 1, math.random(0, 80) do\n"
		"    local a, b, k = math.random(0, 1023), nil, math.random(0, 3)\n"
		"    if f == 2 and k == 3 then k = 4 end\n"
		"    if math.random(3) == 1 then a = a & 512 b = a + math.random(0, 15) a = math.random(a, b)\n"
		"      list[#list + 1] = text(a) .. (i % 3 == 0 and ' - ' or '-') .. text(b)\n"
		"    else\n"
		"      list[#list + 1] = k == 0 and i % 2 == 0 and text(a) or text(a) .. '/' .. prefix[f](k)\n"
		"      a = a >> k << k b = a + (1 << k) - 1\n"
		"    end\n"
		"    for x = a, b do naive[x] = true end\n"
		"  end\n"
		"  local s = set.new(list)\n"
		"  for x = 0, 1023 do\n"
		"    if s:has(text(x)) ~= (naive[x] or false) then\n"
		"      error(text(x) .. ' of ' .. table.concat(list, ' ') .. ': ' .. tostring(s:has(text(x))))\n"
		"    end\n"
		"  end\n"
		"  if f == 1 then for x = 0, 511 do assert(s:has(x) == (naive[x] or false)) end end\n"
		"  if f == 2 then assert(not s:has(0) and not set.new(list):has('0.0.0.1')) end\n"
		"end\n";
	unsigned int n;

	for (n = 0; n < test_rounds(20) && !test_failed; n++)
		accept(script, 8 << 20);
}

static void names_at_random(void)
{
	static const char script[] =
		"local labels = { 'a', 'b', 'ba', 'A-b' }\n"
		"local function name(n)\n"
		"  local t = {}\n"
		"  for i = 1, n do t[i] = labels[math.random(#labels)] end\n"
		"  return table.concat(t, '.')\n"
		"end\n"
		"for turn = 1, 30 do\n"
		"  local list = {}\n"
		"  for i = 1, math.random(0, 40) do list[i] = name(math.random(1, 4)) .. (i % 5 == 0 and '.' or '') end\n"
		"  local s = set.names(list)\n"
		"  for i = 1, 200 do\n"
		"    local x, is = name(math.random(0, 6)), false\n"
		"    for _, y in ipairs(list) do\n"
		"      local end_of_x, y = '.' .. x:lower(), '.' .. y:lower():gsub('%.$', '')\n"
		"      is = is or end_of_x:sub(-#y) == y\n"
		"    end\n"
		"    if s:has(i % 2 == 0 and x or x:upper()) ~= is then error(x .. ' of ' .. table.concat(list, ' ')) end\n"
		"  end\n"
		"end\n";
	unsigned int n;

	for (n = 0; n < test_rounds(20) && !test_failed; n++)
		accept(script, PS_SCRIPT_MEMORY);
}

/* As they would come of a file: in order, backwards, and in any order. */
static void many_entries(void)
{
	static const char *const scripts[] = {
		"local function address(i)\n"
		"  local n = i * 40503 % 99991 << 8 \n"
		"  return ('%d.%d.%d.0'):format(n >> 24 & 255, n >> 16 & 255, n >> 8 & 255)\n"
		"end\n"
		"local list = {}\n"
		"for i = 0, last do list[i + 1] = address(i) .. '/25' end\n"
		"collectgarbage() local before = collectgarbage('count')\n"
		"local s = set.new(list)\n"
		"collectgarbage() local size = collectgarbage('count') - before\n"
		"if size > 820 then error(size) end\n"
		"for i = 0, last, 101 do local a = address(i) assert(s:has(a) and not s:has((a:gsub('0$', '128')))) end\n"
		"assert(last < 99999 or s:has('1.2.3.4') and not s:has('1.2.3.128'))\n"
		"assert(s:has('0.0.0.0') and not s:has('2.0.0.0'))\n",
		"local list = {}\n"
		"for i = 0, last do list[i + 1] = ('2001:db8:%x:%x::/64'):format(i * 40503 >> 16 & 65535, i * 40503 & 65535) end\n"
		"collectgarbage() local before = collectgarbage('count')\n"
		"local s = set.new(list)\n"
		"collectgarbage() local size = collectgarbage('count') - before\n"
		"if size > 3230 then error(size) end\n"
		"assert(s:has('2001:db8::1') and s:has('2001:db8:0:9e37::5') and not s:has('2001:db8:0:9e38::5'))\n",
		"local list = {}\n"
		"for i = 0, last do list[i + 1] = ('Host%d.example%d.com'):format(i, i % 1000) end\n"
		"collectgarbage() local before = collectgarbage('count')\n"
		"local s = set.names(list)\n"
		"collectgarbage() local size = collectgarbage('count') - before\n"
		"if size > 3400 then error(size) end\n"
		"for i = 0, last, 7 do assert(s:has(('www.host%d.example%d.com'):format(i, i % 1000))) end\n"
		"assert(not s:has('host1.example2.com') and not s:has('xhost1.example1.com'))\n",
	};
	unsigned int load_ms = ps_limits.load_ms, i;
	char script[1024];

	ps_limits.load_ms *= 20;	/* making the lists takes more than making the sets, and others may use this machine */
	for (i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		snprintf(script, sizeof(script), "local last = %u\n%s", test_rounds(100000) - 1, scripts[i]);
		accept(script, 64 << 20);
	}
	ps_limits.load_ms = load_ms;
}

static void refused_entries(void)
{
	static const char *const no_addresses[] = {
		"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "/8", "10.0.0.9-10.0.0.1", "10.0.0.1-", "10.0.0.1-::2", "1.2.3", "", " ",
		"1.2.3.4/8/9", "1.2.3.4 5", "::/129", "::/0x10", "1.2.3.4/8-9", "2001:db8::1::", "1.2.3.4/008", "1.2.3.4\\0",
	};
	static const char *const no_names[] = { "", ".", "a..b", ".a", "*.a", "a b", "a\\tb", "a.." };
	char script[400];
	size_t i;

	for (i = 0; i < sizeof(no_addresses) / sizeof(*no_addresses); i++) {
		if (!strcmp(no_addresses[i], "1.2.3.4/008"))
			continue;
		snprintf(script, sizeof(script), "\nset.new{ '1.2.3.4', '%s' }", no_addresses[i]);
		refuse(script, "/s/set.lua:2: entry 2 is no address, prefix or range (");
	}
	for (i = 0; i < sizeof(no_names) / sizeof(*no_names); i++) {
		snprintf(script, sizeof(script), "set.names{ '%s' }", no_names[i]);
		refuse(script, "/s/set.lua:1: entry 1 is no domain name (");
	}
	refuse("set.names{ ('a'):rep(64) }", "is no domain name");
	accept("assert(set.names{ ('a'):rep(63) }:has('x.' .. ('a'):rep(63)))", PS_SCRIPT_MEMORY);
	refuse("set.names{ ('abc.'):rep(63) .. 'ab' }", "is no domain name");
	accept("local n = ('abc.'):rep(63) .. 'a' assert(#n == 253 and set.names{ n }:has(n) and set.names{ n }:has(('x.'):rep(300) .. n))",
	       PS_SCRIPT_MEMORY);
	refuse("set.new{ 1 }", "entry 1: string expected, got number");
	refuse("set.new()", "table expected");
	refuse("set.new{}:has({})", "address expected, got table");
	refuse("set.new{}:has(-1)", "not an address of IPv4");
	refuse("set.names{}:has(1)", "name expected, got number");
	refuse("set.new{}.has({}, '')", "set expected");
	refuse("local t = {} for i = 1, 4000 do t[i] = '10.' .. (i >> 8) .. '.' .. (i & 255) .. '.0/25' end\n"
	       "local all = {} while true do all[#all + 1] = set.new(t) end", "not enough memory");
	accept("local t = {} for i = 1, 4000 do t[i] = '10.' .. (i >> 8) .. '.' .. (i & 255) .. '.0/25' end\n"
	       "for i = 1, 100 do local s = set.new(t) assert(s:has('10.0.1.1')) end", PS_SCRIPT_MEMORY);
}

static void misspelt_functions(void)
{
	refuse("\nbytes.nw(5)", "/s/set.lua:2: 'bytes' has no 'nw'; did you mean 'new'?");
	refuse("local f = bytes.many_to_onee", "'bytes' has no 'many_to_onee'; did you mean 'many_to_one'?");
	refuse("set.naems{}", "'set' has no 'naems'; did you mean 'names'?");
	refuse("nf.lgo('info')", "'nf' has no 'lgo'; did you mean 'log'?");
	refuse("pcall(set.Newt)", "'set' has no 'Newt'; did you mean 'new'?");
	refuse("set.anything{}", "attempt to call a nil value (field 'anything')");
	accept("assert(not set.nams and (set.nams or set.new) == set.new and set.nams == nil and set[1] == nil and set.n == nil)\n"
	       "if nf.lgo then error('there') end set.nams = 5 assert(set.nams == 5 and rawget(set, 'new'))", PS_SCRIPT_MEMORY);
}

const struct test set_tests[] = {
	{ "set: addresses, prefixes and ranges at random", addresses_at_random },
	{ "set: names at random", names_at_random },
	{ "set: 100,000 entries", many_entries },
	{ "set: what is no entry is refused", refused_entries },
	{ "set: functions of libraries that are misspelt are told", misspelt_functions },
	{ NULL },
};
