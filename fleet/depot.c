/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "depot.h"

#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES	384
#define HEARD_MAX	1000	/* messages at a time */

static int fail(struct ps_depot *store, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct ps_depot *store, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(store->error, sizeof(store->error), format, args);
	va_end(args);
	return -1;
}

/* NULL, and the error is what the connection has to say. */
static redisReply *ask(struct ps_depot *store, int n, const char *const *args, const size_t *lens)
{
	redisReply *reply = ps_wire_ask(&store->wire, n, args, lens);

	if (!reply)
		fail(store, "%s", store->wire.error);
	return reply;
}

static int ask_for(struct ps_depot *store, int type, int n, const char *const *args, const size_t *lens)
{
	redisReply *reply = ask(store, n, args, lens);
	int err = !reply ? -1 : reply->type == type ? 0 : fail(store, "%s: the server answers something else than was asked", args[0]);

	if (reply)
		freeReplyObject(reply);
	return err;
}

static void key_of(const struct ps_depot *store, char key[KEY_BYTES], const char *format, ...) __attribute__((format(printf, 3, 4)));
static void key_of(const struct ps_depot *store, char key[KEY_BYTES], const char *format, ...)
{
	int len = snprintf(key, KEY_BYTES, "%s", store->prefix);
	va_list args;

	va_start(args, format);
	vsnprintf(key + len, KEY_BYTES - len, format, args);
	va_end(args);
}

int ps_depot_open(struct ps_depot *store, const struct ps_wire_target *target, const char *prefix)
{
	*store = (struct ps_depot){ .error = "" };
	snprintf(store->prefix, sizeof(store->prefix), "%s", prefix);
	return ps_wire_open(&store->wire, target) ? fail(store, "%s", store->wire.error) : 0;
}

void ps_depot_close(struct ps_depot *store)
{
	ps_wire_close(&store->wire);
}

bool ps_depot_is_open(const struct ps_depot *store)
{
	return store->wire.fd >= 0;
}

/* The value of a key, as a reply that the caller frees; a string or nothing. */
static redisReply *get(struct ps_depot *store, const char *key)
{
	const char *args[] = { "GET", key };
	redisReply *reply = ask(store, 2, args, NULL);

	if (!reply || reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_NIL)
		return reply;
	fail(store, "%s: is no string", key);
	freeReplyObject(reply);
	return NULL;
}

int ps_depot_head(struct ps_depot *store, long long *number)
{
	char key[KEY_BYTES];
	redisReply *reply;
	int err = 0;

	*number = 0;
	key_of(store, key, "head");
	reply = get(store, key);
	if (!reply)
		return -1;
	if (reply->type == REDIS_REPLY_STRING) {
		if (!reply->len || reply->len > 15 || strspn(reply->str, "0123456789") != (size_t)reply->len)
			err = fail(store, "%s: is no number", key);
		else
			*number = atoll(reply->str);
	}
	freeReplyObject(reply);
	return err;
}

int ps_depot_revision(struct ps_depot *store, long long number, struct ps_revision *revision, char **text)
{
	char key[KEY_BYTES], error[512];
	redisReply *reply;
	int err;

	key_of(store, key, "revision:%lld", number);
	reply = get(store, key);
	if (!reply)
		return -1;
	if (reply->type == REDIS_REPLY_NIL)
		err = fail(store, "revision %lld: the store has none", number);
	else if (ps_revision_read(revision, reply->str, reply->len, number, error, sizeof(error)))
		err = fail(store, "revision %lld: %s", number, error);
	else
		err = 0;
	if (!err && text) {
		*text = strdup(reply->str);
		err = *text ? 0 : fail(store, "not enough memory");
	}
	freeReplyObject(reply);
	return err;
}

int ps_depot_chunk(struct ps_depot *store, const char *digest, char *bytes, size_t len)
{
	char key[KEY_BYTES];
	redisReply *reply;
	int err = 0;

	key_of(store, key, "blob:%s", digest);
	reply = get(store, key);
	if (!reply)
		return -1;
	if (reply->type == REDIS_REPLY_NIL)
		err = fail(store, "%s: the store has none", key);
	else if ((size_t)reply->len != len)
		err = fail(store, "%s: the store has something else than it is called", key);
	else
		memcpy(bytes, reply->str, len);
	freeReplyObject(reply);
	return err;
}

int ps_depot_has_chunk(struct ps_depot *store, const char *digest, bool *is_there)
{
	char key[KEY_BYTES];
	const char *args[] = { "EXISTS", key };
	redisReply *reply;

	key_of(store, key, "blob:%s", digest);
	reply = ask(store, 2, args, NULL);
	if (!reply)
		return -1;
	*is_there = reply->type == REDIS_REPLY_INTEGER && reply->integer > 0;
	freeReplyObject(reply);
	return 0;
}

int ps_depot_put_chunk(struct ps_depot *store, const char *digest, const char *bytes, size_t len)
{
	char key[KEY_BYTES];
	const char *args[] = { "SET", key, bytes };
	size_t lens[] = { 3, 0, len };

	key_of(store, key, "blob:%s", digest);
	lens[1] = strlen(key);
	return ask_for(store, REDIS_REPLY_STATUS, 3, args, lens);
}

int ps_depot_begin(struct ps_depot *store, long long *number)
{
	char key[KEY_BYTES];
	const char *args[] = { "WATCH", key };

	key_of(store, key, "head");
	return ask_for(store, REDIS_REPLY_STATUS, 2, args, NULL) || ps_depot_head(store, number) ? -1 : 0;
}

static int queue(struct ps_depot *store, const char *verb, const char *key, const char *value)
{
	const char *args[] = { verb, key, value };

	return ask_for(store, REDIS_REPLY_STATUS, 3, args, NULL);
}

/* 1: another one came before. */
static int execute(struct ps_depot *store)
{
	static const char *const args[] = { "EXEC" };
	redisReply *reply = ask(store, 1, args, NULL);
	size_t i;
	int err = 0;

	if (!reply)
		return -1;
	if (reply->type == REDIS_REPLY_NIL)
		err = 1;
	else if (reply->type != REDIS_REPLY_ARRAY)
		err = fail(store, "EXEC: the server answers something else than was asked");
	for (i = 0; !err && i < reply->elements; i++) {
		if (reply->element[i]->type == REDIS_REPLY_ERROR)
			err = fail(store, "the server refuses it: %.300s", reply->element[i]->str);
	}
	freeReplyObject(reply);
	return err;
}

int ps_depot_publish(struct ps_depot *store, const struct ps_revision *revision)
{
	static const char *const multi[] = { "MULTI" };
	char key[KEY_BYTES], head[KEY_BYTES], channel[KEY_BYTES], number[24], *text = ps_revision_write(revision);
	int err;

	key_of(store, key, "revision:%lld", revision->number);
	key_of(store, head, "head");
	key_of(store, channel, "changes");
	snprintf(number, sizeof(number), "%lld", revision->number);
	if (!text)
		return fail(store, "not enough memory");
	if (strlen(text) > PS_MANIFEST_BYTES)
		err = fail(store, "the revision's text would have more than 4 MiB");
	else
		err = ask_for(store, REDIS_REPLY_STATUS, 1, multi, NULL) || queue(store, "SET", key, text) ||
		      queue(store, "SET", head, number) || queue(store, "PUBLISH", channel, number) ? -1 : execute(store);
	free(text);
	return err;
}

int ps_depot_report(struct ps_depot *store, const char *machine, const char *text)
{
	char key[KEY_BYTES], ms[24];
	const char *args[] = { "SET", key, text, "PX", ms };

	key_of(store, key, "machine:%s", machine);
	snprintf(ms, sizeof(ms), "%lld", PS_MACHINE_MS);
	return ask_for(store, REDIS_REPLY_STATUS, 5, args, NULL);
}

/*
 * Machines.
 */
typedef void tell_machine(void *context, const char *name, const char *text, long long age_ms);

static int tell_one(struct ps_depot *store, const char *key, tell_machine *tell, void *context)
{
	const char *args[] = { "PTTL", key }, *name = key + strlen(store->prefix) + strlen("machine:");
	redisReply *reply = ask(store, 2, args, NULL), *text;
	long long left;

	if (!reply)
		return -1;
	left = reply->type == REDIS_REPLY_INTEGER ? reply->integer : -1;
	freeReplyObject(reply);
	text = get(store, key);
	if (!text && !ps_depot_is_open(store))
		return -1;
	/* -2: it has gone since */
	if (left != -2)
		tell(context, name, text && text->type == REDIS_REPLY_STRING && text->len <= PS_MACHINE_TEXT ? text->str : "",
		     left < 0 || left > PS_MACHINE_MS ? PS_MACHINE_MS : PS_MACHINE_MS - left);
	if (text)
		freeReplyObject(text);
	return 0;
}

static int tell_some(struct ps_depot *store, const redisReply *keys, tell_machine *tell, void *context)
{
	char start[KEY_BYTES];
	size_t i;
	int err = 0;

	key_of(store, start, "machine:");
	for (i = 0; !err && i < keys->elements; i++) {
		if (keys->element[i]->type == REDIS_REPLY_STRING && !strncmp(keys->element[i]->str, start, strlen(start)))
			err = tell_one(store, keys->element[i]->str, tell, context);
	}
	return err;
}

/* What a pattern means is escaped, since the prefix is the user's. */
static void pattern_of(const struct ps_depot *store, char *to, size_t size)
{
	const char *c;
	size_t n = 0;

	for (c = store->prefix; *c && n + 16 < size; c++) {
		if (strchr("*?[]\\^", *c))
			to[n++] = '\\';
		to[n++] = *c;
	}
	snprintf(to + n, size - n, "machine:*");
}

int ps_depot_machines(struct ps_depot *store, tell_machine *tell, void *context)
{
	char cursor[32] = "0", pattern[KEY_BYTES];
	const char *args[] = { "SCAN", cursor, "MATCH", pattern, "COUNT", "1000" };
	redisReply *reply;
	int err;

	pattern_of(store, pattern, sizeof(pattern));
	do {
		reply = ask(store, 6, args, NULL);
		if (!reply)
			return -1;
		if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 || reply->element[0]->type != REDIS_REPLY_STRING ||
		    reply->element[1]->type != REDIS_REPLY_ARRAY) {
			freeReplyObject(reply);
			return fail(store, "SCAN: the server answers something else than was asked");
		}
		snprintf(cursor, sizeof(cursor), "%s", reply->element[0]->str);
		err = tell_some(store, reply->element[1], tell, context);
		freeReplyObject(reply);
	} while (!err && strcmp(cursor, "0"));
	return err;
}

/*
 * Changes.
 */
int ps_depot_listen(struct ps_depot *store)
{
	char channel[KEY_BYTES];
	const char *args[] = { "SUBSCRIBE", channel };

	key_of(store, channel, "changes");
	return ask_for(store, REDIS_REPLY_ARRAY, 2, args, NULL);
}

int ps_depot_ping(struct ps_depot *store)
{
	static const char *const args[] = { "PING" };

	return ps_wire_send(&store->wire, 1, args, NULL) ? fail(store, "%s", store->wire.error) : 0;
}

int ps_depot_hear(struct ps_depot *store, int *changes, int *signs)
{
	redisReply *reply;
	bool is_lost;
	int i;

	/* somebody who tells of changes without end does not keep the caller from what it has to do */
	for (i = 0; i < HEARD_MAX; i++) {
		reply = ps_wire_take(&store->wire, 0, &is_lost);
		if (!reply)
			return is_lost ? fail(store, "%s", store->wire.error) : 0;
		if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 3 && reply->element[0]->type == REDIS_REPLY_STRING &&
		    !strcmp(reply->element[0]->str, "message"))
			++*changes;
		else
			++*signs;
		freeReplyObject(reply);
	}
	return 0;
}
