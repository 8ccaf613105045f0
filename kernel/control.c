/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/atomic.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <net/genetlink.h>

#include "control.h"
#include "failure.h"
#include "hook.h"
#include "list.h"
#include "packetscript.h"
#include "reload.h"
#include "runtime.h"
#include "sets.h"
#include "state.h"
#include "state_limits.h"
#include "tables.h"
#include "trace.h"
#include "words.h"

static struct genl_family family;

/* For those who do not ask for words in acknowledgements: this comes before it. If there is no memory, it does not. */
static void tell(struct genl_info *info, const struct ps_failure *failure)
{
	struct sk_buff *skb = genlmsg_new(nla_total_size(sizeof(failure->text)), GFP_KERNEL);
	void *message = skb ? genlmsg_put_reply(skb, info, &family, 0, info->genlhdr->cmd) : NULL;

	if (!message || nla_put_string(skb, PACKETSCRIPT_A_ERROR, failure->text)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, message);
	genlmsg_reply(skb, info);
}

/* Does what a request asks for. If that fails, its acknowledgement says why; otherwise is what it says if there is no memory for that. */
static int carry_out(struct sk_buff *skb, struct genl_info *info,
		     int (*f)(struct sk_buff *skb, struct genl_info *info, struct ps_failure *failure), const char *otherwise)
{
	struct ps_failure *failure = kzalloc(sizeof(*failure), GFP_KERNEL);
	int err = failure ? f(skb, info, failure) : -ENOMEM;

	if (err && failure && failure->text[0]) {
		tell(info, failure);
		info->extack->_msg = ps_words_keep(NETLINK_CB(skb).sk, info->snd_portid, failure->text) ?: otherwise;
	}
	kfree(failure);
	return err;
}

static int do_reload(struct sk_buff *skb, struct genl_info *info, struct ps_failure *failure)
{
	return ps_reload(genl_info_net(info), nla_get_u32(info->attrs[PACKETSCRIPT_A_STATE]), failure);
}

static int reload(struct sk_buff *skb, struct genl_info *info)
{
	if (!info->attrs[PACKETSCRIPT_A_STATE]) {
		NL_SET_ERR_MSG(info->extack, "no state is named");
		return -EINVAL;
	}
	return carry_out(skb, info, do_reload, "what was there goes on; the message before this one says why");
}

static int do_attach(struct sk_buff *skb, struct genl_info *info, struct ps_failure *failure)
{
	return ps_hook_attach(info, failure);
}

static int attach(struct sk_buff *skb, struct genl_info *info)
{
	return carry_out(skb, info, do_attach, "nothing is attached; the message before this one says why");
}

/* A reply that is complete comes before the acknowledgement, unless there is an error. */
static int answer(struct genl_info *info, struct sk_buff *reply, void *message, int err)
{
	if (err) {
		nlmsg_free(reply);
		return err;
	}
	genlmsg_end(reply, message);
	return genlmsg_reply(reply, info);
}

/* What is detached is told before that is acknowledged. */
static int detach(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply = genlmsg_new(PS_HOOK_DETACHED_SIZE, GFP_KERNEL);
	void *message = reply ? genlmsg_put_reply(reply, info, &family, 0, info->genlhdr->cmd) : NULL;
	int err = message ? ps_hook_detach(info, reply) : -ENOMEM;

	return answer(info, reply, message, err);
}

static int trace(struct sk_buff *skb, struct genl_info *info)
{
	return ps_trace_start(NETLINK_CB(skb).sk, info);
}

static int list(struct sk_buff *skb, struct netlink_callback *cb)
{
	return ps_list_dump(&family, skb, cb);
}

static int do_change_set(struct sk_buff *skb, struct genl_info *info, struct ps_failure *failure)
{
	return ps_sets_change(NETLINK_CB(skb).sk, info, netlink_capable(skb, CAP_NET_ADMIN), failure);
}

static int change_set(struct sk_buff *skb, struct genl_info *info)
{
	return carry_out(skb, info, do_change_set, "the set is as it was; the message before this one says why");
}

static int list_sets(struct sk_buff *skb, struct netlink_callback *cb)
{
	return ps_sets_dump(&family, skb, cb);
}

static int do_change_table(struct sk_buff *skb, struct genl_info *info, struct ps_failure *failure)
{
	struct sk_buff *reply = genlmsg_new(PS_TABLES_SIZE, GFP_KERNEL);
	void *message = reply ? genlmsg_put_reply(reply, info, &family, 0, info->genlhdr->cmd) : NULL;
	int err = message ? ps_tables_change(info, netlink_capable(skb, CAP_NET_ADMIN), reply, failure) : -ENOMEM;

	return answer(info, reply, message, err);
}

static int change_table(struct sk_buff *skb, struct genl_info *info)
{
	return carry_out(skb, info, do_change_table, "the message before this one says why it is not done, or not all of it");
}

static int list_tables(struct sk_buff *skb, struct netlink_callback *cb)
{
	return ps_tables_dump(&family, skb, cb);
}

static int do_limits(struct sk_buff *skb, struct genl_info *info, struct ps_failure *failure)
{
	struct sk_buff *reply = genlmsg_new(PS_LIMITS_SIZE, GFP_KERNEL);
	void *message = reply ? genlmsg_put_reply(reply, info, &family, 0, info->genlhdr->cmd) : NULL;
	int err = message ? ps_limits_change(info, netlink_capable(skb, CAP_NET_ADMIN), reply, failure) : -ENOMEM;

	return answer(info, reply, message, err);
}

static int limits(struct sk_buff *skb, struct genl_info *info)
{
	return carry_out(skb, info, do_limits, "the limits are as they were; the message before this one says why");
}

/*
 * Who listens. A namespace goes after the rules in it, so it is there as long as the state.
 */
#define LINE_MAX	2048	/* bytes of a line that are told */

bool ps_control_is_heard(const struct ps_state *state)
{
	return genl_has_listeners(&family, (struct net *)state->net, 0);
}

/* What there is room for, of whole characters. */
static bool put_text(struct sk_buff *skb, const char *text)
{
	size_t len = strnlen(text, LINE_MAX);
	struct nlattr *attr;

	while (text[len] && len && ((u8)text[len] & 0xc0) == 0x80)
		len--;
	attr = nla_reserve(skb, PACKETSCRIPT_LINE_TEXT, len + 1);
	if (!attr)
		return false;
	memcpy(nla_data(attr), text, len);
	((char *)nla_data(attr))[len] = 0;
	return true;
}

static bool put_level(struct sk_buff *skb, const struct ps_level *level)
{
	struct nlattr *nest = nla_nest_start(skb, PACKETSCRIPT_LINE_AT);

	if (!nest || nla_put_string(skb, PACKETSCRIPT_AT_FILE, level->file) || nla_put_u32(skb, PACKETSCRIPT_AT_LINE, level->line) ||
	    nla_put_u32(skb, PACKETSCRIPT_AT_DEFINED, level->defined) ||
	    (level->name[0] && nla_put_string(skb, PACKETSCRIPT_AT_FUNCTION, level->name)))
		return false;
	nla_nest_end(skb, nest);
	return true;
}

#define LEVEL_SIZE	(nla_total_size(0) + nla_total_size(sizeof_field(struct ps_level, file)) + 2 * nla_total_size(sizeof(u32)) + \
			 nla_total_size(sizeof_field(struct ps_level, name)))

static bool put_line(struct sk_buff *skb, const struct ps_state *state, const struct ps_line *line, u64 number)
{
	void *message = genlmsg_put(skb, 0, 0, &family, 0, PACKETSCRIPT_CMD_LOG);
	struct nlattr *nest;
	unsigned int i;

	if (!message || nla_put_u32(skb, PACKETSCRIPT_A_STATE, state->id))
		return false;
	nest = nla_nest_start(skb, PACKETSCRIPT_A_LINE);
	if (!nest || !put_text(skb, line->text) || (line->level >= 0 && nla_put_u8(skb, PACKETSCRIPT_LINE_LEVEL, line->level)) ||
	    (line->is_error && nla_put_flag(skb, PACKETSCRIPT_LINE_ERROR)) ||
	    nla_put_u64_64bit(skb, PACKETSCRIPT_LINE_TIME, ktime_get_real_ns(), 0) ||
	    nla_put_u64_64bit(skb, PACKETSCRIPT_LINE_NUMBER, number, 0))
		return false;
	for (i = 0; i < line->levels; i++) {
		if (!put_level(skb, line->at + i))
			return false;
	}
	nla_nest_end(skb, nest);
	genlmsg_end(skb, message);
	return true;
}

void ps_control_tell(struct ps_state *state, const struct ps_line *line)
{
	struct sk_buff *skb = genlmsg_new(strnlen(line->text, LINE_MAX) + 128 + line->levels * LEVEL_SIZE, GFP_ATOMIC);
	u64 number = atomic64_inc_return(&state->lines);	/* also of one that there is no memory for */

	if (!skb)
		return;
	if (put_line(skb, state, line, number))
		genlmsg_multicast_netns(&family, (struct net *)state->net, skb, 0, 0, GFP_ATOMIC);
	else
		nlmsg_free(skb);
}

static const struct nla_policy policy[PACKETSCRIPT_A_MAX + 1] = {
	[PACKETSCRIPT_A_STATE] = { .type = NLA_U32 },
	[PACKETSCRIPT_A_ERROR] = { .type = NLA_REJECT },
	[PACKETSCRIPT_A_COUNTS] = { .type = NLA_REJECT },
	[PACKETSCRIPT_A_SCRIPT] = { .type = NLA_REJECT },
	[PACKETSCRIPT_A_PART] = { .type = NLA_REJECT },
	[PACKETSCRIPT_A_RULE] = { .type = NLA_REJECT },
	[PACKETSCRIPT_A_HOOK] = NLA_POLICY_NESTED(ps_hook_policy),
	[PACKETSCRIPT_A_COUNTER] = { .type = NLA_REJECT },
	[PACKETSCRIPT_A_LINE] = { .type = NLA_REJECT },
	[PACKETSCRIPT_A_SET] = NLA_POLICY_NESTED(ps_sets_policy),
	[PACKETSCRIPT_A_TRACE] = NLA_POLICY_NESTED(ps_trace_policy),
	[PACKETSCRIPT_A_LIMITS] = NLA_POLICY_NESTED(ps_limits_policy),
	[PACKETSCRIPT_A_SHARED] = NLA_POLICY_NESTED(ps_tables_policy),
};

/*
 * Who makes the kernel load a script, or changes limits, has to be allowed to in the initial user namespace, as for a rule; who only looks,
 * fills what scripts there are have named, or takes scripts away, in that of the network namespace.
 */
static const struct genl_ops ops[] = {
	{ .cmd = PACKETSCRIPT_CMD_RELOAD, .flags = GENL_ADMIN_PERM, .doit = reload },
	{ .cmd = PACKETSCRIPT_CMD_LIST, .flags = GENL_UNS_ADMIN_PERM, .dumpit = list },
	{ .cmd = PACKETSCRIPT_CMD_ATTACH, .flags = GENL_ADMIN_PERM, .doit = attach },
	{ .cmd = PACKETSCRIPT_CMD_DETACH, .flags = GENL_UNS_ADMIN_PERM, .doit = detach },
	{ .cmd = PACKETSCRIPT_CMD_SET, .flags = GENL_UNS_ADMIN_PERM, .doit = change_set },
	{ .cmd = PACKETSCRIPT_CMD_SETS, .flags = GENL_UNS_ADMIN_PERM, .start = ps_sets_start, .dumpit = list_sets, .done = ps_sets_done },
	{ .cmd = PACKETSCRIPT_CMD_TRACE, .flags = GENL_UNS_ADMIN_PERM, .doit = trace },
	{ .cmd = PACKETSCRIPT_CMD_LIMITS, .flags = GENL_UNS_ADMIN_PERM, .doit = limits },
	{ .cmd = PACKETSCRIPT_CMD_SHARED, .flags = GENL_UNS_ADMIN_PERM, .doit = change_table },
	{ .cmd = PACKETSCRIPT_CMD_TABLES, .flags = GENL_UNS_ADMIN_PERM, .start = ps_tables_start, .dumpit = list_tables, .done = ps_tables_done },
};

/* Lines have addresses of others in them, maybe. */
static const struct genl_multicast_group groups[] = {
	{ .name = PACKETSCRIPT_GROUP_LOG, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

/*
 * Reading files takes long: requests of others do not wait for it. Only where a family comes or goes does that wait until all requests
 * have been answered, ours too, and requests that come then wait for that.
 */
static struct genl_family family __ro_after_init = {
	.name = PACKETSCRIPT_FAMILY_NAME,
	.version = PACKETSCRIPT_FAMILY_VERSION,
	.maxattr = PACKETSCRIPT_A_MAX,
	.policy = policy,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

/*
 * What a socket has begun goes with it. By now its number may be another socket's, which is in the middle of a request: so what goes is that
 * of sockets that are dead.
 */
static int on_release(struct notifier_block *block, unsigned long event, void *context)
{
	const struct netlink_notify *notify = context;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	ps_sets_release();
	ps_trace_release();
	ps_words_release(notify->portid);
	return NOTIFY_DONE;
}

static struct notifier_block releases = { .notifier_call = on_release };

int __init ps_control_setup(void)
{
	int err = netlink_register_notifier(&releases);

	if (err)
		return err;
	ps_trace_setup(&family);
	err = genl_register_family(&family);
	if (err)
		netlink_unregister_notifier(&releases);
	return err;
}

void ps_control_teardown(void)
{
	genl_unregister_family(&family);
	netlink_unregister_notifier(&releases);
	ps_trace_teardown();
	ps_sets_teardown();
	ps_words_teardown();
}
