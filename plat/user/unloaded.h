/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Why a kernel has not got a module, as far as this machine tells. */
#ifndef PS_UNLOADED_H
#define PS_UNLOADED_H

#define PS_UNLOADED_TEXT	512

/*
 * A sentence about the module, which is not loaded: what is in its way, and the remedy. Only files are looked at, as whoever calls may.
 */
void ps_unloaded(const char *module, char text[PS_UNLOADED_TEXT]);

#endif
