/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript restore: attaches what files say, as when the machine starts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "attach.h"
#include "conf.h"
#include "result.h"

enum { OPT_CHECK, OPT_DETACH, OPT_JSON, OPT_RELOAD, OPT_WAIT };

static const struct cli_option options[] = {
	{ "check", 0, NULL, "only says what is wrong with the lines, and attaches nothing" },
	{ "detach", 0, NULL, "detaches what the lines attach" },
	{ "json", 0, NULL, "an object for each line and what has become of it, a line each" },
	{ "reload", 0, NULL, "loads the scripts of states that are there anew, before it attaches what is not" },
	{ "wait", 'w', "SECONDS", "how long to wait for devices that are not there yet, 3600 at most (default: 0)" },
	{ NULL },
};

/* A line, and where it is. */
struct line {
	char *place, *text;
	bool is_empty;		/* it has no words */
	bool is_unread;		/* its words are wrong */
	bool is_later;		/* its device was not there */
};

struct restoring {
	enum cli_hook_action action;
	struct line *lines;
	size_t n, later;
	int status;		/* enum cli_exit: the worst until now */
	json_t *reloaded;	/* of cli_hook_line_do() */
	bool json;
	char *error;		/* with json: the first message about what is being done, or NULL */
};

/* Ends a line, or a file that has none: place says which, text is the line or NULL. */
static void end(struct restoring *r, const char *place, const char *text, int status)
{
	if (status > r->status)
		r->status = status;
	if (r->json)
		ps_result_line(stdout, json_pack("{s:o, s:o, s:b, s:o}", "place", ps_result_text(place), "line",
						 text ? ps_result_text(text) : json_null(), "done", !status, "error",
						 r->error ? ps_result_text(r->error) : json_null()));
	free(r->error);
	r->error = NULL;
}

static void add_line(struct restoring *r, const struct ps_conf *conf, size_t i)
{
	struct line *more = realloc(r->lines, (r->n + 1) * sizeof(*more));

	if (!more) {
		end(r, conf->path, NULL, cli_error("not enough memory"));
		return;
	}
	r->lines = more;
	r->lines[r->n] = (struct line){ .text = strdup(conf->lines[i]) };
	if (asprintf(&r->lines[r->n].place, "%s:%zu", conf->path, i + 1) < 0)
		r->lines[r->n].place = NULL;
	r->n++;
}

static void add_file(struct restoring *r, const char *path)
{
	struct ps_conf conf = { .path = NULL };
	bool is_read = !ps_conf_read(&conf, path);
	size_t i;

	if (!is_read)
		end(r, path, NULL, cli_error("%s", conf.path ? conf.error : "not enough memory"));
	for (i = 0; is_read && i < conf.n; i++)
		add_line(r, &conf, i);
	ps_conf_clean(&conf);
}

static void add_folder(struct restoring *r, const char *path)
{
	char error[512], **paths;
	int n = ps_conf_list(path, &paths, error, sizeof(error)), i;

	if (n < 0)
		end(r, path, NULL, cli_error("%s", error));
	for (i = 0; i < n; i++) {
		add_file(r, paths[i]);
		free(paths[i]);
	}
	free(paths);
}

static void add_path(struct restoring *r, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		end(r, path, NULL, cli_error("%s: %s", path, strerror(errno)));
	else if (S_ISDIR(st.st_mode))
		add_folder(r, path);
	else
		add_file(r, path);
}

/* Where nothing is to be restored, there is no folder. */
static void add_usual(struct restoring *r)
{
	struct stat st;

	if (!stat(PS_CONF_DIR, &st) || errno != ENOENT)
		add_path(r, PS_CONF_DIR);
}

/* Returns what cli_hook_line_do() does; CLI_OK of a line without words. */
static int do_words(const struct restoring *r, struct line *line, bool can_be_later)
{
	struct ps_conf_words words = { .text = NULL };
	const char *wrong = line->text && line->place ? ps_conf_cut(&words, line->text) : "not enough memory";
	int status = CLI_HOOK_UNREAD;

	if (wrong)
		cli_error("%s", wrong);
	else
		status = words.n ? cli_hook_line_do(words.n, words.words, r->action, can_be_later, r->reloaded) : CLI_OK;
	line->is_empty = !wrong && !words.n;
	free(words.text);
	return status;
}

static void do_line(struct restoring *r, struct line *line, bool can_be_later)
{
	int status;

	cli_error_at(line->place);
	status = do_words(r, line, can_be_later);
	cli_error_at(NULL);
	line->is_later = status == CLI_HOOK_LATER;
	line->is_unread = status == CLI_HOOK_UNREAD;
	if (line->is_unread)
		status = CLI_TROUBLE;
	if (line->is_later)
		r->later++;
	else if (!line->is_empty && (status || r->action != CLI_HOOK_RELOAD))
		end(r, line->place, line->text, status);
}

/* Does that with each line, but those that were told to be wrong. */
static void do_lines(struct restoring *r, enum cli_hook_action action, bool can_be_later)
{
	size_t i;

	r->action = action;
	for (i = 0; i < r->n; i++) {
		if (!r->lines[i].is_unread)
			do_line(r, &r->lines[i], can_be_later);
	}
}

/* Those whose device was not there, until it is, or for so many seconds. */
static void do_later(struct restoring *r, uint32_t seconds)
{
	static const struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };
	uint32_t tries = seconds * 10;
	size_t i;

	while (r->later) {
		nanosleep(&pause, NULL);
		tries--;
		r->later = 0;
		for (i = 0; i < r->n; i++) {
			if (r->lines[i].is_later)
				do_line(r, &r->lines[i], tries > 0);
		}
	}
}

static int restore(const struct cli_call *call)
{
	bool check = call->values[OPT_CHECK], detach = call->values[OPT_DETACH], reload = call->values[OPT_RELOAD];
	struct restoring r = { .status = CLI_OK };
	uint32_t seconds;
	size_t i;

	if (!cli_number(call, OPT_WAIT, 0, 3600, 0, &seconds))
		return CLI_TROUBLE;
	if (check + detach + reload > 1)
		return cli_error("--check, --detach and --reload: give one of them");
	r.json = call->values[OPT_JSON];
	cli_error_keep(r.json ? &r.error : NULL);
	for (i = 0; i < (size_t)call->noperands; i++)
		add_path(&r, call->operands[i]);
	if (!call->noperands)
		add_usual(&r);
	if (reload) {
		r.reloaded = json_object();
		do_lines(&r, CLI_HOOK_RELOAD, false);
	}
	do_lines(&r, check ? CLI_HOOK_CHECK : detach ? CLI_HOOK_DETACH : CLI_HOOK_ATTACH, seconds > 0);
	do_later(&r, seconds);
	cli_error_keep(NULL);
	for (i = 0; i < r.n; i++) {
		free(r.lines[i].place);
		free(r.lines[i].text);
	}
	free(r.lines);
	json_decref(r.reloaded);
	return r.status;
}

const struct cli_command cli_restore = {
	.name = "restore",
	.operands = "[FILE|FOLDER]…",
	.max = CLI_ANY,
	.summary = "attaches what files say, as when the machine starts",
	.about =
"Without operands these are the files " PS_CONF_DIR "/*.conf, by their names in order; they are what 'attach --persist' writes, and may be\n"
"written by hand. Each line is the word attach and what 'packetscript attach' is called with, and the script has its whole path; quotes and\n"
"backslashes are as in a shell, and what is behind a # is for people.\n"
"\n"
"A line that fails is told with file, line and reason. All others are restored nevertheless, and the command exits with 1 if a script was at\n"
"fault, with 2 if something else was. What is attached already stays as it is. A file or a folder that others than root can write to is refused.\n"
"\n"
"With --reload, the scripts of states that lines name and that are there are loaded anew before, each state once. If they cannot be, that is told,\n"
"what was there goes on, and what is not there yet is attached nevertheless.\n"
"\n"
"packetscript.service, of systemd, does this before the network comes up: 'systemctl enable packetscript'. Of devices that are not there yet\n"
"it waits some seconds for those that ingress and egress name, after everything else is attached, and then the line fails.",
	.examples =
"  packetscript restore --check\n"
"  packetscript restore\n"
"  packetscript restore --reload\n"
"  systemctl status packetscript\n",
	.options = options,
	.run = restore,
};
