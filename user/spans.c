/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "spans.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source.h"

#define SHOWN	40	/* bytes of an entry */

void ps_spans_add(struct ps_spans *spans, const struct ps_type *type, const struct ps_span *span)
{
	struct ps_span_list *list = type == PS_IPV4 ? &spans->list4 : &spans->list6;

	if (list->n == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		list->spans = realloc(list->spans, list->room * sizeof(*list->spans));
		if (!list->spans)
			abort();
	}
	list->spans[list->n++] = *span;
}

bool ps_spans_add_text(struct ps_spans *spans, const char *text, size_t len)
{
	struct ps_span span;
	const struct ps_type *type = ps_span_parse(text, len, &span);

	if (type)
		ps_spans_add(spans, type, &span);
	return type;
}

/* What of the line is an entry; 0 bytes: nothing. */
static size_t entry_of(const char **line, size_t len)
{
	const char *end = memchr(*line, '#', len);

	len = end ? (size_t)(end - *line) : len;
	ps_span_trim(line, &len);
	return len;
}

/* The next line, without what ends it. It is not taken yet. Returns how many bytes are to be taken, 0: there is no line. */
static size_t next_line(struct ps_source *source, const char **line, size_t *len)
{
	size_t seen = 0, left;
	const char *end;

	/* peeking moves what has been read */
	ps_source_peek(source, 1);
	for (;;) {
		left = ps_source_left(source);
		*line = (const char *)ps_source_peek(source, left);
		end = left ? memchr(*line + seen, '\n', left - seen) : NULL;
		if (end) {
			*len = end - *line;
			return *len + 1;
		}
		seen = left;
		ps_source_peek(source, 2 * left + 1);
		if (ps_source_left(source) == seen)
			break;
	}
	*line = (const char *)ps_source_peek(source, left);
	*len = left;
	return source->error[0] ? 0 : left; /* the rest of what cannot be read is no line */
}

static void tell_entry(const char *path, unsigned int number, const char *entry, size_t len, char *error, size_t size)
{
	char shown[SHOWN + 1];
	size_t i;

	for (i = 0; i < len && i < SHOWN; i++)
		shown[i] = entry[i] < ' ' || entry[i] > '~' ? '?' : entry[i];
	shown[i] = 0;
	snprintf(error, size, "%s:%u: '%s' is no " PS_SPAN_FORMS, path, number, shown);
}

static int read_lines(struct ps_spans *spans, struct ps_source *source, const char *path, char *error, size_t size)
{
	const char *line = NULL, *entry;
	unsigned int number = 0;
	size_t len, taken;

	for (;;) {
		taken = next_line(source, &line, &len);
		if (!taken)
			break;
		number++;
		entry = line;
		len = entry_of(&entry, len);
		if (len && !ps_spans_add_text(spans, entry, len)) {
			tell_entry(path, number, entry, len, error, size);
			return -1;
		}
		ps_source_take(source, taken);
	}
	if (number && !source->error[0])
		return 0;
	snprintf(error, size, "%s: %s", path, source->error[0] ? source->error : "is empty: a list without entries has a comment");
	return -1;
}

int ps_spans_read(struct ps_spans *spans, const char *path, char *error, size_t size)
{
	bool is_standard = !strcmp(path, "-");
	int fd = is_standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), err;
	struct ps_source source;

	if (fd < 0) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	path = is_standard ? "standard input" : path;
	err = ps_source_open(&source, fd);
	if (err)
		snprintf(error, size, "%s: %s", path, source.error);
	else
		err = read_lines(spans, &source, path, error, size);
	ps_source_close(&source);
	return err;
}

static int compare(const void *a, const void *b)
{
	const struct ps_span *x = a, *y = b;

	if (ps_value_is(x->first, y->first))
		return 0;
	return ps_value_is_at_most(x->first, y->first) ? -1 : 1;
}

/* As lists mostly are that programs write. */
static bool is_sorted(const struct ps_span_list *list)
{
	size_t i;

	for (i = 1; i < list->n; i++) {
		if (!ps_value_is_at_most(list->spans[i - 1].first, list->spans[i].first))
			return false;
	}
	return true;
}

static void sort(struct ps_span_list *list)
{
	static const struct ps_value zero;
	struct ps_span *last = NULL;
	size_t i, n = 0;

	if (!is_sorted(list))
		qsort(list->spans, list->n, sizeof(*list->spans), compare);
	for (i = 0; i < list->n; i++) {
		const struct ps_span *span = &list->spans[i];
		struct ps_value next = last ? ps_value_next(last->last) : zero;

		if (!last || (!ps_value_is(next, zero) && !ps_value_is_at_most(span->first, next))) {
			last = &list->spans[n++];
			*last = *span;
		} else if (!ps_value_is_at_most(span->last, last->last)) {
			last->last = span->last;
		}
	}
	list->n = n;
}

void ps_spans_sort(struct ps_spans *spans)
{
	sort(&spans->list4);
	sort(&spans->list6);
}

void ps_spans_clean(struct ps_spans *spans)
{
	free(spans->list4.spans);
	free(spans->list6.spans);
	memset(spans, 0, sizeof(*spans));
}
