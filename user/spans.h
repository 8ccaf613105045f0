/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Ranges of addresses, of which a set is filled from outside of scripts. */
#ifndef PS_SPANS_H
#define PS_SPANS_H

#include <stdbool.h>
#include <stddef.h>

#include "ranges.h"

struct ps_span_list {
	struct ps_span *spans;
	size_t n, room;
};

/* All zero at first; ps_spans_clean() undoes the rest. */
struct ps_spans {
	struct ps_span_list list4, list6;
};

/* Adds those that the text is, as ps_span_parse() has them. False: it is none. */
bool ps_spans_add_text(struct ps_spans *spans, const char *text, size_t len);

/* Adds one of type PS_IPV4 or PS_IPV6. */
void ps_spans_add(struct ps_spans *spans, const struct ps_type *type, const struct ps_span *span);

/*
 * Adds those of a file, "-": of standard input, which gzip or zstd may have compressed. An entry is in a line of its own, and what follows
 * a # is for people. Returns 0, or -1 and in error[size] what is wrong.
 */
int ps_spans_read(struct ps_spans *spans, const char *path, char *error, size_t size);

/* Puts them in order, and makes one of those that overlap or touch. */
void ps_spans_sort(struct ps_spans *spans);

void ps_spans_clean(struct ps_spans *spans);

#endif
