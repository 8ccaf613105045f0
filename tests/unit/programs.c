/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "programs.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct program {
	unsigned int seed;
	char *text;
	size_t size, used;
	int depth;		/* of blocks */
	int loops;		/* around, each of few turns */
	int functions;		/* helpers that may be called: those before */
	int left;		/* statements */
};

static unsigned int draw(struct program *g, unsigned int n)
{
	g->seed = g->seed * 1664525 + 1013904223;
	return (g->seed >> 8) % n;
}

#define PICK(g, array)	((array)[draw(g, sizeof(array) / sizeof((array)[0]))])

static void add(struct program *g, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(g->text + g->used, g->size - g->used, format, args);
	va_end(args);
	if (n > 0 && g->used + n < g->size)
		g->used += n;
}

static const char *const ints[] = { "a", "b", "n", "t[1]", "t.x", "c", "m" };
static const char *const places[] = { "a", "b", "n", "t[1]", "t.x", "c", "t[a & 7]", "g" };
static const char *const views[] = { "ip", "l4", "p", "v" };
static const char *const ip_fields[] = {
	"ttl", "tos", "id", "protocol", "tot_len", "version", "flags", "check", "ttl", "tos",
};
static const char *const l4_fields[] = { "sport", "dport", "check" };
/* Where not all views have them, or what follows is read otherwise once they are written. */
static const char *const rare_fields[] = {
	"saddr", "daddr", "ihl", "frag_off", "length", "seq", "ack", "window_size", "flags", "type", "sequence", "options",
};
static const char *const constants[] = {
	"0", "1", "2", "7", "8", "255", "256", "65535", "-1", "0x7fffffffffffffff", "math.mininteger", "128", "64",
	"1000", "2000", "17",
};

static void expression(struct program *g, int depth);

static const char *field(struct program *g, const char *view)
{
	if (!draw(g, 25))
		return PICK(g, rare_fields);
	return !strcmp(view, "ip") ? PICK(g, ip_fields) : PICK(g, l4_fields);
}

/* An integer, most of the time. */
static void operand(struct program *g, int depth)
{
	const char *view = draw(g, 3) ? "ip" : "l4";

	switch (draw(g, 12)) {
	case 0:
	case 1:
	case 2:
		add(g, "%s", PICK(g, ints));
		return;
	case 3:
	case 4:
		add(g, "%s", PICK(g, constants));
		return;
	case 5:
		add(g, "%s.%s", view, field(g, view));
		return;
	case 6:
		add(g, "%s:%s():%s()", view, field(g, view), draw(g, 2) ? "int" : "get");
		return;
	case 7:
		add(g, draw(g, 2) ? "(bytes_of[" : "(t[");
		expression(g, depth + 1);
		add(g, draw(g, 20) ? " & 15] or 0)" : "])");
		return;
	case 8:
		add(g, "#%s", draw(g, 2) ? "bytes_of" : draw(g, 2) ? "t" : "s");
		return;
	case 9:
		if (g->functions && depth < 3) {
			add(g, "f%d(", draw(g, g->functions));
			expression(g, depth + 1);
			add(g, ", %s)", PICK(g, views));
			return;
		}
		add(g, "a");
		return;
	case 10:
		if (draw(g, 4))
			add(g, "(%s and 5 or %s)", PICK(g, views), PICK(g, ints));
		else if (draw(g, 2))
			add(g, "ip:%s():int()", draw(g, 2) ? "saddr" : "daddr");
		else
			add(g, "%s:get_size()", draw(g, 4) ? "ip" : PICK(g, views));
		return;
	default:
		add(g, "(");
		expression(g, depth + 1);
		add(g, ")");
	}
}

static void expression(struct program *g, int depth)
{
	static const char *const binary[] = {
		"+", "-", "*", "&", "|", "~", "<<", ">>", "//", "%", "+", "-", "&", "and", "or", "..",
	};
	unsigned int kind = draw(g, depth > 3 ? 3 : 8);

	if (kind < 3) {
		operand(g, depth + 1);
	} else if (kind < 4) {
		add(g, "%s", draw(g, 3) ? "-" : "~");
		operand(g, depth + 1);
	} else {
		operand(g, depth + 1);
		add(g, " %s ", draw(g, 40) ? binary[draw(g, 15)] : "..");
		operand(g, depth + 1);
	}
}

static void condition(struct program *g)
{
	static const char *const compare[] = { "==", "~=", "<", "<=", ">", ">=" };

	switch (draw(g, 6)) {
	case 0:
		add(g, "%s", PICK(g, views));
		return;
	case 1:
		add(g, "not %s", draw(g, 2) ? PICK(g, views) : PICK(g, ints));
		return;
	case 2:
		add(g, "ip.%s == '10.0.0.%d'", draw(g, 2) ? "saddr" : "daddr", draw(g, 4));
		return;
	case 3:
		add(g, "s == %s", draw(g, 2) ? "'x'" : "ip.saddr");
		return;
	default:
		operand(g, 2);
		add(g, " %s ", PICK(g, compare));
		operand(g, 2);
		if (!draw(g, 3)) {
			add(g, " %s ", draw(g, 2) ? "and" : "or");
			condition(g);
		}
	}
}

static void block(struct program *g);

/* Writes to the packet. */
static void packet_statement(struct program *g)
{
	static const char *const texts[] = {
		"'2.1.1.1'", "'10.0.0.2'", "'x'", "s", "ip.daddr", "ip.saddr", "'10.0.0.1'", "256", "n",
	};
	const char *view = draw(g, 3) ? "ip" : "l4", *name = field(g, view);
	bool is_call = false;

	switch (draw(g, 6)) {
	case 0:
		add(g, "%s.%s = ", view, name);
		break;
	case 1:
		is_call = true;
		add(g, "%s:%s():set(", view, name);
		break;
	case 2:
		add(g, "ip.%s = %s ", draw(g, 2) ? "saddr" : "daddr", PICK(g, texts));
		return;
	case 3:
		add(g, "bytes_of[");
		expression(g, 3);
		add(g, " & 31] = (");
		expression(g, 3);
		add(g, ") & 255 ");
		return;
	case 4:
		add(g, "ip:%s():set(%s) ", draw(g, 2) ? "saddr" : "daddr", PICK(g, texts));
		return;
	default:
		add(g, "l4.%s = %s ", draw(g, 2) ? "sport" : "dport", PICK(g, constants));
		return;
	}
	add(g, "(");
	expression(g, 2);
	add(g, ")");
	if (draw(g, 12))
		add(g, " & %d", draw(g, 5) ? 7 : 255);
	add(g, is_call ? ") " : " ");
}

/* Headers that are found by name, and what they have as numbers and as texts. */
static const struct header {
	const char *name;
	const char *numbers[6], *texts[6];	/* none of a kind: NULL */
} headers[] = {
	{ "tcp", { "mss", "mss", "sport", "seq", "flags", "data_off" }, { NULL } },
	{ "tcp:options()", { "MSS", "WS", "SACK", "TSVAL", "TSER", "MSS" }, { NULL } },
	{ "udp", { "sport", "dport", "length", "check", "dport", "sport" }, { NULL } },
	{ "dns", { "id", "flags", "qr", "qtype", "qclass", "rcode" }, { "qname", "qname", "qname", "qname", "qname", "qname" } },
	{ "tftp", { "opcode", "block_nr", "errcode", "block_nr", "opcode", "errcode" },
	  { "filename", "mode", "errmsg", "filename", "mode", "errmsg" } },
	{ "http", { "status", "status", "status", "status", "status", "status" },
	  { "method", "uri", "version", "reason", "uri", "reason" } },
	{ "tls", { "type", "version", "length", "type", "version", "length" }, { "sni", "alpn", "sni", "alpn", "sni", "alpn" } },
	{ "dhcp", { "op", "xid", "secs", "flags", "cookie", "hops" }, { "yiaddr", "ciaddr", "siaddr", "giaddr", "chaddr", "yiaddr" } },
	{ "ip", { "ttl", "id", "tos", "tot_len", "protocol", "ihl" }, { "saddr", "daddr", "saddr", "daddr", "saddr", "daddr" } },
	{ "eth", { "type", "type", "type", "type", "type", "type" }, { "smac", "dmac", "smac", "dmac", "smac", "dmac" } },
};

/* What is put into a field, or into a variable, as a text. */
static const char *text_value(struct program *g)
{
	static const char *const values[] = {
		"s", "'www.example.com'", "'a'", "'/x'", "'10.0.0.7'", "'02:00:00:00:00:07'", "('k' .. (a or 0))", "''", "(s or 'x')", "'.'", "b",
	};

	return PICK(g, values);
}

static void block(struct program *g);

/* Fields of headers that are found by name, most of which each message has elsewhere; kept is one of them. */
static void header_statement(struct program *g)
{
	static const char *const lists[] = { "dns:questions()", "dns:answers()", "tcp:options():blocks()" };
	static const char *const keys[] = { "http:header('host')", "tftp:option('blksize')", "dhcp:option(53)", "http:header(s)", "dhcp:option(a & 63)" };
	static const char *const uses[] = {
		"s = kept and kept:get() or s", "a = kept and #kept or a", "b = kept and kept:int() or b", "if kept then a = kept:get_offset() end",
		"s = tostring(kept)", "v = kept", "kept = v", "kept = nil", "a = kept:int()", "if kept then kept:set(kept:get()) end",
	};
	static const char *const searches[] = {
		"a = addresses:has(ip:saddr()) and 1 or 2", "b = addresses:has(ip.daddr) and 1 or 2", "if names:has(s) then a = a + 1 end",
		"if p.dns and names:has(p.dns:qname()) then b = 3 end", "if p.dns and p.dns.qname and names:has(p.dns.qname) then b = 4 end",
		"a = addresses:has(s)", "if p.ip and addresses:has(p.ip:daddr()) then return NF_ACCEPT end", "t[1] = names:has(kept) and 5 or 6",
		"if p.tls and p.tls.sni and names:has(p.tls.sni) then return NF_DROP end", "local h = p.ip if h and addresses:has(h.saddr) then c = 1 end",
	};
	const struct header *h = &PICK(g, headers);
	bool is_text = h->texts[0] && draw(g, 2);
	const char *name = is_text ? PICK(g, h->texts) : PICK(g, h->numbers);

	switch (draw(g, 12)) {
	case 0:
		add(g, "%s = p.%.*s and p.%s.%s or %s ", is_text ? "s" : "a", (int)strcspn(h->name, ":"), h->name, h->name, name, is_text ? "s" : "b");
		return;
	case 1:
		add(g, "v = p.%s ", h->name);
		return;
	case 2:
	case 3:
		add(g, "if p.%.*s then p.%s.%s = ", (int)strcspn(h->name, ":"), h->name, h->name, name);
		break;
	case 4:
		add(g, "do local h = p.%.*s if h then h:%s():set(", (int)strcspn(h->name, ":"), h->name, name);
		add(g, is_text ? "%s) end end " : "(a or 1) & 255) end end ", text_value(g));
		return;
	case 5:
	case 6:
		add(g, "if p.%.*s then kept = p.%s:%s() end ", (int)strcspn(h->name, ":"), h->name, h->name, name);
		return;
	case 7:
		add(g, draw(g, 2) ? "if kept then kept:set(%s) end " : "if kept then kept:set((a or 0) & 255) end ", text_value(g));
		return;
	case 8:
		add(g, "%s ", PICK(g, uses));
		return;
	case 9:
		add(g, "%s ", PICK(g, searches));
		return;
	case 10:
		name = PICK(g, keys);
		add(g, "if p.%.*s then kept = p.%s end ", (int)strcspn(name, ":"), name, name);
		return;
	default:
		if (g->loops > 1)
			return;
		g->loops++;
		name = PICK(g, lists);
		add(g, "if p.%.*s then for r in p.%s do c = (r.type or r.left) & 7 s = r.name or s ", (int)strcspn(name, ":"), name, name);
		block(g);
		add(g, "end end ");
		g->loops--;
		return;
	}
	if (is_text)
		add(g, "%s", text_value(g));
	else
		operand(g, 3);
	add(g, "%s end ", !is_text && draw(g, 8) ? " & 255" : "");
}

static void statement(struct program *g)
{
	static const char *const moves[] = {
		"v = p:data(packet_eth):data(packet_ip)", "v = ip:data(packet_udp)", "v = l4", "v = ip", "v = p.udp", "l4 = p.tcp or l4",
		"ip = p.ip or ip", "a = p.udp and p.udp.dport or a", "v = p.eth", "if p.ip then p.ip.ttl = a & 255 end", "v = p:data(packet_eth)",
		"l4 = ip:data(packet_udp) or l4", "l4 = ip:data(packet_tcp) or l4", "v = nil", "v = ip:data()", "v = p",
		"s = ip.saddr", "a, b = b, a", "a, v = pair(b, v)", "a, b, c = three(p)", "g = a", "a = g or 0",
		"t[1] = (t[1] or 0) + 1", "h[a & 7] = (h[a & 7] or 0) + 1", "h[s] = (h[s] or 0) + 1", "o.x = a", "b = o.x",
		"local w = l4 if w then a = a + 1 end", "a = o:get(a)", "a = deep(3, a)", "a = tail(a, 3)", "n = n + 1",
		"bytes_of = ip:data():get()", "bytes_of = p:get()", "a = #bytes_of", "if l4 then a = l4.dport end", "m = m",
		"if ip.protocol == 17 then b = l4.sport end", "a = not b", "a = a or 1", "b = b and 2", "a, b = 1, 2",
		"c = c & 15 bytes_of[c] = bytes_of[c] ~ 5", "c = c & 15 a = bytes_of[c] & 15", "b = 3 b = bytes_of[b] & 7 bytes_of[b] = b",
		"for i = 0, #bytes_of - 1 do bytes_of[i] = bytes_of[i] | 32 end", "c = c & 15 bytes_of[c] = bytes_of[c] ~ 256",
		"ip = p:data(packet_eth):data(packet_ip) or ip", "local ip = v a = ip and 1 or 2", "v = ip:ttl()",
	};
	/* what the interpreter has to do, or what fails */
	static const char *const others[] = {
		"l4 = ip:data(packet_icmp)", "v = p:raw(a & 63, b & 15)", "bytes_of = (v or p):get()", "a = v:get()", "l4 = v",
		"v = ip:saddr()", "if type(v) ~= 'table' then s = tostring(v) end", "t = { a, b, x = n }", "t[#t + 1] = a", "s = s .. a", "b = #s",
		"v:set(a & 255)", "a = (function(x) return x + b end)(a)", "a = coroutine.wrap(add)(a, 2)",
		"do local f = coroutine.wrap(function(x) local y = back(3, coroutine.yield(add(x))) return add(y) end) a = f(a) a = f(b) end",
		"a = select(2, pcall(back, 3, b))", "if a then goto done end",
		"do local q <close> = nil end", "a = string.rep('x', 3)", "a = '10' + b", "b = -'3'", "t = setmetatable({}, mt)",
		"a = t.none", "t.none = a", "o = mt", "a = 1 < 'x'", "v = setmetatable({}, mt) a = v:data(packet_udp)",
	};

	/* of local functions: with fewer and more arguments and results than there are, within each other, left in the middle */
	static const char *const calls[] = {
		"ip, l4 = heads(p) ip = ip or v or p l4 = l4 or ip", "local i, u = heads(p) if u then a = u.dport end v = i",
		"a = add(a, b)", "a, b = add(add(a, b), c), add(1, 2)", "a = sum(a, b, c)", "b, c = sum(a, 1), 2",
		"a, v = nested(a, b, v)", "a, b, v, c = nested(b, a, ip, 1, 2) c = c or 1", "v = select2(v, ip)", "v, a = select2(nil, l4)",
		"a = looped(a)", "a, s = text(b)", "a = add(text(c))", "a = fails(a & 255, v)", "a = fails(b, ip)", "count(1)", "a = count(c & 7)",
		"a = changes(a)", "changes = add a = changes(1, 2)", "b = changes(b, 1)", "v = first(ip, l4, p)", "a, b, v = many(a, v)",
		"a = (pcall(fails, a, v)) and 1 or 2", "local ok, m = pcall(nested, a, b, l4) s = ok and s or 'x'", "a = both(a, looped(b))",
		"b = both(ip.ttl, add(a, 1))", "a = back(a & 3, b)", "a = tests(v) and 1 or 0", "if tests(a) then b = b + 1 end",
		"bytes_of = payload(ip) or bytes_of", "v = made(a)", "none() a = none() or 1", "g = get(t, 1) or g", "a = get(o, 'x')",
		"a = far(a, ip)", "s = bump(a)", "v = select2(v or ip, l4)", "v = select2(v or p, 1)", "a = add(a and b, c)", "a = add(not a and b or c)", "local k = b s = bump(k) b = k", "for i = 1, 3 do a = add(a, i) v = select2(v, ip) end", "a, b = swap(a, b)", "a, b = swap(swap(a, b))",
	};

	if (g->left-- <= 0)
		return;
	if (!draw(g, 4)) {
		add(g, "%s ", PICK(g, calls));
		return;
	}
	if (!draw(g, 4)) {
		header_statement(g);
		return;
	}
	switch (draw(g, 12)) {
	case 0:
	case 1:
	case 2:
		add(g, "%s = ", PICK(g, places));
		expression(g, 0);
		add(g, " ");
		return;
	case 3:
	case 4:
	case 5:
		add(g, "%s ", draw(g, 15) ? PICK(g, moves) : PICK(g, others));
		return;
	case 6:
	case 7:
		packet_statement(g);
		return;
	case 8:
	case 9:
		add(g, "if ");
		condition(g);
		add(g, " then ");
		block(g);
		if (draw(g, 2)) {
			add(g, "else ");
			block(g);
		}
		add(g, "end ");
		return;
	case 10:
		if (g->loops > 1)
			return;
		g->loops++;
		if (draw(g, 3)) {
			static const char *const ranges[] = {
				"1, 3", "3, 1, -1", "0, #bytes_of - 1", "a, a + 2", "5, 1", "1, t[1] & 7", "1, 10, 4",
				"math.maxinteger - 1, math.maxinteger", "1, 2, a & 1", "1, s",
			};

			add(g, "for i = %s do if i > 40 then break end ", PICK(g, ranges));
			add(g, "%s = %s + i ", draw(g, 2) ? "a" : "b", draw(g, 2) ? "a" : "b");
			block(g);
			add(g, "end ");
		} else if (draw(g, 2)) {
			add(g, "do local k = 0 while k < 4 do k = k + 1 ");
			block(g);
			add(g, "end end ");
		} else {
			add(g, "do local k = 0 repeat k = k + 1 ");
			block(g);
			add(g, "until k > 3 end ");
		}
		g->loops--;
		return;
	default:
		add(g, "if ");
		condition(g);
		add(g, " then return ");
		expression(g, 2);
		add(g, " end ");
	}
}

static void block(struct program *g)
{
	int n = 1 + draw(g, g->depth > 2 ? 2 : 4);

	g->depth++;
	while (n--)
		statement(g);
	g->depth--;
}

void make_program(unsigned int seed, char *text, size_t size)
{
	static const char *const results[] = {
		"NF_ACCEPT", "XT_CONTINUE", "NF_DROP", "a & 1", "v", "NF_ACCEPT", "v and NF_ACCEPT or 0", "f0(a, ip) and 1",
		"f0(1, ip)", "tail(1, 2)", "pair(NF_ACCEPT, p)",
	};
	struct program g = { .seed = seed * 2654435761u + 1, .text = text, .size = size };
	int i, n = 1 + draw(&g, 3);

	text[0] = 0;
	add(&g, "local n, m, t, h, s = 7, 3, { 1, 2, 3, x = 4 }, {}, 'x'\n"
		"local o = { get = function(self, k) return self.x + k end, x = 5 }\n"
		"local mt = { __index = function(t, k) return k == 'none' and 5 or nil end, x = 3,\n"
		" __newindex = function(t, k, v) rawset(t, 1, v) end, __len = function() return 6 end }\n"
		"local addresses = set.new { '10.0.0.0/30', '2.0.0.0/8', 'fe80::/10' }\n"
		"local names = set.names { 'example.com', 'a', 'x' }\n"
		"local a, b, c, v, l4, ip, bytes_of, kept = 1, 2, 3\n"
		"local function pair(x, y) return x, y end\n"
		"local function three(p) return 1, p and 2, 3 end\n"
		"local function deep(k, x) if k == 0 then return x end return deep(k - 1, x) + 1 end\n"
		"local function tail(x, k) if k <= 0 then return x end return tail(x, k - 1) end\n"
		"local function heads(p) local ip = p:data(packet_eth):data(packet_ip) return ip, ip and ip:data(packet_udp) end\n"
		"local function add(x, y) return x + (y or 1) end\n"
		"local function sum(x, y, z) local s = add(x, y) if z then s = add(s, z) end return s, x end\n"
		"local function nested(x, y, v) local s, z = sum(y, x, 3) if v and z then z = v.ttl end return s, v, z end\n"
		"local function select2(x, y) return x or y, y and 3 end\n"
		"local function looped(x) local y = 0 for i = 1, x & 3 do y = y + i end while y > 4 do y = y - 3 end return y end\n"
		"local function text(x) local y = x & 3 local s = 'k' .. y return #s + y, s end\n"
		"local function fails(x, v) local y = x + 1 v.ttl = y & 255 n = y local z = v.tos return y + z end\n"
		"local function count(x) n = n + x g = n return n end\n"
		"local function changes(x) return x end\n"
		"local function first(...) return (...) end\n"
		"local function many(x, v) if x == 3 then return end if x == 4 then return 1, 2, 3, 4 end return x, v end\n"
		"local function both(x, y) local z = x & y if z == 1 then return -x end return z end\n"
		"local function back(x, y) if x > 0 then y = back(x - 1, y) end return y end\n"
		"local function tests(x) return not x or x == 1 end\n"
		"local function payload(v) local d = v:data() return d and d:get() end\n"
		"local function made(x) local f = function() return x end return f() end\n"
		"local function none() end\n"
		"local function get(t, k) return t[k] end\n"
		"local function far(x, v) local a, y = nested(x, x, v) return add(a, add(x)), y end\n"
		"local function bump(x) x = x + 1 return 'k' .. x end\n"
		"local function swap(x, y) x, y = y, x return x, y end\n");
	for (i = 0; i < n; i++) {
		add(&g, "local function f%d(x, v)\n local a, b, c, p = x, 1, 2, v\n", i);
		add(&g, " local ip, l4, bytes_of, t = %s, %s, bytes_of, t\n do ", draw(&g, 2) ? "v" : "ip",
		    draw(&g, 2) ? "v" : "l4");
		g.functions = i;
		g.left = 4;
		block(&g);
		add(&g, "end\n ::done:: return %s\nend\n", draw(&g, 2) ? "a" : "a or x, b");
	}
	g.functions = n;
	add(&g, "function process_packet(p)\n ");
	if (!draw(&g, 3))
		add(&g, "first() ");	/* which is always interpreted, so what follows has the interpreter's frames */
	if (draw(&g, 2))
		add(&g, "local a, b, v, l4, ip, bytes_of = a, b\n ");
	add(&g, "ip = p:data(packet_eth):data(packet_ip)\n ");
	if (draw(&g, 4))
		add(&g, "if not ip then return NF_DROP end\n ");
	add(&g, "l4 = ip:data(packet_%s)%s\n ", draw(&g, 2) ? "udp" : "tcp",
	    draw(&g, 4) ? " or ip:data(packet_udp) or ip:data(packet_tcp) if not l4 then return NF_ACCEPT end" : "");
	add(&g, "bytes_of = %s:get()\n ", draw(&g, 2) ? "ip:data()" : "p");
	add(&g, "do ");
	g.left = 14;
	for (i = 2 + draw(&g, 5); i; i--)
		block(&g);
	add(&g, "end\n ::done:: do return %s end\nend\n", PICK(&g, results));
	add(&g, "function digest()\n"
		" local d = 0\n"
		" local function mix(x)\n"
		"  local text = tostring(type(x) == 'userdata' and 'view' or type(x) == 'table' and 'table' or x)\n"
		"  for i = 1, #text do d = (d * 31 + text:byte(i)) & 0xFFFF end\n"
		" end\n"
		" mix(n) mix(m) mix(s) mix(g) mix(o.x)\n"
		" mix(a) mix(b) mix(c) mix(v) mix(l4) mix(ip) mix(bytes_of) mix(kept)\n"
		" for i = -1, 16 do mix(t[i]) mix(h[i]) end mix(t.x) mix(h[s])\n"
		" return NF_QUEUE | d << 16\n"
		"end\n");
}
