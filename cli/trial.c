/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "trial.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "folder.h"
#include "hooklines.h"

/* A command, and what it said if it failed. */
static int run(const struct cli_trial *trial, const char *const *args, const char *what, char *error, size_t size)
{
	const struct cli_child child = { args, trial->ms, true, trial->stop };
	char text[3072];
	int status = cli_child_run(&child, text, sizeof(text));

	if (!status)
		return 0;
	snprintf(error, size, "%s%s%s", what, what[0] ? ": " : "", text);
	return 1;
}

/* Files of this kind, as arguments behind those that are there; NULL behind them. Returns how many. */
static size_t add_files(const struct cli_trial *trial, enum ps_file_kind kind, const char **args)
{
	char path[PATH_MAX];
	size_t i, n = 0;

	for (i = 0; i < trial->revision->n; i++) {
		if (ps_file_kind(trial->revision->files[i].name) != kind || !ps_folder_path(path, trial->folder, trial->revision->files[i].name))
			continue;
		args[n] = strdup(path);
		n += args[n] != NULL;
	}
	args[n] = NULL;
	return n;
}

/* One process for all scripts, and one for all tests. */
static int run_files(const struct cli_trial *trial, enum ps_file_kind kind, const char *const *head, const char *what, char *error, size_t size)
{
	const char *args[PS_FILES_MAX + 8];
	size_t n = 0, files, i;
	int status = 0;

	while (head[n]) {
		args[n] = head[n];
		n++;
	}
	files = add_files(trial, kind, args + n);
	if (files)
		status = run(trial, args, what, error, size);
	for (i = 0; i < files; i++)
		free((char *)args[n + i]);
	return status;
}

/* That the functions are there which hooks name, with the packets that they get. */
static int try_hook(const struct cli_trial *trial, const struct cli_line *line, char *error, size_t size)
{
	const char *args[] = { "check", "--quiet", "--function", line->function, "--object", line->object, NULL, NULL };
	char path[PATH_MAX];

	if (!ps_folder_path(path, trial->folder, line->script))
		return 1;
	args[6] = path;
	return run(trial, args, PS_HOOKS_FILE, error, size);
}

static int try_hooks(const struct cli_trial *trial, char *error, size_t size)
{
	struct cli_lines lines;
	int status = cli_lines_read(&lines, trial->revision, trial->folder, trial->folder, error, size) ? 1 : 0;
	size_t i;

	for (i = 0; !status && i < lines.n; i++)
		status = try_hook(trial, &lines.list[i], error, size);
	cli_lines_clean(&lines);
	return status;
}

/* What a set or a table has, in a process of its own, since what nobody has looked at yet may take all memory. */
static int try_thing(const struct cli_trial *trial, const struct ps_file *file, char *error, size_t size)
{
	char path[PATH_MAX], name[PS_NAME_BYTES + 1], said[1024];
	const char *args[] = { ps_file_kind(file->name) == PS_FILE_SET ? "set" : "shared", name, "check", path, NULL };

	if (!ps_folder_path(path, trial->folder, file->name))
		return 1;
	ps_file_thing(file, name);
	if (!run(trial, args, "", said, sizeof(said)))
		return 0;
	/* one that was ended has not said which file it was at */
	snprintf(error, size, "%s%s%s", strstr(said, path) ? "" : file->name, strstr(said, path) ? "" : ": ", said);
	return 1;
}

static int try_contents(const struct cli_trial *trial, char *error, size_t size)
{
	const struct ps_file *file = trial->revision->files, *end = file + trial->revision->n;
	int status = 0;

	for (; !status && file < end; file++) {
		if (ps_file_kind(file->name) == PS_FILE_SET || (ps_file_kind(file->name) == PS_FILE_TABLE && file->size))
			status = try_thing(trial, file, error, size);
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
	int status;

	error[0] = 0;
	status = run_files(trial, PS_FILE_SCRIPT, check, "", error, size);
	if (!status)
		status = try_hooks(trial, error, size);
	if (!status)
		status = try_contents(trial, error, size);
	if (!status)
		status = run_files(trial, PS_FILE_TEST, test, "test", error, size);
	shorten(error, trial->folder);
	return status;
}
