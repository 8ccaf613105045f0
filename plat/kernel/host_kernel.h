/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef PS_HOST_KERNEL_H
#define PS_HOST_KERNEL_H

/* Before the first runtime is made, and after the last one is gone. Process context. */
void ps_host_setup(void);
void ps_host_teardown(void);

#endif
