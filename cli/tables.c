/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "tables.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "control.h"
#include "entries.h"
#include "revision.h"
#include "spans.h"
#include "states.h"

#define TTL_SLACK	2000	/* milliseconds: clocks of machines differ, and messages take their time */

/*
 * Sets.
 */
static bool is_same_list(const struct ps_span_list *a, const struct ps_span_list *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		if (memcmp(&a->spans[i], &b->spans[i], sizeof(a->spans[i])))
			return false;
	}
	return true;
}

struct sought {
	const char *name;
	bool is_table, is_there;
};

static void seek_set(void *context, const struct ps_listed_set *set)
{
	struct sought *sought = context;

	sought->is_there |= !strcmp(set->name, sought->name);
}

static void seek_table(void *context, const struct ps_listed_table *table)
{
	struct sought *sought = context;

	sought->is_there |= !strcmp(table->name, sought->name);
}

static int seek(struct ps_control *control, void *context)
{
	struct sought *sought = context;

	sought->is_there = false;
	return sought->is_table ? ps_control_tables(control, seek_table, sought) : ps_control_sets(control, seek_set, sought);
}

/* Whether there is one of this name. Returns 1, 0 or -1. */
static int is_there(struct ps_control *control, const char *name, bool is_table)
{
	struct sought sought = { .name = name, .is_table = is_table };
	int failed = cli_states_list(control, seek, &sought);

	if (!failed)
		return sought.is_there;
	if (failed > 0)
		snprintf(control->error, sizeof(control->error), "'%s': others change all the time", name);
	return -1;
}

/* Whether the kernel has it with these spans. -1: it cannot be said. */
static int has_spans(struct ps_control *control, const char *name, const struct ps_spans *wanted, char *text, size_t size)
{
	struct ps_spans found = { .list4 = { NULL } };
	int there = is_there(control, name, false), same = -1;

	if (there < 0) {
		snprintf(text, size, "%s", control->error);
		return -1;
	}
	if (!there) {
		snprintf(text, size, "set '%s' is not there", name);
		return 0;
	}
	if (ps_control_set_read(control, name, &found)) {
		snprintf(text, size, "%s", control->error);
	} else {
		same = is_same_list(&found.list4, &wanted->list4) && is_same_list(&found.list6, &wanted->list6);
		if (!same)
			snprintf(text, size, "set '%s' has %zu ranges, of which %zu are meant to be there", name, found.list4.n + found.list6.n,
				 wanted->list4.n + wanted->list6.n);
	}
	ps_spans_clean(&found);
	return same;
}

int cli_set_load(struct ps_control *control, const struct ps_file *file, const char *path, char *text, size_t size)
{
	struct ps_spans wanted = { .list4 = { NULL } };
	char name[PS_NAME_BYTES + 1];
	const struct ps_set_change change = { .name = name, .action = PACKETSCRIPT_SET_REPLACE, .spans = &wanted };
	int err;

	ps_file_thing(file, name);
	err = ps_spans_read(&wanted, path, text, size);
	if (!err) {
		ps_spans_sort(&wanted);
		err = ps_control_set(control, &change);
		if (err)
			snprintf(text, size, "%s", control->error);
	}
	ps_spans_clean(&wanted);
	return err ? -1 : 0;
}

int cli_set_compare(struct ps_control *control, const struct ps_file *file, const char *path, bool mend, char *text, size_t size)
{
	struct ps_spans wanted = { .list4 = { NULL } };
	char name[PS_NAME_BYTES + 1];
	struct ps_set_change change = { .name = name, .action = PACKETSCRIPT_SET_REPLACE, .spans = &wanted };
	int same = -1;

	ps_file_thing(file, name);
	if (!ps_spans_read(&wanted, path, text, size)) {
		ps_spans_sort(&wanted);
		same = has_spans(control, name, &wanted, text, size);
	}
	if (!same && mend && ps_control_set(control, &change)) {
		snprintf(text, size, "%s", control->error);
		same = -1;
	}
	ps_spans_clean(&wanted);
	return same < 0 ? -1 : !same;
}

/*
 * Tables.
 */
struct comparing {
	struct cli_entries wanted;	/* by key, each once */
	bool *is_same;			/* of each of them: the kernel has it */
	struct ps_shared_entry *extra;	/* what the kernel has besides; keys are our own */
	size_t nextra;
	bool is_out_of_memory;
};

static int compare_cells(const struct ps_cell *a, const struct ps_cell *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int order;

	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (a->type == PS_CELL_INTEGER || a->type == PS_CELL_BOOLEAN)
		return a->number < b->number ? -1 : a->number > b->number;
	order = len ? memcmp(a->bytes, b->bytes, len) : 0;
	return order ? order : a->len < b->len ? -1 : a->len > b->len;
}

static int by_key(const void *a, const void *b)
{
	return compare_cells(&((const struct ps_shared_entry *)a)->key, &((const struct ps_shared_entry *)b)->key);
}

/* The same, and of the same key in the order of the file: length has their numbers meanwhile. */
static int by_key_and_place(const void *a, const void *b)
{
	const struct ps_shared_entry *one = a, *other = b;
	int order = by_key(a, b);

	return order ? order : one->length < other->length ? -1 : 1;
}

/* Of a key that is there several times, the last one is what is set; what has run out is not there at all. */
static void tidy(struct cli_entries *wanted, long long age)
{
	struct ps_shared_entry *list = wanted->list;
	size_t i, n = 0;

	for (i = 0; i < wanted->n; i++)
		list[i].length = i;
	if (wanted->n)
		qsort(list, wanted->n, sizeof(*list), by_key_and_place);
	for (i = 0; i < wanted->n; i++) {
		if (i + 1 < wanted->n && !by_key(&list[i], &list[i + 1]))
			continue;
		list[i].length = 0;
		if (list[i].has_ttl && list[i].ttl) {
			if ((long long)list[i].ttl <= age)
				continue;
			list[i].ttl -= age;
		}
		list[n++] = list[i];
	}
	wanted->n = n;
}

static long long age_of(const struct ps_file *file)
{
	struct timespec now;
	long long age;

	clock_gettime(CLOCK_REALTIME, &now);
	age = now.tv_sec * 1000ll + now.tv_nsec / 1000000 - file->from;
	/* pushed by somebody whose clock is ahead */
	return file->from && age > 0 ? age : 0;
}

static void add_extra(struct comparing *comparing, const struct ps_cell *key)
{
	struct ps_shared_entry *more = comparing->extra;
	char *bytes = malloc(key->len + 1);

	if (!(comparing->nextra & (comparing->nextra - 1)))
		more = realloc(comparing->extra, (comparing->nextra ? 2 * comparing->nextra : 1) * sizeof(*more));
	if (more)
		comparing->extra = more;
	if (!more || !bytes) {
		comparing->is_out_of_memory = true;
		free(bytes);
		return;
	}
	if (key->len)
		memcpy(bytes, key->bytes, key->len);
	more[comparing->nextra] = (struct ps_shared_entry){ .key = *key };
	more[comparing->nextra++].key.bytes = bytes;
}

static bool is_same_time(const struct ps_shared_entry *wanted, const struct ps_shared_entry *found)
{
	long long apart;

	/* what the table itself says of entries is its script's */
	if (!wanted->has_ttl)
		return true;
	if (!wanted->ttl)
		return !found->has_ttl || !found->ttl;
	if (!found->has_ttl || !found->ttl)
		return false;
	apart = (long long)found->ttl - (long long)wanted->ttl;
	return apart <= TTL_SLACK && apart >= -TTL_SLACK;
}

static void compare_entry(void *context, const struct ps_shared_entry *found)
{
	struct comparing *comparing = context;
	const struct ps_shared_entry *wanted = comparing->wanted.list, *one = NULL;

	if (comparing->wanted.n)
		one = bsearch(found, wanted, comparing->wanted.n, sizeof(*wanted), by_key);
	if (!one)
		add_extra(comparing, &found->key);
	else if (!found->length && !compare_cells(&one->value, &found->value) && is_same_time(one, found))
		comparing->is_same[one - wanted] = true;
}

/* Moves those that the kernel lacks, or has otherwise, to the front; what is about to run out is let be. Returns how many they are. */
static size_t gather(struct comparing *comparing)
{
	struct ps_shared_entry *list = comparing->wanted.list;
	size_t i, n = 0;

	for (i = 0; i < comparing->wanted.n; i++) {
		if (!comparing->is_same[i] && !(list[i].has_ttl && list[i].ttl && list[i].ttl < TTL_SLACK))
			list[n++] = list[i];
	}
	return n;
}

static int mend_table(struct ps_control *control, const char *name, const struct comparing *comparing, size_t n)
{
	if (comparing->nextra && ps_control_table(control, name, PACKETSCRIPT_SHARED_DELETE, comparing->extra, comparing->nextra))
		return -1;
	return n && ps_control_table(control, name, PACKETSCRIPT_SHARED_SET, comparing->wanted.list, n) ? -1 : 0;
}

static int compare_table(struct ps_control *control, const char *name, struct comparing *comparing, bool mend, char *text, size_t size)
{
	int there = is_there(control, name, true), failed = there < 0;
	size_t n;

	if (there > 0)
		failed = ps_control_table_read(control, name, compare_entry, comparing);
	if (failed || comparing->is_out_of_memory) {
		snprintf(text, size, "%s", failed ? control->error : "not enough memory");
		return -1;
	}
	n = gather(comparing);
	if (!n && !comparing->nextra)
		return 0;
	if (!mend || !mend_table(control, name, comparing, n)) {
		snprintf(text, size, "table '%s': %zu entries differ or are missing, %zu are too many", name, n, comparing->nextra);
		return 1;
	}
	snprintf(text, size, "%s", control->error);
	return -1;
}

/* An empty file has no entries, which is nothing that cli_entries_load() takes. */
static bool load(struct cli_entries *wanted, const struct ps_file *file, const char *path, char *text, size_t size)
{
	char *said = NULL;
	bool is_read;

	if (!file->size)
		return true;
	cli_error_keep(&said);
	is_read = cli_entries_load(wanted, path);
	cli_error_keep(NULL);
	if (!is_read)
		snprintf(text, size, "%s", said ? said : path);
	free(said);
	return is_read;
}

int cli_table_compare(struct ps_control *control, const struct ps_file *file, const char *path, bool mend, char *text, size_t size)
{
	struct comparing comparing = { .extra = NULL };
	char name[PS_NAME_BYTES + 1];
	int status = -1;

	ps_file_thing(file, name);
	if (load(&comparing.wanted, file, path, text, size)) {
		tidy(&comparing.wanted, age_of(file));
		comparing.is_same = calloc(comparing.wanted.n + 1, sizeof(bool));
		comparing.is_out_of_memory = !comparing.is_same;
		status = compare_table(control, name, &comparing, mend, text, size);
	}
	while (comparing.nextra)
		free((char *)comparing.extra[--comparing.nextra].key.bytes);
	free(comparing.extra);
	free(comparing.is_same);
	cli_entries_clean(&comparing.wanted);
	return status;
}

/*
 * Taking away. A state that has just been replaced or detached names what it named for some milliseconds more.
 */
#define DROP_TRIALS	10
static const struct timespec drop_pause = { .tv_nsec = 20 * 1000 * 1000 };

static void add_key(void *context, const struct ps_shared_entry *found)
{
	add_extra(context, &found->key);
}

static void empty_table(struct ps_control *control, const char *name)
{
	struct comparing comparing = { .extra = NULL };

	if (!ps_control_table_read(control, name, add_key, &comparing) && comparing.nextra)
		ps_control_table(control, name, PACKETSCRIPT_SHARED_DELETE, comparing.extra, comparing.nextra);
	while (comparing.nextra)
		free((char *)comparing.extra[--comparing.nextra].key.bytes);
	free(comparing.extra);
}

static void drop_table(struct ps_control *control, const char *name)
{
	int trials = DROP_TRIALS;

	if (!ps_control_table(control, name, PACKETSCRIPT_SHARED_DESTROY, NULL, 0))
		return;
	empty_table(control, name);
	while (trials-- && ps_control_table(control, name, PACKETSCRIPT_SHARED_DESTROY, NULL, 0))
		nanosleep(&drop_pause, NULL);
}

static void drop_set(struct ps_control *control, const char *name)
{
	const struct ps_spans none = { .list4 = { NULL } };
	const struct ps_set_change destroy = { .name = name, .action = PACKETSCRIPT_SET_DESTROY };
	const struct ps_set_change empty = { .name = name, .action = PACKETSCRIPT_SET_REPLACE, .spans = &none };
	int trials = DROP_TRIALS;

	if (!ps_control_set(control, &destroy))
		return;
	ps_control_set(control, &empty);
	while (trials-- && ps_control_set(control, &destroy))
		nanosleep(&drop_pause, NULL);
}

void cli_thing_drop(struct ps_control *control, const struct ps_file *file)
{
	char name[PS_NAME_BYTES + 1];

	ps_file_thing(file, name);
	if (ps_file_kind(file->name) == PS_FILE_TABLE)
		drop_table(control, name);
	else
		drop_set(control, name);
}
