/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/slab.h>
#include <net/genetlink.h>

#include "control.h"
#include "failure.h"
#include "hook.h"
#include "list.h"
#include "packetscript.h"
#include "reload.h"

static struct genl_family family;

/* An acknowledgement has no room for a message that is made: so this comes before it. If there is no memory, it does not. */
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

static int reload(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *state = info->attrs[PACKETSCRIPT_A_STATE];
	struct ps_failure *failure;
	int err;

	if (!state) {
		NL_SET_ERR_MSG(info->extack, "no state is named");
		return -EINVAL;
	}
	failure = kzalloc(sizeof(*failure), GFP_KERNEL);
	if (!failure)
		return -ENOMEM;
	err = ps_reload(genl_info_net(info), nla_get_u32(state), failure);
	if (err) {
		NL_SET_ERR_MSG(info->extack, "what was there goes on; the message before this one says why");
		tell(info, failure);
	}
	kfree(failure);
	return err;
}

static int attach(struct sk_buff *skb, struct genl_info *info)
{
	struct ps_failure *failure = kzalloc(sizeof(*failure), GFP_KERNEL);
	int err = failure ? ps_hook_attach(info, failure) : -ENOMEM;

	if (err && failure && failure->text[0]) {
		NL_SET_ERR_MSG(info->extack, "nothing is attached; the message before this one says why");
		tell(info, failure);
	}
	kfree(failure);
	return err;
}

/* What is detached is told before that is acknowledged. */
static int detach(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply = genlmsg_new(PS_HOOK_DETACHED_SIZE, GFP_KERNEL);
	void *message = reply ? genlmsg_put_reply(reply, info, &family, 0, info->genlhdr->cmd) : NULL;
	int err = message ? ps_hook_detach(info, reply) : -ENOMEM;

	if (err) {
		nlmsg_free(reply);
		return err;
	}
	genlmsg_end(reply, message);
	return genlmsg_reply(reply, info);
}

static int list(struct sk_buff *skb, struct netlink_callback *cb)
{
	return ps_list_dump(&family, skb, cb);
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
};

/*
 * Who makes the kernel load a script has to be allowed to in the initial user namespace, as for a rule; who only looks, or takes
 * scripts away, in that of the network namespace.
 */
static const struct genl_ops ops[] = {
	{ .cmd = PACKETSCRIPT_CMD_RELOAD, .flags = GENL_ADMIN_PERM, .doit = reload },
	{ .cmd = PACKETSCRIPT_CMD_LIST, .flags = GENL_UNS_ADMIN_PERM, .dumpit = list },
	{ .cmd = PACKETSCRIPT_CMD_ATTACH, .flags = GENL_ADMIN_PERM, .doit = attach },
	{ .cmd = PACKETSCRIPT_CMD_DETACH, .flags = GENL_UNS_ADMIN_PERM, .doit = detach },
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
};

int __init ps_control_setup(void)
{
	return genl_register_family(&family);
}

void ps_control_teardown(void)
{
	genl_unregister_family(&family);
}
