/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What goes along with a packet: asked for by a method, by its C function, and in compiled code. */
#include "accompanied.h"
#include "script.h"
#include "test.h"

/* In front of each script: ask() takes the ordinary way, which a method called in a handler needs not. */
#define ASK	"local function ask(p, name, ...) return select(2, pcall(p[name], p, ...)) end\n" \
		"local function says(got, ...)\n" \
		"  for i, x in ipairs{ ... } do if not tostring(got):find(x, 1, true) then error(tostring(got) .. ' is not ' .. x, 0) end end\n" \
		"end\n"

static const struct shape udp = { .protocol = 17, .payload = 30, .ethernet = true };

static void load(struct ps_script *s, const char *text)
{
	CHECK_INT(ps_script_init(s, 0, true), 0);
	CHECK_INT(ps_script_load(s, 0, "/s/company.lua", text, strlen(text)), 0);
	CHECK_TEXT(s->error, "");
}

static void check_call(struct ps_script *s, const char *function, struct ps_packet *pkt)
{
	int handler = ps_script_find(s, 0, function);
	uint16_t queue;

	CHECK(handler >= 0);
	CHECK_INT(ps_script_run(s, handler, pkt, &queue), PS_VERDICT_ACCEPT);
	CHECK_TEXT(s->error, "");
	if (s->error[0])
		printf("# %s\n", s->error);
	s->error[0] = 0;
}

static void scripts_ask(void)
{
	static const char script[] = ASK
		"function known(p)\n"
		"  local ip = p:data(packet_eth):data(packet_ip)\n"
		"  assert(p:mark() == 0xFFFFFFFF and p:priority() == 6 and p:uid() == 1000)\n"
		"  assert(p:dev_in() == 'rA' and p:dev_out() == 'rB' and p:hook() == 'FORWARD' and p:len() == 72 and #p == 72)\n"
		"  assert(ip:mark() == 0xFFFFFFFF and ip:ttl():hook() == 'FORWARD' and ip:len() == 72 and #ip < 72)\n"
		"  local b, o = ('r'):rep(1), {}\n"
		"  for _, name in ipairs{ 'mark', 'priority', 'uid', 'dev_in', 'dev_out', 'hook', 'len' } do o[#o + 1] = tostring(ask(p, name)) end\n"
		"  says(table.concat(o, ' '), '4294967295 6 1000 rA rB FORWARD 72')\n"
		"  return NF_ACCEPT\n"
		"end\n"
		"function unknown(p)\n"
		"  assert(p:mark() == nil and p:priority() == nil and p:uid() == nil)\n"
		"  assert(p:dev_in() == nil and p:dev_out() == nil and p:hook() == nil and p:len() == 72)\n"
		"  for _, name in ipairs{ 'mark', 'priority', 'uid', 'dev_in', 'dev_out', 'hook' } do assert(ask(p, name) == nil, name) end\n"
		"  return NF_ACCEPT\n"
		"end\n"
		"function asks_nothing(p) return p.ip.ttl and #p == 72 and p:len() == 72 and NF_ACCEPT end\n"
		"function endless(p) assert(#p:dev_in() == 16 and #ask(p, 'dev_in') == 16) return NF_ACCEPT end\n";
	static const char endless[] = "a device's name has no end";
	struct accompanied a;
	struct ps_script s;

	load(&s, script);
	make_accompanied(&udp, &a);
	check_call(&s, "asks_nothing", &a.pkt);
	CHECK_INT(a.asked, 0);
	check_call(&s, "known", &a.pkt);
	CHECK_INT(a.asked, 8 + 6);
	a.name[PS_COMPANY_DEV_IN] = endless;
	check_call(&s, "endless", &a.pkt);
	memset(a.is_known, 0, sizeof(a.is_known));
	memset(a.name, 0, sizeof(a.name));
	check_call(&s, "unknown", &a.pkt);
	a.ops.company = NULL;
	check_call(&s, "unknown", &a.pkt);
	ps_script_clean(&s);
	free(a.data);
}

static void scripts_set(void)
{
	static const char script[] = ASK
		"function sets(p)\n"
		"  p:mark(7)\n"
		"  assert(p:mark() == 7 and p:mark(0xFFFFFFFF) == 0xFFFFFFFF and p:mark() == 0xFFFFFFFF)\n"
		"  assert(ask(p, 'priority', '9') == 9 and p:priority() == 9 and ask(p, 'mark', 0) == 0 and p:mark() == 0)\n"
		"  p:mark(p:priority() + 1)\n"
		"  return NF_ACCEPT\n"
		"end\n"
		"function refused(p)\n"
		"  says(select(2, pcall(function() p:mark(-1) end)), 'company.lua', 'mark: the value does not fit into 32 bits')\n"
		"  says(select(2, pcall(function() return p:priority(1 << 32) end)), 'priority: the value does not fit into 32 bits')\n"
		"  for _, wrong in ipairs{ 'x', {}, true, p } do says(ask(p, 'mark', wrong), 'number expected') end\n"
		"  says(ask(p, 'mark', nil), 'number expected, got nil')\n"
		"  assert(p:uid(5) == 1000 and ask(p, 'hook', 5) == 'FORWARD' and ask(p, 'len', 1) == 72)\n"
		"  return NF_ACCEPT\n"
		"end\n"
		"function read_only(p)\n"
		"  says(select(2, pcall(function() p:mark(1) end)), 'the packet is read-only')\n"
		"  says(ask(p, 'priority', 1), 'the packet is read-only')\n"
		"  assert(p:mark() == 10)\n"
		"  return NF_ACCEPT\n"
		"end\n"
		"function cannot(p)\n"
		"  says(select(2, pcall(function() p:mark(1) end)), 'mark: it cannot be set here')\n"
		"  return NF_ACCEPT\n"
		"end\n"
		"function has_none(p)\n"
		"  says(select(2, pcall(function() p:mark(1) end)), 'mark: there is none to set')\n"
		"  return NF_ACCEPT\n"
		"end\n";
	struct accompanied a;
	struct ps_script s;

	load(&s, script);
	make_accompanied(&udp, &a);
	check_call(&s, "refused", &a.pkt);
	CHECK_INT(a.number[PS_COMPANY_MARK], 0xFFFFFFFF);
	CHECK_INT(a.number[PS_COMPANY_PRIORITY], 6);
	check_call(&s, "sets", &a.pkt);
	CHECK_INT(a.number[PS_COMPANY_MARK], 10);
	CHECK_INT(a.number[PS_COMPANY_PRIORITY], 9);
	a.ops.is_read_only = true;
	check_call(&s, "read_only", &a.pkt);
	a.ops.is_read_only = false;
	a.refuses = true;
	check_call(&s, "cannot", &a.pkt);
	a.ops.company = NULL;
	check_call(&s, "has_none", &a.pkt);
	CHECK_INT(a.number[PS_COMPANY_MARK], 10);
	ps_script_clean(&s);
	free(a.data);
}

/* Byte arrays that are seen as packets have none; fields of that name are fields. */
static void others_have_none(void)
{
	static const char script[] = ASK
		"register_dynamic_protbuf { name = 'packet_made_up', protocol_fields = { { 'len', 0, 8 }, { 'mark', 8, 8 } } }\n"
		"local array = bytes.to_packet(bytes.new(24), packet_ip)\n"
		"local tunnel = bytes.new(40)\n"
		"tunnel[0], tunnel[3], tunnel[9], tunnel[21] = 0x45, 40, 51, 1\n"
		"function process_packet(p)\n"
		"  assert(p:mark() == 0xFFFFFFFF and array:mark() == nil and array:hook() == nil and array:len() == 24)\n"
		"  assert(p:hook() == 'FORWARD' and p:len() == 72)\n"
		"  says(ask(array, 'mark', 1), 'there is none to set')\n"
		"  local ah = bytes.to_packet(tunnel, packet_ip):data(packet_ah)\n"
		"  assert(ah.len == 1 and ah:len():get() == 1 and ah:mark() == nil)\n"
		"  local made_up = p.udp:data(packet_made_up)\n"
		"  assert(made_up.len[0] == made_up:len():get()[0] and made_up:mark():get()[0] and made_up:priority() == 6)\n"
		"  return NF_ACCEPT\n"
		"end\n";
	struct accompanied a;
	struct ps_script s;

	load(&s, script);
	make_accompanied(&udp, &a);
	check_call(&s, "process_packet", &a.pkt);
	CHECK_INT(a.number[PS_COMPANY_MARK], 0xFFFFFFFF);
	ps_script_clean(&s);
	free(a.data);
}

static void nothing_is_allocated(void)
{
	static const char script[] =
		"local seen = {}\n"
		"function process_packet(p)\n"
		"  p:mark(p:priority() | 1 << 20)\n"
		"  if p:dev_in() == 'rA' and p:hook() == 'FORWARD' and p:uid() == 1000 then seen[p:dev_out()] = p:mark() end\n"
		"  return NF_ACCEPT\n"
		"end\n";
	unsigned long allocations = 0;
	struct accompanied a;
	struct ps_script s;
	uint16_t queue;
	int i, handler;

	load(&s, script);
	make_accompanied(&udp, &a);
	handler = ps_script_find(&s, 0, "process_packet");
	for (i = 0; i < 2000; i++) {
		if (i == 10)
			allocations = s.bind.rt.allocations;
		CHECK_INT(ps_script_run(&s, handler, &a.pkt, &queue), PS_VERDICT_ACCEPT);
	}
	CHECK_INT(s.bind.rt.allocations, allocations);
	CHECK_INT(a.number[PS_COMPANY_MARK], 1 << 20 | 6);
	ps_script_clean(&s);
	free(a.data);
}

/* Packets of captures and of tests. */
static void buffers_have_two_numbers(void)
{
	static const char script[] = ASK
		"function process_packet(p)\n"
		"  assert(p:mark() == 0 and p:priority() == 0 and p:uid() == nil and p:dev_in() == nil and p:dev_out() == nil)\n"
		"  assert(p:hook() == nil)\n"
		"  p:mark(5) p:priority(6)\n"
		"  assert(p:mark() == 5 and p:priority() == 6)\n"
		"  return NF_ACCEPT\n"
		"end\n"
		"function match_packet(p) says(ask(p, 'mark', 1), 'read-only') return p:mark() == 5 and p:priority() == 6 end\n";
	struct ps_buffer buffer;
	struct ps_packet pkt;
	struct ps_script s;
	struct layout at;
	uint8_t *data = make_packet(&udp, &pkt, &at);

	load(&s, script);
	ps_buffer_init_room(&buffer, data, at.len, at.len, 14, 0x0800);
	ps_buffer_accompany(&buffer);
	check_call(&s, "process_packet", &buffer.pkt);
	CHECK_INT(buffer.mark, 5);
	CHECK_INT(buffer.priority, 6);
	ps_buffer_protect(&buffer.pkt);
	CHECK_INT(ps_script_match(&s, ps_script_find(&s, 0, "match_packet"), &buffer.pkt), PS_ANSWER_YES);
	CHECK_TEXT(s.error, "");
	ps_script_clean(&s);
	free(data);
}

const struct test company_tests[] = {
	{ "company: scripts ask for what goes along with a packet", scripts_ask },
	{ "company: scripts set its mark and its priority", scripts_set },
	{ "company: bytes that are no packet have none, and fields are fields", others_have_none },
	{ "company: nothing is allocated for a packet that is asked", nothing_is_allocated },
	{ "company: packets off the kernel have a mark and a priority", buffers_have_two_numbers },
	{ NULL },
};
