/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* A connection to a server that speaks the protocol of Redis: by TCP, TLS or a Unix socket. */
#ifndef PS_FLEET_WIRE_H
#define PS_FLEET_WIRE_H

#include <stdbool.h>
#include <stddef.h>

struct redisReply;

/* Where the server is, and who asks. Texts stay the caller's, and are there as long as connections are made. */
struct ps_wire_target {
	const char *url;	/* redis://[user[:password]@]host[:port][/number], rediss://… with TLS, unix:/path */
	const char *password;	/* NULL: that of the URL, or none */
	const char *ca, *cert, *key;	/* files, of rediss; NULL: the system's authorities, and no certificate of our own */
	int ms;			/* how long to wait for the server, each time: for the next bytes, and for a reply 24 times as long */
	int stop;		/* a descriptor: what is waited for has no time left once something can be read there; -1: none */
};

struct ps_wire {
	int fd;			/* -1: there is no connection */
	void *tls, *tls_context, *reader;
	size_t fed;		/* bytes that came since the last reply */
	int ms, stop;
	char error[512];	/* what the last call that failed has to say */
};

/* Whether a URL can be read, and NULL or what is wrong with it. has_password: whether one is in it. */
const char *ps_wire_check(const char *url, bool *has_password);

/* Connects, and says who asks. Returns 0, or -1. ps_wire_close() undoes it, also after a failure, and twice. */
int ps_wire_open(struct ps_wire *wire, const struct ps_wire_target *target);
void ps_wire_close(struct ps_wire *wire);

/* Sends a command of n arguments; lens may be NULL, then they end with a zero. Returns 0, or -1: the connection is of no more use. */
int ps_wire_send(struct ps_wire *wire, int n, const char *const *args, const size_t *lens);

/*
 * The next reply, which the caller frees (freeReplyObject()). NULL: none has come, and *is_lost says whether the connection is of no more use;
 * else nothing came within so many milliseconds. What the server refuses is a reply as others.
 */
struct redisReply *ps_wire_take(struct ps_wire *wire, int ms, bool *is_lost);

/* Sends a command, and waits for the reply. NULL: there is none, or the server refuses the command; wire->fd is -1 if the connection was lost. */
struct redisReply *ps_wire_ask(struct ps_wire *wire, int n, const char *const *args, const size_t *lens);

#endif
