/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Where a fleet's store is: the options that say so. */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include "cli.h"
#include "wire.h"

#define CLI_TARGET_ENV		"PACKETSCRIPT_REDIS"		/* what --redis says, with a password or without */
#define CLI_TARGET_PASSWORD	"PACKETSCRIPT_REDIS_PASSWORD"

/* The first rows of options of commands that have a store. */
#define CLI_TARGET_OPTIONS									\
	{ "redis", 'r', "URL", "the server: redis://[USER@]HOST[:PORT][/N], rediss://… with TLS, unix:/PATH (default: $" CLI_TARGET_ENV ")" },	\
	{ "prefix", 0, "TEXT", "what its keys begin with (default: packetscript:)" },		\
	{ "password-file", 0, "FILE", "the password, in its first line (default: $" CLI_TARGET_PASSWORD ")" },	\
	{ "ca", 0, "FILE", "who signs the server's certificate (default: whom the system trusts)" },	\
	{ "cert", 0, "FILE", "our own certificate" },						\
	{ "key", 0, "FILE", "and its key, unless that is in the same file" }

enum { CLI_TARGET_URL, CLI_TARGET_PREFIX, CLI_TARGET_FILE, CLI_TARGET_CA, CLI_TARGET_CERT, CLI_TARGET_KEY, CLI_TARGET_NEXT };

struct cli_target {
	struct ps_wire_target wire;
	const char *prefix;
	char *password;
};

/* What the call says; ms: how long to wait for the server, each time. False, after a message. cli_target_clean() in any case. */
bool cli_target_read(struct cli_target *target, const struct cli_call *call, int ms);
void cli_target_clean(struct cli_target *target);

/* A name of a machine or a prefix: NULL, or what is wrong with it. */
const char *cli_machine_wrong(const char *name);

#endif
