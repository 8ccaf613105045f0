/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets that are traced: sockets are told of each that a function of theirs was called for, with its bytes before and after.
 * As long as there is no such socket, and packets are not timed (times.h), it costs a look at one number. A jump that is patched out (a static
 * key) would cost nothing; but each who may own a network namespace could have the kernel patch its code, and stop all CPUs for that, on and on.
 */
#ifndef PS_TRACE_H
#define PS_TRACE_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <net/netlink.h>

#include "packetscript.h"
#include "script.h"
#include "state.h"

struct genl_family;
struct genl_info;
struct net;
struct sk_buff;

/* Sockets that are told, and one more if packets are timed. */
extern atomic_t ps_trace_users;

static __always_inline bool ps_trace_is_on(void)
{
	return unlikely(atomic_read(&ps_trace_users));
}

/* A call that is about to be told of. */
struct ps_trace {
	const struct ps_handler *handler;
	struct ps_call *call;
	struct ps_packet *pkt;
	struct sk_buff *skb;	/* the message; NULL: nobody wants to know, or there is no memory */
	struct nlattr *nest;	/* in it */
	const u8 *before;	/* in it: so many bytes of the packet */
	u32 copied, len;
	u64 start;
	struct ps_traced traced;
};

/* Around a function of the script, with its instance locked and softirqs disabled. result is enum ps_verdict, or enum ps_answer. */
void ps_trace_begin(struct ps_trace *trace, const struct ps_handler *handler, struct ps_call *call, struct ps_packet *pkt);
void ps_trace_end(struct ps_trace *trace, unsigned int result, u16 queue);

/* The socket is told from now on. Returns 0 or -errno. Process context, may sleep. */
int ps_trace_start(struct sock *sk, struct genl_info *info);

extern const struct nla_policy ps_trace_policy[PACKETSCRIPT_TRACE_MAX + 1];

/* A socket is closed: such ones are told no more. Process context. */
void ps_trace_release(void);

/* The messages are the family's. */
void ps_trace_setup(const struct genl_family *family);
/* No request and no packet comes any more. */
void ps_trace_teardown(void);

#endif
