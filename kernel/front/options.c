/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/netfilter.h>
#include <linux/string.h>

#include "failure.h"
#include "options.h"
#include "packetscript.h"
#include "rule.h"
#include "state.h"

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

/* What handlers are given of packets of a family, unless the rule says otherwise; and what a rule may say. */
static const struct {
	u8 of_table, of_hook;
	u8 possible;	/* bits: enum xt_lua_object */
} objects[NFPROTO_NUMPROTO] = {
	[NFPROTO_IPV4] = { XT_LUA_OBJECT_RAW, XT_LUA_OBJECT_IP, XT_LUA_OBJECTS_IPV4 },
	[NFPROTO_IPV6] = { XT_LUA_OBJECT_RAW, XT_LUA_OBJECT_IP6, XT_LUA_OBJECTS_IPV6 },
	[NFPROTO_ARP] = { XT_LUA_OBJECT_ARP, XT_LUA_OBJECT_ARP, XT_LUA_OBJECTS_ARP },
	[NFPROTO_BRIDGE] = { XT_LUA_OBJECT_ETH, XT_LUA_OBJECT_ETH, XT_LUA_OBJECTS_BRIDGE },
	[NFPROTO_NETDEV] = { XT_LUA_OBJECT_ETH, XT_LUA_OBJECT_ETH, XT_LUA_OBJECTS_BRIDGE },
};

static bool is_terminated(const char *text, size_t size)
{
	return strnlen(text, size) < size;
}

/* What our programs would send, whatever options they were given. */
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

struct ps_rule *ps_options_rule(struct xt_lua_info *info, const struct ps_place *place, u8 packets, struct ps_failure *failure)
{
	unsigned int object = info->object ?: place->hook ? objects[packets].of_hook : objects[packets].of_table;
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
		.hook = place->hook,
	};
	struct ps_rule *rule;

	if (!is_well_formed(info, place->is_match))
		return ERR_PTR(ps_fail(failure, -EINVAL, "an option is out of range: a script has an absolute path, a function a name, memory is from %u to %u KiB",
				       XT_LUA_MEMORY_MIN, XT_LUA_MEMORY_MAX));
	request.given = object - 1;
	if (!(objects[packets].possible & BIT(object)))
		return ERR_PTR(ps_fail(failure, -EINVAL, "%s: --object: packets of this %s have no such header", info->script,
				       place->hook ? "hook" : "table"));
	request.on_error = on_error[info->on_error];
	rule = ps_rule_new(&request, failure);
	if (IS_ERR(rule))
		tell_unsuited(&request, failure);
	return rule;
}
EXPORT_SYMBOL_GPL(ps_options_rule);
