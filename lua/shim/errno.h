/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef PS_SHIM_ERRNO_H
#define PS_SHIM_ERRNO_H
static int errno __attribute__((unused));	/* only luaL_fileresult reads it, which no one calls */
#endif
