/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What scripts send leaves from here. A handler runs with its state's lock held, in the middle of other tables: so it
 * only builds packets and finds out where they go. They leave later, but at once, in a tasklet of the same CPU: where no lock is
 * held, no table is being traversed, and the stack is as good as empty.
 */
#ifndef PS_OUTLET_H
#define PS_OUTLET_H

#include <linux/atomic.h>

#include "send.h"

struct net;
struct ps_outlet_routes;
struct sk_buff;
struct sock;

/*
 * What the instances of a state have in common. All that the state sends is of its socket, which receives nothing: rules tell by it
 * what is their own, and it counts the bytes on their way.
 */
struct ps_outlet {
	struct net *net;
	struct sock *sk;
	struct ps_outlet_routes __percpu *routes;	/* that were looked for last */
	atomic_t waiting;	/* packets of which a tasklet knows */
};

/* Returns 0 or -errno. Process context. net stays as long as this. */
int ps_outlet_init(struct ps_outlet *outlet, struct net *net);

/* Nothing sends any more. Waits until all has left the tasklets; process context, may sleep. */
void ps_outlet_clean(struct ps_outlet *outlet);

/* The sender of one instance. */
struct ps_outbox {
	struct ps_sender sender;	/* first */
	struct ps_outlet *outlet;
	struct sk_buff *draft;		/* or NULL */
};

void ps_outbox_init(struct ps_outbox *outbox, struct ps_outlet *outlet);
void ps_outbox_clean(struct ps_outbox *outbox);

void ps_outlet_setup(void);
/* No state is left. */
void ps_outlet_teardown(void);

#endif
