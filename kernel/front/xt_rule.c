/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define pr_fmt(fmt) "packetscript: " fmt

#include <linux/netfilter.h>
#include <linux/slab.h>

#include "failure.h"
#include "state.h"
#include "xt_rule.h"

static_assert(PS_REQUEST_DIGEST == XT_LUA_DIGEST_SIZE);
/* behind "whatever is usual", the order is the engine's */
static_assert(XT_LUA_OBJECT_RAW == PS_GIVEN_RAW + 1 && XT_LUA_OBJECT_ETH == PS_GIVEN_ETH + 1 &&
	      XT_LUA_OBJECT_ARP == PS_GIVEN_ARP + 1 && XT_LUA_OBJECT_IP == PS_GIVEN_IP + 1 &&
	      XT_LUA_OBJECT_IP6 == PS_GIVEN_IP6 + 1 && XT_LUA_OBJECT_COUNT == PS_GIVEN_COUNT + 1);

static const char *const on_error[XT_LUA_ON_ERROR_COUNT] = {
	[XT_LUA_ON_ERROR_DROP] = "drop",
	[XT_LUA_ON_ERROR_ACCEPT] = "accept",
	[XT_LUA_ON_ERROR_CONTINUE] = "continue",
};

/* What handlers of a family are given, unless the rule says otherwise; and what a rule may say. */
static const struct {
	u8 usual;
	u8 possible;	/* bits: enum xt_lua_object */
} objects[NFPROTO_NUMPROTO] = {
	[NFPROTO_IPV4] = { XT_LUA_OBJECT_RAW, XT_LUA_OBJECTS_IPV4 },
	[NFPROTO_IPV6] = { XT_LUA_OBJECT_RAW, XT_LUA_OBJECTS_IPV6 },
	[NFPROTO_ARP] = { XT_LUA_OBJECT_ARP, XT_LUA_OBJECTS_ARP },
	[NFPROTO_BRIDGE] = { XT_LUA_OBJECT_ETH, XT_LUA_OBJECTS_BRIDGE },
};

static bool is_terminated(const char *text, size_t size)
{
	return strnlen(text, size) < size;
}

/* What our plugin would send, whatever options it was given. */
static bool is_well_formed(const struct xt_lua_info *info, bool is_match)
{
	return is_terminated(info->script, sizeof(info->script)) && info->script[0] == '/' &&
	       is_terminated(info->function, sizeof(info->function)) && info->function[0] &&
	       info->on_error < XT_LUA_ON_ERROR_COUNT &&
	       !(is_match && info->on_error == XT_LUA_ON_ERROR_ACCEPT) && info->percpu <= 1 &&
	       (!info->memory || (info->memory >= XT_LUA_MEMORY_MIN && info->memory <= XT_LUA_MEMORY_MAX)) &&
	       info->object < XT_LUA_OBJECT_COUNT && info->invert <= is_match &&
	       !memchr_inv(info->reserved, 0, sizeof(info->reserved));
}

/* In the words of the options. */
static void tell_unsuited(const struct ps_request *request, struct ps_failure *failure)
{
	switch (request->unsuited) {
	case PS_UNSUITED_NOT:
		return;
	case PS_UNSUITED_PERCPU:
		ps_fail(failure, 0, "state %u has rules %s --percpu: give this rule another --state, or delete those first",
			request->state_id, request->is_percpu ? "without" : "with");
		return;
	case PS_UNSUITED_MEMORY:
		ps_fail(failure, 0, "state %u has rules with --memory %zuK, not %zuK: give this rule the same or another --state, or delete those first",
			request->state_id, request->state_memory / 1024, request->memory / 1024);
		return;
	}
}

static int rule_new(struct xt_lua_info *info, const struct ps_xt_place *place, struct ps_failure *failure)
{
	unsigned int object = info->object ?: objects[place->family].usual;
	struct ps_request request = {
		.net = place->net,
		.path = info->script,
		.digest = info->digest,
		.function = info->function,
		.state_id = info->state,
		.is_percpu = info->percpu,
		.memory = (info->memory ?: XT_LUA_MEMORY_DEFAULT) * 1024ul,
		.is_match = place->is_match,
		.family = place->family,
		.table = place->table,
		.hooks = place->hooks,
	};
	struct ps_rule *rule;

	if (!is_well_formed(info, place->is_match))
		return -EINVAL;
	request.given = object - 1;
	if (!(objects[place->family].possible & BIT(object)))
		return ps_fail(failure, -EINVAL, "%s: --object: packets of this table have no such header", info->script);
	request.on_error = on_error[info->on_error];
	rule = ps_rule_new(&request, failure);
	if (IS_ERR(rule)) {
		tell_unsuited(&request, failure);
		return PTR_ERR(rule);
	}
	info->rule = rule;
	return 0;
}

int ps_xt_rule_new(struct xt_lua_info *info, const struct ps_xt_place *place)
{
	struct ps_failure *failure = kzalloc(sizeof(*failure), GFP_KERNEL);	/* scripts need the stack */
	int err = failure ? rule_new(info, place, failure) : -ENOMEM;

	if (err && failure && failure->text[0])
		pr_err("%s\n", failure->text);
	kfree(failure);
	return err;
}
