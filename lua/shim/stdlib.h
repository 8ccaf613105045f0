/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef PS_SHIM_STDLIB_H
#define PS_SHIM_STDLIB_H
#include <stddef.h>
#include "host.h"
/* Every runtime brings its allocator: only luaL_newstate, which no one calls, names these. */
#define realloc(p, n)	((void)(p), (void)(n), (void *)0)
#define free(p)		((void)(p))
#define getenv(name)	((char *)0)
#define abs(x)		__builtin_abs(x)
#define abort()		ps_host_abort()
#define exit(code)	ps_host_abort()
#define EXIT_SUCCESS	0
#define EXIT_FAILURE	1
#endif
