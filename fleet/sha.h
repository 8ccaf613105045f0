/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* SHA-256, by which contents are named. */
#ifndef PS_FLEET_SHA_H
#define PS_FLEET_SHA_H

#include <stdbool.h>
#include <stddef.h>

#define PS_SHA_TEXT	65	/* in hexadecimal digits, with the end */

/* Of bytes that come one after the other. */
struct ps_sha {
	void *context;
};

/* False: not enough memory. ps_sha_end() undoes it. */
bool ps_sha_begin(struct ps_sha *digest);
bool ps_sha_add(struct ps_sha *digest, const void *bytes, size_t len);
/* Writes the text, which is "" after a failure. */
void ps_sha_end(struct ps_sha *digest, char text[PS_SHA_TEXT]);

/* The same of those that have come so far; more may come. */
void ps_sha_so_far(const struct ps_sha *digest, char text[PS_SHA_TEXT]);

/* Of bytes. False: not enough memory. */
bool ps_sha_of(const void *bytes, size_t len, char text[PS_SHA_TEXT]);

/* Of a file of exactly that size. False: it has another one, or cannot be read. */
bool ps_sha_of_file(const char *path, long long size, char text[PS_SHA_TEXT]);

/* Whether the text is such digits. */
bool ps_sha_is(const char *text);

#endif
