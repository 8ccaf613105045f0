/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Budgets of time, by a clock of our own: no time goes by but what the test says. */
#include <string.h>

#include "lua.h"
#include "lauxlib.h"

#include "host_user.h"
#include "runtime.h"
#include "test.h"

static unsigned int ms;

static unsigned int clock_of_test(void)
{
	return ms;
}

struct stage {
	struct ps_limits limits;
	struct ps_watch watch;
	struct ps_runtime rt[3];
	unsigned int next;	/* when the timer fires */
};

static void begin(struct stage *s)
{
	s->limits = ps_limits;
	memset(&s->watch, 0, sizeof(s->watch));
	for (int i = 0; i < 3; i++)
		CHECK_INT(ps_runtime_init(&s->rt[i], PS_CONTEXT_PACKET, i, 1024 * 1024, NULL), 0);
	ps_limits.packet_ms = 40;
	ps_limits.share = 30;
	ps_limits.stops = 10;
	ms = 1000;
	s->next = ms + PS_WATCH_TICK_MS;
	ps_user_clock = clock_of_test;
}

static void end(struct stage *s)
{
	ps_user_clock = NULL;
	ps_limits = s->limits;
	for (int i = 0; i < 3; i++)
		ps_runtime_clean(&s->rt[i]);
}

/* Time goes by; the timer fires when it is due, or as soon as the machine goes on then. */
static void pass(struct stage *s, unsigned int n)
{
	while (n--) {
		ms++;
		if ((int)(ms - s->next) >= 0)
			s->next = ms + ps_watch_tick(&s->watch, ms);
	}
}

/* A run of state i that wants n ms. Returns how many it got, or -1: it was refused before it began. */
static int run(struct stage *s, int i, unsigned int n)
{
	struct ps_guard *guard = &s->rt[i].guard;
	unsigned int got = 0;

	if (guard->refused && ps_watch_is_refused(guard))
		return -1;
	ps_watch_enter(&s->watch, guard, ps_watch_packet_ms(guard));
	if (guard->expired)
		got = -1;
	else
		for (; got < n && !guard->expired; got++)
			pass(s, 1);
	ps_watch_leave(&s->watch);
	if (guard->expired)
		ps_runtime_recover(&s->rt[i]);
	return got;
}

/* The host holds the machine up in the run: others wait for that, too, but who did nothing wrong is not stopped for it. */
static void what_is_stopped_is_charged_as_long_as_others_waited(void)
{
	struct stage s;
	unsigned int held = 0, begun, from;

	begin(&s);
	ps_limits.stops = 0;
	from = ms;
	while (ms - from < 20000) {
		struct ps_guard *guard = &s.rt[0].guard;

		begun = ms;
		if (!guard->refused || !ps_watch_is_refused(guard)) {
			ps_watch_enter(&s.watch, guard, 40);
			while (!guard->expired) {
				pass(&s, 5);
				ms += 15;
				pass(&s, 5);
			}
			ps_watch_leave(&s.watch);
			ps_runtime_recover(&s.rt[0]);
		}
		held += ms - begun;
		pass(&s, 10);
	}
	CHECK(held > 4000 && held < 8000);

	pass(&s, 3000);
	for (int i = 0; i < 100; i++) {
		ps_watch_enter(&s.watch, &s.rt[1].guard, 40);
		pass(&s, 3);
		ms += 15;
		pass(&s, 3);
		CHECK_INT(s.rt[1].guard.expired, PS_EXPIRED_NOT);
		ps_watch_leave(&s.watch);
		pass(&s, 50);
	}
	end(&s);
}

static void one_run_has_its_time(void)
{
	struct stage s;
	int got;

	begin(&s);
	got = run(&s, 0, 1000);
	CHECK(got > 29 && got <= 41);
	CHECK_INT(s.rt[0].guard.stops, 1);
	end(&s);
}

/* What one has of its own, others do not wait for longer than they would if all had it. */
static void one_has_more_time_than_others(void)
{
	struct stage s;
	int got;

	begin(&s);
	s.rt[0].guard.packet_ms = 200;
	got = run(&s, 0, 1000);
	CHECK(got > 189 && got <= 201);
	CHECK_INT(s.rt[0].guard.refused, PS_REFUSED_NOT);
	CHECK_INT(run(&s, 1, 5), 5);
	got = run(&s, 1, 1000);
	CHECK(got > 9 && got <= 41);
	CHECK_INT(run(&s, 2, 5), 5);
	pass(&s, 3000);
	s.rt[0].guard.packet_ms = 20;
	got = run(&s, 0, 1000);
	CHECK(got > 9 && got <= 21);
	pass(&s, 1000);
	got = run(&s, 1, 1000);
	CHECK(got > 29 && got <= 41);
	end(&s);
}

static void a_run_within_another_takes_none_of_its_time(void)
{
	struct ps_watch_outer outer, none;
	struct stage s;
	unsigned int got;

	begin(&s);
	ps_limits.share = 0;
	ps_watch_enter(&s.watch, &s.rt[0].guard, 100);
	pass(&s, 50);
	ps_watch_suspend(&s.watch, &outer);
	ps_watch_enter(&s.watch, &s.rt[1].guard, 40);
	pass(&s, 1000);
	CHECK_INT(s.rt[1].guard.expired, PS_EXPIRED_OWN);
	ps_watch_leave(&s.watch);
	ps_runtime_recover(&s.rt[1]);
	ps_watch_resume(&s.watch, &outer);
	CHECK_INT(s.rt[0].guard.expired, PS_EXPIRED_NOT);
	for (got = 0; got < 1000 && !s.rt[0].guard.expired; got++)
		pass(&s, 1);
	CHECK(got > 30 && got <= 60);
	ps_watch_leave(&s.watch);
	ps_runtime_recover(&s.rt[0]);

	ps_watch_suspend(&s.watch, &none);	/* within none: what the last one had left is still that */
	ps_watch_resume(&s.watch, &none);
	CHECK(!s.watch.guard);
	ps_watch_enter(&s.watch, &s.rt[0].guard, 0);
	pass(&s, PS_WATCH_TICK_MS);
	CHECK_INT(s.rt[0].guard.expired, PS_EXPIRED_OWN);
	ps_watch_leave(&s.watch);
	ps_runtime_recover(&s.rt[0]);
	end(&s);
}

static void work_has_the_ticks_that_it_was_given(void)
{
	struct ps_work_watch w = { NULL };
	struct stage s;
	int ticks;

	begin(&s);
	ps_work_watch_enter(&w, &s.rt[0].guard, 1000);
	for (ticks = 0; ticks < 1000 && !s.rt[0].guard.expired; ticks++)
		ps_work_watch_tick(&w);
	CHECK_INT(ticks, 100);
	CHECK_INT(s.rt[0].guard.expired, PS_EXPIRED_OWN);
	CHECK_INT(s.rt[0].guard.budget.spent, 0);
	ps_work_watch_leave(&w);
	ps_runtime_recover(&s.rt[0]);
	CHECK_INT(s.rt[0].guard.stops, 1);

	ps_work_watch_tick(&w);	/* between runs */
	CHECK_INT(s.rt[0].guard.expired, PS_EXPIRED_NOT);
	ps_work_watch_enter(&w, &s.rt[0].guard, 0);	/* nothing is left */
	ps_work_watch_tick(&w);
	CHECK_INT(s.rt[0].guard.expired, PS_EXPIRED_OWN);
	ps_work_watch_leave(&w);
	ps_runtime_recover(&s.rt[0]);
	end(&s);
}

static int let_others_run(lua_State *L)
{
	ps_runtime_yield(&ps_runtime_of(L)->guard);
	return 0;
}

/* In a coroutine, whose hook is what an interrupt sets. */
static int rest_and_go_on(lua_State *L)
{
	lua_register(L, "let_others_run", let_others_run);
	if (luaL_dostring(L, "local n = 0\n"
			     "coroutine.wrap(function() for i = 1, 10 do let_others_run() n = n + i end end)()\n"
			     "return n"))
		return lua_error(L);
	return 1;
}

static void work_goes_on_when_others_have_run(void)
{
	struct ps_runtime rt;

	CHECK_INT(ps_runtime_init(&rt, PS_CONTEXT_WORK, 0, 1024 * 1024, NULL), 0);
	CHECK_INT(ps_runtime_context(&rt), PS_CONTEXT_WORK);
	CHECK_INT(ps_runtime_call(&rt, rest_and_go_on, NULL, ~0u), LUA_OK);
	CHECK_INT(lua_tointeger(rt.L, -1), 55);
	CHECK(!lua_gethook(rt.L));
	CHECK_INT(rt.guard.expired, PS_EXPIRED_NOT);
	ps_runtime_clean(&rt);
	CHECK_INT(rt.memory, 0);
}

static void a_packet_of_a_thousand_rules(void)
{
	struct stage s;
	unsigned int start;

	begin(&s);
	start = ms;
	for (int i = 0; i < 1000; i++)
		run(&s, 0, 1000);
	CHECK(ms - start <= 60);
	end(&s);
}

static void a_state_that_loops_has_its_share(void)
{
	struct stage s;
	int used = 0, got, start;

	begin(&s);
	ps_limits.stops = 0;
	start = ms;
	while (ms - start < 60000) {
		got = run(&s, 0, 1000);
		used += got > 0 ? got : 0;
		pass(&s, got > 0 ? 0 : 1);
	}
	CHECK(used > 60000 * 25 / 100 && used < 60000 * 35 / 100);
	end(&s);
}

static void packets_come_faster_than_milliseconds(void)
{
	struct stage s;
	int ran = 0;

	begin(&s);
	for (int i = 0; i < 5; i++)
		run(&s, 0, 1000);
	CHECK_INT(s.rt[0].guard.refused, PS_REFUSED_SHARE);
	for (int i = 0; i < 10000; i++) {	/* two each millisecond */
		ran += run(&s, 0, 0) == 0;
		pass(&s, i & 1);
	}
	CHECK(ran > 9000);
	end(&s);
}

static void quick_ones_beside_slow_ones(void)
{
	struct stage s;
	int ran = 0, n = 0;

	begin(&s);
	ps_limits.stops = 0;
	for (int start = ms; ms - start < 10000; n++) {
		run(&s, 0, 1000);
		run(&s, 1, 1000);
		ran += run(&s, 2, 0) == 0;
		pass(&s, 1);
	}
	CHECK_INT(ran, n);
	end(&s);
}

static void a_slow_state_is_not_switched_off(void)
{
	struct stage s;

	begin(&s);
	for (int start = ms; ms - start < 30000;)
		pass(&s, run(&s, 0, 5) < 0);
	CHECK_INT(s.rt[0].guard.stops, 0);
	CHECK(s.rt[0].guard.refused != PS_REFUSED_STOPS);
	end(&s);
}

static void one_that_hides_behind_quick_runs(void)
{
	struct stage s;
	int used = 0, got;

	begin(&s);
	for (int start = ms; ms - start < 30000;) {
		for (int i = 0; i < 12; i++)
			run(&s, 0, 0);
		got = run(&s, 0, 9);
		used += got > 0 ? got : 0;
		pass(&s, got > 0 ? 0 : 1);
	}
	CHECK(used < 30000 * 45 / 100);
	end(&s);
}

static void a_state_that_is_stopped_again_and_again(void)
{
	struct stage s;
	int i;

	begin(&s);
	for (i = 0; i < 100 && s.rt[0].guard.refused != PS_REFUSED_STOPS; i++) {
		run(&s, 0, 1000);
		pass(&s, 200);
	}
	CHECK_INT(i, 10);
	pass(&s, 100000);
	CHECK_INT(run(&s, 0, 0), -1);
	ps_watch_forgive(&s.rt[0].guard);
	CHECK_INT(run(&s, 0, 0), 0);
	for (i = 0; i < 100; i++) {	/* one every eleven seconds is forgiven */
		run(&s, 0, 1000);
		pass(&s, 11000);
	}
	CHECK(s.rt[0].guard.refused != PS_REFUSED_STOPS);
	end(&s);
}

/* Each look at it takes a millisecond. */
static unsigned int clock_that_is_looked_at(void)
{
	return ms++;
}

/* Where no timer interrupts, loops in C look at the clock as well as the interpreter does. */
static void loops_look_at_the_clock(void)
{
	static const char *const scripts[] = {
		"while true do end",
		"return string.find(('a'):rep(100), ('.*'):rep(4) .. 'b')",
		"return ('x'):rep(1000, '-'):gsub('x', 'y'):find(('.*'):rep(3) .. 'b')",
		"return pcall(string.find, ('a'):rep(100), ('.*'):rep(4) .. 'b')",
		"local t = {} for i = 1, 4000 do t[i] = i end table.sort(t, function(a, b) return b < a end) return #table.concat(t)",
	};
	struct ps_runtime rt;
	size_t i;

	ms = 1000;
	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		CHECK_INT(ps_runtime_init(&rt, PS_CONTEXT_PACKET, 0, 4 * 1024 * 1024, NULL), 0);
		ps_user_clock = clock_that_is_looked_at;
		CHECK_INT(luaL_loadstring(rt.L, scripts[i]), LUA_OK);
		ps_runtime_begin_clock(&rt, rt.L, 10);
		CHECK(lua_pcall(rt.L, 0, 0, 0) != LUA_OK);
		CHECK_INT(rt.guard.expired, PS_EXPIRED_OWN);
		ps_runtime_end_clock(&rt, rt.L);
		ps_runtime_recover(&rt);
		ps_user_clock = NULL;
		ps_runtime_clean(&rt);
	}
}

const struct test watch_tests[] = {
	{ "watch: a run has its time", one_run_has_its_time },
	{ "watch: what is stopped is charged as long as others waited", what_is_stopped_is_charged_as_long_as_others_waited },
	{ "watch: a state may have more time than others, or less", one_has_more_time_than_others },
	{ "watch: a packet through a thousand rules that loop", a_packet_of_a_thousand_rules },
	{ "watch: a state that loops has its share of a CPU", a_state_that_loops_has_its_share },
	{ "watch: a budget is worked off between packets however fast they come", packets_come_faster_than_milliseconds },
	{ "watch: a quick state is not held up by two that loop", quick_ones_beside_slow_ones },
	{ "watch: a slow state is refused at times, but not switched off", a_slow_state_is_not_switched_off },
	{ "watch: quick runs don't hide slow ones", one_that_hides_behind_quick_runs },
	{ "watch: a state that is stopped again and again is switched off", a_state_that_is_stopped_again_and_again },
	{ "watch: a run within another takes none of its time", a_run_within_another_takes_none_of_its_time },
	{ "watch: work has the ticks that it was given, and no budget", work_has_the_ticks_that_it_was_given },
	{ "watch: work goes on when others have run", work_goes_on_when_others_have_run },
	{ "watch: loops look at the clock where no timer interrupts", loops_look_at_the_clock },
	{ NULL, NULL },
};
