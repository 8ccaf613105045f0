/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What machines are to have: files by their names and digests, as a text that the store keeps. */
#ifndef PS_FLEET_REVISION_H
#define PS_FLEET_REVISION_H

#include <stdbool.h>
#include <stddef.h>

#include "sha.h"

#define PS_CHUNK_BYTES		(1 << 20)		/* contents are kept in pieces of this size, but for the last one */
#define PS_MANIFEST_BYTES	(4 << 20)		/* of a revision's text, at most; */
#define PS_FILES_MAX		4096			/* files of it, */
#define PS_FILE_BYTES		(256ll << 20)		/* bytes of one */
#define PS_REVISION_BYTES	(1ll << 30)		/* and of all */
#define PS_NAME_BYTES		200			/* of a file's name */
#define PS_THING_BYTES		63			/* of the name of a set or a table */
#define PS_HOOKS_FILE		"hooks.conf"

enum ps_file_kind {
	PS_FILE_OTHER,		/* what scripts read when they are loaded, or tests */
	PS_FILE_SCRIPT,		/* *.lua */
	PS_FILE_TEST,		/* *_test.lua */
	PS_FILE_HOOKS,		/* hooks.conf */
	PS_FILE_SET,		/* sets/NAME */
	PS_FILE_TABLE,		/* shared/NAME, or NAME.json or NAME.csv */
};

struct ps_file {
	char *name;
	long long size;
	char digest[PS_SHA_TEXT];
	char (*chunks)[PS_SHA_TEXT];	/* as many as the size takes */
	long long from;			/* of a table: since when its times to live run, milliseconds since 1970 */
};

/* All zero at first; ps_revision_clean() undoes the rest. */
struct ps_revision {
	long long number, parent, of, time;	/* parent: what it took the place of; of: the one that it repeats; 0: none */
	char *by, *note;
	struct ps_file *files;			/* by name, in order */
	size_t n;
};

/* NULL, or why a file cannot be called so: names are paths below a folder, and nothing in them leads out of it. */
const char *ps_name_wrong(const char *name);

enum ps_file_kind ps_file_kind(const char *name);

/* What the set or the table of such a file is called. name has PS_NAME_BYTES + 1. */
void ps_file_thing(const struct ps_file *file, char *name);

size_t ps_file_chunks(long long size);

/* How many bytes chunk i of the file has. */
size_t ps_file_chunk_bytes(const struct ps_file *file, size_t i);

/* Adds a file without contents, in no order. NULL: there are too many, or not enough memory. */
struct ps_file *ps_revision_add(struct ps_revision *revision, const char *name);

/* Puts files in order. NULL, or what is wrong with all of them. */
const char *ps_revision_sort(struct ps_revision *revision);

/* The file of this name, after they were put in order, or NULL. */
const struct ps_file *ps_revision_find(const struct ps_revision *revision, const char *name);

/* Reads a text, which nobody has looked at. number: what it has to be called; 0: any. Returns 0, or -1 and in error[size] what is wrong. */
int ps_revision_read(struct ps_revision *revision, const char *text, size_t len, long long number, char *error, size_t size);

/* The text, which the caller frees. NULL: not enough memory. */
char *ps_revision_write(const struct ps_revision *revision);

void ps_revision_clean(struct ps_revision *revision);

#endif
