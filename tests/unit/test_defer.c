/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Timers and deferred work, by a clock of our own. */
#include <string.h>

#include "lua.h"

#include "defer.h"
#include "deferred.h"
#include "host_user.h"
#include "packets.h"
#include "script.h"
#include "script_globals.h"
#include "test.h"

#define MS	1000000ull

/* The two Lua states of a state, with one script in both. */
struct bench {
	struct ps_script s, work;
	struct ps_defer defer;
	struct ps_limits limits;
	int handler;
};

static bool begin(struct bench *b, const char *text, size_t memory, void *region)
{
	memset(b, 0, sizeof(*b));
	b->limits = ps_limits;
	ps_user_time = 1000 * MS;
	ps_defer_init(&b->defer, &deferred_ops);
	CHECK_INT(ps_script_init_sized(&b->s, 0, true, memory, region), 0);
	CHECK_INT(ps_script_init_sized(&b->work, 0, false, memory, NULL), 0);
	b->s.bind.defer = b->work.bind.defer = &b->defer;
	ps_defer_open(&b->defer);
	if (ps_script_load(&b->work, 0, "/s/late.lua", text, strlen(text)) ||
	    ps_script_load(&b->s, 0, "/s/late.lua", text, strlen(text)))
		return false;
	b->handler = ps_script_find(&b->s, 0, "process_packet");
	return b->handler >= 0;
}

static void end(struct bench *b)
{
	ps_defer_close(&b->defer);
	ps_script_clean(&b->s);
	ps_script_clean(&b->work);
	CHECK_INT(b->s.bind.rt.memory, 0);
	CHECK_INT(b->work.bind.rt.memory, 0);
	CHECK_INT(b->defer.bytes, 0);
	CHECK_INT(b->defer.heap.bytes, 0);
	ps_user_time = 0;
	ps_limits = b->limits;
}

static void feed(struct bench *b, uint16_t payload)
{
	const struct shape shape = { .protocol = 17, .payload = payload, .ethernet = true };
	struct ps_packet pkt;
	struct layout at;
	uint16_t queue;
	uint8_t *data = make_packet(&shape, &pkt, &at);

	CHECK_INT(ps_script_run(&b->s, b->handler, &pkt, &queue), PS_VERDICT_ACCEPT);
	CHECK_TEXT(b->s.error, "");
	free(data);
}

/* All that is due by now; returns how many there were. */
static int run_timers(struct bench *b)
{
	bool later;
	int err, n = 0;

	while (ps_timer_run(&b->s, ps_user_time, &later, &err))
		n++;
	return n;
}

static int run_work(struct bench *b)
{
	struct ps_work *work;
	int n = 0;

	for (work = ps_defer_take(&b->defer, ps_user_time); work; work = ps_defer_take(&b->defer, ps_user_time)) {
		ps_script_work(&b->work, work);
		ps_work_free(work);
		n++;
	}
	return n;
}

static void timers_run_when_they_are_due(void)
{
	struct bench b;

	CHECK(begin(&b, "said = ''\n"
			"local function say(...) for _, x in ipairs{ ... } do said = said .. x end end\n"
			"function process_packet(p)\n"
			"  nf.timer(20, say, 'c', 'd') nf.timer(10, say, 'a') nf.timer(10, say, 'b', nil, 'x')\n"
			"  local t = nf.timer(15, say, 'never')\n"
			"  if not t:cancel() or t:cancel() then error('cancel') end\n"
			"  nf.timer(5, function() nf.timer(0, say, '2') say('1') end)\n"
			"  return NF_ACCEPT\n"
			"end\n", PS_SCRIPT_MEMORY, NULL));
	feed(&b, 1);
	CHECK_INT(run_timers(&b), 0);
	ps_user_time += 9 * MS;
	CHECK_INT(run_timers(&b), 2);
	CHECK_TEXT(global(&b.s, "said"), "12");
	ps_user_time += 1 * MS;
	CHECK_INT(run_timers(&b), 2);
	CHECK_TEXT(global(&b.s, "said"), "12ab");
	CHECK(ps_heap_at(&b.s.bind.timers.heap) == 1020 * MS);
	ps_user_time += 3600 * 1000 * MS;
	CHECK_INT(run_timers(&b), 1);
	CHECK_TEXT(global(&b.s, "said"), "12abcd");
	CHECK_INT(b.s.bind.timers.run, 5);
	end(&b);
}

static void timers_end_with_their_state(void)
{
	static char region[40 * 1024 * 1024];
	struct bench b;
	size_t before;

	CHECK(begin(&b, "local all = {}\n"
			"function process_packet(p)\n"
			"  for i = 1, 10000 do all[i] = nf.timer(1000 + i % 7, print, i) end\n"
			"  for i = 1, 10000, 2 do all[i]:cancel() end\n"
			"  all = {}\n"
			"  return NF_ACCEPT\n"
			"end\n", 16 * 1024 * 1024, region));
	CHECK(ps_script_region(16 * 1024 * 1024) <= sizeof(region));
	before = b.s.bind.rt.memory;
	feed(&b, 1);
	CHECK_INT(b.s.bind.timers.heap.n, 5000);
	CHECK(b.s.bind.rt.memory > before + 5000 * 100);
	ps_timers_close(&b.s.bind);
	ps_user_time += 100000 * MS;
	CHECK_INT(run_timers(&b), 0);
	end(&b);
}

/* Garbage has taken what a timer needs: it is collected, as for all else. */
static void garbage_is_in_no_timer_s_way(void)
{
	struct bench b;

	CHECK(begin(&b, "function process_packet(p)\n"
			"  for i = 1, 300 do\n"
			"    local room = 1008 - collectgarbage('count')\n"
			"    if room > 100 then local garbage = bytes.new(1024 * room) end\n"
			"    nf.timer(1000, print)\n"
			"  end\n"
			"  return NF_ACCEPT\n"
			"end\n", 1024 * 1024, NULL));
	ps_limits.packet_ms = 10000;	/* with sanitizers, collecting takes its time */
	feed(&b, 1);
	CHECK_INT(b.s.bind.timers.heap.n, 300);
	ps_timers_close(&b.s.bind);
	end(&b);
}

static void a_script_that_fails_leaves_no_timer(void)
{
	static const char bad[] = "for i = 1, 700 do nf.timer(i % 13, print) end error('no')";
	struct bench b;

	CHECK(begin(&b, "for i = 1, IS_INTERRUPT and 300 or 0 do nf.timer(i % 17, load) end function process_packet() return NF_ACCEPT end",
		    PS_SCRIPT_MEMORY, NULL));
	CHECK_INT(ps_script_load(&b.s, 1, "/s/bad.lua", bad, strlen(bad)), -1);
	CHECK_INT(b.s.bind.timers.heap.n, 300);
	ps_user_time += 100 * MS;
	CHECK_INT(run_timers(&b), 300);
	end(&b);
}

static void a_timer_that_fails_is_told(void)
{
	unsigned int packet_ms;
	struct bench b;
	bool later;
	int err;

	CHECK(begin(&b, "function process_packet(p)\n"
			"  nf.timer(0, function(x) error('from ' .. x) end, 'afar')\n"
			"  nf.timer(0, function(x) return x.ttl end, p)\n"
			"  nf.timer(0, function() while true do end end)\n"
			"  return NF_ACCEPT\n"
			"end\n", PS_SCRIPT_MEMORY, NULL));
	feed(&b, 1);
	CHECK(ps_timer_run(&b.s, ps_user_time, &later, &err));
	CHECK_INT(err, -1);
	CHECK_TEXT(b.s.error, "/s/late.lua:2: from afar");
	CHECK(ps_timer_run(&b.s, ps_user_time, &later, &err));
	CHECK_TEXT(b.s.error, "packet is gone");
	packet_ms = test_limit(&ps_limits.packet_ms, 40);
	CHECK(ps_timer_run(&b.s, ps_user_time, &later, &err));
	ps_limits.packet_ms = packet_ms;
	CHECK_TEXT(b.s.error, "/s/late.lua:4: time limit exceeded");
	CHECK_INT(b.s.bind.timers.failed, 3);
	end(&b);
}

static void a_timer_waits_while_its_state_is_switched_off(void)
{
	struct bench b;
	bool later;
	int err;

	CHECK(begin(&b, "n = 0 function process_packet(p) nf.timer(0, function() n = n + 1 end) return NF_ACCEPT end",
		    PS_SCRIPT_MEMORY, NULL));
	feed(&b, 1);
	ps_limits.stops = 10;
	b.s.bind.rt.guard.refused = PS_REFUSED_STOPS;
	CHECK(!ps_timer_run(&b.s, ps_user_time, &later, &err));
	CHECK(later);
	CHECK_INT(b.s.bind.timers.heap.n, 1);
	b.s.bind.rt.guard.refused = PS_REFUSED_NOT;
	CHECK_INT(run_timers(&b), 1);
	CHECK_TEXT(global(&b.s, "n"), "1");
	end(&b);
}

static void work_is_done_in_the_other_lua_state(void)
{
	struct bench b;

	CHECK(begin(&b, "said = ''\n"
			"function note(skb, id, p)\n"
			"  said = said .. id .. (p and p:data():to_bytes():string() or '')\n"
			"  if id == 2 then nf.schedule(nil, 'note', 9, 1) end\n"
			"  if IS_INTERRUPT or skb ~= nil then error('no') end\n"
			"  if p then p:data():set(string.rep('y', 300)) p.dport = 7 end\n"
			"end\n"
			"function process_packet(p)\n"
			"  nf.schedule(nil, 'note', 3, 20)\n"
			"  nf.schedule(nil, 'note', 1, 10, p, packet_udp)\n"
			"  nf.schedule(nil, 'note', 2, 10, p.udp)\n"
			"  p.udp:data():set('abc')\n"
			"  return NF_ACCEPT\n"
			"end\n", PS_SCRIPT_MEMORY, NULL));
	feed(&b, 3);
	CHECK(deferred_woken == 1010 * MS);	/* the earliest was asked for later */
	CHECK_INT(run_work(&b), 0);
	ps_user_time += 15 * MS;
	CHECK_INT(run_work(&b), 2);
	CHECK_TEXT(b.work.error, "");
	ps_user_time += 5 * MS;
	CHECK_INT(run_work(&b), 2);
	CHECK_INT(b.defer.done, 4);
	CHECK_INT(b.defer.failed, 0);
	CHECK_INT(strlen(global(&b.work, "said")), 4 + 2 * 3);
	CHECK_TEXT(global(&b.s, "said"), "");
	end(&b);
}

static void work_has_limits_of_its_own(void)
{
	const unsigned int work_ms = ps_limits.work_ms;
	struct bench b;

	CHECK(begin(&b, "function loop() while true do end end\n"
			"function much() local t = {} for i = 1, 10000000 do t[i] = {} end end\n"
			"function timer() nf.timer(0, print) end\n"
			"function process_packet(p)\n"
			"  for _, name in ipairs{ 'loop', 'much', 'timer', 'none' } do nf.schedule(nil, name, 0, 0) end\n"
			"  return NF_ACCEPT\n"
			"end\n", PS_SCRIPT_MEMORY, NULL));
	ps_limits.work_ms = ps_limits.packet_ms;	/* which under valgrind is longer */
	feed(&b, 1);
	for (int i = 0; i < 4; i++) {
		static const char *const errors[] = {
			"/s/late.lua:1: time limit exceeded",
			"/s/late.lua:2: not enough memory",
			"/s/late.lua:3: nf.timer is for where packets are handled",
			"there is no global function 'none'",
		};
		struct ps_work *work = ps_defer_take(&b.defer, ps_user_time);

		CHECK(work != NULL);
		CHECK_INT(ps_script_work(&b.work, work), -1);
		CHECK_TEXT(b.work.error, errors[i]);
		ps_work_free(work);
	}
	CHECK_INT(b.defer.failed, 4);
	ps_limits.work_ms = work_ms;
	end(&b);
}

static void so_much_is_pending_at_most(void)
{
	static const char text[] = "answers = ''\n"
		"function note() end\n"
		"function process_packet(p)\n"
		"  local done, why = nf.schedule(nil, 'note', 0, 1000, p, packet_raw)\n"
		"  answers = answers .. (done and '+' or '-')\n"
		"  reason = why\n"
		"  return NF_ACCEPT\n"
		"end\n";
	struct bench b;
	uint64_t refused;
	int i;

	CHECK(begin(&b, text, PS_SCRIPT_MEMORY, NULL));
	ps_limits.pending = 3;
	for (i = 0; i < 5; i++)
		feed(&b, 1);
	CHECK_TEXT(global(&b.s, "answers"), "+++--");
	CHECK_TEXT(global(&b.s, "reason"), "too much work is pending");
	CHECK_INT(b.defer.refused, 2);
	ps_user_time += 1000 * MS;
	CHECK_INT(run_work(&b), 3);
	CHECK_INT(b.defer.bytes, 0);
	ps_limits.pending = 1000;
	ps_limits.pending_memory = 1;
	for (i = 0; i < 40; i++)
		feed(&b, 60000);
	CHECK(b.defer.heap.n == 17);
	ps_limits.schedule_rate = 3;
	CHECK_INT(run_work(&b), 0);
	ps_user_time += 1000 * MS;
	CHECK_INT(run_work(&b), 17);
	refused = b.defer.refused;
	for (i = 0; i < 5; i++)
		feed(&b, 1);
	CHECK_INT(b.defer.refused - refused, 2);
	CHECK_TEXT(global(&b.s, "reason"), "too many calls of deferred work in a second (parameter schedule_rate of the module)");
	ps_user_time += 999 * MS;
	feed(&b, 1);
	CHECK_INT(b.defer.refused - refused, 3);
	ps_user_time += 1 * MS;
	feed(&b, 1);
	CHECK_INT(b.defer.refused - refused, 3);
	ps_defer_close(&b.defer);
	feed(&b, 1);
	CHECK_TEXT(global(&b.s, "reason"), "this Lua state closes");
	end(&b);
}

/* As when a state is reloaded: what the scripts asked for as they were loaded comes to what was pending. */
static void what_is_pending_moves(void)
{
	struct ps_defer other;
	struct bench b;

	CHECK(begin(&b, "asked, done = 0, ''\n"
			"function note(skb, id) done = done .. id .. ' ' end\n"
			"function process_packet(p) asked = asked + 1 nf.schedule(nil, 'note', asked, 10 * (5 - asked)) return NF_ACCEPT end",
			PS_SCRIPT_MEMORY, NULL));
	ps_defer_init(&other, &deferred_ops);
	ps_defer_open(&other);
	b.s.bind.defer = &other;
	feed(&b, 1);
	feed(&b, 1);
	b.s.bind.defer = &b.defer;
	feed(&b, 1);
	deferred_woken = 0;
	ps_limits.pending = 2;
	ps_defer_move(&other, &b.defer);
	CHECK_INT(other.heap.n, 0);
	CHECK_INT(other.bytes, 0);
	CHECK_INT(other.heap.bytes, 0);
	CHECK_INT(b.defer.heap.n, 2);
	CHECK_INT(b.defer.refused, 1);
	CHECK(deferred_woken == 0);	/* what is first was there */
	ps_user_time += 50 * MS;
	CHECK_INT(run_work(&b), 2);
	CHECK_TEXT(global(&b.work, "done"), "3 2 ");
	b.s.bind.defer = &other;
	feed(&b, 1);
	ps_defer_move(&other, &b.defer);
	CHECK(deferred_woken == ps_user_time + 10 * MS);
	ps_defer_close(&b.defer);
	b.s.bind.defer = &other;
	feed(&b, 1);
	ps_defer_move(&other, &b.defer);	/* to what has closed */
	CHECK_INT(b.defer.heap.n, 0);
	CHECK_INT(b.defer.refused, 2);
	b.s.bind.defer = &b.defer;
	end(&b);
}

const struct test defer_tests[] = {
	{ "defer: timers run when they are due, in order", timers_run_when_they_are_due },
	{ "defer: timers end with their state", timers_end_with_their_state },
	{ "defer: garbage is in no timer's way", garbage_is_in_no_timer_s_way },
	{ "defer: a script that fails leaves no timer", a_script_that_fails_leaves_no_timer },
	{ "defer: a timer that fails is told", a_timer_that_fails_is_told },
	{ "defer: a timer waits while its state is switched off", a_timer_waits_while_its_state_is_switched_off },
	{ "defer: work is done in the other Lua state, with copies of packets", work_is_done_in_the_other_lua_state },
	{ "defer: work has limits of its own", work_has_limits_of_its_own },
	{ "defer: so much is pending at most, and asked for in a second", so_much_is_pending_at_most },
	{ "defer: what is pending moves, within the limits", what_is_pending_moves },
	{ NULL, NULL },
};
