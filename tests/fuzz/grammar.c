/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "grammar.h"

#define DEPTH	4	/* blocks in blocks */

static unsigned int draw(struct grammar *g, unsigned int n)
{
	return fuzz_take(g->in) % n;
}

#define PICK(g, array)	((array)[draw(g, sizeof(array) / sizeof((array)[0]))])

__attribute__((format(printf, 2, 3)))
static void add(struct grammar *g, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(g->text + g->len, GRAMMAR_MAX - g->len, format, args);
	va_end(args);
	if (n > 0 && g->len + n < GRAMMAR_MAX)
		g->len += n;
	g->text[g->len] = 0;
}

static bool is_full(const struct grammar *g)
{
	return g->len > GRAMMAR_MAX - 3000 || g->in->at == g->in->end;
}

/*
 * Words.
 */
static const char *variable(struct grammar *g)
{
	static const char *const names[] = { "v0", "v1", "v2", "v3", "p", "up", "x0", "v0", "v1" };

	return PICK(g, names);
}

static const char *number(struct grammar *g)
{
	static const char *const names[] = { "x0", "x1", "x2" };

	return PICK(g, names);
}

static const char *any_field(struct grammar *g)
{
	static const char *const names[] = {
		"ttl", "version", "ihl", "tos", "tot_len", "id", "flags", "frag_off", "protocol",
		"check", "saddr", "daddr", "options", "dmac", "smac", "type", "code", "checksum",
		"sequence", "sport", "dport", "seq", "ack", "data_off", "reserved", "window_size",
		"urgent", "length", "data", "nothing", "mss", "qname", "qtype", "sni", "alpn", "uri", "status", "reason", "filename",
		"errmsg", "block_nr", "MSS", "TSVAL", "xid", "chaddr", "vid", "label", "hop_limit", "key", "spa", "spi", "vni",
	};

	return PICK(g, names);
}

static const char *ip_field(struct grammar *g)
{
	static const char *const names[] = {
		"ttl", "daddr", "saddr", "check", "id", "tos", "protocol", "ihl", "tot_len", "flags",
		"options", "version", "frag_off",
	};

	return PICK(g, names);
}

static const char *value(struct grammar *g)
{
	static const char *const values[] = {
		"1", "'2.1.1.1'", "0", "5", "255", "65535", "300", "-1", "'02:00:00:00:00:01'", "'x'",
		"n", "s", "nil", "x0", "x1", "x2", "0x7f000001", "'10.0.0.2'", "70000", "v0", "5 + n",
		"0x100000000", "6", "17", "20", "math.mininteger", "true", "{}", "'1.1.1'", "#p",
	};

	return PICK(g, values);
}

/* A way that mostly leads somewhere. */
static void way(struct grammar *g)
{
	static const char *const ways[] = {
		"p:data(1):data(2)", "p:data(packet_eth):data(packet_ip)", "p:data(2)", "p.ip", "p.udp", "p.tcp",
		"p:data(1):data(2):data(5)", "p:data(1):data(2):data(4)", "p:data(1):data(2):data(3)",
		"p:data(1)", "p:data(1):data(2):daddr()", "p:data(1):data(2):ttl()",
		"p:data(1):data(2):options()", "p:data(0)", "p:raw(14, n + 20)", "p:data(2):data(5)",
		"p:data(1):data(2):data(5):data(2)", "p:data(1):data(2):data():data(2)",
		"p:data(1):data(2):data(3):data():data(2)", "p:raw(1, #p - 1):data(5)", "p:raw(0, #p)",
		"p:data(1):data(2):data(4):options()", "p:data(1):data(2):data()",
		"p:data(1):data(2):data():data(dyn)", "p:data(1):data(2):data(5):data(dyn)", "p:data(dyn)", "p:data(dyn):data(2)",
		"p.dns", "p.http", "p.tls", "p.tftp", "p.dhcp", "p.ip6", "p.arp", "p.vlan", "p.gre", "p.sctp", "p.icmp6", "p.tcp:options()",
		"p.dns:qname()", "p.http:header('host')", "p.dhcp:option(53)", "p.tftp:option('blksize')", "p.udp:data(packet_dns)", "p.http:body()",
		"p:data(1):data(2):data(5):data(dyn):data(dyn)", "p:data(1):data(2):data():data(dyn):ttl()",
	};

	add(g, "%s", PICK(g, ways));
}

/* A way that leads anywhere. */
static void chain(struct grammar *g, const char *from)
{
	unsigned int n = 1 + draw(g, 4);

	add(g, "%s", from);
	while (n--) {
		switch (draw(g, 10)) {
		default:
			add(g, ":data(%u)", draw(g, 6));
			break;
		case 5:
			add(g, ":data()");
			break;
		case 6:
			add(g, ":%s()", ip_field(g));
			break;
		case 7:
			add(g, ":%s()", any_field(g));
			break;
		case 8:
			add(g, ":raw(%u, %u)", draw(g, 40), draw(g, 100));
			break;
		case 9:
			add(g, ":data(%s)", value(g));
			break;
		}
	}
}

static void view(struct grammar *g)
{
	if (draw(g, 3))
		way(g);
	else
		chain(g, draw(g, 2) ? "p" : variable(g));
}

static void expression(struct grammar *g)
{
	switch (draw(g, 13)) {
	case 0:
		add(g, "%s", value(g));
		break;
	case 1:
		add(g, "%s.%s", variable(g), any_field(g));
		break;
	case 2:
		add(g, "%s:%s():get()", variable(g), ip_field(g));
		break;
	case 3:
		add(g, "%s:%s():int()", variable(g), ip_field(g));
		break;
	case 4:
		view(g);
		add(g, ":%s():get()", ip_field(g));
		break;
	case 5:
		add(g, "%s:get_size()", variable(g));
		break;
	case 6:
		add(g, "#%s", variable(g));
		break;
	case 7:
		add(g, "%s:get()[%u]", variable(g), draw(g, 40));
		break;
	case 8:
		add(g, "%s:get()", variable(g));
		break;
	case 9:
		add(g, "%s:to_bytes():string()", variable(g));
		break;
	case 10:
		add(g, "%s:get() .. %s:to_bytes()", variable(g), variable(g));
		break;
	case 11:
		add(g, "bytes.many_to_one { %s:get(), s, bytes.new(%u), bytes.new_from_string(s) }",
		    variable(g), draw(g, 20));
		break;
	case 12:
		add(g, "%s:get_offset(), %s == %s", variable(g), variable(g), variable(g));
		break;
	}
}

static void statements(struct grammar *g, unsigned int n);

static void block(struct grammar *g, const char *end)
{
	statements(g, 1 + draw(g, 3));
	add(g, "%s\n", end);
}

/* Texts and other fields that each message has elsewhere, and lists. */
static void message_statement(struct grammar *g)
{
	static const char *const fields[] = {
		"dns.qname", "dns.qtype", "http.uri", "http.status", "http.method", "http.reason", "tftp.filename", "tftp.mode", "tftp.errmsg",
		"tcp.mss", "tls.sni", "dhcp.chaddr", "ip6.daddr", "arp.spa", "gre.key", "tftp.block_nr", "tls.alpn", "http.version",
	};
	static const char *const keys[] = { "http:header('host')", "http:header(s)", "tftp:option('BLKSIZE')", "dhcp:option(12)", "dhcp:option(n)" };
	static const char *const lists[] = { "dns:questions()", "dns:answers()", "tcp:options():blocks()" };
	static const char *const texts[] = { "'www.example.com'", "'a'", "''", "s", "('x'):rep(70)", "n", "'02:00:00:00:00:01'", "p:to_bytes()", "'.'" };
	const char *v = variable(g), *field = PICK(g, fields), *dot = strchr(field, '.');

	switch (draw(g, 6)) {
	case 0:
		add(g, "p.%s = %s T(p.%s)\n", field, PICK(g, texts), field);
		break;
	case 1:
		add(g, "%s = p.%.*s:%s() %s:set(%s) T(%s, #%s)\n", v, (int)(dot - field), field, dot + 1, v, PICK(g, texts), v, v);
		break;
	case 2:
		add(g, "do local k = p.%s if k then k:set(%s) %s = k T(k:get()) end end\n", PICK(g, keys), PICK(g, texts), v);
		break;
	case 3:
		add(g, "for e in p.%s do for _, k in ipairs { 'name', 'type', 'ttl', 'data', 'left', 'offset' } do T(e[k]) end ", PICK(g, lists));
		add(g, "p.%s = %s end\n", field, PICK(g, texts));
		break;
	case 4:
		add(g, "T(nets:has(%s), p.ip and nets:has(p.ip:saddr()), words:has(s), p.dns and words:has(p.dns:qname()))\n",
		    draw(g, 2) ? "s" : v);
		break;
	case 5:
		add(g, "T(p.%s, pcall(function() return p.%.*s:%s():get_offset() end), nf.get_time(), nf.log('info', s))\n", field,
		    (int)(dot - field), field, dot + 1);
		break;
	}
}

/* What is done with views. */
static void view_statement(struct grammar *g)
{
	const char *v = variable(g);

	switch (draw(g, 22)) {
	case 20:
	case 21:
		message_statement(g);
		break;
	case 0:
		add(g, "T(%s)\n", v);
		break;
	case 1:
	case 2:
		add(g, "%s = ", v);
		view(g);
		add(g, "\n");
		break;
	case 3:
		add(g, "local %s = ", v);
		view(g);
		add(g, " if not %s then T('none') %s = p end\n", v, v);
		break;
	case 4:
		add(g, "%s.%s = %s\n", v, any_field(g), value(g));
		break;
	case 5:
		add(g, "%s.%s = %s\n", v, ip_field(g), value(g));
		break;
	case 6:
		add(g, "%s:%s():set(%s)\n", v, ip_field(g), value(g));
		break;
	case 7:
		view(g);
		add(g, ":%s():set(%s)\n", ip_field(g), value(g));
		break;
	case 8:
		add(g, "%s = ", number(g));
		expression(g);
		add(g, "\n");
		break;
	case 9:
		add(g, "T(");
		expression(g);
		add(g, ")\n");
		break;
	case 10:
		add(g, "local %s = ", v);
		view(g);
		add(g, " local x0 = %s.%s %s.%s = %s %s:%s():set(%s) T(x0)\n", v, ip_field(g), v,
		    ip_field(g), value(g), v, ip_field(g), value(g));
		break;
	case 11:
		add(g, "local %s = ", v);
		view(g);
		add(g, " if %s then local x0 = %s.%s %s.%s = %s T(x0, %s:%s():get()) end\n", v, v,
		    any_field(g), v, any_field(g), value(g), v, any_field(g));
		break;
	case 12:
		add(g, "%s:get()[%u] = %s\n", v, draw(g, 60), value(g));
		break;
	case 13:
		add(g, "%s, %s = ", v, number(g));
		view(g);
		add(g, ", %s.%s\n", v, any_field(g));
		break;
	case 14:
		add(g, "t[%u] = ", draw(g, 3));
		view(g);
		add(g, " %s = t[%u] or p\n", v, draw(g, 3));
		break;
	case 15:
		add(g, "local %s = ", v);
		way(g);
		add(g, " %s = %s:%s():%s() T(%s) x1 = %s.%s\n", v, v, ip_field(g),
		    draw(g, 2) ? "get" : "int", v, v, ip_field(g));
		break;
	case 16:
		add(g, "%s:%s():set()\n", v, draw(g, 2) ? "check" : "checksum");
		break;
	case 17:
		if (draw(g, 2))
			add(g, "%s:set(%u)\n", v, draw(g, 256));
		else
			add(g, "%s:data():set(('abc'):rep(%u)) T(#p, #%s)\n", v, draw(g, 40), v);
		break;
	case 18:
		add(g, "%s:%s(%s, %s):%s(%s, %s)\n", v, any_field(g), value(g), value(g),
		    draw(g, 2) ? "set" : "get", value(g), value(g));
		break;
	case 19:
		add(g, "T(%s['%s'], rawequal(%s, %s), getmetatable(%s), %s:data() == %s:data())\n", v,
		    any_field(g), v, variable(g), v, v, v);
		break;
	}
}

/* What surrounds them. */
static void control_statement(struct grammar *g)
{
	const char *v = variable(g);
	int label;

	switch (draw(g, 19)) {
	case 0:
		add(g, "if ");
		view(g);
		add(g, " then\n");
		statements(g, 1 + draw(g, 3));
		if (draw(g, 2)) {
			add(g, "else\n");
			statements(g, draw(g, 3));
		}
		add(g, "end\n");
		break;
	case 1:
		add(g, "for i = 1, %u do local %s = ", 1 + draw(g, 12), v);
		view(g);
		add(g, "\n");
		statements(g, 1 + draw(g, 3));
		if (draw(g, 2))
			add(g, "if %s then break end\n", v);
		add(g, "end\n");
		break;
	case 2:
		label = g->labels++;
		add(g, "do local c = 0 ::l%d:: c = c + 1\n local %s = ", label, v);
		way(g);
		add(g, "\n if %s and c < %u then %s.%s = c goto l%d end end\n", v, 1 + draw(g, 6), v,
		    ip_field(g), label);
		break;
	case 3:
		label = g->labels++;
		add(g, "for i = 1, 4 do local %s = ", v);
		way(g);
		add(g, " if not %s then goto l%d end local x0 = %s.%s\n", v, label, v, any_field(g));
		statements(g, draw(g, 2));
		add(g, "do local y = 1 end ::l%d:: end\n", label);
		break;
	case 4:
		add(g, "do local ok, m = pcall(function(p, q)\n");
		statements(g, 1 + draw(g, 4));
		add(g, "return ");
		view(g);
		add(g, " end, %s) T(ok, m) end\n", draw(g, 4) ? "p" : v);
		break;
	case 5:
		add(g, "do local co = coroutine.wrap(function(a, ...) local %s = ", v);
		way(g);
		add(g, " local x0 = %s.%s coroutine.yield(x0, ...)\n", v, ip_field(g));
		statements(g, draw(g, 3));
		add(g, "return ");
		way(g);
		add(g, " end) T(pcall(co, %s, 1, 2)) T(pcall(co)) end\n", variable(g));
		break;
	case 6:
		add(g, "while true do count = count + 1 if count > 20 then break end local %s = ", v);
		way(g);
		add(g, " if %s then T(%s.%s) else break end\n", v, v, ip_field(g));
		block(g, "end");
		break;
	case 7:
		add(g, "do local c <close> = setmetatable({}, { __close = function() %s = ", v);
		way(g);
		add(g, " T('closed', %s) end })\n", v);
		block(g, "end");
		break;
	case 8:
		add(g, "do local function r(k, %s, ...) if k == 0 then return ", v);
		chain(g, v);
		add(g, " end local %s = ", v);
		way(g);
		add(g, " return r(k - 1, %s, ...) end %s = r(%u, p, 1, 2) end\n", v, variable(g),
		    draw(g, 4));
		break;
	case 9:
		add(g, "do local f = load('local p, n = ... local v0 = ");
		way(g);
		add(g, " v0.%s = %s local x = v0.%s return v0, x') T(pcall(f, p, 7)) end\n",
		    ip_field(g), draw(g, 2) ? "9" : "n", ip_field(g));
		break;
	case 10:
		add(g, "for i = 1, 5 do local f = load('local p, a, b = ... local v0 = ");
		way(g);
		add(g, " local x = v0.%s v0.%s = ' .. i * 7 .. ' v0:%s():set(%s) return v0, x, v0.%s') "
		       "T(pcall(f, p, 7, s)) f = nil collectgarbage(%s) end\n", ip_field(g),
		    ip_field(g), ip_field(g), draw(g, 2) ? "a" : "3", ip_field(g),
		    draw(g, 2) ? "" : "'step', 100");
		break;
	case 11:
		add(g, "do local f = function() %s = nil return ", v);
		chain(g, variable(g));
		add(g, " end %s = f() end\n", variable(g));
		break;
	case 12:
		add(g, "repeat local %s = ", v);
		way(g);
		add(g, " count = count + 1 until %s or count > 5\n", v);
		break;
	case 13:
		add(g, "do local k <const> = %s local %s = ", draw(g, 2) ? "9" : "'3.3.3.3'", v);
		way(g);
		add(g, " if %s then %s:%s():set(k) %s.%s = k %s:%s():set(%s.%s) end end\n", v, v,
		    ip_field(g), v, ip_field(g), v, ip_field(g), v, ip_field(g));
		break;
	case 14:
		add(g, "do local a, b, c = ");
		way(g);
		add(g, ", ");
		way(g);
		add(g, " T(a, b, c) a, b = b, a if a then a.%s, b.%s = x0, a.%s end end\n", ip_field(g),
		    ip_field(g), ip_field(g));
		break;
	case 15:
		add(g, "do local o = setmetatable({}, { __index = function(t, k) return %s[k] end, "
		       "__newindex = function(t, k, w) %s[k] = w end }) T(o.%s, pcall(o.%s, %s)) "
		       "o.%s = %s end\n", v, v, any_field(g), any_field(g), v, any_field(g), value(g));
		break;
	case 16:
		add(g, "do local o = setmetatable({}, { __index = %s }) T(pcall(function() return o.%s, "
		       "o:%s() end)) end\n", v, any_field(g), any_field(g));
		break;
	case 17:
		add(g, "collectgarbage(%s)\n", draw(g, 2) ? "" : draw(g, 2) ? "'generational'" : "'incremental'");
		break;
	case 18:
		add(g, "goto l%d\ndo\n", label = g->labels++);
		block(g, "end");
		add(g, "::l%d:: T('here')\n", label);
		break;
	}
}

/* What Lua has, and what should be refused or be stopped. */
static void wild_statement(struct grammar *g)
{
	static const char *const lines[] = {
		"T(pcall(string.rep, s, 1 << %u))", "big[#big + 1] = string.rep('x', 1000 * %u)",
		"for i = 1, 100 * %u do big[i] = { i } end", "T(pcall(string.rep, 'ab', 9, s))",
		"T(pcall(string.format, '%%s %%d %%q %%x %%5.2s %%c', p, %u, s, n, s, 65))",
		"T(pcall(string.format, '%%f', %u))", "T(pcall(string.pack, '>I2s1z', %u, s, s))",
		"T(pcall(string.unpack, '>I2 I4 s1', p:to_bytes():string(), %u))",
		"T(pcall(string.find, p:get():string(), '%%b()[%%w%%.]+', %u))",
		"T(pcall(string.match, string.rep('a', %u), string.rep('a?', 30) .. string.rep('a', 30)))",
		"T(pcall(string.gsub, s, '.', function(c) return %u end))",
		"T(pcall(string.gsub, s, '(%%d)', '%%1%%%u'))",
		"T(pcall(string.match, s, string.rep('(', %u)))", "T(s:byte(1, %u), s:sub(-%u))",
		"for w in s:gmatch('%%d') do T(w, %u) end", "T(pcall(table.concat, big, ',', 1, %u))",
		"T(pcall(table.sort, { 3, 1, 2, %u, 5, 4 }, function(a, b) return true end))",
		"T(pcall(table.sort, big, function(a, b) return %u < 5 end))",
		"T(pcall(table.unpack, {}, 1, 1000 * %u))", "T(pcall(table.move, big, 1, %u, 2))",
		"T(pcall(table.insert, big, %u, p))", "T(pcall(table.remove, big, %u))",
		"T(pcall(select, %u, 1, 2, 3))", "T(pcall(utf8.char, %u, 0x7fffffff))",
		"T(pcall(utf8.codepoint, p:get():string(), 1, %u))", "T(pcall(math.random, %u))",
		"T(pcall(tonumber, '%u.5'), tonumber('0x%u'))", "T(pcall(function() return %u / 1 end))",
		"T(pcall(function() return 2 ^ %u end))", "T(pcall(function() return %u // 0 end))",
		"do local function r(k) return 1 + r(k + 1) end T(pcall(r, %u)) end",
		"do local function r(k) return pcall(r, k + 1) end T(r(%u)) end",
		"do local function r(k) return (s:gsub('1', r)) end T(pcall(r, %u)) end",
		"do local function r() return coroutine.wrap(r)(%u) end T(pcall(r)) end",
		"do local m = {} m.__index = setmetatable(m, m) T(pcall(function() return m[%u] end)) end",
		"do local m = setmetatable({}, { __tostring = function() return %u end }) T(pcall(tostring, m)) end",
		"do local m = setmetatable({}, { __eq = function() return p.ttl end, __lt = function() error(s) end, "
		"__concat = function(a, b) return b end, __len = function() return %u end }) T(m == {}, pcall("
		"function() return m < m end), pcall(function() return m .. p:get() end), #m) end",
		"T(pcall(setmetatable, {}, { __gc = function() big = %u end }))",
		"T(pcall(load, string.rep('(', %u) .. '1'))", "T(load('return ' .. string.rep('-', %u) .. '1'))",
		"T(load('\\27Lua%u'))", "T(pcall(load, function() return %u end))",
		"T(pcall(load(function() if big then big = nil return 'return p' end end) or print, %u))",
		"do local a <close> = setmetatable({}, { __close = function() error('%u') end }) end",
		"do local co = coroutine.create(function() local c <close> = setmetatable({}, { __close = "
		"function() coroutine.yield(%u) end }) coroutine.yield(p) error('x') end) T(coroutine.resume(co)) "
		"T(coroutine.close(co)) T(coroutine.status(co)) end",
		"do local co co = coroutine.wrap(function() T(pcall(co)) end) T(pcall(co, %u)) end",
		"T(xpcall(function() error({ %u }) end, function(m) return m end))",
		"T(xpcall(error, function(m) return error(m, %u) end, 'x'))",
		"T((function(...) return xpcall(error, function(m) return error(m) end, 'x') end)(table.unpack({}, 1, 3 * %u)))",
		"T(xpcall(function() local x = nil + %u end, function(m) for i = 1, 3 do m = m .. i end return m end))",
		"T(pcall(error, nil, %u))", "error(s, %u)", "error()", "error({})", "error(p)", "print(p, %u, {}, print)",
		"T(rawlen(s), rawget(big, %u), rawset(big, %u, p))", "T(pcall(next, big, %u))",
		"T(pcall(ipairs, p))", "T(pcall(bytes.new, 1 << %u))",
		"T(pcall(bytes.new, %u * 10000))", "for i = 1, %u do big[i] = bytes.new(i * 100) end",
		"T(pcall(bytes.many_to_one, { bytes.new(300000), bytes.new(300000), bytes.new(%u) }))",
		"do local a = p:get() T(a:find(s:sub(1, 2), %u), a:string(%u, 9), a:slice(%u), a:u16(%u), a:u64(%u)) end",
		"T(pcall(function() return p:get():u16(%u, %u) end))", "T(pcall(function() return p:to_bytes():slice(1):u32(%u, %u) end))",
		"T(pcall(function() return p:get():u64(%u, %u) end))",
		"big[1] = p:to_bytes():slice(%u, %u) T(big[1])", "T(bytes.new(%u):find(bytes.new(%u)), p:get():hexdump())",
		"do local x = set.new { '10.0.0.0/8', '10.0.%u.1-10.0.%u.9', '::/%u' } T(pcall(set.new { '10.0.0.0/8' }.has, x, p), x:has(s), x:has(%u)) end",
		"big[3] = bytes.to_packet(bytes.new(%u), 1 + %u %% 9) T(big[3])", "do local m = bytes.to_packet(p:to_bytes(), %u %% 9) T(m, m and m:data(%u %% 9), p) end",
		"do local m = bytes.to_packet(p:get(), %u %% 9) T(m, m and pcall(m.write, m, p:get())) end", "T(p, big[3], pcall(bytes.to_bytes, big[3]), p)",
		"T(pcall(function() local m = big[3] m:write(p:get()) m.ttl = %u p.ttl = m.ttl return m:data(), p:data() end))",
		"big[2] = set.names { 'a.b', s:sub(1, %u) } T(big[2], big[2]:has(s))", "T(pcall(set.new, big), pcall(set.names, { s, %u }))",
		"T(pcall(string.dump, T))", "collectgarbage('count')", "collectgarbage('step', %u)",
		"collectgarbage('stop')", "collectgarbage('restart')", "_G.process_packet = T", "_G.T = nil",
		"T(getmetatable('').__index.rep(s, %u))", "getmetatable('').__index = nil",
		"string.format = nil table.unpack = nil", "setmetatable(_G, { __index = p, __newindex = p })",
		"T(coroutine.running())", "T(coroutine.isyieldable())", "coroutine.yield(%u)",
		"debug = p", "bytes = nil", "packet_ip_ = packet_ip + %u", "T(supported_protocols[%u])",
	};
	static const char *const endless[] = {
		"while true do end", "repeat until false", "::e:: goto e", "for i = 1, math.maxinteger do end",
		"while true do pcall(error) end", "while true do local v = p:data(1):data(2) v.ttl = 1 end",
		"xpcall(error, function() while true do end end)", "while true do p:to_bytes() end",
		"while true do coroutine.wrap(function() while true do end end)() end",
		"table.sort(setmetatable({}, { __len = function() return 1 << 30 end, __index = p }))",
		"s:rep(9999):find(('a*'):rep(20) .. 'b')", "local c <close> = setmetatable({}, { __close = function() while true do end end }) error(s)",
		"while true do big[#big + 1] = s .. #big end", "for i in pairs(_G) do while true do load(s) end end",
		"local co = coroutine.create(function() while true do end end) while true do coroutine.resume(co) end",
	};

	if (draw(g, 24) == 1) {
		add(g, "do %s end\n", PICK(g, endless));
		return;
	}
	add(g, lines[draw(g, sizeof(lines) / sizeof(lines[0]))], draw(g, 70), draw(g, 70), draw(g, 70), draw(g, 70), draw(g, 70));
	add(g, "\n");
}

static void statement(struct grammar *g)
{
	unsigned int kind;

	if (is_full(g))
		return;
	kind = draw(g, 16);
	g->depth++;
	if (g->keeps && kind == 15)
		add(g, "keep[%u] = %s T(pcall(use, keep[%u]))\n", draw(g, 6), variable(g), draw(g, 6));
	else if (g->wild && kind >= 11)
		wild_statement(g);
	else if (g->depth <= DEPTH && kind >= 7)
		control_statement(g);
	else
		view_statement(g);
	g->depth--;
}

static void statements(struct grammar *g, unsigned int n)
{
	while (n-- && !is_full(g))
		statement(g);
}

/* Functions whose code compiled handlers have within theirs. */
static void add_parts(struct grammar *g)
{
	add(g, "local function part(p, v0, v1, v2, v3, x0, x1, x2)\n"
	       " local n, s, t, count, up, cap = 7, '10.9.8.7', keep, 0, p, use\n");
	statements(g, 1 + draw(g, 4));
	add(g, "do return x0, v1, v2, v3, v0 end end\n"
	       "local function parts(p, v0, x0)\n"
	       " local a, b, c = part(p, v0, p:data(1), v0, p, x0, '1.1.1.1')\n"
	       " return b, a, c\n"
	       "end\n");
}

/* A protocol of the script's own, where dyn is its id. Where its fields are depends on what the packet has. */
static void describe(struct grammar *g)
{
	static const char *const places[] = {
		"v[0] % 9 * 8", "v[1]", "-v[2]", "0", "0", "0", "(v[0] & 1) * 8", "1 << v[3]", "-1 << v[1]", "#v * 8 - 64",
	};
	static const char *const answers[] = { "id == 2", "true", "v:data() and #v > 30", "v.kind ~= id", "v:data(id) == nil" };
	int i;

	/* a script that is loaded anew has none: the other's functions would tell of errors there */
	add(g, "local dyn, calls = 0, 0\n"
	       "if pcall(register_dynamic_protbuf, { name = 'packet_dyn', payload_field = 'data', protocol_fields = {\n"
	       " { 'kind', 0, 4 }, { 'ttl', 8, 8, %s, %s }, { 'daddr', 16, 16 }, { 'data', 32, %u }, { 'options', 48, 0 } },\n"
	       " has_protocol = function(v, id) calls = calls + 1 return calls < 50 and (%s) end,\n"
	       " get_field_changes = %sfunction(v)\n", draw(g, 2) ? "function(a) return a[0] end" : "nil",
	    draw(g, 2) ? "function(a, x) a[0] = x end" : "nil", 8 * draw(g, 3), PICK(g, answers), draw(g, 4) ? "" : "nil and ");
	add(g, "  return { ");
	for (i = 0; i < 10; i++)
		add(g, i == 5 ? "}, { %s, " : "%s, ", PICK(g, places));
	add(g, "}\n end }) then dyn = packet_dyn end\n");
}

void grammar_make(struct grammar *g)
{
	unsigned int n = 1 + draw(g, 8), ends = draw(g, 8);
	bool has_parts;

	g->len = 0;
	g->labels = 0;
	g->depth = 0;
	add(g, "keep, big = keep or {}, big or {}\n");
	describe(g);
	add(g, "local function use(v)\n"
	       " local x, y = v:data(1), v:data(2)\n"
	       " v.ttl = 3 local z = v.daddr v:daddr():set('1.2.3.4') local b = v:get() b[0] = 1\n"
	       "end\n"
	       "local nets, words = set.new { '10.0.0.0/30', 'fe80::/10' }, set.names { 'example.com', 'a' }\n"
	       "local tostring, type, select, print = tostring, type, select, print\n"
	       "function T(...)\n"
	       " for i = 1, select('#', ...) do\n"
	       "  local w = select(i, ...)\n"
	       "  local k = type(w)\n"
	       "  print((k == 'function' or k == 'table' or k == 'thread') and k or tostring(w))\n"
	       " end\n"
	       "end\n"
	       "local function body(p%s)\n"
	       " local n, s, t, count = 7, '10.9.8.7', {}, 0\n"
	       " local x0, x1, x2 = 1, '1.1.1.1', 3\n"
	       " local v0, v1, v2, v3 = p, p, p, p\n"
	       " local up = p local function cap() up = p end\n v0 = ", ends & 1 ? ", ..." : "");
	way(g);
	add(g, " or p v1 = ");
	way(g);
	add(g, " or p\n");
	if (ends & 2)
		add(g, " up = v0 other = function() return up end\n");
	while (n-- && !is_full(g)) {
		add(g, "do local function chunk(p, v0, v1, v2, v3, x0, x1, x2)\n");
		statements(g, 1 + draw(g, 5));
		add(g, "do return v0, v1, v2, v3, x0, x1, x2 end end\n"
		       "local r = table.pack(pcall(chunk, p, v0, v1, v2, v3, x0, x1, x2)) T(r[1], r[2])\n"
		       "if r[1] then v0, v1, v2, v3, x0, x1, x2 = table.unpack(r, 2, 8) end end\n");
	}
	add(g, "do return x0, x1, x2, v0, v1, v2, v3 end end\n");
	has_parts = draw(g, 2);
	if (has_parts)
		add_parts(g);
	add(g, "function process_packet(p)\n"
	       " %s\n"
	       " %s\n"
	       " return %s\n"
	       "end\n", ends & 4 ? "T(body(p))" : "T(pcall(body, p))",
	    has_parts ? "local a, b = parts(p, p:data(1) or p, 3) T(a, b)" : "", ends < 6 ? "XT_CONTINUE" : value(g));
}
