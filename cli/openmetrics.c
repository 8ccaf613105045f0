/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What states have counted, as OpenMetrics text, which Prometheus and others read. */
#include <stdlib.h>

#include "states.h"
#include "uapi/packetscript.h"

/* Families of metrics. What states or rules do not have makes no sample. */
static const struct family {
	const char *name, *unit, *help;
	bool is_gauge;		/* else a counter, which only goes up */
	bool is_of_rules;
	const char *group, *member;	/* where the number is, in a state's object or a rule's */
	const char *label;	/* then each member of the group is a sample, with its name as this */
} families[] = {
	{ "rules", NULL, "Rules that share the state.", .is_gauge = true, .member = "rules" },
	{ "generation", NULL, "1, and one more with each reload.", .is_gauge = true, .member = "generation" },
	{ "packets", NULL, "Packets that functions of the state were called for.", .member = "packets" },
	{ "packet_bytes", "bytes", "Bytes of these packets, from their network headers on.", .member = "bytes" },
	{ "verdicts", NULL, "Verdicts of functions; NF_REPEAT along with what came of it.", .group = "verdicts", .label = "verdict" },
	{ "answers", NULL, "Answers of functions of matches.", .group = "answers", .label = "answer" },
	{ "errors", NULL, "Errors of all functions, also of timers and queues.", .member = "errors" },
	{ "stopped", NULL, "Runs that the time limit has ended.", .member = "stopped" },
	{ "pulled", NULL, "Packets of which bytes were copied out of pages.", .member = "pulled" },
	{ "memory_bytes", "bytes", "Bytes that the Lua states hold.", .is_gauge = true, .member = "memory" },
	{ "memory_peak_bytes", "bytes", "Bytes that one of the Lua states has held at most.", .is_gauge = true, .member = "memory_peak" },
	{ "memory_limit_bytes", "bytes", "Bytes that each Lua state may hold.", .is_gauge = true, .member = "memory_limit" },
	{ "allocations", NULL, "Requests for memory.", .member = "allocations" },
	{ "collections", NULL, "Collections of garbage.", .member = "collections" },
	{ "timers_pending", NULL, "Timers that are pending.", .is_gauge = true, .group = "timers", .member = "pending" },
	{ "timers_run", NULL, "Timers that have run.", .group = "timers", .member = "run" },
	{ "timers_failed", NULL, "Timers whose functions have failed.", .group = "timers", .member = "failed" },
	{ "queue_values", NULL, "Values of queues that functions were called for.", .group = "queues", .member = "values" },
	{ "queue_values_failed", NULL, "Those whose functions have failed.", .group = "queues", .member = "failed" },
	{ "work_pending", NULL, "Deferred work that is pending.", .is_gauge = true, .group = "work", .member = "pending" },
	{ "work_done", NULL, "Deferred work that was done.", .group = "work", .member = "done" },
	{ "work_failed", NULL, "Deferred work that has failed.", .group = "work", .member = "failed" },
	{ "work_refused", NULL, "Deferred work that there was no room for.", .group = "work", .member = "refused" },
	{ "work_memory_bytes", "bytes", "Bytes that the Lua state for deferred work holds.", .is_gauge = true, .group = "work", .member = "memory" },
	{ "counter", NULL, "What scripts count by nf.count().", .group = "counters", .label = "name" },
	{ "rule_packets", NULL, "Packets that the functions of rules were called for.", .is_of_rules = true, .member = "packets" },
	{ "rule_packet_bytes", "bytes", "Bytes of these packets, from their network headers on.", .is_of_rules = true, .member = "bytes" },
	{ "rule_errors", NULL, "Errors of the functions of rules.", .is_of_rules = true, .member = "errors" },
	{ "rule_verdicts", NULL, "Verdicts of the functions of rules.", .is_of_rules = true, .group = "verdicts", .label = "verdict" },
	{ "rule_answers", NULL, "Answers of the functions of matches.", .is_of_rules = true, .group = "answers", .label = "answer" },
};

/* The same of how long packets took. */
static const struct family histograms[] = {
	{ "packet_seconds", "seconds", "How long functions of the state took for packets that were timed." },
	{ "rule_packet_seconds", "seconds", "How long the functions of rules took.", .is_of_rules = true },
};

static void put_label(FILE *to, const char *name, const char *value)
{
	fprintf(to, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", to);
		else
			fprintf(to, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
	}
	putc('"', to);
}

static void put_text(FILE *to, const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	putc(',', to);
	put_label(to, name, text ? text : "");
}

/* What tells the samples of a family apart. NULL of rule: it is about the state. NULL: not enough memory. The caller frees it. */
static char *labels_of(const json_t *state, const json_t *script, const json_t *rule)
{
	static const char *const names[] = { "kind", "program", "table", "function" };
	const json_t *hook;
	char *labels = NULL;
	size_t size, i;
	FILE *to = open_memstream(&labels, &size);

	if (!to)
		return NULL;
	fprintf(to, "state=\"%lld\"", cli_states_number(state, NULL, "state"));
	if (rule) {
		put_text(to, script, "path");
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			put_text(to, rule, names[i]);
		fputs(",hooks=\"", to);
		json_array_foreach(json_object_get(rule, "hooks"), i, hook)
			fprintf(to, i ? " %s" : "%s", json_string_value(hook));
		putc('"', to);
		if (json_object_get(rule, "priority")) {	/* it is attached to a hook */
			put_text(to, rule, "family");
			fprintf(to, ",priority=\"%lld\"", cli_states_number(rule, NULL, "priority"));
		}
		if (json_is_string(json_object_get(rule, "device")))
			put_text(to, rule, "device");
	}
	return fclose(to) ? NULL : labels;
}

/* Rules that nothing tells apart are one sample. */
static void add(json_t *samples, const char *labels, const json_t *number)
{
	if (json_is_integer(number))
		json_object_set_new(samples, labels,
				    json_integer(json_integer_value(json_object_get(samples, labels)) + json_integer_value(number)));
}

static void add_labelled(json_t *samples, const char *labels, const char *label, const char *value, const json_t *number)
{
	char *all = NULL;
	size_t size;
	FILE *to = open_memstream(&all, &size);

	if (!to)
		return;
	fprintf(to, "%s,", labels);
	put_label(to, label, value);
	if (!fclose(to))
		add(samples, all, number);
	free(all);
}

/* of: a state or a rule. */
static void add_samples(json_t *samples, const struct family *family, char *labels, const json_t *of)
{
	json_t *group = family->group ? json_object_get(of, family->group) : (json_t *)of, *number;
	const char *name;

	if (!labels)
		return;
	if (family->label) {
		json_object_foreach(group, name, number)
			add_labelled(samples, labels, family->label, name, number);
	} else {
		add(samples, labels, json_object_get(group, family->member));
	}
	free(labels);
}

static void add_rules(json_t *samples, const struct family *family, const json_t *state)
{
	const json_t *script, *rule;
	size_t i, j;

	json_array_foreach(json_object_get(state, "scripts"), i, script) {
		json_array_foreach(json_object_get(script, "rules"), j, rule)
			add_samples(samples, family, labels_of(state, script, rule), rule);
	}
}

static void print_head(const struct family *family, const char *type)
{
	printf("# TYPE packetscript_%s %s\n", family->name, type);
	if (family->unit)
		printf("# UNIT packetscript_%s %s\n", family->name, family->unit);
	printf("# HELP packetscript_%s %s\n", family->name, family->help);
}

static void print_family(const struct family *family, const json_t *states)
{
	json_t *samples = json_object(), *number;
	const json_t *state;
	const char *labels;
	size_t i;

	print_head(family, family->is_gauge ? "gauge" : "counter");
	json_array_foreach(states, i, state) {
		if (family->is_of_rules)
			add_rules(samples, family, state);
		else
			add_samples(samples, family, labels_of(state, NULL, NULL), state);
	}
	json_object_foreach(samples, labels, number)
		printf("packetscript_%s%s{%s} %lld\n", family->name, family->is_gauge ? "" : "_total", labels,
		       (long long)json_integer_value(number));
	json_decref(samples);
}

/* Rules that nothing tells apart are one: the sums of their rows, and behind these of their nanoseconds. */
static void add_histogram(json_t *samples, char *labels, const json_t *times)
{
	const json_t *rows = json_object_get(times, "rows"), *row;
	json_t *sums = labels ? json_object_get(samples, labels) : NULL;
	size_t i;

	if (labels && rows && !sums) {
		sums = json_array();
		json_object_set_new(samples, labels, sums);
		for (i = 0; i <= json_array_size(rows); i++)
			json_array_append_new(sums, json_integer(0));
	}
	json_array_foreach(rows, i, row) {
		if (sums)
			json_array_set_new(sums, i, json_integer(json_integer_value(json_array_get(sums, i)) +
								 cli_states_number(row, NULL, "packets")));
	}
	if (sums && rows)
		json_array_set_new(sums, i, json_integer(json_integer_value(json_array_get(sums, i)) +
							 cli_states_number(times, NULL, "nanoseconds")));
	free(labels);
}

static void print_histogram(const char *name, const char *labels, const json_t *sums)
{
	size_t n = json_array_size(sums) - 1, i;
	long long packets = 0;

	for (i = 0; i < n; i++) {
		packets += json_integer_value(json_array_get(sums, i));
		printf("packetscript_%s_bucket{%s,le=\"", name, labels);
		if (i + 1 < n)
			printf("%.9g", (1ll << (PACKETSCRIPT_TIMES_FIRST + i)) / 1e9);
		else
			fputs("+Inf", stdout);
		printf("\"} %lld\n", packets);
	}
	printf("packetscript_%s_count{%s} %lld\n", name, labels, packets);
	printf("packetscript_%s_sum{%s} %.9f\n", name, labels, json_integer_value(json_array_get(sums, n)) / 1e9);
}

static void print_histograms(const struct family *family, const json_t *states)
{
	json_t *samples = json_object(), *sums;
	const json_t *state, *script, *rule;
	const char *labels;
	size_t i, j, k;

	print_head(family, "histogram");
	json_array_foreach(states, i, state) {
		if (!family->is_of_rules)
			add_histogram(samples, labels_of(state, NULL, NULL), json_object_get(state, "times"));
		json_array_foreach(family->is_of_rules ? json_object_get(state, "scripts") : NULL, j, script) {
			json_array_foreach(json_object_get(script, "rules"), k, rule)
				add_histogram(samples, labels_of(state, script, rule), json_object_get(rule, "times"));
		}
	}
	json_object_foreach(samples, labels, sums)
		print_histogram(family->name, labels, sums);
	json_decref(samples);
}

void cli_states_print_openmetrics(const json_t *states)
{
	size_t i;

	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		print_family(families + i, states);
	for (i = 0; i < sizeof(histograms) / sizeof(histograms[0]); i++)
		print_histograms(histograms + i, states);
	puts("# EOF");
}
