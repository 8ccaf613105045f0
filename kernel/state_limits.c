/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <net/genetlink.h>

#include "failure.h"
#include "generation.h"
#include "instance.h"
#include "state_limits.h"
#include "state.h"

static struct netlink_range_validation time_range = { PACKETSCRIPT_TIME_MIN, PACKETSCRIPT_TIME_MAX };
static struct netlink_range_validation memory_range = { XT_LUA_MEMORY_MIN, XT_LUA_MEMORY_MAX };
static struct netlink_range_validation sends_range = { 0, PACKETSCRIPT_SENDS_MAX };
static struct netlink_range_validation sends_each_range = { 0, PACKETSCRIPT_SENDS_EACH_MAX };

const struct nla_policy ps_limits_policy[PACKETSCRIPT_LIMIT_MAX + 1] = {
	[PACKETSCRIPT_LIMIT_TIME] = NLA_POLICY_FULL_RANGE(NLA_U32, &time_range),
	[PACKETSCRIPT_LIMIT_MEMORY] = NLA_POLICY_FULL_RANGE(NLA_U32, &memory_range),
	[PACKETSCRIPT_LIMIT_SENDS] = NLA_POLICY_FULL_RANGE(NLA_U32, &sends_range),
	[PACKETSCRIPT_LIMIT_SENDS_EACH] = NLA_POLICY_FULL_RANGE(NLA_U32, &sends_each_range),
	[PACKETSCRIPT_LIMIT_SENDS_KIB] = NLA_POLICY_FULL_RANGE(NLA_U32, &sends_range),
	[PACKETSCRIPT_LIMIT_OWN] = { .type = NLA_REJECT },
	[PACKETSCRIPT_LIMIT_USUAL] = NLA_POLICY_MASK(NLA_U32, (1 << PACKETSCRIPT_LIMIT_OWN) - 2),
};

/* Those that count from 0 on, of which a state has one more, or 0 if it has none of its own. */
static const struct {
	int type;
	size_t at;		/* in struct ps_script_limits */
	const unsigned int *usual;
} sends[] = {
	{ PACKETSCRIPT_LIMIT_SENDS, offsetof(struct ps_script_limits, sends.rate), &ps_send_limits.send_rate },
	{ PACKETSCRIPT_LIMIT_SENDS_EACH, offsetof(struct ps_script_limits, sends.each), &ps_send_limits.send_each },
	{ PACKETSCRIPT_LIMIT_SENDS_KIB, offsetof(struct ps_script_limits, sends.rate_kib), &ps_send_limits.send_rate_kib },
};

static unsigned int *own(struct ps_script_limits *limits, unsigned int row)
{
	return (void *)limits + sends[row].at;
}

static void change(struct ps_state *state, struct nlattr **attrs)
{
	u32 usual = attrs[PACKETSCRIPT_LIMIT_USUAL] ? nla_get_u32(attrs[PACKETSCRIPT_LIMIT_USUAL]) : 0;
	struct ps_script_limits *limits = &state->limits;
	unsigned int i;

	if (usual & 1 << PACKETSCRIPT_LIMIT_TIME)
		limits->packet_ms = 0;
	if (usual & 1 << PACKETSCRIPT_LIMIT_MEMORY)
		limits->memory = state->memory;
	if (attrs[PACKETSCRIPT_LIMIT_TIME])
		limits->packet_ms = nla_get_u32(attrs[PACKETSCRIPT_LIMIT_TIME]);
	if (attrs[PACKETSCRIPT_LIMIT_MEMORY])
		limits->memory = nla_get_u32(attrs[PACKETSCRIPT_LIMIT_MEMORY]) * 1024ul;
	for (i = 0; i < ARRAY_SIZE(sends); i++) {
		if (usual & 1 << sends[i].type)
			*own(limits, i) = 0;
		if (attrs[sends[i].type])
			*own(limits, i) = nla_get_u32(attrs[sends[i].type]) + 1;
	}
}

static int limit_in(struct ps_instance *instance, void *context)
{
	ps_script_limit(&instance->script, context);
	return 0;
}

/* In each Lua state between two packets; those that come later begin with what the state has. */
static void apply(struct ps_state *state)
{
	struct ps_instance *instance;
	unsigned int n;

	ps_for_each_runtime(instance, n, state->generation)
		ps_instance_call(instance, limit_in, &state->limits);
}

static int put(struct sk_buff *skb, struct ps_state *state)
{
	struct ps_script_limits *limits = &state->limits;
	u32 owned = (limits->packet_ms ? 1 << PACKETSCRIPT_LIMIT_TIME : 0) | (limits->memory != state->memory ? 1 << PACKETSCRIPT_LIMIT_MEMORY : 0);
	struct nlattr *nest;
	unsigned int i, value;

	if (nla_put_u32(skb, PACKETSCRIPT_A_STATE, state->id))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, PACKETSCRIPT_A_LIMITS);
	if (!nest || nla_put_u32(skb, PACKETSCRIPT_LIMIT_TIME, limits->packet_ms ?: READ_ONCE(ps_limits.packet_ms)) ||
	    nla_put_u32(skb, PACKETSCRIPT_LIMIT_MEMORY, limits->memory / 1024))
		return -EMSGSIZE;
	for (i = 0; i < ARRAY_SIZE(sends); i++) {
		value = *own(limits, i);
		owned |= value ? 1 << sends[i].type : 0;
		if (nla_put_u32(skb, sends[i].type, value ? value - 1 : READ_ONCE(*sends[i].usual)))
			return -EMSGSIZE;
	}
	if (nla_put_u32(skb, PACKETSCRIPT_LIMIT_OWN, owned))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static bool is_change(struct nlattr **attrs)
{
	unsigned int i;

	for (i = 1; i <= PACKETSCRIPT_LIMIT_MAX; i++) {
		if (attrs[i])
			return true;
	}
	return false;
}

int ps_limits_change(struct genl_info *info, bool may_change, struct sk_buff *reply, struct ps_failure *failure)
{
	const struct nlattr *number = info->attrs[PACKETSCRIPT_A_STATE], *nest = info->attrs[PACKETSCRIPT_A_LIMITS];
	struct nlattr *attrs[PACKETSCRIPT_LIMIT_MAX + 1] = { NULL };
	struct ps_state *state;
	bool changes;
	int err;

	if (!number)
		return ps_fail(failure, -EINVAL, "no state is named");
	err = nest ? nla_parse_nested(attrs, PACKETSCRIPT_LIMIT_MAX, nest, ps_limits_policy, info->extack) : 0;
	if (err)
		return err;
	changes = is_change(attrs);
	if (changes && !may_change)
		return ps_fail(failure, -EPERM, "to change limits needs CAP_NET_ADMIN, and not only in a user namespace");
	ps_states_lock();
	state = ps_state_find(genl_info_net(info), nla_get_u32(number));
	err = state ? 0 : ps_fail(failure, -ENOENT, "there is no state %u: no rule of this network namespace names it", nla_get_u32(number));
	if (state && changes) {
		change(state, attrs);
		apply(state);
	}
	if (state)
		err = put(reply, state);
	if (state && changes)
		ps_states_unlock();
	else
		ps_states_unlock_unchanged();	/* anybody with a namespace may ask */
	return err;
}
