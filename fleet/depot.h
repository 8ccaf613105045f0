/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What a fleet keeps in a store, below a prefix:
 *   head            the number of the revision that machines are to have
 *   revision:N      its text (revision.h)
 *   blob:SHA256     a chunk of a file
 *   machine:NAME    what a machine has to say, which goes some days after its last word
 *   changes         a channel: the number of a new head
 */
#ifndef PS_FLEET_DEPOT_H
#define PS_FLEET_DEPOT_H

#include "revision.h"
#include "wire.h"

#define PS_PREFIX	"packetscript:"
#define PS_MACHINE_MS	(7ll * 24 * 3600 * 1000)	/* a machine is forgotten that long after its last word */
#define PS_MACHINE_TEXT	16384				/* bytes that it says, at most */

struct ps_depot {
	struct ps_wire wire;
	char prefix[128];
	char error[768];	/* what the last call that failed has to say */
};

/* Functions return 0 or -1; then the store is closed if the connection is lost, and open if what it has is wrong. */
int ps_depot_open(struct ps_depot *store, const struct ps_wire_target *target, const char *prefix);
void ps_depot_close(struct ps_depot *store);
bool ps_depot_is_open(const struct ps_depot *store);

/* The number that is wanted; 0: none yet. */
int ps_depot_head(struct ps_depot *store, long long *number);

/* That revision; text, unless NULL: as the store has it, which the caller frees. */
int ps_depot_revision(struct ps_depot *store, long long number, struct ps_revision *revision, char **text);

/* A chunk of so many bytes, which the store has under this digest, into bytes. Whether they have it is for the caller to see. */
int ps_depot_chunk(struct ps_depot *store, const char *digest, char *bytes, size_t len);

int ps_depot_has_chunk(struct ps_depot *store, const char *digest, bool *is_there);
int ps_depot_put_chunk(struct ps_depot *store, const char *digest, const char *bytes, size_t len);

/* As ps_depot_head(); what somebody changes from here on has ps_depot_publish() fail. */
int ps_depot_begin(struct ps_depot *store, long long *number);

/* Makes it the revision that is wanted. Returns 1 if another one has become that since ps_depot_begin(). */
int ps_depot_publish(struct ps_depot *store, const struct ps_revision *revision);

/* Writes down what a machine has to say. */
int ps_depot_report(struct ps_depot *store, const char *machine, const char *text);

/* Tells what machines have said, and how long ago; text is "" if the store has none. */
int ps_depot_machines(struct ps_depot *store, void (*tell)(void *context, const char *name, const char *text, long long age_ms), void *context);

/* Hears of changes from here on: the store is for nothing else then. */
int ps_depot_listen(struct ps_depot *store);

/* Asks for a sign of life, which ps_depot_hear() counts. */
int ps_depot_ping(struct ps_depot *store);

/* What has come until now: changes adds up those that were told, and signs the others. -1: the connection is lost. */
int ps_depot_hear(struct ps_depot *store, int *changes, int *signs);

#endif
