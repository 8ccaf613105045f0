/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The family packetscript of generic netlink (docs/packetscript.yaml), by which states are controlled.
 */
#ifndef PS_CONTROL_H
#define PS_CONTROL_H

#include <linux/types.h>

struct ps_level;
struct ps_state;

/* What a state has to tell. */
struct ps_line {
	const char *text;	/* as in the log */
	int level;		/* of syslog; -1: it has none, as what print() writes */
	bool is_error;
	const struct ps_level *at;	/* where it was, of an error; and how many of these */
	unsigned int levels;
};

/* Whether somebody listens to what the state has to tell. Any context but hard interrupts, as below. */
bool ps_control_is_heard(const struct ps_state *state);

/* Tells it. */
void ps_control_tell(struct ps_state *state, const struct ps_line *line);

int ps_control_setup(void);
/* Waits until nobody is in what the family does. */
void ps_control_teardown(void);

#endif
