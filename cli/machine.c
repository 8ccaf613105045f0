/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "folder.h"

#define MANIFEST	".manifest"
#define TRYING		".trying"

static bool has(const char *folder, const char *name)
{
	char path[PATH_MAX];

	return ps_folder_path(path, folder, name) && !access(path, F_OK);
}

/* What was exchanged and never settled: the machine went down while it was tried. The one before comes back. */
static bool undo_trial(const struct cli_machine *machine)
{
	if (!has(machine->current, TRYING))
		return true;
	if (!has(machine->next, MANIFEST)) {
		cli_error("%s: was never known to be good, and there is none before it", machine->current);
		ps_folder_remove(machine->current);
		return true;
	}
	if (renameat2(AT_FDCWD, machine->next, AT_FDCWD, machine->current, RENAME_EXCHANGE))
		return !cli_error("%s: %s", machine->current, strerror(errno));
	ps_folder_remove(machine->next);
	return true;
}

static void read_current(struct cli_machine *machine)
{
	char error[512];

	machine->text = ps_folder_text(machine->current, MANIFEST, PS_MANIFEST_BYTES);
	if (machine->text && ps_revision_read(&machine->revision, machine->text, strlen(machine->text), 0, error, sizeof(error))) {
		cli_error("%s: %s", machine->current, error);
		ps_revision_clean(&machine->revision);
	}
	if (machine->revision.number)
		return;
	free(machine->text);
	machine->text = NULL;
}

static int make_folder(const char *folder)
{
	char path[PATH_MAX], *slash;

	if (strlen(folder) >= sizeof(path))
		return -1;
	strcpy(path, folder);
	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(path, 0755) && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	return mkdir(path, 0700) && errno != EEXIST ? -1 : 0;
}

static bool lock_it(struct cli_machine *machine)
{
	char path[PATH_MAX];

	machine->lock = ps_folder_path(path, machine->folder, "lock") ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
	if (machine->lock >= 0 && !flock(machine->lock, LOCK_EX | LOCK_NB))
		return true;
	cli_error("%s: %s", machine->folder, errno == EWOULDBLOCK ? "another agent has it" : strerror(errno));
	return false;
}

static bool find_paths(struct cli_machine *machine, const char *folder)
{
	struct stat st;

	if (!realpath(folder, machine->folder) || stat(machine->folder, &st))
		return !cli_error("%s: %s", folder, strerror(errno));
	if (st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
		return !cli_error("%s: others can write to it, so it is not obeyed", folder);
	if (!ps_folder_path(machine->current, machine->folder, "current") || !ps_folder_path(machine->next, machine->folder, "next") ||
	    strlen(machine->current) > PATH_MAX - PS_NAME_BYTES - 16)
		return !cli_error("%s: the path is too long", folder);
	return true;
}

bool cli_machine_read(struct cli_machine *machine, const char *folder)
{
	*machine = (struct cli_machine){ .lock = -1, .stop = -1 };
	if (access(folder, F_OK) && errno == ENOENT)
		return true;
	if (!find_paths(machine, folder))
		return false;
	read_current(machine);
	return true;
}

bool cli_machine_open(struct cli_machine *machine, const char *folder, int stop)
{
	*machine = (struct cli_machine){ .lock = -1, .stop = stop };
	if (make_folder(folder))
		return !cli_error("%s: %s", folder, strerror(errno));
	if (!find_paths(machine, folder) || !lock_it(machine) || !undo_trial(machine))
		return false;
	read_current(machine);
	return true;
}

void cli_machine_close(struct cli_machine *machine)
{
	ps_revision_clean(&machine->revision);
	free(machine->text);
	machine->text = NULL;
	if (machine->lock >= 0)
		close(machine->lock);
	machine->lock = -1;
}

static void swap(struct cli_machine *machine, struct ps_revision *revision, char **text)
{
	struct ps_revision other = machine->revision;
	char *other_text = machine->text;

	machine->revision = *revision;
	machine->text = *text;
	*revision = other;
	*text = other_text;
}

/* All of the folder's files are on the disk before it is called good. */
static int write_down(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	if (fd < 0)
		return -1;
	err = syncfs(fd);
	close(fd);
	return err;
}

static int exchange(struct cli_machine *machine, struct ps_revision *revision, char **text)
{
	if (renameat2(AT_FDCWD, machine->next, AT_FDCWD, machine->current, RENAME_EXCHANGE))
		return -1;
	swap(machine, revision, text);
	return 0;
}

int cli_machine_exchange(struct cli_machine *machine, struct ps_revision *revision, char **text)
{
	if (ps_folder_write(machine->next, MANIFEST, *text) || ps_folder_write(machine->next, TRYING, ""))
		return -1;
	if (mkdir(machine->current, 0700) && errno != EEXIST)
		return -1;
	return exchange(machine, revision, text);
}

int cli_machine_go_back(struct cli_machine *machine, struct ps_revision *revision, char **text)
{
	machine->is_stuck = exchange(machine, revision, text);
	return machine->is_stuck ? -1 : 0;
}

int cli_machine_settle(struct cli_machine *machine)
{
	char path[PATH_MAX];

	machine->is_unsettled = write_down(machine->current) ||
				(ps_folder_path(path, machine->current, TRYING) && unlink(path) && errno != ENOENT);
	return machine->is_unsettled ? -1 : ps_folder_remove(machine->next);
}
