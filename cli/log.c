/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript log: what scripts in the kernel print, and their errors, as they come. */
#include <stdlib.h>

#include "control.h"
#include "host_user.h"
#include "result.h"
#include "states.h"

/* How many lines of a state there have been. */
struct heard {
	struct heard *next;
	uint32_t state;
	uint64_t number;
};

struct listening {
	bool has_only, is_json;
	uint32_t only;
	struct heard *heard;
};

/* How many were lost before this one, since the first one that came. A state that is made anew begins anew. */
static uint64_t lost_before(struct listening *listening, const struct ps_told *line)
{
	struct heard *heard = listening->heard;
	uint64_t lost = 0;

	while (heard && heard->state != line->state)
		heard = heard->next;
	if (!heard) {
		heard = calloc(1, sizeof(*heard));
		if (!heard)
			return 0;
		heard->state = line->state;
		heard->next = listening->heard;
		listening->heard = heard;
	} else if (line->number > heard->number) {
		lost = line->number - heard->number - 1;
	}
	heard->number = line->number;
	return lost;
}

static const char *level_of(const struct ps_told *line)
{
	return ps_log_levels[line->has_level ? line->level % PS_LOG_LEVELS : PS_LOG_INFO];
}

static json_t *traceback_of(const struct ps_told *line)
{
	const struct ps_told_at *at;
	json_t *levels;

	if (!line->is_error)
		return NULL;
	levels = json_array();
	for (at = line->at; at < line->at + line->levels; at++)
		json_array_append_new(levels, json_pack("{s:o, s:I, s:o?, s:I}", "file", ps_result_text(at->file), "line",
							(json_int_t)at->line, "function", at->function ? ps_result_text(at->function) : NULL,
							"defined", (json_int_t)at->defined));
	return levels;
}

static void print_json(const struct ps_told *line, const char *at, uint64_t lost)
{
	const char *kind = line->is_error ? "error" : line->has_level ? "log" : "print";

	ps_result_line(stdout, json_pack("{s:s, s:I, s:s, s:s, s:o, s:o*, s:I}", "time", at, "state", (json_int_t)line->state, "kind", kind,
					 "level", level_of(line), "text", ps_result_text(line->text), "traceback", traceback_of(line),
					 "lost", (json_int_t)lost));
}

static void print_level(const struct ps_told_at *at)
{
	printf("    ");
	ps_user_print(stdout, at->file);
	printf(":%u: in ", at->line);
	if (!at->defined)
		printf("the script itself");
	else if (!at->function)
		printf("the function of line %u", at->defined);
	else
		ps_user_print(stdout, at->function);
	putchar('\n');
}

static void print_line(const struct ps_told *line, const char *at, uint64_t lost)
{
	unsigned int i;

	if (lost)
		printf("%s state %u: %llu lines were lost\n", at, line->state, (unsigned long long)lost);
	printf("%s %s: ", at, line->is_error ? "error" : line->has_level ? level_of(line) : "print");
	ps_user_print(stdout, line->text);
	putchar('\n');
	for (i = 0; i < line->levels; i++)
		print_level(line->at + i);
}

static bool tell(void *context, const struct ps_told *line)
{
	struct listening *listening = context;
	char at[64] = "";
	uint64_t lost;

	if (listening->has_only && line->state != listening->only)
		return true;
	lost = lost_before(listening, line);
	ps_result_time(at, sizeof(at), line->time);
	if (listening->is_json)
		print_json(line, at, lost);
	else
		print_line(line, at, lost);
	return !fflush(stdout);
}

static const struct cli_option options[] = {
	CLI_STATES_OPTIONS,
	{ "follow", 'f', NULL, "as without it: what was said before is in the kernel log, and nowhere else" },
	{ NULL },
};

static int run(const struct cli_call *call)
{
	struct listening listening = { .has_only = call->values[CLI_STATES_STATE], .is_json = call->values[CLI_STATES_JSON] };
	struct ps_control control;
	struct heard *heard;
	int status;

	if (!cli_number(call, CLI_STATES_STATE, 0, UINT32_MAX, 0, &listening.only) ||
	    cli_states_open(&control, call->values[CLI_STATES_NETNS], false))
		return CLI_TROUBLE;
	status = ps_control_listen(&control, tell, &listening);
	if (status)
		cli_error("%s", control.error);
	ps_control_close(&control);
	for (; listening.heard; listening.heard = heard) {
		heard = listening.heard->next;
		free(listening.heard);
	}
	return status ? CLI_TROUBLE : CLI_OK;
}

const struct cli_command cli_log = {
	.name = "log",
	.operands = "",
	.min = 0, .max = 0,
	.summary = "shows what scripts in the kernel print, and their errors, as they come",
	.about =
"A line for each print, nf.log and error of the states of the network namespace, from now on, until it is interrupted: when it was, and\n"
"what the kernel log says of it, with file and line. Below an error are the functions that it was in, the innermost first, each with the\n"
"line where it was; at most ten. The kernel log gets ten lines in five seconds at most; here all of them come. Who does not read fast\n"
"enough misses some; how many is told before the next one of the state. Nothing is kept for later, so it follows with -f and without: what\n"
"was said before is in the kernel log (dmesg, journalctl -k).\n"
"\n"
"--json prints an object on a line for each: time, state, kind (\"error\", \"print\" or \"log\"), level, text, of an error its traceback\n"
"(file, line, function, and the line where that is defined), and how many lines of the state were lost before. Its schema is\n"
"docs/schema/log.json.\n"
"\n"
"It needs root, or CAP_NET_ADMIN. As long as nobody listens, it costs nothing; while somebody does, what is told costs packets their time.",
	.examples =
"  packetscript log -f\n"
"  packetscript log --state 3 --json | jq -r .text\n",
	.options = options,
	.run = run,
};
