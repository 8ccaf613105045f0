/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* For files that include both kernel headers and Lua's, of which one names a file. There are none. */
#ifndef PS_KERNEL_STDIO_H
#define PS_KERNEL_STDIO_H
typedef struct ps_no_file FILE;
#endif
