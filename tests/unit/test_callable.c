/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The rows of what scripts may call say what is so: all of them are called, rightly and wrongly, by pcall(), which calls the
 * C function, and as methods in code, which the interpreter may do without it.
 */
#include <stdlib.h>

#include "callable.h"
#include "defer.h"
#include "accompanied.h"
#include "deferred.h"
#include "script.h"
#include "shared.h"
#include "shared_store.h"
#include "test.h"

/* The script's text is the rows as a table, then this. Each packet is for one of them, of one owner. */
static const char calls[] =
	"local owners = {\n"	/* in the order of enum ps_owner's bits */
	"  function(p) return p:raw(0, #p) end, function(p) return p:data(packet_ip) end,\n"
	"  function(p) return p:data(packet_ip):check() end, function(p) return p:data(packet_ip):options() end,\n"
	"  function() return bytes.new_from_string('FFFFFFFFFF') end, function() return nil end,\n"
	"  function(p) return p:data(packet_ip):data(packet_udp):data() end, function() return set.new{ '10.0.0.0/8' } end,\n"
	"  function() local t = shared.table 't' t.name = 1 return t end, function() local q = shared.queue 'q' q:send(1) return q end,\n"
	"  function() return nf.timer(1000, print) end,\n"
	"  function(p) return p:flow() end,\n"
	"  function(p) return p:ct() end,\n"
	"  function(p) return p:ct():reply() end,\n"
	"}\n"
	"local operators = {\n"
	"  __len = function(v) return #v end, __tostring = tostring, __eq = function(v, x) return v == x end,\n"
	"  __concat = function(v, x) return v .. x end, __index = function(v, k) return v[k] end,\n"
	"  __newindex = function(v, k, x) v[k] = x end,\n"
	"  ttl = function(v) return v:ttl() end,\n"
	"}\n"
	"local function is_array(x) return x.string and #x:string() == #x and not tostring(x):find('packet_') end\n"
	"local function is_of(pattern) return function(x) return tostring(x):find(pattern) and true end end\n"
	"local function is(type_name) return function(x) return type(x) == type_name end end\n"
	"local results = {\n"
	"  integer = is 'number', boolean = is 'boolean', string = is 'string', array = is_array,\n"
	"  value = function(x) return type(x) == 'number' or is_array(x) end,\n"
	"  shared_table = is_of '^shared.table', shared_queue = is_of '^shared.queue', shared = is 'number',\n"
	"  set = function(x) return getmetatable(x) == 'set' end, timer = function(x) return getmetatable(x) == 'timer' end, flow = function(x) return getmetatable(x) == 'flow' end, ct = is_of '^ct:', ct_tuple = is_of '^ct.tuple:', raw = is_of '^packet_raw offset', view = is_of '^packet_%w+ offset', field = is_of '^packet_%w+%.%w+ offset',\n"
	"}\n"
	"local cases, at = {}, 0\n"
	"for _, row in ipairs(rows) do\n"
	"  for i, owner in ipairs(owners) do\n"
	"    if row.of >> i - 1 & 1 == 1 then cases[#cases + 1] = { row, owner } end\n"
	"  end\n"
	"end\n"
	"function process_packet(p)\n"
	"  at = at + 1\n"
	"  if not cases[at] then return NF_DROP end\n"
	"  handled = p\n"
	"  for i, x in ipairs(cases[at][1]) do if x == a_packet then cases[at][1][i] = p end end\n"
	"  local row, v = cases[at][1], cases[at][2](p) or _G[cases[at][1].library]\n"
	"  local f, is_function, what = operators[row.name], row.library, row.name .. ' of ' .. tostring(v)\n"
	"  local function call(arguments)\n"
	"    local g = f or row.called or v[row.name]\n"
	"    if not g then error(what .. ': there is none') end\n"
	"    if is_function then return pcall(g, table.unpack(arguments)) end\n"
	"    return pcall(g, v, table.unpack(arguments))\n"
	"  end\n"
	"  for n = 0, #row do\n"
	"    local given = {}\n"
	"    for i = 1, n do given[i] = row[i] end\n"
	"    if n < row.needed and not f and call(given) then error(what .. ' takes ' .. n .. ' arguments') end\n"
	"    if n > 0 and not f and row[n] ~= print then\n"
	"      given[n] = print\n"	/* which nothing takes */
	"      if call(given) then error(what .. ' takes any argument ' .. n) end\n"
	"    end\n"
	"  end\n"
	"  local function check(n, answer)\n"
	"    if not answer[1] then error(what .. ' with ' .. n .. ' arguments: ' .. answer[2]) end\n"
	"    if answer.n - 1 ~= (row.result and 1 or 0) then error(what .. ' gives ' .. answer.n - 1) end\n"
	"    if row.result and not results[row.result](answer[2]) then\n"
	"      error(what .. ' gives no ' .. row.result .. ' but ' .. tostring(answer[2]))\n"
	"    end\n"
	"  end\n"
	"  if row.reads_file then\n"
	"    local works, why = call(row)\n"
	"    if works or not why:find('is for when the script is loaded') then error(what .. ' works on a packet') end\n"
	"    return NF_ACCEPT\n"
	"  end\n"
	"  for n = row.needed, #row do\n"
	"    check(n, table.pack(call({ table.unpack(row, 1, n) })))\n"
	"    if not f or row.name == 'ttl' then check(n, table.pack(pcall(row.written[n], v))) end\n"
	"  end\n"
	"  return NF_ACCEPT\n"
	"end\n";

/* What a type is called there, and an argument of it as Lua, where the packet is 'handled': what changes nothing where it says how long the packet is. */
static const struct {
	const char *name, *argument;
} types[PS_LUA_TYPES] = {
	[PS_LUA_INTEGER] = { "integer", "1" },
	[PS_LUA_SIZE] = { "integer" },
	[PS_LUA_BYTE] = { "integer", "7" },
	[PS_LUA_SETTING] = { NULL, "7" },
	[PS_LUA_PROTOCOL] = { NULL, "packet_raw" },
	[PS_LUA_BOOLEAN] = { "boolean" },
	[PS_LUA_STRING] = { "string", "'text'" },
	[PS_LUA_FILE] = { NULL, "'list'" },
	[PS_LUA_NAME] = { NULL, "'ttl'" },
	[PS_LUA_VALUE] = { "value", "5" },
	[PS_LUA_NUMBER] = { "integer" },
	[PS_LUA_ARRAY] = { "array", "bytes.new(1)" },
	[PS_LUA_TEXT] = { NULL, "'\\x46'" },
	[PS_LUA_CONTENT] = { NULL, "'other'" },
	[PS_LUA_HANDLED] = { NULL, "handled" },
	[PS_LUA_VIEW] = { NULL, "bytes.to_packet(bytes.new(4), packet_raw)" },
	[PS_LUA_PACKET] = { "view" },
	[PS_LUA_STRINGS] = { NULL, "{ '10.0.0.1' }" },
	[PS_LUA_SET] = { "set" },
	[PS_LUA_MEMBER] = { NULL, "'10.0.0.1'" },
	[PS_LUA_TEXTS] = { NULL, "{ 'text', bytes.new(1) }" },
	[PS_LUA_RAW] = { "raw" },
	[PS_LUA_PAYLOAD] = { "view" },
	[PS_LUA_FIELD] = { "field" },
	[PS_LUA_KEY] = { NULL, "'name'" },
	[PS_LUA_SHARED_TABLE] = { "shared_table" },
	[PS_LUA_SHARED_QUEUE] = { "shared_queue" },
	[PS_LUA_SHAREABLE] = { NULL, "7" },
	[PS_LUA_SHARED] = { "shared" },
	[PS_LUA_OPTIONS] = { NULL, "{ ttl = 5000 }" },
	[PS_LUA_ITERATOR] = { "function" },
	[PS_LUA_UNIT] = { NULL, "'ns'" },
	[PS_LUA_LEVEL] = { NULL, "'debug'" },
	[PS_LUA_FUNCTION] = { NULL, "print" },
	[PS_LUA_TIMER] = { "timer" },
	[PS_LUA_REST] = { NULL, "print" },
	[PS_LUA_ANYTHING] = { NULL, "print" },
	[PS_LUA_IP_PACKET] = { NULL, "('\\x45' .. ('\\0'):rep(19))" },
	[PS_LUA_PARTS] = { NULL, "{ '\\x45', bytes.new(19), mark = 1 }" },
	[PS_LUA_FLOW] = { "flow" },
	[PS_LUA_CT] = { "ct" },
	[PS_LUA_CT_TUPLE] = { "ct_tuple" },
	[PS_LUA_NAT] = { NULL, "{ dnat = '10.0.0.5-10.0.0.9', port = '80-90', random = true }" },
	[PS_LUA_CT_STATUS] = { NULL, "'assured'" },
	[PS_LUA_FLOW_OPTIONS] = { NULL, "{ udp = 1000 }" },
	[PS_LUA_VERDICT] = { NULL, "true" },	/* of a match: the packets that follow run the handler all the same */
	[PS_LUA_LIMIT] = { NULL, "{ rate = 100, key = 'k' }" },
};

/* A function that calls it with so many arguments, as scripts do. Not in a return: that would be another kind of call. */
static void add_call(FILE *to, const struct ps_callable *row, const char *name, int count)
{
	int i;

	fprintf(to, "[%d] = function(v) %sv%s%s(", count, row->result ? "local x = " : "if select('#', ",
		row->of == PS_OF_LIBRARY ? "." : ":", name);
	for (i = 0; i < count; i++)
		fprintf(to, "%s%s", i ? ", " : "", types[row->arguments[i].type].argument);
	fprintf(to, ")%s end, ", row->result ? " return x" : ") > 0 then error('gives a value') end");
}

static int add_row(FILE *to, const struct ps_callable *row, const char *name)
{
	int i, needed = 0, cases = 0;

	fprintf(to, "{ name = '%s', of = %u, ", name, row->of);
	if (row->of == PS_OF_LIBRARY)
		fprintf(to, "library = '%s', ", ps_callable_library(row));
	for (i = 0; i < PS_ARGUMENTS_MAX && row->arguments[i].name; i++) {
		const struct ps_argument *argument = &row->arguments[i];

		CHECK(types[argument->type].argument);
		CHECK(!i || argument->is_optional || !row->arguments[i - 1].is_optional);
		fprintf(to, "%s, ", types[argument->type].argument);
		if (argument->type == PS_LUA_FILE)
			fprintf(to, "reads_file = true, ");
		needed += !argument->is_optional;
	}
	fprintf(to, "written = { ");
	for (; i >= needed; i--)
		add_call(to, row, name, i);
	fprintf(to, "}, needed = %d", needed);
	if (row->of == PS_OF_SHARED_TABLE && !ps_callable_is_operator(row))	/* what such a table has by a name is an entry */
		fprintf(to, ", called = function(v, ...) return v:%s(...) end", name);
	if (row->result) {
		CHECK(types[row->result].name);
		fprintf(to, ", result = '%s'", types[row->result].name);
	}
	fprintf(to, " },\n");
	CHECK(row->about && row->about[0] && row->about[strlen(row->about) - 1] != '.');
	CHECK(row->result || !row->nil_if);
	for (i = 0; row->of >> i; i++)
		cases += row->of >> i & 1;
	CHECK(cases);
	return cases;
}

static int add_rows(FILE *to, const struct ps_callable *row)
{
	int cases = 0;

	for (; row->method.name; row++)
		cases += add_row(to, row, row->method.name);
	return cases;
}

static uint8_t *make_draft(struct ps_sender *sender, uint32_t len)
{
	static uint8_t draft[64];

	(void)sender;
	return len <= sizeof(draft) ? draft : NULL;
}

static const char *lose(struct ps_sender *sender, const struct ps_message *message)
{
	(void)sender;
	(void)message;
	return NULL;
}

static const struct ps_sender_ops sender_ops = { .draft = make_draft, .send = lose };
static struct ps_sender sender = { &sender_ops };

static void rows_are_so(void)
{
	static const struct shape shape = { .protocol = 17, .payload = 30, .ihl = 6 };
	struct ps_shared_space *space = ps_shared_space_new();
	struct accompanied a;
	struct ps_script s;
	uint16_t queue;
	size_t size;
	int n, handler, cases = 0;
	struct ps_defer defer;
	char *text;
	const struct ps_library *library;
	FILE *to = open_memstream(&text, &size);

	fprintf(to, "handled = {}\nlocal a_packet, rows = handled, {\n");
	cases += add_rows(to, ps_view_methods);
	cases += add_rows(to, ps_array_methods);
	cases += add_rows(to, ps_set_methods);
	cases += add_rows(to, ps_shared_table_methods);
	cases += add_rows(to, ps_shared_queue_methods);
	cases += add_rows(to, ps_timer_methods);
	cases += add_rows(to, ps_flow_methods);
	cases += add_rows(to, ps_ct_methods);
	cases += add_rows(to, ps_ct_tuple_methods);
	for (library = ps_libraries; library->name; library++)
		cases += add_rows(to, library->rows);
	cases += add_row(to, &ps_field_getter, "ttl");
	fprintf(to, "}\n%s", calls);
	fclose(to);

	CHECK_INT(ps_script_init(&s, 0, true), 0);
	s.bind.sender = &sender;
	ps_shared_join(&s.bind, space);
	ps_shared_space_put(space);
	ps_defer_init(&defer, &deferred_ops);
	ps_defer_open(&defer);
	s.bind.defer = &defer;
	CHECK_INT(ps_script_load(&s, 0, "/s/rows.lua", text, size), 0);
	CHECK_TEXT(s.error, "");
	handler = ps_script_find(&s, 0, "process_packet");
	CHECK(handler >= 0 && cases > 40);
	for (n = 0; handler >= 0 && n <= cases; n++) {
		make_accompanied(&shape, &a);
		CHECK_INT(ps_script_run(&s, handler, &a.pkt, &queue), n < cases ? PS_VERDICT_ACCEPT : PS_VERDICT_DROP);
		CHECK_TEXT(s.error, "");
		if (s.error[0])
			printf("# %s\n", s.error);
		s.error[0] = 0;
		free(a.data);
	}
	ps_script_clean(&s);
	ps_defer_close(&defer);
	free(text);
}

const struct test callable_tests[] = {
	{ "callable: all rows take and give what they say", rows_are_so },
	{ NULL },
};
