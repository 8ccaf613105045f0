/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "trial.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "folder.h"
#include "hooklines.h"

/* A trial, and when it has to be over, by cli_now_ms(). */
struct trying {
	const struct cli_trial *of;
	long long until;
};

/* A command, and what it said if it failed. Returns as cli_trial_run(). */
static int run(const struct trying *trying, const char *const *args, const char *what, char *error, size_t size)
{
	long long left = trying->until - cli_now_ms();
	const struct cli_child child = { args, left > 1 ? left : 1, true, trying->of->stop };
	char text[3072];
	int status = cli_child_run(&child, text, sizeof(text));

	if (!status)
		return 0;
	snprintf(error, size, "%s%s%s", what, what[0] ? ": " : "", text);
	return status == CLI_CHILD_ENDED ? -1 : 1;
}

/* Files of this kind, as arguments behind those that are there; NULL behind them. Returns how many. */
static size_t add_files(const struct trying *trying, enum ps_file_kind kind, const char **args)
{
	char path[PATH_MAX];
	size_t i, n = 0;

	for (i = 0; i < trying->of->revision->n; i++) {
		if (ps_file_kind(trying->of->revision->files[i].name) != kind || !ps_folder_path(path, trying->of->folder, trying->of->revision->files[i].name))
			continue;
		args[n] = strdup(path);
		n += args[n] != NULL;
	}
	args[n] = NULL;
	return n;
}

/* One process for all scripts, and one for all tests. */
static int run_files(const struct trying *trying, enum ps_file_kind kind, const char *const *head, const char *what, char *error, size_t size)
{
	const char *args[PS_FILES_MAX + 8];
	size_t n = 0, files, i;
	int status = 0;

	while (head[n]) {
		args[n] = head[n];
		n++;
	}
	files = add_files(trying, kind, args + n);
	if (files)
		status = run(trying, args, what, error, size);
	for (i = 0; i < files; i++)
		free((char *)args[n + i]);
	return status;
}

/* That the functions are there which hooks name, with the packets that they get. */
static int try_hook(const struct trying *trying, const struct cli_line *line, char *error, size_t size)
{
	const char *args[] = { "check", "--quiet", "--function", line->function, "--object", line->object, NULL, NULL };
	char path[PATH_MAX];

	if (!ps_folder_path(path, trying->of->folder, line->script))
		return 1;
	args[6] = path;
	return run(trying, args, PS_HOOKS_FILE, error, size);
}

static int by_function(const void *a, const void *b)
{
	const struct cli_line *one = a, *other = b;
	int order = strcmp(one->script, other->script);

	if (!order)
		order = strcmp(one->function, other->function);
	return order ? order : strcmp(one->object, other->object);
}

/* Each function once, at however many hooks it is. */
static int try_hooks(const struct trying *trying, char *error, size_t size)
{
	struct cli_lines lines;
	int status = cli_lines_read(&lines, trying->of->revision, trying->of->folder, trying->of->folder, error, size) ? 1 : 0;
	size_t i;

	if (lines.n)
		qsort(lines.list, lines.n, sizeof(*lines.list), by_function);
	for (i = 0; !status && i < lines.n; i++) {
		if (!i || by_function(&lines.list[i - 1], &lines.list[i]))
			status = try_hook(trying, &lines.list[i], error, size);
	}
	cli_lines_clean(&lines);
	return status;
}

/* What a set or a table has, in a process of its own, since what nobody has looked at yet may take all memory. */
static int try_thing(const struct trying *trying, const struct ps_file *file, char *error, size_t size)
{
	char path[PATH_MAX], name[PS_NAME_BYTES + 1], said[1024];
	const char *args[] = { ps_file_kind(file->name) == PS_FILE_SET ? "set" : "shared", name, "check", path, NULL };
	bool has_said;
	int status;

	if (!ps_folder_path(path, trying->of->folder, file->name))
		return 1;
	ps_file_thing(file, name);
	status = run(trying, args, "", said, sizeof(said));
	/* one that was ended has not said which file it was at */
	has_said = status && strstr(said, path);
	if (status)
		snprintf(error, size, "%s%s%s", has_said ? "" : file->name, has_said ? "" : ": ", said);
	return status;
}

static int try_contents(const struct trying *trying, char *error, size_t size)
{
	const struct ps_file *file = trying->of->revision->files, *end = file + trying->of->revision->n;
	int status = 0;

	for (; !status && file < end; file++) {
		if (ps_file_kind(file->name) == PS_FILE_SET || (ps_file_kind(file->name) == PS_FILE_TABLE && file->size))
			status = try_thing(trying, file, error, size);
	}
	return status;
}

/* Paths in messages are as in the folder that was pushed, since others have no meaning to who reads them elsewhere. */
static void shorten(char *text, const char *folder)
{
	size_t len = strlen(folder);
	char *at = text;

	for (at = strstr(text, folder); at; at = strstr(at, folder)) {
		if (at[len] == '/')
			memmove(at, at + len + 1, strlen(at + len + 1) + 1);
		else
			at += len;
	}
}

int cli_trial_run(const struct cli_trial *trial, char *error, size_t size)
{
	static const char *const check[] = { "check", "--quiet", NULL }, *const test[] = { "test", NULL };
	const struct trying trying = { trial, cli_now_ms() + trial->ms };
	int status;

	error[0] = 0;
	status = run_files(&trying, PS_FILE_SCRIPT, check, "", error, size);
	if (!status)
		status = try_hooks(&trying, error, size);
	if (!status)
		status = try_contents(&trying, error, size);
	if (!status)
		status = run_files(&trying, PS_FILE_TEST, test, "test", error, size);
	shorten(error, trial->folder);
	return status;
}
