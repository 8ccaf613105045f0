/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * /proc/net/packetscript: a line for each state of the namespace, with the sums of its instances, and
 * below it, indented, its scripts and their rules. Counts are read while they change.
 */
#ifndef PS_SHOW_H
#define PS_SHOW_H

struct ps_state;
struct seq_file;

void ps_show_head(struct seq_file *seq);

/* With the states locked, or what keeps them from changing. */
void ps_show_state(struct seq_file *seq, const struct ps_state *state);

#endif
