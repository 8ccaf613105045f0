/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript limits: what one state in the kernel may take, and changes of that. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "handle.h"
#include "result.h"
#include "states.h"

#define USUAL	"default"

enum { OPT_TIME, OPT_MEMORY, OPT_SENDS, OPT_SENDS_EACH, OPT_SENDS_KIB, OPT_NETNS, OPT_JSON, LIMITS = OPT_NETNS };

static const struct cli_option options[] = {
	{ "time", 't', "MS", "milliseconds that a packet may take, 20 to 1000 (the module's packet_ms)" },
	{ "memory", 'm', "SIZE", "what each of its Lua states may hold, 128K to 64M (what its rules say)" },
	{ "sends", 0, "N", "packets that it may send in a second (the module's send_rate)" },
	{ "sends-each", 0, "N", "packets that it may send for each packet (the module's send_each)" },
	{ "sends-kib", 0, "N", "KiB that it may send in a second (the module's send_rate_kib)" },
	{ "netns", 'n', "NAME", CLI_NETNS_HELP },
	{ "json", 0, NULL, "what they are as JSON, on one line" },
	{ NULL },
};

/* In the order of the options. */
static const struct {
	int type;
	const char *name;	/* in JSON */
	uint32_t min, max;
	const char *what, *usual;
} limits[LIMITS] = {
	{ PACKETSCRIPT_LIMIT_TIME, "time_ms", PACKETSCRIPT_TIME_MIN, PACKETSCRIPT_TIME_MAX, "milliseconds a packet", "packet_ms" },
	{ PACKETSCRIPT_LIMIT_MEMORY, "memory", 0, 0, "KiB of memory", "the rules" },
	{ PACKETSCRIPT_LIMIT_SENDS, "sends", 0, PACKETSCRIPT_SENDS_MAX, "packets sent in a second", "send_rate" },
	{ PACKETSCRIPT_LIMIT_SENDS_EACH, "sends_each", 0, PACKETSCRIPT_SENDS_EACH_MAX, "packets sent for each packet", "send_each" },
	{ PACKETSCRIPT_LIMIT_SENDS_KIB, "sends_kib", 0, PACKETSCRIPT_SENDS_MAX, "KiB sent in a second", "send_rate_kib" },
};

static bool read_limit(const struct cli_call *call, int i, uint32_t *value)
{
	size_t memory;

	if (limits[i].type != PACKETSCRIPT_LIMIT_MEMORY)
		return cli_number(call, i, limits[i].min, limits[i].max, 0, value);
	if (!ps_handle_memory(call, i, &memory))
		return false;
	*value = memory / 1024;
	return true;
}

static bool read_limits(const struct cli_call *call, struct ps_state_limits *wanted)
{
	int i;

	for (i = 0; i < LIMITS; i++) {
		if (!call->values[i])
			continue;
		if (!strcmp(call->values[i], USUAL))
			wanted->usual |= 1u << limits[i].type;
		else if (read_limit(call, i, &wanted->values[limits[i].type]))
			wanted->has |= 1u << limits[i].type;
		else
			return false;
	}
	return true;
}

static bool read_state(const char *text, uint32_t *state)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	*state = value;
	if (!errno && end != text && !*end && text[0] != '-' && value <= UINT32_MAX)
		return true;
	cli_error("limits %s: give the number of a state, as 'packetscript list' shows it", text);
	return false;
}

static void print(uint32_t state, const struct ps_state_limits *are)
{
	int i;

	printf("state %u\n", state);
	for (i = 0; i < LIMITS; i++) {
		bool is_own = are->own & 1u << limits[i].type;

		printf("  %10u %-28s  %s%s\n", are->values[limits[i].type], limits[i].what, is_own ? "its own, instead of " : "by ", limits[i].usual);
	}
}

static void print_json(uint32_t state, const struct ps_state_limits *are)
{
	json_t *object = json_pack("{s:I}", "state", (json_int_t)state);
	int i;

	for (i = 0; i < LIMITS; i++) {
		json_int_t value = are->values[limits[i].type];

		if (limits[i].type == PACKETSCRIPT_LIMIT_MEMORY)
			value *= 1024;
		json_object_set_new(object, limits[i].name, json_pack("{s:I, s:b}", "limit", value, "own", (are->own & 1u << limits[i].type) != 0));
	}
	ps_result_line(stdout, object);
}

static int run(const struct cli_call *call)
{
	struct ps_state_limits wanted = { .has = 0 };
	struct ps_control control;
	uint32_t state;
	int failed;

	if (!read_state(call->operands[0], &state) || !read_limits(call, &wanted) || cli_states_open(&control, call->values[OPT_NETNS], false))
		return CLI_TROUBLE;
	failed = ps_control_limits(&control, state, &wanted);
	ps_control_close(&control);
	if (failed)
		return cli_error("%s", control.error);
	if (call->values[OPT_JSON])
		print_json(state, &wanted);
	else
		print(state, &wanted);
	return CLI_OK;
}

const struct cli_command cli_limits = {
	.name = "limits",
	.operands = "STATE",
	.min = 1, .max = 1,
	.summary = "shows and changes what one state in the kernel may take",
	.about =
"Limits of time and of what is sent are parameters of the module, the same for all states, until a state gets its own; that of memory is what\n"
"its rules say with --memory. A change holds from the next packet on, in all copies of the state; nothing is loaded anew, and no packet is\n"
"lost. The word " USUAL " in place of a number takes it back. What the limits are then is shown.\n"
"\n"
"They stay when the state is reloaded, and go with its last rule. Rules go on saying what they have said: a new one needs the same --memory as\n"
"those that are there. Where memory gets less than what is held, nothing is lost: garbage is collected when something is to be\n"
"allocated, and if that does not suffice, the allocation fails, as always. Where it gets more, blocks of 32 KiB and more may not find room\n"
"until the next reload, which sets memory for them aside.\n"
"\n"
"To look needs CAP_NET_ADMIN in the network namespace; to change, and not only in a user namespace, like adding a rule.",
	.examples =
"  packetscript limits 0\n"
"  packetscript limits 3 --time 100 --memory 4M\n"
"  packetscript limits 3 --sends 0 --time default\n",
	.options = options,
	.run = run,
};
