/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Deferred work of tests: nothing else happens meanwhile. */
#ifndef DEFERRED_H
#define DEFERRED_H

#include "defer.h"

static uint64_t deferred_woken;	/* when the owner would be woken, as was said last */

static inline void deferred_lock(struct ps_defer *defer)
{
	(void)defer;
}

static inline void deferred_wake(struct ps_defer *defer, uint64_t at)
{
	(void)defer;
	deferred_woken = at;
}

static const struct ps_defer_ops deferred_ops = { deferred_lock, deferred_lock, deferred_wake };

#endif
