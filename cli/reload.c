/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript reload: the kernel loads the scripts of a state anew. */
#include "control.h"
#include "result.h"
#include "states.h"

enum { OPT_STATE, OPT_NETNS, OPT_JSON };

static const struct cli_option options[] = {
	{ "state", 0, "N", "the number that rules give the state (default: 0)" },
	{ "netns", 'n', "NAME", "the network namespace in which the rules are, as ip-netns(8) calls it, or the path of its file" },
	{ "json", 0, NULL, "the state as it is then, as 'list --json' has it, on one line" },
	{ NULL },
};

static int print_state(uint32_t number)
{
	json_t *states = cli_states_one(number), *state = json_array_get(states, 0);

	if (state)
		ps_result_line(stdout, json_incref(state));
	else if (states)
		cli_error("state %u: is gone since", number);
	json_decref(states);
	return state ? CLI_OK : CLI_TROUBLE;
}

static int run(const struct cli_call *call)
{
	struct ps_control control;
	int status = CLI_TROUBLE;
	uint32_t state;

	if (!cli_number(call, OPT_STATE, 0, UINT32_MAX, 0, &state))
		return CLI_TROUBLE;
	if (!ps_control_open(&control, call->values[OPT_NETNS])) {
		int failed = ps_control_reload(&control, state);

		status = !failed ? CLI_OK : failed > 0 ? CLI_FOUND : CLI_TROUBLE;
	}
	if (status)
		cli_error("%s", control.error);
	ps_control_close(&control);
	if (!status && call->values[OPT_JSON])
		status = print_state(state);
	return status;
}

const struct cli_command cli_reload = {
	.name = "reload",
	.operands = "",
	.min = 0, .max = 0,
	.summary = "loads the scripts of rules in the kernel anew",
	.about =
"The kernel reads the files again that the rules of a state name, with their modules and lists, and loads them beside what is\n"
"there. Packets do not wait for that. If all of them can be loaded and have the functions that the rules name, they take the place of what\n"
"was there, between two packets; else that goes on, and the command says why, with file and line, and exits with 1; with 2, if a\n"
"file cannot be read.\n"
"\n"
"Counts, tables that states share, and deferred work that is pending go over; timers and globals do not, but for the values that a function\n"
"on_reload(old) of the new script takes. Then on_close() of the old script is called.\n"
"\n"
"It needs root, or CAP_NET_ADMIN, like adding a rule.",
	.examples =
"  packetscript reload\n"
"  packetscript reload --state 3 --netns blue\n",
	.options = options,
	.run = run,
};
