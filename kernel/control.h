/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The family packetscript of generic netlink (docs/packetscript.yaml), by which states are controlled.
 */
#ifndef PS_CONTROL_H
#define PS_CONTROL_H

int ps_control_setup(void);
/* Waits until nobody is in what the family does. */
void ps_control_teardown(void);

#endif
