/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What keeps a script within its limits. luaconf.h builds these calls into Lua; lua/runtime.c
 * has the functions; the machine answers the ps_host_ ones (plat/<platform>/host.c).
 */
#ifndef PS_GUARD_H
#define PS_GUARD_H

#include <stddef.h>

struct lua_State;
struct ps_runtime;

/* The limits of a runtime. The extra space before each lua_State points to it. */
struct ps_guard {
	unsigned long stack_soft;	/* C stack addresses below raise "C stack overflow" */
	unsigned long stack_hard;	/* below this, handling that error is given up */
	struct lua_State *running;	/* the coroutine that runs now; between uses the main one */
	volatile int expired;		/* the time is up; set by ps_runtime_expire() */
	unsigned long code;		/* counts functions freed: others' code may now be there */
};

static inline struct ps_guard *ps_guard_of(struct lua_State *L)
{
	return *(struct ps_guard **)((char *)L - sizeof(void *));
}

static inline unsigned long ps_stack_pointer(void)
{
	return (unsigned long)__builtin_frame_address(0);
}

/* Raises "no floating point". The type is for the expressions it stands in. */
long long ps_guard_no_float(struct lua_State *L);

/* lua_resume, which keeps ps_guard.running true. */
int ps_guard_resume(struct lua_State *co, struct lua_State *from, int nargs, int *nresults);

/* lua_closethread, or lua_resetthread in old releases: runs what __close asks for. */
int ps_guard_close(struct lua_State *co, struct lua_State *from);

/* lua_getallocf, for the boxes of string buffers: what is left of those goes with the runtime. */
void *(*ps_guard_getallocf(struct lua_State *L, void **ud))(void *ud, void *block, size_t old,
							    size_t size);

/* luaE_incCstack, for the compiler. */
void ps_guard_enter_level(struct lua_State *L);

/* Raises in the running coroutine if the time of the runtime on this CPU is up. */
void ps_guard_expired(struct ps_guard *guard);

/* Any context. The guard of the runtime that runs on this CPU, or NULL. */
struct ps_guard *ps_host_guard(void);
/* Any context. */
unsigned long ps_host_random(void);

static inline void ps_guard_tick(void)
{
	struct ps_guard *guard = ps_host_guard();

	if (guard && guard->expired)
		ps_guard_expired(guard);
}

#endif
