/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "host.h"
#include "watch.h"

/* After so long, a run in which a tick has come is looked at again: if it still goes on, it is slow. */
#define PEEK_MS		1

/* For so long afterwards its state counts as slow, and has to wait when the CPU's budget is used up. */
#define SLOW_MS		1000

struct ps_limits ps_limits = {
	.packet_ms = 40,
	.load_ms = 250,
	.work_ms = 1000,
	.pending = 16384,
	.pending_memory = 32,
	.schedule_rate = 100000,
	.share = 30,
	.stops = 10,
};

/* Limits may be set at any time, so each is read once for a decision. */
static unsigned int now_set(const unsigned int *limit)
{
	return *(const volatile unsigned int *)limit;
}

/* Percent of a CPU that slow runs may have, or 0: there is no limit. */
static unsigned int share_of_cpu(void)
{
	unsigned int share = now_set(&ps_limits.share);

	return share < 100 ? share : 0;
}

/*
 * Works off what is spent by the time that has gone by since: (100 - share) idle milliseconds work off share
 * milliseconds. Idle time that is too short to work off any counts the next time.
 */
static void settle(struct ps_budget *budget, unsigned int now)
{
	unsigned int share = share_of_cpu();
	int idle = now - budget->at;
	unsigned long long off;

	if (share && idle <= 0)
		return;
	off = share ? (unsigned long long)idle * share / (100 - share) : budget->spent;
	if (off >= budget->spent) {
		budget->spent = 0;
		budget->at = now;
		return;
	}
	budget->spent -= off;
	budget->at += (off * (100 - share) + share - 1) / share;
}

static void charge(struct ps_budget *budget, unsigned int now, unsigned int ms)
{
	budget->at = now;
	budget->spent += ms;
}

/* One run of the longest kind is within a state's budget, and so is the beginning of a second one. */
static bool is_used_up(const struct ps_guard *guard)
{
	unsigned int own = now_set(&guard->packet_ms);

	return guard->budget.spent >= (own ? own : now_set(&ps_limits.packet_ms)) + PS_WATCH_TICK_MS;
}

/*
 * Milliseconds of the longest run by which the CPU's budget may be used. A state that has more than others has a larger one: else
 * others would have to wait for what it has been given.
 */
static unsigned int longest(const struct ps_watch *w)
{
	unsigned int usual = now_set(&ps_limits.packet_ms);

	return w->packet_ms > usual ? w->packet_ms : usual;
}

/* A CPU's budget is a tick larger, so that of a single slow state the own budget ends first. */
static bool is_cpu_used_up(const struct ps_watch *w)
{
	return w->budget.spent >= longest(w) + 2 * PS_WATCH_TICK_MS;
}

/* So much is used up that states which were never slow have to wait, too: many of them have had a first slow run. */
static bool is_cpu_flooded(const struct ps_watch *w)
{
	return w->budget.spent >= 5 * longest(w);
}

/* The CPU, and the state whose run goes on there: since the run began nothing was idle, however late its ticks come. */
static void charge_both(struct ps_watch *w, struct ps_guard *guard, unsigned int now, unsigned int ms)
{
	unsigned int own = now_set(&guard->packet_ms), begun = w->since - PS_WATCH_TICK_MS;

	settle(&w->budget, begun);
	settle(&guard->budget, begun);
	if (!w->budget.spent)
		w->packet_ms = 0;
	if (own > w->packet_ms)
		w->packet_ms = own;
	charge(&w->budget, now, ms);
	charge(&guard->budget, now, ms);
	w->charged += ms;
}

/*
 * What a host keeps from a machine, ticks do not see: so it ends no run. But others wait for a run as long as it goes on: one
 * that is stopped is charged that, too, but no more than a second run, or those that were never slow would have to wait for one.
 */
static void charge_held(struct ps_watch *w, struct ps_guard *guard, unsigned int now)
{
	unsigned int lasted = now - w->since + PS_WATCH_TICK_MS, most = 2 * longest(w);

	if (lasted > most)
		lasted = most;
	if (lasted >= w->charged + PS_WATCH_TICK_MS)
		charge_both(w, guard, now, lasted - w->charged);
}

static bool is_slow(const struct ps_guard *guard, unsigned int now)
{
	return guard->slow_until && (int)(guard->slow_until - now) > 0;
}

/* Charges a slow run that goes on, and says whether it has to end. */
static enum ps_expired charge_slow(struct ps_watch *w, struct ps_guard *guard, unsigned int now)
{
	charge_both(w, guard, now, PS_WATCH_TICK_MS);
	guard->slow_until = now + SLOW_MS;
	w->is_over = is_cpu_used_up(w);
	if (is_used_up(guard)) {
		guard->refused = PS_REFUSED_SHARE;
		return PS_EXPIRED_SHARE;
	}
	return w->is_over ? PS_EXPIRED_CPU : PS_EXPIRED_NOT;
}

/*
 * A call between two ticks, a millisecond after a tick that came in a run. If the run still goes on, it is charged a whole
 * tick: of all ticks, slow runs meet the part that is their part of the CPU's time.
 */
static void peek(struct ps_watch *w, unsigned int now)
{
	enum ps_expired why;

	w->is_peeking = false;
	if (!w->guard || w->run != w->seen || w->guard->is_loading)
		return;
	why = charge_slow(w, w->guard, now);
	if (why) {
		charge_held(w, w->guard, now);
		ps_runtime_expire(w->guard, why);
	}
}

unsigned int ps_watch_tick(struct ps_watch *w, unsigned int now)
{
	struct ps_guard *guard = w->guard;
	enum ps_expired why = PS_EXPIRED_NOT;
	bool is_new = w->run != w->seen, is_charged;

	if (w->is_peeking) {
		peek(w, now);
		return PS_WATCH_TICK_MS - PEEK_MS;
	}
	w->seen = w->run;
	if (is_new) {
		w->left = w->ms / PS_WATCH_TICK_MS;
		w->since = now;
		w->charged = 0;
	}
	if (!guard)
		return PS_WATCH_TICK_MS;
	is_charged = share_of_cpu() && !guard->is_loading;
	if (is_charged && !is_new)
		why = charge_slow(w, guard, now);
	/* if it has not ended, it is stopped again at each tick */
	if (!w->left || !--w->left)
		why = PS_EXPIRED_OWN;
	if (why && is_charged && !is_new)
		charge_held(w, guard, now);
	if (why)
		ps_runtime_expire(guard, why);
	w->is_peeking = is_charged && is_new;
	return w->is_peeking ? PEEK_MS : PS_WATCH_TICK_MS;
}

void ps_work_watch_tick(struct ps_work_watch *w)
{
	if (!w->guard)
		return;
	/* as above: if it has not ended, it is stopped again */
	if (!w->left || !--w->left)
		ps_runtime_expire(w->guard, PS_EXPIRED_OWN);
}

void ps_watch_refuse(struct ps_watch *w, struct ps_guard *guard)
{
	unsigned int now = ps_host_now();

	if (guard->is_loading)
		return;
	settle(&w->budget, now);
	w->is_over = share_of_cpu() && is_cpu_used_up(w);
	if (!w->is_over)
		return;
	if (is_slow(guard, now) || is_cpu_flooded(w))
		ps_runtime_expire(guard, PS_EXPIRED_CPU);
}

/*
 * How often the time limit stops a state.
 */
#define FORGIVE_MS	10000

static void count_stop(struct ps_guard *guard, unsigned int now)
{
	unsigned int forgiven = (now - guard->stopped_at) / FORGIVE_MS;
	unsigned int stops = now_set(&ps_limits.stops);

	guard->stops -= forgiven < guard->stops ? forgiven : guard->stops;
	guard->stops++;
	guard->stopped_at = now;
	if (stops && guard->stops >= stops)
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
	} else if (!now_set(&ps_limits.stops)) {
		guard->refused = PS_REFUSED_NOT;
	}
	return guard->refused;
}
