/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The family packetscript of generic netlink (docs/packetscript.yaml), by which states are controlled.
 */
#ifndef PS_CONTROL_H
#define PS_CONTROL_H

#include <linux/types.h>

struct ps_state;

/* Whether somebody listens to what the state has to tell. Any context but hard interrupts, as below. */
bool ps_control_is_heard(const struct ps_state *state);

/* Tells it: a line as in the log, which has this level. */
void ps_control_tell(struct ps_state *state, u8 level, bool is_error, const char *line);

int ps_control_setup(void);
/* Waits until nobody is in what the family does. */
void ps_control_teardown(void);

#endif
