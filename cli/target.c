/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "target.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "depot.h"

const char *cli_machine_wrong(const char *name)
{
	size_t i, len = strlen(name);

	if (!len || len > 63)
		return "a machine's name has 1 to 63 characters";
	for (i = 0; i < len; i++) {
		if (!isascii((unsigned char)name[i]) || (!isalnum((unsigned char)name[i]) && !strchr("-_.", name[i])))
			return "a machine's name has letters, digits and -_. only";
	}
	return NULL;
}

/* The first line of the file, which is the caller's. NULL, after a message. */
static char *read_password(const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t len = file ? getline(&line, &room, file) : -1;

	if (len < 0)
		cli_error("%s: %s", path, file && !ferror(file) ? "is empty" : strerror(errno));
	if (file)
		fclose(file);
	if (len < 0) {
		free(line);
		return NULL;
	}
	line[strcspn(line, "\r\n")] = 0;
	return line;
}

static bool read_prefix(struct cli_target *target, const char *prefix)
{
	size_t i, len = prefix ? strlen(prefix) : 1;

	target->prefix = prefix ? prefix : PS_PREFIX;
	if (!len || len > 100)
		return !cli_error("--prefix: give 1 to 100 characters");
	for (i = 0; prefix && i < len; i++) {
		if (!isgraph((unsigned char)prefix[i]))
			return !cli_error("--prefix %s: is no text without blanks", prefix);
	}
	return true;
}

static bool read_url(struct cli_target *target, const char *given)
{
	const char *url = given ? given : getenv(CLI_TARGET_ENV), *wrong;
	bool has_password;

	if (!url || !url[0])
		return !cli_error("--redis is missing: say where the store is, as in redis://HOST");
	wrong = ps_wire_check(url, &has_password);
	if (wrong)
		return !cli_error("--redis: %s", wrong);
	if (given && has_password)
		return !cli_error("--redis: all users of this machine can read a password there: give --password-file, or $" CLI_TARGET_PASSWORD);
	target->wire.url = url;
	return true;
}

bool cli_target_read(struct cli_target *target, const struct cli_call *call, int ms)
{
	*target = (struct cli_target){ .prefix = NULL };
	target->wire.ms = ms;
	target->wire.stop = -1;
	target->wire.ca = call->values[CLI_TARGET_CA];
	target->wire.cert = call->values[CLI_TARGET_CERT];
	target->wire.key = call->values[CLI_TARGET_KEY];
	if (!read_url(target, call->values[CLI_TARGET_URL]) || !read_prefix(target, call->values[CLI_TARGET_PREFIX]))
		return false;
	if (call->values[CLI_TARGET_FILE]) {
		target->password = read_password(call->values[CLI_TARGET_FILE]);
		if (!target->password)
			return false;
	} else if (getenv(CLI_TARGET_PASSWORD)) {
		target->password = strdup(getenv(CLI_TARGET_PASSWORD));
	}
	target->wire.password = target->password;
	return true;
}

void cli_target_clean(struct cli_target *target)
{
	if (target->password)
		explicit_bzero(target->password, strlen(target->password));
	free(target->password);
	target->password = NULL;
}
