/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The results of commands that run handlers. */
#ifndef CLI_RESULT_H
#define CLI_RESULT_H

#include <jansson.h>
#include <stdio.h>

#include "state.h"

/* "NF_DROP", "match"; with the number of a queue: "NF_QUEUE 5". */
void ps_result_verdict(char *text, size_t size, const struct ps_state *state, enum ps_verdict verdict, uint16_t queue);

/* Prints counts of packets and verdicts, and errors, a line each. */
void ps_result_print(FILE *to, const struct ps_state *state);

/* The same as an object, which is the caller's. */
json_t *ps_result_json(const struct ps_state *state);

/* A string of text that may come from packets: bytes that are no UTF-8 become "?". The caller's. */
json_t *ps_result_text(const char *text);

/* A time in nanoseconds since 1970, as ISO 8601 with milliseconds, in UTC: 24 bytes and the end. */
void ps_result_time(char *text, size_t size, uint64_t ns);

/* Prints an object on a line of its own, and frees it. */
void ps_result_line(FILE *to, json_t *object);

#endif
