/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Rules: which function gets the packets, and what the log says when it fails.
 */
#ifndef PS_RULE_H
#define PS_RULE_H

#include <linux/types.h>

#include "script.h"

struct net;
struct ps_failure;
struct ps_packet;
struct ps_request;
struct ps_rule;
struct sk_buff;

/*
 * A rule: see ps_handler_init(). Returns an ERR_PTR: -EPERM without CAP_NET_ADMIN in the initial
 * user namespace, others from ps_handler_init(). The failure may have no text. Process context, may sleep.
 */
struct ps_rule *ps_rule_new(struct ps_request *request, struct ps_failure *failure);

/* No packet is in the rule any more. Process context, may sleep. */
void ps_rule_free(struct ps_rule *rule);

/*
 * Runs the rule's function. On PS_VERDICT_ERROR the error has been logged; on PS_VERDICT_REPEAT the caller
 * goes on with ps_rule_repeat(). queue gets the number that came with PS_VERDICT_QUEUE. Softirq or process
 * context; does not sleep.
 */
enum ps_verdict ps_rule_run(struct ps_rule *rule, struct ps_packet *pkt, u16 *queue);

/*
 * Called right after ps_rule_run(), softirqs still disabled: runs the handler on the same packet again, as long as it
 * returns NF_REPEAT, PS_REPEAT_MAX times at most, in what time ps_rule_run() has left. Never returns
 * PS_VERDICT_REPEAT.
 */
enum ps_verdict ps_rule_repeat(struct ps_rule *rule, struct ps_packet *pkt, u16 *queue);

/*
 * Asks the rule's function, that of a match, whether the packet is one that it looks for. On PS_ANSWER_ERROR the error has
 * been logged. Softirq or process context; does not sleep.
 */
enum ps_answer ps_rule_match(struct ps_rule *rule, struct ps_packet *pkt);

/* A verdict could not be carried out: counts and logs that as an error of the function. Context as of ps_rule_run(). */
void ps_rule_refuse(struct ps_rule *rule, const char *why);

/* Whether a script of the rule's state has sent it: then the rule passes it over. Any context. */
bool ps_rule_has_sent(const struct ps_rule *rule, const struct sk_buff *skb);

/* Counts a packet of which the script had bytes copied out of pages: once for each. Any context. */
void ps_rule_count_pulled(struct ps_rule *rule);

#endif
