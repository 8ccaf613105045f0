/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript reload: the kernel loads the scripts of a state anew. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control.h"
#include "host_user.h"
#include "result.h"
#include "states.h"
#include "watch.h"

enum { OPT_WATCH = CLI_STATES_NEXT };

static const struct cli_option options[] = {
	{ "state", 0, "N", "the number that rules give the state (default: 0), as STATE" },
	{ "netns", 'n', "NAME", "the network namespace in which the rules are, as ip-netns(8) calls it, or the path of its file" },
	{ "json", 0, NULL, "each state as it is then, as 'list --json' has it, on one line" },
	{ "watch", 'w', NULL, "goes on, and reloads whenever one of the files changes, until it is interrupted" },
	{ NULL },
};

struct reloading {
	struct cli_call call;	/* with the number that an operand says */
	const char *script;	/* its real path; NULL: the call is about a state */
	bool is_watching;
};

/*
 * Which states.
 */
static bool is_same(const char *listed, const char *script)
{
	char path[PATH_MAX];

	return !strcmp(listed, script) || (realpath(listed, path) && !strcmp(path, script));
}

static bool has_script(const json_t *state, const char *script)
{
	const json_t *scripts = json_object_get(state, "scripts");
	size_t i;

	for (i = 0; i < json_array_size(scripts); i++) {
		if (is_same(json_string_value(json_object_get(json_array_get(scripts, i), "path")), script))
			return true;
	}
	return false;
}

/* The states that the call is about, with their scripts. NULL, after a message: there is none, or it is trouble. */
static json_t *find_states(const struct reloading *reloading)
{
	json_t *states = cli_states_read(&reloading->call);
	size_t i;

	if (!states || !reloading->script)
		return states;
	for (i = json_array_size(states); i-- > 0;) {
		if (!has_script(json_array_get(states, i), reloading->script))
			json_array_remove(states, i);
	}
	if (json_array_size(states))
		return states;
	cli_error("%s: no state of this network namespace has this script; 'packetscript list' shows what there is", reloading->script);
	json_decref(states);
	return NULL;
}

/*
 * Reloading.
 */
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

static void print_reloaded(uint32_t number)
{
	struct timespec now;
	char at[64];

	clock_gettime(CLOCK_REALTIME, &now);
	ps_result_time(at, sizeof(at), now.tv_sec * 1000000000ull + now.tv_nsec);
	printf("%s state %u: reloaded\n", at, number);
}

/* names: a message says which state it is about. */
static int reload_state(const struct reloading *reloading, struct ps_control *control, uint32_t number, bool names)
{
	const int failed = ps_control_reload(control, number);

	if (failed) {
		if (names)
			cli_error("state %u: %s", number, control->error);
		else
			cli_error("%s", control->error);
		return failed > 0 ? CLI_FOUND : CLI_TROUBLE;
	}
	if (reloading->call.values[CLI_STATES_JSON])
		return print_state(number);
	if (reloading->is_watching)
		print_reloaded(number);
	return CLI_OK;
}

/* All of them, whatever becomes of the others; what failed worst is the result. They are freed. */
static int reload_states(const struct reloading *reloading, json_t *states, const char *netns)
{
	const bool names = reloading->is_watching || json_array_size(states) > 1;
	struct ps_control control;
	int status = CLI_OK, failed;
	size_t i;

	if (!ps_control_open(&control, netns)) {
		for (i = 0; i < json_array_size(states); i++) {
			failed = reload_state(reloading, &control, cli_states_number(json_array_get(states, i), NULL, "state"), names);
			if (failed > status)
				status = failed;
		}
	} else {
		status = cli_error("%s", control.error);
	}
	ps_control_close(&control);
	json_decref(states);
	return fflush(stdout) ? CLI_TROUBLE : status;
}

/*
 * Watching.
 */
static const char *path_of(const json_t *script)
{
	return json_string_value(json_object_get(script, "path"));
}

/* The files of the states: scripts, and the modules and lists that they ask for. told: where their names go, or NULL. */
static void watch_files(struct cli_watch *watch, const json_t *states, FILE *told)
{
	const json_t *state, *scripts, *script, *parts, *part;
	const char *separator = "";
	size_t i, j, k;

	cli_watch_clear(watch);
	json_array_foreach(states, i, state) {
		scripts = json_object_get(state, "scripts");
		json_array_foreach(scripts, j, script) {
			parts = json_object_get(script, "parts");
			for (k = 0; k <= json_array_size(parts); k++) {
				part = k ? json_array_get(parts, k - 1) : script;
				cli_watch_add(watch, path_of(part));
				if (told) {
					fputs(separator, told);
					ps_user_print(told, path_of(part));
				}
				separator = ", ";
			}
		}
	}
}

/* Reads anew which files there are. Without states those of before are watched: rules may come back. */
static void watch_anew(const struct reloading *reloading, struct cli_watch *watch, FILE *told)
{
	json_t *states = find_states(reloading);

	if (states)
		watch_files(watch, states, told);
	json_decref(states);
}

static int watch_states(const struct reloading *reloading, json_t *states)
{
	enum cli_waited waited = CLI_WATCH_CHANGED;
	bool is_failed = false, was_lacking;
	struct cli_watch watch;

	if (!cli_watch_open(&watch)) {
		json_decref(states);
		return CLI_TROUBLE;
	}
	/* before they are loaded, so that no change is missed; and then those that the new texts ask for */
	watch_files(&watch, states, NULL);
	reload_states(reloading, states, NULL);
	fputs("packetscript: watching ", stderr);
	watch_anew(reloading, &watch, stderr);
	putc('\n', stderr);
	while (!ferror(stdout)) {
		was_lacking = watch.is_lacking;
		waited = cli_watch_wait(&watch, &is_failed);
		if (waited == CLI_WATCH_ENDED)
			break;
		if (waited == CLI_WATCH_LOOK) {
			watch_anew(reloading, &watch, NULL);
			if (watch.is_lacking || !was_lacking)
				continue;
		}
		states = find_states(reloading);
		if (states)
			reload_states(reloading, states, NULL);
		watch_anew(reloading, &watch, NULL);
	}
	is_failed |= ferror(stdout);
	cli_watch_close(&watch);
	return is_failed ? CLI_TROUBLE : CLI_OK;
}

/*
 * The call.
 */
static bool read_operand(struct reloading *reloading, const char *text, char path[PATH_MAX])
{
	if (reloading->call.values[CLI_STATES_STATE]) {
		cli_error("%s: --state %s says already what is to be reloaded", text, reloading->call.values[CLI_STATES_STATE]);
		return false;
	}
	if (text[0] && strspn(text, "0123456789") == strlen(text)) {
		reloading->call.values[CLI_STATES_STATE] = text;
		return true;
	}
	if (!realpath(text, path)) {
		cli_error("%s: %s", text, strerror(errno));
		return false;
	}
	reloading->script = path;
	return true;
}

static int run(const struct cli_call *call)
{
	struct reloading reloading = { .call = *call, .is_watching = call->values[OPT_WATCH] };
	char path[PATH_MAX];
	uint32_t state;
	json_t *states;

	if (call->noperands && !read_operand(&reloading, call->operands[0], path))
		return CLI_TROUBLE;
	if (!reloading.script && !reloading.call.values[CLI_STATES_STATE])
		reloading.call.values[CLI_STATES_STATE] = "0";
	if (!cli_number(&reloading.call, CLI_STATES_STATE, 0, UINT32_MAX, 0, &state))
		return CLI_TROUBLE;
	if (!reloading.script && !reloading.is_watching)
		return reload_states(&reloading, json_pack("[{s:I}]", "state", (json_int_t)state), call->values[CLI_STATES_NETNS]);
	states = find_states(&reloading);
	if (!states)
		return CLI_TROUBLE;
	return reloading.is_watching ? watch_states(&reloading, states) : reload_states(&reloading, states, NULL);
}

const struct cli_command cli_reload = {
	.name = "reload",
	.operands = "[STATE|SCRIPT]",
	.min = 0, .max = 1,
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
"STATE is a number. SCRIPT is a file: each state that has it is reloaded, whatever becomes of the others.\n"
"\n"
"With --watch the states are reloaded, and then again whenever a file of theirs changes, which 'packetscript list' names: in place, or by\n"
"another one that gets its name. A line for each reload says when it was and of which state; messages say what could not be loaded, and then\n"
"what was there goes on. It ends when it is interrupted, with 0.\n"
"\n"
"It needs root, or CAP_NET_ADMIN, like adding a rule.",
	.examples =
"  packetscript reload\n"
"  packetscript reload 3 --netns blue\n"
"  packetscript reload guard.lua --watch\n",
	.options = options,
	.run = run,
};
