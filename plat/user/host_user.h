/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the front ends in userspace decide about the machine.
 */
#ifndef PS_HOST_USER_H
#define PS_HOST_USER_H

#include <stdio.h>

/*
 * Starts the clock that ends runs which take too long: it ticks every PS_WATCH_TICK_MS of processor
 * time that the process spends (SIGVTALRM). Without it nothing does, as in the plugin, which only
 * compiles. Budgets of states and CPUs (ps_limits) are switched off. Once in a process; returns 0 or -1
 * (errno).
 */
int ps_user_watch_start(void);

/*
 * Prints text, which may hold what packets do, such that nothing in it gets at a terminal: control
 * characters, and what is no UTF-8, as "\x1b".
 */
void ps_user_print(FILE *to, const char *text);

/* What tells ps_host_now() the time instead of the machine: tests. */
extern unsigned int (*ps_user_clock)(void);

/* Where lines of ps_host_log() go, which are clean, instead of standard error. */
extern void (*ps_user_log)(const char *line);

#endif
