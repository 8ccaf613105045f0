/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <net/genetlink.h>
#include <net/sock.h>

#include "dump.h"
#include "state.h"

bool ps_dump_write(const struct ps_dump *dump, bool (*put)(struct sk_buff *skb, const void *of), const void *of)
{
	struct netlink_callback *cb = dump->cb;
	struct sk_buff *skb = dump->skb;
	void *header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, dump->family, NLM_F_MULTI, dump->command);
	struct nlattr *nest;

	if (!header)
		return false;
	genl_dump_check_consistent(cb, header);
	nest = nla_nest_start(skb, dump->type);
	if (!nest || !put(skb, of)) {
		genlmsg_cancel(skb, header);
		return false;
	}
	nla_nest_end(skb, nest);
	genlmsg_end(skb, header);
	return true;
}

struct telling {
	const struct ps_dump *dump;
	enum ps_shared_kind kind;
	bool (*put)(struct sk_buff *skb, const void *of);
	u64 at, *told;
};

/* Unless it has been told before. */
static bool tell(const struct ps_shared_thing *thing, void *context)
{
	struct telling *telling = context;

	if (thing->kind != telling->kind || telling->at++ < *telling->told)
		return true;
	if (!ps_dump_write(telling->dump, telling->put, thing))
		return false;
	++*telling->told;
	return true;
}

int ps_dump_things(const struct ps_dump *dump, enum ps_shared_kind kind, bool (*put)(struct sk_buff *skb, const void *of), u64 *told)
{
	struct telling telling = { dump, kind, put, 0, told };
	struct ps_shared_space *space = ps_states_space(sock_net(dump->skb->sk));

	/* one that does not even have room in an empty buffer would be asked for without end */
	return ps_shared_each(space, tell, &telling, &dump->cb->seq) || dump->skb->len ? dump->skb->len : -EMSGSIZE;
}
