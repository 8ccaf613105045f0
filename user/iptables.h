/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* A rule of iptables that exists as long as the program runs. */
#ifndef PS_USER_IPTABLES_H
#define PS_USER_IPTABLES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define PS_IPTABLES_WORDS	128
#define PS_IPTABLES_ERROR_SIZE	256

struct ps_iptables {
	char *words[PS_IPTABLES_WORDS];	/* the command that adds the rule; ends with NULL */
	int nwords;
	int command;			/* which word is -A or -I */
	bool has_place;			/* a number follows its chain */
	char *text;			/* what words are in */
	char target[64];
	pid_t keeper;			/* the process that removes the rule when this one ends; 0: there is none */
	int life;			/* the pipe by whose end it notices that */
	char error[PS_IPTABLES_ERROR_SIZE];
};

/*
 * Reads the words of a rule as a shell does, but nothing other than quotes and backslashes is special. The rule has -A or -I
 * and a chain, and no target: that becomes NFQUEUE and the queue. bypass: packets pass when nobody listens to it. Returns 0,
 * or -1: r->error. Clean in any case.
 */
int ps_iptables_init(struct ps_iptables *r, const char *rule, bool ipv6, uint16_t queue, bool bypass);

/* Removes the rule first, if it was added. */
void ps_iptables_clean(struct ps_iptables *r);

/* The command that adds the rule, as one types it. */
void ps_iptables_print(FILE *to, const struct ps_iptables *r);

/*
 * Adds the rule. However this process ends, another one removes the rule then. Returns 0, or -1: r->error, and iptables has
 * written its reason to standard error.
 */
int ps_iptables_add(struct ps_iptables *r);

/* Removes that rule, and no other one. Returns 0, also if it was not added, or -1: r->error. */
int ps_iptables_remove(struct ps_iptables *r);

#endif
