/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Rules and the Lua states they share. A state belongs to a network namespace, and lives from
 * its first rule to its last.
 */
#ifndef PS_RULE_H
#define PS_RULE_H

#include <linux/types.h>

#include "verdict.h"

struct net;
struct ps_packet;
struct ps_rule;

/*
 * A rule: function of the script at path, in state id of net. The script is read and run if
 * the state does not have it yet. on_error names the verdict on errors, for the log. Returns an
 * ERR_PTR: -EPERM without CAP_NET_ADMIN in the initial user namespace, -EINVAL if the script
 * is refused (the log says why), others from reading the file. Process context, may sleep.
 */
struct ps_rule *ps_rule_new(struct net *net, const char *path, const char *function, u32 id,
			    const char *on_error);

/* No packet is in the rule any more. Process context, may sleep. */
void ps_rule_free(struct ps_rule *rule);

/*
 * Runs the rule's function. On PS_VERDICT_ERROR the log has been told. queue gets the number
 * that came with PS_VERDICT_QUEUE. Softirq or process context; does not sleep.
 */
enum ps_verdict ps_rule_run(struct ps_rule *rule, struct ps_packet *pkt, u16 *queue);

int ps_rule_setup(void);
void ps_rule_teardown(void);

#endif
