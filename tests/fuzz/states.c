/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Target states: what is around a script. The input makes files: two scripts, modules that they require, lists of their sets.
 * Each script is gathered and loaded into a Lua state, the first one also into one for deferred work if it asks for that; they
 * share tables and queues, and timers and deferred work are run as time passes. Where nothing is refused, it all happens
 * compiled and interpreted, and has to come to the same.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "defer.h"
#include "fuzz.h"
#include "shared.h"
#include "shared_store.h"
#include "timer.h"

#define TEXT		0xF5	/* the first byte of an input whose files are texts from its eighth byte on, each ended by 0 */
#define FILE_MAX	6000	/* bytes of one that is made */
#define FRAMES		2
#define LATE		6	/* calls of timers, of deferred work, of functions of queues, between packets */
#define STEPS		96
#define MS		1000000ull
#define NEARLY_FULL	32768	/* bytes that are left */

enum kind {
	TAME,		/* compared */
	STARVED,	/* memory runs out at some time */
	HURRIED,	/* the time of a call is up at some time */
	KINDS,
};

enum { FIRST, SECOND, LISTS = 5, FILES = 8 };

/* Where the first two names are looked for, and what asks for the others. */
static const char *const paths[FILES] = {
	"/beside/a.lua", "/beside/b.lua", "/beside/m.lua", "/folder/n.lua", "/beside/d/m.lua", "/beside/l", "/folder/d/n.txt", "/beside/n",
};

struct play {
	unsigned int kind;	/* enum kind */
	unsigned int when, times;
	unsigned int flags;
	unsigned int seed;	/* of frames, and of what handlers are given */
	unsigned int pass;	/* milliseconds between packets */
	struct {
		char made[FILE_MAX + 1];
		const char *text;
		size_t len;
	} files[FILES];
	struct frame frames[FRAMES];
};

enum {
	DROPS_CODE = 1, ONE_STATE = 2, FEW_PENDING = 4, LITTLE = 8, ASKS = 16, CLOSES_EARLY = 32, FIRST_LEAVES = 64, TWO_SPACES = 128,
};

static struct play play;

/* Beside those of the input there are modules that are too many, too deep and too long. */
static enum ps_read read_other(const char *path, const char **text, size_t *len)
{
	static char made[200 * 1024];
	int n, i;

	if (!strcmp(path, "/folder/failing.lua"))
		return PS_READ_FAILED;
	if (sscanf(path, "/folder/deep%d.lua", &n) == 1)
		*len = snprintf(made, sizeof(made), "return require 'deep%d'", n + 1);
	else if (sscanf(path, "/folder/part%d.lua", &n) == 1)
		*len = snprintf(made, sizeof(made), "return %d", n);
	else if (sscanf(path, "/folder/large%d.lua", &n) == 1)
		*len = snprintf(made, sizeof(made), "return %*d", (int)sizeof(made) - 100, n);
	else if (!strcmp(path, "/folder/parts.lua") || !strcmp(path, "/folder/larges.lua"))
		for (i = *len = 0; i < (path[8] == 'p' ? 40 : 7); i++)
			*len += snprintf(made + *len, sizeof(made) - *len, "T(require '%.5s%d')\n", path + 8, i);
	else
		return PS_READ_ABSENT;
	*text = made;
	return PS_READ_DONE;
}

static enum ps_read read_file(const char *path, const char **text, size_t *len)
{
	int i;

	for (i = 0; i < FILES && strcmp(path, paths[i]); i++)
		;
	if (i == FILES || !play.files[i].len)
		return read_other(path, text, len);
	*text = play.files[i].text;
	*len = play.files[i].len;
	return PS_READ_DONE;
}

/*
 * Files that are made: templates, in which $ and a letter stand for one of the words of that letter.
 */
struct words {
	char letter;
	const char *const *words;
	unsigned int n;
};

#define WORDS(letter, array)	{ letter, array, sizeof(array) / sizeof((array)[0]) }

static const char *const tables[] = { "t0", "t1" };
static const char *const queues[] = { "q0", "q1" };
static const char *const names[] = { "a", "b", "c" };
static const char *const keys[] = { "1", "'k'", "'k1'", "n", "'long key of more than sixteen bytes'", "p:get()[0]", "-5", "x", "('k'):rep(255)", "$v" };
static const char *const numbers[] = { "0", "1", "2", "3", "7", "20", "64", "300", "1000", "-1", "70000", "x" };
static const char *const counts[] = { "2", "5", "20", "70", "300", "1100" };
static const char *const sizes[] = { "1", "3", "127", "128", "129", "5000", "9000", "40000", "66000", "150000" };
static const char *const modules[] = { "m", "n", "d.m", "none", "n", "..", "m", "a", "deep1", "parts", "larges", "failing", "deep4" };
static const char *const lists[] = { "l", "d/n.txt", "n", "none", "/l", "l" };
static const char *const values[] = {
	"1", "2", "true", "false", "nil", "'text'", "('x'):rep($S)", "bytes.new($S)", "{ 'a', bytes.new($S), ('y'):rep($S) }", "{ 'a', 1 }",
	"print", "math.maxinteger", "x", "p:get()", "p:to_bytes()", "n", "$t[$k]", "$q:receive()", "''", "p", "$t", "bytes.new_from_string('abc')",
};
static const char *const statements[] = {
	"$t[$k] = $v", "T($t[$k])", "x = $t[$k]", "T($t:add($k, $n))", "T($t:add($k, $v, $n))", "$t:set($k, $v, $n)", "$t:set($k, $v)",
	"T($t:cas($k, $v, $v))", "T($t:cas($k, $t[$k], $v))", "T($t:slice($k, $n, $n))", "T(#$t, tostring($t), $t == $t)",
	"$t:each(function(k, v) T(k, v) $s end)", "$t:each(function(k, v) $t[k] = nil end)",
	"$t:each(function(k, v) n = n + 1 if n > $n then return false end $t[tostring(k):sub(-200) .. 'x'] = v end)",
	"for i = 1, $N do $t[i] = i end", "for i = 1, $N do $t['k' .. i] = $v end", "for i = 1, $N do $t:set(i, $v, $n) end",
	"for i = 1, $N do $t[i] = nil end", "for i = 1, $N do $t:add(i % 9, 1, $n) end",
	"T($q:send($v))", "T($q:receive())", "T(#$q, tostring($q))", "for i = 1, $N do if not $q:send($v) then break end end",
	"$t = shared.table('$a', { size = $n, ttl = $n })", "$t = shared.table('$a', { keep = $v })", "$q = shared.queue('$a', $n)",
	"$t = shared.table($v, $v)", "for i = 1, 300 do shared.table('t' .. i) end", "$t = shared.table '$a'",
	"kept[#kept + 1] = nf.timer($n, function(a, b) T(a, b) $s end, $v, $v)", "nf.timer($n, error, $v)", "nf.timer($n, work, nil, $n, $v)",
	"T(kept[#kept]:cancel())", "kept[#kept] = nil", "for i = 1, $N do kept[1 + i % 50] = nf.timer(i // 3, T, i) end", "nf.timer($v, $v, $v)",
	"T(nf.schedule(nil, 'work', $n, $n))", "T(nf.schedule(nil, 'work', $n, $n, p))",
	"T(nf.schedule(nil, 'work', $n, $n, p:data(packet_eth), packet_ip))", "T(nf.schedule(nil, '$a', $n, 0, p.ip, packet_ip))",
	"T(nf.schedule(nil, $v, $v, $v, $v, $v))", "for i = 1, $N do nf.schedule(nil, 'work', i, $n, p) end",
	"T(nf.schedule(nil, 'work', $n, 1, p:raw($n, 8)))", "T(nf.schedule(nil, 'work', 1, 1, p.udp:data(), packet_dyn))",
	"T(require '$m')", "do local m = require('$m') T(type(m) == 'table' and m.f and m.f(p, $v)) end", "T(require($v))",
	"do local s = set.file('$l') T(s:has('10.0.0.1'), s:has(p.ip:saddr()), #s) end", "do local s = set.names_file('$l') T(s:has('a.example.com')) end",
	"T(set.file($v))", "T(nf.get_time() // 1000000, IS_INTERRUPT, STATE_ID)", "collectgarbage()", "$s $s", "if p then $s end", "error($v)",
	"if IS_INTERRUPT then $s else $s end",
	"$q:on(function(v) T(v) $s end)", "$q:on()", "$q:on($v)", "for i = 1, 9 do shared.queue('q' .. i):on(T) end", "for i = 1, 9 do shared.queue('q' .. i):on() end",
	"do local f = p:flow() T(f ~= nil, f.n) f.n = $v f[$k] = $v end", "T(p:flow():cut($v))", "T(p:flow():cut())", "kept.flow = p:flow()", "T(kept.flow:cut($v), kept.flow.n)",
	"T(flow.count())", "flow.options { size = $n, udp = $n, tcp = $n, icmp = $n }", "flow.options($v)", "for i = 1, $N do p:flow().n = i end",
	"T(nf.limit { rate = $n, burst = $n, per = $n, size = $n, key = $v })", "T(nf.limit({ rate = $n }, $k))", "T(nf.limit($v, $v))",
	"for i = 1, $N do nf.limit({ rate = 5, size = 20 }, i) end", "for i = 1, 70 do nf.limit { rate = i } end", "T(nf.limit({ rate = 3, per = 50 }, p.ip:saddr()))",
	"for i = 1, 9 do shared.queue('q' .. i):send($v) end", "$q:on(function(v) $q:send(v) end)", "T(pcall(function() $s end))", "function process_packet(p) $s return NF_ACCEPT end",
	"load('function process_packet(p) T(1) end')()", "_G.work = $v", "p.ip.ttl = $n", "p:data():set($v)", "p.udp:data():set($v)",
	"T(nf.send { p:get(), '$a' })", "T(nf.create_packet(nil, p:get()))", "T(nf.send { p, mark = $n })", "T(nf.create_packet(nil, bytes.new($S)))",
	"T(nf.send { p.ip:get(), segment = $n, mark = $n, priority = $n })", "T(nf.send { p.ip:get():slice(0, 20), bytes.new($S) })",
	"T(nf.send { p.ip:get(), link = p:raw(0, 14):get(), dev = '$a' })", "T(nf.send { p.ip:get(), $v, none = 1 })", "T(nf.send { '$a', [$v] = 1 })",
	"for i = 1, $N do nf.send { p.ip:get() } end", "local x <close> = setmetatable({}, { __close = function() $s end })",
	"function load_m() return require 'm' end", "T(load_m())", "T(nf.timr, nf.shedule)", "if nf.flie then $s end", "T(shared.tabel '$a')", "T(set.fil('$l'))",
	"do local m = bytes.to_packet(p:to_bytes(), packet_eth) T(m, m:data(packet_ip), m:data(packet_dyn), m.dyn) m:data(packet_dyn).a = $n end",
	"do local m = bytes.to_packet(bytes.new($S), packet_dyn) T(m.a, m.b, m:data(), m) m.a = $v end", "kept[1].cancel($v)",
	"T($t:cas($k, 'text', $v), $t:cas($k, bytes.new_from_string('abc'), $v))",
	"register_dynamic_protbuf { name = 'packet_dyn', payload_field = 'b', protocol_fields = { { 'a', 0, 8 }, { 'b', 8, 0 } } }",
	"register_dynamic_protbuf { name = 'packet_dyn', protocol_fields = { { 'a', 4, $n }, { 'b', 8, 16, print, function(b, v) $s end } }, has_protocol = function(v, id) T(id, v) $s return true end, get_field_changes = function(v) return { 0, $n }, { $n, 0 } end }",
	"register_dynamic_protbuf { name = $v, protocol_fields = $v, payload_field = $v }", "T(p:data(packet_dyn), p.dyn, p.dyn.a, p.dyn.b)",
	"T(p.dyn:data(packet_ip), p.udp:data(packet_dyn), p.dyn:b():get())", "p.dyn.a = $v", "p.dyn:b():set($v)", "T(p.dyn:data(packet_dyn), #p.dyn)",
	"T(nf.log('warning', $n, true, $n), nf.log('$a', 1), nf.log('error'))", "T(nf.log($n))", "T(nf.get_time($v))", "T(set.new { '10.0.0.0/8', '$n.0.0.0/8' }:has($v))", "T(set.names($v), set.new($v))",
	"T(nf.send { $v, segment = $n, link = $v, dev = $v })", "T(nf.send { p.ip:get():slice(0, 28), { $t, $k, $n, $n }, segment = $n })",
	"$t[$k] = { bytes.new($S), bytes.new($S) } T(nf.send { p.ip:get():slice(0, 40), { $t, $k, $n, $S }, segment = 1000 })", "T(bytes.to_packet($v, packet_dyn))",
};
static const char *const listed[] = {
	"10.0.0.0/8\n", "192.0.2.1-192.0.2.9\n", "2001:db8::/32\n", "::1\n", "# $a\n", "\n", " 10.1.2.3 # $a\n", "example.com\n", "org\n", "*.a.b\n", "$a.example\n",
	"10.0.0.9\n10.0.0.8\n10.0.0.7\n", "1.2.3\n", "fe80::1-fe80::$n\n", "300.0.0.0/8\n", "$n.0.0.0/$n\r\n", "xn--a\t\n", "b",
};

static const struct words all_words[] = {
	WORDS('t', tables), WORDS('q', queues), WORDS('a', names), WORDS('k', keys), WORDS('n', numbers), WORDS('N', counts), WORDS('S', sizes),
	WORDS('m', modules), WORDS('l', lists), WORDS('v', values), WORDS('s', statements), WORDS('L', listed),
};

struct writer {
	struct fuzz_input *in;
	char *text;
	size_t len;
	int depth;
};

static const struct words *words_of(char letter)
{
	const struct words *w = all_words;

	while (w->letter != letter)
		w++;
	return w;
}

/* Deep inside it is the first word, which has none in it. */
static void write_template(struct writer *w, const char *template)
{
	for (; *template && w->len < FILE_MAX; template++) {
		const struct words *words;

		if (*template != '$') {
			w->text[w->len++] = *template;
			continue;
		}
		words = words_of(*++template);
		w->depth++;
		write_template(w, words->words[w->depth > 6 ? 0 : fuzz_take(w->in) % words->n]);
		w->depth--;
	}
}

static void write_lines(struct writer *w, unsigned int max)
{
	unsigned int n = fuzz_take(w->in) % max;

	while (n-- && w->in->at < w->in->end)
		write_template(w, fuzz_take(w->in) & 3 ? "T(pcall(function() $s end))\n" : "$s\n");
}

static const char prelude[] =
	"local tostring, type, select, print, pcall, error = tostring, type, select, print, pcall, error\n"
	"local function T(...)\n"
	" for i = 1, select('#', ...) do\n"
	"  local w = select(i, ...)\n"
	"  local k, s = type(w), tostring(w)\n"
	"  print(s:find(': 0x', 1, true) and k or s)\n"
	" end\n"
	"end\n"
	"local n, x, kept, p = 1, 2, {}, nil\n";

static void make_file(int i, struct fuzz_input *in)
{
	static const char *const begins[] = { "", "", "", "#!/usr/bin/lua\n", "\xEF\xBB\xBF", "\xEF\xBB\xBF# a line", "", "-- $a\n" };
	struct writer w = { in, play.files[i].made };

	if (i >= LISTS) {
		unsigned int n = fuzz_take(in) % 12;

		while (n--)
			write_template(&w, "$L");
	} else if (i > SECOND) {
		write_template(&w, prelude);
		write_template(&w, "local t0, t1, q0, q1 = shared.table 'a', shared.table 'b', shared.queue 'a', shared.queue('b', 5)\nlocal M = {}\n");
		write_lines(&w, 4);
		write_template(&w, "function M.f(p, v)\n");
		write_lines(&w, 4);
		write_template(&w, "end\nreturn M\n");
	} else {
		write_template(&w, begins[fuzz_take(in) % 8]);
		write_template(&w, prelude);
		write_template(&w, "local t0, t1, q0, q1 = shared.table 'a', shared.table('b', { size = $n }), shared.queue('a', 9), shared.queue 'b'\n");
		write_lines(&w, 5);
		write_template(&w, "function work(skb, id, p)\n T(skb, id, p)\n");
		write_lines(&w, 4);
		write_template(&w, "end\nfunction process_packet(p)\n");
		write_template(&w, fuzz_take(in) & 1 ? "" : "T(pcall(function() nf.schedule(nil, 'work', $n, $n, p) end))\n");
		write_lines(&w, 8);
		write_template(&w, " return XT_CONTINUE\nend\nfunction on_close()\n");
		write_lines(&w, 3);
		write_template(&w, "end\n");
	}
	play.files[i].text = w.text;
	play.files[i].len = w.len;
}

static void take_text(int i, struct fuzz_input *in)
{
	size_t len = strnlen((const char *)in->at, in->end - in->at);

	play.files[i].text = (const char *)in->at;
	play.files[i].len = len;
	in->at += len < (size_t)(in->end - in->at) ? len + 1 : len;
}

/*
 * What happens.
 */
struct history {
	uint64_t steps[STEPS];	/* hashes of what was said and done */
	unsigned int n;
	bool comparable;
};

struct world {
	struct history *h;
	struct ps_shared_space *spaces[2];	/* as two network namespaces have them */
	struct ps_defer defer;
	struct fuzz_state states[2], work;
	struct ps_bundle bundles[2];
	bool is_open[2], works;
	int handlers[2];
};

static void set_events(void)
{
	fuzz_events = (struct fuzz_events){ 0 };
	if (play.kind == STARVED) {
		fuzz_events.fails = 1 + play.when;
		fuzz_events.times = play.times;
	}
	if (play.kind == HURRIED)
		fuzz_events.expires = 1 + play.when;
}

/* Whatever the state has just done. */
static void note(struct world *w, struct fuzz_state *state, int result)
{
	uint64_t hash = fuzz_take_log() ^ (uint64_t)result << 32;
	const char *c;

	for (c = result < 0 ? state->s.error : ""; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 0x100000001B3;
	if (fuzz_show && result < 0)
		printf("  error: %s\n", state->s.error);
	/* what takes memory of its own has less of it compiled than interpreted, or more */
	w->h->comparable &= !fuzz_was_late() && !state->refused && !strstr(state->s.error, "memory") &&
			    state->s.bind.rt.memory_max - state->s.bind.rt.memory > NEARLY_FULL;
	if (w->h->n < STEPS)
		w->h->steps[w->h->n++] = hash;
	if (play.kind != TAME && !fuzz_events.fails && !fuzz_events.expires)
		set_events();
}

static void lock(struct ps_defer *defer)
{
	(void)defer;
	ps_host_lock(PS_LOCKS - 1);
}

static void unlock(struct ps_defer *defer)
{
	(void)defer;
	ps_host_unlock(PS_LOCKS - 1);
}

static void check_first(const struct ps_heap *heap, uint64_t at)
{
	if (!heap->n || at != ps_heap_at(heap))
		fuzz_fail("what is due first is not what was said");
}

static void wake(struct ps_defer *defer, uint64_t at)
{
	check_first(&defer->heap, at);
}

static void wake_timers(struct ps_timers *timers, uint64_t at)
{
	check_first(&timers->heap, at);
}

/* Some cannot now, so that another is. */
static bool wake_values(struct ps_listening *listening)
{
	(void)listening;
	return play.pass % 3;
}

static bool open_state(struct world *w, struct fuzz_state *state, bool is_interrupt)
{
	static const char *const memories[] = { NULL, NULL, NULL, "1M", "512K", "128K", "4M", "64K" };

	if (fuzz_state_init_as(state, is_interrupt, memories[play.seed >> 13],
			       w->spaces[play.flags & TWO_SPACES && state == &w->states[1]]))
		return false;
	if (is_interrupt)
		state->s.bind.timers.wake = wake_timers;
	state->s.bind.listening.wake = wake_values;
	state->s.bind.defer = &w->defer;
	return true;
}

static bool load(struct world *w, struct fuzz_state *state, int id, const struct ps_bundle *bundle)
{
	int err = ps_script_load_bundle(&state->s, id, bundle);

	if (err && !state->s.error[0])
		fuzz_fail("no reason why the script was not loaded");
	note(w, state, err);
	return !err;
}

/* Functions that need no state, and what they say of the text. */
static void ask(const char *path, const char *text, size_t len, bool is_gathered, bool has_handler)
{
	char error[PS_SCRIPT_ERROR_SIZE];
	int err;

	if (play.kind != TAME || !(play.flags & ASKS))
		return;
	err = ps_script_check(path, text, len, error, sizeof(error));
	if (err && !memchr(error, 0, sizeof(error)))
		fuzz_fail("the error has no end");
	if (err && is_gathered && !strstr(error, "time limit") && !strstr(error, "memory"))
		fuzz_fail("compiled and not compiled: %s", error);
	if (has_handler && !ps_script_may_define(text, len, "process_packet"))
		fuzz_fail("a script has defined what it cannot");
}

/* The handler of script i, which is given what the input names. */
static int find_handler(struct ps_script *s, int i)
{
	static const char *const names[] = { "raw", "raw", "eth", "ip", "ip6", "arp", "raw", "tcp" };
	const char *name = names[(play.seed >> 3 * i) % 8];
	enum ps_given given;

	if (ps_given_named(name, &given) != (strcmp(name, "tcp") != 0))
		fuzz_fail("%s may or may not be given", name);
	return strcmp(name, "tcp") ? ps_script_find_given(s, i, "process_packet", given) : ps_script_find(s, i, "process_packet");
}

/* Gathers script i, and loads it where it belongs. */
static void begin(struct world *w, int i)
{
	struct fuzz_state *state = &w->states[play.flags & ONE_STATE ? 0 : i];
	const struct ps_bundle_source source = {
		.path = paths[i], .text = play.files[i].text, .len = play.files[i].len, .beside = paths[i], .folder = "/folder",
		.memory = PS_SCRIPT_MEMORY,
	};
	struct ps_bundle *bundle = &w->bundles[i];
	char error[PS_SCRIPT_ERROR_SIZE] = "";
	bool is_gathered, is_loaded = false;

	w->handlers[i] = -1;
	if (state == &w->states[i]) {
		w->is_open[i] = open_state(w, state, true);
		if (!w->is_open[i])
			return;
	} else if (!w->is_open[0]) {
		return;
	}
	is_gathered = !ps_bundle_make(bundle, &source, error, sizeof(error));
	if (fuzz_show)
		printf("%s: %s\n%.*s\n", paths[i], is_gathered ? "gathered" : error, (int)source.len, source.text);
	if (!is_gathered && !memchr(error, 0, sizeof(error)))
		fuzz_fail("the error has no end");
	if (!is_gathered && !error[0])
		fuzz_fail("no reason why it was not gathered");
	if (is_gathered && i == FIRST && bundle->defers) {
		w->works = open_state(w, &w->work, false);
		if (w->works && load(w, &w->work, i, bundle))
			ps_defer_open(&w->defer);
	}
	if (is_gathered)
		is_loaded = load(w, state, i, bundle);
	if (play.flags & DROPS_CODE)
		ps_bundle_drop_code(bundle);
	if (is_loaded) {
		w->handlers[i] = find_handler(&state->s, i);
		note(w, state, w->handlers[i] < 0 ? -1 : 0);
	}
	ask(paths[i], source.text, source.len, is_gathered, w->handlers[i] >= 0 && (i == FIRST || !(play.flags & ONE_STATE)));
}

static void run_packets(struct world *w, const struct frame *frame)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct fuzz_state *state = &w->states[play.flags & ONE_STATE ? 0 : i];
		struct fuzz_outcome o;

		if (w->handlers[i] < 0)
			continue;
		fuzz_run(state, w->handlers[i], frame, &o);
		w->h->comparable &= !o.late;
		note(w, state, o.verdict == PS_VERDICT_ERROR ? -1 : (int)(o.verdict + o.len * 16));
		fuzz_outcome_clean(&o);
	}
}

static void run_late(struct world *w)
{
	bool later;
	int i, n, err;

	for (i = 0; i < 2; i++) {
		for (n = 0; w->is_open[i] && n < LATE && ps_listen_run(&w->states[i].s, &later, &err); n++)
			note(w, &w->states[i], err);
		for (n = 0; w->is_open[i] && n < LATE && ps_timer_run(&w->states[i].s, fuzz_time, &later, &err); n++)
			note(w, &w->states[i], err);
	}
	if (ps_defer_next(&w->defer) != ps_heap_at(&w->defer.heap))
		fuzz_fail("it is told that something else is due first");
	for (n = 0; w->works && n < LATE; n++) {
		struct ps_work *work = ps_defer_take(&w->defer, fuzz_time);

		if (!work)
			break;
		note(w, &w->work, ps_script_work(&w->work.s, work));
		ps_work_free(work);
	}
	for (n = 0; w->works && n < LATE && ps_listen_run(&w->work.s, &later, &err); n++)
		note(w, &w->work, err);
	if (play.flags & CLOSES_EARLY)
		ps_defer_close(&w->defer);
}

static void end(struct world *w)
{
	int i;

	ps_defer_close(&w->defer);
	for (i = 0; i < 2; i++) {
		if (w->handlers[i] >= 0)
			ps_script_put(&w->states[play.flags & ONE_STATE ? 0 : i].s, w->handlers[i]);
	}
	for (i = 0; i < 2; i++) {
		if (!w->is_open[i])
			continue;
		ps_timers_close(&w->states[i].s.bind);
		ps_listen_close(&w->states[i].s.bind);
		note(w, &w->states[i], ps_script_close(&w->states[i].s, i));
	}
	if (w->works)
		ps_listen_close(&w->work.s.bind);
	if (w->works)
		note(w, &w->work, ps_script_close(&w->work.s, FIRST));
	fuzz_events = (struct fuzz_events){ 0 };
	for (i = 0; i < 2; i++) {
		if (w->is_open[i])
			fuzz_state_clean(&w->states[i]);
		ps_bundle_clean(&w->bundles[i]);
	}
	if (w->works)
		fuzz_state_clean(&w->work);
	if (w->defer.bytes || w->defer.heap.bytes)
		fuzz_fail("deferred work has memory when the state is closed");
}

static void run(struct history *h)
{
	static struct world w;
	const long before = ps_shared_used();
	int i;

	memset(&w, 0, sizeof(w));
	w.h = h;
	w.handlers[0] = w.handlers[1] = -1;
	h->n = 0;
	h->comparable = play.kind == TAME;
	fuzz_time = 4 * MS;
	fuzz_take_log();
	fuzz_was_late();
	ps_defer_init(&w.defer, &(const struct ps_defer_ops){ lock, unlock, wake });
	for (i = 0; i < 2; i++)
		w.spaces[i] = ps_shared_space_new();
	set_events();
	for (i = 0; i < 2; i++)
		begin(&w, i);
	for (i = 0; i < FRAMES; i++) {
		run_packets(&w, &play.frames[i]);
		fuzz_time += play.pass * MS;
		run_late(&w);
		ps_shared_sweep();
		if (play.flags & FIRST_LEAVES && i == 0 && w.handlers[0] >= 0) {
			ps_script_put(&w.states[0].s, w.handlers[0]);
			ps_script_forget(&w.states[0].s, FIRST);
			w.handlers[0] = -1;
		}
	}
	end(&w);
	for (i = 0; i < 2; i++) {
		ps_shared_space_close(w.spaces[i]);
		ps_shared_space_put(w.spaces[i]);
	}
	if (ps_shared_used() != before)
		fuzz_fail("%ld bytes shared when nobody is left", ps_shared_used() - before);
}

static void run_both(void)
{
	const struct ps_limits limits = ps_limits;
	const struct ps_send_limits send_limits = ps_send_limits;
	const unsigned int shared_mb = ps_shared_limits.shared_mb;
	struct history compiled, plain;
	unsigned int i;

	if (play.flags & FEW_PENDING)
		ps_limits.pending = 3;
	if (play.flags & LITTLE) {
		ps_shared_limits.shared_mb = 1;
		ps_send_limits.send_rate = 30;
		ps_send_limits.send_rate_kib = 2;
	}
	if (play.kind == HURRIED)
		ps_limits.stops = 2;
	fuzz_read = read_file;
	fuzz_recycle(play.when & 16);
	fuzz_plainly = play.kind != TAME && play.when & 4;
	run(&compiled);
	if (compiled.comparable) {
		fuzz_plainly = true;
		run(&plain);
		for (i = 0; plain.comparable && (i < compiled.n || i < plain.n); i++) {
			if (i >= compiled.n || i >= plain.n || compiled.steps[i] != plain.steps[i])
				fuzz_fail("step %u is not the same compiled and interpreted", i);
		}
	}
	fuzz_recycle(false);
	fuzz_read = NULL;
	ps_limits = limits;
	ps_send_limits = send_limits;
	ps_shared_limits.shared_mb = shared_mb;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, data + size };
	unsigned int first = fuzz_take(&in);
	int i;

	play.kind = first % 8 < KINDS ? first % 8 : TAME;
	play.times = 1 + (first >> 6);
	play.when = fuzz_take16(&in) % 2048;
	play.flags = fuzz_take(&in);
	play.pass = fuzz_take(&in) * 5;
	play.seed = fuzz_take16(&in);
	for (i = 0; i < FRAMES; i++)
		frame_build(&play.frames[i], play.seed + i * (play.pass % 2 ? 77 : 0));
	for (i = 0; i < FILES; i++) {
		if (first == TEXT)
			take_text(i, &in);
		else
			make_file(i, &in);
	}
	if (first == TEXT)
		play.kind = play.when & 1 ? HURRIED : TAME;
	for (i = SECOND + 1; fuzz_show && i < FILES; i++)
		printf("%s:\n%.*s\n", paths[i], (int)play.files[i].len, play.files[i].text);
	run_both();
	return 0;
}
