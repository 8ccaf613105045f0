/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "revision.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT		1
#define TEXT_BYTES	256			/* of a note, and of who it is by */
#define NUMBER_MAX	1000000000000000ll	/* of revisions and times */

/*
 * Names.
 */
static const char *part_wrong(const char *part, size_t len)
{
	size_t i;

	if (!len)
		return "a part of its name is empty";
	if (part[0] == '.')
		return "a part of its name begins with a dot";
	for (i = 0; i < len; i++) {
		if (!isascii((unsigned char)part[i]) || (!isalnum((unsigned char)part[i]) && !strchr("-_.+:@=", part[i])))
			return "its name has something else than letters, digits and -_.+:@=";
	}
	return NULL;
}

const char *ps_name_wrong(const char *name)
{
	const char *wrong = NULL, *at = name;
	size_t len = strlen(name), n, depth = 0;

	if (!len || len > PS_NAME_BYTES)
		return "its name has not from 1 to 200 bytes";
	for (;;) {
		n = strcspn(at, "/");
		wrong = ++depth > 8 ? "it is more than 8 folders deep" : part_wrong(at, n);
		if (wrong || !at[n])
			break;
		at += n + 1;
	}
	if (!wrong && (!strncmp(name, "sets/", 5) || !strncmp(name, "shared/", 7))) {
		at = strchr(name, '/') + 1;
		if (strchr(at, '/') || strlen(at) > PS_THING_BYTES)
			wrong = "the name of a set or a table has 63 bytes at most, and no folder";
	}
	return wrong;
}

static bool ends(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	return len > n && !strcmp(name + len - n, suffix);
}

enum ps_file_kind ps_file_kind(const char *name)
{
	if (!strncmp(name, "sets/", 5))
		return PS_FILE_SET;
	if (!strncmp(name, "shared/", 7))
		return PS_FILE_TABLE;
	if (!strcmp(name, PS_HOOKS_FILE))
		return PS_FILE_HOOKS;
	if (ends(name, "_test.lua"))
		return PS_FILE_TEST;
	return ends(name, ".lua") ? PS_FILE_SCRIPT : PS_FILE_OTHER;
}

void ps_file_thing(const struct ps_file *file, char *name)
{
	const char *at = strchr(file->name, '/') + 1;
	int len = strlen(at);

	if (ps_file_kind(file->name) == PS_FILE_TABLE && ends(at, ".json"))
		len -= 5;
	else if (ps_file_kind(file->name) == PS_FILE_TABLE && ends(at, ".csv"))
		len -= 4;
	snprintf(name, PS_NAME_BYTES + 1, "%.*s", len, at);
}

/*
 * Files.
 */
size_t ps_file_chunks(long long size)
{
	return (size + PS_CHUNK_BYTES - 1) / PS_CHUNK_BYTES;
}

size_t ps_file_chunk_bytes(const struct ps_file *file, size_t i)
{
	long long left = file->size - (long long)i * PS_CHUNK_BYTES;

	return left < PS_CHUNK_BYTES ? left : PS_CHUNK_BYTES;
}

struct ps_file *ps_revision_add(struct ps_revision *revision, const char *name)
{
	struct ps_file *more;

	if (revision->n == PS_FILES_MAX)
		return NULL;
	/* room for twice as many, whenever their number is a power of two */
	if (!(revision->n & (revision->n - 1))) {
		more = realloc(revision->files, (revision->n ? 2 * revision->n : 1) * sizeof(*more));
		if (!more)
			return NULL;
		revision->files = more;
	}
	revision->files[revision->n] = (struct ps_file){ .name = strdup(name) };
	return revision->files[revision->n].name ? &revision->files[revision->n++] : NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct ps_file *)a)->name, ((const struct ps_file *)b)->name);
}

const struct ps_file *ps_revision_find(const struct ps_revision *revision, const char *name)
{
	const struct ps_file wanted = { .name = (char *)name };

	return revision->n ? bsearch(&wanted, revision->files, revision->n, sizeof(wanted), by_name) : NULL;
}

/* Whether another file is called as one of the folders is that this one is in. */
static bool is_in_file(const struct ps_revision *revision, const char *name)
{
	char folder[PS_NAME_BYTES + 1];
	const char *slash;

	for (slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - name), name);
		if (ps_revision_find(revision, folder))
			return true;
	}
	return false;
}

/* Whether two files are about the same table. */
static bool is_twice(const struct ps_revision *revision, size_t i)
{
	char name[PS_NAME_BYTES + 1], other[PS_NAME_BYTES + 1];
	size_t j;

	if (ps_file_kind(revision->files[i].name) != PS_FILE_TABLE)
		return false;
	ps_file_thing(&revision->files[i], name);
	for (j = 0; j < i; j++) {
		if (ps_file_kind(revision->files[j].name) != PS_FILE_TABLE)
			continue;
		ps_file_thing(&revision->files[j], other);
		if (!strcmp(name, other))
			return true;
	}
	return false;
}

const char *ps_revision_sort(struct ps_revision *revision)
{
	long long bytes = 0;
	size_t i;

	if (!revision->n)
		return "it has no files";
	qsort(revision->files, revision->n, sizeof(*revision->files), by_name);
	for (i = 0; i < revision->n; i++) {
		bytes += revision->files[i].size;
		if (i && !strcmp(revision->files[i].name, revision->files[i - 1].name))
			return "two files have the same name";
		if (is_in_file(revision, revision->files[i].name))
			return "a file is called as a folder is";
		if (is_twice(revision, i))
			return "two files are about the same table";
	}
	return bytes > PS_REVISION_BYTES ? "its files have more than 1 GiB" : NULL;
}

void ps_revision_clean(struct ps_revision *revision)
{
	size_t i;

	for (i = 0; i < revision->n; i++) {
		free(revision->files[i].name);
		free(revision->files[i].chunks);
	}
	free(revision->files);
	free(revision->by);
	free(revision->note);
	memset(revision, 0, sizeof(*revision));
}

/*
 * Reading.
 */

/* A number from 0 on; that which is not there is 0. False: it is something else. */
static bool read_number(const json_t *object, const char *name, long long max, long long *number)
{
	const json_t *value = json_object_get(object, name);

	*number = value ? json_integer_value(value) : 0;
	return !value || (json_is_integer(value) && *number >= 0 && *number <= max);
}

/* A text without what controls a terminal; that which is not there is "". False: it is something else. */
static bool read_text(const json_t *object, const char *name, char **text)
{
	const json_t *value = json_object_get(object, name);
	const char *from = value ? json_string_value(value) : "";
	size_t i, len = from ? strlen(from) : 0;

	if (!from || len > TEXT_BYTES)
		return false;
	for (i = 0; i < len; i++) {
		if (iscntrl((unsigned char)from[i]))
			return false;
	}
	*text = strdup(from);
	return *text;
}

static bool read_digest(const json_t *value, char digest[PS_SHA_TEXT])
{
	const char *text = json_string_value(value);

	if (!text || !ps_sha_is(text))
		return false;
	memcpy(digest, text, PS_SHA_TEXT);
	return true;
}

static const char *read_chunks(struct ps_file *file, const json_t *chunks)
{
	size_t n = ps_file_chunks(file->size), i;

	if (!json_is_array(chunks) || json_array_size(chunks) != n)
		return "its chunks are not as many as its size takes";
	file->chunks = calloc(n ? n : 1, sizeof(*file->chunks));
	if (!file->chunks)
		return "not enough memory";
	for (i = 0; i < n; i++) {
		if (!read_digest(json_array_get(chunks, i), file->chunks[i]))
			return "a chunk has no SHA-256 in 64 digits";
	}
	return NULL;
}

static const char *read_file(struct ps_revision *revision, const json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "name")), *wrong;
	struct ps_file *file;

	if (!name)
		return "has no name";
	wrong = ps_name_wrong(name);
	if (wrong)
		return wrong;
	file = ps_revision_add(revision, name);
	if (!file)
		return "not enough memory";
	if (!json_is_integer(json_object_get(object, "size")) || !read_number(object, "size", PS_FILE_BYTES, &file->size))
		return "its size is not from 0 to 256 MiB";
	if (!read_digest(json_object_get(object, "sha256"), file->digest))
		return "it has no SHA-256 in 64 digits";
	if (!read_number(object, "from", NUMBER_MAX, &file->from))
		return "its time is none";
	return read_chunks(file, json_object_get(object, "chunks"));
}

static const char *read_head(struct ps_revision *revision, const json_t *object)
{
	if (json_integer_value(json_object_get(object, "format")) != FORMAT)
		return "it is of a format that this release does not know";
	if (!read_number(object, "revision", NUMBER_MAX, &revision->number) || !revision->number ||
	    !read_number(object, "parent", NUMBER_MAX, &revision->parent) || !read_number(object, "of", NUMBER_MAX, &revision->of) ||
	    !read_number(object, "time", NUMBER_MAX, &revision->time))
		return "a number in it is none";
	if (revision->parent >= revision->number || revision->of >= revision->number)
		return "it repeats or replaces one that is not before it";
	if (!read_text(object, "by", &revision->by) || !read_text(object, "note", &revision->note))
		return "a text in it is too long, or none";
	return NULL;
}

static int read_object(struct ps_revision *revision, const json_t *object, long long number, char *error, size_t size)
{
	const json_t *files = json_object_get(object, "files");
	const char *wrong = json_is_object(object) ? read_head(revision, object) : "it is no object";
	size_t i;

	if (!wrong && number && revision->number != number)
		wrong = "it is called otherwise than the store calls it";
	if (!wrong && (!json_is_array(files) || json_array_size(files) > PS_FILES_MAX))
		wrong = "it has no list of files, or one of more than 4096";
	for (i = 0; !wrong && i < json_array_size(files); i++) {
		wrong = read_file(revision, json_array_get(files, i));
		if (wrong) {
			snprintf(error, size, "file %zu: %s", i + 1, wrong);
			return -1;
		}
	}
	if (!wrong)
		wrong = ps_revision_sort(revision);
	if (wrong)
		snprintf(error, size, "%s", wrong);
	return wrong ? -1 : 0;
}

int ps_revision_read(struct ps_revision *revision, const char *text, size_t len, long long number, char *error, size_t size)
{
	json_t *object = NULL;
	json_error_t json;
	int err = -1;

	if (len > PS_MANIFEST_BYTES)
		snprintf(error, size, "its text has more than 4 MiB");
	else
		object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &json);
	if (object)
		err = read_object(revision, object, number, error, size);
	else if (len <= PS_MANIFEST_BYTES)
		snprintf(error, size, "it is no JSON: line %d: %s", json.line, json.text);
	json_decref(object);
	return err;
}

/*
 * Writing.
 */
static json_t *file_json(const struct ps_file *file)
{
	json_t *chunks = json_array(), *object;
	size_t i;

	for (i = 0; i < ps_file_chunks(file->size); i++)
		json_array_append_new(chunks, json_string(file->chunks[i]));
	object = json_pack("{s:s, s:I, s:s, s:o}", "name", file->name, "size", (json_int_t)file->size, "sha256", file->digest, "chunks", chunks);
	if (file->from)
		json_object_set_new(object, "from", json_integer(file->from));
	return object;
}

char *ps_revision_write(const struct ps_revision *revision)
{
	json_t *files = json_array(), *object;
	char *text;
	size_t i;

	for (i = 0; i < revision->n; i++)
		json_array_append_new(files, file_json(&revision->files[i]));
	object = json_pack("{s:i, s:I, s:I, s:I, s:s, s:s}", "format", FORMAT, "revision", (json_int_t)revision->number, "parent",
			   (json_int_t)revision->parent, "time", (json_int_t)revision->time, "by", revision->by ? revision->by : "", "note",
			   revision->note ? revision->note : "");
	if (revision->of)
		json_object_set_new(object, "of", json_integer(revision->of));
	json_object_set_new(object, "files", files);
	text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(object);
	return text;
}
