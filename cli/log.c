/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript log: errors of scripts in the kernel, as they come. */
#include <stdlib.h>
#include <time.h>

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

static void put_time(char *text, size_t size, uint64_t ns)
{
	time_t seconds = ns / 1000000000;
	size_t len = 0;
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		len = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, size - len, ".%03uZ", (unsigned int)(ns / 1000000 % 1000));
}

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

static void print_json(const struct ps_told *line, const char *at, uint64_t lost)
{
	ps_result_line(stdout, json_pack("{s:s, s:I, s:s, s:s, s:o, s:I}", "time", at, "state", (json_int_t)line->state, "kind",
					 line->is_error ? "error" : "print", "level", ps_log_levels[line->level % PS_LOG_LEVELS], "text",
					 ps_result_text(line->text), "lost", (json_int_t)lost));
}

static bool tell(void *context, const struct ps_told *line)
{
	struct listening *listening = context;
	char at[64] = "";
	uint64_t lost;

	if (listening->has_only && line->state != listening->only)
		return true;
	lost = lost_before(listening, line);
	put_time(at, sizeof(at), line->time);
	if (listening->is_json) {
		print_json(line, at, lost);
	} else {
		if (lost)
			printf("%s state %u: %llu lines were lost\n", at, line->state, (unsigned long long)lost);
		printf("%s %s: ", at, line->is_error ? "error" : ps_log_levels[line->level % PS_LOG_LEVELS]);
		ps_user_print(stdout, line->text);
		putchar('\n');
	}
	return !fflush(stdout);
}

static const struct cli_option options[] = {
	CLI_STATES_OPTIONS,
	{ NULL },
};

static int run(const struct cli_call *call)
{
	struct listening listening = { .has_only = call->values[CLI_STATES_STATE], .is_json = call->values[CLI_STATES_JSON] };
	struct ps_control control;
	struct heard *heard;
	int status;

	if (!cli_number(call, CLI_STATES_STATE, 0, UINT32_MAX, 0, &listening.only))
		return CLI_TROUBLE;
	status = ps_control_open(&control, call->values[CLI_STATES_NETNS]) || ps_control_listen(&control, tell, &listening);
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
	.summary = "shows errors of scripts in the kernel, as they come",
	.about =
"A line for each error of the states of the network namespace, from now on, until it is interrupted: when it was, and what the kernel log\n"
"says of it, with file and line. The kernel log gets ten lines in five seconds at most; here all of them come. Who does not read fast\n"
"enough misses some; how many is told before the next one of the state.\n"
"\n"
"--json prints an object on a line for each: time, state, kind (\"error\"), level, text, and how many lines of the state were lost before.\n"
"\n"
"It needs root, or CAP_NET_ADMIN. As long as nobody listens, it costs nothing.",
	.examples =
"  packetscript log\n"
"  packetscript log --state 3 --json | jq -r .text\n",
	.options = options,
	.run = run,
};
