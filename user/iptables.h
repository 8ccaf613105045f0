/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* A rule of iptables that is there as long as the program is. */
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
	pid_t keeper;			/* takes the rule away when we are gone; 0: there is none */
	int life;			/* which it notices by this pipe */
	char error[PS_IPTABLES_ERROR_SIZE];
};

/*
 * Reads the words of a rule, as a shell does, though only quotes and backslashes mean anything: with -A or
 * -I and a chain, and without a target, for which comes NFQUEUE and the queue; bypass: packets pass if
 * nobody listens there. Returns 0, or -1: r->error. Clean in any case.
 */
int ps_iptables_init(struct ps_iptables *r, const char *rule, bool ipv6, uint16_t queue, bool bypass);

/* Takes the rule away first, if it is there. */
void ps_iptables_clean(struct ps_iptables *r);

/* The command that adds the rule, as one types it. */
void ps_iptables_print(FILE *to, const struct ps_iptables *r);

/*
 * Adds the rule. Whatever way the process ends, another one takes it away then. Returns 0, or -1: r->error,
 * and standard error has what iptables says.
 */
int ps_iptables_add(struct ps_iptables *r);

/* Takes exactly that rule away. Returns 0, also if there is none, or -1: r->error. */
int ps_iptables_remove(struct ps_iptables *r);

#endif
