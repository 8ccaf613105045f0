/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/err.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

#include "defrag.h"
#include "failure.h"
#include "front.h"
#include "hook.h"
#include "hooks.h"
#include "options.h"
#include "program.h"
#include "state.h"

static_assert((int)PS_HOOK_OF_INET == NFPROTO_INET && (int)PS_HOOK_OF_IP == NFPROTO_IPV4 && (int)PS_HOOK_OF_ARP == NFPROTO_ARP &&
	      (int)PS_HOOK_OF_NETDEV == NFPROTO_NETDEV && (int)PS_HOOK_OF_BRIDGE == NFPROTO_BRIDGE && (int)PS_HOOK_OF_IP6 == NFPROTO_IPV6);
static_assert(sizeof_field(struct ps_hook_place, device) == IFNAMSIZ);

/* What netfilter calls, and is given back with the packet. */
struct part {
	struct ps_rule *rule;
	unsigned int on_error;	/* what netfilter is told of a packet whose handler failed */
	struct nf_hook_ops ops;	/* of tc and XDP, where netfilter knows nothing of it: the device only */
	struct ps_program program;	/* of tc and XDP */
};

struct hook {
	struct list_head list;
	struct net *net;
	struct ps_hook_place place;
	u8 family;
	unsigned int number;
	u8 defrag[2];		/* families that fragments are put together of; 0: none */
	unsigned int n;
	struct part parts[2];	/* n of them */
	struct xt_lua_info info[2];	/* what each is made of; the rule needs the digest */
};

/* Those that packets come to. */
static LIST_HEAD(hooks);
/* Those to which no packet comes any more, but some may be in. */
static LIST_HEAD(leaving);
/* Protects both. Taken within rtnl, where both are. */
static DEFINE_MUTEX(hooks_mutex);

/*
 * Packets.
 */

/* What is not simply let pass. */
static noinline unsigned int decide(const struct part *part, struct sk_buff *skb, const struct nf_hook_state *state,
				    enum ps_verdict verdict, u16 queue)
{
	switch (verdict) {
	case PS_VERDICT_ACCEPT:
	case PS_VERDICT_CONTINUE:
	case PS_VERDICT_RETURN:
		return NF_ACCEPT;
	case PS_VERDICT_DROP:
		return NF_DROP;
	case PS_VERDICT_STOLEN:
		consume_skb(skb);
		return NF_STOLEN;
	case PS_VERDICT_QUEUE:
		if (state->pf != NFPROTO_ARP && state->pf != NFPROTO_NETDEV)
			return NF_QUEUE_NR(queue);
		ps_rule_refuse(part->rule, "NF_QUEUE: there are no queues for ARP and for packets of a device's hooks");
		break;
	case PS_VERDICT_TX:
	case PS_VERDICT_REDIRECT:
		ps_rule_refuse(part->rule, PS_FRONT_NO_DEVICE);
		break;
	case PS_VERDICT_REPEAT:
	case PS_VERDICT_ERROR:
		break;
	}
	return part->on_error;
}

/* There is no table that would go on with the next rule: the packet goes on to what else is at the hook. */
static ps_inline unsigned int to_netfilter(const struct part *part, struct sk_buff *skb, const struct nf_hook_state *state,
					   enum ps_verdict verdict, u16 queue)
{
	if (likely(verdict == PS_VERDICT_CONTINUE || verdict == PS_VERDICT_ACCEPT))
		return NF_ACCEPT;
	return decide(part, skb, state, verdict, queue);
}

static ps_inline unsigned int run_ip(const struct part *part, struct sk_buff *skb, bool has_link, const struct nf_hook_state *state)
{
	enum ps_verdict verdict;
	u16 queue ps_uninit;

	if (ps_front_is_own(part->rule, skb))
		return NF_ACCEPT;
	verdict = ps_front_run(part->rule, skb, has_link, state, &queue);
	return to_netfilter(part, skb, state, verdict, queue);
}

/* Before routing, to here, and forwarded. */
static unsigned int ps_hook_in(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return run_ip(priv, skb, ps_front_has_link(state), state);
}

static unsigned int ps_hook_out(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return run_ip(priv, skb, false, state);
}

/* Whether something will come of the packet: also one that waits in a queue goes the way that it has. */
static bool goes_on(unsigned int verdict)
{
	verdict &= NF_VERDICT_MASK;
	return verdict != NF_DROP && verdict != NF_STOLEN;
}

/* What is sent from here has been routed: with another address or mark it may have another way, as in the table mangle. */
static unsigned int ps_hook_ip_output(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct iphdr before = *ip_hdr(skb), *ip;
	u32 mark = skb->mark;
	unsigned int verdict = run_ip(priv, skb, false, state);
	int err;

	if (!goes_on(verdict))
		return verdict;
	ip = ip_hdr(skb);
	if (ip->saddr == before.saddr && ip->daddr == before.daddr && ip->tos == before.tos && skb->mark == mark)
		return verdict;
	err = ip_route_me_harder(state->net, state->sk, skb, RTN_UNSPEC);
	return err < 0 ? NF_DROP_ERR(err) : verdict;
}

/* The version, the class and the label of the flow. */
static __be32 first_word(const struct ipv6hdr *ip6)
{
	return *(const __be32 *)ip6;
}

static unsigned int ps_hook_ip6_output(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct ipv6hdr before = *ipv6_hdr(skb), *ip6;
	u32 mark = skb->mark;
	unsigned int verdict = run_ip(priv, skb, false, state);
	int err;

	if (!goes_on(verdict))
		return verdict;
	ip6 = ipv6_hdr(skb);
	if (ipv6_addr_equal(&ip6->saddr, &before.saddr) && ipv6_addr_equal(&ip6->daddr, &before.daddr) &&
	    ip6->hop_limit == before.hop_limit && first_word(ip6) == first_word(&before) && skb->mark == mark)
		return verdict;
	err = nf_ip6_route_me_harder(state->net, state->sk, skb);
	return err < 0 ? NF_DROP_ERR(err) : verdict;
}

static ps_inline unsigned int run_by(const struct part *part, struct sk_buff *skb, const struct nf_hook_state *state,
				     enum ps_verdict (*run)(struct ps_rule *rule, struct sk_buff *skb, const struct nf_hook_state *state, u16 *queue))
{
	enum ps_verdict verdict;
	u16 queue ps_uninit;

	if (ps_front_is_own(part->rule, skb))
		return NF_ACCEPT;
	verdict = run(part->rule, skb, state, &queue);
	return to_netfilter(part, skb, state, verdict, queue);
}

static unsigned int ps_hook_arp(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return run_by(priv, skb, state, ps_front_run_arp);
}

static unsigned int ps_hook_frame(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return run_by(priv, skb, state, ps_front_run_frame);
}

/* Devices whose packets begin with what they carry have no frames. */
static unsigned int ps_hook_ingress(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	if (!ps_front_is_ethernet(state->in) || skb_mac_offset(skb) != -ETH_HLEN)
		return run_ip(priv, skb, false, state);
	return ps_hook_frame(priv, skb, state);
}

static unsigned int ps_hook_egress(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct part *part = priv;

	if (!ps_front_is_ethernet(state->out))
		return run_ip(part, skb, false, state);
	if (skb_mac_offset(skb) || !pskb_may_pull(skb, ETH_HLEN)) {
		ps_rule_refuse(part->rule, "a frame without a whole header of Ethernet");
		return part->on_error;
	}
	return ps_hook_frame(priv, skb, state);
}

static nf_hookfn *function_of(u8 packets, unsigned int number)
{
	switch (packets) {
	case NFPROTO_ARP:
		return ps_hook_arp;
	case NFPROTO_BRIDGE:
		return ps_hook_frame;
	case NFPROTO_NETDEV:
		return number == NF_NETDEV_INGRESS ? ps_hook_ingress : ps_hook_egress;
	}
	if (number == NF_INET_LOCAL_OUT)
		return packets == NFPROTO_IPV4 ? ps_hook_ip_output : ps_hook_ip6_output;
	return number == NF_INET_POST_ROUTING ? ps_hook_out : ps_hook_in;
}

/*
 * Hooks. They are made with no lock held, since a script is read and run then.
 */
static void hook_free(struct hook *hook)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hook->defrag); i++) {
		if (hook->defrag[i])
			ps_defrag_disable(hook->net, hook->defrag[i]);
	}
	for (i = 0; i < hook->n; i++)
		ps_rule_free(hook->parts[i].rule);
	kfree(hook);
	module_put(THIS_MODULE);
}

static int add_part(struct hook *hook, u8 packets, struct ps_failure *failure)
{
	const struct ps_place place = {
		.net = hook->net,
		.family = hook->family,
		.hooks = BIT(hook->number),
		.table = "",
		.hook = &hook->place,
	};
	struct xt_lua_info *info = &hook->info[hook->n];
	struct part *part = &hook->parts[hook->n];
	struct ps_rule *rule = ps_options_rule(info, &place, packets, failure);

	if (IS_ERR(rule))
		return PTR_ERR(rule);
	part->rule = rule;
	part->on_error = info->on_error == XT_LUA_ON_ERROR_DROP ? NF_DROP : NF_ACCEPT;
	part->ops = (struct nf_hook_ops){
		.hook = function_of(packets, hook->number),
		.priv = part,
		.pf = packets,
		.hooknum = hook->number,
		.priority = hook->place.priority,
	};
	hook->n++;
	return 0;
}

static int add_parts(struct hook *hook, struct ps_failure *failure)
{
	int err;

	if (hook->family != NFPROTO_INET)
		return add_part(hook, hook->family, failure);
	hook->info[1] = hook->info[0];
	err = add_part(hook, NFPROTO_IPV4, failure);
	return err ?: add_part(hook, NFPROTO_IPV6, failure);
}

static bool is_program(const struct hook *hook)
{
	return ps_hook_is_program(hook->family, hook->number);
}

/*
 * Places. With hooks_mutex held.
 */
static void leave_parts(struct hook *hook, unsigned int n)
{
	if (is_program(hook)) {
		ps_program_leave(&hook->parts[0].program);
		return;
	}
	while (n--)
		nf_unregister_net_hook(hook->net, &hook->parts[n].ops);
}

static void leave(struct hook *hook, struct list_head *to)
{
	leave_parts(hook, hook->n);
	list_move(&hook->list, to);
}

static const char *why_refused(int err)
{
	switch (err) {
	case -EOPNOTSUPP:
		return "this kernel is built without that hook";
	case -E2BIG:
		return "too much is at that hook already";
	case -ENOMEM:
		return "not enough memory";
	}
	return "netfilter refuses it";
}

/* A program of BPF comes after this, which knows the number; until it has come, no packet does. */
static int enter_program(struct hook *hook, struct ps_failure *failure)
{
	struct part *part = &hook->parts[0];
	struct ps_program *program = &part->program;
	int err;

	program->hook = hook->number;
	program->passes = part->on_error == NF_ACCEPT;
	program->rule = part->rule;
	program->net = hook->net;
	program->dev = part->ops.dev;
	err = ps_program_enter(program);
	if (!err)
		return 0;
	program->number = 0;
	return ps_fail(failure, err, "%s: another one has its number: try again (%d)", hook->info[0].script, -err);
}

static int enter_parts(struct hook *hook, struct ps_failure *failure)
{
	unsigned int i;
	int err;

	if (is_program(hook))
		return enter_program(hook, failure);
	for (i = 0; i < hook->n; i++) {
		err = nf_register_net_hook(hook->net, &hook->parts[i].ops);
		if (!err)
			continue;
		leave_parts(hook, i);
		return ps_fail(failure, err, "%s: %s (%d)", hook->info[0].script, why_refused(err), -err);
	}
	return 0;
}

/* A device has one program at XDP, and its packets are frames there. */
static int look_at_xdp(const struct hook *hook, struct ps_failure *failure)
{
	const struct net_device *dev = hook->parts[0].ops.dev;
	const struct hook *other;

	if (!ps_front_is_ethernet(dev))
		return ps_fail(failure, -EOPNOTSUPP, "--dev %s: at XDP, scripts have packets of Ethernet only", hook->place.device);
	list_for_each_entry(other, &hooks, list) {
		if (other->family == hook->family && other->number == PS_HOOK_XDP && other->parts[0].ops.dev == dev)
			return ps_fail(failure, -EBUSY, "--dev %s: a device has one program at XDP, and that of %s is there: detach it first", hook->place.device,
				       other->info[0].script);
	}
	return 0;
}

static bool is_same(const struct hook *a, const struct hook *b)
{
	return net_eq(a->net, b->net) && a->family == b->family && a->number == b->number &&
	       a->parts[0].ops.dev == b->parts[0].ops.dev && a->place.priority == b->place.priority &&
	       a->info[0].state == b->info[0].state && !strcmp(a->info[0].script, b->info[0].script) &&
	       !strcmp(a->info[0].function, b->info[0].function);
}

/*
 * On nlmon the kernel sends a copy of each message of netlink, within the call that sends the message. What scripts say, and traced packets, are told by such
 * messages; a script there is not called for those (inside.h), which surprises who asks for all.
 */
static int look_at_device(const struct hook *hook, struct ps_failure *failure)
{
	if (hook->parts[0].ops.dev->type != ARPHRD_NETLINK)
		return 0;
	return ps_fail(failure, -EOPNOTSUPP, "--dev %s: its packets are the kernel's messages of netlink, of which scripts make some themselves, while they run: "
		       "a script is not called for those", hook->place.device);
}

/* Within rtnl, so that the device is there until the hook is in the list, by which it is found when the device goes. */
static int enter(struct hook *hook, struct ps_failure *failure)
{
	const struct hook *other;
	int err = 0;

	if (hook->family == NFPROTO_NETDEV) {
		hook->parts[0].ops.dev = __dev_get_by_name(hook->net, hook->place.device);
		if (!hook->parts[0].ops.dev)
			return ps_fail(failure, -ENODEV, "--dev %s: there is no such device in this network namespace", hook->place.device);
		err = look_at_device(hook, failure);
	}
	if (err)
		return err;
	list_for_each_entry(other, &hooks, list) {
		if (is_same(other, hook))
			return ps_fail(failure, -EEXIST, "%s: its function %s is there already, with priority %d: detach it first, or give another --priority",
				       hook->info[0].script, hook->info[0].function, hook->place.priority);
	}
	if (is_program(hook) && hook->number == PS_HOOK_XDP)
		err = look_at_xdp(hook, failure);
	if (!err)
		err = enter_parts(hook, failure);
	if (!err)
		list_add_tail(&hook->list, &hooks);
	return err;
}

/* Frees those to which no packet has come for a grace period. */
static void free_all(struct list_head *list)
{
	struct hook *hook, *next;

	list_for_each_entry_safe(hook, next, list, list)
		hook_free(hook);
}

/*
 * Requests.
 */
const struct nla_policy ps_hook_policy[PACKETSCRIPT_HOOK_MAX + 1] = {
	[PACKETSCRIPT_HOOK_SCRIPT] = { .type = NLA_NUL_STRING, .len = XT_LUA_SCRIPT_SIZE - 1 },
	[PACKETSCRIPT_HOOK_FUNCTION] = { .type = NLA_NUL_STRING, .len = XT_LUA_FUNCTION_SIZE - 1 },
	[PACKETSCRIPT_HOOK_FAMILY] = { .type = NLA_U8 },
	[PACKETSCRIPT_HOOK_NUMBER] = { .type = NLA_U32 },
	[PACKETSCRIPT_HOOK_DEVICE] = { .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 },
	[PACKETSCRIPT_HOOK_PRIORITY] = { .type = NLA_S32 },
	[PACKETSCRIPT_HOOK_MEMORY] = { .type = NLA_U32 },
	[PACKETSCRIPT_HOOK_PERCPU] = { .type = NLA_FLAG },
	[PACKETSCRIPT_HOOK_ON_ERROR] = { .type = NLA_U8 },
	[PACKETSCRIPT_HOOK_OBJECT] = { .type = NLA_U8 },
	[PACKETSCRIPT_HOOK_DEFRAG] = { .type = NLA_FLAG },
	[PACKETSCRIPT_HOOK_PROGRAM] = { .type = NLA_U32 },
};

/* What a request says: by PACKETSCRIPT_HOOK_…; NULL: nothing. */
struct wanted {
	struct nlattr *attrs[PACKETSCRIPT_HOOK_MAX + 1];
	const struct nlattr *state;
};

static int read_wanted(struct wanted *wanted, struct genl_info *info)
{
	const struct nlattr *nest = info->attrs[PACKETSCRIPT_A_HOOK];
	int err = nest ? nla_parse_nested(wanted->attrs, PACKETSCRIPT_HOOK_MAX, nest, ps_hook_policy, info->extack) : 0;

	if (err)
		return err;
	wanted->state = info->attrs[PACKETSCRIPT_A_STATE];
	if (wanted->attrs[PACKETSCRIPT_HOOK_SCRIPT])
		return 0;
	NL_SET_ERR_MSG(info->extack, "no script is named");
	return -EINVAL;
}

static void read_options(struct xt_lua_info *info, const struct wanted *wanted)
{
	const struct nlattr *const *attrs = (const struct nlattr *const *)wanted->attrs;
	const struct nlattr *function = attrs[PACKETSCRIPT_HOOK_FUNCTION];

	nla_strscpy(info->script, attrs[PACKETSCRIPT_HOOK_SCRIPT], sizeof(info->script));
	strscpy(info->function, function ? nla_data(function) : XT_LUA_FUNCTION_DEFAULT, sizeof(info->function));
	if (wanted->state)
		info->state = nla_get_u32(wanted->state);
	if (attrs[PACKETSCRIPT_HOOK_MEMORY])
		info->memory = nla_get_u32(attrs[PACKETSCRIPT_HOOK_MEMORY]);
	if (attrs[PACKETSCRIPT_HOOK_ON_ERROR])
		info->on_error = nla_get_u8(attrs[PACKETSCRIPT_HOOK_ON_ERROR]);
	if (attrs[PACKETSCRIPT_HOOK_OBJECT])
		info->object = nla_get_u8(attrs[PACKETSCRIPT_HOOK_OBJECT]);
	info->percpu = nla_get_flag(attrs[PACKETSCRIPT_HOOK_PERCPU]);
}

/* What is said of a hook at which a program of BPF is, and whether there can be such a program. */
static int read_program(struct hook *hook, const struct wanted *wanted, struct ps_failure *failure)
{
	const struct nlattr *number = wanted->attrs[PACKETSCRIPT_HOOK_PROGRAM];

	if (!number || nla_get_u32(number) < 1 || nla_get_u32(number) > PACKETSCRIPT_PROGRAM_MAX)
		return ps_fail(failure, -EINVAL, "%s: a hook of tc or XDP needs the number of a program: is this command older than the kernel's module?",
			       hook->info[0].script);
	if (hook->number == PS_HOOK_XDP ? hook->place.priority != 0 : hook->place.priority < 1 || hook->place.priority > 0xffff)
		return ps_fail(failure, -EINVAL, hook->number == PS_HOOK_XDP ? "%s: XDP has no priorities, since it has one program" :
			       "%s: a priority at tc is from 1 to 65535", hook->info[0].script);
	hook->parts[0].program.number = nla_get_u32(number);
	hook->place.program = nla_get_u32(number);
	switch (ps_programs_get()) {
	case PS_PROGRAMS_THERE:
		return 0;
	case PS_PROGRAMS_ABSENT:
		return ps_fail(failure, -ENOENT, "tc and XDP need the module packetscript_bpf, which is not there, or does not load: the kernel's log says why; a kernel without BPF has none");
	case PS_PROGRAMS_UNTYPED:
		return ps_fail(failure, -ENOENT, "tc and XDP need the types (BTF) of the module packetscript_bpf, and it was built without: 'make btf_install', and make the modules again");
	case PS_PROGRAMS_REFUSED:
		break;
	}
	return ps_fail(failure, -ENOENT, "tc and XDP: the kernel does not take the functions of the module packetscript_bpf: its types (BTF) are another kernel's: "
		       "'make btf_install', and make the modules again; or programs of BPF can call no modules here");
}

static int read_place(struct hook *hook, const struct wanted *wanted, struct ps_failure *failure)
{
	const struct nlattr *family = wanted->attrs[PACKETSCRIPT_HOOK_FAMILY], *number = wanted->attrs[PACKETSCRIPT_HOOK_NUMBER];
	const struct nlattr *device = wanted->attrs[PACKETSCRIPT_HOOK_DEVICE], *priority = wanted->attrs[PACKETSCRIPT_HOOK_PRIORITY];
	const struct ps_hook_family *known = family ? ps_hook_family_find(nla_get_u8(family)) : NULL;

	if (!known || !number || nla_get_u32(number) >= known->hooks)
		return ps_fail(failure, -EINVAL, "%s: there is no such hook", hook->info[0].script);
	if ((known->number == PS_HOOK_OF_ARP && !IS_ENABLED(CONFIG_NETFILTER_FAMILY_ARP)) ||
	    (known->number == PS_HOOK_OF_BRIDGE && !IS_ENABLED(CONFIG_NETFILTER_FAMILY_BRIDGE)))
		return ps_fail(failure, -EOPNOTSUPP, "%s: --family %s: this kernel was built without these hooks", hook->info[0].script, known->name);
	hook->family = known->number;
	hook->number = nla_get_u32(number);
	if ((hook->family == NFPROTO_NETDEV) != !!device)
		return ps_fail(failure, -EINVAL, "%s: hooks of netdev, and no others, are those of a device: --dev", hook->info[0].script);
	if (device)
		nla_strscpy(hook->place.device, device, sizeof(hook->place.device));
	if (priority)
		hook->place.priority = nla_get_s32(priority);
	if (is_program(hook))
		return read_program(hook, wanted, failure);
	return 0;
}

static int add_defrag(struct hook *hook, struct ps_failure *failure)
{
	unsigned int i;
	int err;

	for (i = 0; i < hook->n; i++) {
		err = ps_defrag_enable(hook->net, hook->parts[i].ops.pf);
		if (err)
			return ps_fail(failure, err, "--defrag: the kernel has no module nf_defrag_ipv%d, or cannot use it (%d)",
				       hook->parts[i].ops.pf == NFPROTO_IPV4 ? 4 : 6, -err);
		hook->defrag[i] = hook->parts[i].ops.pf;
	}
	return 0;
}

static int attach(struct hook *hook, const struct wanted *wanted, struct ps_failure *failure)
{
	bool defrags = wanted->attrs[PACKETSCRIPT_HOOK_DEFRAG];
	int err;

	read_options(&hook->info[0], wanted);
	err = read_place(hook, wanted, failure);
	if (!err && defrags && hook->family != NFPROTO_IPV4 && hook->family != NFPROTO_IPV6 && hook->family != NFPROTO_INET)
		err = ps_fail(failure, -EINVAL, "%s: --defrag is for ip, ip6 and inet", hook->info[0].script);
	if (!err)
		err = add_parts(hook, failure);
	if (!err && defrags)
		err = add_defrag(hook, failure);
	if (err)
		return err;
	rtnl_lock();
	mutex_lock(&hooks_mutex);
	err = enter(hook, failure);
	mutex_unlock(&hooks_mutex);
	rtnl_unlock();
	if (err)
		synchronize_net();	/* one part may have been there */
	return err;
}

int ps_hook_attach(struct genl_info *info, struct ps_failure *failure)
{
	struct wanted wanted = { .state = NULL };
	int err = read_wanted(&wanted, info);
	struct hook *hook;

	if (err)
		return err;
	if (!try_module_get(THIS_MODULE))
		return -ENOENT;
	hook = kzalloc(sizeof(*hook), GFP_KERNEL);
	if (!hook) {
		module_put(THIS_MODULE);
		return -ENOMEM;
	}
	hook->net = genl_info_net(info);
	err = attach(hook, &wanted, failure);
	if (err)
		hook_free(hook);
	return err;
}

static bool is_wanted(const struct hook *hook, const struct wanted *wanted, const struct net *net)
{
	struct nlattr *const *attrs = wanted->attrs;

	return net_eq(hook->net, net) && !nla_strcmp(attrs[PACKETSCRIPT_HOOK_SCRIPT], hook->info[0].script) &&
	       (!wanted->state || nla_get_u32(wanted->state) == hook->info[0].state) &&
	       (!attrs[PACKETSCRIPT_HOOK_FUNCTION] || !nla_strcmp(attrs[PACKETSCRIPT_HOOK_FUNCTION], hook->info[0].function)) &&
	       (!attrs[PACKETSCRIPT_HOOK_FAMILY] || nla_get_u8(attrs[PACKETSCRIPT_HOOK_FAMILY]) == hook->family) &&
	       (!attrs[PACKETSCRIPT_HOOK_NUMBER] || nla_get_u32(attrs[PACKETSCRIPT_HOOK_NUMBER]) == hook->number) &&
	       (!attrs[PACKETSCRIPT_HOOK_PROGRAM] || nla_get_u32(attrs[PACKETSCRIPT_HOOK_PROGRAM]) == hook->parts[0].program.number) &&
	       (!attrs[PACKETSCRIPT_HOOK_DEVICE] || !nla_strcmp(attrs[PACKETSCRIPT_HOOK_DEVICE], hook->place.device)) &&
	       (!attrs[PACKETSCRIPT_HOOK_PRIORITY] || nla_get_s32(attrs[PACKETSCRIPT_HOOK_PRIORITY]) == hook->place.priority);
}

/* Whether there was room for it. */
static bool put_hook(struct sk_buff *skb, const struct hook *hook)
{
	struct nlattr *nest = nla_nest_start(skb, PACKETSCRIPT_A_HOOK);

	if (!nest)
		return false;
	if (nla_put_string(skb, PACKETSCRIPT_HOOK_SCRIPT, hook->info[0].script) ||
	    nla_put_string(skb, PACKETSCRIPT_HOOK_FUNCTION, hook->info[0].function) ||
	    nla_put_u8(skb, PACKETSCRIPT_HOOK_FAMILY, hook->family) || nla_put_u32(skb, PACKETSCRIPT_HOOK_NUMBER, hook->number) ||
	    (hook->place.device[0] && nla_put_string(skb, PACKETSCRIPT_HOOK_DEVICE, hook->place.device)) ||
	    nla_put_s32(skb, PACKETSCRIPT_HOOK_PRIORITY, hook->place.priority) ||
	    (hook->parts[0].program.number && nla_put_u32(skb, PACKETSCRIPT_HOOK_PROGRAM, hook->parts[0].program.number))) {
		nla_nest_cancel(skb, nest);
		return false;
	}
	nla_nest_end(skb, nest);
	return true;
}

int ps_hook_detach(struct genl_info *info, struct sk_buff *reply)
{
	struct wanted wanted = { .state = NULL };
	int err = read_wanted(&wanted, info);
	struct hook *hook, *next;
	LIST_HEAD(detached);

	if (err)
		return err;
	mutex_lock(&hooks_mutex);
	list_for_each_entry_safe(hook, next, &hooks, list) {
		if (!is_wanted(hook, &wanted, genl_info_net(info)))
			continue;
		if (!put_hook(reply, hook))
			break;
		leave(hook, &detached);
	}
	mutex_unlock(&hooks_mutex);
	if (list_empty(&detached))
		return -ENOENT;
	synchronize_net();
	free_all(&detached);
	return 0;
}

/*
 * What goes without being asked to.
 */
static void free_leaving(struct work_struct *work)
{
	LIST_HEAD(list);

	mutex_lock(&hooks_mutex);
	list_splice_init(&leaving, &list);
	mutex_unlock(&hooks_mutex);
	synchronize_net();
	free_all(&list);
}
static DECLARE_WORK(leaving_work, free_leaving);

/* Within rtnl, where a script's on_close() shall not run: that is left to the work item. */
static int on_device(struct notifier_block *block, unsigned long event, void *data)
{
	const struct net_device *dev = netdev_notifier_info_to_dev(data);
	struct hook *hook, *next;

	if (event != NETDEV_UNREGISTER && event != NETDEV_CHANGENAME)
		return NOTIFY_DONE;
	mutex_lock(&hooks_mutex);
	list_for_each_entry_safe(hook, next, &hooks, list) {
		if (hook->parts[0].ops.dev != dev)
			continue;
		if (event == NETDEV_CHANGENAME) {
			strscpy(hook->place.device, dev->name, sizeof(hook->place.device));
			continue;
		}
		leave(hook, &leaving);
		schedule_work(&leaving_work);
	}
	mutex_unlock(&hooks_mutex);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = on_device };

static void leave_net(struct net *net, struct list_head *from, struct list_head *to)
{
	struct hook *hook, *next;

	mutex_lock(&hooks_mutex);
	list_for_each_entry_safe(hook, next, from, list) {
		if (!net_eq(hook->net, net))
			continue;
		if (from == &hooks)
			leave(hook, to);
		else
			list_move(&hook->list, to);
	}
	mutex_unlock(&hooks_mutex);
}

static void __net_exit net_leave(struct net *net)
{
	leave_net(net, &hooks, &leaving);
}

/*
 * A grace period after that. Those of its devices that went before have to be gone, too, before the namespace is: the work item may have taken
 * them, or all, but can no longer begin to.
 */
static void __net_exit net_free(struct net *net)
{
	LIST_HEAD(list);

	leave_net(net, &leaving, &list);
	flush_work(&leaving_work);
	free_all(&list);
}

static struct pernet_operations net_ops = { .pre_exit = net_leave, .exit = net_free };

int __init ps_hooks_setup(void)
{
	int err = register_pernet_subsys(&net_ops);

	if (err)
		return err;
	err = register_netdevice_notifier(&notifier);
	if (err)
		unregister_pernet_subsys(&net_ops);
	return err;
}

/* Each hook holds the module, so there are none; but the work item that gave the last one back may not have returned. */
void ps_hooks_teardown(void)
{
	unregister_netdevice_notifier(&notifier);
	unregister_pernet_subsys(&net_ops);
	flush_work(&leaving_work);
}
