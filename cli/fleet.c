/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript fleet: what a fleet's machines are to have, and what has become of it. */
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "depot.h"
#include "folder.h"
#include "host_user.h"
#include "result.h"
#include "target.h"
#include "trial.h"
#include "verbs.h"

#define SERVER_MS	10000
#define TRIAL_MS	60000	/* what scripts, and what tests may take */

enum { OPT_NOTE = CLI_TARGET_NEXT, OPT_RENEW, OPT_FORCE, OPT_JSON };

static const struct cli_option options[] = {
	CLI_TARGET_OPTIONS,
	{ "note", 0, "TEXT", "push, rollback: why, for 'status'" },
	{ "renew", 0, NULL, "push: times to live in tables that have not changed begin anew, too" },
	{ "force", 0, NULL, "push: though it fails its check here; machines check it themselves" },
	{ "json", 0, NULL, "what was done, or is there, as JSON, on one line" },
	{ NULL },
};

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* NULL, after a message: it has no room in a revision. */
static char *note_of(const struct cli_call *call)
{
	const char *note = call->values[OPT_NOTE] ? call->values[OPT_NOTE] : "";
	json_t *text = json_string(note);
	const char *c;
	bool fits = text && strlen(note) <= 256;

	for (c = note; *c; c++)
		fits &= (unsigned char)*c >= ' ' && *c != 127;
	json_decref(text);
	if (!fits)
		cli_error("--note: is one line of UTF-8, and 256 bytes at most");
	return fits ? strdup(note) : NULL;
}

/* Who pushes, and where. */
static char *who(void)
{
	const struct passwd *user = getpwuid(getuid());
	char host[128] = "", *text = NULL;

	gethostname(host, sizeof(host) - 1);
	return asprintf(&text, "%.64s@%.128s", user ? user->pw_name : "somebody", host) < 0 ? NULL : text;
}

static int tell_made(const struct cli_call *call, const struct ps_revision *revision, long long sent)
{
	if (call->values[OPT_JSON])
		ps_result_line(stdout, json_pack("{s:I, s:I, s:I, s:I, s:I}", "revision", (json_int_t)revision->number, "parent",
						 (json_int_t)revision->parent, "of", (json_int_t)revision->of, "files", (json_int_t)revision->n, "sent",
						 (json_int_t)sent));
	else if (revision->of)
		printf("revision %lld: what revision %lld was\n", revision->number, revision->of);
	else
		printf("revision %lld: %zu files, %lld bytes sent\n", revision->number, revision->n, sent);
	return CLI_OK;
}

/* Makes it the next one after parent, for which everybody may have waited since ps_depot_begin(). */
static int publish(struct ps_depot *depot, const struct cli_call *call, struct ps_revision *revision, long long parent, long long sent)
{
	long long head = 0;
	int failed;

	revision->number = parent + 1;
	revision->parent = parent;
	revision->time = now_ms();
	revision->by = who();
	revision->note = note_of(call);
	if (!revision->note)
		return CLI_TROUBLE;
	failed = ps_depot_publish(depot, revision);
	if (!failed)
		return tell_made(call, revision, sent);
	if (failed > 0 && !ps_depot_head(depot, &head)) {
		cli_error("somebody else has made revision %lld meanwhile: nothing has changed; look at it, and push again", head);
		return CLI_FOUND;
	}
	return cli_error("%s", depot->error);
}

/*
 * push
 */

/* Times to live go on in tables that are as they were. */
static void keep_times(struct ps_revision *revision, const struct ps_revision *parent, bool renew)
{
	const struct ps_file *before;
	long long now = now_ms();
	size_t i;

	for (i = 0; i < revision->n; i++) {
		if (ps_file_kind(revision->files[i].name) != PS_FILE_TABLE)
			continue;
		before = ps_revision_find(parent, revision->files[i].name);
		revision->files[i].from = !renew && before && before->from && !strcmp(before->digest, revision->files[i].digest) ? before->from : now;
	}
}

static int try_it(const struct cli_call *call, const struct ps_revision *revision, const char *folder)
{
	const struct cli_trial trial = { revision, folder, TRIAL_MS, -1 };
	char error[4096];

	if (!cli_trial_run(&trial, error, sizeof(error)))
		return CLI_OK;
	cli_error("%s: %s", folder, error);
	if (call->values[OPT_FORCE])
		return CLI_OK;
	cli_error("%s: nothing was pushed, as it fails its check", folder);
	return CLI_FOUND;
}

static int push(struct ps_depot *depot, const struct cli_call *call)
{
	struct ps_revision revision = { .number = 0 }, parent = { .number = 0 };
	char error[1024], folder[PATH_MAX];
	long long head, sent = 0;
	int status = CLI_OK;

	if (!realpath(call->operands[1], folder))
		return cli_error("%s: %s", call->operands[1], strerror(errno));
	if (ps_depot_begin(depot, &head))
		return cli_error("%s", depot->error);
	/* a revision that cannot be read is one to be replaced */
	if (head && ps_depot_revision(depot, head, &parent, NULL)) {
		if (!ps_depot_is_open(depot))
			return cli_error("%s", depot->error);
		cli_error("%s", depot->error);
	}
	if (ps_folder_read(&revision, folder, error, sizeof(error)))
		status = cli_error("%s", error);
	if (!status)
		status = try_it(call, &revision, folder);
	if (!status && ps_folder_send(depot, &revision, folder, &sent, error, sizeof(error)))
		status = cli_error("%s", error);
	if (!status) {
		keep_times(&revision, &parent, call->values[OPT_RENEW]);
		status = publish(depot, call, &revision, head, sent);
	}
	ps_revision_clean(&revision);
	ps_revision_clean(&parent);
	return status;
}

/*
 * rollback
 */

/* The number that is called for, or of what was there before the head. 0, after a message. */
static long long target_of(struct ps_depot *depot, const struct cli_call *call, long long head)
{
	struct ps_revision at = { .number = 0 };
	long long number = head, of;
	char *end;

	if (call->noperands > 1) {
		number = strtoll(call->operands[1], &end, 10);
		if (number > 0 && number <= head && !*end)
			return number;
		cli_error("%s: is no number of a revision from 1 to %lld", call->operands[1], head);
		return 0;
	}
	/* what the head repeats was not the last thing that somebody pushed: what was before that is meant */
	do {
		ps_revision_clean(&at);
		if (ps_depot_revision(depot, number, &at, NULL)) {
			cli_error("%s", depot->error);
			ps_revision_clean(&at);
			return 0;
		}
		of = at.of;
		number = of ? of : at.parent;
	} while (of);
	ps_revision_clean(&at);
	if (!number)
		cli_error("there is no revision before that");
	return number;
}

static int rollback(struct ps_depot *depot, const struct cli_call *call)
{
	struct ps_revision revision = { .number = 0 };
	long long head, number;
	int status;

	if (ps_depot_begin(depot, &head))
		return cli_error("%s", depot->error);
	if (!head)
		return cli_error("nothing has been pushed yet");
	number = target_of(depot, call, head);
	if (!number)
		return CLI_TROUBLE;
	if (ps_depot_revision(depot, number, &revision, NULL))
		status = cli_error("%s", depot->error);
	else {
		free(revision.by);
		free(revision.note);
		revision.by = revision.note = NULL;
		revision.of = number;
		status = publish(depot, call, &revision, head, 0);
	}
	ps_revision_clean(&revision);
	return status;
}

/*
 * status
 */

/* What a machine is, when it has said that some time ago. */
static const char *state_of(const json_t *said, long long head, long long age)
{
	const char *state = json_string_value(json_object_get(said, "state"));
	long long heartbeat = json_integer_value(json_object_get(said, "heartbeat")), busy = json_integer_value(json_object_get(said, "busy"));

	if (!state)
		return "error";
	if (age > 3 * (heartbeat > 0 && heartbeat <= 3600000 ? heartbeat : 5000) + 2000 + (busy > 0 && busy <= 4000000 ? busy : 0))
		return "gone";
	if (!strcmp(state, "error") || !strcmp(state, "drift") || !strcmp(state, "taking"))
		return state;
	return json_integer_value(json_object_get(said, "revision")) == head ? "ok" : "behind";
}

struct telling {
	json_t *machines;
	long long head;
};

/* A key that no agent has written is no machine's. */
static void add_machine(void *context, const char *name, const char *text, long long age)
{
	struct telling *telling = context;
	json_t *said = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	const char *error = json_string_value(json_object_get(said, "error"));

	if (cli_machine_wrong(name)) {
		json_decref(said);
		return;
	}
	if (!json_is_object(said))
		error = "what it has written is no JSON";
	else if (error && !error[0])
		error = NULL;
	json_array_append_new(telling->machines,
			      json_pack("{s:o, s:s, s:I, s:I, s:I, s:I, s:o}", "machine", ps_result_text(name), "state",
					json_is_object(said) ? state_of(said, telling->head, age) : "error", "revision",
					json_integer_value(json_object_get(said, "revision")), "wanted", (json_int_t)telling->head, "drifts",
					json_integer_value(json_object_get(said, "drifts")), "age", (json_int_t)age, "error",
					error ? ps_result_text(error) : json_null()));
	json_decref(said);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(json_string_value(json_object_get(*(json_t *const *)a, "machine")), json_string_value(json_object_get(*(json_t *const *)b, "machine")));
}

/* Each once: the server may tell of a key several times. */
static void sort(json_t *machines)
{
	size_t n = json_array_size(machines), i;
	json_t **list = calloc(n + 1, sizeof(*list));

	for (i = 0; list && i < n; i++)
		list[i] = json_incref(json_array_get(machines, i));
	if (list) {
		qsort(list, n, sizeof(*list), by_name);
		json_array_clear(machines);
	}
	for (i = 0; list && i < n; i++) {
		if (!i || by_name(&list[i - 1], &list[i]))
			json_array_append(machines, list[i]);
	}
	for (i = 0; list && i < n; i++)
		json_decref(list[i]);
	free(list);
}

static void print_head(const struct ps_revision *head)
{
	char at[64];

	ps_result_time(at, sizeof(at), head->time * 1000000ull);
	printf("revision %lld, %s, by ", head->number, at);
	ps_user_print(stdout, head->by[0] ? head->by : "nobody");
	if (head->of)
		printf(", as revision %lld", head->of);
	printf(": %zu files", head->n);
	if (head->note[0]) {
		printf(" (");
		ps_user_print(stdout, head->note);
		putchar(')');
	}
	putchar('\n');
}

static void print_machine(const json_t *machine)
{
	const char *error = json_string_value(json_object_get(machine, "error")), *c;
	char line[512] = "";
	size_t n = 0;

	printf("%-20s %-7s revision %-6lld %5lld s ago", json_string_value(json_object_get(machine, "machine")),
	       json_string_value(json_object_get(machine, "state")), (long long)json_integer_value(json_object_get(machine, "revision")),
	       (long long)json_integer_value(json_object_get(machine, "age")) / 1000);
	if (json_integer_value(json_object_get(machine, "drifts")))
		printf("  drifted %lld times", (long long)json_integer_value(json_object_get(machine, "drifts")));
	/* its first line; the whole is in the JSON */
	for (c = error ? error : ""; *c && *c != '\n' && n + 1 < sizeof(line); c++)
		line[n++] = *c;
	line[n] = 0;
	if (n) {
		printf("  ");
		ps_user_print(stdout, line);
	}
	putchar('\n');
}

static int tell_status(const struct cli_call *call, const struct ps_revision *head, json_t *machines)
{
	const json_t *machine;
	int status = CLI_OK;
	size_t i;

	sort(machines);
	json_array_foreach(machines, i, machine) {
		if (strcmp(json_string_value(json_object_get(machine, "state")), "ok"))
			status = CLI_FOUND;
	}
	if (call->values[OPT_JSON]) {
		ps_result_line(stdout, json_pack("{s:I, s:I, s:o, s:o, s:I, s:O}", "revision", (json_int_t)head->number, "of", (json_int_t)head->of,
						 "by", ps_result_text(head->by ? head->by : ""), "note", ps_result_text(head->note ? head->note : ""),
						 "time", (json_int_t)head->time, "machines", machines));
		return status;
	}
	if (head->number)
		print_head(head);
	else
		puts("nothing has been pushed yet");
	json_array_foreach(machines, i, machine)
		print_machine(machine);
	return status;
}

static int show(struct ps_depot *depot, const struct cli_call *call)
{
	struct ps_revision head = { .number = 0 };
	struct telling telling = { NULL, 0 };
	int status;

	if (ps_depot_head(depot, &telling.head))
		return cli_error("%s", depot->error);
	telling.machines = json_array();
	if (telling.head && ps_depot_revision(depot, telling.head, &head, NULL))
		status = cli_error("%s", depot->error);
	else if (ps_depot_machines(depot, add_machine, &telling))
		status = cli_error("%s", depot->error);
	else
		status = tell_status(call, &head, telling.machines);
	json_decref(telling.machines);
	ps_revision_clean(&head);
	return status;
}

static const struct verb {
	const char *name, *operands;
	int min, max;
	int (*run)(struct ps_depot *depot, const struct cli_call *call);
} verbs[] = {
	{ "status", "", 0, 0, show },
	{ "push", "DIR", 1, 1, push },
	{ "rollback", "[N]", 0, 1, rollback },
};

#define NVERBS	(sizeof(verbs) / sizeof(verbs[0]))

static void print_words(void)
{
	size_t i;

	for (i = 0; i < NVERBS; i++)
		printf(" %s", verbs[i].name);
}

/* NULL, after a message. */
static const struct verb *verb_of(const struct cli_call *call)
{
	int n = call->noperands - 1;
	size_t i;

	for (i = 0; i < NVERBS; i++) {
		if (strcmp(verbs[i].name, call->operands[0]))
			continue;
		if (n < verbs[i].min)
			cli_error("fleet %s: %s is missing", verbs[i].name, verbs[i].operands);
		else if (n > verbs[i].max)
			cli_error("fleet %s: '%s' is one argument too many", verbs[i].name, call->operands[1 + verbs[i].max]);
		else
			return &verbs[i];
		return NULL;
	}
	cli_error("fleet %s: give status, push or rollback", call->operands[0]);
	return NULL;
}

static int run(const struct cli_call *call)
{
	const struct verb *verb = verb_of(call);
	struct cli_target target = { .prefix = NULL };
	struct ps_depot depot;
	int status = CLI_TROUBLE;

	/* of a connection that ends while something is written, the call says what is to be said */
	signal(SIGPIPE, SIG_IGN);
	if (verb && cli_target_read(&target, call, SERVER_MS)) {
		status = ps_depot_open(&depot, &target.wire, target.prefix) ? cli_error("%s", depot.error) : verb->run(&depot, call);
		ps_depot_close(&depot);
	}
	cli_target_clean(&target);
	return status;
}

const struct cli_command cli_fleet = {
	.name = "fleet",
	.operands = "status|push|rollback [DIR|N]",
	.min = 1, .max = 2,
	.summary = "says what machines with 'agent' are to have, and shows what they have",
	.about =
"'push DIR' makes a revision of a folder, and the agents of all machines that ask the store take it: scripts (*.lua) and what they read, their tests\n"
"(*_test.lua), " PS_HOOKS_FILE " with lines as in /etc/packetscript, but with names of scripts as they are in the folder, sets/NAME with what\n"
"'packetscript set NAME load' reads, shared/NAME with what 'packetscript shared NAME load' does. Before it leaves, scripts are checked, tests\n"
"run, and sets, tables and lines read; what fails is not pushed. What the store has already is not sent again. Of two pushes at once, the second\n"
"one is told that it lost, and exits with 1.\n"
"\n"
"'rollback' makes a revision that has what the one before had, or revision N. Numbers only grow.\n"
"\n"
"'status' shows the revision that is wanted, and each machine: ok; behind, it is not there yet; taking, it fetches or checks one; drift, it has something else and could not mend it;\n"
"error, it has refused the revision, goes on with the last good one, and says why; gone, it has not spoken for three heartbeats. It exits with 1 unless all are ok.\n"
"\n"
"Times to live in shared/NAME run from when the file was pushed first as it is: they go on over other pushes, restarts and rollbacks, unless\n"
"--renew is given.",
	.examples =
"  packetscript fleet push edge --redis rediss://deploy@store.example --password-file secret --note 'new blocklist'\n"
"  packetscript fleet status --json\n"
"  packetscript fleet rollback\n",
	.options = options,
	.print_words = print_words,
	.run = run,
};
