/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/netfilter.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "generation.h"
#include "instance.h"
#include "list.h"
#include "packetscript.h"
#include "state.h"

/* A message that is being written. */
struct message {
	const struct genl_family *family;
	struct sk_buff *skb;
	struct netlink_callback *cb;
	u32 state;
};

/* Where a dump is: so many things have been told before. */
struct place {
	struct message *message;
	unsigned long at, told;
};

static int put_count(struct sk_buff *skb, int attr, u64 n)
{
	return nla_put_u64_64bit(skb, attr, n, 0);
}

static int put_work(struct sk_buff *skb, const struct ps_state *state)
{
	const struct ps_instance *work = state->generation->instances[PS_WORK];
	const struct ps_defer *defer = &state->worker.defer;

	if (!work)
		return 0;
	return put_count(skb, PACKETSCRIPT_COUNT_WORK_PENDING, READ_ONCE(defer->heap.n)) ||
	       put_count(skb, PACKETSCRIPT_COUNT_WORK_DONE, READ_ONCE(defer->done)) ||
	       put_count(skb, PACKETSCRIPT_COUNT_WORK_FAILED, READ_ONCE(defer->failed)) ||
	       put_count(skb, PACKETSCRIPT_COUNT_WORK_REFUSED, READ_ONCE(defer->refused)) ||
	       put_count(skb, PACKETSCRIPT_COUNT_WORK_MEMORY, READ_ONCE(work->script.bind.rt.memory));
}

/* A row of counts in the order of their numbers, from first on. */
static int put_row(struct sk_buff *skb, int first, const u64 *counts, int n)
{
	int i, err = 0;

	for (i = 0; i < n && !err; i++)
		err = put_count(skb, first + i, counts[i]);
	return err;
}

static int put_verdicts(struct sk_buff *skb, const u64 *verdicts)
{
	BUILD_BUG_ON(PACKETSCRIPT_COUNT_RETURN - PACKETSCRIPT_COUNT_DROP != PS_VERDICT_RETURN - PS_VERDICT_DROP);
	BUILD_BUG_ON(PACKETSCRIPT_COUNT_REDIRECT - PACKETSCRIPT_COUNT_TX != PS_VERDICT_REDIRECT - PS_VERDICT_TX);
	return put_row(skb, PACKETSCRIPT_COUNT_DROP, verdicts, PS_VERDICT_TX) ||
	       put_row(skb, PACKETSCRIPT_COUNT_TX, verdicts + PS_VERDICT_TX, PS_VERDICT_ERROR - PS_VERDICT_TX);
}

static int put_answers(struct sk_buff *skb, const u64 *answers)
{
	BUILD_BUG_ON(PACKETSCRIPT_COUNT_MATCHED - PACKETSCRIPT_COUNT_UNMATCHED != PS_ANSWER_YES - PS_ANSWER_NO);
	return put_row(skb, PACKETSCRIPT_COUNT_UNMATCHED, answers, PS_ANSWER_ERROR);
}

/* Nothing, if no packet was timed. */
static int put_times(struct sk_buff *skb, const struct ps_times *times)
{
	return ps_times_are_any(times) && (put_count(skb, PACKETSCRIPT_COUNT_TOOK, times->took) ||
					   nla_put(skb, PACKETSCRIPT_COUNT_TIMES, sizeof(times->packets), times->packets));
}

static int put_counts(struct sk_buff *skb, const void *of)
{
	const struct ps_state *state = of;
	struct ps_sums sums;

	ps_state_sum(state, &sums);
	return put_count(skb, PACKETSCRIPT_COUNT_RULES, state->rules) ||
	       put_count(skb, PACKETSCRIPT_COUNT_GENERATION, state->generation->number) ||
	       (state->is_percpu && put_count(skb, PACKETSCRIPT_COUNT_COPIES, sums.instances)) ||
	       put_count(skb, PACKETSCRIPT_COUNT_LIMIT, state->limits.memory) ||
	       put_count(skb, PACKETSCRIPT_COUNT_MEMORY, sums.memory) ||
	       put_count(skb, PACKETSCRIPT_COUNT_ALLOCATIONS, sums.counts.allocations) ||
	       put_count(skb, PACKETSCRIPT_COUNT_PACKETS, sums.counts.packets) ||
	       put_count(skb, PACKETSCRIPT_COUNT_ERRORS, sums.counts.errors) ||
	       put_count(skb, PACKETSCRIPT_COUNT_PULLED, sums.counts.pulled) ||
	       put_count(skb, PACKETSCRIPT_COUNT_TIMERS_PENDING, sums.timers) ||
	       put_count(skb, PACKETSCRIPT_COUNT_TIMERS_RUN, sums.counts.timers_run) ||
	       put_count(skb, PACKETSCRIPT_COUNT_TIMERS_FAILED, sums.counts.timers_failed) ||
	       put_count(skb, PACKETSCRIPT_COUNT_VALUES_RUN, sums.counts.values_run) ||
	       put_count(skb, PACKETSCRIPT_COUNT_VALUES_FAILED, sums.counts.values_failed) ||
	       put_count(skb, PACKETSCRIPT_COUNT_BYTES, sums.counts.bytes) ||
	       put_verdicts(skb, sums.counts.verdicts) || put_answers(skb, sums.counts.answers) ||
	       put_count(skb, PACKETSCRIPT_COUNT_STOPPED, sums.counts.stopped) ||
	       put_count(skb, PACKETSCRIPT_COUNT_PEAK, sums.peak) ||
	       put_count(skb, PACKETSCRIPT_COUNT_COLLECTIONS, sums.counts.collections) || put_times(skb, &sums.counts.times) ||
	       put_work(skb, state);
}

/* One of a state's counters that scripts have named. */
struct counter {
	const struct ps_state *state;
	unsigned int number;
};

static int put_counter(struct sk_buff *skb, const void *of)
{
	const struct counter *counter = of;

	return nla_put_string(skb, PACKETSCRIPT_COUNTER_NAME, counter->state->counted.names[counter->number]) ||
	       put_count(skb, PACKETSCRIPT_COUNTER_VALUE, ps_state_counted(counter->state, counter->number));
}

static int put_script(struct sk_buff *skb, const void *of)
{
	const struct ps_source *source = of;

	return nla_put_string(skb, PACKETSCRIPT_SCRIPT_PATH, source->path) ||
	       nla_put(skb, PACKETSCRIPT_SCRIPT_DIGEST, PS_DIGEST_SIZE, source->bundle.part[0]->text) ||
	       put_count(skb, PACKETSCRIPT_SCRIPT_LOADED, source->loaded);
}

static int put_part(struct sk_buff *skb, const void *of)
{
	const struct ps_part *part = of;

	return nla_put_string(skb, PACKETSCRIPT_SCRIPT_PATH, part->path) ||
	       nla_put(skb, PACKETSCRIPT_SCRIPT_DIGEST, PS_DIGEST_SIZE, part->text) ||
	       nla_put_string(skb, PACKETSCRIPT_SCRIPT_KIND, ps_part_calls[part->kind].what);
}

static int put_tally(struct sk_buff *skb, const struct ps_handler *handler)
{
	struct nlattr *nest = nla_nest_start(skb, PACKETSCRIPT_RULE_COUNTS);
	struct ps_tally tally;

	ps_handler_sum(handler, &tally);
	if (!nest || put_count(skb, PACKETSCRIPT_COUNT_PACKETS, ps_tally_packets(&tally, handler->is_match)) ||
	    put_count(skb, PACKETSCRIPT_COUNT_ERRORS, ps_tally_errors(&tally, handler->is_match)) ||
	    put_count(skb, PACKETSCRIPT_COUNT_BYTES, tally.bytes) ||
	    (handler->is_match ? put_answers(skb, tally.verdicts) : put_verdicts(skb, tally.verdicts)) || put_times(skb, &tally.times))
		return -EMSGSIZE;	/* the message is cancelled */
	nla_nest_end(skb, nest);
	return 0;
}

static int put_place(struct sk_buff *skb, const struct ps_hook_place *place)
{
	return nla_put_s32(skb, PACKETSCRIPT_RULE_PRIORITY, place->priority) ||
	       (place->device[0] && nla_put_string(skb, PACKETSCRIPT_RULE_DEVICE, place->device)) ||
	       (place->program && nla_put_u32(skb, PACKETSCRIPT_RULE_PROGRAM, place->program));
}

static int put_rule(struct sk_buff *skb, const void *of)
{
	const struct ps_handler *handler = of;

	return nla_put_u8(skb, PACKETSCRIPT_RULE_FAMILY, handler->family) ||
	       (handler->place && put_place(skb, handler->place)) ||
	       nla_put_string(skb, PACKETSCRIPT_RULE_TABLE, handler->table) ||
	       nla_put_u32(skb, PACKETSCRIPT_RULE_HOOKS, handler->hooks) ||
	       (handler->is_match && nla_put_flag(skb, PACKETSCRIPT_RULE_MATCH)) ||
	       nla_put_string(skb, PACKETSCRIPT_RULE_FUNCTION, handler->function) ||
	       nla_put_string(skb, PACKETSCRIPT_RULE_ON_ERROR, handler->on_error) ||
	       nla_put_string(skb, PACKETSCRIPT_RULE_OBJECT, ps_givens[handler->given].name) ||
	       put_tally(skb, handler);
}

/* One message, or none, where there is no room. */
static bool write(const struct message *m, int attr, int (*put)(struct sk_buff *skb, const void *of), const void *of)
{
	void *header = genlmsg_put(m->skb, NETLINK_CB(m->cb->skb).portid, m->cb->nlh->nlmsg_seq, m->family, NLM_F_MULTI,
				   PACKETSCRIPT_CMD_LIST);
	struct nlattr *nest;

	if (!header)
		return false;
	genl_dump_check_consistent(m->cb, header);
	nest = nla_put_u32(m->skb, PACKETSCRIPT_A_STATE, m->state) ? NULL : nla_nest_start(m->skb, attr);
	if (!nest || put(m->skb, of)) {
		genlmsg_cancel(m->skb, header);
		return false;
	}
	nla_nest_end(m->skb, nest);
	genlmsg_end(m->skb, header);
	return true;
}

/* The same, unless it has been told before. */
static bool tell(struct place *place, int attr, int (*put)(struct sk_buff *skb, const void *of), const void *of)
{
	if (place->at++ < place->told)
		return true;
	if (!write(place->message, attr, put, of))
		return false;
	place->told++;
	return true;
}

static bool tell_script(struct place *place, const struct ps_state *state, const struct ps_source *source)
{
	const struct ps_handler *handler;
	int i;

	if (!tell(place, PACKETSCRIPT_A_SCRIPT, put_script, source))
		return false;
	for (i = 1; i < source->bundle.n; i++) {
		if (!tell(place, PACKETSCRIPT_A_PART, put_part, source->bundle.part[i]))
			return false;
	}
	list_for_each_entry(handler, &state->handlers, list) {
		if (handler->source == source && !tell(place, PACKETSCRIPT_A_RULE, put_rule, handler))
			return false;
	}
	return true;
}

/* False: there was no room for all of it. */
static bool tell_state(const struct ps_state *state, void *context)
{
	struct counter counter = { .state = state };
	unsigned int n = ps_counted_names(&state->counted);
	struct place *place = context;
	const struct ps_source *source;

	place->message->state = state->id;
	if (!tell(place, PACKETSCRIPT_A_COUNTS, put_counts, state))
		return false;
	for (; counter.number < n; counter.number++) {
		if (!tell(place, PACKETSCRIPT_A_COUNTER, put_counter, &counter))
			return false;
	}
	list_for_each_entry(source, &state->generation->sources, list) {
		if (!tell_script(place, state, source))
			return false;
	}
	return true;
}

int ps_list_dump(const struct genl_family *family, struct sk_buff *skb, struct netlink_callback *cb)
{
	struct message message = { .family = family, .skb = skb, .cb = cb };
	struct place place = { .message = &message, .told = cb->args[0] };

	/* a message that does not even have room in an empty buffer would be asked for without end */
	if (!ps_states_each(sock_net(skb->sk), tell_state, &place, &cb->seq) && !skb->len)
		return -EMSGSIZE;
	cb->args[0] = place.told;
	return skb->len;
}
