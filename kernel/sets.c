/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A set is filled by one message, or by several ones of a socket, of which the last has it done. What the others have brought is a draft,
 * which goes with the socket.
 */
#include <linux/mutex.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "dump.h"
#include "failure.h"
#include "field.h"
#include "sets.h"
#include "shared_store.h"
#include "state.h"

#define RANGE4	8	/* bytes of a range of IPv4: its first and its last address, in network byte order */
#define RANGE6	32	/* the same of IPv6 */

const struct nla_policy ps_sets_policy[PACKETSCRIPT_SET_MAX + 1] = {
	[PACKETSCRIPT_SET_NAME] = { .type = NLA_NUL_STRING, .len = PS_SHARED_NAME_MAX },
	[PACKETSCRIPT_SET_ACTION] = NLA_POLICY_RANGE(NLA_U8, PACKETSCRIPT_SET_ADD, PACKETSCRIPT_SET_DESTROY),
	[PACKETSCRIPT_SET_RANGES4] = { .type = NLA_BINARY },
	[PACKETSCRIPT_SET_RANGES6] = { .type = NLA_BINARY },
	[PACKETSCRIPT_SET_MORE] = { .type = NLA_FLAG },
	[PACKETSCRIPT_SET_OTHER] = { .type = NLA_NUL_STRING, .len = PS_SHARED_NAME_MAX },
	[PACKETSCRIPT_SET_COUNT4] = { .type = NLA_REJECT },
	[PACKETSCRIPT_SET_COUNT6] = { .type = NLA_REJECT },
	[PACKETSCRIPT_SET_BYTES] = { .type = NLA_REJECT },
	[PACKETSCRIPT_SET_USES] = { .type = NLA_REJECT },
	[PACKETSCRIPT_SET_KEPT] = { .type = NLA_REJECT },
};

struct draft {
	struct list_head list;
	struct sock *sk;	/* held */
	u8 action;
	char name[PS_SHARED_NAME_MAX + 1];
	struct ps_addresses *addresses;
};

static LIST_HEAD(drafts);
static DEFINE_MUTEX(drafts_mutex);	/* of the list: each socket of generic netlink that is closed waits for it */
static DEFINE_MUTEX(sets_mutex);	/* of who fills sets, and of drafts of sockets that live; the other one is taken within */

static struct draft *draft_find(const struct sock *sk)
{
	struct draft *draft, *found = NULL;

	mutex_lock(&drafts_mutex);
	list_for_each_entry(draft, &drafts, list) {
		if (draft->sk == sk)
			found = draft;
	}
	mutex_unlock(&drafts_mutex);
	return found;
}

/* With the list's mutex held. */
static void draft_end(struct draft *draft)
{
	list_del(&draft->list);
	sock_put(draft->sk);
	ps_addresses_put(draft->addresses);
	kfree(draft);
}

static void draft_free(struct draft *draft)
{
	mutex_lock(&drafts_mutex);
	draft_end(draft);
	mutex_unlock(&drafts_mutex);
}

/* The errno that it is, and the words. */
static int refuse(struct ps_failure *failure, const char *name, enum ps_shared_result why)
{
	switch (why) {
	case PS_SHARED_ORDER:
		return ps_fail(failure, -EINVAL, "set '%s': its ranges have to be in order, and must not overlap", name);
	case PS_SHARED_LIMIT:
		return ps_fail(failure, -ENOSPC, "set '%s': all that is shared may take %u MiB (shared_mb), and does", name,
			       READ_ONCE(ps_shared_limits.shared_mb));
	default:
		return ps_fail(failure, -ENOMEM, "set '%s': the machine has no memory left for it", name);
	}
}

/*
 * Ranges of a message.
 */
static enum ps_shared_result add(struct ps_addresses *to, const struct ps_type *type, struct ps_span span)
{
	return ps_value_is_at_most(span.first, span.last) ? ps_addresses_add(to, type, span) : PS_SHARED_ORDER;
}

static enum ps_shared_result add4(struct ps_addresses *to, const struct nlattr *attr)
{
	const u8 *at = nla_data(attr), *end = at + nla_len(attr);
	enum ps_shared_result result = PS_SHARED_DONE;

	for (; at < end && !result; at += RANGE4)
		result = add(to, PS_IPV4, (struct ps_span){ { 0, ps_load32(at) }, { 0, ps_load32(at + RANGE4 / 2) } });
	return result;
}

static enum ps_shared_result add6(struct ps_addresses *to, const struct nlattr *attr)
{
	const u8 *at = nla_data(attr), *end = at + nla_len(attr);
	enum ps_shared_result result = PS_SHARED_DONE;

	for (; at < end && !result; at += RANGE6)
		result = add(to, PS_IPV6, (struct ps_span){ ps_load128(at), ps_load128(at + RANGE6 / 2) });
	return result;
}

static int draft_take(struct draft *draft, struct nlattr **attrs, struct ps_failure *failure)
{
	const struct nlattr *ranges4 = attrs[PACKETSCRIPT_SET_RANGES4], *ranges6 = attrs[PACKETSCRIPT_SET_RANGES6];
	enum ps_shared_result result = PS_SHARED_DONE;

	if ((ranges4 && nla_len(ranges4) % RANGE4) || (ranges6 && nla_len(ranges6) % RANGE6))
		return ps_fail(failure, -EINVAL, "set '%s': the last range is not whole", draft->name);
	if (ranges4)
		result = add4(draft->addresses, ranges4);
	if (ranges6 && !result)
		result = add6(draft->addresses, ranges6);
	return result ? refuse(failure, draft->name, result) : 0;
}

/*
 * What is done with them.
 */
static int absent(struct ps_failure *failure, const char *name)
{
	return ps_fail(failure, -ENOENT, "set '%s': there is none in this network namespace", name);
}

/* It would have to be made, by somebody who may not. */
static int forbidden(struct ps_failure *failure, const char *name)
{
	return ps_fail(failure, -EPERM, "set '%s': no script names it in this network namespace, and to make it needs CAP_NET_ADMIN not only in a "
		       "user namespace", name);
}

/* With a reference; or an errno, and words. */
static struct ps_shared_thing *open_set(struct ps_shared_space *space, const char *name, bool makes, struct ps_failure *failure)
{
	enum ps_shared_result why = PS_SHARED_DONE;
	struct ps_shared_thing *thing;

	thing = makes ? ps_shared_open(space, PS_SHARED_SET, name, &why) : ps_shared_find(space, PS_SHARED_SET, name);
	if (thing)
		return thing;
	return ERR_PTR(why ? refuse(failure, name, why) : absent(failure, name));
}

static struct ps_addresses *combine(struct ps_shared_set *set, const struct draft *draft, enum ps_shared_result *why)
{
	struct ps_addresses *before = ps_shared_set_get(set), *after;

	*why = PS_SHARED_MEMORY;
	if (!before)
		return NULL;
	if (draft->action == PACKETSCRIPT_SET_ADD)
		after = ps_addresses_unite(before, draft->addresses, why);
	else
		after = ps_addresses_subtract(before, draft->addresses, why);
	ps_addresses_put(before);
	return after;
}

/* What somebody has filled stays until somebody destroys it. */
static int draft_apply(struct draft *draft, struct ps_shared_space *space, bool may_make, struct ps_failure *failure)
{
	bool replaces = draft->action == PACKETSCRIPT_SET_REPLACE;
	struct ps_shared_thing *thing = open_set(space, draft->name, replaces && may_make, failure);
	struct ps_addresses *addresses;
	enum ps_shared_result why;

	if (IS_ERR(thing))
		return PTR_ERR(thing);
	addresses = replaces ? draft->addresses : combine(ps_shared_set_of(thing), draft, &why);
	if (addresses) {
		ps_shared_set_fill(ps_shared_set_of(thing), addresses);
		ps_shared_keep(thing, true);
	}
	if (!replaces)
		ps_addresses_put(addresses);
	ps_shared_put(thing);
	return addresses ? 0 : refuse(failure, draft->name, why);
}

/* One for the socket, which may have begun before. */
static struct draft *draft_open(struct sock *sk, const char *name, u8 action, struct ps_failure *failure)
{
	struct draft *draft = draft_find(sk);
	enum ps_shared_result why = PS_SHARED_MEMORY;

	if (draft && draft->action == action && !strcmp(draft->name, name))
		return draft;
	if (draft) {
		ps_fail(failure, 0, "set '%s': more ranges were to come, and not something else", draft->name);
		draft_free(draft);
		return ERR_PTR(-EINVAL);
	}
	draft = kzalloc(sizeof(*draft), GFP_KERNEL);
	if (draft)
		draft->addresses = ps_addresses_new(&why);
	if (!draft || !draft->addresses) {
		kfree(draft);
		return ERR_PTR(refuse(failure, name, why));
	}
	sock_hold(sk);
	draft->sk = sk;
	draft->action = action;
	strcpy(draft->name, name);
	mutex_lock(&drafts_mutex);
	list_add(&draft->list, &drafts);
	mutex_unlock(&drafts_mutex);
	return draft;
}

static bool is_there(struct ps_shared_space *space, const char *name)
{
	struct ps_shared_thing *thing = ps_shared_find(space, PS_SHARED_SET, name);

	if (thing)
		ps_shared_put(thing);
	return thing;
}

static int fill(struct sock *sk, struct genl_info *info, struct nlattr **attrs, const char *name, bool may_make,
		struct ps_failure *failure)
{
	u8 action = nla_get_u8(attrs[PACKETSCRIPT_SET_ACTION]);
	struct ps_shared_space *space = ps_states_space(genl_info_net(info));
	struct draft *draft = draft_open(sk, name, action, failure);
	bool replaces = action == PACKETSCRIPT_SET_REPLACE;
	int err = 0;

	if (IS_ERR(draft))
		return PTR_ERR(draft);
	if (!(replaces && may_make) && !is_there(space, name))
		err = replaces ? forbidden(failure, name) : absent(failure, name);
	if (!err)
		err = draft_take(draft, attrs, failure);
	if (!err && attrs[PACKETSCRIPT_SET_MORE])
		return 0;
	if (!err)
		err = draft_apply(draft, space, may_make, failure);
	draft_free(draft);
	return err;
}

static int swap_sets(struct ps_shared_space *space, const char *name, const char *other, struct ps_failure *failure)
{
	struct ps_shared_thing *a = open_set(space, name, false, failure), *b;
	enum ps_shared_result why = PS_SHARED_DONE;

	if (IS_ERR(a))
		return PTR_ERR(a);
	b = open_set(space, other, false, failure);
	if (!IS_ERR(b)) {
		why = ps_shared_set_swap(ps_shared_set_of(a), ps_shared_set_of(b));
		if (!why) {
			ps_shared_keep(a, true);
			ps_shared_keep(b, true);
		}
		ps_shared_put(b);
	}
	ps_shared_put(a);
	if (why == PS_SHARED_LIMIT)
		return ps_fail(failure, -ENOSPC, "set '%s': to swap it takes room for all of both once more, and shared_mb is %u MiB",
			       name, READ_ONCE(ps_shared_limits.shared_mb));
	return why ? refuse(failure, name, why) : PTR_ERR_OR_ZERO(b);
}

static int destroy(struct ps_shared_space *space, const char *name, struct ps_failure *failure)
{
	struct ps_shared_thing *thing = open_set(space, name, false, failure);
	int err = 0;

	if (IS_ERR(thing))
		return PTR_ERR(thing);
	if (!ps_shared_abandon(thing))
		err = ps_fail(failure, -EBUSY, "set '%s': scripts name it; 'packetscript list' shows which there are", name);
	ps_shared_put(thing);
	return err;
}

static int change(struct sock *sk, struct genl_info *info, struct nlattr **attrs, bool may_make, struct ps_failure *failure)
{
	struct ps_shared_space *space = ps_states_space(genl_info_net(info));
	const char *name = nla_data(attrs[PACKETSCRIPT_SET_NAME]);

	switch (nla_get_u8(attrs[PACKETSCRIPT_SET_ACTION])) {
	case PACKETSCRIPT_SET_SWAP:
		if (!attrs[PACKETSCRIPT_SET_OTHER])
			return ps_fail(failure, -EINVAL, "set '%s': with which one is not said", name);
		return swap_sets(space, name, nla_data(attrs[PACKETSCRIPT_SET_OTHER]), failure);
	case PACKETSCRIPT_SET_DESTROY:
		return destroy(space, name, failure);
	default:
		return fill(sk, info, attrs, name, may_make, failure);
	}
}

int ps_sets_change(struct sock *sk, struct genl_info *info, bool may_make, struct ps_failure *failure)
{
	struct nlattr *attrs[PACKETSCRIPT_SET_MAX + 1];
	int err;

	if (!info->attrs[PACKETSCRIPT_A_SET]) {
		NL_SET_ERR_MSG(info->extack, "no set is named");
		return -EINVAL;
	}
	err = nla_parse_nested(attrs, PACKETSCRIPT_SET_MAX, info->attrs[PACKETSCRIPT_A_SET], ps_sets_policy, info->extack);
	if (err)
		return err;
	if (!attrs[PACKETSCRIPT_SET_NAME] || !attrs[PACKETSCRIPT_SET_ACTION] || !*(char *)nla_data(attrs[PACKETSCRIPT_SET_NAME])) {
		NL_SET_ERR_MSG(info->extack, "a set needs a name, and what to do with it");
		return -EINVAL;
	}
	mutex_lock(&sets_mutex);
	err = change(sk, info, attrs, may_make, failure);
	mutex_unlock(&sets_mutex);
	return err;
}

/*
 * Dumps: of all sets, or of what is in one, which does not change as long as it is told.
 */
struct walk {
	struct ps_addresses *addresses;	/* NULL: of all sets */
	u64 told;			/* sets, or ranges of IPv4 */
	u32 told6;
};

static struct walk *walk_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct walk) > sizeof(cb->args));
	return (struct walk *)cb->args;
}

int ps_sets_start(struct netlink_callback *cb)
{
	struct ps_shared_space *space = ps_states_space(sock_net(cb->skb->sk));
	struct nlattr *attrs[PACKETSCRIPT_SET_MAX + 1];
	const struct nlattr *set = nlmsg_find_attr(cb->nlh, GENL_HDRLEN, PACKETSCRIPT_A_SET);
	struct ps_shared_thing *thing;
	int err;

	if (!set)
		return 0;
	err = nla_parse_nested(attrs, PACKETSCRIPT_SET_MAX, set, ps_sets_policy, cb->extack);
	if (err || !attrs[PACKETSCRIPT_SET_NAME])
		return err ? err : -EINVAL;
	mutex_lock(&sets_mutex);
	thing = ps_shared_find(space, PS_SHARED_SET, nla_data(attrs[PACKETSCRIPT_SET_NAME]));
	err = thing ? 0 : -ENOENT;
	if (thing) {
		walk_of(cb)->addresses = ps_shared_set_get(ps_shared_set_of(thing));
		if (!walk_of(cb)->addresses)
			err = -ENOMEM;
		ps_shared_put(thing);
	}
	mutex_unlock(&sets_mutex);
	return err;
}

int ps_sets_done(struct netlink_callback *cb)
{
	ps_addresses_put(walk_of(cb)->addresses);
	return 0;
}

static void write4(u8 *to, const struct ps_addresses *addresses, u32 at, u32 n)
{
	for (; n; n--, to += RANGE4, at++) {
		struct ps_span span = ps_addresses_at(addresses, PS_IPV4, at);

		ps_store32(to, span.first.low);
		ps_store32(to + RANGE4 / 2, span.last.low);
	}
}

static void write6(u8 *to, const struct ps_addresses *addresses, u32 at, u32 n)
{
	for (; n; n--, to += RANGE6, at++) {
		struct ps_span span = ps_addresses_at(addresses, PS_IPV6, at);

		ps_store128(to, span.first);
		ps_store128(to + RANGE6 / 2, span.last);
	}
}

/* Room for as many ranges as are left, or as the message has room for; *n is how many. */
static void *reserve(struct sk_buff *skb, int type, size_t size, u32 *n)
{
	u32 room = skb_tailroom(skb) > (int)NLA_HDRLEN ? (skb_tailroom(skb) - NLA_HDRLEN) / size : 0;
	struct nlattr *attr;

	*n = min3(*n, room, (u32)(32768 / size));
	attr = *n ? nla_reserve(skb, type, *n * size) : NULL;
	return attr ? nla_data(attr) : NULL;
}

/* Some of what is left. False: there was no room. */
static bool put_ranges(struct sk_buff *skb, const void *of)
{
	struct walk *walk = (struct walk *)of;
	u32 n = ps_addresses_count(walk->addresses, PS_IPV4) - walk->told;
	void *to;

	if (n) {
		to = reserve(skb, PACKETSCRIPT_SET_RANGES4, RANGE4, &n);
		if (to)
			write4(to, walk->addresses, walk->told, n);
		walk->told += to ? n : 0;
		return to;
	}
	n = ps_addresses_count(walk->addresses, PS_IPV6) - walk->told6;
	to = reserve(skb, PACKETSCRIPT_SET_RANGES6, RANGE6, &n);
	if (to)
		write6(to, walk->addresses, walk->told6, n);
	walk->told6 += to ? n : 0;
	return to;
}

static bool is_over(const struct walk *walk)
{
	return walk->told == ps_addresses_count(walk->addresses, PS_IPV4) && walk->told6 == ps_addresses_count(walk->addresses, PS_IPV6);
}

static bool put_set(struct sk_buff *skb, const void *of)
{
	const struct ps_shared_thing *thing = of;
	struct ps_set_size size = ps_shared_set_size((const struct ps_shared_set *)thing);

	return !nla_put_string(skb, PACKETSCRIPT_SET_NAME, thing->name) && !nla_put_u32(skb, PACKETSCRIPT_SET_COUNT4, size.ranges4) &&
	       !nla_put_u32(skb, PACKETSCRIPT_SET_COUNT6, size.ranges6) && !nla_put_u64_64bit(skb, PACKETSCRIPT_SET_BYTES, size.bytes, 0) &&
	       !nla_put_u32(skb, PACKETSCRIPT_SET_USES, thing->refs) && (!thing->is_kept || !nla_put_flag(skb, PACKETSCRIPT_SET_KEPT));
}

int ps_sets_dump(const struct genl_family *family, struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct ps_dump dump = { family, skb, cb, PACKETSCRIPT_CMD_SETS, PACKETSCRIPT_A_SET };
	struct walk *walk = walk_of(cb);
	bool has_all;

	if (!walk->addresses)
		return ps_dump_things(&dump, PS_SHARED_SET, put_set, &walk->told);
	has_all = is_over(walk) || (ps_dump_write(&dump, put_ranges, walk) && is_over(walk));
	return has_all || skb->len ? skb->len : -EMSGSIZE;
}

void ps_sets_release(void)
{
	struct draft *draft, *next;

	mutex_lock(&drafts_mutex);
	list_for_each_entry_safe(draft, next, &drafts, list) {
		if (sock_flag(draft->sk, SOCK_DEAD))
			draft_end(draft);
	}
	mutex_unlock(&drafts_mutex);
}

void ps_sets_teardown(void)
{
	struct draft *draft, *next;

	list_for_each_entry_safe(draft, next, &drafts, list)
		draft_end(draft);
}
