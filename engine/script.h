/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The scripts of one Lua state: load them, find their handlers, run those on packets. One
 * thread of control at a time, in the context that lua/host.h tells of.
 */
#ifndef PS_SCRIPT_H
#define PS_SCRIPT_H

#include "bind.h"
#include "bundle.h"
#include "given.h"
#include "verdict.h"

/* Bytes that a state may hold. */
#define PS_SCRIPT_MEMORY	(1024 * 1024)
#define PS_SCRIPT_MEMORY_MIN	(128 * 1024)
#define PS_SCRIPT_MEMORY_MAX	(64 * 1024 * 1024)
#define PS_SCRIPT_TEXT_MAX	(256 * 1024)	/* bytes of a script */
#define PS_SCRIPT_ERROR_SIZE	256

struct ps_function;
struct ps_old;

/* Of a handler that is traced. */
struct ps_traced {
	struct ps_linear *linear;	/* what it runs as otherwise */
	char place[80];	/* "file:line" of the return that gave the result; empty: no function of Lua has returned */
};

struct ps_script {
	struct ps_bind bind;		/* first: found through the lua_State */
	/*
	 * Compiles the function on top of the stack, which gets a view of proto, when ps_script_find() has found it; NULL:
	 * all is interpreted. Returns what it runs as, or NULL; *is_own: that has to be freed with the handler, and serves this
	 * closure of the function only.
	 */
	struct ps_linear *(*compile)(struct lua_State *L, const struct ps_proto *proto, bool *is_own);
	struct ps_function *handlers;
	int nhandlers;
	const struct ps_bundle *bundle;	/* of the script that is being loaded, and was compiled before; or NULL */
	int loading;	/* its number, or -1 */
	struct ps_old *old;	/* while on_reload() runs; or NULL */
	struct ps_traced *traced;	/* while a handler is; or NULL */
	char error[PS_SCRIPT_ERROR_SIZE];	/* what the last call that failed has to say */
	unsigned int levels;	/* in bind.rt.level, of that error; 0: nobody has listened, or it was not raised */
};

/*
 * is_interrupt becomes IS_INTERRUPT: true is PS_CONTEXT_PACKET, false PS_CONTEXT_WORK. Returns 0, or -1 when there is no
 * memory. ps_script_clean() undoes it.
 */
int ps_script_init(struct ps_script *s, uint32_t state_id, bool is_interrupt);
void ps_script_clean(struct ps_script *s);

/*
 * The same with so many bytes of memory, a multiple of 1024. The large blocks come from a region of the caller's, of
 * ps_script_region(memory) bytes; if that is NULL, as all others do, from what the machine has at hand in one piece.
 * PS_CONTEXT_WORK needs none.
 */
int ps_script_init_sized(struct ps_script *s, uint32_t state_id, bool is_interrupt, size_t memory,
			 void *region);
size_t ps_script_region(size_t memory);

/* "512K" or "64M" within PS_SCRIPT_MEMORY_MIN and _MAX, NULL: PS_SCRIPT_MEMORY. False: it is not. */
bool ps_script_memory(const char *text, size_t *memory);

/*
 * Compiles and runs a script, and remembers as number id, from 0, which functions it left in globals.
 * Several may have the same path, which stands in messages. Returns 0 or -1 (s->error).
 */
int ps_script_load(struct ps_script *s, int id, const char *path, const char *text, size_t len);

/* What is to be compiled, and where to. */
struct ps_compilation {
	const char *path, *text;
	size_t len;
	size_t memory;		/* as for ps_script_init_sized() */
	void *region;
	/* Gets the code piece by piece; or NULL. */
	int (*write)(void *to, const void *code, size_t len);
	/* Gets each name that stands in a call which asks for a file; or NULL. */
	int (*need)(void *to, enum ps_part_kind kind, const char *name, size_t len, int line);
	void *to;
	/* Becomes true if the names are in it that ask for a Lua state for deferred work: schedule, IS_INTERRUPT. Or NULL. */
	bool *defers;
	bool *translates;	/* the same of connections: nf, nat */
	bool *offloads;		/* and: flow, offload */
	bool *tracks;		/* and: ct */
};

/*
 * Compiles for a bundle, in process context: no packet waits, and the functions may sleep. They return 0, or anything else
 * when there is no memory. Returns 0, or -1 and why in error[size].
 */
int ps_script_compile(const struct ps_compilation *c, char *error, size_t size);

/* As ps_script_load(), of what ps_bundle_make() in this same engine has made. Its modules and lists are there to be asked for. */
int ps_script_load_bundle(struct ps_script *s, int id, const struct ps_bundle *bundle);

/* What was read for a call of this kind, while the script is loaded. Raises if it is not, or if there is none of this name. */
const struct ps_part *ps_script_part(struct lua_State *L, enum ps_part_kind kind, const char *name);

/* What a state may have of its own. */
struct ps_script_limits {
	size_t memory;			/* bytes */
	unsigned int packet_ms;		/* as ps_guard.packet_ms */
	struct ps_send_own sends;
};

/*
 * These hold from now on, but for what is set aside for large blocks: that stays as it was. If more memory is held than that, the next
 * request for some is in vain, once garbage has been collected. Nothing of it runs.
 */
void ps_script_limit(struct ps_script *s, const struct ps_script_limits *limits);

/* True if a script of this number has been loaded. */
bool ps_script_has(struct ps_script *s, int id);

/* Says in s->error why, where no error of Lua does, which would have a traceback. */
void ps_script_refuse(struct ps_script *s, const char *why);

/* Forgets it, if it was loaded; what it did to globals stays, and so do its functions in handlers. */
void ps_script_forget(struct ps_script *s, int id);

/*
 * A handle for the function that the script defined as a global, whatever scripts loaded later have
 * put in its place. Returns it, 0 or more, or -1 (s->error). ps_script_put() gives it back.
 */
int ps_script_find(struct ps_script *s, int id, const char *function);
/*
 * The same, for one that is given this header of each packet; nil, if a packet does not begin with one.
 * ps_script_find() is about PS_GIVEN_RAW.
 */
int ps_script_find_given(struct ps_script *s, int id, const char *function, enum ps_given given);
void ps_script_put(struct ps_script *s, int handler);

/* Calls the script's on_close(), if it has one. Returns 0, or -1 (s->error) if that failed. */
int ps_script_close(struct ps_script *s, int id);

/*
 * Calls the script's on_reload(), if it has one, with the globals of the Lua state whose place this one takes, as far as it
 * asks for them. Returns 0, or -1 (s->error) if that failed.
 */
int ps_script_reload(struct ps_script *s, int id, struct ps_old *old);

/*
 * Takes over some of the connections of the Lua state whose place this one takes; *at is 0 at first, and tells how far one
 * has come. False: that was all, or there is no memory or time for more.
 */
bool ps_script_take_flows(struct ps_script *s, struct ps_old *old, uint32_t *at);

/*
 * Calls the function below its nargs arguments, which are all that is on the stack, within ms milliseconds and what else limits
 * handlers, with pkt as the packet that is handled; NULL: none is. Returns 0, or -1 (s->error).
 */
int ps_script_call(struct ps_script *s, int nargs, struct ps_packet *pkt, unsigned int ms);

/*
 * Runs a handler on a packet. PS_VERDICT_ERROR: see s->error. queue gets the number that came
 * with PS_VERDICT_QUEUE.
 */
enum ps_verdict ps_script_run(struct ps_script *s, int handler, struct ps_packet *pkt,
			      uint16_t *queue);

/*
 * After PS_VERDICT_REPEAT, with nothing run on this CPU since: runs it again, PS_REPEAT_MAX times at
 * most, in what time the packet has left; then it is an error. Never returns PS_VERDICT_REPEAT.
 */
enum ps_verdict ps_script_repeat(struct ps_script *s, int handler, struct ps_packet *pkt,
				 uint16_t *queue);

/* What a match says of a packet. */
enum ps_answer {
	PS_ANSWER_NO,
	PS_ANSWER_YES,
	PS_ANSWER_ERROR,	/* the handler gave none: it raised, ran too long, returned neither true nor false nor nil */
};

/*
 * Runs a handler that is asked whether the packet, which is read-only, is one of those that it looks for.
 * PS_ANSWER_ERROR: see s->error.
 */
enum ps_answer ps_script_match(struct ps_script *s, int handler, struct ps_packet *pkt);

/*
 * Until ps_script_untrace() the handler, which is the only one that runs meanwhile, notes where it returns, and is interpreted
 * from its beginning, as only the interpreter knows that.
 */
void ps_script_trace(struct ps_script *s, int handler, struct ps_traced *traced);
void ps_script_untrace(struct ps_script *s, int handler);

/*
 * Functions of a runtime that is no state's, which begins with a struct ps_bind that ps_bind_open_guest() has opened. Taking
 * one pops it from the stack, may raise, and compiles it, for the one userdata whose block this is. Called with that, in
 * PS_CONTEXT_PACKET, when nothing runs in L, and nothing is on its stack; it is watched if it comes to something that needs the
 * interpreter. Returns a Lua status: LUA_OK: with its result, which is an integer, in guest, or on top of the stack;
 * else handler has made of the error what is there. The caller looks whether the time is up (struct ps_guard).
 */
struct ps_function *ps_guest_take(struct lua_State *L, const void *block,
				  struct ps_linear *(*compile)(struct lua_State *L, const void *block, bool *is_own));
void ps_guest_put(struct lua_State *L, struct ps_function *h);
/* All that are left, once the Lua state is closed. */
void ps_guests_free(struct ps_bind *bind);
/* Pushes it and the userdata. */
void ps_guest_push(struct lua_State *L, const struct ps_function *h, void *block);
int ps_guest_call(struct lua_State *L, const struct ps_function *h, struct ps_guest *guest, int (*handler)(struct lua_State *L));

/*
 * How many bytes of a text come before the script: a byte order mark, and a first line for a shell, as
 * "#!…", but not its end, so that lines keep their numbers.
 */
size_t ps_script_begin(const char *text, size_t len);

/*
 * Compiles only. Returns 0, or -1 and in error[size] the message, which begins with
 * chunkname:line. Needs no state.
 */
int ps_script_check(const char *chunkname, const char *text, size_t len, char *error, size_t size);

/*
 * False: a script that compiles cannot define this function, whatever it does when it is loaded. True:
 * it does, or that cannot be told.
 */
bool ps_script_may_define(const char *text, size_t len, const char *function);

#endif
