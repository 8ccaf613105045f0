/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What conntrack knows of packets. Only what they and its structures say is read, and no function of nf_conntrack.ko is called:
 * that module need not be there.
 */
#include <linux/err.h>
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/umh.h>
#include <linux/workqueue.h>
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_acct.h>
#include <net/netfilter/nf_conntrack_ecache.h>
#include <net/netfilter/nf_conntrack_extend.h>
#include <net/netfilter/nf_conntrack_zones.h>
#endif

#include "conntrack.h"
#include "field.h"
#include "flowtable.h"
#include "nat.h"
#include "skb.h"

bool ps_conntrack_is_there __read_mostly;
EXPORT_SYMBOL_GPL(ps_conntrack_is_there);

/*
 * Modules of ours that need others, which are found by their one symbol.
 */
struct lender {
	const char *module, *symbol;
	bool *is_there;	/* or NULL */
	const void __rcu *ops;			/* NULL: it is not there */
};

static struct lender connection = { "packetscript_conntrack", "ps_connection_ops", &ps_conntrack_is_there };
static struct lender flowtable = { "packetscript_flow", "ps_flowtable_ops" };
static struct lender *const lenders[] = { &connection, &flowtable };


/*
 * Reading.
 */
#if IS_ENABLED(CONFIG_NF_CONNTRACK)

static const struct ps_skb_packet *skb_packet_of(struct ps_packet *pkt)
{
	return container_of(pkt, struct ps_skb_packet, pkt);
}

/* Rules put a template where the connection will be, before conntrack has seen the packet: it is none. */
struct nf_conn *ps_conntrack_find(const struct sk_buff *skb, enum ip_conntrack_info *info)
{
	struct nf_conn *ct = nf_ct_get(skb, info);

	return ct && !nf_ct_is_template(ct) ? ct : NULL;
}

static struct nf_conn *find(struct ps_packet *pkt, enum ip_conntrack_info *info)
{
	return ps_conntrack_find(skb_packet_of(pkt)->skb, info);
}

/*
 * What extends a connection lies behind it, where its table of offsets says. nf_ct_ext_find() is not for this: in later kernels it
 * calls into nf_conntrack.ko. What it asks there is about pointers to other modules, which neither of these extensions has.
 */
void *ps_conntrack_extension(const struct nf_conn *ct, unsigned int id)
{
	return ct->ext && ct->ext->offset[id] ? (void *)ct->ext + ct->ext->offset[id] : NULL;
}

static const struct nf_hook_entries *first_hooks(const struct nf_hook_state *state)
{
	switch (state->pf) {
	case NFPROTO_IPV4:
		return rcu_dereference_raw(state->net->nf.hooks_ipv4[NF_INET_PRE_ROUTING]);
	case NFPROTO_IPV6:
		return rcu_dereference_raw(state->net->nf.hooks_ipv6[NF_INET_PRE_ROUTING]);
	default:
		return NULL;
	}
}

/* Whether conntrack looks at the packets of this namespace: it does so once something there has use for it. */
static bool is_tracked(const struct nf_hook_state *state)
{
	const struct nf_hook_entries *hooks = rcu_access_pointer(nf_ct_hook) ? first_hooks(state) : NULL;
	struct nf_hook_ops **ops;
	unsigned int i;

	if (!hooks)
		return false;
	BUILD_BUG_ON((int)NF_IP_PRI_CONNTRACK != (int)NF_IP6_PRI_CONNTRACK);
	ops = nf_hook_entries_get_hook_ops(hooks);
	for (i = 0; i < hooks->num_hook_entries; i++) {
		if (READ_ONCE(ops[i])->priority == NF_IP_PRI_CONNTRACK)
			return true;
	}
	return false;
}

static bool tell_info(struct ps_packet *pkt, uint64_t *value)
{
	enum ip_conntrack_info info;
	struct nf_conn *ct = find(pkt, &info);

	if (ct || info == IP_CT_UNTRACKED)
		*value = info;
	else if (is_tracked(skb_packet_of(pkt)->state))
		*value = PS_CT_INVALID;
	else
		return false;
	return true;
}

static bool tell_mark(const struct nf_conn *ct, uint64_t *value)
{
#ifdef CONFIG_NF_CONNTRACK_MARK
	*value = READ_ONCE(ct->mark);
	return true;
#else
	return false;
#endif
}

/* Who gets events of conntrack gets one of this, with the next that there is. */
static void note_mark(struct nf_conn *ct)
{
#ifdef CONFIG_NF_CONNTRACK_EVENTS
	struct nf_conntrack_ecache *events = ps_conntrack_extension(ct, NF_CT_EXT_ECACHE);

	if (events)
		set_bit(IPCT_MARK, &events->cache);
#endif
}

static bool set_mark(struct ps_packet *pkt, uint32_t mark)
{
#ifdef CONFIG_NF_CONNTRACK_MARK
	enum ip_conntrack_info info;
	struct nf_conn *ct = find(pkt, &info);

	if (!ct)
		return false;
	if (READ_ONCE(ct->mark) != mark) {
		WRITE_ONCE(ct->mark, mark);
		note_mark(ct);
	}
	return true;
#else
	return false;
#endif
}

static bool tell_id(const struct nf_conn *ct, uint64_t *value)
{
	const struct ps_conntrack_ops *ops;

	rcu_read_lock();
	ops = rcu_dereference(connection.ops);
	if (ops)
		*value = ops->id(ct);
	rcu_read_unlock();
	return ops;
}

static bool tell_expiration(const struct nf_conn *ct, uint64_t *value)
{
	if (!nf_ct_is_confirmed(ct))	/* until then it is how long, and not when */
		return false;
	*value = nf_ct_expires(ct) / HZ;
	return true;
}

static bool tell_count(const struct nf_conn *ct, enum ps_ct_number what, bool reply, uint64_t *value)
{
	const struct nf_conn_acct *acct = ps_conntrack_extension(ct, NF_CT_EXT_ACCT);
	const struct nf_conn_counter *counter;

	if (!acct)
		return false;
	counter = &acct->counter[reply ? IP_CT_DIR_REPLY : IP_CT_DIR_ORIGINAL];
	*value = atomic64_read(what == PS_CT_BYTES ? &counter->bytes : &counter->packets);
	return true;
}

static bool tell_number(struct ps_packet *pkt, enum ps_ct_number what, bool reply, uint64_t *value)
{
	enum ip_conntrack_info info;
	struct nf_conn *ct;

	if (what == PS_CT_INFO)
		return tell_info(pkt, value);
	ct = find(pkt, &info);
	if (!ct)
		return false;
	switch (what) {
	case PS_CT_STATUS:
		*value = READ_ONCE(ct->status);
		return true;
	case PS_CT_MARK:
		return tell_mark(ct, value);
	case PS_CT_ID:
		return tell_id(ct, value);
	case PS_CT_ZONE:
		*value = nf_ct_zone(ct)->id;
		return true;
	case PS_CT_EXPIRATION:
		return tell_expiration(ct, value);
	case PS_CT_PACKETS:
	case PS_CT_BYTES:
		return tell_count(ct, what, reply, value);
	default:
		return false;
	}
}

static bool has_ports(u8 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
	case IPPROTO_SCTP:
		return true;
	default:
		return false;
	}
}

static bool tell_tuple(struct ps_packet *pkt, bool reply, struct ps_ct_tuple *tuple)
{
	enum ip_conntrack_info info;
	const struct nf_conn *ct = find(pkt, &info);
	const struct nf_conntrack_tuple *is;

	if (!ct)
		return false;
	is = nf_ct_tuple(ct, reply ? IP_CT_DIR_REPLY : IP_CT_DIR_ORIGINAL);
	tuple->version = nf_ct_l3num(ct) == NFPROTO_IPV6 ? 6 : 4;
	tuple->protocol = nf_ct_protonum(ct);
	memcpy(tuple->address[0], &is->src.u3, sizeof(is->src.u3));
	memcpy(tuple->address[1], &is->dst.u3, sizeof(is->dst.u3));
	tuple->has_ports = has_ports(tuple->protocol);
	tuple->port[0] = ntohs(is->src.u.all);
	tuple->port[1] = ntohs(is->dst.u.all);
	return true;
}

#else

static bool tell_number(struct ps_packet *pkt, enum ps_ct_number what, bool reply, uint64_t *value)
{
	return false;
}

static bool set_mark(struct ps_packet *pkt, uint32_t mark)
{
	return false;
}

static bool tell_tuple(struct ps_packet *pkt, bool reply, struct ps_ct_tuple *tuple)
{
	return false;
}

#endif

/*
 * What only nf_conntrack.ko can do, by packetscript_conntrack.ko.
 */
#if IS_ENABLED(CONFIG_NF_CONNTRACK)

/* Of a broadcast several packets may be the first one. */
void ps_conntrack_expect_first(struct sk_buff *skb)
{
	const struct ps_conntrack_ops *ops;
	enum ip_conntrack_info info;
	struct nf_conn *ct = ps_conntrack_find(skb, &info);

	if (!ct || nf_ct_is_confirmed(ct) || nf_ct_protonum(ct) != IPPROTO_TCP || refcount_read(&ct->ct_general.use) > 1)
		return;
	rcu_read_lock();
	ops = rcu_dereference(connection.ops);
	if (ops)
		ops->extend(ct);
	rcu_read_unlock();
}

#else

void ps_conntrack_expect_first(struct sk_buff *skb)
{
}

#endif

EXPORT_SYMBOL_GPL(ps_conntrack_expect_first);

/*
 * Those modules are not held: they say when they go, and may do so at any time, with what they need behind them. Nor do they hold
 * packetscript.ko.
 */
static DEFINE_MUTEX(taking);

static void take(struct lender *l)
{
	const void *ops = NULL;

	mutex_lock(&taking);
	if (!rcu_access_pointer(l->ops))
		ops = __symbol_get(l->symbol);
	if (ops) {
		rcu_assign_pointer(l->ops, ops);
		if (l->is_there)
			WRITE_ONCE(*l->is_there, true);
		__symbol_put(l->symbol);	/* only from now on it can go, and then leave() comes behind this */
	}
	mutex_unlock(&taking);
}

/* Returns when nobody is in it any more. False: it was not there. */
static bool leave(struct lender *l)
{
	bool was_there;

	mutex_lock(&taking);
	was_there = rcu_access_pointer(l->ops);
	if (was_there) {
		if (l->is_there)
			WRITE_ONCE(*l->is_there, false);
		RCU_INIT_POINTER(l->ops, NULL);
		synchronize_rcu();
	}
	mutex_unlock(&taking);
	return was_there;
}

static void borrow(struct lender *l)
{
	if (rcu_access_pointer(l->ops))
		return;
	take(l);
	if (rcu_access_pointer(l->ops))
		return;
	request_module("%s", l->module);	/* whether it is there then tells */
	take(l);
}

void ps_conntrack_load(void)
{
	if (IS_ENABLED(CONFIG_NF_CONNTRACK) && rcu_access_pointer(nf_ct_hook))
		borrow(&connection);
}

void ps_flowtable_begin(struct net *net)
{
	const struct ps_flowtable_ops *ops;

	borrow(&flowtable);
	ops = __symbol_get(flowtable.symbol);	/* it stays until this is done */
	if (!ops)
		return;
	ops->begin(net);	/* without memory there is no table, which a packet finds */
	__symbol_put(flowtable.symbol);
}

static void load(struct work_struct *work)
{
	ps_conntrack_load();
}

static DECLARE_WORK(loading, load);

/*
 * It comes when conntrack does. Who loads modules may wait here for none: the one that is waited for would wait for whoever wants
 * to be told of modules, too, and he for us.
 */
static int hear_of_module(struct notifier_block *self, unsigned long event, void *data)
{
	const struct module *module = data;
	unsigned int i;

	if (event == MODULE_STATE_LIVE && (!strcmp(module->name, connection.module) || !strcmp(module->name, "nf_conntrack")))
		queue_work(system_long_wq, &loading);
	for (i = 0; event == MODULE_STATE_GOING && i < ARRAY_SIZE(lenders); i++) {
		if (!strcmp(module->name, lenders[i]->module))
			leave(lenders[i]);
	}
	return NOTIFY_DONE;
}

static struct notifier_block modules = { .notifier_call = hear_of_module };

/* 'modprobe -r' takes away with a module what that needs by its symbols, which ours does not: so it is done here. */
static void remove_module(const struct lender *l)
{
	char *argv[] = { "/sbin/rmmod", (char *)l->module, NULL };
	static char *envp[] = { "HOME=/", "PATH=/sbin:/usr/sbin:/bin:/usr/bin", NULL };

	call_usermodehelper(argv[0], argv, envp, UMH_WAIT_PROC);	/* without it the module stays, and does nothing */
}

int ps_conntrack_setup(void)
{
	return register_module_notifier(&modules);
}

void ps_conntrack_teardown(void)
{
	unsigned int i;

	unregister_module_notifier(&modules);
	cancel_work_sync(&loading);
	for (i = 0; i < ARRAY_SIZE(lenders); i++) {
		if (leave(lenders[i]))
			remove_module(lenders[i]);
	}
}

/*
 * Translation, by packetscript_nat.ko.
 */
static const struct ps_nat_ops __rcu *provider;
static DEFINE_MUTEX(provider_mutex);

void ps_nat_provide(const struct ps_nat_ops *ops)
{
	mutex_lock(&provider_mutex);
	rcu_assign_pointer(provider, ops);
	mutex_unlock(&provider_mutex);
	if (!ops)
		synchronize_rcu();
}
EXPORT_SYMBOL_GPL(ps_nat_provide);

/* A reference to the module that provides it, with *begin; or NULL. */
static struct module *get_provider(int (**begin)(struct net *net))
{
	const struct ps_nat_ops *ops;
	struct module *owner = NULL;

	mutex_lock(&provider_mutex);
	ops = rcu_dereference_protected(provider, lockdep_is_held(&provider_mutex));
	if (ops && try_module_get(ops->owner)) {
		owner = ops->owner;
		*begin = ops->begin;
	}
	mutex_unlock(&provider_mutex);
	return owner;
}

struct module *ps_nat_get(struct net *net)
{
	int (*begin)(struct net *net);
	struct module *owner = get_provider(&begin);
	int err;

	if (!owner) {
		request_module("packetscript_nat");	/* whether it is there then tells */
		owner = get_provider(&begin);
	}
	if (!owner)
		return ERR_PTR(-ENOENT);
	err = begin(net);
	if (!err)
		return owner;
	module_put(owner);
	return ERR_PTR(err);
}

static const char *translate(struct ps_packet *pkt, const struct ps_ct_nat *nat)
{
	const struct ps_skb_packet *p = container_of(pkt, struct ps_skb_packet, pkt);
	const struct ps_nat_ops *ops;
	const char *why;

	rcu_read_lock();
	ops = rcu_dereference(provider);
	why = ops ? ops->setup(p->skb, p->state, nat) : "packetscript_nat.ko is not loaded";
	rcu_read_unlock();
	return why;
}

/*
 * What the flowtable carries, by packetscript_flow.ko.
 */
static const char *offload(struct ps_packet *pkt)
{
	const struct ps_skb_packet *p = container_of(pkt, struct ps_skb_packet, pkt);
	const struct ps_flowtable_ops *ops;
	const char *why;

	if (p->shift)
		return "the packet has got another length";
	rcu_read_lock();
	ops = rcu_dereference(flowtable.ops);
	why = ops ? ops->offload(p->skb, p->state) : "packetscript_flow.ko is not loaded";
	rcu_read_unlock();
	return why;
}

const struct ps_ct_ops ps_skb_ct = { tell_number, set_mark, tell_tuple, translate, offload };
