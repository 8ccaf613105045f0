/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript runtime, or lunatik: scripts in runtimes of their own in the kernel. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <editline/readline.h>

#include "cli.h"
#include "lunatik.h"
#include "module.h"

#define DRIVER	"lunatik_run"	/* the module without which there is no device */
#define BASE	"packetscript"	/* that on which all others are built */

/*
 * Modules.
 */
#define MODULE_NAME	56	/* bytes, as of the kernel */

struct modules {
	char names[CLI_MODULES_MAX][MODULE_NAME];
	int n;
};

static bool is_library(const char *name)
{
	return !strncmp(name, "lua", 3) || !strcmp(name, DRIVER) || !strcmp(name, BASE);
}

static void add_module(struct modules *modules, const char *name, size_t len)
{
	if (modules->n == CLI_MODULES_MAX || len >= MODULE_NAME)
		return;
	snprintf(modules->names[modules->n], MODULE_NAME, "%.*s", (int)len, name);
	if (is_library(modules->names[modules->n]))
		modules->n++;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Finds those that a file names, one in each line, by itself or by its path. */
static void find_modules(struct modules *modules, const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL, *name;
	size_t size = 0;

	modules->n = 0;
	while (f && getline(&line, &size, f) > 0) {
		line[strcspn(line, ": ")] = '\0';
		name = strrchr(line, '/');
		name = name ? name + 1 : line;
		add_module(modules, name, strcspn(name, "."));
	}
	free(line);
	if (f)
		fclose(f);
}

/* Those that are installed for this kernel, in whatever folder: what depmod(8) has found. */
static void find_installed(struct modules *modules)
{
	struct utsname kernel;
	char path[512];

	uname(&kernel);
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", kernel.release);
	find_modules(modules, path);
	qsort(modules->names, modules->n, MODULE_NAME, by_name);
}

/* Those that are loaded, the last one first, so that none is used by one behind it. */
static void find_loaded(struct modules *modules)
{
	find_modules(modules, "/proc/modules");
}

static bool is_in(const struct modules *modules, const char *name)
{
	int i;

	for (i = 0; i < modules->n; i++) {
		if (!strcmp(modules->names[i], name))
			return true;
	}
	return false;
}

static bool is_loaded(const char *name)
{
	struct modules loaded;

	find_loaded(&loaded);
	return is_in(&loaded, name);
}

static int load(void)
{
	return is_loaded(DRIVER) || cli_modprobe("-q", DRIVER) ? CLI_OK : cli_module_missing(DRIVER);
}

static int count(const char *text, char c)
{
	int n = 0;

	for (; *text; text++)
		n += *text == c;
	return n;
}

/*
 * Whether something uses one of them; modules count as that only with by_modules. /proc/modules has how many use one in its third column, and which
 * modules are among these in its fourth.
 */
static bool are_used(const struct modules *modules, bool by_modules)
{
	FILE *f = fopen("/proc/modules", "re");
	char name[MODULE_NAME], by[1024];
	bool used = false;
	int users;

	while (f && !used && fscanf(f, "%55s %*s %d %1023s %*[^\n]", name, &users, by) == 3)
		used = is_in(modules, name) && users > (by_modules ? 0 : count(by, ','));
	if (f)
		fclose(f);
	return used;
}

/* What had a device open when its runtime ended closes it soon. */
#define PATIENCE_MS	3000
#define STEP_MS		10

/* Unloads modules, with one command for all, as it takes some time to start. */
static int unload_modules(const struct modules *modules)
{
	const char *names[CLI_MODULES_MAX];
	int i, ms;

	if (!modules->n)
		return CLI_OK;
	for (ms = 0; ms < PATIENCE_MS && are_used(modules, false); ms += STEP_MS)
		usleep(STEP_MS * 1000);
	for (i = 0; i < modules->n; i++)
		names[i] = modules->names[i];
	if (cli_modprobe_all("-r", names, modules->n))
		return CLI_OK;
	return cli_error("modprobe -r has not unloaded all%s", geteuid() ? ": this takes root" : "; the kernel's log may say more (dmesg)");
}

/*
 * Threads keep their runtimes, whatever becomes of the driver: so those are ended first. Without a device there is nobody to
 * ask.
 */
static void end_runtimes(void)
{
	char *text;

	ps_lunatik_run("require('lunatik.runner').shutdown()", &text);
	free(text);
}

/* The driver's end is that of all other runtimes. packetscript itself stays if rules or hooks use it. */
static int unload(void)
{
	const struct modules driver = { .names = { DRIVER }, .n = 1 }, base = { .names = { BASE }, .n = 1 };
	struct modules loaded;
	int i, n = 0, status;

	if (is_loaded(DRIVER)) {
		end_runtimes();
		if (unload_modules(&driver))
			return CLI_TROUBLE;
	}
	find_loaded(&loaded);
	for (i = 0; i < loaded.n; i++) {
		if (strcmp(loaded.names[i], BASE))
			memmove(loaded.names[n++], loaded.names[i], MODULE_NAME);
	}
	loaded.n = n;
	status = unload_modules(&loaded);
	return status || !is_loaded(BASE) || are_used(&base, true) ? status : unload_modules(&base);
}

static int reload(void)
{
	int status = unload();

	return status ? status : load();
}

static int show_status(void)
{
	struct modules installed, loaded;
	int i;

	find_installed(&installed);
	find_loaded(&loaded);
	for (i = 0; i < installed.n; i++)
		printf("%-20s %s\n", installed.names[i], is_in(&loaded, installed.names[i]) ? "loaded" : "not loaded");
	return CLI_OK;
}

/*
 * Lines for the kernel.
 */

/* Prints what came of them, and returns the exit code. */
static int show(enum ps_answer answer, char *text)
{
	int status = answer == PS_ANSWER_VALUES ? CLI_OK : answer == PS_ANSWER_NONE ? CLI_TROUBLE : CLI_FOUND;

	if (!text)
		return cli_error("not enough memory");
	if (status)
		cli_error("%s", text);
	else if (*text)
		puts(text);
	free(text);
	return status;
}

static int run_line(const char *line)
{
	char *text;
	enum ps_answer answer;

	if (load())
		return CLI_TROUBLE;
	answer = ps_lunatik_run(line, &text);
	return show(answer, text);
}

/* What a name may consist of, which then can stand between quotes. */
static bool is_name(const char *text)
{
	for (; *text; text++) {
		if (!isalnum((unsigned char)*text) && !strchr("_-./+", *text))
			return false;
	}
	return true;
}

static int call_runner(const char *format, const char *script, const char *context)
{
	char line[512];

	if (!*script || strlen(script) > 120 || !is_name(script))
		return cli_error("'%s' cannot be the name of a script: it is one below /lib/modules/lua, without '.lua'", script);
	snprintf(line, sizeof(line), format, script, context);
	return run_line(line);
}

static const char *const contexts[][2] = {
	{ "true", "true" }, { "false", "false" }, { "process", "'process'" }, { "softirq", "'softirq'" }, { "hardirq", "'hardirq'" },
};

/* As Lua has it; NULL: there is no such context. */
static const char *to_context(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(contexts) / sizeof(*contexts); i++) {
		if (!strcmp(contexts[i][0], word))
			return contexts[i][1];
	}
	return NULL;
}

static int start(const char *format, const struct cli_call *call)
{
	const char *word = call->noperands > 2 ? call->operands[2] : "true", *context = to_context(word);

	if (!context)
		return cli_error("'%s' is no context: true or process, false or softirq, hardirq", word);
	return call_runner(format, call->operands[1], context);
}

static int run_script(const struct cli_call *call)
{
	return start("require('lunatik.runner').run('%s', %s)", call);
}

static int spawn_script(const struct cli_call *call)
{
	return start("require('lunatik.runner').spawn('%s', %s)", call);
}

static int stop_script(const struct cli_call *call)
{
	return call_runner("require('lunatik.runner').stop('%s')", call->operands[1], "");
}

static int list(const struct cli_call *call)
{
	(void)call;
	return is_loaded(DRIVER) ? run_line("return require('lunatik.runner').list()") : CLI_OK;
}

/*
 * Lines from a terminal, or another file.
 */
#define HISTORY	".lunatik_history"

static char *history_path(void)
{
	const char *home = getenv("HOME");
	char *path;

	return home && asprintf(&path, "%s/" HISTORY, home) >= 0 ? path : NULL;
}

static char *read_line(bool is_terminal, const char *prompt)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	if (is_terminal)
		return readline(prompt);
	n = getline(&line, &size, stdin);
	if (n < 0) {
		free(line);
		return NULL;
	}
	line[strcspn(line, "\n")] = 0;
	return line;
}

/* Adds a line to those that were not complete. NULL: no memory. */
static char *append(char *lines, const char *line)
{
	char *both;

	if (asprintf(&both, "%s%s%s", lines ? lines : "", lines ? "\n" : "", line) < 0)
		both = NULL;
	free(lines);
	return both;
}

/* Reads and runs until the end. */
static int converse(bool is_terminal)
{
	char *lines = NULL, *line, *text;
	enum ps_answer answer;
	int status = CLI_OK;

	while ((line = read_line(is_terminal, lines ? ">> " : "> "))) {
		lines = append(lines, line);
		free(line);
		if (!lines)
			return cli_error("not enough memory");
		if (!*lines)
			continue;
		answer = ps_lunatik_run(lines, &text);
		if (answer == PS_ANSWER_INCOMPLETE) {
			free(text);
			continue;
		}
		if (is_terminal)
			add_history(lines);
		status = show(answer, text);
		free(lines);
		lines = NULL;
	}
	if (lines && *lines) {
		cli_error("the last line is not complete: %s", lines);
		status = CLI_FOUND;
	}
	free(lines);
	return status;
}

static int repl(void)
{
	const bool is_terminal = isatty(STDIN_FILENO);
	char *path = is_terminal ? history_path() : NULL;
	int status;

	if (load())
		return CLI_TROUBLE;
	if (is_terminal) {
		puts("Lunatik 3.5  PacketScript " PS_VERSION ", Lua 5.4-kernel. Each line runs in the kernel. Ctrl-D ends this.");
		using_history();
		if (path)
			read_history(path);
	}
	status = converse(is_terminal);
	if (is_terminal)
		putchar('\n');
	if (path)
		write_history(path);
	free(path);
	return status;
}

/*
 * Verbs.
 */
static int do_load(const struct cli_call *call) { (void)call; return load(); }
static int do_unload(const struct cli_call *call) { (void)call; return unload(); }
static int do_reload(const struct cli_call *call) { (void)call; return reload(); }
static int do_status(const struct cli_call *call) { (void)call; return show_status(); }

static const struct verb {
	const char *name;
	int min, max;	/* how many operands it has */
	int (*run)(const struct cli_call *call);
} verbs[] = {
	{ "load", 0, 0, do_load },
	{ "unload", 0, 0, do_unload },
	{ "reload", 0, 0, do_reload },
	{ "status", 0, 0, do_status },
	{ "list", 0, 0, list },
	{ "run", 1, 2, run_script },
	{ "spawn", 1, 2, spawn_script },
	{ "stop", 1, 1, stop_script },
};

static void print_verbs(void)
{
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		printf(" %s", verbs[i].name);
}

static int run(const struct cli_call *call)
{
	const int n = call->noperands - 1;
	const struct verb *verb = verbs, *end = verbs + sizeof(verbs) / sizeof(*verbs);

	if (!call->noperands)
		return repl();
	while (verb < end && strcmp(verb->name, call->operands[0]))
		verb++;
	if (verb == end)
		return cli_error("there is no '%s': load, unload, reload, status, list, run, spawn, stop, or nothing for lines", call->operands[0]);
	if (n < verb->min)
		return cli_error("%s: SCRIPT is missing", verb->name);
	if (n > verb->max)
		return cli_error("%s: '%s' is one argument too many", verb->name, call->operands[verb->max + 1]);
	return verb->run(call);
}

const struct cli_command cli_runtime = {
	.name = "runtime",
	.operands = "[load|unload|reload|status|list] [run|spawn|stop SCRIPT [CONTEXT]]",
	.min = 0, .max = 3,
	.summary = "scripts in the kernel that are not about packets; also called lunatik",
	.about =
"Runs scripts in Lua runtimes of their own in the kernel, for instance drivers of devices, with the interface of Lunatik. The command is also there under\n"
"that name: 'lunatik run passwd' is 'packetscript runtime run passwd'.\n"
"\n"
"  load    loads the modules; the other words but unload and status do it, too, if need be\n"
"  unload  ends all runtimes, and unloads the modules. packetscript stays if rules or hooks use it\n"
"  reload  both, one after the other\n"
"  status  says which modules are loaded\n"
"  list    names the scripts that run\n"
"  run     runs the script /lib/modules/lua/SCRIPT.lua in a new runtime, which stays until it is stopped\n"
"  spawn   the same, and a thread of the kernel goes on with the function that the script returns\n"
"  stop    ends the thread and the runtime of the script, whatever they are doing\n"
"\n"
"CONTEXT is where the runtime is called: true or 'process' (as without it), where functions may sleep; false or 'softirq', for packets; 'hardirq', for\n"
"interrupts and probes.\n"
"\n"
"Without a word, lines are read and run in the kernel, and their values are printed; 'return' in front may be left out. Lines go on until what they say is complete. On a\n"
"terminal there is a history, in ~/" HISTORY ".\n"
"\n"
"It needs root. The exit code is 1 if the script, or the last line, has failed.",
	.examples =
"  lunatik run passwd\n"
"  lunatik spawn examples/echod/daemon\n"
"  lunatik list\n"
"  lunatik stop passwd\n"
"  echo 'return 42' | lunatik\n",
	.options = (const struct cli_option[]){ { NULL } },
	.print_words = print_verbs,
	.run = run,
};
