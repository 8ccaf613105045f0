/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "result.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host_user.h"

json_t *ps_result_text(const char *text)
{
	json_t *string = json_string(text);
	char *copy, *c;

	if (string)
		return string;
	copy = strdup(text);
	for (c = copy; c && *c; c++) {
		if (*c & 0x80)
			*c = '?';
	}
	string = json_string(copy);
	free(copy);
	return string;
}

void ps_result_time(char *text, size_t size, uint64_t ns)
{
	time_t seconds = ns / 1000000000;
	size_t len = 0;
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		len = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, size - len, ".%03uZ", (unsigned int)(ns / 1000000 % 1000));
}

void ps_result_verdict(char *text, size_t size, const struct ps_state *state, enum ps_verdict verdict, uint16_t queue)
{
	const char *name = ps_state_verdict_name(state, verdict);

	if (verdict == PS_VERDICT_QUEUE)
		snprintf(text, size, "%s %u", name, queue);
	else
		snprintf(text, size, "%s", name);
}

static void print_error(FILE *to, const struct ps_state_error *e)
{
	fprintf(to, "%llu time%s: ", (unsigned long long)e->count, e->count == 1 ? "" : "s");
	ps_user_print(to, e->text);
	putc('\n', to);
}

void ps_result_print(FILE *to, const struct ps_state *state)
{
	const struct ps_state_error *e;
	const char *before = ": ";
	int i;

	fprintf(to, "%llu packet%s", (unsigned long long)state->packets,
		state->packets == 1 ? "" : "s");
	for (i = 0; i <= PS_VERDICT_ERROR; i++) {
		if (!state->verdicts[i])
			continue;
		fprintf(to, "%s%llu %s", before, (unsigned long long)state->verdicts[i],
			ps_state_verdict_name(state, i));
		before = ", ";
	}
	fputc('\n', to);
	for (i = 0; i < (int)ps_counted_names(&state->counted); i++)
		fprintf(to, "%s %llu\n", state->counted.names[i], (unsigned long long)ps_state_counted(state, i));
	for (e = state->errors; e < state->errors + state->nerrors; e++)
		print_error(to, e);
	if (state->other_errors)
		fprintf(to, "%llu times: other errors\n", (unsigned long long)state->other_errors);
}

json_t *ps_result_json(const struct ps_state *state)
{
	json_t *verdicts = json_object(), *counters = json_object(), *errors = json_array();
	const struct ps_state_error *e;
	int i;

	for (i = 0; i <= PS_VERDICT_ERROR; i++) {
		if (state->verdicts[i])
			json_object_set_new(verdicts, ps_state_verdict_name(state, i),
					    json_integer(state->verdicts[i]));
	}
	for (i = 0; i < (int)ps_counted_names(&state->counted); i++)
		json_object_set_new(counters, state->counted.names[i], json_integer(ps_state_counted(state, i)));
	for (e = state->errors; e < state->errors + state->nerrors; e++)
		json_array_append_new(errors, json_pack("{s:I, s:o}", "count", (json_int_t)e->count,
							"error", ps_result_text(e->text)));
	if (!json_object_size(counters)) {
		json_decref(counters);
		counters = NULL;
	}
	return json_pack("{s:I, s:o, s:o*, s:o, s:I}", "packets", (json_int_t)state->packets, "verdicts",
			 verdicts, "counters", counters, "errors", errors, "other_errors",
			 (json_int_t)state->other_errors);
}

void ps_result_line(FILE *to, json_t *object)
{
	json_dumpf(object, to, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII);
	fputc('\n', to);
	json_decref(object);
}
