/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript list: the states in the kernel, with their scripts and rules. */
#include "host_user.h"
#include "result.h"
#include "states.h"

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* What functions gave, of those that there were. */
static void print_given(const json_t *group)
{
	const char *name;
	json_t *number;

	json_object_foreach((json_t *)group, name, number) {
		if (json_integer_value(number))
			printf(", %s %lld", name, (long long)json_integer_value(number));
	}
}

static void print_rule(const json_t *rule)
{
	const json_t *hook, *priority = json_object_get(rule, "priority");
	size_t i;

	if (priority)
		printf("    hook %s", text_of(rule, "family"));
	else
		printf("    %s %s %s", text_of(rule, "kind"), text_of(rule, "program"), text_of(rule, "table"));
	json_array_foreach(json_object_get(rule, "hooks"), i, hook)
		printf(" %s", json_string_value(hook));
	if (text_of(rule, "device")[0])
		printf(" of %s", text_of(rule, "device"));
	if (priority)
		printf(", priority %lld", (long long)json_integer_value(priority));
	printf(": %s, on error %s, object %s\n", text_of(rule, "function"), text_of(rule, "on_error"), text_of(rule, "object"));
	printf("      %lld packets, %lld bytes, %lld errors", cli_states_number(rule, NULL, "packets"), cli_states_number(rule, NULL, "bytes"),
	       cli_states_number(rule, NULL, "errors"));
	print_given(json_object_get(rule, "verdicts"));
	print_given(json_object_get(rule, "answers"));
	putchar('\n');
}

static void print_script(const json_t *script)
{
	const json_t *part, *rule;
	size_t i;

	printf("  script ");
	ps_user_print(stdout, text_of(script, "path"));
	printf("\n    loaded %s, sha256 %.8s\n", text_of(script, "loaded"), text_of(script, "sha256"));
	json_array_foreach(json_object_get(script, "parts"), i, part) {
		printf("    %s sha256 %.8s ", text_of(part, "kind"), text_of(part, "sha256"));
		ps_user_print(stdout, text_of(part, "path"));
		putchar('\n');
	}
	json_array_foreach(json_object_get(script, "rules"), i, rule)
		print_rule(rule);
}

static void print_state(const json_t *state)
{
	long long rules = cli_states_number(state, NULL, "rules"), copies = cli_states_number(state, NULL, "copies");
	const json_t *script;
	size_t i;

	printf("state %lld: %lld rule%s, generation %lld, ", cli_states_number(state, NULL, "state"), rules, rules == 1 ? "" : "s",
	       cli_states_number(state, NULL, "generation"));
	if (copies)
		printf("%lld copies, ", copies);
	printf("memory %lld of %lld KiB%s, %lld packets, %lld errors\n", cli_states_number(state, NULL, "memory") / 1024,
	       cli_states_number(state, NULL, "memory_limit") / 1024, copies ? " each" : "", cli_states_number(state, NULL, "packets"),
	       cli_states_number(state, NULL, "errors"));
	json_array_foreach(json_object_get(state, "scripts"), i, script)
		print_script(script);
}

static const struct cli_option options[] = {
	CLI_STATES_OPTIONS,
	{ NULL },
};

static int run(const struct cli_call *call)
{
	json_t *states = cli_states_read(call);
	const json_t *state;
	size_t i;

	if (!states)
		return CLI_TROUBLE;
	if (call->values[CLI_STATES_JSON]) {
		ps_result_line(stdout, states);
		return CLI_OK;
	}
	json_array_foreach(states, i, state)
		print_state(state);
	json_decref(states);
	return CLI_OK;
}

const struct cli_command cli_list = {
	.name = "list",
	.operands = "",
	.min = 0, .max = 0,
	.summary = "shows the states in the kernel, with their scripts and rules",
	.about =
"Each state of the network namespace that rules have made: how many rules share it, how often it was reloaded, what memory its Lua state\n"
"holds, and what it has handled; then its scripts, when they were loaded and the digests of their texts, and of the modules and lists\n"
"that they ask for; and the rules that call them, with table and hooks, the packets that each was called for, and the verdicts that it gave\n"
"(a match: \"yes\" and \"no\"). Bytes are those from the network header on, as rules of iptables count them. Legacy iptables makes all rules\n"
"of a table anew when one changes: then each begins at 0, and the state goes on. --json has all of it, and what stats shows.\n"
"\n"
"It needs root, or CAP_NET_ADMIN.",
	.examples =
"  packetscript list\n"
"  packetscript list --state 3 --netns blue --json | jq '.[0].scripts[].path'\n",
	.options = options,
	.run = run,
};
