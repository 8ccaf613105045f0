/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "set_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared_store.h"
#include "spans.h"
#include "state.h"

struct ps_set_file {
	const char *name;		/* in the text, up to a '=' */
	size_t len;
	struct ps_spans spans;
	struct ps_addresses *addresses;	/* made of them */
	struct ps_shared_thing *thing;	/* the set */
};

/* The set of the name that the text begins with, which may be new; NULL: it begins with none. */
static struct ps_set_file *set_of(struct ps_set_files *files, const char *text, char *error, size_t size)
{
	const char *end = strchr(text, '=');
	size_t i, len = end ? (size_t)(end - text) : 0;

	if (!end || !end[1]) {
		snprintf(error, size, "--set %s: give NAME=FILE", text);
		return NULL;
	}
	if (!len || len > PS_SHARED_NAME_MAX) {
		snprintf(error, size, "--set %s: the name of a set has 1 to %d bytes", text, PS_SHARED_NAME_MAX);
		return NULL;
	}
	for (i = 0; i < files->n; i++) {
		if (files->sets[i].len == len && !memcmp(files->sets[i].name, text, len))
			return &files->sets[i];
	}
	files->sets[files->n] = (struct ps_set_file){ .name = text, .len = len };
	return &files->sets[files->n++];
}

static enum ps_shared_result add_list(struct ps_addresses *to, const struct ps_type *type, const struct ps_span_list *list)
{
	enum ps_shared_result result = PS_SHARED_DONE;
	size_t i;

	for (i = 0; i < list->n && !result; i++)
		result = ps_addresses_add(to, type, list->spans[i]);
	return result;
}

static enum ps_shared_result make(struct ps_set_file *set)
{
	enum ps_shared_result result = PS_SHARED_MEMORY;
	char name[PS_SHARED_NAME_MAX + 1] = "";

	memcpy(name, set->name, set->len);
	if (!ps_state_space())
		return result;
	set->thing = ps_shared_open(ps_state_space(), PS_SHARED_SET, name, &result);
	if (set->thing)
		set->addresses = ps_addresses_new(&result);
	if (!set->addresses)
		return result;
	ps_spans_sort(&set->spans);
	result = add_list(set->addresses, PS_IPV4, &set->spans.list4);
	return result ? result : add_list(set->addresses, PS_IPV6, &set->spans.list6);
}

int ps_set_files_read(struct ps_set_files *files, const char *const *texts, size_t n, char *error, size_t size)
{
	enum ps_shared_result result;
	struct ps_set_file *set;
	size_t i;

	*files = (struct ps_set_files){ calloc(n + 1, sizeof(*files->sets)), 0 };
	if (!files->sets) {
		snprintf(error, size, "not enough memory");
		return -1;
	}
	for (i = 0; i < n; i++) {
		set = set_of(files, texts[i], error, size);
		if (!set || ps_spans_read(&set->spans, texts[i] + set->len + 1, error, size))
			return -1;
	}
	for (i = 0; i < files->n; i++) {
		set = &files->sets[i];
		result = make(set);
		if (!result)
			continue;
		snprintf(error, size, result == PS_SHARED_LIMIT ? "set '%.*s': all that is shared may take %u MiB, and does" :
			 "set '%.*s': not enough memory", (int)set->len, set->name, ps_shared_limits.shared_mb);
		return -1;
	}
	return 0;
}

void ps_set_files_fill(const struct ps_set_files *files)
{
	size_t i;

	for (i = 0; i < files->n; i++) {
		ps_shared_set_fill(ps_shared_set_of(files->sets[i].thing), files->sets[i].addresses);
		ps_shared_keep(files->sets[i].thing, true);
	}
}

void ps_set_files_clean(struct ps_set_files *files)
{
	size_t i;

	for (i = 0; i < files->n; i++) {
		ps_spans_clean(&files->sets[i].spans);
		ps_addresses_put(files->sets[i].addresses);
		if (files->sets[i].thing)
			ps_shared_put(files->sets[i].thing);
	}
	free(files->sets);
	*files = (struct ps_set_files){ NULL, 0 };
}
