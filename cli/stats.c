/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript stats: what the states in the kernel have counted, once or again and again. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "result.h"
#include "states.h"

enum { OPT_WATCH = CLI_STATES_NEXT, OPT_COUNT, OPT_OPENMETRICS };

static const struct cli_option options[] = {
	CLI_STATES_OPTIONS,
	{ "watch", 'w', "SECONDS", "again each time so many seconds have gone by, until it is interrupted" },
	{ "count", 'c', "N", "with --watch, as often as this" },
	{ "openmetrics", 0, NULL, "once, as OpenMetrics text, also of each rule" },
	{ NULL },
};

/* Columns: what they are called, and where the number is. */
static const struct {
	const char *title;
	int width;
	const char *group, *name;
} columns[] = {
	{ "STATE", 10, NULL, "state" },
	{ "PACKETS", 14, NULL, "packets" },
	{ "ERRORS", 10, NULL, "errors" },
	{ "BYTES", 16, NULL, "bytes" },
	{ "STOPPED", 8, NULL, "stopped" },
	{ "MEMORY", 10, NULL, "memory" },
	{ "ALLOCS", 11, NULL, "allocations" },
	{ "PULLED", 9, NULL, "pulled" },
	{ "TIMERS", 8, "timers", "run" },
	{ "VALUES", 8, "queues", "values" },
	{ "WORK", 8, "work", "done" },
};
#define COLUMNS	(sizeof(columns) / sizeof(columns[0]))

/* The same state as it was before, or NULL. */
static const json_t *find(const json_t *states, long long number)
{
	const json_t *state;
	size_t i;

	json_array_foreach(states, i, state) {
		if (cli_states_number(state, NULL, "state") == number)
			return state;
	}
	return NULL;
}

/* With what it was seconds before, if that is known: packets a second. */
static void print(const json_t *states, const json_t *before, double seconds)
{
	const json_t *state, *old;
	size_t i, n;

	for (i = 0; i < COLUMNS; i++)
		printf(i ? " %*s" : "%-*s", columns[i].width, columns[i].title);
	puts(before ? "  PACKETS/S" : "");
	json_array_foreach(states, n, state) {
		old = find(before, cli_states_number(state, NULL, "state"));
		for (i = 0; i < COLUMNS; i++)
			printf(i ? " %*lld" : "%-*lld", columns[i].width, cli_states_number(state, columns[i].group, columns[i].name));
		if (old)
			printf(" %10.0f", (cli_states_number(state, NULL, "packets") - cli_states_number(old, NULL, "packets")) / seconds);
		putchar('\n');
	}
}

static void print_rule(const json_t *state, const json_t *script, const json_t *rule)
{
	char *label = cli_states_label(script, rule);

	printf("%-10lld %14lld %10lld %16lld %s\n", cli_states_number(state, NULL, "state"), cli_states_number(rule, NULL, "packets"),
	       cli_states_number(rule, NULL, "errors"), cli_states_number(rule, NULL, "bytes"), label ? label : "");
	free(label);
}

static void print_rules(const json_t *states)
{
	const json_t *state, *script, *rule;
	bool is_first = true;
	size_t i, j, k;

	json_array_foreach(states, i, state) {
		json_array_foreach(json_object_get(state, "scripts"), j, script) {
			json_array_foreach(json_object_get(script, "rules"), k, rule) {
				if (is_first)
					printf("\n%-10s %14s %10s %16s RULE\n", "STATE", "PACKETS", "ERRORS", "BYTES");
				is_first = false;
				print_rule(state, script, rule);
			}
		}
	}
}

/* What scripts count by nf.count(). */
static void print_counters(const json_t *states)
{
	const json_t *state;
	bool is_first = true;
	const char *name;
	json_t *number;
	size_t i;

	json_array_foreach(states, i, state) {
		json_object_foreach(json_object_get(state, "counters"), name, number) {
			if (is_first)
				printf("\n%-10s %20s NAME\n", "STATE", "COUNT");
			is_first = false;
			printf("%-10lld %20lld %s\n", cli_states_number(state, NULL, "state"), (long long)json_integer_value(number), name);
		}
	}
	fflush(stdout);
}

#define BAR	40	/* characters */

/* A power of 2 of nanoseconds, in at most 8 characters. */
static void print_time(long long nanoseconds)
{
	static const char *const units[] = { "ns", "us", "ms" };
	double n = nanoseconds;
	int i = 0;

	for (; n >= 999.5 && i < 2; i++)
		n /= 1000;
	printf("%4.3g %s", n, units[i]);
}

/* A line for each row from the first to the last one with packets. */
static void print_rows(const json_t *rows, size_t first, size_t last, long long most)
{
	long long packets, below;
	const json_t *row;
	size_t i;

	for (i = first; i <= last; i++) {
		row = json_array_get(rows, i);
		packets = cli_states_number(row, NULL, "packets");
		below = cli_states_number(row, NULL, "below");
		fputs(below ? "  < " : " >= ", stdout);
		print_time(below ? below : cli_states_number(json_array_get(rows, i - 1), NULL, "below"));
		printf(" %14lld ", packets);
		for (packets = (packets * BAR + most - 1) / most; packets; packets--)
			putchar('#');
		putchar('\n');
	}
}

/* How long packets took, of states that have timed some. */
static void print_times(const json_t *states)
{
	const json_t *state, *rows, *row;
	long long all, most, packets;
	size_t i, j, first, last;

	json_array_foreach(states, i, state) {
		rows = json_object_get(json_object_get(state, "times"), "rows");
		all = most = 0;
		first = last = 0;
		json_array_foreach(rows, j, row) {
			packets = cli_states_number(row, NULL, "packets");
			first = all ? first : j;
			last = packets ? j : last;
			all += packets;
			most = packets > most ? packets : most;
		}
		if (!all)
			continue;
		printf("\nstate %lld: %lld packets took ", cli_states_number(state, NULL, "state"), all);
		print_time(cli_states_number(state, "times", "nanoseconds") / all);
		puts(" each");
		print_rows(rows, first, last, most);
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int print_openmetrics(const struct cli_call *call)
{
	json_t *states;

	if (call->values[OPT_WATCH] || call->values[CLI_STATES_JSON])
		return cli_error("--openmetrics goes with neither --watch nor --json: who reads it asks again");
	states = cli_states_read(call);
	if (!states)
		return CLI_TROUBLE;
	cli_states_print_openmetrics(states);
	json_decref(states);
	return CLI_OK;
}

static int run(const struct cli_call *call)
{
	bool watches = call->values[OPT_WATCH], is_terminal = watches && isatty(STDOUT_FILENO);
	json_t *states = NULL, *before = NULL;
	uint32_t interval, count, i;
	double then = 0, at;

	if (call->values[OPT_OPENMETRICS])
		return print_openmetrics(call);
	if (!cli_number(call, OPT_WATCH, 1, 86400, 1, &interval) || !cli_number(call, OPT_COUNT, 1, UINT32_MAX, 0, &count))
		return CLI_TROUBLE;
	for (i = 0; !i || (watches && (!count || i < count)); i++) {
		if (i)
			sleep(interval);
		states = cli_states_read(call);
		at = now();
		if (!states)
			break;
		if (call->values[CLI_STATES_JSON]) {
			ps_result_line(stdout, json_incref(states));
			fflush(stdout);
		} else {
			if (is_terminal)
				fputs("\033[H\033[J", stdout);
			else if (i)
				putchar('\n');
			print(states, before, at - then);
			print_rules(states);
			print_times(states);
			print_counters(states);
		}
		json_decref(before);
		before = states;
		then = at;
	}
	json_decref(before);
	return states ? CLI_OK : CLI_TROUBLE;
}

const struct cli_command cli_stats = {
	.name = "stats",
	.operands = "",
	.min = 0, .max = 0,
	.summary = "shows what the states in the kernel have counted",
	.about =
"A line for each state of the network namespace: packets that its functions were called for, errors of all of its functions, bytes of the\n"
"packets from their network headers on, runs that the time limit has ended, bytes of memory that its Lua states hold, allocations, packets\n"
"of which bytes had to be copied out of pages, timers that have run, values of queues that were taken, and deferred work that was done.\n"
"Counts go on over reloads. With --watch it shows them again and again, and the packets a second meanwhile; on a terminal in the same\n"
"place. Below them, a line for each rule and each script at a hook has its part of that.\n"
"\n"
"--json prints an array on a line each time, as that of list: it has more, of rules too, as what is pending, what has failed, and verdicts.\n"
"An error is counted as a packet, too, unless no function was called, and NF_REPEAT along with the verdict that came of it.\n"
"\n"
"If the parameter times of the module packetscript is on (echo Y >/sys/module/packetscript/parameters/times), packets are counted by how long\n"
"functions took for them, by the clock: of each state below its line, of rules too in JSON and OpenMetrics. A packet that got NF_REPEAT is one.\n"
"To look at the clock costs each packet some dozens of nanoseconds, so it is off.\n"
"\n"
"What scripts count themselves, by nf.count(), comes below, a line for each name.\n"
"\n"
"--openmetrics prints all that states and rules have counted as Prometheus reads it, from a file for instance; docs/metrics.md tells more.\n"
"\n"
"It needs root, or CAP_NET_ADMIN.",
	.examples =
"  packetscript stats\n"
"  packetscript stats -w 1\n"
"  packetscript stats --json | jq '.[] | {state, packets, errors}'\n"
"  packetscript stats --openmetrics >packetscript.prom\n",
	.options = options,
	.run = run,
};
