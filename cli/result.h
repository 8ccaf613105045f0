/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What commands that run handlers say about how they went. */
#ifndef CLI_RESULT_H
#define CLI_RESULT_H

#include <jansson.h>
#include <stdio.h>

#include "state.h"

/* "NF_DROP"; with the number of a queue: "NF_QUEUE 5". */
void ps_result_verdict(char *text, size_t size, enum ps_verdict verdict, uint16_t queue);

/* Packets, verdicts, errors: one line each. */
void ps_result_print(FILE *to, const struct ps_state *state);

/* The same as an object, which is the caller's. */
json_t *ps_result_json(const struct ps_state *state);

/* A string of text that may hold what packets do: what is no UTF-8 is "?". The caller's. */
json_t *ps_result_text(const char *text);

/* Prints an object on a line of its own, and frees it. */
void ps_result_line(FILE *to, json_t *object);

#endif
