/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript check: what is wrong with scripts, without running them. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"
#include "cli.h"
#include "handle.h"
#include "host_user.h"
#include "lint.h"
#include "result.h"
#include "state.h"

enum { OPT_FUNCTION, OPT_MATCH, OPT_OBJECT, OPT_GLOBAL, OPT_WERROR, OPT_VERBOSE, OPT_JSON, OPT_QUIET };

static const struct cli_option options[] = {
	{ "function", 'f', "NAME", "the handler that must be there (default: any, best "
				   PS_STATE_FUNCTION ")" },
	{ "match", 0, NULL, "that is one of -m lua (default: " PS_STATE_MATCH "), which returns true or false" },
	{ "object", 0, "OBJECT", "what handlers get: raw, eth, arp, ip or ip6 (default: raw)", CLI_OBJECTS },
	{ "global", 'g', "NAMES", "globals, as a,b, that other scripts of the same state define" },
	{ "werror", 'W', NULL, "exit with 1 after warnings, too" },
	{ "verbose", 'v', NULL, "name the handlers" },
	{ "json", 0, NULL, "an object for each script, a line each" },
	{ "quiet", 'q', NULL, "no summary" },
	{ NULL },
};

#define GIVEN_MAX	256	/* names of --global */
#define GLOBALS_MAX	2048	/* with those of the script and its modules */

struct job {
	struct ps_lint_options options;
	bool verbose, json;
	unsigned int handlers, warnings, errors;
	json_t *findings, *names;	/* of the script that is being checked */
	/* Of that script and its modules: the globals they assign, and which modules give a table. */
	const char **globals;
	size_t nglobals;
	struct ps_bundle bundle;
	bool is_table[1 + PS_MODULES_MAX];
	char **seen;		/* modules that have been reported */
	size_t nseen;
};

static const char *const severities[] = {
	[PS_NOTE] = "note",
	[PS_WARNING] = "warning",
	[PS_ERROR] = "error",
};

static void print_finding(const struct ps_finding *f)
{
	ps_user_print(stdout, f->path);
	if (f->line)
		printf(":%d", f->line);
	printf(": %s: %s [%s]\n", severities[f->severity], f->message, f->kind);
}

static void add_finding(struct job *job, const struct ps_finding *f)
{
	if (f->name)
		json_array_append_new(job->names,
				      json_pack("{s:s, s:i}", "name", f->name, "line", f->line));
	else
		json_array_append_new(job->findings,
				      json_pack("{s:o, s:s, s:s, s:s}", "line",
						f->line ? json_integer(f->line) : json_null(),
						"severity", severities[f->severity], "kind", f->kind,
						"message", f->message));
}

static void take_finding(void *context, const struct ps_finding *f)
{
	struct job *job = context;

	job->handlers += f->name != NULL;
	job->warnings += f->severity == PS_WARNING;
	job->errors += f->severity == PS_ERROR;
	if (job->json)
		add_finding(job, f);
	else if (!f->name || job->verbose)
		print_finding(f);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text);

	return len >= strlen(end) && !strcmp(text + len - strlen(end), end);
}

static bool is_readable(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, R_OK);
}

static void drop_finding(void *context, const struct ps_finding *f)
{
	(void)context;
	(void)f;
}

/* More than fit are other scripts' mistakes to find. */
static void take_global(void *context, const char *name)
{
	struct job *job = context;
	char *copy = job->nglobals < GLOBALS_MAX ? strdup(name) : NULL;

	if (copy)
		job->globals[job->nglobals++] = copy;
}

/* Whether this part of the bundle is one, or the script; others are no Lua. */
static bool is_module(const struct job *job, int part)
{
	return job->bundle.part[part]->kind == PS_PART_MODULE;
}

static bool gives_table(void *context, const char *module)
{
	const struct job *job = context;
	int i;

	for (i = 1; i < job->bundle.n; i++) {
		if (is_module(job, i) && !strcmp(job->bundle.part[i]->name, module))
			return job->is_table[i];
	}
	return false;
}

/* What is wrong with what the script requires, as an error of the line that does it. */
static void report_module(struct job *job, const char *path, const char *error)
{
	struct ps_finding f = { path, 0, PS_ERROR, "require", error, NULL };
	size_t len = strlen(path);
	char *end;

	if (!strncmp(error, path, len) && error[len] == ':') {
		f.line = strtol(error + len + 1, &end, 10);
		f.message = end + strspn(end, ": ");
	}
	take_finding(job, &f);
}

/* A part of the bundle, the script itself or one of its modules; path: of its file. */
static int lint_part(struct job *job, int part, const char *path, bool is_told)
{
	struct ps_lint_options options = job->options;
	char error[PS_SCRIPT_ERROR_SIZE + 64];
	size_t len;
	char *text = ps_script_read(path, &len, error, sizeof(error));
	int err;

	if (!text)
		return -1;
	options.is_test = ends_with(path, "_test.lua");
	options.is_module = part > 0;
	options.globals = job->globals;
	options.nglobals = job->nglobals;
	options.gives_table = gives_table;
	options.context = job;
	if (!is_told) {
		options.take_global = take_global;
		options.is_table = &job->is_table[part];
	}
	if (part)
		options.function = NULL;
	err = ps_lint(path, text, len, &options, is_told ? take_finding : drop_finding, job);
	free(text);
	return err;
}

static bool is_seen(struct job *job, const char *path)
{
	char **seen;
	size_t i;

	for (i = 0; i < job->nseen; i++) {
		if (!strcmp(job->seen[i], path))
			return true;
	}
	seen = realloc(job->seen, (job->nseen + 1) * sizeof(*seen));
	if (!seen)
		return false;
	job->seen = seen;
	seen[job->nseen] = strdup(path);
	job->nseen += seen[job->nseen] != NULL;
	return false;
}

static void begin_result(struct job *job)
{
	if (!job->json)
		return;
	job->findings = json_array();
	job->names = json_array();
}

static void end_result(struct job *job, const char *path)
{
	if (job->json)
		ps_result_line(stdout, json_pack("{s:o, s:o, s:o}", "script", ps_result_text(path),
						 "handlers", job->names, "findings", job->findings));
}

/* What scripts and modules need to know of each other is looked at first. error: what is wrong with the modules, or NULL. */
static int check_parts(struct job *job, const char *path, const char *error)
{
	const size_t given = job->nglobals;
	int i, err = 0;

	for (i = job->bundle.n - 1; job->bundle.n > 1 && i >= 0 && !err; i--) {
		if (is_module(job, i))
			err = lint_part(job, i, i ? job->bundle.part[i]->path : path, false);
	}
	if (!err)
		err = lint_part(job, 0, path, true);
	if (error)
		report_module(job, path, error);
	end_result(job, path);
	for (i = 1; i < job->bundle.n && !err; i++) {
		if (!is_module(job, i) || is_seen(job, job->bundle.part[i]->path))
			continue;
		begin_result(job);
		err = lint_part(job, i, job->bundle.part[i]->path, true);
		end_result(job, job->bundle.part[i]->path);
	}
	while (job->nglobals > given)
		free((char *)job->globals[--job->nglobals]);
	return err;
}

static int check_script(struct job *job, const char *path)
{
	char error[PS_SCRIPT_ERROR_SIZE + 64];
	bool is_wrong;
	char *text;
	size_t len;
	int err;

	text = ps_script_read(path, &len, error, sizeof(error));
	if (!text) {
		cli_error("%s", error);
		return is_readable(path) ? CLI_FOUND : CLI_TROUBLE;
	}
	begin_result(job);
	/* a syntax error of the script itself the checker tells better */
	is_wrong = !ps_script_check(path, text, len, error, sizeof(error)) &&
		   ps_bundle_read(&job->bundle, path, text, len, PS_SCRIPT_MEMORY, error, sizeof(error));
	if (is_wrong)
		ps_bundle_clean(&job->bundle);
	free(text);
	err = check_parts(job, path, is_wrong ? error : NULL);
	ps_bundle_clean(&job->bundle);
	return err ? cli_error("%s: not enough memory", path) : CLI_OK;
}

/* Splits "a,b" into names, in place. False: there are too many. */
static bool split(char *text, const char **names, size_t max, size_t *count)
{
	char *name;

	while ((name = strsep(&text, ", "))) {
		if (!*name)
			continue;
		if (*count == max)
			return false;
		names[(*count)++] = name;
	}
	return true;
}

static void print_count(unsigned int count, const char *what, const char *after)
{
	fprintf(stderr, "%u %s%s%s", count, what, count == 1 ? "" : "s", after);
}

static int check(const struct cli_call *call)
{
	const char *const *values = call->values, *globals[GLOBALS_MAX];
	char *list = strdup(values[OPT_GLOBAL] ? values[OPT_GLOBAL] : "");
	struct job job = {
		.options = { .function = values[OPT_FUNCTION], .is_match = values[OPT_MATCH] },
		.globals = globals,
		.verbose = values[OPT_VERBOSE],
		.json = values[OPT_JSON],
	};
	int i, status = CLI_OK, each;

	if (!ps_handle_object(call, OPT_OBJECT, &job.options.given)) {
		free(list);
		return CLI_TROUBLE;
	}
	if (!list || ps_user_watch_start()) {
		free(list);
		return cli_error("check: %s", strerror(errno));
	}
	if (!split(list, globals, GIVEN_MAX, &job.nglobals))
		status = cli_error("--global: more than %d names; leave some out", GIVEN_MAX);
	for (i = 0; i < call->noperands && (i || !status); i++) {
		each = check_script(&job, call->operands[i]);
		if (each > status)
			status = each;
	}
	free(list);
	while (job.nseen)
		free(job.seen[--job.nseen]);
	free(job.seen);
	if (!values[OPT_QUIET] && i) {
		fflush(stdout);
		print_count(i, "script", ": ");
		print_count(job.handlers, "handler", ", ");
		print_count(job.errors, "error", ", ");
		print_count(job.warnings, "warning", "\n");
	}
	if (!status && (job.errors || (values[OPT_WERROR] && job.warnings)))
		status = CLI_FOUND;
	return status;
}

const struct cli_command cli_check = {
	.name = "check",
	.operands = "SCRIPT…",
	.min = 1, .max = CLI_ANY,
	.summary = "finds mistakes in scripts without running them",
	.about =
"Compiles each script as a rule would, and follows its code: names that nobody defines, fields and methods\n"
"that a header does not have, values that do not fit, comparisons that are never true, payloads that a\n"
"protocol never carries, what may be nil and is used without a test, ways through a handler that end without\n"
"a verdict, loops that never end, globals for want of 'local', arithmetic that needs floats.\n"
"\n"
"Findings are lines such as \"dnat.lua:5: warning: packet_ip has no field 'tttl'; did you mean 'ttl'?\n"
"[unknown-field]\", which editors understand. An error is what a rule would be refused for. Exits with 1\n"
"if there are errors, with --werror also if there are warnings.\n"
"\n"
"Files called *_test.lua are tests, which have no handler, and the globals of 'packetscript test'.\n"
"\n"
"What is not sure is not said: no finding does not mean no mistake.",
	.examples =
"  packetscript check *.lua\n"
"  packetscript check -f process_packet_snat -W nat.lua\n",
	.options = options,
	.run = check,
};
