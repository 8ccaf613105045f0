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
static void scripts_redirect(void)
{
	static const char script[] = ASK
		"function sends(p)\n"
		"  return nf.redirect(p:data(packet_ip), 'eth1')\n"
		"end\n"
		"function refused(p)\n"
		"  says(select(2, pcall(function() return nf.redirect(p, 'eth2') end)), 'redirect: eth2: it does not want to')\n"
		"  says(select(2, pcall(nf.redirect, p)), 'string expected')\n"
		"  return NF_ACCEPT\n"
		"end\n"
		"function of_bytes(p)\n"
		"  local ip = bytes.to_packet(bytes.new(20), packet_ip)\n"
		"  return nf.redirect(ip, 'eth4')\n"
		"end\n"
		"function nowhere(p)\n"
		"  says(select(2, pcall(function() return nf.redirect(p, 'eth3') end)), 'only at tc and XDP')\n"
		"  return NF_ACCEPT\n"
		"end\n";
	const struct ps_company_ops *company;
	struct accompanied a;
	struct ps_script s;
	uint16_t queue;
	int handler;

	load(&s, script);
	make_accompanied(&udp, &a);
	handler = ps_script_find(&s, 0, "sends");
	CHECK_INT(ps_script_run(&s, handler, &a.pkt, &queue), PS_VERDICT_REDIRECT);
	CHECK_TEXT(a.device, "eth1");
	a.refuses = true;
	check_call(&s, "refused", &a.pkt);
	company = a.ops.company;
	a.ops.company = NULL;
	check_call(&s, "nowhere", &a.pkt);
	a.refuses = false;
	a.ops.company = company;
	handler = ps_script_find(&s, 0, "of_bytes");
	CHECK_INT(ps_script_run(&s, handler, &a.pkt, &queue), PS_VERDICT_ERROR);
	CHECK(strstr(s.error, "redirect: eth4: only at tc and XDP"));
	CHECK_TEXT(a.device, "eth2");
	free(a.data);
	ps_script_clean(&s);
}

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

/* For two thousand packets that the script accepts, but the first of them. */
static void check_allocates_nothing(const char *text, struct accompanied *a)
{
	unsigned long allocations = 0;
	struct ps_script s;
	uint16_t queue;
	int i, handler;

	load(&s, text);
	handler = ps_script_find(&s, 0, "process_packet");
	for (i = 0; i < 2000; i++) {
		if (i == 10)
			allocations = s.bind.rt.allocations;
		CHECK_INT(ps_script_run(&s, handler, &a->pkt, &queue), PS_VERDICT_ACCEPT);
	}
	CHECK_INT(s.bind.rt.allocations, allocations);
	ps_script_clean(&s);
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
	struct accompanied a;

	make_accompanied(&udp, &a);
	check_allocates_nothing(script, &a);
	CHECK_INT(a.number[PS_COMPANY_MARK], 1 << 20 | 6);
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

/*
 * Connection tracking.
 */
static void scripts_ask_of_connections(void)
{
	static const char script[] = ASK
		"function known(p)\n"
		"  local ct = p:ct()\n"
		"  local o, r = ct:original(), ct:reply()\n"
		"  assert(ct:state() == 'established' and ct:direction() == 'reply' and ct:mark() == 0xFFFFFFFF)\n"
		"  assert(ct:status() == 'seen-reply,assured,confirmed' and ct:is('assured') and not ct:is('snat'))\n"
		"  assert(ct:id() == 0xDEADBEEF and ct:zone() == 5 and ct:expiration() == 30)\n"
		"  assert(ct:packets() == 5 and ct:bytes() == 5000000120)\n"
		"  assert(o:saddr() == '10.0.0.1' and o:daddr() == '10.0.0.2' and o:sport() == 40000 and o:dport() == 53)\n"
		"  assert(o:protocol() == 17 and o:packets() == 3 and o:bytes() == 5000000000)\n"
		"  assert(r:saddr() == '10.0.0.3' and r:daddr() == '10.0.0.1' and r:sport() == 5353 and r:dport() == 40000)\n"
		"  assert(r:packets() == 2 and r:bytes() == 120 and p.ip:ttl():ct() == ct)\n"
		"  assert(ct:mark(7) == 7 and ct:mark() == 7 and ct:mark(0xFFFFFFFF) == 0xFFFFFFFF)\n"
		"  return NF_ACCEPT\n"
		"end\n"
		"function refused(p)\n"
		"  local ct = p:ct()\n"
		"  says(ask(ct, 'mark', -1), 'does not fit into 32 bits')\n"
		"  says(ask(ct, 'mark', 1 << 32), 'does not fit into 32 bits')\n"
		"  for _, wrong in ipairs{ 'x', {}, true, p } do says(ask(ct, 'mark', wrong), 'number expected') end\n"
		"  says(ask(ct, 'is', 'asured'), \"no bit 'asured'\", 'there are expected, seen-reply')\n"
		"  says(ask(ct, 'is'), 'string expected')\n"
		"  for _, wrong in ipairs{ p, 1, 'x', {}, ct:reply() } do says(select(2, pcall(ct.state, wrong)), 'ct expected') end\n"
		"  says(select(2, pcall(ct:reply().saddr, ct)), 'ct tuple expected')\n"
		"  says(select(2, pcall(function() ct.x = 1 end)), 'ct')\n"
		"  assert(ct.nothing == nil)\n"
		"  return NF_ACCEPT\n"
		"end\n"
		"function read_only(p) assert(p:ct():mark() == 0xFFFFFFFF) says(ask(p:ct(), 'mark', 1), 'the packet is read-only') return NF_ACCEPT end\n"
		"function six(p)\n"
		"  local o = p:ct():original()\n"
		"  assert(o:saddr() == 'fd00::1' and o:daddr() == '::' and o:sport() == nil and o:dport() == nil and o:protocol() == 58)\n"
		"  return NF_ACCEPT\n"
		"end\n"
		"function uncounted(p)\n"
		"  local ct = p:ct()\n"
		"  assert(ct:bytes() == nil and ct:packets() == nil and ct:reply():bytes() == nil and ct:id() == nil)\n"
		"  return NF_ACCEPT\n"
		"end\n"
		"function none(p)\n"
		"  local ct = p:ct()\n"
		"  assert(ct:state() == kind, ct:state())\n"
		"  for _, name in ipairs{ 'direction', 'mark', 'status', 'id', 'zone', 'expiration', 'bytes', 'packets' } do assert(ct[name](ct) == nil, name) end\n"
		"  for _, d in ipairs{ ct:original(), ct:reply() } do\n"
		"    for _, name in ipairs{ 'saddr', 'daddr', 'sport', 'dport', 'protocol', 'bytes', 'packets' } do assert(d[name](d) == nil, name) end\n"
		"  end\n"
		"  assert(ct:is('assured') == false)\n"
		"  says(ask(ct, 'mark', 1), 'has no connection that could have one')\n"
		"  return NF_ACCEPT\n"
		"end\n"
		"function untracked(p) kind = 'untracked' return none(p) end\n"
		"function invalid(p) kind = 'invalid' return none(p) end\n"
		"function unknown(p) assert(p:ct() == nil and ask(p.ip, 'ct') == nil) return NF_ACCEPT end\n";
	struct accompanied a;
	struct ps_script s;

	load(&s, script);
	make_accompanied(&udp, &a);
	check_call(&s, "known", &a.pkt);
	check_call(&s, "refused", &a.pkt);
	a.ops.is_read_only = true;
	check_call(&s, "read_only", &a.pkt);
	a.ops.is_read_only = false;
	a.has_no[PS_CT_BYTES] = a.has_no[PS_CT_PACKETS] = a.has_no[PS_CT_ID] = true;
	check_call(&s, "uncounted", &a.pkt);
	a.tuple[0] = (struct ps_ct_tuple){ { { 0xFD, [15] = 1 }, { 0 } }, { 128, 0 }, false, 6, 58 };
	check_call(&s, "six", &a.pkt);
	a.ct_info = PS_CT_UNTRACKED;
	check_call(&s, "untracked", &a.pkt);
	a.ct_info = PS_CT_INVALID;
	check_call(&s, "invalid", &a.pkt);
	a.ct_info = 100;	/* a kernel has more of them */
	check_call(&s, "invalid", &a.pkt);
	a.is_tracked = false;
	check_call(&s, "unknown", &a.pkt);
	a.ops.company = NULL;
	check_call(&s, "unknown", &a.pkt);
	ps_script_clean(&s);
	free(a.data);
}

/* They ask the packet, so what is kept of one says nothing of a later one that did not ask, nor of bytes that are no packet. */
static void connections_end_with_the_packet(void)
{
	static const char script[] = ASK
		"function keeps(p) kept, way = p:ct(), p:ct():reply() return NF_ACCEPT end\n"
		"function uses(p)\n"
		"  for _, name in ipairs{ 'state', 'mark', 'status', 'reply', 'bytes' } do says(ask(kept, name), 'packet is gone') end\n"
		"  says(ask(kept, 'mark', 1), 'packet is gone')\n"
		"  for _, name in ipairs{ 'saddr', 'dport', 'bytes' } do says(ask(way, name), 'packet is gone') end\n"
		"  return NF_ACCEPT\n"
		"end\n"
		"function other(p)\n"
		"  local ct = p:ct()\n"
		"  local ip = bytes.to_packet(bytes.new_from_string('\\x45' .. ('\\0'):rep(19)), packet_ip)\n"
		"  assert(ip:ct() == nil)\n"
		"  assert(ip.ihl == 5, ip.ihl)\n"
		"  assert(ct:state() == 'established')\n"
		"  assert(ip.ihl == 5, ip.ihl)\n"
		"  assert(ct:reply():saddr() == '10.0.0.3')\n"
		"  return NF_ACCEPT\n"
		"end\n";
	struct accompanied a;
	struct ps_script s;

	load(&s, script);
	make_accompanied(&udp, &a);
	check_call(&s, "keeps", &a.pkt);
	check_call(&s, "uses", &a.pkt);
	check_call(&s, "other", &a.pkt);
	ps_script_clean(&s);
	free(a.data);
}

static void scripts_translate(void)
{
	static const char script[] = ASK
		"function dnat(p) assert(nf.nat(p, { dnat = '10.0.0.5-10.0.0.9', port = '8000-8099', random = true }) == true) return NF_ACCEPT end\n"
		"function snat(p) assert(nf.nat(p, { snat = 'fd00::1', port = 65535, persistent = true, masquerade = false })) return NF_ACCEPT end\n"
		"function masquerade(p) assert(nf.nat(p, { masquerade = true })) return NF_ACCEPT end\n"
		"function no(p) local ok, why = nf.nat(p, { dnat = '10.0.0.5' }) assert(ok == nil and why == 'it does not want to') return NF_ACCEPT end\n"
		"function wrong(p)\n"
		"  local function refuses(text, options) says(select(2, pcall(nf.nat, p, options)), text) end\n"
		"  refuses('give one of dnat', {})\n"
		"  refuses('give one of dnat', { dnat = '10.0.0.5', snat = '10.0.0.5' })\n"
		"  refuses('give one of dnat', { dnat = '10.0.0.5', masquerade = true })\n"
		"  refuses('table expected', 'x') refuses('table expected', nil)\n"
		"  says(select(2, pcall(nf.nat, {}, {})), 'packet object expected') says(select(2, pcall(nf.nat)), 'packet object expected')\n"
		"  local ok, why = nf.nat(bytes.to_packet(bytes.new(20), packet_ip), { dnat = '10.0.0.5' })\n"
		"  assert(ok == nil and why == 'connections are not translated here')\n"
		"  for _, x in ipairs{ '10.0.0', '10.0.0.5-', '-10.0.0.5', '-', '', '10.0.0.1-10.0.0.2-10.0.0.3', '10.0.0.1-fd00::1', '10.0.0.0/8', '10.0.0.1\\0' } do\n"
		"    refuses('dnat is an address, or two', { dnat = x })\n"
		"  end\n"
		"  refuses(\"the first address of '10.0.0.9-10.0.0.5'\", { snat = '10.0.0.9-10.0.0.5' })\n"
		"  refuses('dnat is a string, not number', { dnat = 5 })\n"
		"  for _, x in ipairs{ 0, -1, 65536, '0', '65536', '99999', '123456', '80-', '-80', '90-80', ' 80', '0x50', '' } do\n"
		"    refuses('port is an integer from 1 to 65535', { dnat = '10.0.0.5', port = x })\n"
		"  end\n"
		"  refuses('port is a string, not boolean', { port = true }) refuses('port is a string, not table', { port = {} })\n"
		"  refuses('random is true or false, not number', { random = 1 }) refuses('masquerade is true or false', { masquerade = 'x' })\n"
		"  refuses(\"there is no 'dnta'\", { dnta = '10.0.0.5' }) refuses(\"there is no 'number'\", { '10.0.0.5' })\n"
		"  return NF_ACCEPT\n"
		"end\n"
		"function read_only(p) says(select(2, pcall(nf.nat, p, { masquerade = true })), 'the packet is read-only') return NF_ACCEPT end\n";
	struct accompanied a;
	struct ps_script s;

	load(&s, script);
	make_accompanied(&udp, &a);
	check_call(&s, "dnat", &a.pkt);
	CHECK(!a.nat.is_source && a.nat.version == 4 && a.nat.is_random && !a.nat.is_persistent && a.nat.has_ports);
	CHECK(!memcmp(a.nat.address[0], "\x0a\0\0\5\0", 5) && !memcmp(a.nat.address[1], "\x0a\0\0\x09\0", 5));
	CHECK(a.nat.port[0] == 8000 && a.nat.port[1] == 8099);
	check_call(&s, "snat", &a.pkt);
	CHECK(a.nat.is_source && a.nat.version == 6 && !a.nat.is_random && a.nat.is_persistent && !a.nat.is_masquerade);
	CHECK(a.nat.address[1][0] == 0xFD && a.nat.address[1][15] == 1 && a.nat.port[0] == 65535 && a.nat.port[1] == 65535);
	check_call(&s, "masquerade", &a.pkt);
	CHECK(a.nat.is_source && a.nat.is_masquerade && !a.nat.version && !a.nat.has_ports);
	check_call(&s, "wrong", &a.pkt);
	a.refuses = true;
	check_call(&s, "no", &a.pkt);
	a.ops.is_read_only = true;
	check_call(&s, "read_only", &a.pkt);
	ps_script_clean(&s);
	free(a.data);
}

static void no_connection_is_allocated(void)
{
	static const char script[] =
		"function process_packet(p)\n"
		"  local ct = p:ct()\n"
		"  if ct:state() == 'established' and ct:is('assured') and ct:reply():saddr() == '10.0.0.3' and ct:original():dport() == 53 then\n"
		"    ct:mark(7)\n"
		"  end\n"
		"  return NF_ACCEPT\n"
		"end\n";
	struct accompanied a;

	make_accompanied(&udp, &a);
	check_allocates_nothing(script, &a);
	CHECK_INT(a.ct_number[PS_CT_MARK][0], 7);
	free(a.data);
}

const struct test company_tests[] = {
	{ "company: scripts ask for what goes along with a packet", scripts_ask },
	{ "company: scripts set its mark and its priority", scripts_set },
	{ "company: scripts say by which device it leaves", scripts_redirect },
	{ "company: bytes that are no packet have none, and fields are fields", others_have_none },
	{ "company: nothing is allocated for a packet that is asked", nothing_is_allocated },
	{ "company: packets off the kernel have a mark and a priority", buffers_have_two_numbers },
	{ "company: scripts ask what is known of the packet's connection", scripts_ask_of_connections },
	{ "company: what is kept of a connection ends with the packet", connections_end_with_the_packet },
	{ "company: scripts translate connections", scripts_translate },
	{ "company: nothing is allocated for a connection that is asked", no_connection_is_allocated },
	{ NULL },
};
