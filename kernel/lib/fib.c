/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The library fib: rules of which routing table is asked, as "ip rule add table T priority P" makes them.
 */
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <net/fib_rules.h>
#include <net/netlink.h>
#include <net/sock.h>

#include <lunatik.h>

#include "compat.h"
#include "here.h"

/* The kernel's own functions take a message of netlink, and the namespace from its socket. */
static struct sk_buff *new_message(u16 type, u16 flags, u32 table, u32 priority)
{
	struct sk_buff *skb = nlmsg_new(NLMSG_ALIGN(sizeof(struct fib_rule_hdr)) + 2 * nla_total_size(sizeof(u32)), GFP_KERNEL);
	struct fib_rule_hdr *rule;
	struct nlmsghdr *nlh;

	if (!skb)
		return NULL;
	nlh = nlmsg_put(skb, 0, 0, type, sizeof(*rule), flags);
	rule = nlmsg_data(nlh);
	memset(rule, 0, sizeof(*rule));
	rule->family = AF_INET;
	rule->action = FR_ACT_TO_TBL;
	if (nla_put_u32(skb, FRA_TABLE, table) || nla_put_u32(skb, FRA_PRIORITY, priority)) {
		kfree_skb(skb);
		return NULL;
	}
	nlmsg_end(skb, nlh);
	return skb;
}

static int change(u16 type, u16 flags, u32 table, u32 priority)
{
	struct net *net = ps_net_here();
	struct sk_buff *skb = new_message(type, flags, table, priority);
	int err;

	if (!skb)
		return -ENOMEM;
	skb->sk = net->rtnl;
	rtnl_lock();
	if (type == RTM_NEWRULE)
		err = PS_FIB_RULE(fib_nl_newrule, fib_newrule, net, skb);
	else
		err = PS_FIB_RULE(fib_nl_delrule, fib_delrule, net, skb);
	rtnl_unlock();
	skb->sk = NULL;
	kfree_skb(skb);
	return err;
}

static u32 check_u32(lua_State *L, int arg)
{
	lua_Integer value = luaL_checkinteger(L, arg);

	luaL_argcheck(L, value >= 0 && value <= U32_MAX, arg, "out of range");
	return value;
}

static int call(lua_State *L, const char *function, u16 type, u16 flags)
{
	u32 table = check_u32(L, 1), priority = check_u32(L, 2);
	struct lunatik_entry *entry;
	int err;

	lunatik_checksleep(L, function);
	entry = lunatik_sleep(L);
	err = change(type, flags, table, priority);
	lunatik_awake(entry);
	return err ? lunatik_throw(L, err) : 0;
}

/* fib.newrule(table, priority) */
static int new_rule(lua_State *L)
{
	return call(L, "fib.newrule()", RTM_NEWRULE, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL);
}

/* fib.delrule(table, priority) */
static int delete_rule(lua_State *L)
{
	return call(L, "fib.delrule()", RTM_DELRULE, NLM_F_REQUEST);
}

static int open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "newrule", new_rule },
		{ "delrule", delete_rule },
		{ NULL, NULL }
	};

	luaL_newlib(L, functions);
	return 1;
}

static struct lunatik_library library = { "fib", open, THIS_MODULE };

module_lunatik(library, "fib");
MODULE_DESCRIPTION("Lua library fib");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
