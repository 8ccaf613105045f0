/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "generation.h"
#include "packetscript.h"
#include "skb.h"
#include "trace.h"
#include "xdp.h"

atomic_t ps_trace_users __read_mostly = ATOMIC_INIT(0);

#define TRACERS_MAX	16	/* of a network namespace: each costs a copy of each message */

/* A socket that is told, and of what. */
struct tracer {
	struct list_head list;
	struct rcu_head rcu;
	struct sock *sk;	/* held, and with it: */
	const struct net *net;	/* compared only */
	u32 portid;
	bool has_state;
	u32 state;
	atomic64_t number;	/* of packets, also of those that could not be told */
	char script[];		/* path; "": any */
};

/* Packets read the list under RCU, as they do all that their rules have; it is changed with the lock held. */
static LIST_HEAD(tracers);
static DEFINE_MUTEX(lock);
static const struct genl_family *family;

static bool wants(const struct tracer *tracer, const struct ps_handler *handler, const char *path)
{
	return tracer->net == handler->state->net && (!tracer->has_state || tracer->state == handler->state->id) &&
	       (!tracer->script[0] || !strcmp(tracer->script, path));
}

static const char *path_of(const struct ps_handler *handler)
{
	return READ_ONCE(handler->source)->path;
}

/*
 * Packets.
 */

static bool is_wanted(const struct ps_handler *handler)
{
	const struct tracer *tracer;

	list_for_each_entry_rcu(tracer, &tracers, list) {
		if (wants(tracer, handler, path_of(handler)))
			return true;
	}
	return false;
}

/* There is no memory for a message: who wants it sees that by the next one's number. */
static void lose(struct ps_trace *trace)
{
	struct tracer *tracer;

	nlmsg_free(trace->skb);
	trace->skb = NULL;
	list_for_each_entry_rcu(tracer, &tracers, list) {
		if (wants(tracer, trace->handler, path_of(trace->handler)))
			atomic64_inc(&tracer->number);
	}
}

static struct sk_buff *skb_of(const struct ps_packet *pkt)
{
	return container_of(pkt, struct ps_skb_packet, pkt)->skb;
}

/* Puts the packet's bytes as they are now, without making any readable. Returns how many, or 0. */
static u32 put_bytes(struct sk_buff *message, int type, const struct ps_packet *pkt, const u8 **bytes)
{
	const u32 len = min_t(u32, pkt->len, PACKETSCRIPT_TRACE_BYTES);
	struct nlattr *attr = nla_reserve(message, type, len);

	if (!attr)
		return 0;
	if (pkt->ops == &ps_xdp_ops)
		memcpy(nla_data(attr), pkt->data, len);
	else if (skb_copy_bits(skb_of(pkt), -(int)pkt->network, nla_data(attr), len))
		return 0;
	*bytes = nla_data(attr);
	return len;
}

static bool put_packet(struct ps_trace *trace)
{
	struct ps_packet *pkt = trace->pkt;
	void *message = genlmsg_put(trace->skb, 0, 0, family, 0, PACKETSCRIPT_CMD_TRACED);

	trace->nest = message ? nla_nest_start(trace->skb, PACKETSCRIPT_A_TRACE) : NULL;
	if (!trace->nest || nla_put_be32(trace->skb, PACKETSCRIPT_TRACE_LENGTH, htonl(pkt->len)) ||
	    nla_put_u8(trace->skb, PACKETSCRIPT_TRACE_LINK, pkt->has_link ? pkt->network : 0))
		return false;
	trace->copied = put_bytes(trace->skb, PACKETSCRIPT_TRACE_BEFORE, pkt, &trace->before);
	return trace->copied;
}

/* Room for all attributes but the bytes of packets. */
#define REST	(XT_LUA_SCRIPT_SIZE + XT_LUA_FUNCTION_SIZE + PS_SCRIPT_ERROR_SIZE + 512)

void ps_trace_begin(struct ps_trace *trace, const struct ps_handler *handler, struct ps_call *call, struct ps_packet *pkt)
{
	trace->handler = handler;
	trace->call = call;
	trace->pkt = pkt;
	trace->len = pkt->len;
	trace->skb = NULL;
	if (!is_wanted(handler))
		return;
	trace->skb = genlmsg_new(2 * PACKETSCRIPT_TRACE_BYTES + REST, GFP_ATOMIC);
	if (!trace->skb || !put_packet(trace)) {
		lose(trace);
		return;
	}
	ps_script_trace(&call->instance->script, call->number, &trace->traced);
	trace->start = ktime_get_ns();
}

static bool put_after(struct ps_trace *trace)
{
	struct sk_buff *skb = trace->skb;
	const struct ps_packet *pkt = trace->pkt;
	const unsigned int len = skb->len;
	const u8 *after;
	u32 copied = put_bytes(skb, PACKETSCRIPT_TRACE_AFTER, pkt, &after);

	if (!copied)
		return false;
	if (copied == trace->copied && !memcmp(after, trace->before, copied))
		skb_trim(skb, len);
	return pkt->len == trace->len || !nla_put_u32(skb, PACKETSCRIPT_TRACE_LEFT, pkt->len);
}

static bool put_company(struct sk_buff *skb, struct ps_packet *pkt)
{
	static const struct {
		enum ps_company what;
		int type;
	} names[] = {
		{ PS_COMPANY_HOOK, PACKETSCRIPT_TRACE_HOOK },
		{ PS_COMPANY_DEV_IN, PACKETSCRIPT_TRACE_DEV_IN },
		{ PS_COMPANY_DEV_OUT, PACKETSCRIPT_TRACE_DEV_OUT },
	};
	char text[PS_COMPANY_NAME];
	const char *name;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		name = pkt->ops->company->name(pkt, names[i].what);
		if (name && (strscpy(text, name, sizeof(text)) < 0 || nla_put_string(skb, names[i].type, text)))
			return false;
	}
	return true;
}

static const char *name_of(const struct ps_handler *handler, unsigned int result)
{
	static const char *const answers[PS_ANSWERS] = { "no match", "match", "error" };

	return handler->is_match ? answers[result] : ps_verdicts[result].name;
}

static bool put_result(const struct ps_trace *trace, unsigned int result, u16 queue)
{
	const struct ps_handler *handler = trace->handler;
	const struct ps_script *script = &trace->call->instance->script;
	const bool is_error = handler->is_match ? result == PS_ANSWER_ERROR : result == PS_VERDICT_ERROR;
	struct sk_buff *skb = trace->skb;

	return (!handler->is_match || !nla_put_flag(skb, PACKETSCRIPT_TRACE_MATCH)) &&
	       !nla_put_string(skb, PACKETSCRIPT_TRACE_VERDICT, name_of(handler, result)) &&
	       (handler->is_match || result != PS_VERDICT_QUEUE || !nla_put_u16(skb, PACKETSCRIPT_TRACE_QUEUE, queue)) &&
	       (is_error || !trace->traced.place[0] || !nla_put_string(skb, PACKETSCRIPT_TRACE_PLACE, trace->traced.place)) &&
	       (!is_error || !nla_put_string(skb, PACKETSCRIPT_TRACE_ERROR, script->error));
}

static bool put_rest(struct ps_trace *trace, u64 took)
{
	const struct ps_handler *handler = trace->handler;
	struct sk_buff *skb = trace->skb;

	return !nla_put_u16(skb, PACKETSCRIPT_TRACE_PROTOCOL, trace->pkt->protocol) &&
	       !nla_put_u64_64bit(skb, PACKETSCRIPT_TRACE_TIME, ktime_mono_to_real(ns_to_ktime(trace->start)), 0) &&
	       !nla_put_u64_64bit(skb, PACKETSCRIPT_TRACE_TOOK, took, 0) &&
	       !nla_put_string(skb, PACKETSCRIPT_TRACE_SCRIPT, path_of(handler)) &&
	       !nla_put_string(skb, PACKETSCRIPT_TRACE_FUNCTION, handler->function) &&
	       !nla_put_u8(skb, PACKETSCRIPT_TRACE_FAMILY, handler->family) &&
	       (!handler->table[0] || !nla_put_string(skb, PACKETSCRIPT_TRACE_TABLE, handler->table)) &&
	       put_company(skb, trace->pkt);
}

/* Tells one of them, by a message of its own. Who does not read fast enough is told of that by its socket. */
static void tell(struct tracer *tracer, const struct ps_trace *trace)
{
	const u64 number = atomic64_inc_return(&tracer->number);
	struct sk_buff *skb = skb_copy(trace->skb, GFP_ATOMIC);
	struct nlattr *nest;

	if (!skb)
		return;
	nest = (void *)(skb->data + ((u8 *)trace->nest - trace->skb->data));
	if (nla_put_u64_64bit(skb, PACKETSCRIPT_TRACE_NUMBER, number, 0)) {
		nlmsg_free(skb);
		return;
	}
	nla_nest_end(skb, nest);
	nla_put_u32(skb, PACKETSCRIPT_A_STATE, trace->handler->state->id);
	nlmsg_end(skb, (void *)skb->data);
	genlmsg_unicast((struct net *)tracer->net, skb, tracer->portid);
}

void ps_trace_end(struct ps_trace *trace, unsigned int result, u16 queue)
{
	struct tracer *tracer;
	u64 took;

	if (!trace->skb)
		return;
	took = ktime_get_ns() - trace->start;
	ps_script_untrace(&trace->call->instance->script, trace->call->number);
	if (!put_after(trace) || !put_rest(trace, took) || !put_result(trace, result, queue)) {
		lose(trace);
		return;
	}
	list_for_each_entry_rcu(tracer, &tracers, list) {
		if (wants(tracer, trace->handler, path_of(trace->handler)))
			tell(tracer, trace);
	}
	nlmsg_free(trace->skb);
}

/*
 * Sockets.
 */
const struct nla_policy ps_trace_policy[PACKETSCRIPT_TRACE_MAX + 1] = {
	[PACKETSCRIPT_TRACE_SCRIPT] = { .type = NLA_NUL_STRING, .len = XT_LUA_SCRIPT_SIZE - 1 },
};

static bool has_rule(const struct ps_state *state, void *context)
{
	const struct tracer *tracer = context;
	const struct ps_handler *handler;

	list_for_each_entry(handler, &state->handlers, list) {
		if (wants(tracer, handler, handler->source->path))
			return false;
	}
	return true;
}

static int add(struct tracer *tracer, struct genl_info *info)
{
	const struct tracer *other;
	unsigned int others = 0;
	bool is_told = false;
	int err = -EBUSY;

	mutex_lock(&lock);
	list_for_each_entry(other, &tracers, list) {
		is_told |= other->sk == tracer->sk;
		others += other->net == tracer->net;
	}
	if (is_told) {
		NL_SET_ERR_MSG(info->extack, "the socket is told already");
	} else if (others >= TRACERS_MAX) {
		NL_SET_ERR_MSG(info->extack, "too many trace packets already");
	} else {
		sock_hold(tracer->sk);
		list_add_tail_rcu(&tracer->list, &tracers);
		err = 0;
	}
	mutex_unlock(&lock);
	if (!err)
		atomic_inc(&ps_trace_users);
	return err;
}

static struct tracer *read_tracer(struct sock *sk, struct genl_info *info)
{
	const struct nlattr *nest = info->attrs[PACKETSCRIPT_A_TRACE], *state = info->attrs[PACKETSCRIPT_A_STATE];
	struct nlattr *attrs[PACKETSCRIPT_TRACE_MAX + 1] = { NULL };
	const char *script = "";
	struct tracer *tracer;
	int err;

	err = nest ? nla_parse_nested(attrs, PACKETSCRIPT_TRACE_MAX, nest, ps_trace_policy, info->extack) : 0;
	if (err)
		return ERR_PTR(err);
	if (attrs[PACKETSCRIPT_TRACE_SCRIPT])
		script = nla_data(attrs[PACKETSCRIPT_TRACE_SCRIPT]);
	tracer = kzalloc(struct_size(tracer, script, strlen(script) + 1), GFP_KERNEL_ACCOUNT);
	if (!tracer)
		return ERR_PTR(-ENOMEM);
	strcpy(tracer->script, script);
	tracer->sk = sk;
	tracer->net = genl_info_net(info);
	tracer->portid = info->snd_portid;
	tracer->has_state = state;
	tracer->state = state ? nla_get_u32(state) : 0;
	return tracer;
}

int ps_trace_start(struct sock *sk, struct genl_info *info)
{
	struct tracer *tracer = read_tracer(sk, info);
	unsigned int changes;
	int err = -ENOENT;

	if (IS_ERR(tracer))
		return PTR_ERR(tracer);
	if (ps_states_each(tracer->net, has_rule, tracer, &changes))
		NL_SET_ERR_MSG(info->extack, "no rule is of this state and script");
	else
		err = add(tracer, info);
	if (err)
		kfree(tracer);
	return err;
}

/* NULL: there is none. */
static struct tracer *take_dead(void)
{
	struct tracer *tracer, *dead = NULL;

	mutex_lock(&lock);
	list_for_each_entry(tracer, &tracers, list) {
		if (sock_flag(tracer->sk, SOCK_DEAD))
			dead = tracer;
	}
	if (dead)
		list_del_rcu(&dead->list);
	mutex_unlock(&lock);
	return dead;
}

void ps_trace_release(void)
{
	struct tracer *tracer;

	while ((tracer = take_dead())) {
		atomic_dec(&ps_trace_users);
		sock_put(tracer->sk);
		kfree_rcu(tracer, rcu);
	}
}

void ps_trace_setup(const struct genl_family *of)
{
	family = of;
}

void ps_trace_teardown(void)
{
	struct tracer *tracer, *next;

	list_for_each_entry_safe(tracer, next, &tracers, list) {
		sock_put(tracer->sk);
		kfree(tracer);
	}
}
