/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "states.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control.h"
#include "hooks.h"
#include "host_user.h"
#include "module.h"
#include "result.h"

/* Counts: where they are in a state's object, or a rule's. Those of a group that the kernel does not tell are null. */
static const struct {
	const char *group, *name;
} counts[PACKETSCRIPT_COUNT_MAX + 1] = {
	[PACKETSCRIPT_COUNT_RULES] = { NULL, "rules" },
	[PACKETSCRIPT_COUNT_GENERATION] = { NULL, "generation" },
	[PACKETSCRIPT_COUNT_COPIES] = { NULL, "copies" },
	[PACKETSCRIPT_COUNT_LIMIT] = { NULL, "memory_limit" },
	[PACKETSCRIPT_COUNT_MEMORY] = { NULL, "memory" },
	[PACKETSCRIPT_COUNT_ALLOCATIONS] = { NULL, "allocations" },
	[PACKETSCRIPT_COUNT_PACKETS] = { NULL, "packets" },
	[PACKETSCRIPT_COUNT_ERRORS] = { NULL, "errors" },
	[PACKETSCRIPT_COUNT_PULLED] = { NULL, "pulled" },
	[PACKETSCRIPT_COUNT_TIMERS_PENDING] = { "timers", "pending" },
	[PACKETSCRIPT_COUNT_TIMERS_RUN] = { "timers", "run" },
	[PACKETSCRIPT_COUNT_TIMERS_FAILED] = { "timers", "failed" },
	[PACKETSCRIPT_COUNT_VALUES_RUN] = { "queues", "values" },
	[PACKETSCRIPT_COUNT_VALUES_FAILED] = { "queues", "failed" },
	[PACKETSCRIPT_COUNT_WORK_PENDING] = { "work", "pending" },
	[PACKETSCRIPT_COUNT_WORK_DONE] = { "work", "done" },
	[PACKETSCRIPT_COUNT_WORK_FAILED] = { "work", "failed" },
	[PACKETSCRIPT_COUNT_WORK_REFUSED] = { "work", "refused" },
	[PACKETSCRIPT_COUNT_WORK_MEMORY] = { "work", "memory" },
	[PACKETSCRIPT_COUNT_BYTES] = { NULL, "bytes" },
	[PACKETSCRIPT_COUNT_DROP] = { "verdicts", "NF_DROP" },
	[PACKETSCRIPT_COUNT_ACCEPT] = { "verdicts", "NF_ACCEPT" },
	[PACKETSCRIPT_COUNT_STOLEN] = { "verdicts", "NF_STOLEN" },
	[PACKETSCRIPT_COUNT_QUEUE] = { "verdicts", "NF_QUEUE" },
	[PACKETSCRIPT_COUNT_REPEAT] = { "verdicts", "NF_REPEAT" },
	[PACKETSCRIPT_COUNT_CONTINUE] = { "verdicts", "XT_CONTINUE" },
	[PACKETSCRIPT_COUNT_RETURN] = { "verdicts", "XT_RETURN" },
	[PACKETSCRIPT_COUNT_TX] = { "verdicts", "NF_TX" },
	[PACKETSCRIPT_COUNT_REDIRECT] = { "verdicts", "NF_REDIRECT" },
	[PACKETSCRIPT_COUNT_UNMATCHED] = { "answers", "no" },
	[PACKETSCRIPT_COUNT_MATCHED] = { "answers", "yes" },
	[PACKETSCRIPT_COUNT_STOPPED] = { NULL, "stopped" },
	[PACKETSCRIPT_COUNT_PEAK] = { NULL, "memory_peak" },
	[PACKETSCRIPT_COUNT_COLLECTIONS] = { NULL, "collections" },
	/* the rest is add_times()'s */
};

/* A list as it is read. */
struct reading {
	json_t *states;
	json_t *state, *script;	/* the last ones; NULL: none, or not asked for */
	bool has_only;
	uint32_t only;
};

static void add_count(json_t *to, const struct ps_listed *listed, int i)
{
	json_t *number = listed->has_count[i] ? json_integer(listed->counts[i]) : NULL, *group = to;

	if (counts[i].group) {
		group = json_object_get(to, counts[i].group);
		if (!group) {
			group = number ? json_object() : json_null();
			json_object_set_new(to, counts[i].group, group);
		}
	}
	if (json_is_object(group))
		json_object_set_new(group, counts[i].name, number ? number : json_null());
	else
		json_decref(number);
}

/* How long packets took; null: none was timed. */
static void add_times(json_t *to, const struct ps_listed *listed)
{
	json_t *rows;
	unsigned int i;

	if (!listed->has_count[PACKETSCRIPT_COUNT_TIMES]) {
		json_object_set_new(to, "times", json_null());
		return;
	}
	rows = json_array();
	for (i = 0; i < PACKETSCRIPT_TIMES; i++)
		json_array_append_new(rows, json_pack("{s:o, s:I}", "below", i + 1 < PACKETSCRIPT_TIMES ?
						      json_integer(1ll << (PACKETSCRIPT_TIMES_FIRST + i)) : json_null(),
						      "packets", (json_int_t)listed->times[i]));
	json_object_set_new(to, "times", json_pack("{s:I, s:o}", "nanoseconds", (json_int_t)listed->counts[PACKETSCRIPT_COUNT_TOOK],
						   "rows", rows));
}

static void add_counts(json_t *to, const struct ps_listed *listed, int first, int last)
{
	int i;

	for (i = first; i <= last; i++)
		add_count(to, listed, i);
}

static void add_state(struct reading *reading, const struct ps_listed *listed)
{
	json_t *state = json_pack("{s:I}", "state", (json_int_t)listed->state);

	add_counts(state, listed, 1, PACKETSCRIPT_COUNT_COLLECTIONS);
	add_counts(state, listed, PACKETSCRIPT_COUNT_TX, PACKETSCRIPT_COUNT_REDIRECT);
	add_times(state, listed);
	json_object_set_new(state, "counters", json_object());
	json_object_set_new(state, "scripts", json_array());
	json_array_append_new(reading->states, state);
	reading->state = state;
	reading->script = NULL;
}

static json_t *hex(const uint8_t *bytes, unsigned int n)
{
	char text[2 * 64 + 1] = "";
	unsigned int i;

	for (i = 0; i < n && i < 64; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return json_string(text);
}

static json_t *when(uint64_t seconds)
{
	char text[32] = "";
	time_t t = seconds;
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

static void add_script(struct reading *reading, const struct ps_listed *listed)
{
	reading->script = json_pack("{s:o, s:o, s:o, s:[], s:[]}", "path", ps_result_text(listed->path), "sha256",
				    hex(listed->digest, listed->digest_size), "loaded", when(listed->loaded), "parts", "rules");
	json_array_append_new(json_object_get(reading->state, "scripts"), reading->script);
}

static void add_part(const struct reading *reading, const struct ps_listed *listed)
{
	json_array_append_new(json_object_get(reading->script, "parts"),
			      json_pack("{s:s, s:o, s:o}", "kind", listed->kind, "path", ps_result_text(listed->path), "sha256",
					hex(listed->digest, listed->digest_size)));
}

static json_t *hooks_of(const struct ps_listed *listed)
{
	json_t *hooks = json_array();
	const char *hook;
	unsigned int i;

	for (i = 0; i < 32; i++) {
		hook = ps_hook_name(listed->family, i);
		if (hook && listed->hooks & 1u << i)
			json_array_append_new(hooks, json_string(hook));
	}
	return hooks;
}

/* What tells one kind from the other. */
static json_t *rule_of(const struct ps_listed *listed)
{
	const struct ps_hook_family *family = ps_hook_family_find(listed->family);
	const char *program = family ? family->program : NULL;

	if (listed->has_place)
		return json_pack("{s:s, s:s, s:o, s:i}", "kind", "hook", "family", family ? family->name : "unknown", "device",
				 listed->device[0] ? ps_result_text(listed->device) : json_null(), "priority", (int)listed->priority);
	return json_pack("{s:s, s:s, s:o}", "kind", listed->is_match ? "match" : "target", "program", program ? program : "unknown",
			 "table", ps_result_text(listed->table));
}

static void add_rule(const struct reading *reading, const struct ps_listed *listed)
{
	static const int has[] = { PACKETSCRIPT_COUNT_PACKETS, PACKETSCRIPT_COUNT_BYTES, PACKETSCRIPT_COUNT_ERRORS };
	json_t *rule = rule_of(listed);
	unsigned int i;

	json_object_set_new(rule, "function", json_string(listed->function));
	json_object_set_new(rule, "hooks", hooks_of(listed));
	json_object_set_new(rule, "on_error", json_string(listed->on_error));
	json_object_set_new(rule, "object", json_string(listed->object));
	for (i = 0; i < sizeof(has) / sizeof(has[0]); i++)
		add_count(rule, listed, has[i]);
	add_counts(rule, listed, PACKETSCRIPT_COUNT_DROP, PACKETSCRIPT_COUNT_MATCHED);
	add_counts(rule, listed, PACKETSCRIPT_COUNT_TX, PACKETSCRIPT_COUNT_REDIRECT);
	add_times(rule, listed);
	json_array_append_new(json_object_get(reading->script, "rules"), rule);
}

static void add(void *context, const struct ps_listed *listed)
{
	struct reading *reading = context;

	if (reading->has_only && listed->state != reading->only)
		return;
	if (listed->what == PACKETSCRIPT_A_COUNTS)
		add_state(reading, listed);
	else if (listed->what == PACKETSCRIPT_A_COUNTER && reading->state)
		json_object_set_new(json_object_get(reading->state, "counters"), listed->name, json_integer(listed->value));
	else if (!reading->state)
		return;
	else if (listed->what == PACKETSCRIPT_A_SCRIPT)
		add_script(reading, listed);
	else if (listed->what == PACKETSCRIPT_A_PART && reading->script)
		add_part(reading, listed);
	else if (listed->what == PACKETSCRIPT_A_RULE && reading->script)
		add_rule(reading, listed);
}

#define TRIALS	10

int cli_states_list(struct ps_control *control, int (*read)(struct ps_control *control, void *context), void *context)
{
	int trials = TRIALS, status;

	do {
		status = read(control, context);
		if (status <= 0)
			break;
		ps_control_close(control);	/* the rest of that list may be on its way */
		if (ps_control_open(control, NULL))
			return -1;
	} while (--trials);
	return status;
}

static int read_states(struct ps_control *control, void *context)
{
	struct reading *reading = context;

	json_decref(reading->states);
	reading->states = json_array();
	reading->state = reading->script = NULL;
	return ps_control_list(control, add, reading);
}

/* Of this network namespace, unless another one is to be gone into. NULL, after a message. */
static json_t *read_list(struct reading *reading, const char *netns)
{
	struct ps_control control;
	int status = ps_control_open(&control, netns) ? -1 : cli_states_list(&control, read_states, reading);

	ps_control_close(&control);
	if (status > 0)
		cli_error("states change all the time: what came or went meanwhile may be shown twice, or not at all");
	if (status >= 0)
		return reading->states;
	cli_error("%s", control.error);
	json_decref(reading->states);
	return NULL;
}

json_t *cli_states_read(const struct cli_call *call)
{
	const char *netns = call->values[CLI_STATES_NETNS];
	struct reading reading = { .has_only = call->values[CLI_STATES_STATE] };
	static bool is_there;	/* in the network namespace */
	json_t *states;

	if (!cli_number(call, CLI_STATES_STATE, 0, UINT32_MAX, 0, &reading.only))
		return NULL;
	states = read_list(&reading, is_there ? NULL : netns);
	is_there = true;
	if (states && reading.has_only && !json_array_size(states)) {
		cli_error("state %u: there is none in this network namespace", reading.only);
		json_decref(states);
		return NULL;
	}
	return states;
}

json_t *cli_states_one(uint32_t state)
{
	struct reading reading = { .has_only = true, .only = state };

	return read_list(&reading, NULL);
}

long long cli_states_number(const json_t *state, const char *group, const char *name)
{
	return json_integer_value(json_object_get(group ? json_object_get(state, group) : state, name));
}

bool cli_states_are_loaded(void)
{
	return !access("/sys/module/packetscript", F_OK);
}

int cli_states_open(struct ps_control *control, const char *netns, bool load)
{
	if (!ps_control_open(control, netns))
		return CLI_OK;
	/* a rule of iptables has the kernel load its module, a request of netlink has not */
	load = load && control->socket;
	if (load && cli_modprobe("-q", "packetscript")) {
		ps_control_close(control);
		if (!ps_control_open(control, NULL))
			return CLI_OK;
	}
	if (load && !cli_states_are_loaded())
		cli_module_missing("packetscript");
	else
		cli_error("%s", control->error);
	ps_control_close(control);
	return CLI_TROUBLE;
}

static void put(FILE *to, const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	ps_user_print(to, text ? text : "");
}

char *cli_states_label(const json_t *script, const json_t *rule)
{
	const char *path = json_string_value(json_object_get(script, "path"));
	const char *file = path ? strrchr(path, '/') : NULL;
	const json_t *hook;
	char *label = NULL;
	size_t size, i;
	FILE *to = open_memstream(&label, &size);

	if (!to)
		return NULL;
	put(to, rule, "function");
	fputs(" of ", to);
	ps_user_print(to, file ? file + 1 : path ? path : "");
	fputs(", ", to);
	put(to, rule, json_object_get(rule, "priority") ? "family" : "program");
	fputc(' ', to);
	put(to, rule, "table");
	json_array_foreach(json_object_get(rule, "hooks"), i, hook)
		fprintf(to, "%s%s", i || json_object_get(rule, "table") ? " " : "", json_string_value(hook));
	if (json_is_string(json_object_get(rule, "device"))) {
		fputs(" of ", to);
		put(to, rule, "device");
	}
	return fclose(to) ? NULL : label;
}
