/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The kernel module's states, by its family of generic netlink (docs/packetscript.yaml).
 */
#ifndef PS_CONTROL_H
#define PS_CONTROL_H

#include <stdint.h>

struct mnl_socket;

struct ps_control {
	struct mnl_socket *socket;
	uint16_t family;
	char error[2048];	/* what the last call that failed has to say */
};

/*
 * Goes into the network namespace that ip-netns(8) calls so, or whose file is at this path. Returns 0 or -1, with a line in
 * error[size].
 */
int ps_control_enter(const char *netns, char *error, unsigned int size);

/* Returns 0 or -1. ps_control_close() undoes it, also after a failure. */
int ps_control_open(struct ps_control *control);
void ps_control_close(struct ps_control *control);

/* Reloads a state of this network namespace. Returns 0; 1, its scripts are at fault; -1, other failures. */
int ps_control_reload(struct ps_control *control, uint32_t state);

#endif
