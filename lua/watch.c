/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "host.h"
#include "watch.h"

struct ps_limits ps_limits = {
	.packet_ms = 40,
	.load_ms = 250,
	.share = 40,
	.stops = 10,
};

/*
 * Works off what is spent, by the time that has gone by since without any of it: for each millisecond
 * spent (100 - share) / share others.
 */
static void settle(struct ps_budget *budget, unsigned int now)
{
	unsigned int share = ps_limits.share;
	unsigned long long idle = now - budget->at, off;

	budget->at = now;
	if (!share || share >= 100) {
		budget->spent = 0;
		return;
	}
	off = idle * share / (100 - share);
	budget->spent = off < budget->spent ? budget->spent - off : 0;
}

static void charge(struct ps_budget *budget, unsigned int now)
{
	settle(budget, now - PS_WATCH_TICK_MS);
	budget->at = now;
	budget->spent += PS_WATCH_TICK_MS;
}

/* A state may have one run of the longest kind, and begin a second one. */
static bool is_used_up(const struct ps_budget *budget)
{
	return budget->spent >= ps_limits.packet_ms + PS_WATCH_TICK_MS;
}

/* A CPU has a little more, so that a state's own budget ends first. */
static bool is_cpu_used_up(const struct ps_budget *budget)
{
	return budget->spent >= ps_limits.packet_ms + 2 * PS_WATCH_TICK_MS;
}

static bool is_limited(void)
{
	return ps_limits.share && ps_limits.share < 100;
}

/* Charges a slow run that goes on. True: it has to end. */
static bool charge_slow(struct ps_watch *w, struct ps_guard *guard, unsigned int now)
{
	charge(&w->budget, now);
	charge(&guard->budget, now);
	w->is_over = is_cpu_used_up(&w->budget);
	if (is_used_up(&guard->budget)) {
		guard->refused = PS_REFUSED_SHARE;
		return true;
	}
	return false;
}

void ps_watch_tick(struct ps_watch *w, unsigned int now)
{
	unsigned int runs = w->run - w->seen;
	struct ps_guard *guard = w->guard;
	bool must_end = false;

	w->seen = w->run;
	if (runs)
		w->left = w->ms / PS_WATCH_TICK_MS;
	if (!guard)
		return;
	if (runs < PS_WATCH_SLOW && is_limited() && !guard->is_loading)
		must_end = charge_slow(w, guard, now);
	/* and again at each tick, should it still not have ended */
	if (!w->left || !--w->left || must_end)
		ps_runtime_expire(guard, PS_EXPIRED_OWN);
	else if (w->is_over && !guard->is_loading)
		ps_runtime_expire(guard, PS_EXPIRED_CPU);
}

void ps_watch_refuse(struct ps_watch *w, struct ps_guard *guard)
{
	if (guard->is_loading)
		return;
	settle(&w->budget, ps_host_now());
	w->is_over = is_limited() && is_cpu_used_up(&w->budget);
	if (w->is_over)
		ps_runtime_expire(guard, PS_EXPIRED_CPU);
}

/*
 * What a state has been stopped for.
 */
#define FORGIVE_MS	10000

static void count_stop(struct ps_guard *guard, unsigned int now)
{
	unsigned int forgiven = (now - guard->stopped_at) / FORGIVE_MS;

	guard->stops -= forgiven < guard->stops ? forgiven : guard->stops;
	guard->stops++;
	guard->stopped_at = now;
	if (ps_limits.stops && guard->stops >= ps_limits.stops)
		guard->refused = PS_REFUSED_STOPS;
}

void ps_watch_stopped(struct ps_guard *guard)
{
	if (guard->expired == PS_EXPIRED_OWN && !guard->is_loading)
		count_stop(guard, ps_host_now());
}

bool ps_watch_is_refused(struct ps_guard *guard)
{
	if (guard->refused == PS_REFUSED_SHARE) {
		settle(&guard->budget, ps_host_now());
		if (!guard->budget.spent)
			guard->refused = PS_REFUSED_NOT;
	} else if (!ps_limits.stops) {
		guard->refused = PS_REFUSED_NOT;
	}
	return guard->refused;
}
