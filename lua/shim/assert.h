/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#undef assert
#define assert(c)	((void)0)
