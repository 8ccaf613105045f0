/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the front ends in userspace decide about the machine.
 */
#ifndef PS_HOST_USER_H
#define PS_HOST_USER_H

#include <stdio.h>

/*
 * Starts the clock that ends runs which take too long: it ticks every PS_WATCH_TICK_MS of processor
 * time that the process spends (SIGVTALRM). If it is not started, nothing ends them, as in the plugin, which only
 * compiles. Budgets of states and CPUs (ps_limits) are switched off. Once in a process; returns 0 or -1
 * (errno).
 */
int ps_user_watch_start(void);

/* Where rules look for modules that are not beside the script: the kernel's module tells, if it is there. Static. */
const char *ps_user_module_folder(void);

/*
 * Prints text, which may come from packets, so that nothing in it controls a terminal: control characters, and
 * what is no UTF-8, appear as "\x1b".
 */
void ps_user_print(FILE *to, const char *text);

/* Tests set it: then it tells ps_host_now() the time, not the machine. */
extern unsigned int (*ps_user_clock)(void);

/*
 * If set, it gets the lines of ps_host_log() instead of standard error; nothing in them controls a terminal. level: its name, or
 * "" for what print() writes.
 */
extern void (*ps_user_log)(const char *level, const char *line);

/* Unless 0, the time that ps_host_time() tells, in nanoseconds, instead of the machine's: user/clock.h. */
extern unsigned long long ps_user_time;

#endif
